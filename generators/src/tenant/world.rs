//! The tenant as a whole, and the questions workloads and attacks ask it.

use std::collections::BTreeMap;
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_128;

use super::papers::Papers;
use super::places::Sightings;
use super::{Client, Group, Identity, Model, Network, Object, Position, Vault, Vaults};
use crate::event::{Event, Outcome};
use crate::random::Stream;
use crate::scenario::Estate;
use crate::time::{DAY, Ticks, ticks_from_seconds};

/// Everything that is fixed before the first record: the same for every thread, every slice and
/// every set of attacks.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) estate: Estate,
    pub(crate) seed: u64,
    pub(crate) span: Span,
    pub(crate) id: u128,
    pub(crate) subscriptions: Vec<u128>,
    pub(crate) vaults: Vaults,
    pub(crate) objects: Vec<Object>,
    pub(crate) identities: Vec<Identity>,
    pub(crate) groups: Vec<Group>,
    pub(crate) clients: Vec<Client>,
    /// Identities of one position are neighbours.
    pub(super) positions: BTreeMap<Position, Range<u32>>,
    /// Where everybody was seen, in a tenant of somebody's own logs.
    pub(super) sightings: Option<Sightings>,
    /// What their papers say, likewise.
    pub(super) papers: Option<Papers>,
}

/// Production, test, development: the stages of an application's vaults, in this order.
const STAGE_WEIGHTS: [f64; 3] = [0.6, 0.25, 0.15];
const MODEST_TRIES: usize = 8;

/// The time a corpus covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: Ticks,
    /// Scored from here.
    pub(crate) warmup_end: Ticks,
    pub(crate) end: Ticks,
}

impl Span {
    pub(crate) fn days(self) -> f64 {
        (self.end - self.start) as f64 / DAY as f64
    }
}

impl Tenant {
    /// Indexes of everybody in this position.
    pub(crate) fn all(&self, position: Position) -> Range<u32> {
        self.positions.get(&position).cloned().unwrap_or_default()
    }

    /// Somebody in this position, by number, wrapping; positions may be empty.
    pub(crate) fn member(&self, position: Position, index: usize) -> Option<u32> {
        let all = self.all(position);
        (!all.is_empty()).then(|| all.start + (index % all.len()) as u32)
    }

    /// The client row `identity` uses for the first (`0`) or second (`1`) of its clients.
    pub(crate) fn client_row(&self, identity: u32, which: usize, time: Ticks) -> u32 {
        let client = self.identities[identity as usize].clients[which];
        self.release(client, identity, time)
    }

    /// The release of any client that `identity` would run.
    pub(crate) fn release(&self, client: usize, identity: u32, time: Ticks) -> u32 {
        let days = self.estate.wire.novelty.client_days;
        let upgrade =
            (ticks_from_seconds(days.low * 86_400.0), ticks_from_seconds(days.high * 86_400.0));
        self.clients[client].row(self.seed, identity, time - self.span.start, upgrade)
    }

    /// The client a row belongs to.
    pub(crate) fn client_of_row(&self, row: u32) -> &Client {
        let after = self.clients.partition_point(|client| client.first_row <= row);
        &self.clients[after - 1]
    }

    /// Some client that the file lists for this user; [`Estate::parse`] saw to the common ones,
    /// others fall back to the first client.
    pub(crate) fn client_for(&self, user: &str, stream: &mut Stream) -> usize {
        let weights: Vec<f64> = self
            .clients
            .iter()
            .map(|client| client.used_by.iter().filter(|by| *by == user).count() as f64)
            .collect();
        if weights.iter().sum::<f64>() > 0.0 { stream.weighted(&weights) } else { 0 }
    }

    /// The version of an object at `time`: 32 hex digits in its id.
    pub(crate) fn version(&self, object: u32, time: Ticks) -> u128 {
        let found = &self.objects[object as usize];
        if let Some(version) = found.version {
            return version;
        }
        let rotations = found.rotations(time);
        let mut bytes = [0_u8; 24];
        bytes[..8].copy_from_slice(&self.seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&u64::from(object).to_le_bytes());
        bytes[16..].copy_from_slice(&rotations.to_le_bytes());
        xxh3_128(&bytes)
    }

    /// How a vault turns away a caller it does not let in: the network decides before the
    /// permissions do.
    pub(crate) fn denial(&self, vault: u16, inside: bool) -> Outcome {
        match self.vaults[usize::from(vault)].network {
            Network::Firewalled | Network::Private if !inside => Outcome::ForbiddenByNetwork,
            _ => Outcome::Forbidden,
        }
    }

    pub(crate) fn uses_roles(&self, vault: u16) -> bool {
        self.vaults[usize::from(vault)].model == Model::Roles
    }

    /// Reaches a log: the vault's own, where it has been told to keep one, or the Activity Log.
    pub(crate) fn is_logged(&self, event: &Event) -> bool {
        let logs = self.vaults[usize::from(event.vault)].logged && !event.unlogged;
        logs || event.operation.is_activity()
    }

    /// Who `identity` is at `time`: a managed identity may have been made again under another
    /// object id.
    pub(crate) fn current(&self, identity: u32, time: Ticks) -> u32 {
        let who = &self.identities[identity as usize];
        match who.twin {
            Some(twin) if !(who.since..who.until).contains(&time) => twin,
            _ => identity,
        }
    }

    /// A vault that somebody works with: production has most of the traffic.
    pub(crate) fn home(&self, stream: &mut Stream) -> u16 {
        let stages = STAGE_WEIGHTS.len().min(self.vaults.len());
        let stage = stream.weighted(&STAGE_WEIGHTS[..stages]);
        let applications = (self.vaults.len() - stage).div_ceil(STAGE_WEIGHTS.len());
        (stream.below(applications) * STAGE_WEIGHTS.len() + stage) as u16
    }

    /// The same among vaults of at most so many secrets, as far as a few tries find one: what is
    /// loaded whole again and again is not large.
    pub(crate) fn modest_home(&self, secrets: usize, stream: &mut Stream) -> u16 {
        let mut home = self.home(stream);
        for _ in 0..MODEST_TRIES {
            if self.vaults[usize::from(home)].secrets.len() <= secrets {
                break;
            }
            home = self.home(stream);
        }
        home
    }

    /// Vaults holding at least so many objects, largest choice first where none does.
    pub(crate) fn vaults_with(&self, objects: usize) -> Vec<u16> {
        let size = |vault: &Vault| vault.readable().count();
        let most = self.vaults.iter().map(size).max().unwrap_or(0);
        let enough = objects.min(most);
        (0..self.vaults.len() as u16)
            .filter(|&vault| size(&self.vaults[usize::from(vault)]) >= enough)
            .collect()
    }
}
