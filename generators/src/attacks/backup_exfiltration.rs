//! Backup exfiltration: objects are copied out in the form that only a vault can read, and sometimes
//! restored in another.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::extraction::{Extraction, rest};
use super::intruder::{Errand, take_over};
use super::recruiter::{Recruiter, Weighted};
use super::targets::{loot, vaults};
use crate::event::{Outcome, Request, Verb};
use crate::scenario::{CountRange, Share};
use crate::script::Script;
use crate::tenant::{Identity, Position};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    vaults: CountRange,
    /// Of the campaigns as services.
    everything_share: Share,
    /// Campaigns that restore what they took in another vault.
    restore_share: Share,
}

const VICTIMS: &Weighted = &[
    (Position::User, 0.6),
    (Position::Poller, 0.2),
    (Position::Startup, 0.05),
    (Position::Backup, 0.15),
];
const EXCEPTED: &Weighted = &[(Position::Backup, 1.0)];

impl Steps for Parameters {
    /// Services are of the kind that copies are made by anyway.
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        let tenant = recruiter.tenant;
        let like_the_job = |identity: &Identity| {
            let mut jobs = tenant.all(Position::Backup).map(|job| &tenant.identities[job as usize]);
            identity.is_person() || jobs.any(|job| job.kind.word() == identity.kind.word())
        };
        recruiter.crew_where(VICTIMS, EXCEPTED, like_the_job)
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        let person = script.tenant.identities[campaign.leader() as usize].is_person();
        let errand = if person { Errand::Shell } else { Errand::Backup };
        take_over(script, campaign, campaign.leader(), errand);
        let wanted = script.count("objects", self.objects).max(1);
        let everything = !person && script.decide("everything", self.everything_share);
        let count = self.vaults.draw_count(script.stream).max(1);
        let vaults = vaults(script, campaign, count, wanted.div_ceil(count));
        let objects = loot(script.tenant, campaign, &vaults, wanted, everything);
        let extraction = Extraction { errand, everything, request: Request::Backup };
        extraction.run(script, campaign, &objects, |script, objects, gap| {
            for &object in objects {
                script.backup(object);
                rest(script, gap);
            }
        });
        // Jobs only ever copy.
        if person && script.decide("restores", self.restore_share) {
            self.restore(script, campaign, &objects);
        }
    }
}

impl Parameters {
    /// A backup can be restored in the same subscription and geography only.
    fn restore(&self, script: &mut Script<'_>, campaign: &Campaign, objects: &[u32]) {
        let tenant = script.tenant;
        let Some(&first) = objects.first() else { return };
        let source = &tenant.vaults[usize::from(tenant.objects[first as usize].vault)];
        let near: Vec<usize> = (0..tenant.vaults.len())
            .filter(|&vault| {
                let other = &tenant.vaults[vault];
                other.subscription == source.subscription && other.name != source.name
            })
            .collect();
        if near.is_empty() {
            return;
        }
        let vault = &tenant.vaults[*script.stream.pick(&near)];
        // What arrives there takes the places of that vault's own objects.
        let places = vault.secrets.clone().take(objects.len());
        let gap = campaign.gap_seconds(places.len());
        for place in places {
            script.act(place, Verb::Restore, Outcome::Ok);
            rest(script, gap);
        }
    }
}
