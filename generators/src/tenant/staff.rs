//! Workload identities: who runs as what, from when to when.

use super::build::plain;
use super::identity::{Identity, Kind, Position};
use super::names;
use super::world::Tenant;
use crate::json::guid;
use crate::random::Stream;
use crate::time::Ticks;
use crate::workloads::{
    AppService, Certificates, Cryptography, ExternalSecrets, Habit, Hire, Pipeline, Poller,
    Rotation, SecretsStore, Startup,
};

/// One kind of workload identity.
#[derive(Clone, Copy)]
struct Post {
    position: Position,
    count: usize,
    /// Whose client it has.
    user: &'static str,
    /// Of its names.
    prefix: &'static str,
    /// Its kind, where its position says so.
    kind: Option<Kind>,
    draw: fn(&Tenant, &mut Stream, Hire) -> (Vec<u16>, Habit),
}

/// Busy pollers, of all of them: those that run into the limits of vaults.
const BUSY_SHARE: f64 = 0.1;

/// Adds every workload identity. The order is part of the seed's meaning.
pub(super) fn employ(tenant: &mut Tenant) {
    for post in posts(tenant) {
        tenant.add_identities(post.position, post.count, |tenant, index, stream| {
            employee(tenant, post, index, stream)
        });
        recreate(tenant, post.position);
    }
    let mut by_rate: Vec<(f64, u32)> = Vec::new();
    for index in tenant.all(Position::Poller) {
        if let Habit::Poller(poller) = &tenant.identities[index as usize].habit {
            by_rate.push((poller.uncut_per_day, index));
        }
    }
    by_rate.sort_by(|a, b| b.0.total_cmp(&a.0));
    by_rate.truncate((BUSY_SHARE * by_rate.len() as f64).ceil() as usize);
    for (_, index) in by_rate {
        if let Habit::Poller(poller) = &mut tenant.identities[index as usize].habit {
            poller.busy = true;
        }
    }
}

fn posts(tenant: &Tenant) -> Vec<Post> {
    use Kind::{SecretPrincipal, SystemManaged, UserManaged};
    let wanted = &tenant.estate.wire.identities;
    let post = |position, count, user, prefix, kind, draw| Post {
        position,
        count,
        user,
        prefix,
        kind,
        draw,
    };
    let user = Some(UserManaged);
    let system = Some(SystemManaged);
    let secret = Some(SecretPrincipal);
    vec![
        post(Position::Poller, wanted.pollers.0, "poller", "svc", None, Poller::draw),
        post(Position::Startup, wanted.startups.0, "startup", "app", None, Startup::draw),
        post(
            Position::Cryptography,
            wanted.cryptography.0,
            "cryptography",
            "st",
            system,
            Cryptography::draw,
        ),
        post(
            Position::SecretsStore,
            wanted.secrets_stores.0,
            "secrets-store",
            "aks",
            user,
            SecretsStore::draw,
        ),
        post(
            Position::ExternalSecrets,
            wanted.external_secrets.0,
            "external-secrets",
            "eso",
            user,
            ExternalSecrets::draw,
        ),
        post(
            Position::AppService,
            wanted.app_services.0,
            "app-service",
            "func",
            system,
            AppService::draw,
        ),
        post(
            Position::Gateway,
            wanted.gateways.0,
            "certificates",
            "agw",
            user,
            Certificates::gateway,
        ),
        post(Position::Rotation, wanted.rotations.0, "rotation", "rot", system, Rotation::draw),
        post(
            Position::Pipeline,
            wanted.pipelines.0,
            "pipeline",
            "sp-release",
            secret,
            Pipeline::draw,
        ),
        post(Position::Backup, wanted.backups.0, "backup", "sp-backup", None, backup),
        post(Position::Compliance, wanted.compliance.0, "compliance", "sp-audit", None, on_call),
        post(Position::Reserve, wanted.reserves.0, "poller", "svc", None, on_call),
    ]
}

/// Identities that act only where a look-alike or an attack has them act.
fn on_call(tenant: &Tenant, stream: &mut Stream, _: Hire) -> (Vec<u16>, Habit) {
    (homes(tenant, 2, stream), Habit::None)
}

