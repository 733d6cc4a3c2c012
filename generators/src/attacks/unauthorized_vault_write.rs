//! Unauthorized vault write: somebody who is no administrator of a vault lets himself in, then
//! reads.

use serde::{Deserialize, Serialize};

use super::campaign::{Campaign, Steps};
use super::cast::{PEOPLE, WRITERS};
use super::entry::{approach, read_behind};
use super::intruder::{Errand, take_over};
use super::recruiter::Recruiter;
use super::targets::vaults;
use crate::event::{Change, Role, Scope};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::Script;
use crate::workloads::Habit;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    /// From the write to the first read.
    wait_seconds: SecondsRange,
    /// Campaigns by somebody who has written vaults before.
    experienced_share: Share,
    /// On vaults with roles: campaigns that assign themselves one; the others change the model.
    role_share: Share,
    denied_share: Share,
    everything_share: Share,
    /// Campaigns that put everything back.
    revert_share: Share,
}

/// How it lets itself in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Door {
    Grant,
    Role,
    PolicyModel,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        if recruiter.stream.chance(self.experienced_share.0) {
            let crew = recruiter.crew_where(&PEOPLE, &WRITERS, |identity| match &identity.habit {
                Habit::Human(human) => human.writes_per_day > 0.0,
                _ => false,
            });
            if !crew.is_empty() {
                return crew;
            }
        }
        recruiter.crew(&PEOPLE, &WRITERS)
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Manage);
        let wanted = script.count("objects", self.objects).max(1);
        let vault = vaults(script, campaign, 1, wanted)[0];
        approach(script, campaign, vault, (self.denied_share, true));
        let door = self.door(script, vault);
        script.note("change", door);
        for &identity in &campaign.identities {
            open(script, vault, door, identity);
        }
        let writer = script.caller;
        let wait = script.seconds("wait_seconds", self.wait_seconds);
        script.wait(wait);
        read_behind(script, campaign, (vault, wanted), self.everything_share);
        if script.decide("reverts", self.revert_share) {
            script.hand_over(writer);
            for &identity in &campaign.identities {
                close(script, vault, door, identity);
            }
        }
    }
}

impl Parameters {
    fn door(&self, script: &mut Script<'_>, vault: u16) -> Door {
        if !script.tenant.uses_roles(vault) {
            Door::Grant
        } else if script.stream.chance(self.role_share.0) {
            Door::Role
        } else {
            Door::PolicyModel
        }
    }
}

fn open(script: &mut Script<'_>, vault: u16, door: Door, identity: u32) {
    match door {
        Door::Grant => script.write_vault(vault, Change::Grant, identity),
        Door::Role => script.assign_role(vault, Role::SecretsOfficer, Scope::Vault, identity),
        // The write that changes the model carries the first policy.
        Door::PolicyModel => script.write_vault(vault, Change::PolicyModel, identity),
    }
}

fn close(script: &mut Script<'_>, vault: u16, door: Door, identity: u32) {
    match door {
        Door::Grant => script.write_vault(vault, Change::Revoke, identity),
        Door::Role => script.remove_role(vault, Role::SecretsOfficer, Scope::Vault, identity),
        Door::PolicyModel => script.write_vault(vault, Change::RoleModel, identity),
    }
}
