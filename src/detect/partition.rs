//! One logical partition: the state of every rule, and the profiles, for its share of the keys.
//!
//! Contract: what a partition emits depends only on the sequence of its picks (and on the log of
//! policy changes before each), not on how that sequence is cut into pushes.

use super::judged::{Absorbed, Judged, Sink};
use super::new_terms::Sightings;
use super::profile::Profiles;
use super::query::Matches;
use super::sequence::Sequences;
use super::threshold::Groups;
use super::{Alert, KeyClass, Pick, PolicyLog, RuleStats, StateStats};
use crate::event::{Batch, EventView, Ticks};
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
}

#[derive(Debug)]
enum State {
    Query(Matches),
    Threshold(Groups),
    NewTerms(Sightings),
    Sequence(Sequences),
}

impl Partition {
    /// An empty partition, the one of that number below [`PARTITIONS`](super::PARTITIONS), for a run
    /// with these rules.
    pub fn new(number: usize, rules: &[Rule]) -> Self {
        let state = |rule| (State::new(number, rule), RuleStats::default());
        let rules = rules.iter().map(state).collect();
        Self { rules, profiles: Profiles::default() }
    }

    /// Judges the picked events of a batch, in order, and learns from them.
    pub fn push(&mut self, ctx: &Context<'_>, batch: &Batch, picks: &[Pick], out: &mut Output) {
        for pick in picks {
            let (view, before) = views(batch, pick);
            for place in pick.matched.iter() {
                let rule = &ctx.rules[place];
                let (state, stats) = &mut self.rules[place];
                let judged = Judged {
                    rule: place,
                    suppress: rule.suppress,
                    view,
                    before,
                    sequence: pick.sequence,
                    corpus_start: ctx.corpus_start,
                    of: rule,
                    profiles: &self.profiles,
                    policy: ctx.policy,
                };
                state.judge(rule, &judged, pick.by_identity, &mut Sink { out, stats });
            }
            if pick.completed {
                continue;
            }
            if pick.by_identity {
                self.profiles.learn(KeyClass::Identity, &view);
            }
            if pick.by_vault {
                self.profiles.learn(KeyClass::Vault, &view);
            }
        }
    }

    /// Reports what is still to report; to be called once, after the last push.
    pub fn finish(&mut self, out: &mut Output) {
        for (place, (state, _)) in self.rules.iter_mut().enumerate() {
            match state {
                State::Query(matches) => matches.suppressions.finish(place, out),
                State::Threshold(groups) => groups.finish(place, out),
                State::NewTerms(sightings) => sightings.suppressions.finish(place, out),
                State::Sequence(sequences) => sequences.finish(place, out),
            }
        }
    }

    /// Counters of each rule, by its place.
    pub fn rule_stats(&self) -> impl Iterator<Item = RuleStats> {
        self.rules.iter().map(|(state, stats)| RuleStats { state: state.stats(), ..*stats })
    }

    /// Size of the profiles.
    pub fn profile_stats(&self) -> StateStats {
        self.profiles.stats()
    }
}

impl State {
    fn new(partition: usize, rule: &Rule) -> Self {
        match rule.kind {
            RuleKind::Query { .. } => Self::Query(Matches::default()),
            RuleKind::Threshold(_) => Self::Threshold(Groups::default()),
            RuleKind::NewTerms(_) => Self::NewTerms(Sightings::default()),
            RuleKind::Sequence(_) => Self::Sequence(Sequences::new(partition)),
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
