//! A bounded set of values seen, each with the record that showed it last.
//!
//! Contract: what is remembered depends only on the sequence of what was learnt. Past [`KNOWN`] values
//! the one seen least lately makes room, by event time, then key.

use super::Evidence;
use crate::event::{EventView, Field, Key, Ticks};

/// Values remembered; past this a subject has no habits.
pub(super) const KNOWN: usize = 64;

/// Of those, shown in an alert: what an analyst compares with at a glance.
pub(super) const SHOWN: usize = 5;

/// The values, in no order that tells anything.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<(Key, Evidence)>);

impl Known {
    /// Remembers the event's value, if it has one. Gives how many had to go.
    pub(super) fn learn(&mut self, view: &EventView<'_>, field: Field) -> usize {
        let Some(key) = view.key(field) else { return 0 };
        let record = Evidence { time: view.event.time, origin: view.event.origin };
        if let Some(place) = self.0.iter().position(|(known, _)| *known == key) {
            let seen = &mut self.0[place].1;
            *seen = (*seen).max(record);
            // Values come in runs: what was met lately is found early.
            if place > 0 {
                self.0.swap(place, place / 2);
            }
            return 0;
        }
        if self.0.len() < KNOWN {
            self.0.push((key, record));
            return 0;
        }
        if let Some(oldest) = self.0.iter_mut().min_by_key(|(key, seen)| (seen.time, *key)) {
            *oldest = (key, record);
        }
        1
    }

    /// Records of the values seen last, newest first.
    pub(super) fn newest(&self) -> Vec<Evidence> {
        let mut newest: Vec<Evidence> = self.0.iter().map(|&(_, seen)| seen).collect();
        newest.sort_unstable_by_key(|&seen| std::cmp::Reverse(seen));
        newest.truncate(SHOWN);
        newest
    }

    /// Whether the event has a value that is not known.
    pub(super) fn lacks(&self, view: &EventView<'_>, field: Field) -> bool {
        view.key(field).is_some_and(|key| self.0.iter().all(|(known, _)| *known != key))
    }

    /// How many values are known.
    pub(super) fn len(&self) -> u32 {
        self.0.len() as u32
    }

    /// How many of them were seen last at a time that passes.
    pub(super) fn count_last_seen(&self, passes: impl Fn(Ticks) -> bool) -> u32 {
        self.0.iter().filter(|(_, seen)| passes(seen.time)).count() as u32
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.0.capacity() * size_of::<(Key, Evidence)>()
    }
}
