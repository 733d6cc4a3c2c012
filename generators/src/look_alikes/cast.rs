//! What look-alikes share: who acts, with which client, from where, and how somebody is let into a
//! vault or out of it.
//!
//! Everybody who is missing in an estate is a `None` or an empty list here; a look-alike that finds
//! nobody to act leaves no record and no line in truth.

use crate::event::{Change, Role, Scope};
use crate::scenario::Share;
use crate::script::{Caller, Place, Script};
use crate::tenant::{Passing, Position, Tenant};
use crate::time::Ticks;
use crate::workloads::{Habit, Target};

/// Somebody in this position.
pub(super) fn somebody(script: &mut Script<'_>, position: Position) -> Option<u32> {
    several(script, position, 1).first().copied()
}

/// So many different ones in this position, fewer where there are fewer.
pub(super) fn several(script: &mut Script<'_>, position: Position, count: usize) -> Vec<u32> {
    let mut all: Vec<u32> = script.tenant.all(position).collect();
    script.stream.shuffle(&mut all);
    all.truncate(count);
    all
}

/// So many different vaults, fewer where there are fewer.
pub(super) fn several_vaults(script: &mut Script<'_>, count: usize) -> Vec<u16> {
    let mut all: Vec<u16> = (0..script.tenant.vaults.len() as u16).collect();
    script.stream.shuffle(&mut all);
    all.truncate(count);
    all
}

/// Goes on as `identity` with the first (`0`) or second (`1`) of its clients: for a person portal
/// and command line.
pub(super) fn enter(script: &mut Script<'_>, identity: u32, which: usize, place: Place) {
    let client = script.tenant.client_row(identity, which, script.now);
    script.hand_over(Caller { identity, client, place });
}

/// Goes on as `identity` with a script of its own: curl, PowerShell, Python.
pub(super) fn enter_with_script(script: &mut Script<'_>, identity: u32, place: Place) {
    let client = script.tenant.client_for("script", script.stream);
    let client = script.tenant.release(client, identity, script.now);
    script.hand_over(Caller { identity, client, place });
}

/// Goes on as an administrator at his command line, or as automation on a hosted agent.
pub(super) fn enter_as_operator(script: &mut Script<'_>, automated_share: Share) -> Option<u32> {
    let automated = script.decide("automated", automated_share);
    let position = if automated { Position::Automation } else { Position::Administrator };
    let operator = somebody(script, position)?;
    let place = if automated { elsewhere(script, Passing::HostedAgents) } else { Place::Usual };
    enter(script, operator, 1, place);
    Some(operator)
}

/// A place that is new, as far as vaults let it.
pub(super) fn elsewhere(script: &mut Script<'_>, from: Passing) -> Place {
    Place::Passing(script.tenant.passing_address(script.stream, from))
}

/// Another address of the same /24.
pub(super) fn neighbour(script: &mut Script<'_>, address: u32) -> u32 {
    (address & !0xff) + 4 + script.stream.below(250) as u32
}

/// Lets somebody (an identity, or a group with [`crate::event::GROUP`]) into a vault.
pub(super) fn let_in(script: &mut Script<'_>, vault: u16, role: Role, grantee: u32) {
    if script.tenant.uses_roles(vault) {
        script.assign_role(vault, role, Scope::Vault, grantee);
    } else {
        write_policy(script, vault, Change::Grant, grantee);
    }
}

/// Takes that permission away again.
pub(super) fn shut_out(script: &mut Script<'_>, vault: u16, role: Role, grantee: u32) {
    if script.tenant.uses_roles(vault) {
        script.remove_role(vault, role, Scope::Vault, grantee);
    } else {
        write_policy(script, vault, Change::Revoke, grantee);
    }
}

/// Infrastructure code has policies as resources of their own, people write the vault.
fn write_policy(script: &mut Script<'_>, vault: u16, change: Change, grantee: u32) {
    let caller = &script.tenant.identities[script.caller.identity as usize];
    if caller.position == Position::Automation {
        script.write_policy(vault, change, grantee);
    } else {
        script.write_vault(vault, change, grantee);
    }
}

/// Services that work with a vault at `now`.
pub(super) fn services_of(tenant: &Tenant, vault: u16, now: Ticks) -> Vec<u32> {
    services(tenant, now).filter(|(_, vaults)| vaults.contains(&vault)).map(|(it, _)| it).collect()
}

/// The same of every vault, by its number: asked for one after another, a large estate's take minutes.
pub(super) fn services_by_vault(tenant: &Tenant, now: Ticks) -> Vec<Vec<u32>> {
    let mut by_vault = vec![Vec::new(); tenant.vaults.len()];
    for (service, vaults) in services(tenant, now) {
        for &vault in vaults {
            // Vaults that are made later have no number here; one may be named twice.
            let Some(services) = by_vault.get_mut(usize::from(vault)) else { continue };
            if services.last() != Some(&service) {
                services.push(service);
            }
        }
    }
    by_vault
}

/// Services that are there at `now`, and the vaults that each is at home in.
fn services(tenant: &Tenant, now: Ticks) -> impl Iterator<Item = (u32, &[u16])> {
    let all = tenant.all(Position::Poller).chain(tenant.all(Position::Startup));
    let all = all.map(|service| (service, &tenant.identities[service as usize]));
    all.filter(move |(_, it)| it.since <= now).map(|(service, it)| (service, &it.vaults[..]))
}

/// What a service reads in a vault anyway; a vault that it is yet to know has nothing.
pub(super) fn usual_objects(tenant: &Tenant, service: u32, vault: u16, now: Ticks) -> Vec<u32> {
    match &tenant.identities[service as usize].habit {
        Habit::Poller(poller) => {
            let known = |target: &&Target| target.vault == vault && target.since <= now;
            poller.targets.iter().filter(known).map(|target| target.object).collect()
        }
        _ => tenant.vaults[usize::from(vault)].secrets.clone().collect(),
    }
}

/// A service, a vault of its own, and what it reads there.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) service: u32,
    pub(super) vault: u16,
    /// Never empty.
    pub(super) objects: Vec<u32>,
}

/// Those of a vault's `services` that read something there at this moment.
pub(super) fn readers_of(script: &Script<'_>, vault: u16, services: &[u32]) -> Vec<Reader> {
    let (tenant, now) = (script.tenant, script.now);
    let reader = |&service: &u32| {
        let objects = usual_objects(tenant, service, vault, now);
        (!objects.is_empty()).then_some(Reader { service, vault, objects })
    };
    services.iter().filter_map(reader).collect()
}

/// Some reader that will do.
pub(super) fn reader(script: &mut Script<'_>, will_do: impl Fn(&Reader) -> bool) -> Option<Reader> {
    let mut readers: Vec<Reader> = Vec::new();
    let services = services_by_vault(script.tenant, script.now);
    for vault in several_vaults(script, usize::MAX) {
        let all = readers_of(script, vault, &services[usize::from(vault)]);
        readers.extend(all.into_iter().filter(&will_do));
        if !readers.is_empty() {
            break;
        }
    }
    let chosen = script.stream.below(readers.len().max(1));
    (!readers.is_empty()).then(|| readers.swap_remove(chosen))
}
