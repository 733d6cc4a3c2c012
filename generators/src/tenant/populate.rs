//! Fills a tenant with identities, position by position, and gives each its home and its habit.

use super::build::{declared_object_id, plain};
use super::identity::{Identity, Kind, Position};
use super::names;
use super::vault::Network;
use super::world::Tenant;
use crate::json::guid;
use crate::random::Stream;
use crate::scenario::{MOST_REQUESTS_PER_DAY, NamedApp};
use crate::time::Ticks;
use crate::workloads::{
    Cryptography, Habit, Human, Infrastructure, Poller, Scanner, Startup, Target, Trouble,
};

/// Adds everybody. The order is part of the seed's meaning.
pub(super) fn populate(tenant: &mut Tenant) {
    let wanted = tenant.estate.wire.identities.clone();
    let people = wanted.administrators.len() + wanted.users.0;
    let administrators = wanted.administrators.clone();
    tenant.add_identities(
        Position::Administrator,
        administrators.len(),
        |tenant, index, stream| {
            let name = administrators[index as usize].clone();
            let object_id = declared_object_id(&name);
            Identity {
                object_id,
                ..person(tenant, Kind::User, Position::Administrator, name, people, stream)
            }
        },
    );
    tenant.add_identities(Position::User, wanted.users.0, |tenant, index, stream| {
        let number = index as usize - administrators.len();
        let name = names::person(number, &tenant.estate.wire.domain);
        person(tenant, Kind::User, Position::User, name, people, stream)
    });
    tenant.add_identities(Position::Guest, wanted.guests.0, |tenant, index, stream| {
        let name = names::guest(index as usize - people);
        person(tenant, Kind::Guest, Position::Guest, name, people, stream)
    });
    tenant.add_identities(Position::Poller, wanted.pollers.0, poller);
    tenant.add_identities(Position::Startup, wanted.startups.0, startup);
    tenant.add_identities(Position::Cryptography, wanted.cryptography.0, cryptography);
    for (position, count, user, prefix) in [
        (Position::Pipeline, wanted.pipelines.0, "pipeline", "sp-release"),
        (Position::Backup, wanted.backups.0, "backup", "sp-backup"),
        (Position::Compliance, wanted.compliance.0, "compliance", "sp-audit"),
        (Position::Reserve, wanted.reserves.0, "poller", "svc"),
    ] {
        tenant.add_identities(position, count, |tenant, index, stream| {
            on_call(tenant, position, user, prefix, index, stream)
        });
    }
    declared(tenant, Position::Automation, &wanted.automation, "infrastructure");
    declared(tenant, Position::Integration, &wanted.integrations, "integration");
    declared(tenant, Position::Scanner, &wanted.scanners, "scanner");
}

/// One person in so many changes settings of vaults now and then.
const WRITERS_EVERY: usize = 6;
/// People who write scripts of their own where others use the command line.
const SCRIPTED_SHARE: f64 = 0.2;

fn person(
    tenant: &Tenant,
    kind: Kind,
    position: Position,
    name: String,
    people: usize,
    stream: &mut Stream,
) -> Identity {
    let writes =
        position == Position::User && tenant.identities.len().is_multiple_of(WRITERS_EVERY);
    let humans = &tenant.estate.wire.humans;
    let count = humans.vaults.draw_count(stream).clamp(1, tenant.vaults.len());
    let mut vaults: Vec<u16> = (0..count).map(|_| home(tenant, stream)).collect();
    vaults.dedup();
    let sessions = humans.sessions_per_day.draw(stream);
    let novelty = &tenant.estate.wire.novelty;
    let habit = Human {
        sessions_per_day: sessions,
        portal: stream.chance(humans.portal_share.0),
        reads: humans.reads,
        command_line: humans.command_line.clone(),
        // New pairs a day, spread over the sessions.
        curiosity: (novelty.new_vault_edges_per_day.0 * vaults.len() as f64 / sessions.max(0.1))
            .min(0.2),
        travel: novelty.travel_share.0,
        // A few people change settings, the others never do.
        writes_per_day: if writes {
            humans.writes_per_day.0 * WRITERS_EVERY as f64 / people as f64
        } else {
            0.0
        },
    };
    let shell = if stream.chance(SCRIPTED_SHARE) { "script" } else { "command-line" };
    let clients = [tenant.client_for("portal", stream), tenant.client_for(shell, stream)];
    Identity { vaults, clients, habit: Habit::Human(habit), ..plain(kind, position, name, stream) }
}

