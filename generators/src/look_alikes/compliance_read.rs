//! A compliance job reads values, to see how strong and how old they are, across vaults it visits
//! rarely.

use serde::Deserialize;

use crate::event::{NOTHING, Operation, Outcome, Request};
use crate::scenario::{CountRange, SecondsRange};
use crate::script::{Caller, Place, Script};
use crate::tenant::{Collection, Position};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    vaults: CountRange,
    /// Read in each vault.
    objects: CountRange,
    gap_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let Some(identity) = script.tenant.member(Position::Compliance, number) else { return };
        let client = script.tenant.client_row(identity, 0, script.now);
        script.hand_over(Caller { identity, client, place: Place::Usual });
        let tenant = script.tenant;
        for _ in 0..script.count("vaults", self.vaults) {
            let vault = script.stream.below(tenant.vaults.len()) as u16;
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
            script.maybe_challenge(Request::List, vault, NOTHING);
            script.list(vault, Collection::Secrets);
            let count = self.objects.draw_count(script.stream);
            let mut objects: Vec<u32> = tenant.vaults[usize::from(vault)].readable().collect();
            script.stream.shuffle(&mut objects);
            for &object in objects.iter().take(count) {
                script.read(object);
                script.pause(self.gap_seconds);
            }
        }
    }
}
