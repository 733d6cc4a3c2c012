//! Fills a tenant with identities, position by position, and gives each its home and its habit.

use super::build::{declared_object_id, plain};
use super::identity::{Identity, Kind, Position};
use super::names;
use super::staff;
use super::world::Tenant;
use crate::json::guid;
use crate::random::Stream;
use crate::scenario::NamedApp;
use crate::workloads::{BackupService, Certificates, Habit, Human, Infrastructure, Scanner};

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
    staff::employ(tenant);
    declared(tenant, Position::Automation, &wanted.automation, "infrastructure");
    declared(tenant, Position::Integration, &wanted.integrations, "integration");
    declared(tenant, Position::Scanner, &wanted.scanners, "scanner");
    declared(tenant, Position::BackupService, &wanted.backup_services, "backup");
    declared(tenant, Position::FrontDoor, &wanted.front_doors, "certificates");
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
    let mut vaults: Vec<u16> = (0..count).map(|_| tenant.home(stream)).collect();
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

/// Applications whose ids do not depend on the seed.
fn declared(tenant: &mut Tenant, position: Position, apps: &[NamedApp], user: &str) {
    let first = tenant.identities.len();
    tenant.add_identities(position, apps.len(), |tenant, index, stream| {
        let app = &apps[index as usize - first];
        let (vaults, habit) = match position {
            Position::BackupService => BackupService::draw(tenant, stream),
            Position::FrontDoor => Certificates::front_door(tenant, stream),
            Position::Scanner => {
                let scans_per_day = tenant.estate.wire.scanner.scans_per_day.0;
                (some_vaults(tenant, stream), Habit::Scanner(Scanner { scans_per_day }))
            }
            Position::Automation => {
                let law = &tenant.estate.wire.infrastructure;
                let habit = Infrastructure {
                    plans_per_day: law.plans_per_day.0,
                    reads: law.reads,
                    apply_share: law.apply_share,
                    grant_share: law.grant_share,
                    short_lived: Vec::new(),
                };
                (some_vaults(tenant, stream), Habit::Infrastructure(habit))
            }
            _ => (some_vaults(tenant, stream), Habit::None),
        };
        let kind = match position {
            Position::Automation | Position::Integration => Kind::SecretPrincipal,
            _ => Kind::FirstParty,
        };
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

/// As many as one repository of infrastructure code looks after.
fn some_vaults(tenant: &Tenant, stream: &mut Stream) -> Vec<u16> {
    let count = tenant.estate.wire.infrastructure.vaults.draw_count(stream);
    let count = count.clamp(1, tenant.vaults.len());
    let mut vaults: Vec<u16> =
        (0..count).map(|_| stream.below(tenant.vaults.len()) as u16).collect();
    vaults.sort_unstable();
    vaults.dedup();
    vaults
}
