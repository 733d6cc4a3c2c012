//! Some records of every kind, rendered and read: sizes, durations, statuses.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use super::measure::quantiles;
use crate::audit::Node;
use crate::event::Event;
use crate::render::{Texts, operation_name};
use crate::tenant::Tenant;

/// Records rendered of each kind: a median of so many is within a few per cent.
const RECORDS_PER_KIND: usize = 400;

/// Descriptors by kind of record: operation and outcome.
#[derive(Debug, Default)]
pub(super) struct Samples(BTreeMap<(&'static str, u8), Kept>);

#[derive(Debug, Default)]
struct Kept {
    count: u64,
    /// Those with the lowest hashes of their ids.
    events: BTreeMap<u64, Event>,
}

impl Samples {
    pub(super) fn add(&mut self, event: &Event) {
        let kind = (operation_name(event.operation), event.outcome as u8);
        let kept = self.0.entry(kind).or_default();
        kept.count += 1;
        let rank = xxh3_64(&event.id.to_le_bytes());
        let full = kept.events.len() >= RECORDS_PER_KIND;
        if full && kept.events.last_key_value().is_some_and(|(&last, _)| rank > last) {
            return;
        }
        kept.events.insert(rank, *event);
        if kept.events.len() > RECORDS_PER_KIND {
            kept.events.pop_last();
        }
    }

    /// Renders and reads them.
    pub(super) fn read(&self, tenant: &Tenant) -> Vec<Records> {
        let texts = Texts::new(tenant);
        let kinds = self.0.iter().map(|(&(operation, _), kept)| {
            let mut records = Records {
                operation,
                status: 0,
                count: kept.count,
                bytes: Vec::new(),
                milliseconds: Vec::new(),
            };
            for event in kept.events.values() {
                let mut line = Vec::new();
                texts.write(&mut line, event);
                line.pop();
                records.take(&line);
            }
            records
        });
        kinds.collect()
    }
}

/// The records of one kind.
#[derive(Debug)]
pub(super) struct Records {
    pub(super) operation: &'static str,
    /// 0 where records of this kind have none.
    pub(super) status: u16,
    /// How many there are.
    pub(super) count: u64,
    /// Of some of them.
    bytes: Vec<f64>,
    milliseconds: Vec<f64>,
}

impl Records {
    fn take(&mut self, line: &[u8]) {
        let record: Node = serde_json::from_slice(line).expect("the generator writes JSON");
        let status = record.get("properties").and_then(|found| found.number("httpStatusCode"));
        self.status = status.unwrap_or_default() as u16;
        self.bytes.push(line.len() as f64);
        self.milliseconds.extend(record.number("durationMs"));
    }
}

/// What can be asked of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Bytes,
    Milliseconds,
}

/// What all wanted kinds come to, each as often as it occurs.
#[derive(Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    /// The 5th and the 95th percentile.
    pub(super) range: [f64; 2],
    /// How many records there are of these kinds.
    pub(super) count: u64,
}

/// Nothing where there is none.
pub(super) fn spread(
    kinds: &[Records],
    measure: Measure,
    wanted: impl Fn(&Records) -> bool,
) -> Option<Spread> {
    let (mut numbers, mut count) = (Vec::new(), 0);
    for kind in kinds.iter().filter(|kind| wanted(kind)) {
        let values = match measure {
            Measure::Bytes => &kind.bytes,
            Measure::Milliseconds => &kind.milliseconds,
        };
        let weight = kind.count as f64 / values.len().max(1) as f64;
        numbers.extend(values.iter().map(|&value| (value, weight)));
        count += kind.count;
    }
    let [low, median, high] = quantiles(numbers, [0.05, 0.5, 0.95])?;
    Some(Spread { median, range: [low, high], count })
}

/// Share of all records that end in a status, and how many there are in all.
pub(super) fn status_share(kinds: &[Records], status: u16) -> Option<(f64, u64)> {
    let all: u64 = kinds.iter().map(|kind| kind.count).sum();
    let with = kinds.iter().filter(|kind| kind.status == status).map(|kind| kind.count);
    (all > 0).then(|| (with.sum::<u64>() as f64 / all as f64, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, count: u64, bytes: &[f64]) -> Records {
        Records { operation: "X", status, count, bytes: bytes.to_vec(), milliseconds: vec![1.0] }
    }

    #[test]
    fn kinds_count_as_often_as_they_occur_not_as_they_were_sampled() {
        let kinds = [kind(200, 90, &[10.0]), kind(401, 10, &[20.0, 20.0, 20.0])];
        let all = spread(&kinds, Measure::Bytes, |_| true).unwrap();
        assert_eq!(all, Spread { median: 10.0, range: [10.0, 20.0], count: 100 });
        let challenges = spread(&kinds, Measure::Bytes, |kind| kind.status == 401).unwrap();
        assert_eq!(challenges, Spread { median: 20.0, range: [20.0, 20.0], count: 10 });
        assert_eq!(spread(&kinds, Measure::Bytes, |_| false), None);
        let (share, all) = status_share(&kinds, 401).unwrap();
        assert!((share - 0.1).abs() < 1e-12 && all == 100);
    }

    #[test]
    fn status_size_and_duration_are_read_from_the_text() {
        let mut records = kind(0, 1, &[]);
        let line = br#"{"durationMs":"17","properties":{"httpStatusCode":403}}"#;
        records.take(line);
        assert_eq!((records.status, &records.bytes[..]), (403, &[line.len() as f64][..]));
        assert_eq!(records.milliseconds, [1.0, 17.0]);
    }
}
