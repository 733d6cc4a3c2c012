//! What the rules make of one event, and why: for each whether it sees the event, which clause decided
//! that, which exception hid the event, and in which group it would be counted.
//!
//! Contract: verdicts are those of [`RuleSet::evaluate`]. One event says nothing of windows, history
//! and order: whether a rule that sees it alerts is not answered here, nor what a Success would gain
//! from its Start.

use super::query::{Clause, Explanation};
use super::{Rule, RuleKind, RuleSet};
use crate::event::{Change, EventView, Field, GrantScope, TextField};

/// What one rule makes of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleExplanation {
    /// The rule's place in its set.
    pub rule: usize,
    /// Whether it sees the event.
    pub sight: Sight,
    /// The clauses that decide it; of a sequence, those of its steps stand there.
    pub clauses: Vec<Clause>,
    /// The exceptions that hide the event.
    pub hidden_by: Vec<Hiding>,
    /// The group or terms of an event that is seen, but for a sequence.
    pub group: Vec<GroupValue>,
    /// Of a sequence, each step.
    pub steps: Vec<StepExplanation>,
}

/// Whether a rule sees an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Its query matches.
    Matched,
    /// Its query matches, but an exception hides the event.
    Excepted,
    /// Its query does not match.
    NotMatched,
}

/// An exception that hides the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hiding {
    /// The clauses by which it does; none for one that has time frames only.
    pub clauses: Vec<Clause>,
    /// Why it exists.
    pub reason: String,
}

/// One field of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupValue {
    /// The rule's field.
    pub field: Field,
    /// The field that has its value in this event: another one in some steps of a sequence.
    pub own: Field,
    /// What the event has there. Several values are as many groups; none, and the event is in no group.
    pub values: Vec<String>,
    /// The event is in the groups of all vaults below the scope that it grants.
    pub is_every_vault: bool,
}

/// What one step of a sequence makes of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepExplanation {
    /// Whether the event can serve the step, groups and exceptions aside.
    pub serves: bool,
    /// The clauses that decide it.
    pub clauses: Vec<Clause>,
    /// The group, of an event that can.
    pub group: Vec<GroupValue>,
}

impl Sight {
    /// Every answer, the first the one that matters most.
    pub const ALL: [Self; 3] = [Self::Matched, Self::Excepted, Self::NotMatched];

    /// The word used in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Excepted => "excepted",
            Self::NotMatched => "not_matched",
        }
    }
}

impl RuleSet {
    /// Explains what every rule makes of the event, whose batch must hold the rules'
    /// [`extras`](Self::extras).
    pub fn explain(&self, event: &EventView<'_>) -> Vec<RuleExplanation> {
        let verdict = self.evaluate(event);
        let explain = |(place, rule): (usize, &Rule)| {
            let sight = if verdict.matched.contains(place) {
                Sight::Matched
            } else if verdict.excepted.contains(place) {
                Sight::Excepted
            } else {
                Sight::NotMatched
            };
            RuleExplanation { rule: place, ..rule.explain(event, sight) }
        };
        self.rules.iter().enumerate().map(explain).collect()
    }
}

impl GroupValue {
    /// Whether the event lacks the field, so that it is in no group.
    pub fn is_missing(&self) -> bool {
        self.values.is_empty() && !self.is_every_vault
    }
}

impl Rule {
    fn explain(&self, event: &EventView<'_>, sight: Sight) -> RuleExplanation {
        let hides = self.exceptions.iter().filter(|exception| exception.hides(event));
        let hidden_by = hides.filter(|_| sight == Sight::Excepted).map(|exception| Hiding {
            clauses: exception.query.explain(event).clauses,
            reason: exception.reason.clone(),
        });
        let mut explained = RuleExplanation {
            rule: 0,
            sight,
            clauses: Vec::new(),
            hidden_by: hidden_by.collect(),
            group: Vec::new(),
            steps: Vec::new(),
        };
        let fields = match &self.kind {
            RuleKind::Query { group_by } => group_by,
            RuleKind::Threshold(threshold) => &threshold.group_by,
            RuleKind::NewTerms(new_terms) => &new_terms.terms,
            RuleKind::Sequence(sequence) => {
                let steps = sequence.steps.iter().map(|step| {
                    let Explanation { matches: serves, clauses } = step.query.explain(event);
                    let fields = if serves { sequence.by.as_slice() } else { &[] };
                    let group = group((fields, &step.by), true, event);
                    StepExplanation { serves, clauses, group }
                });
                explained.steps = steps.collect();
                return explained;
            }
        };
        explained.clauses = self.query.explain(event).clauses;
        if sight != Sight::NotMatched {
            explained.group = group((fields, fields), false, event);
        }
        explained
    }
}

/// The values of `fields`, which the event has in those of `own`. To a sequence each grantee is one.
fn group(
    (fields, own): (&[Field], &[Field]),
    is_sequence: bool,
    event: &EventView<'_>,
) -> Vec<GroupValue> {
    let value = |(&field, &own): (&Field, &Field)| {
        let values = match (own, event.display(own)) {
            (_, None) => Vec::new(),
            (Field::Grantee, Some(list)) if is_sequence => {
                list.split(' ').map(str::to_owned).collect()
            }
            (_, Some(value)) => vec![value],
        };
        let is_every_vault =
            is_sequence && field == Field::Vault && values.is_empty() && is_wide_grant(event);
        GroupValue { field, own, values, is_every_vault }
    };
    fields.iter().zip(own).map(value).collect()
}

/// Whether the event grants access to more than one vault.
fn is_wide_grant(event: &EventView<'_>) -> bool {
    let scope = event.event.grant_scope;
    event.event.change == Change::Grant
        && matches!(scope, GrantScope::ResourceGroup | GrantScope::Subscription)
        && event.text(TextField::Vault).is_empty()
}
