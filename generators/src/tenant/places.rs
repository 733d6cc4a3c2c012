//! Where identities of somebody's own logs were seen, and thus where they call from.
//!
//! Contract: a usual address is one that the logs have; a passing one lies in a /24 that they have.

use super::identity::Position;
use super::network::Passing;
use crate::random::Stream;
use crate::time::{DAY, Ticks};

/// Where one identity was seen.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) position: Position,
    /// With how often.
    pub(super) public: Vec<(u32, f64)>,
    pub(super) private: Vec<u32>,
}

/// Where everybody was seen, by index of the identity.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    seen: Vec<Seen>,
    people: Vec<u32>,
    agents: Vec<u32>,
    services: Vec<u32>,
    private: Vec<u32>,
}

impl Sightings {
    pub(super) fn add(&mut self, seen: Seen) {
        let addresses = seen.public.iter().map(|&(address, _)| address);
        match seen.position {
            Position::Administrator | Position::User | Position::Guest => {
                self.people.extend(addresses);
            }
            Position::Pipeline | Position::Automation => self.agents.extend(addresses),
            _ => self.services.extend(addresses),
        }
        self.private.extend(&seen.private);
        self.seen.push(seen);
    }

    /// One of its public addresses, the same all day; a private one where it has no other.
    pub(super) fn public(&self, seed: u64, identity: u32, time: Ticks) -> u32 {
        let seen = &self.seen[identity as usize];
        let day = time.div_euclid(DAY) as u64;
        let mut stream = Stream::new(seed, "seen-address", u64::from(identity), day);
        let weights: Vec<f64> = seen.public.iter().map(|&(_, weight)| weight).collect();
        if weights.iter().sum::<f64>() > 0.0 {
            return seen.public[stream.weighted(&weights)].0;
        }
        let elsewhere = [&seen.private, &self.services, &self.people, &self.agents];
        elsewhere.into_iter().find(|all| !all.is_empty()).map_or(0, |all| *stream.pick(all))
    }

    /// Its address behind a private endpoint, or that of somebody who has one.
    pub(super) fn private(&self, seed: u64, identity: u32) -> Option<u32> {
        let own = &self.seen[identity as usize].private;
        let known = if own.is_empty() { &self.private } else { own };
        let mut stream = Stream::new(seed, "seen-private", u64::from(identity), 0);
        (!known.is_empty()).then(|| *stream.pick(known))
    }

    /// Some host of a network from which such callers come.
    pub(super) fn passing(&self, stream: &mut Stream, from: Passing) -> u32 {
        let wanted = match from {
            Passing::Homes => &self.people,
            Passing::HostedAgents => &self.agents,
            Passing::Cloud => &self.services,
        };
        let all = [wanted, &self.services, &self.people, &self.agents, &self.private];
        let Some(known) = all.into_iter().find(|all| !all.is_empty()) else { return 0 };
        (*stream.pick(known) & !0xff) + 4 + stream.below(250) as u32
    }
}
