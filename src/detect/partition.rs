//! One logical partition: the state of every rule, and the profiles, for its share of the keys.
//!
//! Contract: what a partition emits depends only on the sequence of its picks (and on the log of
//! policy changes before each), not on how that sequence is cut into pushes.
//!
//! A history may come first. It teaches what is long-term memory, and only that: the sightings of
//! `new_terms`, the days of adaptive thresholds, the profiles. It is taken as it is: days on which a
//! rule would have fired count like others.
//!
//! A share of the memory may be set. Where what is remembered is charged more, the part of it (a rule's
//! state, or the profiles) that is charged most forgets the sixteenth of its keys seen least lately, until a
//! sixteenth of the share is free. Rules on a schedule are not part of it.

mod trace;

use super::judged::{Absorbed, Judged, Sink};
use super::new_terms::Sightings;
use super::policy::Reach;
use super::profile::Profiles;
use super::query::Matches;
use super::scheduled::{SCHEDULER_PARTITION, Scheduler};
use super::sequence::Sequences;
use super::threshold::Groups;
use super::trace::{Fate, Tracer};
use super::{Alert, KeyClass, Pick, PolicyLog, RuleStats, StateStats};
use crate::event::{Batch, EventView, TickSpan, Ticks};
use crate::limits::Share;
use crate::rules::{Rule, RuleKind};

/// What all partitions share.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The run's rules; the same at every push.
    pub rules: &'a [Rule],
    /// Changes of access, at least up to the newest event pushed.
    pub policy: &'a PolicyLog,
    /// Arrival of the corpus' first record, from which `new_terms` rules count their `learn`.
    pub corpus_start: Ticks,
}

/// What partitions emit.
#[derive(Debug, Default)]
pub struct Output {
    /// In the order of the picks that completed them, then by rule.
    pub alerts: Vec<Alert>,
    /// Counts of absorbed records, each reported once its alert can absorb no more.
    pub absorbed: Vec<Absorbed>,
}

/// The state of one share of the keys.
#[derive(Debug)]
pub struct Partition {
    rules: Vec<(State, RuleStats)>,
    profiles: Profiles,
    /// A history has come before the corpus.
    is_primed: bool,
    /// The rules on a schedule, all in one partition.
    scheduler: Option<Scheduler>,
    tracer: Tracer,
    share: Share,
}

#[derive(Debug)]
enum State {
    Query(Matches),
    Threshold(Groups),
    NewTerms(Sightings),
    Sequence(Sequences),
    /// The scheduler has it.
    Scheduled,
}

impl Partition {
    /// An empty partition, the one of that number below [`PARTITIONS`](super::PARTITIONS), for a run
    /// with these rules.
    pub fn new(number: usize, rules: &[Rule]) -> Self {
        Self::bounded(number, rules, &Share::DEFAULT)
    }

    /// The same that remembers no more than its share.
    pub fn bounded(number: usize, rules: &[Rule], share: &Share) -> Self {
        let state = |rule| (State::new(number, rule, share), RuleStats::default());
        let states = rules.iter().map(state).collect();
        let scheduler = if number == SCHEDULER_PARTITION { Scheduler::new(rules) } else { None };
        let (profiles, tracer) = (Profiles::new(share.keys), Tracer::default());
        Self { rules: states, profiles, is_primed: false, scheduler, tracer, share: *share }
    }

    /// Learns from the picked events of a history, in order: sightings, days and profiles. It judges
    /// none and counts none in a window. Late ones teach only the rules that see such.
    pub fn teach(&mut self, rules: &[Rule], batch: &Batch, picks: &[Pick]) {
        for pick in picks {
            let (view, _) = views(batch, pick);
            if let Some(scheduler) = self.scheduler.as_mut().filter(|it| it.takes(pick)) {
                scheduler.teach(rules, &view, pick);
                continue;
            }
            if view.event.is_late() {
                continue;
            }
            for place in pick.matched.iter() {
                self.rules[place].0.teach(&rules[place], &view);
            }
            self.learn(pick, &view);
            // What only teaches has absorbed nothing that could be reported.
            self.keep_within_share(&mut Output::default());
        }
    }

    /// Ends the history; `watermark` is that of its last record. What it leaves behind is forgotten as
    /// if the history went on, and the corpus has no time to learn.
    pub fn end_history(&mut self, rules: &[Rule], watermark: Ticks) {
        for ((state, _), rule) in self.rules.iter_mut().zip(rules) {
            match (state, &rule.kind) {
                (State::Threshold(groups), RuleKind::Threshold(kind)) => {
                    groups.end_history(kind, watermark);
                }
                (State::NewTerms(sightings), RuleKind::NewTerms(kind)) => {
                    sightings.end_history(kind, watermark);
                }
                _ => {}
            }
        }
        self.profiles.end_history(watermark);
        if let Some(scheduler) = &mut self.scheduler {
            scheduler.end_history(watermark);
        }
        self.is_primed = true;
    }

