//! An emergency at night: somebody on call is let into a vault for some hours, reads what he needs
//! from home, and the permission ends by itself.

use serde::Deserialize;

use super::cast::{elsewhere, enter, let_in, several_vaults, shut_out, somebody};
use crate::event::{NOTHING, Request, Role};
use crate::scenario::{CountRange, SecondsRange};
use crate::script::{Place, Script};
use crate::tenant::{Collection, Passing, Position};
use crate::time::ticks_from_seconds;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// From the approval to the first command.
    wait_seconds: SecondsRange,
    objects: CountRange,
    gap_seconds: SecondsRange,
    /// From the approval until the permission ends.
    held_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let (Some(approver), Some(engineer)) =
            (somebody(script, Position::Administrator), somebody(script, Position::User))
        else {
            return;
        };
        let vault = several_vaults(script, 1)[0];
        enter(script, approver, 0, Place::Usual);
        let_in(script, vault, Role::SecretsUser, engineer);
        let held = script.seconds("held_seconds", self.held_seconds);
        let ends = script.now + ticks_from_seconds(held);
        let wait = script.seconds("wait_seconds", self.wait_seconds);
        script.wait(wait);
        let home = elsewhere(script, Passing::Homes);
        enter(script, engineer, 1, home);
        script.maybe_challenge(Request::List, vault, NOTHING);
        script.list(vault, Collection::Secrets);
        let mut secrets: Vec<u32> =
            script.tenant.vaults[usize::from(vault)].secrets.clone().collect();
        script.stream.shuffle(&mut secrets);
        secrets.truncate(script.count("objects", self.objects));
        for object in secrets {
            script.pause(self.gap_seconds);
            script.maybe_challenge(Request::Get, vault, object);
            script.read(object);
        }
        script.now = script.now.max(ends);
        enter(script, approver, 0, Place::Usual);
        shut_out(script, vault, Role::SecretsUser, engineer);
    }
}
