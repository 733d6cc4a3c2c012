//! An employee works from elsewhere for some days: the same client, the same vaults, a new place.

use serde::Deserialize;

use super::cast::{elsewhere, somebody};
use crate::event::{NOTHING, Operation, Outcome, Request};
use crate::scenario::{CountRange, SecondsRange};
use crate::script::{Caller, Script};
use crate::tenant::{Collection, Passing, Position};
use crate::time::{DAY, Ticks};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    days: CountRange,
    /// On each of them.
    sessions: CountRange,
    /// Until the last session of a day.
    workday_seconds: SecondsRange,
    /// Values looked at in a session.
    objects: CountRange,
    gap_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let Some(identity) = somebody(script, Position::User) else { return };
        let client = script.tenant.client_row(identity, number % 2, script.now);
        let place = elsewhere(script, Passing::Homes);
        script.hand_over(Caller { identity, client, place });
        let arrived = script.now;
        for day in 0..script.count("days", self.days).max(1) {
            for _ in 0..self.sessions.draw_count(script.stream).max(1) {
                script.now = arrived + day as Ticks * DAY;
                let later = self.workday_seconds.draw(script.stream);
                script.wait(later);
                self.session(script, identity);
            }
        }
    }

    fn session(&self, script: &mut Script<'_>, identity: u32) {
        let tenant = script.tenant;
        let own = &tenant.identities[identity as usize].vaults;
        let vault = own[script.stream.zipf(own.len(), 1.0)];
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        script.maybe_challenge(Request::List, vault, NOTHING);
        script.list(vault, Collection::Secrets);
        let secrets = tenant.vaults[usize::from(vault)].secrets.clone();
        for _ in 0..self.objects.draw_count(script.stream) {
            script.pause(self.gap_seconds);
            let object = secrets.start + script.stream.zipf(secrets.len(), 0.8) as u32;
            script.maybe_challenge(Request::Get, vault, object);
            script.read(object);
        }
    }
}
