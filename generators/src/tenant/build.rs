//! Draws a tenant from an estate file and a seed.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_128;

use super::identity::{Group, Identity, Kind, Position};
use super::vault::{Collection, Model, Network, Object, Vault};
use super::world::{Span, Tenant};
use super::{Client, names};
use crate::random::Stream;
use crate::scenario::{CountRange, Estate};
use crate::time::DAY;
use crate::workloads::Habit;

/// Deleted secrets that a vault still holds.
const MOST_DELETED: usize = 10;

impl Tenant {
    /// Draws it, or takes it from the estate's cast where it has one.
    pub(crate) fn build(estate: &Estate, seed: u64, span: Span) -> Self {
        if let Some(cast) = &estate.cast {
            return Self::of_cast(estate, cast, seed, span);
        }
        let mut stream = Stream::new(seed, "tenant", 0, 0);
        let mut tenant = Self {
            estate: estate.clone(),
            seed,
            span,
            id: stream.guid(),
            subscriptions: (0..estate.wire.subscriptions.0).map(|_| stream.guid()).collect(),
            vaults: super::Vaults::default(),
            objects: Vec::new(),
            identities: Vec::new(),
            groups: (0..estate.wire.identities.groups.0)
                .map(|_| Group { object_id: stream.guid() })
                .collect(),
            clients: clients(estate),
            positions: BTreeMap::new(),
            sightings: None,
            papers: None,
        };
        for index in 0..estate.wire.vaults.count.0 {
            tenant.add_vault(index);
        }
        super::populate::populate(&mut tenant);
        super::short_lived::plan(&mut tenant);
        tenant
    }

    fn add_vault(&mut self, index: usize) {
        let mut stream = Stream::new(self.seed, "vault", index as u64, 0);
        let wanted = self.estate.wire.vaults.clone();
        let application = index / 3;
        let kind_of_network = stream.unit();
        let private = wanted.private_share.get_ref().0;
        let network = if kind_of_network < private {
            Network::Private
        } else if kind_of_network < private + wanted.firewalled_share.0 {
            Network::Firewalled
        } else {
            Network::Public
        };
        let policies = stream.chance(wanted.access_policy_share.0);
        let secrets = (wanted.secrets.draw(&mut stream) as usize).max(1);
        let some = |share: f64, range: CountRange, stream: &mut Stream| {
            if stream.chance(share) { range.draw_count(stream) } else { 0 }
        };
        let keys = some(wanted.keys_share.0, wanted.keys, &mut stream);
        let certificates = some(wanted.certificates_share.0, wanted.certificates, &mut stream);
        let deleted = 1 + stream.below(MOST_DELETED);
        let dashed = stream.chance(0.6);
        let logged = !stream.chance(wanted.unlogged_share.0);
        let mut add =
            |collection, count| self.add_objects(index, collection, count, dashed, &mut stream);
        let secrets = add(Collection::Secrets, secrets);
        let keys = add(Collection::Keys, keys);
        let certificates = add(Collection::Certificates, certificates);
        let certificate_secrets = self.add_private_parts(certificates.clone());
        let mut add =
            |collection, count| self.add_objects(index, collection, count, dashed, &mut stream);
        let deleted = add(Collection::Secrets, deleted);
        let unborn_key = add(Collection::Keys, 1).start;
        self.vaults.add(Vault {
            name: names::vault(index, &mut stream),
            subscription: application % self.subscriptions.len(),
            resource_group: format!("rg-{}", names::application(index)),
            resource_id: None,
            location: self.estate.wire.locations[application % self.estate.wire.locations.len()]
                .clone(),
            model: if policies { Model::AccessPolicies } else { Model::Roles },
            network,
            logged,
            secrets,
            keys,
            certificates,
            certificate_secrets,
            deleted,
            unborn_key,
        });
    }

    fn add_private_parts(&mut self, certificates: std::ops::Range<u32>) -> std::ops::Range<u32> {
        let first = self.objects.len() as u32;
        for certificate in certificates {
            self.objects.push(self.objects[certificate as usize].private_part());
        }
        first..self.objects.len() as u32
    }

    pub(super) fn add_objects(
        &mut self,
        vault: usize,
        collection: Collection,
        count: usize,
        dashed: bool,
        stream: &mut Stream,
    ) -> std::ops::Range<u32> {
        let first = self.objects.len() as u32;
        let days = self.estate.wire.vaults.rotation_days;
        for _ in 0..count {
            // The running number keeps names unique, also of what is not listed.
            let number = self.objects.len() - self.vaults_end();
            let name = names::object(collection, number + 1, dashed, stream);
            let rotation = (days.draw(stream) * DAY as f64) as i64;
            let phase = (stream.unit() * rotation as f64) as i64;
            self.objects.push(Object::new(vault as u16, collection, name, rotation, phase));
        }
        first..self.objects.len() as u32
    }

    /// Objects of finished vaults.
    fn vaults_end(&self) -> usize {
        self.vaults.all().last().map_or(0, |vault| vault.unborn_key as usize + 1)
    }

    /// Adds identities of one position; object ids of declared ones do not depend on the seed.
    pub(super) fn add_identities(
        &mut self,
        position: Position,
        count: usize,
        mut make: impl FnMut(&Self, u32, &mut Stream) -> Identity,
    ) {
        let first = self.identities.len() as u32;
        self.positions.insert(position, first..first);
        for _ in 0..count {
            let index = self.identities.len() as u32;
            let mut stream = Stream::new(self.seed, "identity", u64::from(index), 0);
            let identity = make(self, index, &mut stream);
            self.identities.push(identity);
            self.extend_position(position);
        }
    }

    /// The identity added last belongs to the position that was filled last.
    pub(super) fn extend_position(&mut self, position: Position) {
        let end = self.identities.len() as u32;
        self.positions.entry(position).or_insert(end..end).end = end;
    }
}

/// An object id that belongs to a declared name, whatever the seed.
pub(super) fn declared_object_id(name: &str) -> u128 {
    xxh3_128(name.as_bytes()) & !(0xf << 76) & !(0xc << 60) | 0x4 << 76 | 0x8 << 60
}

/// An identity without a habit; the rest is filled in by its position.
pub(super) fn plain(kind: Kind, position: Position, name: String, stream: &mut Stream) -> Identity {
    Identity {
        kind,
        position,
        name,
        object_id: stream.guid(),
        app_id: stream.guid(),
        resource: None,
        clients: [0, 0],
        vaults: Vec::new(),
        since: i64::MIN,
        until: i64::MAX,
        twin: None,
        habit: Habit::None,
    }
}

fn clients(estate: &Estate) -> Vec<Client> {
    let mut first_row = 0;
    let rows = estate.wire.clients.iter().map(|spec| {
        let client = Client {
            used_by: spec.used_by.iter().map(|by| by.get_ref().clone()).collect(),
            agents: spec.agents.get_ref().clone(),
            api_version: spec.api_version.clone(),
            tls: spec.tls.clone(),
            challenge: spec.challenge.0,
            app_id: spec.app_id.map(|id| id.0),
            arm_agent: spec.arm_agent.clone(),
            arm_app_id: spec.arm_app_id.or(spec.app_id).map(|id| id.0),
            arm_api_version: spec.arm_api_version.clone(),
            first_row,
        };
        first_row += client.agents.len() as u32;
        client
    });
    rows.collect()
}