    /// Judges the picked events of a batch, in order, and learns from them.
    pub fn push(&mut self, ctx: &Context<'_>, batch: &Batch, picks: &[Pick], out: &mut Output) {
        for pick in picks {
            let (view, before) = views(batch, pick);
            let is_watched = self.tracer.watches(view.event);
            if let Some(scheduler) = self.scheduler.as_mut().filter(|it| it.takes(pick)) {
                scheduler.push(ctx, (view, before), pick, out);
                for place in pick.matched.iter().filter(|_| is_watched) {
                    self.tracer.add(Some(place), &view, Fate::Scheduled);
                }
                continue;
            }
            self.judge(ctx, (view, before), pick, is_watched, out);
            self.learn(pick, &view);
            self.keep_within_share(out);
        }
    }

    /// What it remembers, in bytes: as much as it takes at most, however its tables lie in memory.
    pub fn charged_bytes(&self) -> usize {
        let states = self.rules.iter().map(|(state, _)| state.charged_bytes());
        states.sum::<usize>() + self.profiles.charged_bytes()
    }

    fn keep_within_share(&mut self, out: &mut Output) {
        let Some(share) = self.share.bytes else { return };
        let mut charged = self.charged_bytes();
        if charged <= share {
            return;
        }
        while charged > share - share / 16 {
            let states = self.rules.iter().map(|(state, _)| state.charged_bytes());
            let all = states.chain([self.profiles.charged_bytes()]).enumerate();
            // Of equals the last one; there are at least the profiles.
            let Some((largest, 1..)) = all.max_by_key(|&(_, bytes)| bytes) else { return };
            match self.rules.get_mut(largest) {
                Some((state, _)) => state.shed(largest, out),
                None => self.profiles.shed(),
            }
            charged = self.charged_bytes();
        }
    }

    fn judge(
        &mut self,
        ctx: &Context<'_>,
        (view, before): (EventView<'_>, Option<EventView<'_>>),
        pick: &Pick,
        is_watched: bool,
        out: &mut Output,
    ) {
        let mut places = pick.matched.iter().peekable();
        let Some(&first) = places.peek() else { return };
        let mut judged = Judged {
            rule: first,
            suppress: TickSpan(0),
            view,
            before,
            reach: Reach::Through(pick.sequence),
            corpus_start: ctx.corpus_start,
            is_primed: self.is_primed,
            of: &ctx.rules[first],
            profiles: &self.profiles,
            novelty: None,
            policy: ctx.policy,
            evidence_cap: self.share.evidence,
        };
        for place in places {
            let rule = &ctx.rules[place];
            let (state, stats) = &mut self.rules[place];
            (judged.rule, judged.of, judged.suppress) = (place, rule, rule.suppress);
            let before = is_watched.then(|| state.before(rule, &judged, stats));
            state.judge(rule, &judged, pick.by_identity, &mut Sink { out, stats });
            if let Some(before) = before
                && let Some(fate) = state.fate(rule, &judged, pick.by_identity, (before, stats))
            {
                self.tracer.add(Some(place), &view, fate);
            }
        }
    }

    fn learn(&mut self, pick: &Pick, view: &EventView<'_>) {
        if pick.completed {
            return;
        }
        if pick.by_identity {
            self.profiles.learn(KeyClass::Identity, view);
        }
        if pick.by_vault {
            self.profiles.learn(KeyClass::Vault, view);
        }
    }

    /// Runs the rules on a schedule as often as they still have to; to be called once, after the last
    /// push, with the whole log of changes.
    pub fn close(&mut self, ctx: &Context<'_>, out: &mut Output) {
        if let Some(scheduler) = &mut self.scheduler {
            scheduler.close(ctx, out);
        }
    }

    /// Reports what is still to report; to be called once, after [`close`](Self::close).
    pub fn finish(&mut self, out: &mut Output) {
        if let Some(scheduler) = &mut self.scheduler {
            scheduler.finish(out);
        }
        for (place, (state, _)) in self.rules.iter_mut().enumerate() {
            match state {
                State::Query(matches) => matches.suppressions.finish(place, out),
                State::Threshold(groups) => groups.finish(place, out),
                State::NewTerms(sightings) => sightings.suppressions.finish(place, out),
                State::Sequence(sequences) => sequences.finish(place, out),
                State::Scheduled => {}
            }
        }
    }

