//! How a deployed rule runs: every so often, over a window that looks back, with a limit of alerts.
//!
//! Contract: interval, lookback and `max_signals` are positive; only kinds that a run can decide from
//! its window (and, for new terms, from what lies before it) have a schedule, and a threshold's window is
//! the lookback. What a run means is said in `detect::scheduled`.

use serde::{Deserialize, Serialize};

use super::fault::{Fault, File};
use super::units::duration;
use super::wire::WireRule;
use super::{Rule, RuleKind, RuleSet};
use crate::event::TickSpan;

/// Alerts of one run where a rule does not say how many; Elastic's default.
pub(super) const DEFAULT_MAX_SIGNALS: u32 = 100;

/// When a rule runs, and what a run sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// From one run to the next; runs are at its multiples since the epoch.
    pub interval: TickSpan,
    /// Length of the window that a run sees, which ends at the run.
    pub lookback: TickSpan,
    /// Most alerts of one run.
    pub max_signals: u32,
    /// The clock by which a record lies in that window.
    pub clock: Clock,
}

/// The clock that a schedule's window is on. Runs themselves are on the arrival clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// When a record arrived: a delay moves it to a later run.
    Arrival,
    /// When an event happened: a delay can move it out of every run's window.
    Event,
}

/// When a rule judges.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Timing {
    /// Each record as it arrives.
    #[default]
    Streaming,
    /// By its [`Schedule`].
    Scheduled,
}

impl Clock {
    /// Every clock, with its word in rule files.
    pub(super) const WORDS: [(&'static str, Self); 2] =
        [("arrival", Self::Arrival), ("event", Self::Event)];

    /// The word used in rule files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Event => "event",
        }
    }
}

impl Timing {
    /// The word used on the command line, in drill files and in run.json.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Scheduled => "scheduled",
        }
    }
}

impl Rule {
    /// The schedule by which the rule is judged in this run; none where it judges each record as it
    /// arrives.
    pub fn on_schedule(&self) -> Option<&Schedule> {
        self.schedule.as_ref().filter(|_| self.timing == Timing::Scheduled)
    }
}

impl RuleSet {
    /// Has every rule that has a schedule judged by it from now on; gives how many have one.
    pub fn put_on_schedule(&mut self) -> usize {
        let with_schedule = self.rules.iter_mut().filter(|rule| rule.schedule.is_some());
        with_schedule.map(|rule| rule.timing = Timing::Scheduled).count()
    }
}

/// The schedule in a rule file of ours.
pub(super) fn schedule(
    file: &File<'_>,
    wire: &WireRule,
    kind: &RuleKind,
) -> Result<Option<Schedule>, Fault> {
    let Some(table) = &wire.schedule else { return Ok(None) };
    let part = table.get_ref();
    let lookback = file.positive_span(&part.lookback)?;
    if let Some(expected) = obstacle(kind, lookback) {
        return Err(file.unexpected(table, &expected));
    }
    Ok(Some(Schedule {
        interval: file.positive_span(&part.interval)?,
        lookback,
        max_signals: match &part.max_signals {
            Some(number) => file.checked(number, "at least 1", |number| number > 0)?,
            None => DEFAULT_MAX_SIGNALS,
        },
        clock: match &part.clock {
            Some(word) => file.one_of(word, &Clock::WORDS)?,
            None => Clock::Arrival,
        },
    }))
}

/// Why a rule of this kind cannot run on a schedule with this lookback, as what was expected instead.
pub(super) fn obstacle(kind: &RuleKind, lookback: TickSpan) -> Option<String> {
    match kind {
        RuleKind::Query { .. } => None,
        RuleKind::Threshold(threshold) if threshold.adaptive.is_some() => Some(
            "no schedule beside an adaptive part: a run knows its window, not the days before it"
                .to_owned(),
        ),
        RuleKind::Threshold(threshold) => (threshold.window != lookback).then(|| {
            let window = duration(threshold.window);
            format!("a lookback as long as the window ({window}): a run counts all that it sees")
        }),
        RuleKind::NewTerms(new_terms) if new_terms.known > 0 => Some(
            "no schedule beside `known`: a run asks whether the whole tuple is new, no more"
                .to_owned(),
        ),
        RuleKind::NewTerms(new_terms) => (new_terms.history <= lookback).then(|| {
            let history = duration(new_terms.history);
            format!("a lookback shorter than the history ({history}), which lies before it")
        }),
        RuleKind::Sequence(_) => Some(
            "no schedule with kind = \"sequence\": its steps may lie in the windows of different runs"
                .to_owned(),
        ),
    }
}
