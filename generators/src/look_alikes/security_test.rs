//! An announced security test: a named tester does what attacks do, with the tools attackers use.
//!
//! Truth has it as `authorised`: an alert about it is right, and answered with a telephone call.

use serde::{Deserialize, Serialize};

use super::cast::{elsewhere, enter_with_script, let_in, several_vaults, shut_out};
use crate::event::{NOTHING, Operation, Outcome, Request, Role};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Place, Script};
use crate::tenant::{Collection, Passing, Position};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// Tests run by a service principal; a guest account runs the others. Each is always the same.
    service_principal_share: Share,
    /// Vaults read in bulk.
    vaults: CountRange,
    /// Read in each of them.
    objects: CountRange,
    /// Vaults probed for a way in.
    probes: CountRange,
    gap_seconds: SecondsRange,
    /// From the self-grant until it holds.
    spread_seconds: SecondsRange,
}

/// A test plan's items, taken in turns.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Play {
    BulkRead,
    Probe,
    SelfGrant,
}

const PLAYS: [Play; 3] = [Play::BulkRead, Play::Probe, Play::SelfGrant];

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let Some(tester) = self.tester(script) else { return };
        let play = PLAYS[number % PLAYS.len()];
        script.note("play", play);
        let place = elsewhere(script, Passing::Cloud);
        enter_with_script(script, tester, place);
        match play {
            Play::BulkRead => {
                let count = script.count("vaults", self.vaults);
                for vault in several_vaults(script, count) {
                    self.read(script, vault);
                }
            }
            Play::Probe => self.probe(script),
            Play::SelfGrant => self.grant_himself(script, tester),
        }
    }

    /// Attacks' fresh identities come from the far end of the reserve, onboarded services from the
    /// near one.
    fn tester(&self, script: &mut Script<'_>) -> Option<u32> {
        if script.decide("by_service_principal", self.service_principal_share) {
            let middle = script.tenant.all(Position::Reserve).len() / 2;
            return script.tenant.member(Position::Reserve, middle);
        }
        script.tenant.member(Position::Guest, 0)
    }

    fn read(&self, script: &mut Script<'_>, vault: u16) {
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        script.maybe_challenge(Request::List, vault, NOTHING);
        script.list(vault, Collection::Secrets);
        let secrets = script.tenant.vaults[usize::from(vault)].secrets.clone();
        for object in secrets.take(script.count("objects", self.objects)) {
            script.read(object);
            script.pause(self.gap_seconds);
        }
    }

    /// Whom does which vault let in? Nobody, where all is well.
    fn probe(&self, script: &mut Script<'_>) {
        if let Place::Passing(address) = script.caller.place {
            script.caller.place = Place::Outside(address);
        }
        let count = script.count("probes", self.probes);
        for vault in several_vaults(script, count) {
            let secrets = script.tenant.vaults[usize::from(vault)].secrets.clone();
            script.maybe_challenge(Request::Get, vault, secrets.start);
            let denial = script.tenant.denial(vault, false);
            for object in secrets.take(2) {
                script.attempt(object, denial);
                script.pause(self.gap_seconds);
            }
        }
    }

    fn grant_himself(&self, script: &mut Script<'_>, tester: u32) {
        let vault = several_vaults(script, 1)[0];
        let first = script.tenant.vaults[usize::from(vault)].secrets.start;
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        script.maybe_challenge(Request::Get, vault, first);
        script.attempt(first, Outcome::Forbidden);
        script.pause(self.gap_seconds);
        let_in(script, vault, Role::SecretsOfficer, tester);
        let spread = script.seconds("spread_seconds", self.spread_seconds);
        script.wait(spread);
        self.read(script, vault);
        shut_out(script, vault, Role::SecretsOfficer, tester);
    }
}
