//! Runs of rules that look for many events, or many distinct values, of one group.
//!
//! Contract: the records in the window, by group, are its buckets; a record that lacks a group field is
//! in none. A bucket alerts iff count and distinct values are reached by those of its records whose
//! time on the schedule's clock is later than that of every record of the group's last alert. (That
//! alert is forgotten once the window begins at or after it. A rule's own window, buckets and
//! `suppress` are those of streaming and play no part.) Buckets alert in the order of their groups'
//! values. An alert's evidence is what was counted; the newest event of it, ties by origin, stands for
//! it.

use super::run::{Tick, group_of};
use super::shelf::{Place, Shelf};
use crate::detect::StateStats;
use crate::detect::alert::{Evidence, Values};
use crate::detect::judged::{Finding, Sink};
use crate::detect::table::Table;
use crate::event::{Field, Key, Ticks};
use crate::rules::Threshold;

/// Most groups of one rule that have alerted within the lookback.
const GROUPS_PER_RULE: usize = 1 << 18;

/// Up to which time on the schedule's clock the records of a group have been alerted on.
#[derive(Debug)]
pub(super) struct Counted(Table<Ticks>);

/// Records of one group that together reach the threshold.
struct Bucket {
    group: Vec<(Field, String)>,
    key: Key,
    records: Vec<Place>,
    distinct: u32,
}

impl Default for Counted {
    fn default() -> Self {
        Self(Table::new(GROUPS_PER_RULE))
    }
}

impl Counted {
    /// Gives from when on another run may find more without a further record.
    pub(super) fn run(
        &mut self,
        rule: &Threshold,
        tick: &Tick<'_>,
        shelf: &Shelf,
        sink: &mut Sink<'_>,
    ) -> Option<Ticks> {
        let mut buckets = self.full_buckets(rule, tick, shelf);
        buckets.sort_by(|a, b| a.group.cmp(&b.group));
        let over = buckets.len().saturating_sub(tick.max_signals());
        buckets.truncate(tick.max_signals());
        for bucket in buckets {
            let newest = bucket.records.iter().map(|&place| shelf.kept(place).clock).max();
            let (start, newest) = (tick.start(), newest.unwrap_or(Ticks::MIN));
            let is_dead = |&counted: &Ticks| counted <= start;
            *self.0.get_or_insert_with(bucket.key, is_dead, |_, _| (), || newest) = newest;
            fire(rule, tick, shelf, bucket, sink);
        }
        sink.stats.over_max_signals += over as u64;
        (over > 0).then_some(tick.at)
    }

    pub(super) fn stats(&self) -> StateStats {
        self.0.stats()
    }

    /// The buckets in which the condition holds, in the order of their keys.
    fn full_buckets(&self, rule: &Threshold, tick: &Tick<'_>, shelf: &Shelf) -> Vec<Bucket> {
        let in_group = shelf.window(tick.at).filter_map(|(place, kept)| Some((kept.group?, place)));
        let mut records: Vec<(Key, Place)> = in_group.collect();
        records.sort_by_key(|&(key, _)| key);
        let mut full = Vec::new();
        for of_group in records.chunk_by(|a, b| a.0 == b.0) {
            let key = of_group[0].0;
            let counted = self.0.get(key).copied();
            let is_new =
                |place: &Place| counted.is_none_or(|until| shelf.kept(*place).clock > until);
            let records: Vec<Place> =
                of_group.iter().map(|&(_, place)| place).filter(is_new).collect();
            let distinct = distinct(shelf, &records);
            let (count_least, distinct_least) = limits(rule);
            if records.len() >= count_least as usize
                && distinct >= distinct_least
                && let Some(&first) = records.first()
            {
                let group = group_of(&shelf.view(first), &rule.group_by);
                full.push(Bucket { group, key, records, distinct });
            }
        }
        full
    }
}

/// Least count and least distinct values.
fn limits(rule: &Threshold) -> (u32, u32) {
    (rule.count.unwrap_or(0), rule.distinct.as_ref().map_or(0, |part| part.values))
}

fn distinct(shelf: &Shelf, records: &[Place]) -> u32 {
    let values = records.iter().filter_map(|&place| shelf.kept(place).value);
    let mut values: Vec<Key> = values.collect();
    values.sort_unstable();
    values.dedup();
    values.len() as u32
}

fn fire(rule: &Threshold, tick: &Tick<'_>, shelf: &Shelf, bucket: Bucket, sink: &mut Sink<'_>) {
    let evidence = |&place: &Place| {
        let event = shelf.view(place).event;
        (Evidence { time: event.time, origin: event.origin }, place)
    };
    let mut evidence: Vec<(Evidence, Place)> = bucket.records.iter().map(evidence).collect();
    evidence.sort_by_key(|&(evidence, _)| evidence);
    let (Some(&(first, _)), Some(&(last, trigger))) = (evidence.first(), evidence.last()) else {
        return;
    };
    let (count, distinct) = limits(rule);
    let has_distinct = rule.distinct.is_some();
    let finding = Finding {
        window: (first.time, last.time),
        group: bucket.group,
        key: bucket.key,
        values: Values {
            count: Some(evidence.len() as u32),
            distinct: has_distinct.then_some(bucket.distinct),
            threshold: Some(if has_distinct { distinct } else { count }),
            count_threshold: rule.count.filter(|_| has_distinct),
            ..Values::default()
        },
        steps: Vec::new(),
        evidence: evidence.into_iter().map(|(evidence, _)| evidence).collect(),
    };
    tick.fire(shelf, trigger, finding, sink);
}
