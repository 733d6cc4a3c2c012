//! Token replay: the token of a managed identity is used elsewhere, for what it reads anyway and
//! then for what it finds.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::SERVICES;
use super::extraction::{Extraction, read_each};
use super::intruder::{Errand, take_over};
use super::recruiter::Recruiter;
use super::targets::{foreign_vault, knock, loot, vaults};
use crate::scenario::{CountRange, Share};
use crate::script::Script;
use crate::tenant::Kind;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    denied_share: Share,
}

impl Steps for Parameters {
    /// Rules except no managed identity; the dial has nobody to choose.
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew_where(&SERVICES, &[], |identity| {
            matches!(identity.kind, Kind::SystemManaged | Kind::UserManaged)
        })
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Read);
        let wanted = script.count("objects", self.objects).max(1);
        let vault = vaults(script, campaign, 1, wanted)[0];
        let objects = loot(script.tenant, campaign, &[vault], wanted, false);
        Extraction::reading(false).run(script, campaign, &objects, read_each);
        if script.decide("denied", self.denied_share) {
            // Further than the token's permissions reach.
            let beyond = foreign_vault(script, campaign);
            knock(script, beyond, true);
        }
    }
}
