//! A running window over the entries of a group: what it holds, kept as it moves.
//!
//! Contract: the entries are in order of time. Moving costs a look at each entry that enters or leaves, so
//! that a window which follows the stream takes constant amortized time, and one that steps back for a
//! late arrival the entries between. Nobody moves it but those who ask.

use std::collections::VecDeque;

use super::values::FEW;
use super::{Entry, TICK, Tally};
use crate::event::Ticks;

/// `begin..end` are the places of the entries in `(after, until]`.
#[derive(Debug)]
pub(super) struct Cursor {
    begin: usize,
    end: usize,
    after: Ticks,
    until: Ticks,
    distinct: u32,
    /// How often the window holds each value, by its number; as far as numbers were met.
    held: Vec<u32>,
}

impl Default for Cursor {
    fn default() -> Self {
        let (after, until) = (Ticks::MIN, Ticks::MIN);
        Self { begin: 0, end: 0, after, until, distinct: 0, held: Vec::new() }
    }
}

impl Cursor {
    pub(super) fn tally(&self) -> Tally {
        Tally { count: (self.end - self.begin) as u32, distinct: self.distinct }
    }

    /// The newest event time in the window.
    pub(super) fn last_in(&self, entries: &VecDeque<Entry>) -> Option<Ticks> {
        entries.range(self.begin..self.end).next_back().map(|entry| entry.time)
    }

    /// The first event time after the window.
    pub(super) fn next_after(&self, entries: &VecDeque<Entry>) -> Option<Ticks> {
        entries.get(self.end).map(|entry| entry.time)
    }

    /// Accounts for an entry that has been put among the others.
    pub(super) fn admit(&mut self, entry: &Entry) {
        if entry.time <= self.after {
            self.begin += 1;
            self.end += 1;
        } else if entry.time <= self.until {
            self.end += 1;
            self.enter(entry);
        }
    }

    /// Lets go of the first so many entries, all that lie at or before `horizon`, which are about to go.
    pub(super) fn forget(&mut self, entries: &VecDeque<Entry>, gone: usize, horizon: Ticks) {
        if self.until <= horizon {
            self.jump(entries, horizon);
        } else {
            self.shrink_left(entries, horizon);
        }
        self.begin -= gone;
        self.end -= gone;
    }

    /// Follows a change of numbers to those below `left`: from the place in the list to what is there,
    /// which is never more.
    pub(super) fn renumber(&mut self, numbers: &[u32], left: usize) {
        for (old, &new) in numbers.iter().enumerate().take(self.held.len()) {
            let times = std::mem::take(&mut self.held[old]);
            // What the window does not hold may be a value that is gone.
            if times > 0 {
                self.held[new as usize] = times;
            }
        }
        self.held.truncate(left);
        // A burst's memory is given back.
        if self.held.capacity() > 4 * left.max(FEW) {
            self.held.shrink_to(2 * left);
        }
    }

    pub(super) fn seek(&mut self, entries: &VecDeque<Entry>, after: Ticks, until: Ticks) {
        if after >= self.until || until <= self.after {
            self.jump(entries, after);
        }
        self.grow_right(entries, until);
        self.grow_left(entries, after);
        self.shrink_left(entries, after);
        self.shrink_right(entries, until);
    }

    /// The least time up to `ceiling` such that what lies between `after` and it is enough.
    pub(super) fn earliest(
        &mut self,
        entries: &VecDeque<Entry>,
        (after, ceiling): (Ticks, Ticks),
        enough: impl Fn(Tally) -> bool,
    ) -> Option<Ticks> {
        self.seek(entries, after, self.until.min(ceiling).max(after));
        while !enough(self.tally()) {
            let next = entries.get(self.end).filter(|next| next.time <= ceiling)?;
            self.grow_right(entries, next.time);
        }
        // An earlier visit may have left more in the window than it takes.
        loop {
            let last = entries[self.end - 1].time;
            self.shrink_right(entries, last - TICK);
            if !enough(self.tally()) {
                self.grow_right(entries, last);
                return Some(last);
            }
        }
    }

    /// The greatest time after `floor` such that what lies between it and `until` is enough.
    pub(super) fn latest(
        &mut self,
        entries: &VecDeque<Entry>,
        (floor, until): (Ticks, Ticks),
        enough: impl Fn(Tally) -> bool,
    ) -> Option<Ticks> {
        self.seek(entries, self.after.clamp(floor, until), until);
        while !enough(self.tally()) {
            let next = entries.range(..self.begin).next_back().filter(|next| next.time > floor)?;
            self.grow_left(entries, next.time - TICK);
        }
        loop {
            let first = entries[self.begin].time;
            self.shrink_left(entries, first);
            if !enough(self.tally()) {
                self.grow_left(entries, first - TICK);
                return Some(first);
            }
        }
    }

    /// What it owns beside itself.
    pub(super) fn size_bytes(&self) -> usize {
        self.held.capacity() * size_of::<u32>()
    }

    /// Becomes the empty window at `time`.
    fn jump(&mut self, entries: &VecDeque<Entry>, time: Ticks) {
        if self.held.len() < self.end - self.begin {
            self.held.fill(0);
            self.distinct = 0;
        } else {
            entries.range(self.begin..self.end).for_each(|entry| self.leave(entry));
        }
        let place = entries.partition_point(|entry| entry.time <= time);
        (self.begin, self.end, self.after, self.until) = (place, place, time, time);
    }

    fn grow_right(&mut self, entries: &VecDeque<Entry>, until: Ticks) {
        while let Some(entry) = entries.get(self.end).filter(|entry| entry.time <= until) {
            self.enter(entry);
            self.end += 1;
        }
        self.until = self.until.max(until);
    }

    fn grow_left(&mut self, entries: &VecDeque<Entry>, after: Ticks) {
        while self.begin > 0 && entries[self.begin - 1].time > after {
            self.begin -= 1;
            self.enter(&entries[self.begin]);
        }
        self.after = self.after.min(after);
    }

    fn shrink_left(&mut self, entries: &VecDeque<Entry>, after: Ticks) {
        while self.begin < self.end && entries[self.begin].time <= after {
            self.leave(&entries[self.begin]);
            self.begin += 1;
        }
        self.after = self.after.max(after);
    }

    fn shrink_right(&mut self, entries: &VecDeque<Entry>, until: Ticks) {
        while self.end > self.begin && entries[self.end - 1].time > until {
            self.end -= 1;
            self.leave(&entries[self.end]);
        }
        self.until = self.until.min(until);
    }

    fn enter(&mut self, entry: &Entry) {
        if let Some(number) = entry.counted().value() {
            let times = self.of(number);
            *times += 1;
            self.distinct += u32::from(*times == 1);
        }
    }

    fn leave(&mut self, entry: &Entry) {
        if let Some(number) = entry.counted().value() {
            let times = self.of(number);
            *times -= 1;
            self.distinct -= u32::from(*times == 0);
        }
    }

    /// How often the window holds the value of that number.
    fn of(&mut self, number: u32) -> &mut u32 {
        let place = number as usize;
        if place >= self.held.len() {
            self.held.resize(place + 1, 0);
        }
        &mut self.held[place]
    }
}
