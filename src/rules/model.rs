//! The validated rule: everything a detector, a report or an analyst needs to know of a detection.
//!
//! Values here are sound by construction of the loader (`validate`): windows are positive, terms number
//! one to three, `known` is shorter than `terms`, a threshold has a count or a distinct part, a sequence
//! has two steps or more and one field at least in `by`, in whose places its steps have as many.

use serde::{Deserialize, Serialize};

use super::{Example, Query, Schedule, Timing};
use crate::event::{Field, TickSpan, Ticks};

/// One detection.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Stable identifier, unique within a run.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The pack it was loaded with; empty if it was parsed by itself.
    pub pack: String,
    /// How bad it is if true.
    pub severity: Severity,
    /// 0 to 100.
    pub risk_score: u8,
    /// Events the rule looks at; of a sequence, those that any of its steps looks at.
    pub query: Query,
    /// What must hold among them.
    pub kind: RuleKind,
    /// Alerts of the same group closer than this in event time are absorbed, unless a threshold's
    /// value has doubled. Zero absorbs nothing.
    pub suppress: TickSpan,
    /// How it runs where it is deployed, if its file says so.
    pub schedule: Option<Schedule>,
    /// Whether this run judges it by that schedule: a choice of the run, not of the rule's file.
    pub timing: Timing,
    /// Events that are invisible to the rule.
    pub exceptions: Vec<Exception>,
    /// ATT&CK mapping.
    pub threat: Vec<Threat>,
    /// What an analyst should know and do.
    pub guidance: Guidance,
    /// Parameters meant to be tuned, with their sensible ranges.
    pub tunables: Vec<Tunable>,
    /// What it must and must not alert on.
    pub examples: Vec<Example>,
}

/// How bad an alert is if true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look in a review.
    Low,
    /// Worth a look the same day.
    Medium,
    /// Worth interrupting somebody.
    High,
    /// Worth waking somebody.
    Critical,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word used in rule files and alerts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The condition over the events that match the query.
#[derive(Clone, Debug)]
pub enum RuleKind {
    /// Each match alerts; `suppress` applies per group.
    Query {
        /// 0 to 5 fields.
        group_by: Vec<Field>,
    },
    /// Many events, or many distinct values, of one group in one window.
    Threshold(Threshold),
    /// A tuple of values never seen before.
    NewTerms(NewTerms),
    /// One thing after another.
    Sequence(Sequence),
}

impl RuleKind {
    /// Whether it is one thing after another.
    pub const fn is_sequence(&self) -> bool {
        matches!(self, Self::Sequence(_))
    }

    /// The word used in rule files and alerts.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Query { .. } => "query",
            Self::Threshold(_) => "threshold",
            Self::NewTerms(_) => "new_terms",
            Self::Sequence(_) => "sequence",
        }
    }
}

/// At least `count` events and at least `distinct` values per group in some window.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// 0 to 5 fields; an event that lacks one is in no group.
    pub group_by: Vec<Field>,
    /// Length of the half-open window `(t - window, t]`.
    pub window: TickSpan,
    /// Where windows may lie.
    pub buckets: Buckets,
    /// Least number of events.
    pub count: Option<u32>,
    /// Least number of distinct values.
    pub distinct: Option<Distinct>,
    /// Comparison with the group's own past.
    pub adaptive: Option<Adaptive>,
}

/// Where a threshold's windows may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buckets {
    /// Ending at any event.
    Sliding,
    /// `[k * window, (k + 1) * window)` since the epoch.
    Tumbling,
}

/// At least `values` different tuples of `fields`.
#[derive(Clone, Debug)]
pub struct Distinct {
    /// 1 to 3 fields; events that lack one add no value.
    pub fields: Vec<Field>,
    /// Least number of different tuples.
    pub values: u32,
}

/// "Unusual for this group": the value (the distinct one where there is one, else the count) must
/// also exceed `multiple` times the baseline, which is the group's own or that of a wider group.
#[derive(Clone, Copy, Debug)]
pub struct Adaptive {
    /// Factor over the baseline that must be exceeded.
    pub multiple: f64,
    /// Quantile of the daily maxima that is the baseline, 0 to 1.
    pub quantile: f64,
    /// How many closed UTC days before the event's day are looked at.
    pub history_days: u32,
    /// With fewer active days than this, only the absolute part applies.
    pub min_days: u32,
    /// From the corpus' first arrival, how long events only teach: without it, a job that exceeds
    /// the absolute part every day would never get a baseline, because days on which the rule fired
    /// are left out of it. `hard_cap` fires all the same.
    pub learn: TickSpan,
    /// A value that fires whatever the history.
    pub hard_cap: Option<u32>,
    /// Whose past the baseline is, where it is not the group's own.
    pub wider: Option<Wider>,
}

