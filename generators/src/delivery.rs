//! Delivery: when a record that the service wrote reaches the corpus, and how often.
//!
//! Records of one vault (one subscription for the Activity Log) travel in batches. A batch's delay
//! depends only on the seed, its sender and its moment, never on what else travels, so that records
//! of a campaign move no other record. Loss is left out: a lost record would be missing from truth
//! and corpus alike.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::event::Event;
use crate::random::{normal_from_units, unit_from_bits};
use crate::scenario::{Delay, Delivery};
use crate::tenant::Tenant;
use crate::time::{HOUR, MICROSECOND, SECOND, Ticks, ticks_from_seconds};

/// Sets `arrival` and appends the record, twice where it was delivered twice, not at all where there
/// is none.
pub(crate) fn deliver(tenant: &Tenant, mut event: Event, out: &mut Vec<Event>) {
    if event.unlogged {
        return;
    }
    let law = &tenant.estate.wire.delivery;
    event.arrival = arrival(tenant, law, &event, event.time);
    out.push(event);
    if unit_from_bits(hash(tenant.seed, DUPLICATE, event.id as u64, 0)) < law.duplicate_share.0 {
        // The second copy comes with a later batch.
        let again = event.time + ticks_from_seconds(law.flush_seconds.0) * 3;
        event.arrival = arrival(tenant, law, &event, again).max(event.arrival + SECOND);
        out.push(event);
    }
}

const FLUSH: u64 = 1;
const DUPLICATE: u64 = 2;
const LATE: u64 = 3;

fn arrival(tenant: &Tenant, law: &Delivery, event: &Event, time: Ticks) -> Ticks {
    let control = event.operation.is_activity();
    let sender = if control {
        let vault = &tenant.vaults[usize::from(event.vault)];
        1 << 32 | vault.subscription as u64
    } else {
        u64::from(event.vault)
    };
    let delay = if control { law.control } else { law.data };
    let flush = ticks_from_seconds(law.flush_seconds.0).max(SECOND);
    let batch = time.div_euclid(flush);
    let draw = hash(tenant.seed, FLUSH, sender, batch as u64);
    let mut arrival = (batch + 1) * flush + ticks_from_seconds(draw_delay(delay, draw));
    if !control {
        arrival += late_hour(tenant.seed, law, sender, time);
    }
    // Records of a batch come one after the other, in the order of their times.
    arrival + time.rem_euclid(flush) * MICROSECOND / SECOND
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