fn poller(tenant: &Tenant, index: u32, stream: &mut Stream) -> Identity {
    let law = tenant.estate.wire.poller.clone();
    let novelty = &tenant.estate.wire.novelty;
    let first = home(tenant, stream);
    let span = (tenant.span.end - tenant.span.start) as f64;
    let later = |stream: &mut Stream| tenant.span.start + (stream.unit() * span) as Ticks;
    let since =
        if stream.chance(novelty.late_identities_share.0) { later(stream) } else { i64::MIN };
    let mut vaults = vec![(first, i64::MIN)];
    if stream.chance(law.second_vault_share.0) {
        vaults.push((home(tenant, stream), i64::MIN));
    }
    if stream.chance(new_share(novelty.new_vault_edges_per_day.0, tenant.span.days())) {
        vaults.push((home(tenant, stream), later(stream)));
    }
    vaults.sort_by_key(|&(vault, since)| (vault, since));
    vaults.dedup_by_key(|&mut (vault, _)| vault);
    let mut targets = Vec::new();
    let new_objects = new_share(novelty.new_object_edges_per_day.0, tenant.span.days());
    for &(vault, known) in &vaults {
        let found = &tenant.vaults[usize::from(vault)];
        let mut secrets: Vec<u32> = found.secrets.clone().collect();
        stream.shuffle(&mut secrets);
        secrets.truncate(law.objects.draw_count(stream).max(1));
        if stream.chance(law.other_credentials_share.0) {
            secrets.extend(found.keys.clone().chain(found.certificates.clone()).take(1));
        }
        for (rank, &object) in secrets.iter().enumerate() {
            let new = rank > 0 && stream.chance(new_objects);
            let since = if new { later(stream).max(known) } else { known };
            targets.push(Target { vault, object, since });
        }
    }
    let client = tenant.client_for("poller", stream);
    let trouble =
        stream.chance(tenant.estate.wire.errors.misconfigured_share.0) || index % 97 == 80;
    // However far `--events` raises the rates; a service then shares its id among more processes.
    let uncut = stream
        .log_normal(law.events_per_day.median.0, law.events_per_day.sigma.0)
        .min(f64::from(MOST_REQUESTS_PER_DAY));
    let habit = Poller {
        events_per_day: uncut.min(law.events_per_day.max.0),
        uncut_per_day: uncut,
        targets,
        whole_set: stream.chance(law.whole_set_share.0),
        periodic: stream.chance(law.periodic_share.0).then(|| stream.unit()),
        trouble: trouble.then(|| misconfigured(tenant, first, stream)),
        challenge: tenant.clients[client].challenge,
    };
    let vaults: Vec<u16> = vaults.into_iter().map(|(vault, _)| vault).collect();
    Identity {
        since,
        clients: [client, client],
        habit: Habit::Poller(habit),
        ..service(tenant, Position::Poller, "svc", vaults, index, stream)
    }
}

/// Share of all pairs that appear within so many days when a share `daily` of them is new each day.
fn new_share(daily: f64, days: f64) -> f64 {
    1.0 - libm::pow(1.0 - daily, days)
}

fn misconfigured(tenant: &Tenant, home: u16, stream: &mut Stream) -> Trouble {
    let elsewhere = stream.below(tenant.vaults.len()) as u16;
    let wanted = &tenant.vaults[usize::from(elsewhere)].secrets;
    Trouble {
        forbidden: wanted.start + stream.below(wanted.len()) as u32,
        denial: tenant.denial(elsewhere, false),
        missing: tenant.vaults[usize::from(home)].missing(),
    }
}

fn startup(tenant: &Tenant, index: u32, stream: &mut Stream) -> Identity {
    let law = tenant.estate.wire.startup.clone();
    let vault = home(tenant, stream);
    let client = tenant.client_for("startup", stream);
    let habit = Startup {
        vault,
        restarts_per_day: law.restarts_per_day.draw(stream),
        instances: law.instances.draw_count(stream).max(1),
    };
    Identity {
        clients: [client, client],
        habit: Habit::Startup(habit),
        ..service(tenant, Position::Startup, "app", vec![vault], index, stream)
    }
}

fn cryptography(tenant: &Tenant, index: u32, stream: &mut Stream) -> Identity {
    let with_keys: Vec<u16> = (0..tenant.vaults.len() as u16)
        .filter(|&vault| !tenant.vaults[usize::from(vault)].keys.is_empty())
        .collect();
    let minutes = tenant.estate.wire.cryptography.interval_minutes.draw(stream).max(1.0);
    let client = tenant.client_for("cryptography", stream);
    let (vaults, habit) = if with_keys.is_empty() {
        (Vec::new(), Habit::None)
    } else {
        let vault = *stream.pick(&with_keys);
        let keys = &tenant.vaults[usize::from(vault)].keys;
        let key = keys.start + stream.below(keys.len()) as u32;
        let habit = Cryptography { vault, key, per_day: 1_440.0 / minutes, phase: stream.unit() };
        (vec![vault], Habit::Cryptography(habit))
    };
    Identity {
        clients: [client, client],
        habit,
        ..service(tenant, Position::Cryptography, "st", vaults, index, stream)
    }
}

