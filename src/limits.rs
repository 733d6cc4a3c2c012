//! The bounds that a user may set, and how a budget of memory becomes caps of everything that grows.
//!
//! Contract: caps are known before a run begins. Those that can change a result are a function of the limits
//! alone; what more workers take is taken from the size of blocks. What caps cut is cut in an order that the
//! inputs decide, and counted. Where no budget is set, the only caps are those that keep a run of the largest
//! tenants within a machine.

use serde::{Deserialize, Serialize};

use crate::detect::PARTITIONS;

/// What a user may set; the defaults hurt nobody's logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Limits {
    /// Longest record that is parsed, in bytes: Azure's largest are some hundred KiB, and the parser's
    /// memory grows with the longest one. A longer one is malformed.
    pub line_bytes: usize,
    /// Deepest nesting that is parsed; Azure's records stay below ten. A deeper one is malformed.
    pub depth: usize,
    /// Records of one container, such as `{"records":[..]}`, that are parsed; the others are malformed.
    pub envelope_records: u64,
    /// Groups that a rule tracks, and profiles of a class, in all partitions together; of `new_terms` rules
    /// sixteen times as many tuples. Beyond it what was seen least lately is forgotten, and counted.
    pub keys: usize,
    /// Evidence events listed in an alert; all of them are in evidence.ndjson.
    pub evidence: usize,
    /// Alerts kept of one rule on one day of event time, UTC; what comes after them that day is counted.
    pub alerts_per_day: u64,
    /// Memory that the process may take, in bytes; none for as much as the caps allow.
    pub memory: Option<u64>,
}

/// How much a run may hold of everything that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Caps {
    /// Bytes of a block.
    pub block_bytes: usize,
    /// Records remembered as what others may repeat.
    pub duplicate_keys: usize,
    /// Bytes of alerts with their evidence; none for no cap but those of their number.
    pub alerts_bytes: Option<u64>,
    /// What each of the partitions may remember.
    pub partition: Share,
}

/// How much one partition may remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Share {
    /// Groups of a rule, and profiles of a class.
    pub keys: usize,
    /// Tuples of a `new_terms` rule.
    pub tuples: usize,
    /// Events that one group holds of its window, or of one step.
    pub events_per_group: usize,
    /// Evidence events that the alerts of one rule keep before later ones are cut.
    pub evidence: u64,
    /// Bytes of all of it but the evidence, as [`charged`](crate::detect::Partition::charged_bytes); none
    /// for no cap but those of numbers.
    pub bytes: Option<usize>,
}

/// A budget in which a run cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected at least {least_mib} MiB of memory with --workers {workers}, found {found_mib} MiB"
)]
pub struct TooLittleMemory {
    least_mib: u64,
    found_mib: u64,
    workers: usize,
}

const MIB: u64 = 1 << 20;

/// What a run takes that has read nothing: the program, its rules, its threads; measured 35 MiB.
const FIXED_BYTES: u64 = 40 * MIB;

/// What a worker takes for lines of the default length.
const WORKER_BYTES: u64 = 4 * MIB;

/// A parser holds a line, its tape and its texts a few times over.
const PARSED_LINES: u64 = 8;

/// So many times the size of a block are in memory: the blocks of a round that is parsed, of one that is
/// put in order and of one that is judged, and what they were parsed to; measured 33.
const BLOCKS_IN_MEMORY: u64 = 48;

/// Eighths of what a budget leaves after the fixed part: for workers and blocks, alerts, duplicates, and
/// state. The last eighth is the allocator's.
const BLOCKS_EIGHTHS: u64 = 1;
const ALERTS_EIGHTHS: u64 = 1;
const DUPLICATES_EIGHTHS: u64 = 1;
const STATE_EIGHTHS: u64 = 4;

/// Below this share a partition would forget its busiest identity over and over.
const LEAST_SHARE_BYTES: u64 = 256 << 10;

/// Fewer events of a group are fewer than what rules count to.
const LEAST_EVENTS: usize = 512;

/// Fewer bytes make a block dear to handle.
const LEAST_BLOCK_BYTES: u64 = 16 << 10;

/// Bytes of a slot of the table of duplicates; while it grows there are half as many again.
const DUPLICATE_BYTES: u64 = 33 * 3 / 2;

