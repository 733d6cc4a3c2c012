//! Joins the two halves of a change that was made through the Activity Log.
//!
//! Such a change is two records of one correlation id, operation and resource (one *call*): the Start
//! says what was asked for and to whom it was granted, the Success that it was done. The n-th Start of
//! a call belongs to its n-th end, be that a Success or a failure, in whichever order they arrive. A
//! Success takes from its Start what it does not say itself: `change`, `grantee`, `grant_scope`.
//!
//! Contract: where the Start came first, the Success has them when it is judged. Where the Success
//! came first it is judged as it is, and once more, *completed*, at the place of its Start in arrival
//! order: by what had no place for it before ([`rules_for_completed`]). Results do not depend on how
//! rounds are cut.

use std::collections::VecDeque;

use super::Evidence;
use crate::event::{
    Batch, Change, Completed, Event, EventView, Field, GrantScope, Key, Outcome, Plane, TextField,
};
use crate::rules::{Rule, RuleKind, RuleMask, Verdict};

/// How many halves of changes wait for the other one: those of the twenty minutes by which Activity
/// Log records may be apart, in a large tenant. A Success waits with its text, about a kilobyte.
const WAITING: usize = 1024;

/// The one operation whose Success may be that of a change without saying so: what it changes stands
/// in the request body, which only the Start holds. Every other change shows in the operation's name.
const VAULT_WRITE: &str = "MICROSOFT.KEYVAULT/VAULTS/WRITE";

/// The halves that wait for the other one.
#[derive(Debug, Default)]
pub struct Joins {
    started: VecDeque<(Key, Start)>,
    /// A Success with its text; none for a failure.
    ended: VecDeque<(Key, Option<Batch>)>,
    dropped: u64,
}

/// What a record is to the other half of its change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Joined {
    /// It is no half, or the first one.
    #[default]
    Alone,
    /// A Success whose Start had arrived.
    Ended {
        /// The Start's record.
        start: Evidence,
        /// Whether the Success now says more than its record.
        gained: bool,
    },
    /// A Start whose Success had arrived and now says more than its record.
    Completes {
        /// Place of the Success in [`Batch::completed`].
        place: u32,
        /// The Start's own record.
        start: Evidence,
    },
}

/// What a Start says of the change.
#[derive(Debug)]
struct Start {
    record: Evidence,
    change: Change,
    grant_scope: GrantScope,
    grantee: String,
}

impl Joins {
    /// Takes in the event at `index` of `batch`, at its place in arrival order, and adds to the batch
    /// what it joins. Not for duplicates.
    pub fn join(&mut self, batch: &mut Batch, index: usize) -> Joined {
        let view = batch.view(index);
        let Some(call) = call(&view) else { return Joined::Alone };
        match view.event.outcome {
            Outcome::Started => self.start(call, batch, index),
            Outcome::Accepted => Joined::Alone,
            outcome => {
                let Some(start) = take(&mut self.started, call) else {
                    let success = (outcome == Outcome::Success).then(|| alone(&view));
                    self.dropped += wait(&mut self.ended, (call, success));
                    return Joined::Alone;
                };
                if outcome != Outcome::Success {
                    return Joined::Alone;
                }
                let mut event = *view.event;
                let gained = start.complete(batch, &mut event);
                batch.events[index] = event;
                Joined::Ended { start: start.record, gained }
            }
        }
    }

    /// How many halves of possible changes were forgotten before the other one came.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn start(&mut self, call: Key, batch: &mut Batch, index: usize) -> Joined {
        let start = Start::new(&batch.view(index));
        let Some(ended) = take(&mut self.ended, call) else {
            self.dropped += wait(&mut self.started, (call, start));
            return Joined::Alone;
        };
        let Some(success) = ended else { return Joined::Alone };
        let mut before = batch.adopt(&success.view(0));
        (before.arrival, before.watermark) =
            (batch.events[index].arrival, batch.events[index].watermark);
        let mut event = before;
        if !start.complete(batch, &mut event) {
            return Joined::Alone;
        }
        let place = u32::try_from(batch.completed.len()).expect("fewer than there are events");
        let index = u32::try_from(index).expect("a block holds fewer than 2^32 records");
        batch.completed.push(Completed { start: index, before, event });
        Joined::Completes { place, start: start.record }
    }
}

impl Start {
    fn new(view: &EventView<'_>) -> Self {
        let Event { time, origin, change, grant_scope, .. } = *view.event;
        let grantee = view.text(TextField::Grantee).to_owned();
        Self { record: Evidence { time, origin }, change, grant_scope, grantee }
    }

