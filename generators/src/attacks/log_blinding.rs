//! Log blinding: the vault's logs are switched off, then everything is read.
//!
//! From then on the campaign's own calls to the vault leave no record; truth counts them. Benign
//! records of the vault stay in the corpus all the same: without that the clean twin would not be
//! the same corpus, so that the silence itself is not there to be noticed.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::{ADMINISTRATORS, KEEPERS};
use super::extraction::{Extraction, read_each};
use super::intruder::{Errand, take_over, turn_to};
use super::recruiter::Recruiter;
use super::targets::{loot, vaults};
use crate::event::{Activity, NOTHING, Operation, Outcome};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::Script;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    vaults: CountRange,
    /// From the last setting to the first read.
    wait_seconds: SecondsRange,
    /// Campaigns that switch the logs on again.
    revert_share: Share,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(&KEEPERS, &ADMINISTRATORS)
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Read);
        let wanted = script.count("objects", self.objects).max(1);
        let count = self.vaults.draw_count(script.stream).max(1);
        let vaults = vaults(script, campaign, count, 1);
        for &vault in &vaults {
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
            let pause = script.stream.uniform(2.0, 40.0);
            script.wait(pause);
        }
        turn_to(script, campaign, Errand::Manage);
        for &vault in &vaults {
            script.change_diagnostics(vault, Activity::DiagnosticsDelete);
        }
        let wait = script.seconds("wait_seconds", self.wait_seconds);
        script.wait(wait);
        let blinder = script.caller;
        turn_to(script, campaign, Errand::Read);
        script.unlogged = true;
        let objects = loot(script.tenant, campaign, &vaults, wanted, false);
        Extraction::reading(false).run(script, campaign, &objects, read_each);
        script.unlogged = false;
        if script.decide("reverts", self.revert_share) {
            script.hand_over(blinder);
            for &vault in &vaults {
                script.change_diagnostics(vault, Activity::DiagnosticsWrite);
            }
        }
    }
}
