//! What a history leaves to one rule: its records, as far as they lie within reach of its end.

use super::sightings::Record;
use crate::event::{Batch, TickSpan, Ticks};
use crate::rules::RuleMask;

/// Records that came before a corpus and were only learned from.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// In arrival order.
    pub batch: &'a Batch,
    /// For each record the rules that may see it.
    pub visible: &'a [RuleMask],
}

/// A rule's records of a history. The default is that of a run without one.
#[derive(Clone, Default)]
pub(super) struct Lessons<'a> {
    records: Vec<&'a Record<'a>>,
    /// Watermark of the history's last record.
    end: Option<Ticks>,
}

impl<'a> Lessons<'a> {
    /// Duplicates teach nothing, and late records only rules that see them.
    pub(super) fn new(
        records: impl Iterator<Item = &'a Record<'a>>,
        end: Option<Ticks>,
        sees_late: bool,
    ) -> Self {
        let teaches = |record: &&Record<'_>| (sees_late || !record.late) && !record.duplicate;
        Self { records: records.filter(teaches).collect(), end }
    }

    /// Whether there was a history, which takes the place of learning.
    pub(super) fn replace_learning(&self) -> bool {
        self.end.is_some()
    }

    /// All records.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Record<'a>> {
        self.records.iter().copied()
    }

    /// Records less than `memory` behind the end.
    pub(super) fn within(&self, memory: TickSpan) -> impl Iterator<Item = &'a Record<'a>> {
        let oldest = self.end.unwrap_or(Ticks::MIN) - memory;
        self.all().filter(move |record| record.time > oldest)
    }

    /// The oldest day that counts as one of the last `days` at the end.
    pub(super) fn first_day(&self, days: u32) -> i64 {
        self.end.unwrap_or(Ticks::MIN).utc_day() - i64::from(days)
    }
}