    /// Counters of each rule, by its place.
    pub fn rule_stats(&self) -> impl Iterator<Item = RuleStats> {
        self.rules.iter().enumerate().map(|(place, (state, stats))| {
            let on_schedule = self.scheduler.as_ref().and_then(|it| it.rule_stats(place));
            on_schedule.unwrap_or(RuleStats { state: state.stats(), ..*stats })
        })
    }

    /// How many identities and vaults it has profiles of.
    pub fn subjects(&self) -> [u64; 2] {
        self.profiles.subjects()
    }

    /// Size of the profiles.
    pub fn profile_stats(&self) -> StateStats {
        let mut stats = self.profiles.stats();
        if let Some(scheduler) = &self.scheduler {
            stats += scheduler.profile_stats();
        }
        stats
    }
}

impl State {
    fn new(partition: usize, rule: &Rule, share: &Share) -> Self {
        match &rule.kind {
            _ if rule.on_schedule().is_some() => Self::Scheduled,
            RuleKind::Query { .. } => Self::Query(Matches::new(share.keys)),
            RuleKind::Threshold(kind) => Self::Threshold(Groups::new(kind, share)),
            RuleKind::NewTerms(_) => Self::NewTerms(Sightings::new(share)),
            RuleKind::Sequence(_) => Self::Sequence(Sequences::new(partition, share)),
        }
    }

    fn teach(&mut self, rule: &Rule, view: &EventView<'_>) {
        match (self, &rule.kind) {
            (Self::Threshold(state), RuleKind::Threshold(kind)) => state.teach(kind, view),
            (Self::NewTerms(state), RuleKind::NewTerms(kind)) => state.teach(kind, view),
            _ => {}
        }
    }

    fn judge(&mut self, rule: &Rule, judged: &Judged<'_>, by_identity: bool, sink: &mut Sink<'_>) {
        let is_late = judged.view.event.is_late();
        // A sequence is shown an event in several partitions, the identity's among them.
        let is_counted = by_identity || !matches!(rule.kind, RuleKind::Sequence(_));
        let has_matched = judged.before.is_some_and(|before| rule.query.matches(&before));
        if is_counted && !has_matched {
            sink.stats.matched += 1;
            sink.stats.late += u64::from(is_late);
        }
        match (self, &rule.kind) {
            (Self::Query(state), RuleKind::Query { group_by }) => {
                state.judge(group_by, judged, sink);
            }
            (Self::Threshold(state), RuleKind::Threshold(kind)) if !is_late => {
                state.judge(kind, judged, sink);
            }
            (Self::NewTerms(state), RuleKind::NewTerms(kind)) if !is_late => {
                state.judge(kind, judged, sink);
            }
            (Self::Sequence(state), RuleKind::Sequence(kind)) if !is_late => {
                state.judge(kind, judged, by_identity, sink);
            }
            _ => debug_assert!(is_late, "the rules of a run do not change"),
        }
    }

    fn charged_bytes(&self) -> usize {
        match self {
            Self::Query(matches) => matches.suppressions.charged_bytes(),
            Self::Threshold(groups) => groups.charged_bytes(),
            Self::NewTerms(sightings) => sightings.charged_bytes(),
            Self::Sequence(sequences) => sequences.charged_bytes(),
            Self::Scheduled => 0,
        }
    }

    /// Forgets a part of it, of the rule at that place.
    fn shed(&mut self, rule: usize, out: &mut Output) {
        match self {
            Self::Query(matches) => matches.suppressions.shed(rule, out),
            Self::Threshold(groups) => groups.shed(rule, out),
            Self::NewTerms(sightings) => sightings.shed(rule, out),
            Self::Sequence(sequences) => sequences.shed(rule, out),
            Self::Scheduled => {}
        }
    }

    fn stats(&self) -> StateStats {
        match self {
            Self::Query(matches) => matches.suppressions.stats(),
            Self::Threshold(groups) => groups.stats(),
            Self::Sequence(sequences) => sequences.stats(),
            Self::NewTerms(sightings) => {
                let mut stats = sightings.suppressions.stats();
                stats += sightings.stats();
                stats
            }
            Self::Scheduled => StateStats::default(),
        }
    }
}

/// What a pick is of, and what that was before where a Start has completed it.
fn views<'a>(batch: &'a Batch, pick: &Pick) -> (EventView<'a>, Option<EventView<'a>>) {
    let place = pick.event as usize;
    if !pick.completed {
        return (batch.view(place), None);
    }
    let completed = &batch.completed[place];
    (batch.view_of(&completed.event), Some(batch.view_of(&completed.before)))
}
