//! One group's events by event time, and what any window over them holds.
//!
//! Taking an event in is what happens to nearly all of them, and costs next to nothing: it is appended,
//! its value is looked up among those of the group, and that is all. What a window holds is worked out
//! when somebody asks, by two movable windows ([`cursor`]) that count how often each value occurs in
//! them; who asks has seen before that [`Window::at_most`] is enough. The two are not there until then.
//!
//! Contract: a window is `(after, until]` in event time. Entries at or before the horizon are gone, and
//! windows reach back no further; the memory is cleared of them when an entry needs room.

mod cursor;
mod values;

use std::collections::VecDeque;
use std::collections::vec_deque::Iter;

use super::Evidence;
use crate::event::{Key, Origin, TickSpan, Ticks};
use cursor::Cursor;
use values::Values;

const TICK: TickSpan = TickSpan(1);

/// A late arrival is looked for among so many of the newest first.
const NEAR: usize = 8;

/// The number of no value.
const NONE: u32 = u32::MAX;

/// Which of the two running windows: a threshold's sliding and aligned one, or that of a sequence
/// which follows the stream and that which looks around a late arrival.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    Sliding,
    Aligned,
}

/// What a window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) count: u32,
    pub(super) distinct: u32,
}

#[derive(Debug)]
pub(super) struct Window {
    /// By event time, then origin. An arrival in any order moves the shorter side: newest first costs
    /// no more than oldest first.
    entries: VecDeque<Entry>,
    /// How many of the first are known to be gone: of those at or before the horizon, all when it was
    /// last needed.
    gone: usize,
    /// Most entries.
    capacity: usize,
    horizon: Ticks,
    /// The values of the entries, of some that are gone too.
    values: Values,
    /// Once somebody has asked.
    cursors: Option<Box<[Cursor; 2]>>,
}

