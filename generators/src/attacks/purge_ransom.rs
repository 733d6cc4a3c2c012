//! Purge ransom: everything is copied out, deleted and purged, the vault last.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::{ADMINISTRATORS, KEEPERS};
use super::extraction::{Extraction, rest};
use super::intruder::{Errand, take_over, turn_to};
use super::recruiter::Recruiter;
use super::targets::{loot, vaults};
use crate::event::{Change, Outcome, Request, Role, Scope, Verb};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::Script;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    /// From the permission to the first copy.
    wait_seconds: SecondsRange,
    /// Campaigns that meet a vault whose objects cannot be purged.
    protected_share: Share,
    /// Campaigns that delete the vault too.
    vault_share: Share,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(&KEEPERS, &ADMINISTRATORS)
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Manage);
        let wanted = script.count("objects", self.objects).max(1);
        let vault = vaults(script, campaign, 1, wanted)[0];
        for &identity in &campaign.identities {
            if script.tenant.uses_roles(vault) {
                script.assign_role(vault, Role::Administrator, Scope::Vault, identity);
            } else {
                script.write_vault(vault, Change::Grant, identity);
            }
        }
        let wait = script.seconds("wait_seconds", self.wait_seconds);
        script.wait(wait);
        turn_to(script, campaign, Errand::Shell);
        let protected = script.decide("protected", self.protected_share);
        let purge = if protected { Outcome::Conflict } else { Outcome::Ok };
        let objects = loot(script.tenant, campaign, &[vault], wanted, false);
        let extraction =
            Extraction { errand: Errand::Shell, everything: false, request: Request::Backup };
        extraction.run(script, campaign, &objects, |script, objects, gap| {
            let calls =
                [(Verb::Backup, Outcome::Ok), (Verb::Delete, Outcome::Ok), (Verb::Purge, purge)];
            for (verb, outcome) in calls {
                for &object in objects {
                    script.act(object, verb, outcome);
                    rest(script, gap / calls.len() as f64);
                }
            }
        });
        if script.decide("deletes_vault", self.vault_share) {
            turn_to(script, campaign, Errand::Manage);
            script.delete_vault(vault);
            script.wait(20.0);
            script.purge_vault(vault, purge);
        }
    }
}
