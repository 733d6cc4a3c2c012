//! A tenant of somebody's own logs: built from a cast, nothing drawn but what the logs cannot say.
//!
//! Made up, in the style found: a few fresh identities (attacks bring some), for each vault the name
//! of a key that is not there yet, and of a deleted secret where none is known.

use std::collections::BTreeMap;
use std::ops::Range;

use super::identity::{Identity, Kind, Position};
use super::papers::Papers;
use super::places::{Seen, Sightings};
use super::vault::{Collection, Model, Object, Vault};
use super::world::{Span, Tenant};
use super::{Client, Vaults};
use crate::cast::{Cast, CastClient, CastIdentity, CastObject, CastVault};
use crate::random::Stream;
use crate::scenario::Estate;
use crate::time::{DAY, Ticks};
use crate::workloads::{Habit, Human, Poller, Target};

/// Fresh identities that attacks may bring along.
const FRESH: usize = 16;
/// Vaults are indexed with 16 bits.
const MOST_VAULTS: usize = 50_000;
/// What is not known to be rotated keeps its version for so long.
const NEVER: Ticks = 100 * 365 * DAY;

impl Tenant {
    /// The tenant in which `cast` plays.
    pub(super) fn of_cast(estate: &Estate, cast: &Cast, seed: u64, span: Span) -> Self {
        let mut stream = Stream::new(seed, "tenant", 0, 0);
        let mut subscriptions: Vec<u128> =
            cast.vaults.iter().map(|vault| vault.subscription).collect();
        subscriptions.sort_unstable();
        subscriptions.dedup();
        let mut tenant = Self {
            estate: estate.clone(),
            seed,
            span,
            id: cast.tenant_id.unwrap_or_else(|| stream.guid()),
            subscriptions,
            vaults: Vaults::default(),
            objects: Vec::new(),
            identities: Vec::new(),
            groups: Vec::new(),
            clients: cast.clients.iter().enumerate().map(client).collect(),
            positions: BTreeMap::new(),
            sightings: None,
            papers: None,
        };
        for vault in cast.vaults.iter().take(MOST_VAULTS) {
            tenant.add_known_vault(vault);
        }
        tenant.add_cast(cast, &mut stream);
        tenant
    }

    fn add_known_vault(&mut self, known: &CastVault) {
        let index = self.vaults.all().len() as u16;
        let mut add = |collection, objects: &[CastObject]| {
            let first = self.objects.len() as u32;
            let made = objects.iter().map(|known| {
                let mut object = Object::new(index, collection, known.name.clone(), NEVER, 0);
                object.version = known.version;
                object
            });
            self.objects.extend(made);
            first..self.objects.len() as u32
        };
        let nameless = |name: String| CastObject { name, version: None };
        let secrets = add(Collection::Secrets, &known.secrets);
        let keys = add(Collection::Keys, &known.keys);
        let certificates = add(Collection::Certificates, &known.certificates);
        let first = |objects: &[CastObject]| objects.first().map(|object| object.name.clone());
        let like = first(&known.secrets).unwrap_or_else(|| known.name.clone());
        let mut deleted: Vec<CastObject> = known.deleted.iter().cloned().map(nameless).collect();
        if deleted.is_empty() {
            deleted.push(nameless(format!("{like}-old")));
        }
        let deleted = add(Collection::Secrets, &deleted);
        let key = first(&known.keys).unwrap_or_else(|| known.name.clone());
        let unborn = add(Collection::Keys, &[nameless(format!("{key}-2"))]);
        let nothing = unborn.end..unborn.end;
        let subscription = self.subscriptions.binary_search(&known.subscription);
        let subscription = subscription.expect("every vault's subscription was collected");
        self.vaults.add(Vault {
            name: known.name.clone(),
            subscription,
            resource_group: known.resource_group.clone(),
            resource_id: known.resource_id.clone(),
            location: known
                .location
                .clone()
                .unwrap_or_else(|| self.estate.wire.locations[0].clone()),
            model: if known.roles { Model::Roles } else { Model::AccessPolicies },
            network: known.network,
            logged: known.logged,
            secrets,
            keys,
            certificates,
            certificate_secrets: nothing,
            deleted,
            unborn_key: unborn.start,
        });
    }

