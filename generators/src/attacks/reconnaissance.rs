//! Reconnaissance: who answers? Vault after vault is asked for something in vain.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::{ADMINISTRATORS, PEOPLE};
use super::extraction::rest;
use super::intruder::{Errand, take_over};
use super::recruiter::Recruiter;
use super::targets::history;
use crate::event::{NOTHING, Operation, Outcome, Request, Verb};
use crate::scenario::{CountRange, Share};
use crate::script::{Place, Script};
use crate::tenant::{Collection, Passing, Tenant};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    vaults: CountRange,
    /// Requests for something that is not there; the others are refused.
    missing_share: Share,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(&PEOPLE, &ADMINISTRATORS)
    }

    fn lacks(&self, _: &Tenant) -> Option<&'static str> {
        None
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        let wanted = script.count("vaults", self.vaults).max(1);
        let targets = probed(script, campaign, wanted);
        let crew = &campaign.identities;
        let each = targets.len().div_ceil(crew.len()).max(1);
        let mut probes = targets
            .chunks(each)
            .zip(crew)
            .flat_map(|(vaults, &identity)| vaults.iter().map(move |&vault| (identity, vault)));
        let mut done = 0;
        let mut share = 0.0;
        for sitting in campaign.sittings(script) {
            script.now = script.now.max(sitting.start);
            share += sitting.share;
            let until = libm::round(share * targets.len() as f64) as usize;
            let gap = campaign.gap_seconds(until - done);
            for (identity, vault) in probes.by_ref().take(until - done) {
                if done == 0 || script.caller.identity != identity {
                    take_over(script, campaign, identity, Errand::Read);
                    if !campaign.settings.same_block && script.stream.chance(ON_THE_ROAD) {
                        from_outside(script);
                    }
                }
                done += 1;
                self.probe(script, campaign, vault);
                rest(script, gap);
            }
        }
    }
}

impl Parameters {
    fn probe(&self, script: &mut Script<'_>, campaign: &Campaign, vault: u16) {
        let tenant = script.tenant;
        let home = &tenant.vaults[usize::from(vault)];
        let missing = script.stream.chance(self.missing_share.0);
        if campaign.settings.lists && !missing {
            script.maybe_challenge(Request::List, vault, NOTHING);
            let list = Operation::Object(Collection::Secrets, Verb::List);
            script.call(list, vault, NOTHING, Outcome::Forbidden);
            return;
        }
        let (object, outcome) = if missing {
            (home.missing(), Outcome::NotFound)
        } else {
            let inside = !matches!(script.caller.place, Place::Outside(_));
            (home.asked_for(), tenant.denial(vault, inside))
        };
        script.maybe_challenge(Request::Get, vault, object);
        script.attempt(object, outcome);
    }
}

/// Of the accounts used from elsewhere.
const ON_THE_ROAD: f64 = 0.3;

/// People on the road are turned away by the network as well.
fn from_outside(script: &mut Script<'_>) {
    let address = script.tenant.passing_address(script.stream, Passing::Homes);
    script.caller.place = Place::Outside(address);
}

/// So many vaults, inside the history as often as the dial says and as long as that lasts.
fn probed(script: &mut Script<'_>, campaign: &Campaign, wanted: usize) -> Vec<u16> {
    let tenant = script.tenant;
    let own = history(tenant, campaign.leader());
    let mut inside = own.to_vec();
    let mut outside: Vec<u16> =
        (0..tenant.vaults.len() as u16).filter(|vault| !own.contains(vault)).collect();
    script.stream.shuffle(&mut inside);
    script.stream.shuffle(&mut outside);
    let mut probed = Vec::new();
    while probed.len() < wanted {
        let known = script.stream.chance(campaign.settings.inside_history_share.0);
        let found = if known { inside.pop() } else { None };
        match found.or_else(|| outside.pop()) {
            Some(vault) => probed.push(vault),
            None => break,
        }
    }
    let home = probed.iter().filter(|vault| own.contains(vault)).count();
    script.note("home", home == probed.len());
    script.note("vaults", probed.len());
    probed
}
