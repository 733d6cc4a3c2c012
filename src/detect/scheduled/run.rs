//! One rule on its schedule: what it keeps from run to run, and when it has to run again.
//!
//! A run is needed when records have arrived since the last one, and when a kind says that time alone
//! may change its verdict. All others would repeat the last verdict on fewer records.

use super::new_terms::History;
use super::query::Mutes;
use super::shelf::{Kept, Place, Shelf};
use super::threshold::Counted;
use crate::detect::judged::{Finding, Judged, Sink};
use crate::detect::policy::Reach;
use crate::detect::profile::{Novelty, Profiles};
use crate::detect::{Context, Output, PARTITIONS, RuleStats};
use crate::event::{EventView, Field, TickSpan, Ticks};
use crate::limits::Share;
use crate::rules::{Rule, RuleKind, Schedule};

/// The state of one rule.
#[derive(Debug)]
pub(super) struct Run {
    /// The rule's place.
    pub(super) place: usize,
    pub(super) schedule: Schedule,
    /// The next run that can change anything.
    pub(super) due: Option<Ticks>,
    shelf: Shelf,
    kind: Kind,
    stats: RuleStats,
}

#[derive(Debug)]
enum Kind {
    Query(Mutes),
    Threshold(Counted),
    NewTerms(History),
}

/// What a run knows beside the records.
#[derive(Clone, Copy)]
pub(super) struct Tick<'a> {
    /// When it is.
    pub(super) at: Ticks,
    pub(super) schedule: &'a Schedule,
    pub(super) rule: &'a Rule,
    /// The rule's place.
    pub(super) place: usize,
    corpus_start: Ticks,
    arrived: Reach,
    profiles: &'a Profiles,
    is_primed: bool,
    ctx: &'a Context<'a>,
}

impl Run {
    /// The state of the rule at `place`, if it is on a schedule.
    pub(super) fn new((place, rule): (usize, &Rule)) -> Option<Self> {
        let schedule = *rule.on_schedule()?;
        let kind = match rule.kind {
            RuleKind::Query { .. } => Kind::Query(Mutes::default()),
            RuleKind::Threshold(_) => Kind::Threshold(Counted::default()),
            RuleKind::NewTerms(_) => Kind::NewTerms(History::default()),
            RuleKind::Sequence(_) => return None,
        };
        let (shelf, stats) = (Shelf::default(), RuleStats::default());
        Some(Self { place, schedule, due: None, shelf, kind, stats })
    }

    /// Takes in a record, with what it was before, that matches the rule, arrives `now`, and brings its
    /// identity that much that is new; not at times that lie before a run that has been.
    pub(super) fn take(
        &mut self,
        rule: &Rule,
        (view, before): (&EventView<'_>, Option<EventView<'_>>),
        novelty: Novelty,
        now: Ticks,
    ) {
        if !before.is_some_and(|before| rule.query.matches(&before)) {
            self.stats.matched += 1;
            self.stats.late += u64::from(view.event.is_late());
        }
        let (fields, is_kept_ungrouped) = match &rule.kind {
            RuleKind::Query { group_by } => (group_by, true),
            RuleKind::Threshold(kind) => (&kind.group_by, false),
            RuleKind::NewTerms(kind) => (&kind.terms, false),
            RuleKind::Sequence(_) => return,
        };
        let group = view.tuple_key(fields);
        self.stats.ungrouped += u64::from(group.is_none());
        if group.is_none() && !is_kept_ungrouped {
            return;
        }
        let value = match &rule.kind {
            RuleKind::Threshold(kind) => {
                kind.distinct.as_ref().and_then(|part| view.tuple_key(&part.fields))
            }
            _ => None,
        };
        let mut kept = Kept::new(self.schedule.clock.of(view.event, now), group, value);
        kept.novelty = novelty;
        let history = &mut self.kind;
        self.stats.unseen += self.shelf.push(view, kept, |kept| history.forget(kept));
        let tick = tick_from(now, self.schedule.interval);
        self.due = Some(self.due.map_or(tick, |due| due.min(tick)));
    }

    /// Takes in a record of a history.
    pub(super) fn teach(&mut self, rule: &Rule, view: &EventView<'_>) {
        if let (Kind::NewTerms(history), RuleKind::NewTerms(kind)) = (&mut self.kind, &rule.kind) {
            let clock = self.schedule.clock.of(view.event, view.event.arrival);
            history.add(&Kept::new(clock, view.tuple_key(&kind.terms), None));
        }
    }

