//! Unauthorized vault write: somebody who is no administrator of a vault changes it, then reads.

use serde::Deserialize;

use super::intruder::{Errand, knock, look_around, loot, take_over, victim};
use crate::event::{Change, NOTHING, Operation, Outcome, Request};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Place, Script};
use crate::tenant::{Network, Position};
use crate::workloads::Habit;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    objects: CountRange,
    gap_seconds: SecondsRange,
    /// From the write to the first read.
    wait_seconds: SecondsRange,
    /// Campaigns by somebody who has written vaults before.
    experienced_share: Share,
    /// Campaigns as an automation or integration identity, which rules except.
    excepted_share: Share,
    /// On vaults with network rules: campaigns that open those, not the permissions.
    network_share: Share,
    denied_share: Share,
    list_share: Share,
    everything_share: Share,
    /// Campaigns that put everything back.
    revert_share: Share,
}

const WRITERS: [(Position, f64); 4] = [
    (Position::User, 0.65),
    (Position::Guest, 0.1),
    (Position::Poller, 0.15),
    (Position::Startup, 0.1),
];
const EXCEPTED: [(Position, f64); 2] = [(Position::Automation, 0.7), (Position::Integration, 0.3)];

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let Some(identity) = self.writer(script) else { return };
        take_over(script, identity, Errand::Manage);
        let vault = self.target(script, identity);
        let home = script.tenant.identities[identity as usize].vaults.contains(&vault);
        script.note("home", home);
        let (change, undo) = self.change(script, vault);
        let opens = matches!(change, Change::OpenNetwork | Change::AddAddress);
        if opens && let Place::Passing(address) = script.caller.place {
            // It is this very address that the vault does not let in.
            script.caller.place = Place::Outside(address);
        }
        if script.decide("denied", self.denied_share) {
            knock(script, vault, !opens);
        }
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        let pause = script.stream.uniform(2.0, 40.0);
        script.wait(pause);
        let detail = match (change, script.caller.place) {
            (Change::AddAddress, Place::Outside(address)) => address,
            (Change::AddAddress, _) => script.tenant.usual_address(identity, vault, script.now),
            _ => identity,
        };
        script.note("change", change);
        script.write_vault(vault, change, detail);
        let wait = script.seconds("wait_seconds", self.wait_seconds);
        script.wait(wait);
        self.read(script, vault);
        if script.decide("reverts", self.revert_share) {
            script.write_vault(vault, undo, detail);
        }
    }

    fn writer(&self, script: &mut Script<'_>) -> Option<u32> {
        if script.decide("excepted", self.excepted_share) {
            return victim(script, &EXCEPTED);
        }
        if script.decide("experienced", self.experienced_share) {
            let writes = |&user: &u32| match &script.tenant.identities[user as usize].habit {
                Habit::Human(human) => human.writes_per_day > 0.0,
                _ => false,
            };
            let writers: Vec<u32> = script.tenant.all(Position::User).filter(writes).collect();
            if !writers.is_empty() {
                return Some(*script.stream.pick(&writers));
            }
        }
        victim(script, &WRITERS)
    }

    /// Half the time a vault that the writer works with, so that only the write is new.
    fn target(&self, script: &mut Script<'_>, identity: u32) -> u16 {
        let own = &script.tenant.identities[identity as usize].vaults;
        if !own.is_empty() && script.stream.chance(0.5) {
            return *script.stream.pick(own);
        }
        script.stream.below(script.tenant.vaults.len()) as u16
    }

    fn change(&self, script: &mut Script<'_>, vault: u16) -> (Change, Change) {
        let closed = script.tenant.vaults[usize::from(vault)].network != Network::Public;
        if closed && script.stream.chance(self.network_share.0) {
            let change = *script.stream.pick(&[Change::OpenNetwork, Change::AddAddress]);
            return (change, Change::CloseNetwork);
        }
        if script.tenant.uses_roles(vault) {
            (Change::PolicyModel, Change::RoleModel)
        } else {
            (Change::Grant, Change::Revoke)
        }
    }

    fn read(&self, script: &mut Script<'_>, vault: u16) {
        let wanted = script.count("objects", self.objects).max(1);
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
}
