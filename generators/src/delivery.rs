//! Delivery: when a record that the service wrote reaches the corpus, and how often: once, twice, or
//! not at all.
//!
//! Records of one vault (one subscription for the Activity Log) travel in batches. A batch's delay
//! depends only on the seed, its sender and its moment, never on what else travels, so that records
//! of a campaign move no other record. Each copy of a record is lost on its own account.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::event::Event;
use crate::random::{normal_from_units, unit_from_bits};
use crate::scenario::{Delay, Delivery};
use crate::tenant::Tenant;
use crate::time::{HOUR, MICROSECOND, SECOND, Ticks, ticks_from_seconds};

/// Sets `arrival` and appends the record of something that was logged: twice where it was delivered
/// twice, not at all where it was lost on the way.
pub(crate) fn deliver(tenant: &Tenant, mut event: Event, out: &mut Vec<Event>) {
    let law = &tenant.estate.wire.delivery;
    event.arrival = arrival(tenant, law, &event, event.time);
    if !is_lost(tenant.seed, law, &event, 0) {
        out.push(event);
    }
    if unit_from_bits(hash(tenant.seed, DUPLICATE, event.id as u64, 0)) < law.duplicate_share.0 {
        // The second copy comes with a later batch.
        let again = event.time + ticks_from_seconds(law.flush_seconds.0) * 3;
        event.arrival = arrival(tenant, law, &event, again).max(event.arrival + SECOND);
        if !is_lost(tenant.seed, law, &event, 1) {
            out.push(event);
        }
    }
}

/// Who sends a record: batches, hubs and blobs are per sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sender {
    /// A vault, with what it logs itself.
    Vault(u16),
    /// A subscription, with its Activity Log.
    Subscription(u16),
}

impl Sender {
    pub(crate) fn of(tenant: &Tenant, event: &Event) -> Self {
        if event.operation.is_activity() {
            Self::Subscription(tenant.vaults[usize::from(event.vault)].subscription as u16)
        } else {
            Self::Vault(event.vault)
        }
    }

    fn key(self) -> u64 {
        match self {
            Self::Vault(vault) => u64::from(vault),
            Self::Subscription(subscription) => 1 << 32 | u64::from(subscription),
        }
    }
}

const FLUSH: u64 = 1;
const DUPLICATE: u64 = 2;
const LATE: u64 = 3;
/// And the number of the copy.
const LOSS: u64 = 4;

fn arrival(tenant: &Tenant, law: &Delivery, event: &Event, time: Ticks) -> Ticks {
    let sender = Sender::of(tenant, event);
    let control = matches!(sender, Sender::Subscription(_));
    let delay = if control { law.control } else { law.data };
    let flush = flush(law);
    let batch = time.div_euclid(flush);
    let draw = hash(tenant.seed, FLUSH, sender.key(), batch as u64);
    let mut arrival = (batch + 1) * flush + ticks_from_seconds(draw_delay(delay, draw));
    if !control {
        arrival += late_hour(tenant.seed, law, sender.key(), time);
    }
    // Records of a batch come one after the other, in the order of their times.
    arrival + time.rem_euclid(flush) * MICROSECOND / SECOND
}

/// How long records wait for others to travel with.
pub(crate) fn flush(law: &Delivery) -> Ticks {
    ticks_from_seconds(law.flush_seconds.0).max(SECOND)
}

/// Start and end of a call share an id, so the time takes part.
fn is_lost(seed: u64, law: &Delivery, event: &Event, copy: u64) -> bool {
    let share = law.loss_share.0;
    let draw = || unit_from_bits(hash(seed, LOSS + copy, event.id as u64, event.time as u64));
    share > 0.0 && draw() < share
}

fn draw_delay(delay: Delay, draw: u64) -> f64 {
    let normal = normal_from_units(unit_from_bits(draw << 32), unit_from_bits(draw));
    let seconds = delay.median_seconds.0 * libm::exp(delay.sigma.0 * normal);
    (delay.floor_seconds.0 + seconds).min(delay.max_seconds.0)
}

/// Now and then a vault's records of one hour come much later.
fn late_hour(seed: u64, law: &Delivery, sender: u64, time: Ticks) -> Ticks {
    let hour = time.div_euclid(HOUR);
    let draw = hash(seed, LATE, sender, hour as u64);
    if unit_from_bits(draw) >= law.late_hours_per_vault_day.0 / 24.0 {
        return 0;
    }
    let minutes = law.late_minutes.low
        + (law.late_minutes.high - law.late_minutes.low) * unit_from_bits(draw << 40);
    ticks_from_seconds(60.0 * minutes)
}

fn hash(seed: u64, what: u64, sender: u64, moment: u64) -> u64 {
    let mut bytes = [0_u8; 24];
    bytes[..8].copy_from_slice(&what.to_le_bytes());
    bytes[8..16].copy_from_slice(&sender.to_le_bytes());
    bytes[16..].copy_from_slice(&moment.to_le_bytes());
    xxh3_64_with_seed(&bytes, seed)
}
