//! What is kept of a corpus for one partition, in place of judging it.
//!
//! Contract: every pick that some rule matched, in the order in which it would have been judged, with a
//! copy of its event. What only teaches profiles is left out: it tells an analyst more of an alert, and
//! neither makes nor moves one.

use crate::detect::Pick;
use crate::event::{Batch, Completed, EventView};
use crate::rules::RuleSet;

/// Picks and their events.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Copies of the events, and of those that a Start has completed.
    pub(crate) batch: Batch,
    /// Picks, each with the place of the copy.
    pub(crate) picks: Vec<Pick>,
}

impl Kept {
    /// The event of a pick.
    pub(super) fn view(&self, pick: &Pick) -> EventView<'_> {
        let place = pick.event as usize;
        if pick.completed {
            self.batch.view_of(&self.batch.completed[place].event)
        } else {
            self.batch.view(place)
        }
    }

    /// Keeps a pick, if there is something to judge.
    pub(super) fn keep(&mut self, from: &Batch, pick: Pick, rules: &RuleSet) {
        if pick.matched.is_empty() {
            return;
        }
        let place = pick.event as usize;
        let kept = if pick.completed {
            let Completed { before, event, .. } = &from.completed[place];
            let before = self.batch.adopt(&from.view_of(before));
            let event = self.batch.adopt(&from.view_of(event));
            self.batch.completed.push(Completed { start: 0, before, event });
            self.batch.completed.len()
        } else {
            let event = self.batch.adopt(&from.view(place));
            self.batch.events.push(event);
            self.batch.events.len()
        };
        // A sequence asks whether it is shown an event by its identity; for others that only teaches.
        let is_sequence = |rule: usize| rules.rules[rule].kind.is_sequence();
        let by_identity = pick.by_identity && pick.matched.iter().any(is_sequence);
        let event = u32::try_from(kept - 1).expect("a capture holds fewer than 2^32 events");
        self.picks.push(Pick { event, by_identity, by_vault: false, ..pick });
    }
}
