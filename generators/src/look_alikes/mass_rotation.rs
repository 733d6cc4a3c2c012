//! After an incident everything is rotated in one night: a few people read every value and set a new
//! one.

use serde::Deserialize;

use super::cast::{enter_with_script, several, several_vaults};
use crate::event::{NOTHING, Outcome, Request, Verb};
use crate::scenario::{CountRange, SecondsRange};
use crate::script::{Place, Script};
use crate::tenant::{Collection, Position};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// Users who help an administrator.
    helpers: CountRange,
    /// In all.
    vaults: CountRange,
    /// In each of them.
    objects: CountRange,
    gap_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let mut people = several(script, Position::Administrator, 1);
        let helpers = script.count("helpers", self.helpers);
        people.extend(several(script, Position::User, helpers));
        let count = script.count("vaults", self.vaults);
        let vaults = several_vaults(script, count);
        let began = script.now;
        for (shift, &person) in people.iter().enumerate() {
            script.now = began;
            script.pause(self.gap_seconds);
            enter_with_script(script, person, Place::Usual);
            for &vault in vaults.iter().skip(shift).step_by(people.len()) {
                self.rotate(script, vault);
            }
        }
    }

    fn rotate(&self, script: &mut Script<'_>, vault: u16) {
        script.maybe_challenge(Request::List, vault, NOTHING);
        script.list(vault, Collection::Secrets);
        let secrets = script.tenant.vaults[usize::from(vault)].secrets.clone();
        for object in secrets.take(script.count("objects", self.objects)) {
            script.read(object);
            script.pause(self.gap_seconds);
            script.act(object, Verb::Set, Outcome::Ok);
            script.pause(self.gap_seconds);
        }
    }
}
