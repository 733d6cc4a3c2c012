//! Storage accounts, databases and disks under customer-managed keys: they unwrap, or look at their
//! key, by the clock.

use super::{Habit, Hire, Moment, Work};
use crate::event::{Outcome, Request, Verb};
use crate::random::Stream;
use crate::tenant::Tenant;

/// Unwraps that look at the key first, and that wrap a new data key instead.
const LOOKS: f64 = 0.04;
const WRAPS: f64 = 0.1;
const JITTER: f64 = 0.05;

/// One encrypted resource.
#[derive(Debug, Clone)]
pub(crate) struct Cryptography {
    resource: Resource,
    pub(crate) vault: u16,
    pub(crate) key: u32,
    per_day: f64,
    phase: f64,
}

/// What is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resource {
    Storage,
    /// Must notice a lost key within ten minutes.
    Database,
    /// Only asks whether there is a newer key.
    Disks,
}

impl Cryptography {
    /// None where no vault holds a key.
    pub(crate) fn draw(tenant: &Tenant, stream: &mut Stream, _: Hire) -> (Vec<u16>, Habit) {
        let holds = |&vault: &u16| !tenant.vaults[usize::from(vault)].keys.is_empty();
        let holders: Vec<u16> = (0..tenant.vaults.len() as u16).filter(holds).collect();
        if holders.is_empty() {
            return (Vec::new(), Habit::None);
        }
        let law = tenant.estate.wire.cryptography.clone();
        let (databases, disks) = (law.database_share.0, law.disk_share.0);
        let weights = [(1.0 - databases - disks).max(0.0), databases, disks];
        let (resource, minutes) = match stream.weighted(&weights) {
            0 => (Resource::Storage, law.interval_minutes),
            1 => (Resource::Database, law.database_minutes),
            _ => (Resource::Disks, law.disk_minutes),
        };
        let per_day = 1_440.0 / minutes.draw(stream).max(1.0);
        let vault = *stream.pick(&holders);
        let keys = &tenant.vaults[usize::from(vault)].keys;
        let key = keys.start + stream.below(keys.len()) as u32;
        let habit = Self { resource, vault, key, per_day, phase: stream.unit() };
        (vec![vault], Habit::Cryptography(habit))
    }

    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        for at in moment.ticks(stream, self.per_day, self.phase, JITTER) {
            let mut script = moment.script(stream, at, 0, &mut work.events);
            script.maybe_challenge(Request::Cryptography, self.vault, self.key);
            if self.resource == Resource::Disks {
                script.read(self.key);
                continue;
            }
            if script.stream.chance(LOOKS) {
                script.read(self.key);
            }
            let verb = if script.stream.chance(WRAPS) { Verb::Wrap } else { Verb::Unwrap };
            script.act(self.key, verb, Outcome::Ok);
        }
    }
}
