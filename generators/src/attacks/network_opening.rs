//! Network opening: a closed vault is opened to an address that it does not let in, then read.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::cast::{PEOPLE, WRITERS};
use super::entry::{approach, read_behind};
use super::intruder::{Errand, take_over};
use super::recruiter::Recruiter;
use super::targets::vaults_where;
use crate::event::Change;
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Place, Script};
use crate::tenant::{Network, Passing, Tenant, Vault};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    /// From the write to the first read.
    wait_seconds: SecondsRange,
    /// Campaigns that let every network in; the others add one address.
    everybody_share: Share,
    denied_share: Share,
    everything_share: Share,
    /// Campaigns that close the vault again.
    revert_share: Share,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(&PEOPLE, &WRITERS)
    }

    fn lacks(&self, tenant: &Tenant) -> Option<&'static str> {
        let closed =
            |vault: &Vault| vault.network != Network::Public && vault.readable().next().is_some();
        (!tenant.vaults.iter().any(closed)).then_some("a vault that is closed to some networks")
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Manage);
        let address = outside(script, campaign);
        script.caller.place = Place::Outside(address);
        let wanted = script.count("objects", self.objects).max(1);
        let vault = vaults_where(script, campaign, 1, wanted, |tenant, vault| {
            tenant.vaults[usize::from(vault)].network != Network::Public
        })[0];
        approach(script, campaign, vault, (self.denied_share, false));
        let everybody = script.decide("everybody", self.everybody_share);
        let change = if everybody { Change::OpenNetwork } else { Change::AddAddress };
        script.note("change", change);
        let detail = if everybody { campaign.leader() } else { address };
        script.write_vault(vault, change, detail);
        let writer = script.caller;
        let wait = script.seconds("wait_seconds", self.wait_seconds);
        script.wait(wait);
        read_behind(script, campaign, (vault, wanted), self.everything_share);
        if script.decide("reverts", self.revert_share) {
            script.hand_over(writer);
            script.write_vault(vault, Change::CloseNetwork, campaign.leader());
        }
    }
}

/// The address that has to be let in: the victim's public one, or one of a passing network.
fn outside(script: &mut Script<'_>, campaign: &Campaign) -> u32 {
    let leader = campaign.leader();
    let person = script.tenant.identities[leader as usize].is_person();
    if campaign.settings.same_block {
        script.tenant.public_address(leader, script.now)
    } else {
        let from = if person { Passing::Homes } else { Passing::Cloud };
        script.tenant.passing_address(script.stream, from)
    }
}
