//! Which partitions an event goes to.
//!
//! State lives in [`PARTITIONS`] logical partitions, each owned by one worker at a time. An event goes
//! to the partition of its identity, whose profile learns from it, with the rules that are grouped
//! first by identity; and for every other field by which one of the rules it matched is grouped
//! first, to the partition of that field's value, with those rules. Where a rule is grouped first by
//! vault, every event that has one goes to its vault's partition, whose profile learns from it. All events of a group agree in its
//! first field, so they meet in one partition whatever the other fields are. The key of a missing
//! value is the zero key. One event in two roles may reach one partition twice; the picks differ in
//! their rules and are independent.
//!
//! A sequence may find a group's first value in another field at each step, in a list of grantees, or
//! (a grant above a single vault) in every vault's group. Its events go to the partitions of all these
//! values, to each once, and to that of the identity in any case; a partition judges them in the
//! groups that are its own.
//!
//! Rules on a schedule are none of this: one partition holds them all, and is shown every record,
//! because each moves the clock and teaches.

use crate::event::{Batch, EventView, Field, Key, TextField};
use crate::rules::{Rule, RuleKind, RuleMask, Sequence};

use super::group_of::wide_scope;
use super::scheduled::{SCHEDULER_PARTITION, on_schedule};

/// How many logical partitions there are. Part of every result's determinism: fixed for good.
pub const PARTITIONS: usize = 256;

/// An event for one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Place of the event among its batch's events; if `completed`, among those its batch completes.
    pub event: u32,
    /// Place of the record in the run's order of arrival.
    pub sequence: u64,
    /// The rules to judge it by here.
    pub matched: RuleMask,
    /// Whether the event came by its identity: the pick that teaches the profile.
    pub by_identity: bool,
    /// Whether the event came by its vault, whose profile it teaches.
    pub by_vault: bool,
    /// Whether it is a Success that a Start has completed: it teaches no profile.
    pub completed: bool,
}

/// The rules by the field that routes their events.
#[derive(Clone, Debug, Default)]
pub struct Routing {
    by_identity: RuleMask,
    others: Vec<(Option<Field>, RuleMask)>,
    /// The rules grouped first by vault; sequences, which have picks of their own, are not among them.
    by_vault: RuleMask,
    /// Whether there are profiles of vaults: some rule, of whatever kind, is grouped first by one.
    has_vaults: bool,
    /// Place of each sequence whose groups' first value may be in another field than the identity, and
    /// those fields.
    sequences: Vec<(usize, Vec<Field>)>,
    scheduled: RuleMask,
}

impl Pick {
    /// Place among the batch's events of the record that has arrived.
    pub fn record(&self, batch: &Batch) -> u32 {
        if self.completed { batch.completed[self.event as usize].start } else { self.event }
    }
}

impl Routing {
    /// The routing of a run's rules, at most [`MAX_RULES`](crate::rules::MAX_RULES).
    pub fn new(rules: &[Rule]) -> Self {
        let scheduled = on_schedule(rules);
        let mut routing = Self { scheduled, ..Self::default() };
        let streaming = rules.iter().enumerate().filter(|(place, _)| !scheduled.contains(*place));
        for (place, rule) in streaming {
            let field = routing_field(rule);
            routing.has_vaults |= field == Some(Field::Vault);
            if let RuleKind::Sequence(sequence) = &rule.kind {
                routing.by_identity.insert(place);
                let fields = first_fields(sequence);
                if !fields.is_empty() {
                    routing.sequences.push((place, fields));
                }
            } else if field == Some(Field::Identity) {
                routing.by_identity.insert(place);
            } else if field == Some(Field::Vault) {
                routing.by_vault.insert(place);
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

    /// Hands out the picks of `view`, each with the partition it is for: like `pick`, which names the
    /// event and the rules that matched, but for these, `by_identity` and `by_vault`. Not for duplicates.
    pub fn route(&self, view: &EventView<'_>, pick: Pick, mut emit: impl FnMut(usize, Pick)) {
        let partition_of =
            |field: Option<Field>| partition(field.and_then(|field| view.key(field)));
        let home = partition_of(Some(Field::Identity));
        for &(field, rules) in &self.others {
            let matched = pick.matched.and(rules);
            if !matched.is_empty() {
                emit(
                    partition_of(field),
                    Pick { matched, by_identity: false, by_vault: false, ..pick },
                );
            }
        }
        for (place, fields) in &self.sequences {
            if pick.matched.contains(*place) {
                let mut matched = RuleMask::default();
                matched.insert(*place);
                for partition in Partitions::of(view, fields).without(home).iter() {
                    emit(partition, Pick { matched, by_identity: false, by_vault: false, ..pick });
                }
            }
        }
        // The picks that teach a profile come after all those that may ask it: a caller may be the
        // grantee, too, and sequences by vault are judged with the identity's pick.
        let matched = pick.matched.and(self.by_identity);
        emit(home, Pick { matched, by_identity: true, by_vault: false, ..pick });
        if self.has_vaults {
            let matched = pick.matched.and(self.by_vault);
            let by_vault = view.key(Field::Vault).is_some();
            if by_vault || !matched.is_empty() {
                let partition = partition_of(Some(Field::Vault));
                emit(partition, Pick { matched, by_identity: false, by_vault, ..pick });
            }
        }
        if !self.scheduled.is_empty() {
            let matched = pick.matched.and(self.scheduled);
            emit(
                SCHEDULER_PARTITION,
                Pick { matched, by_identity: false, by_vault: false, ..pick },
            );
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
        RuleKind::Sequence(sequence) => sequence.by.first().copied(),
    }
}

/// A set of partitions.
#[derive(Clone, Copy, Debug, Default)]
struct Partitions([u128; PARTITIONS / 128]);

impl Partitions {
    /// The partitions of all values that the event has of `fields`.
    fn of(view: &EventView<'_>, fields: &[Field]) -> Self {
        let mut found = Self::default();
        for &field in fields {
            if field == Field::Grantee {
                for grantee in view.text(TextField::Grantee).split_ascii_whitespace() {
                    found.insert(partition(Some(Key::of(grantee.as_bytes()))));
                }
                continue;
            }
            match view.key(field) {
                Some(key) => found.insert(partition(Some(key))),
                None if field == Field::Vault && wide_scope(view).is_some() => {
                    return Self([u128::MAX; PARTITIONS / 128]);
                }
                None => {}
            }
        }
        found
    }

    fn insert(&mut self, partition: usize) {
        self.0[partition / 128] |= 1 << (partition % 128);
    }

    fn without(mut self, partition: usize) -> Self {
        self.0[partition / 128] &= !(1 << (partition % 128));
        self
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        (0_usize..).zip(self.0).flat_map(|(word, mut rest)| {
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.wrapping_sub(1);
                (bit < 128).then_some(word * 128 + bit)
            })
        })
    }
}

/// The partition of a value; that of the zero key without one.
fn partition(key: Option<Key>) -> usize {
    key.unwrap_or_default().partition(PARTITIONS)
}

/// The fields that hold the first value of a sequence's groups; but for the identity, to whose partition
/// its events go in any case.
fn first_fields(sequence: &Sequence) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for first in sequence.steps.iter().filter_map(|step| step.by.first().copied()) {
        if first != Field::Identity && !fields.contains(&first) {
            fields.push(first);
        }
    }
    fields
}