    /// Gives the Success what it does not say itself; whether there was anything.
    fn complete(&self, batch: &mut Batch, success: &mut Event) -> bool {
        let mut gained = false;
        if success.change == Change::None && self.change != Change::None {
            (success.change, gained) = (self.change, true);
        }
        if success.grant_scope == GrantScope::None && self.grant_scope != GrantScope::None {
            (success.grant_scope, gained) = (self.grant_scope, true);
        }
        let has_grantee = !batch.view_of(success).text(TextField::Grantee).is_empty();
        if !has_grantee && !self.grantee.is_empty() {
            batch.set_text(success, TextField::Grantee, &self.grantee);
            gained = true;
        }
        gained
    }
}

/// The rules that a completed Success is for: those that see it now, unless the record was hidden
/// from them, or judged by them already because it matched and was in a group. (A sequence decides
/// that for each of its steps.)
pub fn rules_for_completed(
    rules: &[Rule],
    before: &EventView<'_>,
    (was, is): (Verdict, Verdict),
) -> RuleMask {
    let is_judged = |rule: &Rule| match &rule.kind {
        RuleKind::Query { .. } => true,
        RuleKind::Threshold(kind) => before.tuple_key(&kind.group_by).is_some(),
        RuleKind::NewTerms(kind) => before.tuple_key(&kind.terms).is_some(),
        RuleKind::Sequence(_) => false,
    };
    let mut judged = was.excepted;
    was.matched.iter().filter(|&rule| is_judged(&rules[rule])).for_each(|it| judged.insert(it));
    is.matched.without(judged)
}

/// What the halves of one change have in common; none for other records. A deployment runs many
/// operations under one correlation id, so that alone would join what does not belong together.
fn call(view: &EventView<'_>) -> Option<Key> {
    let is_half = view.event.plane == Plane::Control
        && (view.event.change != Change::None || view.text(TextField::Operation) == VAULT_WRITE);
    let id = view.key(Field::CorrelationId).filter(|_| is_half)?;
    let part = |field| view.key(field).unwrap_or_default();
    Some(id.then(part(Field::Operation)).then(part(Field::ResourceId)))
}

/// A batch of that event only.
fn alone(view: &EventView<'_>) -> Batch {
    let mut batch = Batch::default();
    let event = batch.adopt(view);
    batch.events.push(event);
    batch
}

/// Queues one more half; the oldest makes room. Gives how many had to go.
fn wait<T>(queue: &mut VecDeque<T>, half: T) -> u64 {
    let gone = if queue.len() == WAITING { queue.pop_front() } else { None };
    queue.push_back(half);
    u64::from(gone.is_some())
}

