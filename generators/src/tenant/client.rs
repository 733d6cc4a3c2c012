//! Clients: one per entry of the estate file, with its releases as rows of one table.

use crate::random::Stream;
use crate::time::Ticks;

/// One kind of client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) used_by: Vec<String>,
    pub(crate) agents: Vec<String>,
    pub(crate) api_version: String,
    pub(crate) tls: String,
    pub(crate) challenge: f64,
    pub(crate) app_id: Option<u128>,
    pub(crate) arm_agent: Option<String>,
    pub(crate) arm_app_id: Option<u128>,
    pub(crate) arm_api_version: String,
    /// Row of its first release in the client table.
    pub(crate) first_row: u32,
}

impl Client {
    /// The row of the release that `identity` runs at `time`: everybody starts somewhere and
    /// upgrades at their own pace.
    pub(crate) fn row(
        &self,
        seed: u64,
        identity: u32,
        since_start: Ticks,
        upgrade: (Ticks, Ticks),
    ) -> u32 {
        let mut stream =
            Stream::new(seed, "client-release", u64::from(identity), u64::from(self.first_row));
        let first = stream.below(self.agents.len());
        let period = stream.uniform(upgrade.0 as f64, upgrade.1 as f64).max(1.0);
        let phase = stream.unit() * period;
        let upgrades = ((since_start as f64 + phase) / period) as usize;
        self.first_row + (first + upgrades).min(self.agents.len() - 1) as u32
    }
}
