//! A backup job copies every object of its vaults at a fixed hour of the night.

use serde::Deserialize;

use crate::event::Request;
use crate::scenario::{CountRange, SecondsRange};
use crate::script::{Caller, Place, Script};
use crate::tenant::Position;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// Between two objects.
    gap_seconds: SecondsRange,
    /// Vaults one run takes.
    vaults: CountRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let Some(identity) = script.tenant.member(Position::Backup, number) else { return };
        let client = script.tenant.client_row(identity, 0, script.now);
        script.hand_over(Caller { identity, client, place: Place::Usual });
        let count = script.count("vaults", self.vaults);
        let tenant = script.tenant;
        for &vault in tenant.identities[identity as usize].vaults.iter().take(count) {
            let home = &tenant.vaults[usize::from(vault)];
            for (rank, object) in home.readable().enumerate() {
                if rank == 0 {
                    script.maybe_challenge(Request::Backup, vault, object);
                }
                script.backup(object);
                script.pause(self.gap_seconds);
            }
        }
    }
}
