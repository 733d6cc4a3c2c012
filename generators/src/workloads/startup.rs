//! Services that load a whole vault when a process starts: the commonest benign burst.

use super::Moment;
use crate::event::{Event, NOTHING, Operation, Outcome, Request};
use crate::random::Stream;
use crate::tenant::Collection;

/// Starts that look at the vault's settings first.
const CHECKS: f64 = 0.15;
/// Starts that load keys and certificates as well.
const EVERYTHING: f64 = 0.1;

/// One such service.
#[derive(Debug, Clone)]
pub(crate) struct Startup {
    pub(crate) vault: u16,
    pub(crate) restarts_per_day: f64,
    /// Processes that start together.
    pub(crate) instances: usize,
}

impl Startup {
    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, out: &mut Vec<Event>) {
        let weight = moment.rhythms.workload(moment.from, moment.to);
        for at in moment.starts(stream, self.restarts_per_day, weight) {
            for _ in 0..self.instances {
                let mut script = moment.script(stream, at, 0, out);
                let pause = script.stream.exponential(20.0);
                script.wait(pause);
                if script.stream.chance(CHECKS) {
                    script.call(Operation::VaultGet, self.vault, NOTHING, Outcome::Ok);
                }
                script.maybe_challenge(Request::List, self.vault, NOTHING);
                let vault = &moment.tenant.vaults[usize::from(self.vault)];
                if script.stream.chance(EVERYTHING) {
                    script.list_everything(self.vault);
                    vault.readable().for_each(|object| script.read(object));
                } else {
                    script.list(self.vault, Collection::Secrets);
                    vault.secrets.clone().for_each(|object| script.read(object));
                }
            }
        }
    }
}