    /// Everybody, position by position: identities of one position are neighbours.
    fn add_cast(&mut self, cast: &Cast, stream: &mut Stream) {
        let mut everybody: Vec<CastIdentity> = cast.identities.clone();
        everybody.retain(|one| one.clients.iter().all(|&client| client < self.clients.len()));
        everybody.extend(fresh(&everybody, stream));
        everybody.sort_by_key(|one| one.position);
        let (mut sightings, mut papers) = (Sightings::default(), Papers::default());
        for known in everybody {
            let index = self.identities.len() as u32;
            let range = self.positions.entry(known.position).or_insert(index..index);
            *range = Range { start: range.start, end: index + 1 };
            sightings.add(Seen {
                position: known.position,
                public: known.public.clone(),
                private: known.private.clone(),
            });
            papers.add(index, &known);
            let identity = self.known(known);
            self.identities.push(identity);
        }
        self.sightings = Some(sightings);
        self.papers = Some(papers);
    }

    fn known(&self, known: CastIdentity) -> Identity {
        let vaults: Vec<u16> = known
            .vaults
            .iter()
            .filter(|&&vault| vault < self.vaults.len())
            .map(|&vault| vault as u16)
            .collect();
        let habit = match known.position {
            _ if matches!(known.kind, Kind::User | Kind::Guest) => {
                Habit::Human(self.person(&known))
            }
            Position::Poller => {
                Habit::Poller(Poller::known(known.events_per_day, self.targets(&known.secrets)))
            }
            _ => Habit::None,
        };
        Identity {
            kind: known.kind,
            position: known.position,
            name: known.name,
            object_id: known.object_id,
            app_id: known.app_id,
            resource: known.resource,
            clients: known.clients,
            vaults,
            since: i64::MIN,
            until: i64::MAX,
            twin: None,
            habit,
        }
    }

    fn person(&self, known: &CastIdentity) -> Human {
        let law = &self.estate.wire.humans;
        Human {
            sessions_per_day: known.sessions_per_day,
            portal: self.clients[known.clients[0]].used_by.iter().any(|by| by == "portal"),
            reads: law.reads,
            command_line: law.command_line.clone(),
            curiosity: 0.0,
            travel: 0.0,
            writes_per_day: known.writes_per_day,
        }
    }

    fn targets(&self, secrets: &[(usize, usize)]) -> Vec<Target> {
        let found = secrets.iter().filter_map(|&(vault, secret)| {
            let object = self.vaults.get(vault)?.secrets.clone().nth(secret)?;
            Some(Target { vault: vault as u16, object, since: i64::MIN })
        });
        found.collect()
    }
}

fn client((row, known): (usize, &CastClient)) -> Client {
    let mut used_by = Vec::new();
    if known.portal {
        used_by.push("portal".to_owned());
    }
    if known.people {
        used_by.push("script".to_owned());
    }
    Client {
        used_by,
        agents: vec![known.agent.clone()],
        api_version: known.api_version.clone(),
        tls: known.tls.clone(),
        challenge: known.challenge,
        app_id: known.app_id,
        arm_agent: known.arm_agent.clone(),
        arm_app_id: known.app_id,
        arm_api_version: known.arm_api_version.clone(),
        first_row: row as u32,
    }
}

/// Identities that nobody has seen, each like a service of the logs but in its ids and its name.
fn fresh(everybody: &[CastIdentity], stream: &mut Stream) -> Vec<CastIdentity> {
    let is_service = |one: &&CastIdentity| {
        matches!(one.position, Position::Poller | Position::Startup) && one.kind != Kind::FirstParty
    };
    let services: Vec<&CastIdentity> = everybody.iter().filter(is_service).collect();
    if services.is_empty() {
        return Vec::new();
    }
    let made = (0..FRESH).map(|number| {
        let like = *stream.pick(&services);
        CastIdentity {
            position: Position::Reserve,
            object_id: stream.guid(),
            app_id: stream.guid(),
            resource: like.resource.as_ref().map(|resource| format!("{resource}-{}", number + 2)),
            secrets: Vec::new(),
            assignments: Vec::new(),
            opaque: BTreeMap::new(),
            ..like.clone()
        }
    });
    made.collect()
}
