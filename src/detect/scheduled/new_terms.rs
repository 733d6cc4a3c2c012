//! Runs of rules that look for tuples of values not seen in the last `history`.
//!
//! Contract: a tuple in the window is new iff no record that matched, whatever its outcome, bears it
//! with a time on the schedule's clock in [T - history, T - lookback], and no record of a history one at or
//! after T - history. New tuples alert in the order of
//! their values, each once per run, on its oldest record in the window (ties in order of arrival), and
//! on no record twice. While the run is younger than `learn` nothing alerts. A record that lacks a term
//! is not looked at. An alert does not say when its tuple was last seen.

use super::run::{Tick, group_of};
use super::shelf::{Kept, Place, Shelf};
use crate::detect::StateStats;
use crate::detect::alert::{Evidence, Values};
use crate::detect::judged::{Finding, Sink};
use crate::detect::table::Table;
use crate::event::{Field, Key, TickSpan, Ticks};
use crate::rules::NewTerms;

/// Most tuples of one rule: the identity and object pairs of a large tenant; about 100 MB when full.
const TUPLES_PER_RULE: usize = 1 << 21;

/// The newest sighting of each tuple that has left the window.
#[derive(Debug)]
pub(super) struct History {
    newest: Table<Ticks>,
    /// What is at or before this plays no part any more.
    forgotten: Ticks,
}

impl Default for History {
    fn default() -> Self {
        Self { newest: Table::new(TUPLES_PER_RULE), forgotten: Ticks::MIN }
    }
}

impl History {
    /// Takes in a sighting that has left the window.
    pub(super) fn add(&mut self, kept: &Kept) {
        let Some(tuple) = kept.group else { return };
        let forgotten = self.forgotten;
        let is_dead = |&seen: &Ticks| seen <= forgotten;
        let newest = self.newest.get_or_insert_with(tuple, is_dead, |_, _| (), || kept.clock);
        *newest = kept.clock.max(*newest);
    }

    /// Gives from when on another run may find more without a further record.
    pub(super) fn run(
        &mut self,
        rule: &NewTerms,
        tick: &Tick<'_>,
        shelf: &mut Shelf,
        sink: &mut Sink<'_>,
    ) -> Option<Ticks> {
        let history_start = tick.at - rule.history;
        self.forgotten = history_start - TickSpan(1);
        let learnt_at = tick.learnt_at(rule.learn);
        let (mut new, mut wakes) = (Vec::new(), Vec::new());
        for (tuple, oldest) in oldest_records(shelf, tick.at) {
            let known = self.newest.get(tuple).filter(|&&seen| seen >= history_start);
            let Kept { clock, is_done, .. } = *shelf.kept(oldest);
            if known.is_none() && tick.at < learnt_at {
                wakes.push(learnt_at);
                continue;
            }
            // Once that sighting, too, lies before the history, a younger one would be new.
            wakes.push(*known.unwrap_or(&clock) + rule.history + TickSpan(1));
            if known.is_none() && !is_done {
                new.push((group_of(&shelf.view(oldest), &rule.terms), tuple, oldest));
            }
        }
        new.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let over = new.len().saturating_sub(tick.max_signals());
        new.truncate(tick.max_signals());
        for (group, tuple, oldest) in new {
            fire(group, tuple, tick, shelf, oldest, sink);
            shelf.set_done(oldest);
        }
        sink.stats.over_max_signals += over as u64;
        wakes.extend((over > 0).then_some(tick.at));
        wakes.into_iter().min()
    }

    pub(super) fn stats(&self) -> StateStats {
        self.newest.stats()
    }
}

/// The oldest record in the window of each tuple, in the order of keys.
fn oldest_records(shelf: &Shelf, at: Ticks) -> Vec<(Key, Place)> {
    let tuples =
        shelf.window(at).filter_map(|(place, kept)| Some((kept.group?, kept.clock, place)));
    let mut tuples: Vec<(Key, Ticks, Place)> = tuples.collect();
    tuples.sort_by_key(|&(tuple, clock, _)| (tuple, clock));
    tuples.dedup_by_key(|&mut (tuple, ..)| tuple);
    tuples.into_iter().map(|(tuple, _, place)| (tuple, place)).collect()
}

fn fire(
    group: Vec<(Field, String)>,
    key: Key,
    tick: &Tick<'_>,
    shelf: &Shelf,
    place: Place,
    sink: &mut Sink<'_>,
) {
    let event = shelf.view(place).event;
    let finding = Finding {
        window: (event.time, event.time),
        group,
        key,
        values: Values::default(),
        steps: Vec::new(),
        evidence: vec![Evidence { time: event.time, origin: event.origin }],
    };
    tick.fire(shelf, place, finding, sink);
}
