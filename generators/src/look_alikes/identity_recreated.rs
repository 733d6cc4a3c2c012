//! A managed identity is deployed anew and has another object id: the same service, client, address
//! and objects under a name that nobody knows.
//!
//! The old identity goes on beside it, as while the old deployment still drains.

use serde::Deserialize;

use super::cast::{enter_as_operator, let_in, reader};
use crate::event::{Outcome, Request, Role};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Caller, Place, Script};
use crate::tenant::Position;
use crate::time::ticks_from_seconds;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    automated_share: Share,
    /// From the grant until it holds.
    spread_seconds: SecondsRange,
    /// Between two attempts in that time.
    retry_seconds: SecondsRange,
    /// Of one fetch.
    objects: CountRange,
    /// Fetches once it holds.
    rounds: CountRange,
    /// Between two of them.
    gap_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let (Some(new), Some(old)) = (successor(script, number), reader(script, |_| true)) else {
            return;
        };
        let (vault, mut objects) = (old.vault, old.objects);
        objects.truncate(script.count("objects", self.objects).max(1));
        if enter_as_operator(script, self.automated_share).is_none() {
            return;
        }
        let_in(script, vault, Role::SecretsUser, new);
        let spread = script.seconds("spread_seconds", self.spread_seconds);
        let holds = script.now + ticks_from_seconds(spread);
        let client = script.tenant.client_row(old.service, 0, script.now);
        let address = script.tenant.public_address(old.service, script.now);
        script.hand_over(Caller { identity: new, client, place: Place::Passing(address) });
        script.wait(15.0);
        script.maybe_challenge(Request::Get, vault, objects[0]);
        while script.now < holds {
            script.attempt(objects[0], Outcome::Forbidden);
            let pause = self.retry_seconds.draw(script.stream).max(1.0);
            script.wait(pause);
        }
        for _ in 0..script.count("rounds", self.rounds).max(1) {
            script.maybe_challenge(Request::Get, vault, objects[0]);
            for &object in &objects {
                script.read(object);
            }
            script.pause(self.gap_seconds);
        }
    }
}

/// A managed identity of the reserve; onboarding begins with the first of them.
fn successor(script: &Script<'_>, number: usize) -> Option<u32> {
    let tenant = script.tenant;
    let reserve = tenant.all(Position::Reserve);
    let quarter = reserve.len() / 4;
    let managed = |&identity: &u32| tenant.identities[identity as usize].resource.is_some();
    reserve.skip(quarter).filter(managed).nth(number)
}