/// All groups that agree in their leading fields, taken as one: of the groups of an identity and an
/// address block, those of that identity. Its daily maxima are of its events together, and a day on
/// which the rule fired for any of these groups is left out of its baseline.
#[derive(Clone, Copy, Debug)]
pub struct Wider {
    /// How many leading fields of the group; at least one, and fewer than there are.
    pub fields: usize,
    /// Fires only for a group without an active day of its own among the `history_days` closed UTC
    /// days before the event's day, and only if the wider group has a baseline: what has no past at
    /// all is another rule's business. A day is active whether or not the rule fired on it.
    pub new_group: bool,
}

/// A tuple of values not seen in the last `history`.
///
/// `suppress` is keyed by the `known` leading terms where there are any (one alert for an identity
/// that opens ten new objects at once, not ten), else by the whole tuple.
#[derive(Clone, Debug)]
pub struct NewTerms {
    /// 1 to 3 fields; an event that lacks one is not looked at.
    pub terms: Vec<Field>,
    /// How many leading terms must, as a tuple, have been seen before.
    pub known: usize,
    /// How long a sighting counts.
    pub history: TickSpan,
    /// From the corpus' first arrival, how long sightings only teach.
    pub learn: TickSpan,
}

/// Each step's events after those of the step before, all of one group and within `max_span`.
///
/// Every event counted for a step is strictly earlier, in event time, than every one counted for the
/// next; in which order they arrive does not matter.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// 1 to 5 fields; an event that lacks one is in no group. A grant of wider scope is in the group
    /// of every `vault` below it.
    pub by: Vec<Field>,
    /// Two or more.
    pub steps: Vec<Step>,
    /// Most time from the first event counted to the last.
    pub max_span: TickSpan,
}

/// One step of a [`Sequence`].
#[derive(Clone, Debug)]
pub struct Step {
    /// Events that can serve the step.
    pub query: Query,
    /// For each field of the sequence's `by`, the field that has its value in this step's events: a
    /// `grantee` in place of the `identity`. Of a list of grantees, each is a value.
    pub by: Vec<Field>,
    /// How many it takes.
    pub need: Need,
}

/// How much a step takes.
#[derive(Clone, Debug)]
pub enum Need {
    /// At least so many events; at least one.
    Count(u32),
    /// At least so many distinct values among them.
    Distinct(Distinct),
}

impl Need {
    /// The number that must be reached.
    pub const fn least(&self) -> u32 {
        match self {
            Self::Count(count) => *count,
            Self::Distinct(distinct) => distinct.values,
        }
    }
}

/// Events the rule must not see, with the reason why.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Which events; all of them where an exception has time frames only.
    pub query: Query,
    /// Event time from which the exception no longer holds.
    pub expires: Option<Ticks>,
    /// Weekly frames outside of which it does not hold; none means always.
    pub frames: Vec<TimeFrame>,
    /// Why it exists.
    pub reason: String,
}

/// A weekly maintenance window in a time zone.
#[derive(Clone, Debug)]
pub struct TimeFrame {
    /// Days on which the frame opens; Monday is 0.
    pub weekdays: Vec<u8>,
    /// Minute of the local day at which it opens.
    pub from_minute: u16,
    /// Minute of the local day at which it closes, exclusive; at or before `from_minute` means on
    /// the next day.
    pub to_minute: u16,
    /// The zone the frame is local to.
    pub zone: jiff::tz::TimeZone,
}

/// One ATT&CK tactic and the technique under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threat {
    /// Tactic id, such as `TA0006`.
    pub tactic: String,
    /// Technique ids, such as `T1552.001`.
    pub techniques: Vec<String>,
}

/// What an analyst should know and do; lists of short sentences.
#[derive(Clone, Debug, Default)]
pub struct Guidance {
    /// What the rule catches.
    pub catches: String,
    /// What it cannot see.
    pub misses: String,
    /// Benign causes.
    pub false_positives: Vec<String>,
    /// What to check.
    pub investigate: Vec<String>,
    /// What to do if it is true.
    pub respond: Vec<String>,
    /// What a true alert means for the business.
    pub impact: String,
    /// Where the logic comes from.
    pub references: Vec<String>,
}

/// A parameter meant to be tuned.
#[derive(Clone, Debug, PartialEq)]
pub struct Tunable {
    /// Key path of the parameter in the rule file, such as `threshold.distinct.values`.
    pub name: String,
    /// Smallest sensible value; seconds where the parameter is a duration.
    pub low: f64,
    /// Largest sensible value; seconds where the parameter is a duration.
    pub high: f64,
    /// What moving it does.
    pub effect: String,
}
