//! Distributed extraction: several accounts read a part each, none of them more than is usual.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::{PEOPLE, SERVICES};
use super::extraction::{Extraction, read_each};
use super::intruder::{Errand, take_over};
use super::recruiter::Recruiter;
use super::targets::{loot, vaults};
use crate::scenario::{CountRange, Share};
use crate::script::Script;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Read in all.
    objects: CountRange,
    vaults: CountRange,
    /// Campaigns with services' accounts; the others use people's.
    services_share: Share,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        let services = recruiter.stream.chance(self.services_share.0);
        let victims = if services { &SERVICES } else { &PEOPLE };
        recruiter.crew(victims, &[])
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Read);
        let wanted = script.count("objects", self.objects).max(1);
        let count = self.vaults.draw_count(script.stream).max(1);
        let vaults = vaults(script, campaign, count, wanted.div_ceil(count));
        let objects = loot(script.tenant, campaign, &vaults, wanted, false);
        Extraction::reading(false).run(script, campaign, &objects, read_each);
    }
}