/// Takes the oldest half of that call out of the queue.
fn take<T>(queue: &mut VecDeque<(Key, T)>, call: Key) -> Option<T> {
    let place = queue.iter().position(|(other, _)| *other == call)?;
    queue.remove(place).map(|(_, half)| half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Access, Origin, Ticks};

    /// Adds one record and joins it.
    fn join(
        (joins, batch): (&mut Joins, &mut Batch),
        (id, operation): (&str, &str),
        (outcome, change): (Outcome, Change),
        to: &str,
    ) -> Joined {
        let mut event = Event::default();
        let offset = batch.events.len() as u64;
        (event.time, event.origin.offset) = (Ticks(offset as i64), offset);
        (event.plane, event.access) = (Plane::Control, Access::Change);
        (event.outcome, event.change) = (outcome, change);
        batch.set_text(&mut event, TextField::CorrelationId, id);
        batch.set_text(&mut event, TextField::Operation, operation);
        batch.set_text(&mut event, TextField::Grantee, to);
        batch.events.push(event);
        joins.join(batch, offset as usize)
    }

    fn record(offset: u64) -> Evidence {
        Evidence { time: Ticks(offset as i64), origin: Origin { file: 0, offset } }
    }

    const STARTED: (Outcome, Change) = (Outcome::Started, Change::Grant);
    const SUCCEEDED: (Outcome, Change) = (Outcome::Success, Change::None);
    const FAILED: (Outcome, Change) = (Outcome::Denied, Change::None);
    const ASSIGNMENT: &str = "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE";

    #[test]
    fn a_success_says_what_its_start_said_before_it() {
        let (mut joins, mut batch) = (Joins::default(), Batch::default());
        let mut add = |call, what, to| join((&mut joins, &mut batch), call, what, to);
        assert_eq!(add(("a", VAULT_WRITE), STARTED, "amy"), Joined::Alone);
        let joined = add(("a", VAULT_WRITE), SUCCEEDED, "");
        assert_eq!(joined, Joined::Ended { start: record(0), gained: true });
        let view = batch.view(1);
        assert_eq!((view.event.change, view.text(TextField::Grantee)), (Change::Grant, "amy"));
    }

    #[test]
    fn a_success_takes_the_scope_of_its_start_unless_it_has_one_itself() {
        let scopes = [GrantScope::None, GrantScope::Vault, GrantScope::Subscription];
        for (started, own) in scopes.into_iter().flat_map(|one| scopes.map(|other| (one, other))) {
            let (mut joins, mut batch) = (Joins::default(), Batch::default());
            for (outcome, grant_scope) in [(Outcome::Started, started), (Outcome::Success, own)] {
                let mut event = Event::default();
                (event.outcome, event.grant_scope) = (outcome, grant_scope);
                (event.plane, event.access) = (Plane::Control, Access::Change);
                event.change = Change::Grant;
                batch.set_text(&mut event, TextField::CorrelationId, "a");
                batch.set_text(&mut event, TextField::Operation, VAULT_WRITE);
                batch.events.push(event);
                let place = batch.events.len() - 1;
                joins.join(&mut batch, place);
            }
            let expected = if own == GrantScope::None { started } else { own };
            assert_eq!(batch.events[1].grant_scope, expected, "{started:?} {own:?}");
        }
    }

    #[test]
    fn a_success_that_came_first_is_completed_when_its_start_arrives() {
        let (mut joins, mut batch) = (Joins::default(), Batch::default());
        let grant = (Outcome::Success, Change::Grant);
        assert_eq!(join((&mut joins, &mut batch), ("a", ASSIGNMENT), grant, ""), Joined::Alone);
        // Rounds may lie between the halves.
        let mut next = Batch::default();
        join((&mut joins, &mut next), ("b", VAULT_WRITE), FAILED, "");
        let joined = join((&mut joins, &mut next), ("a", ASSIGNMENT), STARTED, "amy");
        assert_eq!(joined, Joined::Completes { place: 0, start: record(1) });
        let Completed { start, before, event } = &next.completed[0];
        assert_eq!((*start, event.time, event.origin.offset), (1, Ticks(0), 0));
        assert_eq!(next.view_of(before).text(TextField::Grantee), "");
        assert_eq!(next.view_of(event).text(TextField::Grantee), "amy");
    }

    #[test]
    fn a_start_that_adds_nothing_completes_nothing() {
        let (mut joins, mut batch) = (Joins::default(), Batch::default());
        let (harmless, settled) = ((Outcome::Started, Change::None), SUCCEEDED);
        for (first, second) in [(harmless, settled), (settled, harmless)] {
            join((&mut joins, &mut batch), ("a", VAULT_WRITE), first, "");
            let joined = join((&mut joins, &mut batch), ("a", VAULT_WRITE), second, "");
            assert!(!matches!(
                joined,
                Joined::Completes { .. } | Joined::Ended { gained: true, .. }
            ));
        }
    }

    #[test]
    fn halves_of_different_calls_under_one_correlation_id_are_not_joined() {
        let (mut joins, mut batch) = (Joins::default(), Batch::default());
        join((&mut joins, &mut batch), ("a", VAULT_WRITE), SUCCEEDED, "");
        let joined = join((&mut joins, &mut batch), ("a", ASSIGNMENT), STARTED, "amy");
        assert_eq!(joined, Joined::Alone);
    }

    #[test]
    fn a_failure_settles_its_start_in_either_order_and_only_that_one() {
        for failure_first in [true, false] {
            let (mut joins, mut batch) = (Joins::default(), Batch::default());
            let mut add = |what, to| join((&mut joins, &mut batch), ("a", VAULT_WRITE), what, to);
            if failure_first {
                add(FAILED, "");
                add(STARTED, "eve");
            } else {
                add(STARTED, "eve");
                add(FAILED, "");
            }
            assert_eq!(add(SUCCEEDED, ""), Joined::Alone);
            assert!(matches!(add(STARTED, "amy"), Joined::Completes { .. }));
        }
    }

    #[test]
    fn only_halves_of_possible_changes_wait_and_those_pushed_out_are_counted() {
        let (mut joins, mut batch) = (Joins::default(), Batch::default());
        let mut add = |id: &str, operation, what| {
            join((&mut joins, &mut batch), (id, operation), what, "amy")
        };
        add("a", VAULT_WRITE, STARTED);
        for number in 0..2 * WAITING {
            let id = number.to_string();
            add(&id, "MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE", SUCCEEDED);
            add(&id, VAULT_WRITE, STARTED);
            add(&id, VAULT_WRITE, FAILED);
        }
        assert!(matches!(add("a", VAULT_WRITE, SUCCEEDED), Joined::Ended { .. }));
        for number in 0..=WAITING {
            add(&number.to_string(), VAULT_WRITE, SUCCEEDED);
        }
        assert_eq!(joins.dropped(), 1);
    }
}