    /// Runs at `at`, given what has arrived.
    pub(super) fn run(
        &mut self,
        ctx: &Context<'_>,
        (profiles, is_primed): (&Profiles, bool),
        arrived: Reach,
        at: Ticks,
        out: &mut Output,
    ) {
        let (schedule, rule) = (self.schedule, &ctx.rules[self.place]);
        let (place, corpus_start) = (self.place, ctx.corpus_start);
        let tick = Tick {
            at,
            schedule: &schedule,
            rule,
            place,
            corpus_start,
            arrived,
            profiles,
            is_primed,
            ctx,
        };
        let kind = &mut self.kind;
        let unseen = self.shelf.settle(tick.start(), at, |kept| kind.forget(kept));
        self.stats.unseen += unseen;
        let mut sink = Sink { out, stats: &mut self.stats };
        let wake = match (&mut self.kind, &rule.kind) {
            (Kind::Query(state), RuleKind::Query { group_by }) => {
                state.run(group_by, &tick, &mut self.shelf, &mut sink)
            }
            (Kind::Threshold(state), RuleKind::Threshold(kind)) => {
                state.run(kind, &tick, &self.shelf, &mut sink)
            }
            (Kind::NewTerms(state), RuleKind::NewTerms(kind)) => {
                state.run(kind, &tick, &mut self.shelf, &mut sink)
            }
            _ => unreachable!("the rules of a run do not change"),
        };
        let wake = [wake, self.shelf.next_after(at)].into_iter().flatten().min();
        let next = wake.map(|wake| tick_from(wake.max(at + TickSpan(1)), schedule.interval));
        // At the end of all time there is no next one.
        self.due = next.filter(|&next| next > at);
    }

    /// Reports what is still to report.
    pub(super) fn finish(&mut self, out: &mut Output) {
        if let Kind::Query(mutes) = &mut self.kind {
            mutes.finish(self.place, out);
        }
    }

    pub(super) fn stats(&self) -> RuleStats {
        let mut state = self.shelf.stats();
        state += match &self.kind {
            Kind::Query(mutes) => mutes.stats(),
            Kind::Threshold(counted) => counted.stats(),
            Kind::NewTerms(history) => history.stats(),
        };
        RuleStats { state, ..self.stats }
    }
}

impl Kind {
    /// Hears of a record that no later run sees.
    fn forget(&mut self, kept: &Kept) {
        if let Self::NewTerms(history) = self {
            history.add(kept);
        }
    }
}

impl Tick<'_> {
    /// Where the window begins; it holds what is later.
    pub(super) fn start(&self) -> Ticks {
        self.at - self.schedule.lookback
    }

    /// From when on a rule that learns for so long alerts.
    pub(super) fn learnt_at(&self, learn: TickSpan) -> Ticks {
        if self.is_primed { Ticks::MIN } else { self.corpus_start + learn }
    }

    /// Most alerts of the run.
    pub(super) fn max_signals(&self) -> usize {
        self.schedule.max_signals as usize
    }

    /// Emits an alert that the record at `place` stands for.
    pub(super) fn fire(&self, shelf: &Shelf, place: Place, finding: Finding, sink: &mut Sink<'_>) {
        let mut event = *shelf.view(place).event;
        event.arrival = self.at;
        let judged = Judged {
            rule: self.place,
            suppress: self.rule.suppress,
            view: shelf.view_of(place, &event),
            before: None,
            reach: self.arrived,
            corpus_start: self.corpus_start,
            is_primed: self.is_primed,
            of: self.rule,
            profiles: self.profiles,
            novelty: Some(shelf.kept(place).novelty),
            policy: self.ctx.policy,
            // The whole rule is here.
            evidence_cap: Share::DEFAULT.evidence * PARTITIONS as u64,
        };
        judged.fire(finding, sink);
    }
}

/// The first run at or after `time`: at a multiple of the interval, or at the last time that can be
/// written, which alerts have to be.
pub(super) fn tick_from(time: Ticks, interval: TickSpan) -> Ticks {
    match time.0.rem_euclid(interval.0) {
        0 => time,
        past => (time + TickSpan(interval.0 - past)).min(time.max(Ticks::LAST_WRITABLE)),
    }
}

/// The record's values of `fields`, for an alert.
pub(super) fn group_of(view: &EventView<'_>, fields: &[Field]) -> Vec<(Field, String)> {
    fields.iter().filter_map(|&field| Some((field, view.display(field)?))).collect()
}
