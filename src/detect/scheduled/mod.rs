//! Rules judged on their schedule, as the platform that they are deployed on runs them.
//!
//! Contract, the same for every kind:
//! - The arrival clock is the running maximum of the arrivals of the records that are no duplicates. A
//!   rule runs at every multiple T of its interval from the first one at or after the first record's
//!   arrival to the first one at or after the last one's; at the last time that can be written instead
//!   of later.
//! - A run sees the records that matched and have arrived at or before T, late ones included, whose
//!   time on the schedule's clock lies in (T - lookback, T]. Records that no run's window held, because
//!   they came too late or between two windows, or had to make room before one, are counted (`unseen`).
//! - It emits at most `max_signals` alerts, in an order that each kind states. What it leaves out is
//!   counted (`over_max_signals`) and not carried over; what then still lies in the next run's window
//!   is found again there. Nothing is alerted on twice, as each kind states.
//! - Runs are never late, so that the catching up of a busy platform is no part of it.
//! - An alert is fired at T. Its facts are about what had arrived by then: of the identity of the
//!   newest record of the condition, that record included. Only what is new of that record is what was
//!   new when it arrived.
//!
//! A history only teaches: profiles, and tuples of new-terms rules, from late records too, by the
//! arrival of each record or its own time as the schedule's clock has it; and there is nothing left to `learn` after one.
//!
//! `max_signals` and its order are the whole rule's affair, so one [`Scheduler`] in one partition is
//! shown every record; other rules stay where they are. Runs that can change nothing are skipped, so
//! that silence costs nothing however short the interval.

mod new_terms;
mod query;
mod run;
mod shelf;
mod threshold;

use self::run::{Run, tick_from};
use super::policy::Reach;
use super::profile::Profiles;
use super::{Context, KeyClass, Output, Pick, RuleStats, StateStats};
use crate::event::{EventView, Field, TickSpan, Ticks};
use crate::rules::{Rule, RuleMask};

/// The partition that holds the scheduler.
pub(super) const SCHEDULER_PARTITION: usize = 0;

/// The state of all rules on a schedule.
#[derive(Debug)]
pub(super) struct Scheduler {
    runs: Vec<Run>,
    rules: RuleMask,
    profiles: Profiles,
    /// A history has come before the corpus.
    is_primed: bool,
    /// The arrival clock.
    now: Ticks,
    /// The next time at which a run can change anything.
    due: Option<Ticks>,
}

impl Scheduler {
    /// A scheduler of the rules that are on a schedule; none if there are none.
    pub(super) fn new(rules: &[Rule]) -> Option<Self> {
        let runs: Vec<_> = rules.iter().enumerate().filter_map(Run::new).collect();
        if runs.is_empty() {
            return None;
        }
        let (profiles, rules) = (Profiles::of_all_identities(), on_schedule(rules));
        Some(Self { runs, rules, profiles, is_primed: false, now: Ticks::MIN, due: None })
    }

    /// Whether the pick is the scheduler's: of rules on a schedule, or none where the record only
    /// moves the clock.
    pub(super) fn takes(&self, pick: &Pick) -> bool {
        !pick.by_identity && !pick.by_vault && pick.matched.without(self.rules).is_empty()
    }

    /// Learns from a record of a history: who called, and which tuples are known.
    pub(super) fn teach(&mut self, rules: &[Rule], view: &EventView<'_>, pick: &Pick) {
        for run in self.runs.iter_mut().filter(|run| pick.matched.contains(run.place)) {
            run.teach(&rules[run.place], view);
        }
        if !pick.completed {
            self.profiles.learn(KeyClass::Identity, view);
        }
    }

    /// Ends the history; `watermark` is that of its last record.
    pub(super) fn end_history(&mut self, watermark: Ticks) {
        self.profiles.end_history(watermark);
        self.is_primed = true;
    }

    /// Runs what is due before the record's arrival, then takes the record in.
    pub(super) fn push(
        &mut self,
        ctx: &Context<'_>,
        (view, before): (EventView<'_>, Option<EventView<'_>>),
        pick: &Pick,
        out: &mut Output,
    ) {
        self.now = self.now.max(view.event.arrival);
        // Records that arrive at the very time of a run belong to it.
        if self.due.is_some_and(|due| due < self.now) {
            let until = self.now - TickSpan(1);
            self.catch_up(ctx, Reach::Before(pick.sequence), |_| until, out);
        }
        if !pick.matched.is_empty() {
            let of_caller = |key| self.profiles.novelty(KeyClass::Identity, key, &view);
            let novelty = view.key(Field::Identity).map(of_caller).unwrap_or_default();
            let runs = self.runs.iter_mut().filter(|run| pick.matched.contains(run.place));
            runs.for_each(|run| {
                run.take(&ctx.rules[run.place], (&view, before), novelty, self.now);
            });
        }
        self.due = self.runs.iter().filter_map(|run| run.due).min();
        if !pick.completed {
            self.profiles.learn(KeyClass::Identity, &view);
        }
    }

    /// Runs what is still to run; to be called once, after the last record.
    pub(super) fn close(&mut self, ctx: &Context<'_>, out: &mut Output) {
        let now = self.now;
        self.catch_up(ctx, Reach::Before(u64::MAX), |interval| tick_from(now, interval), out);
    }

    /// Reports what is still to report.
    pub(super) fn finish(&mut self, out: &mut Output) {
        self.runs.iter_mut().for_each(|run| run.finish(out));
    }

    /// Counters of the rule at `place`, if it is on a schedule.
    pub(super) fn rule_stats(&self, place: usize) -> Option<RuleStats> {
        self.runs.iter().find(|run| run.place == place).map(Run::stats)
    }

    /// Size of the profiles.
    pub(super) fn profile_stats(&self) -> StateStats {
        self.profiles.stats()
    }

    /// Runs every rule as often as it is due up to the time that `until` says for its interval, given
    /// what has arrived.
    fn catch_up(
        &mut self,
        ctx: &Context<'_>,
        arrived: Reach,
        until: impl Fn(TickSpan) -> Ticks,
        out: &mut Output,
    ) {
        for run in &mut self.runs {
            let until = until(run.schedule.interval);
            while let Some(at) = run.due.filter(|&due| due <= until) {
                run.run(ctx, (&self.profiles, self.is_primed), arrived, at, out);
            }
        }
    }
}

/// The rules that are on a schedule.
pub(super) fn on_schedule(rules: &[Rule]) -> RuleMask {
    let mut mask = RuleMask::default();
    let its = rules.iter().enumerate().filter(|(_, rule)| rule.on_schedule().is_some());
    its.for_each(|(place, _)| mask.insert(place));
    mask
}