/// Identities that act only where a look-alike or an attack has them act.
fn on_call(
    tenant: &Tenant,
    position: Position,
    user: &str,
    prefix: &str,
    index: u32,
    stream: &mut Stream,
) -> Identity {
    let count = if position == Position::Backup { 6 } else { 2 };
    let mut vaults: Vec<u16> = (0..count).map(|_| home(tenant, stream)).collect();
    if position == Position::Pipeline {
        // Hosted agents reach only what is open.
        vaults.retain(|&vault| tenant.vaults[usize::from(vault)].network == Network::Public);
        let open = |vault: &usize| tenant.vaults[*vault].network == Network::Public;
        let spare = (0..tenant.vaults.len()).filter(open).nth(index as usize % 7).unwrap_or(0);
        vaults.push(spare as u16);
    }
    vaults.sort_unstable();
    vaults.dedup();
    let client = tenant.client_for(user, stream);
    Identity {
        clients: [client, client],
        ..service(tenant, position, prefix, vaults, index, stream)
    }
}

fn declared(tenant: &mut Tenant, position: Position, apps: &[NamedApp], user: &str) {
    let first = tenant.identities.len();
    tenant.add_identities(position, apps.len(), |tenant, index, stream| {
        let app = &apps[index as usize - first];
        let law = tenant.estate.wire.infrastructure.clone();
        let count = law.vaults.draw_count(stream).clamp(1, tenant.vaults.len());
        let mut vaults: Vec<u16> =
            (0..count).map(|_| stream.below(tenant.vaults.len()) as u16).collect();
        vaults.sort_unstable();
        vaults.dedup();
        let habit = match position {
            Position::Automation => Habit::Infrastructure(Infrastructure {
                plans_per_day: law.plans_per_day.0,
                reads: law.reads,
                apply_share: law.apply_share,
                grant_share: law.grant_share,
            }),
            Position::Scanner => Habit::Scanner(Scanner {
                scans_per_day: tenant.estate.wire.scanner.scans_per_day.0,
            }),
            _ => Habit::None,
        };
        let kind =
            if position == Position::Scanner { Kind::FirstParty } else { Kind::SecretPrincipal };
        // A client may be made for one application alone.
        let own = tenant.clients.iter().any(|client| client.used_by.contains(&app.name));
        let client = tenant.client_for(if own { &app.name } else { user }, stream);
        Identity {
            object_id: declared_object_id(&guid(app.app_id.0)),
            app_id: app.app_id.0,
            clients: [client, client],
            vaults,
            habit,
            ..plain(kind, position, app.name.clone(), stream)
        }
    });
}

/// An application's identity: most are managed, the rest hold a secret or a certificate, where its
/// position does not say which.
fn service(
    tenant: &Tenant,
    position: Position,
    prefix: &str,
    vaults: Vec<u16>,
    index: u32,
    stream: &mut Stream,
) -> Identity {
    let first = usize::from(vaults.first().copied().unwrap_or_default());
    let name = names::service(prefix, first, index as usize, stream);
    let kinds =
        [Kind::UserManaged, Kind::SystemManaged, Kind::SecretPrincipal, Kind::CertificatePrincipal];
    let drawn = kinds[stream.weighted(&[0.4, 0.25, 0.2, 0.15])];
    let kind = match position {
        Position::Cryptography => Kind::SystemManaged,
        Position::Pipeline => Kind::SecretPrincipal,
        _ => drawn,
    };
    let mut identity = plain(kind, position, name, stream);
    let vault = &tenant.vaults[first];
    let subscription = guid(tenant.subscriptions[vault.subscription]);
    let path =
        format!("/subscriptions/{subscription}/resourcegroups/{}/providers", vault.resource_group);
    identity.resource = match identity.kind {
        Kind::UserManaged => Some(format!(
            "{path}/Microsoft.ManagedIdentity/userAssignedIdentities/{}",
            identity.name
        )),
        Kind::SystemManaged if prefix == "st" => Some(format!(
            "{path}/Microsoft.Storage/storageAccounts/{}",
            identity.name.replace('-', "")
        )),
        Kind::SystemManaged => Some(format!("{path}/Microsoft.Web/sites/{}", identity.name)),
        _ => None,
    };
    identity.vaults = vaults;
    identity
}

/// A vault that somebody works with: production has most of the traffic.
fn home(tenant: &Tenant, stream: &mut Stream) -> u16 {
    let weights: Vec<f64> =
        (0..tenant.vaults.len()).map(|vault| [0.6, 0.25, 0.15][vault % 3]).collect();
    stream.weighted(&weights) as u16
}