/// Bytes of an event in a window, with a value of its own, in some eight rules at once.
const WINDOWED_BYTES: usize = 8 * 80;

/// Bytes of an evidence event; a rule in one partition gets this part of the alerts' bytes.
const EVIDENCE_BYTES: u64 = 24;
const EVIDENCE_PARTS: u64 = 4 * PARTITIONS as u64;

impl Limits {
    /// Deepest nesting that may be allowed.
    pub const MOST_DEPTH: usize = 100;

    /// What holds where nobody says otherwise.
    pub const DEFAULT: Self = Self {
        line_bytes: 1 << 20,
        depth: 64,
        envelope_records: 10_000_000,
        keys: Share::DEFAULT.keys * PARTITIONS,
        evidence: 10,
        alerts_per_day: 10_000,
        memory: None,
    };

    /// The caps of a run with so many workers that would like blocks of `block_bytes`.
    ///
    /// # Errors
    /// A budget too small, and the least that works.
    pub fn caps(&self, workers: usize, block_bytes: usize) -> Result<Caps, TooLittleMemory> {
        let keys = (self.keys / PARTITIONS).max(1);
        let partition = Share { keys, tuples: keys.saturating_mul(16), ..Share::DEFAULT };
        let caps = Caps {
            block_bytes,
            duplicate_keys: Caps::DUPLICATE_KEYS,
            alerts_bytes: None,
            partition,
        };
        self.memory.map_or(Ok(caps), |budget| self.fit(caps, budget, workers))
    }

    /// As many workers of those wanted as the budget has room for; one where it has room for none.
    pub fn workers_that_fit(&self, wanted: usize) -> usize {
        let fits = |workers: &usize| self.memory.is_none_or(|most| most >= self.least(*workers));
        (1..=wanted).rev().find(fits).unwrap_or(1)
    }

    /// Bytes that so many workers take for themselves.
    fn for_workers(&self, workers: usize) -> u64 {
        let line_bytes = PARSED_LINES * self.line_bytes.saturating_sub(1 << 20) as u64;
        workers as u64 * (WORKER_BYTES + line_bytes)
    }

    /// The least budget for so many workers, in bytes, a whole number of MiB.
    fn least(&self, workers: usize) -> u64 {
        let blocks = self.for_workers(workers) + BLOCKS_IN_MEMORY * LEAST_BLOCK_BYTES;
        let state = LEAST_SHARE_BYTES * PARTITIONS as u64;
        let rest = (8 * state / STATE_EIGHTHS).max(8 * blocks / BLOCKS_EIGHTHS);
        (FIXED_BYTES + rest).next_multiple_of(MIB)
    }

