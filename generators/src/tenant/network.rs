//! Which address a caller has: offices and homes for people, shared egress for workloads, a new
//! agent for each pipeline run, private addresses wherever the vault has a private endpoint.

use xxhash_rust::xxh3::xxh3_64;

use super::{Identity, Kind, Network, Position, Tenant};
use crate::random::Stream;
use crate::scenario::Block;
use crate::time::{DAY, Ticks};

impl Tenant {
    /// The address of `identity` at `time` as `vault` sees it when it acts from its usual place.
    pub(crate) fn usual_address(&self, identity: u32, vault: u16, time: Ticks) -> u32 {
        if self.vaults[usize::from(vault)].network == Network::Private {
            return match &self.sightings {
                None => self.private_address(identity),
                Some(sightings) => sightings
                    .private(self.seed, identity)
                    .unwrap_or_else(|| self.public_address(identity, time)),
            };
        }
        self.public_address(identity, time)
    }

    /// The same as the management plane and the issuer of tokens see it, whatever a vault's network
    /// is.
    pub(crate) fn public_address(&self, identity: u32, time: Ticks) -> u32 {
        if let Some(sightings) = &self.sightings {
            return sightings.public(self.seed, identity, time);
        }
        let who = &self.identities[identity as usize];
        let addresses = &self.estate.wire.addresses;
        let block = match (who.kind, who.position) {
            (Kind::User | Kind::Guest, _) if identity.is_multiple_of(3) => addresses.homes,
            (Kind::User | Kind::Guest, _) => addresses.offices,
            (_, Position::Pipeline) => addresses.hosted_agents,
            _ => addresses.cloud,
        };
        let days = self.estate.wire.novelty.address_days;
        let mut stream = Stream::new(self.seed, "address-days", u64::from(identity), 0);
        let period = (days.draw(&mut stream) * DAY as f64).max(DAY as f64);
        let epoch = match who.position {
            // The egress of a cluster is reserved and stays.
            Position::SecretsStore | Position::ExternalSecrets => 0,
            _ => ((time - self.span.start) as f64 / period + stream.unit()) as u64,
        };
        address_in(block, self.network_key(who, epoch), hash(u64::from(identity), epoch))
    }

    /// An address that nobody has for long: a hotel, a mobile network, a hosted agent, a fresh node
    /// in the cloud.
    pub(crate) fn passing_address(&self, stream: &mut Stream, from: Passing) -> u32 {
        if let Some(sightings) = &self.sightings {
            return sightings.passing(stream, from);
        }
        let addresses = &self.estate.wire.addresses;
        let block = match from {
            Passing::Homes => addresses.homes,
            Passing::HostedAgents => addresses.hosted_agents,
            Passing::Cloud => addresses.cloud,
        };
        address_in(block, stream.bits(), stream.bits())
    }

    /// True for an address behind a private endpoint.
    pub(crate) fn is_private(&self, address: u32) -> bool {
        match self.sightings {
            None => self.estate.wire.addresses.private.contains(address),
            Some(_) => std::net::Ipv4Addr::from(address).is_private(),
        }
    }

    /// The address behind a private endpoint.
    fn private_address(&self, identity: u32) -> u32 {
        let key = hash(u64::from(identity), self.seed);
        address_in(self.estate.wire.addresses.private, key, key >> 32)
    }

    /// People of one company and services of one application leave through the same networks.
    fn network_key(&self, who: &Identity, epoch: u64) -> u64 {
        let shared = if who.is_person() {
            u64::from(who.object_id as u32 % 7)
        } else {
            u64::from(who.vaults.first().copied().unwrap_or_default() / 3)
        };
        hash(shared, epoch % 3)
    }
}

/// Where a passing address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    Homes,
    HostedAgents,
    Cloud,
}

fn address_in(block: Block, network: u64, host: u64) -> u32 {
    // Hosts 4 to 253: Azure keeps the first addresses of a subnet, and .254/.255 look artificial.
    block.network(network) + 4 + (host % 250) as u32
}

fn hash(a: u64, b: u64) -> u64 {
    let mut bytes = [0_u8; 16];
    bytes[..8].copy_from_slice(&a.to_le_bytes());
    bytes[8..].copy_from_slice(&b.to_le_bytes());
    xxh3_64(&bytes)
}
