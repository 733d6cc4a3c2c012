//! An administrator lets himself into a vault in the portal, browses it, looks at a few values, and
//! often takes the permission away again.

use serde::Deserialize;

use super::cast::{enter, let_in, several_vaults, shut_out, somebody};
use crate::event::{NOTHING, Operation, Outcome, Role, Verb};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Place, Script};
use crate::tenant::Position;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// From the grant until it holds; roles take their time.
    spread_seconds: SecondsRange,
    /// Values looked at.
    objects: CountRange,
    gap_seconds: SecondsRange,
    revert_share: Share,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let Some(identity) = somebody(script, Position::Administrator) else { return };
        enter(script, identity, 0, Place::Usual);
        let vault = several_vaults(script, 1)[0];
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        script.pause(self.gap_seconds);
        let_in(script, vault, Role::Administrator, identity);
        let spread = script.seconds("spread_seconds", self.spread_seconds);
        if script.tenant.uses_roles(vault) {
            // Impatience: the first look comes too early.
            let first = script.tenant.vaults[usize::from(vault)].secrets.start;
            script.wait(5.0);
            script.attempt(first, Outcome::Forbidden);
        }
        script.wait(spread);
        script.list_everything(vault);
        let mut readable: Vec<u32> = script.tenant.vaults[usize::from(vault)].readable().collect();
        script.stream.shuffle(&mut readable);
        readable.truncate(script.count("objects", self.objects));
        for object in readable {
            script.pause(self.gap_seconds);
            script.act(object, Verb::ListVersions, Outcome::Ok);
            script.wait(1.5);
            script.read(object);
        }
        if script.decide("reverts", self.revert_share) {
            script.wait(120.0);
            shut_out(script, vault, Role::Administrator, identity);
        }
    }
}
