//! Which rules an event concerns: the one question asked of every event.
//!
//! [`RuleSet::evaluate`] asks every rule; an [`Evaluator`](super::Evaluator), which remembers, is for
//! those who ask of many events.

use std::collections::BTreeSet;

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_128;

use super::evaluator::Prospect;
use super::{Exception, Rule, describe};
use crate::event::{EventView, Extra, Ticks};

/// Most rules of one run: a verdict is a bit set in a `u128`.
pub const MAX_RULES: usize = 128;

/// The rules of one run, in order of their ids.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// The rules, ordered by id; a rule's place is its index in masks and alerts.
    pub rules: Vec<Rule>,
    with_exceptions: RuleMask,
    id: String,
    extras: Vec<Extra>,
}

/// Rules that do not fit into one run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleSetError {
    /// More rules than a verdict has bits.
    #[error("expected at most {MAX_RULES} rules in one run, found {0}")]
    TooMany(usize),
    /// Two rules of one id.
    #[error("expected rule ids to be unique, found `{id}` for {first:?} and for {second:?}")]
    DuplicateId {
        /// The id they share.
        id: String,
        /// Name of the one given first.
        first: String,
        /// Name of the other.
        second: String,
    },
}

impl RuleSet {
    /// Prepares `rules`, in any order, for evaluation.
    ///
    /// # Errors
    /// [`RuleSetError`] if there are too many or two share an id.
    pub fn new(mut rules: Vec<Rule>) -> Result<Self, RuleSetError> {
        if rules.len() > MAX_RULES {
            return Err(RuleSetError::TooMany(rules.len()));
        }
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(pair) = rules.windows(2).find(|pair| pair[0].id == pair[1].id) {
            let [id, first, second] =
                [&pair[0].id, &pair[0].name, &pair[1].name].map(String::clone);
            return Err(RuleSetError::DuplicateId { id, first, second });
        }
        let mut with_exceptions = RuleMask::default();
        for (index, rule) in rules.iter().enumerate() {
            if !rule.exceptions.is_empty() {
                with_exceptions.insert(index);
            }
        }
        let canonical: Value = rules.iter().map(describe::content_json).collect();
        let canonical = canonical.to_string();
        let id = format!("{:032x}", xxh3_128(canonical.as_bytes()));
        let mut extras = BTreeSet::new();
        rules.iter().for_each(|rule| rule.extras(&mut extras));
        let extras = extras.into_iter().collect();
        Ok(Self { with_exceptions, id, extras, rules })
    }

    /// The rules whose query the event matches, parted by whether an exception hides it from them.
    /// Allocates nothing.
    pub fn evaluate(&self, event: &EventView<'_>) -> Verdict {
        self.weigh(self.prospect(event), event)
    }

    /// What the event's kind says of each rule; see [`Evaluator`](super::Evaluator).
    pub(super) fn prospect(&self, event: &EventView<'_>) -> Prospect {
        let mut prospect = Prospect::default();
        for (index, rule) in self.rules.iter().enumerate() {
            match rule.query.decide(event) {
                Some(true) => prospect.certain.insert(index),
                Some(false) => {}
                None => prospect.possible.insert(index),
            }
        }
        prospect
    }

    /// The verdict on an event, given what its kind says.
    pub(super) fn weigh(
        &self,
        Prospect { certain, possible }: Prospect,
        event: &EventView<'_>,
    ) -> Verdict {
        let mut verdict = Verdict { matched: certain, excepted: RuleMask::default() };
        for index in possible.iter() {
            if self.rules[index].query.matches(event) {
                verdict.matched.insert(index);
            }
        }
        for index in verdict.matched.and(self.with_exceptions).iter() {
            if self.rules[index].exceptions.iter().any(|exception| exception.hides(event)) {
                verdict.excepted.insert(index);
            }
        }
        verdict.matched = verdict.matched.without(verdict.excepted);
        verdict
    }

    /// The exceptions of any rule, not yet expired at `time`, in a time frame of which it lies, whatever
    /// their query; in the order of the rules.
    pub fn maintenance_at(&self, time: Ticks) -> impl Iterator<Item = (&Rule, &Exception)> {
        let all = self
            .rules
            .iter()
            .flat_map(|rule| rule.exceptions.iter().map(move |exception| (rule, exception)));
        all.filter(move |(_, exception)| exception.has_frame_at(time))
    }

    /// The fields that the parser must extract for these rules, by name: whatever they name that is not
    /// canonical.
    pub fn extras(&self) -> &[Extra] {
        &self.extras
    }

    /// Digest of everything the rules say, in hex: equal where two runs used the same rules,
    /// whatever the layout, comments, place and pack of their files.
    pub fn rules_id(&self) -> &str {
        &self.id
    }
}

impl Exception {
    /// Whether the exception holds for the event.
    pub fn hides(&self, event: &EventView<'_>) -> bool {
        let time = event.event.time;
        self.is_in_force(time)
            && self.query.matches(event)
            && (self.frames.is_empty() || self.frames.iter().any(|frame| frame.contains(time)))
    }

    /// Whether it has not expired at `time`.
    pub(super) fn is_in_force(&self, time: Ticks) -> bool {
        self.expires.is_none_or(|expiry| time < expiry)
    }
}

/// What the rules make of one event; no rule is in both masks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Rules that see the event.
    pub matched: RuleMask,
    /// Rules whose query it matches, but from which an exception hides it.
    pub excepted: RuleMask,
}

/// A set of rules, by their index in the run's [`RuleSet`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleMask(pub u128);

impl RuleMask {
    /// Adds the rule at `index`, which must be below [`MAX_RULES`].
    #[inline]
    pub fn insert(&mut self, index: usize) {
        self.0 |= 1 << index;
    }

    /// Whether the rule at `index` is in the set.
    #[inline]
    pub fn contains(self, index: usize) -> bool {
        index < MAX_RULES && self.0 >> index & 1 == 1
    }

    /// Whether no rule is in the set.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rules in both sets.
    #[inline]
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The rules of this set that are not in `other`.
    #[inline]
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The indexes in the set, ascending.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let index = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            (index < MAX_RULES).then_some(index)
        })
    }
}