/// 24 bytes: an origin in parts leaves room for the value.
#[derive(Clone, Copy, Debug)]
struct Entry {
    time: Ticks,
    offset: u64,
    file: u32,
    /// The value's number, [`NONE`] where the event has none.
    value: u32,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inserted {
    /// How many events had to make room, itself included.
    pub(super) evicted: usize,
    /// The newest event time at which its value was seen before; `MIN` for a value that is not known
    /// among the entries, and for none.
    pub(super) before: Ticks,
}

impl Window {
    /// Without entries, for at most `capacity` of them.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            gone: 0,
            capacity,
            horizon: Ticks::MIN,
            values: Values::default(),
            cursors: None,
        }
    }

    /// Forgets everything, as if it had never been.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.capacity);
    }

    /// Adds an event. A group that outgrows its capacity forgets its oldest event time by
    /// raising its horizon to it; an event behind the horizon is not added.
    pub(super) fn insert(&mut self, time: Ticks, origin: Origin, value: Option<Key>) -> Inserted {
        if !self.reaches(time) {
            return Inserted { evicted: 1, before: Ticks::MIN };
        }
        let is_full = self.entries.len() == self.entries.capacity();
        if is_full || self.entries.back().is_some_and(|newest| !self.reaches(newest.time)) {
            self.make_room();
        }
        let (value, before) = match value {
            Some(key) => self.values.see(key, time),
            None => (NONE, Ticks::MIN),
        };
        let entry = Entry { time, offset: origin.offset, file: origin.file, value };
        match self.entries.back() {
            Some(newest) if !newest.is_before(&entry) => {
                self.entries.insert(self.place_of(&entry), entry);
            }
            _ => self.entries.push_back(entry),
        }
        if let Some(cursors) = &mut self.cursors {
            cursors.iter_mut().for_each(|cursor| cursor.admit(&entry));
        }
        Inserted { evicted: self.bound(), before }
    }

    /// Whether an event of that time is or would be held.
    pub(super) fn reaches(&self, time: Ticks) -> bool {
        time > self.horizon
    }

    /// Forgets everything at or before `horizon`, without a look at it.
    pub(super) fn expire(&mut self, horizon: Ticks) {
        self.horizon = self.horizon.max(horizon);
    }

    /// What no window over the entries can exceed, for free.
    pub(super) fn at_most(&self) -> Tally {
        let count = self.entries.len() - self.gone;
        Tally { count: count as u32, distinct: self.values.len() as u32 }
    }

    /// Whether at least so many events lie after `after`.
    pub(super) fn has(&self, count: u32, after: Ticks) -> bool {
        let after = after.max(self.horizon);
        let Some(place) = self.entries.len().checked_sub(count as usize) else { return false };
        self.entries.get(place).is_none_or(|entry| entry.time > after)
    }

    /// Moves a running window to `(after, until]` and gives what it holds.
    pub(super) fn seek(&mut self, which: Which, after: Ticks, until: Ticks) -> Tally {
        let after = after.max(self.horizon);
        let (cursor, entries) = self.cursor(which);
        cursor.seek(entries, after, until);
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
        let after = after.max(self.horizon);
        let (cursor, entries) = self.cursor(which);
        cursor.earliest(entries, (after, ceiling), enough)
    }

    /// The greatest time after `floor` such that what lies between it and `until`, both included, is
    /// enough; nothing must not be. Moves a running window there.
    pub(super) fn latest(
        &mut self,
        which: Which,
        (floor, until): (Ticks, Ticks),
        enough: impl Fn(Tally) -> bool,
    ) -> Option<Ticks> {
        let floor = floor.max(self.horizon);
        let (cursor, entries) = self.cursor(which);
        cursor.latest(entries, (floor, until.max(floor)), enough)
    }

    /// How many events lie in `(after, until]`, by search.
    pub(super) fn count(&self, after: Ticks, until: Ticks) -> u32 {
        self.between(after, until).len() as u32
    }

    /// The newest event time in a running window.
    pub(super) fn last_in(&self, which: Which) -> Option<Ticks> {
        self.cursors.as_ref()?[which as usize].last_in(&self.entries)
    }

    /// The first event time after a running window.
    pub(super) fn next_after(&self, which: Which) -> Option<Ticks> {
        self.cursors.as_ref()?[which as usize].next_after(&self.entries)
    }

    /// The events in `(after, until]`, by event time, then origin.
    pub(super) fn evidence(&self, after: Ticks, until: Ticks) -> Vec<Evidence> {
        self.between(after, until).map(Entry::evidence).collect()
    }

    /// The first event time after `time`, by search.
    pub(super) fn first_after(&self, time: Ticks) -> Option<Ticks> {
        self.between(time, Ticks::MAX).next().map(|entry| entry.time)
    }

    /// The last event time up to `time`, by search.
    pub(super) fn last_until(&self, time: Ticks) -> Option<Ticks> {
        self.between(self.horizon, time).next_back().map(|entry| entry.time)
    }

    /// The oldest event time held.
    pub(super) fn oldest(&mut self) -> Option<Ticks> {
        self.settle();
        self.entries.get(self.gone).map(|entry| entry.time)
    }

    /// The newest event time held.
    pub(super) fn newest(&self) -> Option<Ticks> {
        self.entries.back().map(|entry| entry.time).filter(|&time| self.reaches(time))
    }

    pub(super) fn size_bytes(&self) -> usize {
        let owned = |cursors: &[Cursor; 2]| {
            size_of_val(cursors) + cursors.iter().map(Cursor::size_bytes).sum::<usize>()
        };
        self.entries.capacity() * size_of::<Entry>()
            + self.values.size_bytes()
            + self.cursors.as_deref().map_or(0, owned)
    }

    fn cursor(&mut self, which: Which) -> (&mut Cursor, &VecDeque<Entry>) {
        (&mut self.cursors.get_or_insert_default()[which as usize], &self.entries)
    }

    /// The entries in `(after, until]`.
    fn between(&self, after: Ticks, until: Ticks) -> Iter<'_, Entry> {
        let place_after = |time: Ticks| match self.entries.back() {
            Some(newest) if newest.time > time => {
                self.entries.partition_point(|entry| entry.time <= time)
            }
            _ => self.entries.len(),
        };
        let begin = place_after(after.max(self.horizon));
        self.entries.range(begin..place_after(until).max(begin))
    }

    /// Where an entry belongs that is older than the newest; seldom by much.
    fn place_of(&self, entry: &Entry) -> usize {
        let is_before = |other: &Entry| other.is_before(entry);
        let near = self.entries.len().saturating_sub(NEAR);
        match self.entries.range(near..).rposition(is_before) {
            Some(place) => near + place + 1,
            // None of the near ones is before it, so this falls among the others.
            None => self.entries.partition_point(is_before),
        }
    }

    /// Counts what is gone.
    fn settle(&mut self) {
        let is_gone = |entry: &Entry| !self.reaches(entry.time);
        self.gone += self.entries.range(self.gone..).take_while(|entry| is_gone(entry)).count();
    }

    /// Forgets the oldest event time of a group that has outgrown its capacity. Gives how many
    /// events that are.
    fn bound(&mut self) -> usize {
        if self.entries.len() - self.gone <= self.capacity {
            return 0;
        }
        self.settle();
        let before = self.gone;
        if self.entries.len() - before > self.capacity {
            self.expire(self.entries[before].time);
            self.settle();
        }
        self.gone - before
    }

    /// Clears the memory of what is gone, and sees that there is room: the more, the more is left, so
    /// that an entry is moved a few times at most.
    fn make_room(&mut self) {
        self.settle();
        if self.gone > 0 {
            for cursor in self.cursors.iter_mut().flat_map(|cursors| cursors.iter_mut()) {
                cursor.forget(&self.entries, self.gone, self.horizon);
            }
            self.entries.drain(..self.gone);
            self.gone = 0;
            let (entries, cursors) = (&mut self.entries, &mut self.cursors);
            self.values.forget(self.horizon, |numbers, left| {
                let borne = entries.iter_mut().filter(|entry| entry.value != NONE);
                borne.for_each(|entry| entry.value = numbers[entry.value as usize]);
                for cursor in cursors.iter_mut().flat_map(|cursors| cursors.iter_mut()) {
                    cursor.renumber(numbers, left);
                }
            });
        }
        let (left, capacity) = (self.entries.len(), self.entries.capacity());
        let wanted = left + left / 2 + 4;
        if capacity < left + left / 4 + 4 {
            self.entries.reserve_exact(wanted - left);
        } else if capacity > 4 * wanted {
            // A burst's memory is given back.
            self.entries.shrink_to(wanted);
        }
    }
}

impl Entry {
    fn evidence(&self) -> Evidence {
        Evidence { time: self.time, origin: Origin { file: self.file, offset: self.offset } }
    }

    /// Whether the other, added later, belongs behind it.
    fn is_before(&self, other: &Self) -> bool {
        let by_origin = || (self.file, self.offset) <= (other.file, other.offset);
        self.time < other.time || self.time == other.time && by_origin()
    }

    fn value(&self) -> Option<u32> {
        (self.value != NONE).then_some(self.value)
    }

    /// Itself, looked at: tests count how often.
    fn counted(&self) -> &Self {
        #[cfg(test)]
        tests::LOOKS.set(tests::LOOKS.get() + 1);
        self
    }
}

#[cfg(test)]
mod tests;
