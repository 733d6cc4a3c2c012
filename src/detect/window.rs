//! One group's events by event time, with running counts over two movable windows.
//!
//! Each entry knows the times at which its value occurs next before and next after it. A window's
//! distinct count can then move by one entry without looking anything up: an entry that enters on
//! the right brings a new value iff its previous occurrence lies left of the window, and so on. A
//! cursor therefore follows the stream in constant amortized time, and steps back for a late arrival
//! at the cost of the entries between.
//!
//! Occurrences that no window holds together are not linked: a late arrival looks for those next to it
//! among the entries of one window length on either side, however much lateness keeps.
//!
//! Contract: a window is `(after, until]` in event time, no longer than the span it was made for. Entries
//! at or before the horizon are gone; windows reach back no further.

use std::collections::VecDeque;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::Evidence;
use crate::event::{Key, Origin, TickSpan, Ticks};

const TICK: TickSpan = TickSpan(1);

/// Most entries of one group: two hours and ten minutes at 8 events per second, 4 MB.
const ENTRIES_PER_GROUP: usize = 1 << 16;

/// Which of the two running windows: a threshold's sliding and aligned one, or that of a sequence
/// which follows the stream and that which looks around a late arrival.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    Sliding,
    Aligned,
}

/// What a window holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) count: u32,
    pub(super) distinct: u32,
}

#[derive(Debug)]
pub(super) struct Window {
    /// By event time, then origin.
    entries: VecDeque<Entry>,
    /// Newest event time of each value among the entries.
    latest: HashMap<Key, Ticks, RandomState>,
    horizon: Ticks,
    /// Longest running window, from `after` to `until`.
    span: TickSpan,
    cursors: [Cursor; 2],
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    time: Ticks,
    origin: Origin,
    /// The zero key where the event has no value.
    value: Key,
    /// Time of the value's next occurrence before this one, less than the span away; `MIN` for none,
    /// `MAX` for no value.
    previous: Ticks,
    /// Time of the value's next occurrence after this one, less than the span away; `MAX` for none,
    /// `MIN` for no value.
    next: Ticks,
}

/// A running window: `begin..end` are the places of the entries in `(after, until]`.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    begin: usize,
    end: usize,
    after: Ticks,
    until: Ticks,
    distinct: u32,
}

impl Window {
    /// Without entries, for windows of that length at most.
    pub(super) fn new(span: TickSpan) -> Self {
        let empty = Cursor { begin: 0, end: 0, after: Ticks::MIN, until: Ticks::MIN, distinct: 0 };
        Self {
            entries: VecDeque::new(),
            latest: HashMap::with_hasher(RandomState::default()),
            horizon: Ticks::MIN,
            span,
            cursors: [empty; 2],
        }
    }

    /// Adds an event. A group that outgrows [`ENTRIES_PER_GROUP`] forgets its oldest event time by
    /// raising its horizon to it. Gives how many events that cost, one behind the horizon included.
    pub(super) fn insert(&mut self, time: Ticks, origin: Origin, value: Option<Key>) -> usize {
        if !self.reaches(time) {
            return 1;
        }
        let newer =
            self.entries.back().is_none_or(|last| (last.time, last.origin) <= (time, origin));
        let at = if newer {
            self.entries.len()
        } else {
            self.entries.partition_point(|entry| (entry.time, entry.origin) <= (time, origin))
        };
        let (previous, next) = match value {
            Some(value) => self.link(at, time, value),
            None => (Ticks::MAX, Ticks::MIN),
        };
        let entry = Entry { time, origin, value: value.unwrap_or_default(), previous, next };
        self.cursors.iter_mut().for_each(|cursor| cursor.admit(&entry));
        self.entries.insert(at, entry);
        match self.entries.front() {
            Some(oldest) if self.entries.len() > ENTRIES_PER_GROUP => self.expire(oldest.time),
            _ => 0,
        }
    }

    /// Whether an event of that time is or would be held.
    pub(super) fn reaches(&self, time: Ticks) -> bool {
        time > self.horizon
    }

    /// Forgets everything at or before `horizon`; gives how many entries that was.
    pub(super) fn expire(&mut self, horizon: Ticks) -> usize {
        self.horizon = self.horizon.max(horizon);
        let expired = |entry: &Entry| entry.time <= horizon;
        if !self.entries.front().is_some_and(expired) {
            return 0;
        }
        for cursor in &mut self.cursors {
            cursor.forget(&self.entries, horizon);
        }
        let mut gone = 0;
        while let Some(entry) = self.entries.pop_front_if(|entry| expired(entry)) {
            gone += 1;
            if entry.has_value() && self.latest.get(&entry.value) == Some(&entry.time) {
                self.latest.remove(&entry.value);
            }
        }
        for cursor in &mut self.cursors {
            cursor.begin -= gone;
            cursor.end -= gone;
        }
        gone
    }

