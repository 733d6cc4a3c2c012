//! What a campaign is after: vaults, and objects in them.

use super::campaign::Campaign;
use crate::event::{NOTHING, Operation, Outcome, Request};
use crate::script::Script;
use crate::tenant::{Collection, Position, Tenant};
use crate::workloads::Habit;

/// Vaults that an identity works with; those of the reserve have never worked.
pub(super) fn history(tenant: &Tenant, identity: u32) -> &[u16] {
    let found = &tenant.identities[identity as usize];
    if found.position == Position::Reserve { &[] } else { &found.vaults }
}

/// At most so many different vaults that hold `objects` each where some do; inside the leader's
/// history as often as the dial says.
pub(super) fn vaults(
    script: &mut Script<'_>,
    campaign: &Campaign,
    count: usize,
    objects: usize,
) -> Vec<u16> {
    vaults_where(script, campaign, count, objects, |_, _| true)
}

/// The same among those that are `fit`, as far as there are any.
pub(super) fn vaults_where(
    script: &mut Script<'_>,
    campaign: &Campaign,
    count: usize,
    objects: usize,
    fit: impl Fn(&Tenant, u16) -> bool,
) -> Vec<u16> {
    let tenant = script.tenant;
    let own = history(tenant, campaign.leader());
    let fit_own: Vec<u16> = own.iter().copied().filter(|&vault| fit(tenant, vault)).collect();
    let all = |objects: usize| tenant.vaults_with(objects).into_iter();
    let foreign = |&vault: &u16| !own.contains(&vault) && fit(tenant, vault);
    let mut large: Vec<u16> = all(objects).filter(foreign).collect();
    if large.is_empty() {
        large = all(1).filter(foreign).collect();
    }
    let mut chosen: Vec<u16> = Vec::new();
    for _ in 0..count.max(1) {
        let inside = script.stream.chance(campaign.settings.inside_history_share.0);
        let pool = match (inside, fit_own.is_empty(), large.is_empty()) {
            (true, false, _) | (false, false, true) => &fit_own,
            _ if !large.is_empty() => &large,
            _ => break,
        };
        // The favourites among the own come first; elsewhere production has what is worth taking.
        let at = if inside && !fit_own.is_empty() {
            script.stream.zipf(pool.len(), 1.0)
        } else {
            let worth = |&vault: &u16| [0.6, 0.25, 0.15][usize::from(vault % 3)];
            script.stream.weighted(&pool.iter().map(worth).collect::<Vec<f64>>())
        };
        let vault = pool[at];
        if !chosen.contains(&vault) {
            chosen.push(vault);
        }
    }
    if chosen.is_empty() {
        chosen.push(script.stream.below(tenant.vaults.len()) as u16);
    }
    let home = chosen.iter().filter(|vault| own.contains(vault)).count();
    script.note("home", home == chosen.len());
    script.note("vaults", chosen.len());
    chosen
}

/// A vault that is none of the leader's own.
pub(super) fn foreign_vault(script: &mut Script<'_>, campaign: &Campaign) -> u16 {
    let own = history(script.tenant, campaign.leader());
    let count = script.tenant.vaults.len() as u16;
    let foreign: Vec<u16> = (0..count).filter(|vault| !own.contains(vault)).collect();
    if foreign.is_empty() { 0 } else { *script.stream.pick(&foreign) }
}

/// At most `count` objects of these vaults in the order lists give them, those that the leader
/// polls first; a few keys and certificates before the secrets where `everything` is taken.
pub(super) fn loot(
    tenant: &Tenant,
    campaign: &Campaign,
    vaults: &[u16],
    count: usize,
    everything: bool,
) -> Vec<u32> {
    /// Of a vault's keys and certificates, so that few still show.
    const OTHERS: usize = 4;
    let polled: Vec<u32> = match &tenant.identities[campaign.leader() as usize].habit {
        Habit::Poller(poller) => poller.targets.iter().map(|target| target.object).collect(),
        _ => Vec::new(),
    };
    let mut taken = Vec::new();
    for &vault in vaults {
        let home = &tenant.vaults[usize::from(vault)];
        let known = polled.iter().copied().filter(|object| home.secrets.contains(object));
        let others = home.certificates.clone().chain(home.keys.clone());
        let others = others.take(if everything { OTHERS } else { 0 });
        let rest = home.secrets.clone().filter(|object| !polled.contains(object));
        taken.extend(known.chain(others).chain(rest));
    }
    taken.truncate(count);
    taken
}

/// Looks around first as the client at hand does: the portal shows the settings and all lists.
pub(super) fn look_around(script: &mut Script<'_>, vault: u16, everything: bool) {
    const CHECKS: f64 = 0.3;
    let client = script.tenant.client_of_row(script.caller.client);
    let portal = client.used_by.iter().any(|by| by == "portal");
    if portal || script.stream.chance(CHECKS) {
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        script.wait(2.0);
    }
    script.maybe_challenge(Request::List, vault, NOTHING);
    if everything || portal {
        script.list_everything(vault);
    } else {
        script.list(vault, Collection::Secrets);
    }
}

/// Asks in vain, one to three times.
pub(super) fn knock(script: &mut Script<'_>, vault: u16, inside: bool) {
    let home = &script.tenant.vaults[usize::from(vault)];
    let (first, count) = (home.asked_for(), home.secrets.len().max(1));
    script.maybe_challenge(Request::Get, vault, first);
    for _ in 0..=script.stream.below(3) {
        let object = first + script.stream.below(count) as u32;
        let denial = script.tenant.denial(vault, inside);
        script.attempt(object, denial);
        let pause = script.stream.log_normal(6.0, 1.0);
        script.wait(pause);
    }
}
