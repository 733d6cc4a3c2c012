//! Novel accessor: an identity that never touched a vault reads from it.

use serde::Deserialize;

use super::intruder::{Errand, foreign_vault, knock, look_around, loot, take_over, victim};
use crate::event::{Request, Role, Scope};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::Script;
use crate::tenant::Position;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    objects: CountRange,
    /// Drawn anew between any two reads.
    gap_seconds: SecondsRange,
    /// Campaigns with an identity that nobody has seen before.
    fresh_share: Share,
    list_share: Share,
    /// Campaigns that take a key or certificate.
    everything_share: Share,
    denied_share: Share,
    /// Campaigns in which another stolen identity grants the access.
    granted_share: Share,
    spread_seconds: SecondsRange,
}

const KNOWN: [(Position, f64); 5] = [
    (Position::User, 0.4),
    (Position::Guest, 0.1),
    (Position::Poller, 0.3),
    (Position::Startup, 0.1),
    (Position::Pipeline, 0.1),
];

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let Some(identity) = self.accessor(script, number) else { return };
        let wanted = script.count("objects", self.objects).max(1);
        let vault = foreign_vault(script, identity, wanted);
        if script.decide("granted", self.granted_share)
            && let Some(accomplice) = victim(script, &[(Position::User, 1.0)])
        {
            take_over(script, accomplice, Errand::Manage);
            script.assign_role(vault, Role::SecretsUser, Scope::Vault, identity);
            let spread = script.seconds("spread_seconds", self.spread_seconds);
            script.wait(spread);
        }
        take_over(script, identity, Errand::Read);
        if script.decide("denied", self.denied_share) {
            knock(script, vault, true);
        }
        let everything = script.decide("everything", self.everything_share);
        let objects = loot(script.tenant, vault, wanted, everything);
        if script.decide("lists", self.list_share) {
            look_around(script, vault, everything);
        } else if let Some(&first) = objects.first() {
            script.maybe_challenge(Request::Get, vault, first);
        }
        for object in objects {
            script.read(object);
            script.pause(self.gap_seconds);
        }
    }

    /// Fresh identities come from the far end of the reserve; onboarding takes from the near end.
    fn accessor(&self, script: &mut Script<'_>, number: usize) -> Option<u32> {
        if script.decide("fresh", self.fresh_share) {
            let reserve = script.tenant.all(Position::Reserve);
            let far = reserve.len().checked_sub(1 + number % reserve.len().max(1))?;
            return script.tenant.member(Position::Reserve, far);
        }
        victim(script, &KNOWN)
    }
}