    fn fit(&self, caps: Caps, budget: u64, workers: usize) -> Result<Caps, TooLittleMemory> {
        let least = self.least(workers);
        if budget < least {
            let (least_mib, found_mib) = (least / MIB, budget / MIB);
            return Err(TooLittleMemory { least_mib, found_mib, workers });
        }
        let part = |eighths| (budget - FIXED_BYTES) / 8 * eighths;
        let block_bytes = (part(BLOCKS_EIGHTHS) - self.for_workers(workers)) / BLOCKS_IN_MEMORY;
        let share_bytes = (part(STATE_EIGHTHS) / PARTITIONS as u64) as usize;
        let slots = part(DUPLICATES_EIGHTHS) / DUPLICATE_BYTES;
        // A table that is never more than half full of what it can hold does not grow for what it
        // has deleted.
        let slots = 1 << slots.ilog2();
        let alerts_bytes = part(ALERTS_EIGHTHS);
        let evidence = alerts_bytes / EVIDENCE_BYTES / EVIDENCE_PARTS;
        let whole = caps.partition;
        Ok(Caps {
            block_bytes: caps.block_bytes.min(block_bytes as usize),
            duplicate_keys: caps.duplicate_keys.min(slots * 7 / 16),
            alerts_bytes: Some(alerts_bytes),
            partition: Share {
                events_per_group: whole
                    .events_per_group
                    .min((share_bytes / WINDOWED_BYTES).max(LEAST_EVENTS)),
                evidence: whole.evidence.min(evidence),
                bytes: Some(share_bytes),
                ..whole
            },
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Caps {
    /// Two hours of 1,100 records per second; about 400 MB when full.
    pub(crate) const DUPLICATE_KEYS: usize = 1 << 23;
}

impl Share {
    /// Of a run without limits of its own: 16,384 groups are four million in all partitions, the identities
    /// of the largest tenants, and sixteen times as many tuples far more than their pairs of identity and
    /// object. 65,536 events are two hours and ten minutes at 8 events per second; they take some 2 MB, and
    /// 5 MB where each has a value of its own. The evidence of a rule takes 100 MB in all partitions.
    pub const DEFAULT: Self = Self {
        keys: 1 << 14,
        tuples: 1 << 18,
        events_per_group: 1 << 16,
        evidence: 1 << 14,
        bytes: None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: usize = 1 << 20;

    fn with_memory(mib: u64) -> Limits {
        Limits { memory: Some(mib * MIB), ..Limits::DEFAULT }
    }

    /// What the caps allow, each counted by its unit.
    fn allowed(caps: &Caps, workers: u64) -> u64 {
        let share = caps.partition.bytes.unwrap() as u64;
        FIXED_BYTES
            + workers * WORKER_BYTES
            + BLOCKS_IN_MEMORY * caps.block_bytes as u64
            + caps.duplicate_keys as u64 * 16 / 7 * DUPLICATE_BYTES
            + caps.alerts_bytes.unwrap()
            + share * PARTITIONS as u64
    }

    #[test]
    fn the_caps_of_a_budget_add_up_to_no_more_and_to_most_of_it() {
        for (mib, workers) in [(256, 2), (512, 2), (2048, 8), (65_536, 64)] {
            let caps = with_memory(mib).caps(workers as usize, BLOCK).unwrap();
            let alone = with_memory(mib).caps(1, BLOCK).unwrap();
            assert_eq!(
                Caps { block_bytes: caps.block_bytes, ..alone },
                caps,
                "results would differ"
            );
            let sum = allowed(&caps, workers);
            assert!(sum <= mib * MIB, "{mib} MiB: {} MiB", sum / MIB);
            assert!(sum >= mib * MIB / 3, "{mib} MiB: {} MiB", sum / MIB);
        }
    }

    #[test]
    fn a_budget_too_small_says_the_least_that_works() {
        for workers in [1, 2, 16] {
            let error = with_memory(10).caps(workers, BLOCK).unwrap_err();
            assert!(error.to_string().contains("found 10 MiB"), "{error}");
            assert!(with_memory(error.least_mib).caps(workers, BLOCK).is_ok());
            assert!(with_memory(error.least_mib - 1).caps(workers, BLOCK).is_err());
        }
    }

    #[test]
    fn as_many_workers_fit_as_the_budget_has_room_for() {
        let limits = with_memory(256);
        let most = limits.workers_that_fit(64);
        assert!((2..64).contains(&most), "{most}");
        assert!(limits.caps(most, BLOCK).is_ok() && limits.caps(most + 1, BLOCK).is_err());
        assert_eq!([1, most, most + 1].map(|n| limits.workers_that_fit(n)), [1, most, most]);
        assert_eq!(with_memory(10).workers_that_fit(64), 1);
        assert_eq!(Limits::DEFAULT.workers_that_fit(64), 64);
    }

    #[test]
    fn without_a_budget_only_what_was_set_is_another() {
        let caps = Limits::DEFAULT.caps(2, BLOCK).unwrap();
        assert_eq!((caps.partition, caps.alerts_bytes), (Share::DEFAULT, None));
        let caps = Limits { keys: 25_600, ..Limits::DEFAULT }.caps(2, BLOCK).unwrap();
        assert_eq!((caps.partition.keys, caps.partition.tuples), (100, 1600));
    }

    #[test]
    fn a_large_budget_takes_no_cap_away() {
        let (large, none) = (with_memory(1 << 20), Limits::DEFAULT);
        let (large, none) = (large.caps(2, BLOCK).unwrap(), none.caps(2, BLOCK).unwrap());
        let partition = Share { bytes: None, ..large.partition };
        assert_eq!(Caps { partition, alerts_bytes: None, ..large }, none);
    }
}
