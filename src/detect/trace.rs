//! What became of watched events: of each, and each rule that it concerns, how near it came to an
//! alert and what it met.
//!
//! Contract: watching changes no alert, no count and no state that an alert depends on. Instants are
//! watched, so that a caller needs to know nothing but times; whoever asked picks his events out of
//! what happened at them. A trace tells of the moment at which the event was judged: what arrived later
//! counts in the traces of later events. A duplicate leaves none, as its first copy has; an event that
//! completes a change may leave two.

use std::sync::Arc;

use super::RuleStats;
use super::judged::Judged;
use crate::event::{Event, EventView, Field, Origin, TextField, Ticks};

/// Most traces kept by one partition, some two hundred bytes each; what comes later is counted.
const TRACES_PER_PARTITION: usize = 1 << 13;

/// The instants at which events are watched; none by default.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<[Ticks]>);

/// What one rule made of one watched event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trace {
    /// Where the event's record is.
    pub origin: Origin,
    /// Index of the rule in the run's rule list; none where no rule sees the event.
    pub rule: Option<usize>,
    /// What became of it.
    pub fate: Fate,
    /// The event's time.
    pub time: Ticks,
    /// Its correlation id; may be empty.
    pub correlation_id: String,
    /// What it did.
    pub operation: String,
}

/// What became of an event before one rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It completed an alert.
    Fired,
    /// The condition held, but an earlier alert of its group absorbed it.
    Absorbed {
        /// Event time of that alert, where it can be told.
        by: Option<Ticks>,
    },
    /// The group's sequence was complete, but not through this event.
    Beside,
    /// The threshold was not reached: the window that holds the event and came nearest.
    Below {
        /// What was in it.
        value: u32,
        /// What would have been enough.
        limit: u32,
        /// Distinct values are counted, not events.
        is_distinct: bool,
        /// The baseline that raised the limit over the rule's own, where one did.
        baseline: Option<u32>,
    },
    /// The sequence was not complete: the furthest that a series of steps had come.
    Incomplete {
        /// Steps met, one after another.
        met: u32,
        /// Steps in all.
        steps: u32,
        /// What the first step that was not met had.
        found: u32,
        /// What would have been enough for it.
        needed: u32,
    },
    /// What the rule's own limit would have alerted on was excused.
    Excused {
        /// What was in the window that came nearest.
        value: u32,
        /// Distinct values are counted, not events.
        is_distinct: bool,
        /// Why.
        by: Excuse,
    },
    /// The terms were not new.
    Known {
        /// Event time at which they had been seen last.
        last_seen: Ticks,
    },
    /// The terms were new, but so was what must be known of them.
    Stranger,
    /// The terms were new while the rule only learned.
    Learning,
    /// An exception hides the event from the rule.
    Excepted {
        /// Why the exception exists.
        reason: String,
    },
    /// The event lacks a field of the rule's group or terms.
    Ungrouped {
        /// The first such field, where it can be told.
        missing: Option<Field>,
    },
    /// The event came after its watermark.
    Late,
    /// The rule is judged on a schedule, which is not traced.
    Scheduled,
    /// No rule's query matches the event.
    Unseen,
}

/// Why a threshold rule lets pass what reaches its own limit; short of the hard cap, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Excuse {
    /// The rule only learned.
    Learning,
    /// The rule is about new groups, and this one was known.
    KnownGroup,
    /// The rule is about what is unusual for a wider group, of which too little was known.
    NoBaseline,
}

impl Watch {
    /// Watches these instants.
    pub fn new(times: impl IntoIterator<Item = Ticks>) -> Self {
        let mut times: Vec<Ticks> = times.into_iter().collect();
        times.sort_unstable();
        times.dedup();
        Self(times.into())
    }

    /// Whether nothing is watched.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn holds(&self, time: Ticks) -> bool {
        !self.is_empty() && self.0.binary_search(&time).is_ok()
    }
}

/// What one partition has to tell of watched events.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    watch: Watch,
    traces: Vec<Trace>,
    dropped: u64,
}

impl Tracer {
    pub(super) fn watch(&mut self, watch: &Watch) {
        self.watch = watch.clone();
    }

    pub(super) fn watches(&self, event: &Event) -> bool {
        self.watch.holds(event.time)
    }

    /// Keeps a trace, if there is room.
    pub(super) fn add(&mut self, rule: Option<usize>, view: &EventView<'_>, fate: Fate) {
        if self.traces.len() == TRACES_PER_PARTITION {
            self.dropped += 1;
            return;
        }
        self.traces.push(Trace {
            origin: view.event.origin,
            rule,
            fate,
            time: view.event.time,
            correlation_id: view.text(TextField::CorrelationId).to_owned(),
            operation: view.text(TextField::Operation).to_owned(),
        });
    }

    /// The traces, and how many found no room.
    pub(super) fn take(&mut self) -> (Vec<Trace>, u64) {
        (std::mem::take(&mut self.traces), std::mem::take(&mut self.dropped))
    }
}

/// What judging did, as far as a rule's counters tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fired,
    Absorbed,
    Ungrouped,
    Quiet,
}

impl Verdict {
    /// What happened between the two.
    pub(super) fn between(before: &RuleStats, after: &RuleStats) -> Self {
        if after.alerts > before.alerts {
            Self::Fired
        } else if after.suppressed > before.suppressed {
            Self::Absorbed
        } else if after.ungrouped > before.ungrouped {
            Self::Ungrouped
        } else {
            Self::Quiet
        }
    }
}

/// The fate of an event that lacks one of `fields`.
pub(super) fn ungrouped(fields: &[Field], judged: &Judged<'_>) -> Fate {
    let missing = fields.iter().copied().find(|&field| judged.view.key(field).is_none());
    Fate::Ungrouped { missing }
}
