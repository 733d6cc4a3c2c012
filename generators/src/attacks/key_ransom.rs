//! Key ransom: storage is encrypted with a new key, and the key is deleted.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::{ADMINISTRATORS, KEEPERS};
use super::extraction::rest;
use super::intruder::{Errand, take_over, turn_to};
use super::recruiter::Recruiter;
use super::targets::vaults;
use crate::event::{Change, NOTHING, Operation, Outcome, Verb};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::Script;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// One in each vault.
    keys: CountRange,
    /// From the new encryption to the key's end.
    wait_seconds: SecondsRange,
    /// Campaigns that delete the vaults as well, and cannot purge them.
    vault_share: Share,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(&KEEPERS, &ADMINISTRATORS)
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Manage);
        let wanted = script.count("keys", self.keys).max(1);
        let vaults = vaults(script, campaign, wanted, 1);
        let gap = campaign.gap_seconds(5 * vaults.len());
        for &vault in &vaults {
            let key = script.tenant.vaults[usize::from(vault)].unborn_key;
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
            rest(script, gap);
            script.write_vault(vault, Change::Protect, NOTHING);
            rest(script, gap);
            turn_to(script, campaign, Errand::Shell);
            script.act(key, Verb::Create, Outcome::Ok);
            turn_to(script, campaign, Errand::Manage);
            rest(script, gap);
            script.rewire_storage(vault, key);
            rest(script, gap);
        }
        let wait = script.seconds("wait_seconds", self.wait_seconds);
        script.wait(wait);
        let deletes = script.decide("deletes_vaults", self.vault_share);
        for &vault in &vaults {
            let key = script.tenant.vaults[usize::from(vault)].unborn_key;
            turn_to(script, campaign, Errand::Shell);
            script.act(key, Verb::Delete, Outcome::Ok);
            rest(script, gap);
            // What protects the ransom from its victim protects the victim as well.
            script.act(key, Verb::Purge, Outcome::Conflict);
            turn_to(script, campaign, Errand::Manage);
            if deletes {
                rest(script, gap);
                script.delete_vault(vault);
                script.purge_vault(vault, Outcome::Conflict);
            }
        }
    }
}
