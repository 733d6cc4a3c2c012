//! Deleted secret recovery: what was deleted is brought back, read, and deleted again.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::{ADMINISTRATORS, KEEPERS};
use super::extraction::rest;
use super::intruder::{Errand, take_over};
use super::recruiter::Recruiter;
use super::targets::vaults;
use crate::event::{NOTHING, Outcome, Request, Verb};
use crate::scenario::{CountRange, Share};
use crate::script::Script;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    /// Campaigns that leave no secret behind that was not there.
    cleanup_share: Share,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(&KEEPERS, &ADMINISTRATORS)
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Shell);
        let wanted = script.count("objects", self.objects).max(1);
        let vault = vaults(script, campaign, 1, 1)[0];
        let deleted = script.tenant.vaults[usize::from(vault)].deleted.clone();
        let cleans = script.decide("cleans_up", self.cleanup_share);
        let gap = campaign.gap_seconds(3 * wanted);
        script.maybe_challenge(Request::List, vault, NOTHING);
        if campaign.settings.lists {
            script.list_deleted(vault);
            rest(script, gap);
        }
        for object in deleted.take(wanted) {
            for verb in [Verb::Recover, Verb::Get, Verb::Delete] {
                if verb != Verb::Delete || cleans {
                    script.act(object, verb, Outcome::Ok);
                    rest(script, gap);
                }
            }
        }
    }
}
