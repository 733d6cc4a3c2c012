//! Bulk extraction: list pages, then read everything readable, at machine speed.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::{ANYBODY, TRUSTED};
use super::extraction::{Extraction, read_each};
use super::intruder::{Errand, take_over};
use super::recruiter::Recruiter;
use super::targets::{foreign_vault, knock, loot, vaults};
use crate::scenario::{CountRange, Share};
use crate::script::Script;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Read in all, as far as the vaults hold them.
    objects: CountRange,
    vaults: CountRange,
    /// Campaigns that read as many at once as `width` says.
    parallel_share: Share,
    width: CountRange,
    /// Campaigns that take keys and certificates too.
    everything_share: Share,
    /// Campaigns that run into a closed door first.
    denied_share: Share,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(&ANYBODY, &TRUSTED)
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Read);
        let wanted = script.count("objects", self.objects).max(1);
        let everything = script.decide("everything", self.everything_share);
        let parallel = script.decide("parallel", self.parallel_share);
        let width = parallel.then(|| script.count("width", self.width));
        let count = self.vaults.draw_count(script.stream).max(1);
        let vaults = vaults(script, campaign, count, wanted.div_ceil(count));
        if script.decide("denied", self.denied_share) {
            let closed = foreign_vault(script, campaign);
            knock(script, closed, true);
        }
        let objects = loot(script.tenant, campaign, &vaults, wanted, everything);
        let extraction = Extraction::reading(everything);
        extraction.run(script, campaign, &objects, |script, objects, gap| match width {
            Some(width) => script.read_parallel(objects, width),
            None => read_each(script, objects, gap),
        });
    }
}
