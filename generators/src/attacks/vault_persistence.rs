//! Vault persistence: a value is replaced, a certificate imported, or somebody else let in.

use serde::{Deserialize, Serialize};

use super::campaign::{Campaign, Steps};
use super::cast::{ADMINISTRATORS, KEEPERS};
use super::extraction::rest;
use super::intruder::{Errand, take_over, turn_to};
use super::recruiter::Recruiter;
use super::targets::{look_around, vaults};
use crate::event::{Change, Outcome, Role, Scope, Verb};
use crate::scenario::{CountRange, Share};
use crate::script::Script;
use crate::tenant::Position;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    /// Campaigns that give a secret a new value.
    secret_share: Share,
    /// Campaigns that import a certificate, where there are any; the rest lets somebody else in.
    certificate_share: Share,
}

/// What stays behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Foothold {
    Secret,
    Certificate,
    Access,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(&KEEPERS, &ADMINISTRATORS)
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Read);
        let wanted = script.count("objects", self.objects).max(1);
        let vault = vaults(script, campaign, 1, wanted)[0];
        let home = &script.tenant.vaults[usize::from(vault)];
        let weights = [self.secret_share.0, self.certificate_share.0];
        let rest_share = (1.0 - weights[0] - weights[1]).max(0.0);
        let foothold = match script.stream.weighted(&[weights[0], weights[1], rest_share]) {
            1 if !home.certificates.is_empty() => Foothold::Certificate,
            2 => Foothold::Access,
            _ => Foothold::Secret,
        };
        script.note("foothold", foothold);
        if campaign.settings.lists {
            look_around(script, vault, foothold == Foothold::Certificate);
        }
        turn_to(script, campaign, Errand::Shell);
        let gap = campaign.gap_seconds(wanted);
        let (objects, verb) = match foothold {
            Foothold::Secret => (home.secrets.clone(), Verb::Set),
            Foothold::Certificate => (home.certificates.clone(), Verb::Import),
            Foothold::Access => return self.let_in(script, campaign, vault, wanted, gap),
        };
        for object in objects.take(wanted) {
            script.act(object, verb, Outcome::Ok);
            rest(script, gap);
        }
    }
}

impl Parameters {
    /// Identities that nobody has seen, from the far end of the reserve.
    fn let_in(
        &self,
        script: &mut Script<'_>,
        campaign: &Campaign,
        vault: u16,
        wanted: usize,
        gap_seconds: f64,
    ) {
        turn_to(script, campaign, Errand::Manage);
        let reserve = script.tenant.all(Position::Reserve);
        for turn in 0..wanted.min(reserve.len()) {
            let far = reserve.len() - 1 - (campaign.number + turn) % reserve.len();
            let grantee = reserve.start + far as u32;
            if script.tenant.uses_roles(vault) {
                script.assign_role(vault, Role::SecretsOfficer, Scope::Vault, grantee);
            } else {
                script.write_vault(vault, Change::Grant, grantee);
            }
            rest(script, gap_seconds);
        }
    }
}
