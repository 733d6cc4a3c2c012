//! What the attacks share: how an intruder comes to an identity, a client and an address, each of
//! which somebody benign has as well.

use crate::event::{NOTHING, Operation, Outcome, Request};
use crate::script::{Caller, Place, Script};
use crate::tenant::{Collection, Passing, Position, Tenant};

/// Somebody in one of these positions, weighted; `None` in an estate that has none of them.
pub(super) fn victim(script: &mut Script<'_>, positions: &[(Position, f64)]) -> Option<u32> {
    let weights: Vec<f64> = positions
        .iter()
        .map(
            |&(position, weight)| if script.tenant.all(position).is_empty() { 0.0 } else { weight },
        )
        .collect();
    if weights.iter().sum::<f64>() <= 0.0 {
        return None;
    }
    let all = script.tenant.all(positions[script.stream.weighted(&weights)].0);
    Some(all.start + script.stream.below(all.len()) as u32)
}

/// What an identity is taken over for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    Read,
    /// Calls the management plane too, for which most services have no client.
    Manage,
}

/// Takes an identity over: with its own client or another of its kind, from its own place or
/// elsewhere.
pub(super) fn take_over(script: &mut Script<'_>, identity: u32, errand: Errand) {
    let tenant = script.tenant;
    let person = tenant.identities[identity as usize].is_person();
    let user = match (person, errand) {
        (true, _) => "script",
        (false, Errand::Read) => "poller",
        (false, Errand::Manage) => *script.stream.pick(&["infrastructure", "integration"]),
    };
    let own = person || errand == Errand::Read;
    let own_client = own && script.stream.chance(0.35);
    let client = if own_client {
        tenant.client_row(identity, script.stream.below(2), script.now)
    } else {
        let client = tenant.client_for(user, script.stream);
        tenant.release(client, identity, script.now)
    };
    let (word, elsewhere) = match script.stream.weighted(&[0.3, 0.3, 0.2, 0.2]) {
        0 => ("usual", None),
        1 => ("homes", Some(Passing::Homes)),
        2 => ("hosted_agents", Some(Passing::HostedAgents)),
        _ => ("cloud", Some(Passing::Cloud)),
    };
    let place = elsewhere
        .map_or(Place::Usual, |from| Place::Passing(tenant.passing_address(script.stream, from)));
    script.note("own_client", own_client);
    script.note("place", word);
    script.hand_over(Caller { identity, client, place });
}

/// A vault that is none of the identity's own, and holds so many objects where one does.
pub(super) fn foreign_vault(script: &mut Script<'_>, identity: u32, objects: usize) -> u16 {
    let own = &script.tenant.identities[identity as usize].vaults;
    let mut large: Vec<u16> = script.tenant.vaults_with(objects);
    large.retain(|vault| !own.contains(vault));
    if large.is_empty() {
        return script.stream.below(script.tenant.vaults.len()) as u16;
    }
    *script.stream.pick(&large)
}

/// Asks in vain, one to three times.
pub(super) fn knock(script: &mut Script<'_>, vault: u16, inside: bool) {
    let secrets = script.tenant.vaults[usize::from(vault)].secrets.clone();
    script.maybe_challenge(Request::Get, vault, secrets.start);
    for _ in 0..=script.stream.below(3) {
        let object = secrets.start + script.stream.below(secrets.len()) as u32;
        let denial = script.tenant.denial(vault, inside);
        script.attempt(object, denial);
        let pause = script.stream.log_normal(6.0, 1.0);
        script.wait(pause);
    }
}

/// Looks around first: the lists, sometimes the settings.
pub(super) fn look_around(script: &mut Script<'_>, vault: u16, everything: bool) {
    if script.stream.chance(0.4) {
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        script.wait(2.0);
    }
    script.maybe_challenge(Request::List, vault, NOTHING);
    if everything {
        script.list_everything(vault);
    } else {
        script.list(vault, Collection::Secrets);
    }
}

/// At most `count` objects of a vault in the order lists give them; keys and certificates where
/// asked for, first so that few still show.
pub(super) fn loot(tenant: &Tenant, vault: u16, count: usize, everything: bool) -> Vec<u32> {
    let home = &tenant.vaults[usize::from(vault)];
    let others =
        home.certificates.clone().chain(home.keys.clone()).take(if everything { 4 } else { 0 });
    others.chain(home.secrets.clone()).take(count).collect()
}
