//! A drill of the second region: each database wakes up there and unwraps its key once, from
//! addresses that nobody has seen.

use serde::Deserialize;

use super::cast::{enter, neighbour, several};
use crate::event::{Outcome, Request, Verb};
use crate::scenario::{CountRange, SecondsRange};
use crate::script::{Place, Script};
use crate::tenant::{Passing, Position};
use crate::workloads::Habit;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    databases: CountRange,
    /// Until the last of them is up.
    within_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let count = script.count("databases", self.databases);
        let within = script.seconds("within_seconds", self.within_seconds);
        let region = script.tenant.passing_address(script.stream, Passing::Cloud);
        let began = script.now;
        for database in several(script, Position::Cryptography, count) {
            let Habit::Cryptography(habit) = &script.tenant.identities[database as usize].habit
            else {
                continue;
            };
            let (vault, key) = (habit.vault, habit.key);
            script.now = began;
            let up = script.stream.unit() * within;
            script.wait(up);
            let address = neighbour(script, region);
            enter(script, database, 0, Place::Passing(address));
            script.maybe_challenge(Request::Cryptography, vault, key);
            script.act(key, Verb::Unwrap, Outcome::Ok);
        }
    }
}
