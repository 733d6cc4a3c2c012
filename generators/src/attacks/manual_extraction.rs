//! Manual extraction: somebody at a shell with a stolen account, one command after the other.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::{ADMINISTRATORS, PEOPLE};
use super::extraction::{Extraction, rest};
use super::intruder::{Errand, take_over};
use super::recruiter::Recruiter;
use super::targets::{knock, loot, vaults};
use crate::event::Request;
use crate::scenario::{CountRange, Share};
use crate::script::Script;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    everything_share: Share,
    denied_share: Share,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(&PEOPLE, &ADMINISTRATORS)
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Shell);
        let wanted = script.count("objects", self.objects).max(1);
        let everything = script.decide("everything", self.everything_share);
        let vault = vaults(script, campaign, 1, wanted)[0];
        if script.decide("denied", self.denied_share) {
            knock(script, vault, true);
        }
        let objects = loot(script.tenant, campaign, &[vault], wanted, everything);
        let extraction = Extraction { errand: Errand::Shell, everything, request: Request::Get };
        extraction.run(script, campaign, &objects, |script, objects, gap| {
            for (turn, &object) in objects.iter().enumerate() {
                if turn > 0 {
                    // Every command is a process of its own.
                    let vault = script.tenant.objects[object as usize].vault;
                    script.maybe_challenge(Request::Get, vault, object);
                }
                script.read(object);
                rest(script, gap);
            }
        });
    }
}