    /// Moves a running window to `(after, until]` and gives what it holds.
    pub(super) fn seek(&mut self, which: Which, after: Ticks, until: Ticks) -> Tally {
        debug_assert!(until.since(after) <= self.span);
        let cursor = &mut self.cursors[which as usize];
        cursor.seek(&self.entries, after.max(self.horizon), until);
        cursor.tally()
    }

    /// The least time up to `ceiling` such that what lies between `after` and it, it included, is
    /// enough; nothing must not be. Moves a running window there.
    pub(super) fn earliest(
        &mut self,
        which: Which,
        (after, ceiling): (Ticks, Ticks),
        enough: impl Fn(Tally) -> bool,
    ) -> Option<Ticks> {
        debug_assert!(ceiling.since(after) <= self.span);
        let (cursor, entries) = (&mut self.cursors[which as usize], &self.entries);
        let after = after.max(self.horizon);
        cursor.seek(entries, after, cursor.until.min(ceiling).max(after));
        while !enough(cursor.tally()) {
            let next = entries.get(cursor.end).filter(|next| next.time <= ceiling)?;
            cursor.grow_right(entries, next.time);
        }
        // An earlier visit may have left more in the window than it takes.
        loop {
            let last = entries[cursor.end - 1].time;
            cursor.shrink_right(entries, last - TICK);
            if !enough(cursor.tally()) {
                cursor.grow_right(entries, last);
                return Some(last);
            }
        }
    }

    /// The greatest time after `floor` such that what lies between it and `until`, both included, is
    /// enough; nothing must not be. Moves a running window there.
    pub(super) fn latest(
        &mut self,
        which: Which,
        (floor, until): (Ticks, Ticks),
        enough: impl Fn(Tally) -> bool,
    ) -> Option<Ticks> {
        debug_assert!(until.since(floor) <= self.span);
        let (cursor, entries) = (&mut self.cursors[which as usize], &self.entries);
        let floor = floor.max(self.horizon);
        let until = until.max(floor);
        cursor.seek(entries, cursor.after.clamp(floor, until), until);
        while !enough(cursor.tally()) {
            let next = entries.range(..cursor.begin).next_back();
            let next = next.filter(|next| next.time > floor)?;
            cursor.grow_left(entries, next.time - TICK);
        }
        loop {
            let first = entries[cursor.begin].time;
            cursor.shrink_left(entries, first);
            if !enough(cursor.tally()) {
                cursor.grow_left(entries, first - TICK);
                return Some(first);
            }
        }
    }

    /// How many events lie in `(after, until]`, by search.
    pub(super) fn count(&self, after: Ticks, until: Ticks) -> u32 {
        (self.place_after(until) - self.place_after(after)) as u32
    }

    /// Where a running window ends.
    pub(super) fn until(&self, which: Which) -> Ticks {
        self.cursors[which as usize].until
    }

    /// The newest event time in a running window.
    pub(super) fn last_in(&self, which: Which) -> Option<Ticks> {
        let Cursor { begin, end, .. } = self.cursors[which as usize];
        self.entries.range(begin..end).next_back().map(|entry| entry.time)
    }

    /// The first event time after a running window.
    pub(super) fn next_after(&self, which: Which) -> Option<Ticks> {
        self.entries.get(self.cursors[which as usize].end).map(|entry| entry.time)
    }

    /// The events in `(after, until]`, by event time, then origin.
    pub(super) fn evidence(&self, after: Ticks, until: Ticks) -> Vec<Evidence> {
        let range = self.place_after(after)..self.place_after(until);
        let entries = self.entries.range(range);
        entries.map(|entry| Evidence { time: entry.time, origin: entry.origin }).collect()
    }

    /// The first event time after `time`, by search.
    pub(super) fn first_after(&self, time: Ticks) -> Option<Ticks> {
        self.entries.get(self.place_after(time)).map(|entry| entry.time)
    }

    /// The last event time up to `time`, by search.
    pub(super) fn last_until(&self, time: Ticks) -> Option<Ticks> {
        self.entries.range(..self.place_after(time)).next_back().map(|entry| entry.time)
    }

    /// The oldest event time held.
    pub(super) fn oldest(&self) -> Option<Ticks> {
        self.entries.front().map(|entry| entry.time)
    }

    /// The newest event time held.
    pub(super) fn newest(&self) -> Option<Ticks> {
        self.entries.back().map(|entry| entry.time)
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.latest.allocation_size()
    }

