//! Which partitions an event goes to.
//!
//! State lives in [`PARTITIONS`] logical partitions, each owned by one worker at a time. An event goes
//! to the partition of its identity, whose profile learns from it, with the rules that are grouped
//! first by identity; and for every other field by which one of the rules it matched is grouped
//! first, to the partition of that field's value, with those rules. All events of a group agree in its
//! first field, so they meet in one partition whatever the other fields are. The key of a missing
//! value is the zero key. One event in two roles may reach one partition twice; the picks differ in
//! their rules and are independent.

use crate::event::{EventView, Field};
use crate::rules::{Rule, RuleKind, RuleMask};

/// How many logical partitions there are. Part of every result's determinism: fixed for good.
pub const PARTITIONS: usize = 256;

/// An event for one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Place of the event in its batch.
    pub event: u32,
    /// Place of the event in the run's order of arrival.
    pub sequence: u64,
    /// The rules to judge it by here.
    pub matched: RuleMask,
    /// Whether the event came by its identity: the pick that teaches the profile.
    pub by_identity: bool,
}

/// The rules by the field that routes their events.
#[derive(Clone, Debug)]
pub struct Routing {
    by_identity: RuleMask,
    others: Vec<(Option<Field>, RuleMask)>,
}

impl Routing {
    /// The routing of a run's rules, at most [`MAX_RULES`](crate::rules::MAX_RULES).
    pub fn new(rules: &[Rule]) -> Self {
        let mut routing = Self { by_identity: RuleMask::default(), others: Vec::new() };
        for (place, rule) in rules.iter().enumerate() {
            let field = routing_field(rule);
            if field == Some(Field::Identity) {
                routing.by_identity.insert(place);
            } else if let Some((_, rules)) =
                routing.others.iter_mut().find(|(known, _)| *known == field)
            {
                rules.insert(place);
            } else {
                let mut rules = RuleMask::default();
                rules.insert(place);
                routing.others.push((field, rules));
            }
        }
        routing
    }

    /// Hands out the event's picks, each with the partition it is for. Not for duplicates.
    pub fn route(
        &self,
        view: &EventView<'_>,
        event: u32,
        sequence: u64,
        matched: RuleMask,
        mut emit: impl FnMut(usize, Pick),
    ) {
        let mut send = |field: Option<Field>, matched, by_identity| {
            let key = field.and_then(|field| view.key(field)).unwrap_or_default();
            emit(key.partition(PARTITIONS), Pick { event, sequence, matched, by_identity });
        };
        send(Some(Field::Identity), matched.and(self.by_identity), true);
        for &(field, rules) in &self.others {
            let matched = matched.and(rules);
            if !matched.is_empty() {
                send(field, matched, false);
            }
        }
    }
}

/// The field whose value decides where a rule's events meet: the first of its group or terms. Rules
/// over all events have none and meet in the partition of the zero key; `query` rules that neither
/// group nor suppress may alert anywhere, so that they go with the identity.
pub fn routing_field(rule: &Rule) -> Option<Field> {
    match &rule.kind {
        RuleKind::Query { group_by } if group_by.is_empty() && rule.suppress.0 == 0 => {
            Some(Field::Identity)
        }
        RuleKind::Query { group_by } => group_by.first().copied(),
        RuleKind::Threshold(threshold) => threshold.group_by.first().copied(),
        RuleKind::NewTerms(new_terms) => new_terms.terms.first().copied(),
    }
}
