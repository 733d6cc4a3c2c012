//! Teams are cut anew: a group is let into the vaults of an application, and its members look around
//! there, all on one day.

use serde::Deserialize;

use super::cast::{enter, let_in, several, several_vaults, somebody};
use crate::event::{GROUP, NOTHING, Operation, Outcome, Request, Role};
use crate::scenario::{CountRange, SecondsRange};
use crate::script::{Place, Script};
use crate::tenant::{Collection, Position};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    vaults: CountRange,
    members: CountRange,
    /// From the grants until somebody looks: the rest of the day.
    wait_seconds: SecondsRange,
    /// Looked at in each vault by each member.
    objects: CountRange,
    gap_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let Some(administrator) = somebody(script, Position::Administrator) else { return };
        let groups = script.tenant.groups.len();
        if groups == 0 {
            return;
        }
        enter(script, administrator, 0, Place::Usual);
        let team = GROUP | script.stream.below(groups) as u32;
        let count = script.count("vaults", self.vaults).max(1);
        let vaults = several_vaults(script, count);
        for &vault in &vaults {
            let_in(script, vault, Role::SecretsUser, team);
            script.pause(self.gap_seconds);
        }
        let granted = script.now;
        let count = script.count("members", self.members);
        for member in several(script, Position::User, count) {
            script.now = granted;
            let later = self.wait_seconds.draw(script.stream);
            script.wait(later);
            let which = script.stream.below(2);
            enter(script, member, which, Place::Usual);
            for &vault in &vaults {
                self.look(script, vault);
            }
        }
    }

    fn look(&self, script: &mut Script<'_>, vault: u16) {
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        script.maybe_challenge(Request::List, vault, NOTHING);
        script.list(vault, Collection::Secrets);
        let secrets = script.tenant.vaults[usize::from(vault)].secrets.clone();
        for object in secrets.take(self.objects.draw_count(script.stream)) {
            script.pause(self.gap_seconds);
            script.read(object);
        }
    }
}