fn backup(tenant: &Tenant, stream: &mut Stream, _: Hire) -> (Vec<u16>, Habit) {
    (homes(tenant, 6, stream), Habit::None)
}

fn homes(tenant: &Tenant, count: usize, stream: &mut Stream) -> Vec<u16> {
    let mut vaults: Vec<u16> = (0..count).map(|_| tenant.home(stream)).collect();
    vaults.sort_unstable();
    vaults.dedup();
    vaults
}

fn employee(tenant: &Tenant, post: Post, index: u32, stream: &mut Stream) -> Identity {
    let share = tenant.estate.wire.novelty.late_identities_share.0;
    let late = post.position == Position::Poller && stream.chance(share);
    let since = if late { some_time(tenant, stream) } else { i64::MIN };
    let client = tenant.client_for(post.user, stream);
    let hire = Hire {
        number: (index - tenant.all(post.position).start) as usize,
        colleagues: post.count,
        challenge: tenant.clients[client].challenge,
    };
    let (vaults, habit) = (post.draw)(tenant, stream, hire);
    let first = usize::from(vaults.first().copied().unwrap_or_default());
    // Most are managed; the others hold a secret or a certificate.
    let kinds =
        [Kind::UserManaged, Kind::SystemManaged, Kind::SecretPrincipal, Kind::CertificatePrincipal];
    let kind = post.kind.unwrap_or(kinds[stream.weighted(&[0.4, 0.25, 0.2, 0.15])]);
    let name = names::service(post.prefix, first, index as usize, stream);
    let resource = resource(tenant, post.position, kind, first, &name);
    let clients = [client, client];
    Identity { resource, vaults, since, clients, habit, ..plain(kind, post.position, name, stream) }
}

/// The resource id of a managed identity.
fn resource(
    tenant: &Tenant,
    position: Position,
    kind: Kind,
    vault: usize,
    name: &str,
) -> Option<String> {
    let kind = match (kind, position) {
        (Kind::UserManaged, _) => "Microsoft.ManagedIdentity/userAssignedIdentities",
        (Kind::SystemManaged, Position::Cryptography) => "Microsoft.Storage/storageAccounts",
        (Kind::SystemManaged, _) => "Microsoft.Web/sites",
        _ => return None,
    };
    // Names of storage accounts have no dashes.
    let plain = position == Position::Cryptography;
    let name = if plain { name.replace('-', "") } else { name.to_owned() };
    let vault = &tenant.vaults[vault];
    let subscription = guid(tenant.subscriptions[vault.subscription]);
    let group = &vault.resource_group;
    Some(format!("/subscriptions/{subscription}/resourcegroups/{group}/providers/{kind}/{name}"))
}

/// Some managed identities are deleted and made again while the corpus runs: same name, same
/// resource, same habit, but another object and application id. The new ones are the last of their
/// position.
fn recreate(tenant: &mut Tenant, position: Position) {
    let share = tenant.estate.wire.identities.recreated_share.0;
    let mut stream = Stream::new(tenant.seed, "recreated", position as u64, 0);
    for index in tenant.all(position) {
        let managed = matches!(
            tenant.identities[index as usize].kind,
            Kind::UserManaged | Kind::SystemManaged
        );
        let at = some_time(tenant, &mut stream);
        let twin = tenant.identities.len() as u32;
        let old = &mut tenant.identities[index as usize];
        if !managed || !stream.chance(share) || at <= old.since {
            continue;
        }
        let new = Identity {
            object_id: stream.guid(),
            app_id: stream.guid(),
            since: at,
            twin: Some(index),
            ..old.clone()
        };
        (old.until, old.twin) = (at, Some(twin));
        tenant.identities.push(new);
        tenant.extend_position(position);
    }
}

/// Some moment of the corpus.
fn some_time(tenant: &Tenant, stream: &mut Stream) -> Ticks {
    let span = (tenant.span.end - tenant.span.start) as f64;
    tenant.span.start + (stream.unit() * span) as Ticks
}