    fn place_after(&self, time: Ticks) -> usize {
        self.entries.partition_point(|entry| entry.time <= time)
    }

    /// Threads an occurrence of `value` that will be inserted at place `at` between its
    /// neighbours less than the span away; gives their times.
    fn link(&mut self, at: usize, time: Ticks, value: Key) -> (Ticks, Ticks) {
        let Some(latest) = self.latest.get_mut(&value) else {
            self.latest.insert(value, time);
            return (Ticks::MIN, Ticks::MAX);
        };
        let newest = *latest;
        *latest = newest.max(time);
        let after = if newest < time { self.entries.len() } else { at };
        let mut near =
            self.entries.range_mut(after..).take_while(|it| it.time.since(time) < self.span);
        let follower = near.find(|entry| entry.counted().bears(value));
        let (known, next) = match follower {
            Some(follower) => (std::mem::replace(&mut follower.previous, time), follower.time),
            None if newest <= time => (newest, Ticks::MAX),
            None => (Ticks::MIN, Ticks::MAX),
        };
        // Where the time of the neighbour before is known, only entries of that time need a look.
        let places = if known == Ticks::MIN { at } else { self.place_after(known).min(at) };
        let first = known.max(time - self.span + TICK);
        let before = self.entries.range_mut(..places).rev();
        let mut near = before.take_while(|entry| entry.time >= first);
        match near.find(|entry| entry.counted().bears(value)) {
            Some(entry) => {
                entry.next = time;
                (entry.time, next)
            }
            None => (Ticks::MIN, next),
        }
    }
}

impl Entry {
    fn has_value(&self) -> bool {
        self.previous < Ticks::MAX
    }

    /// Itself, looked at: tests count how often.
    fn counted(&self) -> &Self {
        #[cfg(test)]
        tests::LOOKS.set(tests::LOOKS.get() + 1);
        self
    }

    fn bears(&self, value: Key) -> bool {
        self.value == value && self.has_value()
    }
}

impl Cursor {
    fn tally(&self) -> Tally {
        Tally { count: (self.end - self.begin) as u32, distinct: self.distinct }
    }

    /// Accounts for an entry about to be inserted among the others.
    fn admit(&mut self, entry: &Entry) {
        if entry.time <= self.after {
            self.begin += 1;
            self.end += 1;
        } else if entry.time <= self.until {
            self.end += 1;
            self.distinct += u32::from(entry.previous <= self.after && entry.next > self.until);
        }
    }

    /// Lets go of what lies at or before `horizon`.
    fn forget(&mut self, entries: &VecDeque<Entry>, horizon: Ticks) {
        if self.until <= horizon {
            self.jump(entries, horizon);
        } else {
            self.shrink_left(entries, horizon);
        }
    }

    fn seek(&mut self, entries: &VecDeque<Entry>, after: Ticks, until: Ticks) {
        if after >= self.until || until <= self.after {
            self.jump(entries, after);
        }
        self.grow_right(entries, until);
        self.grow_left(entries, after);
        self.shrink_left(entries, after);
        self.shrink_right(entries, until);
    }

    /// Becomes the empty window at `time`.
    fn jump(&mut self, entries: &VecDeque<Entry>, time: Ticks) {
        let place = entries.partition_point(|entry| entry.time <= time);
        *self = Self { begin: place, end: place, after: time, until: time, distinct: 0 };
    }

    fn grow_right(&mut self, entries: &VecDeque<Entry>, until: Ticks) {
        while let Some(entry) = entries.get(self.end).filter(|entry| entry.time <= until) {
            self.distinct += u32::from(entry.counted().previous <= self.after);
            self.end += 1;
        }
        self.until = self.until.max(until);
    }

    fn grow_left(&mut self, entries: &VecDeque<Entry>, after: Ticks) {
        while self.begin > 0 && entries[self.begin - 1].time > after {
            self.begin -= 1;
            self.distinct += u32::from(entries[self.begin].counted().next > self.until);
        }
        self.after = self.after.min(after);
    }

    fn shrink_left(&mut self, entries: &VecDeque<Entry>, after: Ticks) {
        while self.begin < self.end && entries[self.begin].time <= after {
            self.distinct -= u32::from(entries[self.begin].counted().next > self.until);
            self.begin += 1;
        }
        self.after = self.after.max(after);
    }

    fn shrink_right(&mut self, entries: &VecDeque<Entry>, until: Ticks) {
        while self.end > self.begin && entries[self.end - 1].time > until {
            self.end -= 1;
            self.distinct -= u32::from(entries[self.end].counted().previous <= self.after);
        }
        self.until = self.until.min(until);
    }
}

#[cfg(test)]
mod tests;
