//! What a partition tells of watched events, rule by rule.

use super::super::trace::{Fate, Trace, Verdict, Watch, ungrouped};
use super::{Partition, State};
use crate::detect::RuleStats;
use crate::detect::judged::Judged;
use crate::event::EventView;
use crate::rules::{Rule, RuleKind, RuleMask};

/// What has to be known of a rule before it judges a watched event, to tell afterwards what became of
/// it.
pub(super) struct Before {
    stats: RuleStats,
    /// What keeps the event's terms from being new.
    outlook: Option<Fate>,
}

impl Partition {
    /// Watches events from now on.
    pub fn watch(&mut self, watch: &Watch) {
        self.tracer.watch(watch);
    }

    /// Notes what keeps a record from the rules before any judges it: an exception, or that no query
    /// matches. `matched` and `excepted` are its verdict; to be called once for every record that is no
    /// duplicate, whether watched or not.
    pub fn note(
        &mut self,
        rules: &[Rule],
        view: &EventView<'_>,
        (matched, excepted): (RuleMask, RuleMask),
    ) {
        if !self.tracer.watches(view.event) {
            return;
        }
        for place in excepted.iter() {
            let hiding = rules[place].exceptions.iter().find(|exception| exception.hides(view));
            let reason = hiding.map_or_else(String::new, |exception| exception.reason.clone());
            self.tracer.add(Some(place), view, Fate::Excepted { reason });
        }
        if matched.is_empty() && excepted.is_empty() {
            self.tracer.add(None, view, Fate::Unseen);
        }
    }

    /// Hands out the traces so far, and how many found no room.
    pub fn take_traces(&mut self) -> (Vec<Trace>, u64) {
        self.tracer.take()
    }
}

impl State {
    /// Looks before the rule judges.
    pub(super) fn before(&self, rule: &Rule, judged: &Judged<'_>, stats: &RuleStats) -> Before {
        let outlook = match (self, &rule.kind) {
            (Self::NewTerms(state), RuleKind::NewTerms(kind)) => state.outlook(kind, judged),
            _ => None,
        };
        Before { stats: stats.clone(), outlook }
    }

    /// What became of the event; none where another partition tells of it.
    pub(super) fn fate(
        &mut self,
        rule: &Rule,
        judged: &Judged<'_>,
        by_identity: bool,
        (before, after): (Before, &RuleStats),
    ) -> Option<Fate> {
        let verdict = Verdict::between(&before.stats, after);
        if judged.view.event.is_late() && !matches!(rule.kind, RuleKind::Query { .. }) {
            let is_told = by_identity || !matches!(rule.kind, RuleKind::Sequence(_));
            return is_told.then_some(Fate::Late);
        }
        let event = judged.view.event;
        match (self, &rule.kind) {
            (Self::Threshold(state), RuleKind::Threshold(kind)) => {
                state.trace(kind, judged, verdict)
            }
            (Self::Sequence(state), RuleKind::Sequence(kind)) => state.trace(kind, judged, verdict),
            (Self::Query(state), RuleKind::Query { group_by }) => Some(match verdict {
                Verdict::Absorbed => {
                    let key = judged.view.tuple_key(group_by);
                    let absorber =
                        |key| state.suppressions.absorber(key, event.time, rule.suppress);
                    Fate::Absorbed { by: key.and_then(absorber) }
                }
                _ => Fate::Fired,
            }),
            (Self::NewTerms(state), RuleKind::NewTerms(kind)) => match verdict {
                Verdict::Fired => Some(Fate::Fired),
                Verdict::Ungrouped => Some(ungrouped(&kind.terms, judged)),
                Verdict::Absorbed => Some(Fate::Absorbed { by: state.absorber(kind, judged) }),
                Verdict::Quiet => before.outlook,
            },
            _ => None,
        }
    }
}
