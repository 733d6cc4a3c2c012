//! Verdicts at the price of a look-up: what an event's words settle is worked out once for all events
//! with the same words.
//!
//! Contract: of every event an [`Evaluator`] says what [`RuleSet::evaluate`] says, whatever it was asked
//! before. Events of one kind agree in their words, HTTP status and operation, and in having no value
//! of a field that is not canonical: they get the same answer from every query but for tests of the
//! time and of other texts. A kind's answers are kept until another kind needs their place.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{RuleMask, RuleSet, Verdict};
use crate::event::{EventView, TextField};

/// Places for two kinds each: several times as many as a tenant's logs have.
const PLACES: usize = 256;

/// Longest operation of a remembered kind, in bytes: twice the longest of Azure's about vaults.
const MAX_OPERATION_BYTES: usize = 128;

/// The rules of a run, and what they make of the kinds of events met lately.
#[derive(Debug)]
pub struct Evaluator<'a> {
    rules: &'a RuleSet,
    /// In each place the kind met last, then the one before.
    places: Vec<[Kind; 2]>,
}

/// What is the same for all events with these words.
#[derive(Clone, Debug, Default)]
struct Kind {
    words: u64,
    operation: String,
    prospect: Prospect,
}

/// What the kind of an event alone says about the rules.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Prospect {
    /// Rules whose query it matches whatever the rest.
    pub(super) certain: RuleMask,
    /// Rules that the rest decides.
    pub(super) possible: RuleMask,
}

impl<'a> Evaluator<'a> {
    /// One for these rules that has met no event yet.
    pub fn new(rules: &'a RuleSet) -> Self {
        Self { rules, places: vec![Default::default(); PLACES] }
    }

    /// What the rules make of the event. Allocates nothing once all places are in use.
    pub fn evaluate(&mut self, event: &EventView<'_>) -> Verdict {
        let operation = event.text(TextField::Operation);
        if operation.len() > MAX_OPERATION_BYTES {
            return self.rules.evaluate(event);
        }
        let words = words(event);
        let place = xxh3_64_with_seed(operation.as_bytes(), words) as usize % PLACES;
        let kinds = &mut self.places[place];
        if !kinds[0].is(words, operation) {
            kinds.swap(0, 1);
        }
        if !kinds[0].is(words, operation) {
            kinds[0].become_that_of(words, operation, self.rules.prospect(event));
        }
        self.rules.weigh(kinds[0].prospect, event)
    }
}

impl Kind {
    fn is(&self, words: u64, operation: &str) -> bool {
        self.words == words && self.operation == operation
    }

    fn become_that_of(&mut self, words: u64, operation: &str, prospect: Prospect) {
        (self.words, self.prospect) = (words, prospect);
        self.operation.clear();
        self.operation.reserve(MAX_OPERATION_BYTES);
        self.operation.push_str(operation);
    }
}

/// All words of the event, its status, and whether it has values that are not canonical; never zero.
fn words(view: &EventView<'_>) -> u64 {
    let event = view.event;
    let words = [
        event.plane as u64,
        event.access as u64,
        event.outcome as u64,
        event.identity_kind as u64,
        event.credential_type as u64,
        event.change as u64,
        event.grant_scope as u64,
        u64::from(view.has_extras()),
    ];
    // Four bits for each: a set of words is a `u16` in queries, too.
    let status = 1 << 16 | u64::from(event.http_status);
    words.into_iter().fold(status, |all, word| all << 4 | word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Access, Batch, Event};
    use crate::rules::{PACK, load};

    #[test]
    fn more_kinds_than_there_are_places_get_their_own_answers() {
        let rules = load(&[PACK]).unwrap();
        let mut evaluator = Evaluator::new(&rules);
        let long = "X".repeat(MAX_OPERATION_BYTES + 1);
        let (mut matched, mut batch) = (0, Batch::default());
        for round in 0..3 {
            for number in 0..4 * PLACES {
                let mut event = Event::default();
                (event.access, event.http_status) = (Access::Reveal, (number / 4) as u16);
                let operation = ["SecretGet", "SecretBackup", "SecretDelete", &long][number % 4];
                batch.clear();
                batch.set_text(&mut event, TextField::Operation, operation);
                let verdict = evaluator.evaluate(&batch.view_of(&event));
                assert_eq!(verdict, rules.evaluate(&batch.view_of(&event)), "{round} {number}");
                matched += verdict.matched.0.count_ones();
            }
        }
        assert!(matched > 0);
    }
}
