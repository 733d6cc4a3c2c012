//! Rules that look at one event: each match alerts, unless its group alerted just before.
//!
//! Late events are judged like others: a single event is worth an alert whenever it arrives. A match
//! that lacks a group field is in no group; it alerts and neither absorbs nor is absorbed.

use super::alert::Values;
use super::judged::{Finding, Judged, Sink};
use super::suppress::Suppressions;
use crate::event::Field;

/// State of one `query` rule in one partition.
#[derive(Debug)]
pub(super) struct Matches {
    pub(super) suppressions: Suppressions,
}

impl Matches {
    /// Nothing absorbed yet, for at most `capacity` groups.
    pub(super) fn new(capacity: usize) -> Self {
        Self { suppressions: Suppressions::new(capacity) }
    }

    pub(super) fn judge(&mut self, group_by: &[Field], judged: &Judged<'_>, sink: &mut Sink<'_>) {
        let time = judged.view.event.time;
        let key = judged.view.tuple_key(group_by);
        sink.stats.ungrouped += u64::from(key.is_none());
        if key.is_some_and(|key| !self.suppressions.admits(key, judged, sink)) {
            return;
        }
        let finding = Finding {
            window: (time, time),
            group: judged.group(if key.is_some() { group_by } else { &[] }),
            key: key.unwrap_or_default(),
            values: Values::default(),
            steps: Vec::new(),
            evidence: vec![judged.evidence()],
        };
        judged.fire(finding, sink);
    }
}
