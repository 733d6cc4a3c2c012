//! How an intruder calls as somebody else: with which client and from where.
//!
//! What is not the victim's own belongs to a *donor*, somebody benign of the victim's kind who makes
//! the same kind of calls: so no client and no network is more frequent among intruders than among
//! those who make such calls anyway.

use super::campaign::{Campaign, is_person};
use super::recruiter::pick_active;
use crate::script::{Caller, Place, Script};
use crate::tenant::{Kind, Passing, Position, Tenant};
use crate::workloads::Habit;

/// What an account is used for; each has clients of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    /// Values, by whatever does that.
    Read,
    /// Values, one command after the other.
    Shell,
    /// Calls to the management plane, for which most services have no client.
    Manage,
    /// Copies that only a vault can read.
    Backup,
}

/// Takes an account over: a client and a place, as the dials stand.
pub(super) fn take_over(
    script: &mut Script<'_>,
    campaign: &Campaign,
    identity: u32,
    errand: Errand,
) {
    let place = if campaign.settings.same_block {
        own_place(script, identity)
    } else {
        elsewhere(script, identity, errand)
    };
    let client = client(script, campaign, identity, errand);
    script.hand_over(Caller { identity, client, place });
}

/// Goes on with another errand, from the same place.
pub(super) fn turn_to(script: &mut Script<'_>, campaign: &Campaign, errand: Errand) {
    script.caller.client = client(script, campaign, script.caller.identity, errand);
}

fn client(script: &mut Script<'_>, campaign: &Campaign, identity: u32, errand: Errand) -> u32 {
    let position = script.tenant.identities[identity as usize].position;
    let owner = if campaign.settings.copied_client && makes_such_calls(position, errand) {
        identity
    } else {
        donor(script, identity, errand).unwrap_or(identity)
    };
    let client = tool(script, owner, errand);
    script.tenant.release(client, owner, script.now)
}

/// Sessions with the tool that somebody usually does not use, sessions at a shell with a script, and
/// changes by a script: as people have them.
const OTHER_TOOL: f64 = 0.15;
const SCRIPTS: f64 = 0.25;
const SCRIPTED_WRITES: f64 = 0.5;

/// One of the clients that `owner` has for an errand.
fn tool(script: &mut Script<'_>, owner: u32, errand: Errand) -> usize {
    let found = &script.tenant.identities[owner as usize];
    let Habit::Human(human) = &found.habit else { return found.clients[0] };
    let (portal, scripts) = match errand {
        Errand::Shell => (false, SCRIPTS),
        Errand::Manage => (human.portal, SCRIPTED_WRITES),
        Errand::Read | Errand::Backup => (human.portal != script.stream.chance(OTHER_TOOL), 0.0),
    };
    let scripts = if errand == Errand::Read && !portal { SCRIPTS } else { scripts };
    if script.stream.chance(scripts) {
        return script.tenant.client_for("script", script.stream);
    }
    found.clients[usize::from(!portal)]
}

fn makes_such_calls(position: Position, errand: Errand) -> bool {
    use Position::{Administrator, Automation, Backup, Guest, Integration, User};
    match errand {
        Errand::Read | Errand::Shell => true,
        Errand::Manage => {
            matches!(position, Administrator | User | Guest | Automation | Integration)
        }
        Errand::Backup => position == Backup,
    }
}

/// Somebody else of the victim's kind who makes such calls, from another network where possible.
fn donor(script: &mut Script<'_>, identity: u32, errand: Errand) -> Option<u32> {
    /// Tries to find another network: where everybody shares one there is none.
    const TRIES: usize = 12;
    let tenant = script.tenant;
    let positions = donors(tenant, identity, errand);
    let kind = tenant.identities[identity as usize].kind;
    let strict = errand == Errand::Read && !is_person(tenant, identity);
    let fit = |&index: &u32| {
        index != identity
            && (!strict || is_managed(tenant.identities[index as usize].kind) == is_managed(kind))
    };
    let pools: Vec<Vec<u32>> =
        positions.iter().map(|&position| tenant.all(position).filter(fit).collect()).collect();
    let weights: Vec<f64> = pools.iter().map(|pool| pool.len() as f64).collect();
    if weights.iter().sum::<f64>() <= 0.0 {
        return None;
    }
    let block = |index: u32| tenant.public_address(index, script.now) >> 8;
    let own = block(identity);
    let mut found = None;
    for _ in 0..TRIES {
        let pool = &pools[script.stream.weighted(&weights)];
        let index = pick_active(tenant, script.stream, pool);
        found = Some(index);
        if block(index) != own {
            break;
        }
    }
    found
}

fn donors(tenant: &Tenant, identity: u32, errand: Errand) -> &'static [Position] {
    match errand {
        _ if is_person(tenant, identity) => &[Position::User],
        Errand::Read | Errand::Shell => &[Position::Poller, Position::Startup],
        Errand::Manage => &[Position::Automation, Position::Integration],
        Errand::Backup => &[Position::Backup],
    }
}

fn is_managed(kind: Kind) -> bool {
    matches!(kind, Kind::SystemManaged | Kind::UserManaged)
}

/// Runs of automation and pipelines have a new agent each time.
fn own_place(script: &mut Script<'_>, identity: u32) -> Place {
    match script.tenant.identities[identity as usize].position {
        Position::Automation | Position::Pipeline => agent(script),
        _ => Place::Usual,
    }
}

fn elsewhere(script: &mut Script<'_>, identity: u32, errand: Errand) -> Place {
    let Some(donor) = donor(script, identity, errand) else { return agent(script) };
    match script.tenant.identities[donor as usize].position {
        Position::Automation => agent(script),
        _ => Place::With(donor),
    }
}

fn agent(script: &mut Script<'_>) -> Place {
    Place::Passing(script.tenant.passing_address(script.stream, Passing::HostedAgents))
}
