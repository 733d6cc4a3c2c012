//! Novel accessor: an identity that never touched a vault reads from it.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::{ANYBODY, PEOPLE, TRUSTED};
use super::extraction::{Extraction, read_each};
use super::intruder::{Errand, take_over};
use super::recruiter::Recruiter;
use super::targets::{knock, loot, vaults};
use crate::event::{Role, Scope};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::Script;
use crate::tenant::Position;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    /// Campaigns with an identity that nobody has seen before.
    fresh_share: Share,
    /// Campaigns that take a key or certificate.
    everything_share: Share,
    denied_share: Share,
    /// Campaigns in which another stolen identity grants the access.
    granted_share: Share,
    spread_seconds: SecondsRange,
}

impl Steps for Parameters {
    /// Fresh identities come from the far end of the reserve; onboarding takes from the near end.
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        let fresh = recruiter.stream.chance(self.fresh_share.0);
        let reserve = recruiter.tenant.all(Position::Reserve);
        if !fresh || recruiter.settings.excepted || reserve.is_empty() {
            return recruiter.crew(&ANYBODY, &TRUSTED);
        }
        let wanted = recruiter.settings.identities.min(reserve.len());
        let far = |turn: usize| reserve.len() - 1 - (recruiter.number + turn) % reserve.len();
        (0..wanted).map(|turn| reserve.start + far(turn) as u32).collect()
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        let tenant = script.tenant;
        let fresh = tenant.all(Position::Reserve).contains(&campaign.leader());
        script.note("fresh", fresh);
        let wanted = script.count("objects", self.objects).max(1);
        let vault = vaults(script, campaign, 1, wanted)[0];
        if script.decide("granted", self.granted_share) {
            self.grant(script, campaign, vault);
        }
        take_over(script, campaign, campaign.leader(), Errand::Read);
        if script.decide("denied", self.denied_share) {
            knock(script, vault, true);
        }
        let everything = script.decide("everything", self.everything_share);
        let objects = loot(tenant, campaign, &[vault], wanted, everything);
        Extraction::reading(everything).run(script, campaign, &objects, read_each);
    }
}

impl Parameters {
    /// Somebody else whose account is stolen grants the access.
    fn grant(&self, script: &mut Script<'_>, campaign: &Campaign, vault: u16) {
        let settings = campaign.settings;
        let mut recruiter = Recruiter {
            tenant: script.tenant,
            stream: script.stream,
            settings,
            number: campaign.number,
            taken: None,
        };
        let crew = recruiter.crew(&PEOPLE, &TRUSTED[..1]);
        let Some(&accomplice) = crew.iter().find(|&&one| one != campaign.leader()) else { return };
        take_over(script, campaign, accomplice, Errand::Manage);
        for &identity in &campaign.identities {
            script.assign_role(vault, Role::SecretsUser, Scope::Vault, identity);
        }
        let spread = script.seconds("spread_seconds", self.spread_seconds);
        script.wait(spread);
    }
}
