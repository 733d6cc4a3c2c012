//! The records of one rule that its runs can still see, with their text.
//!
//! Kept in chunks, in order of arrival; a chunk goes when all its records have, and the oldest goes
//! whole, counted as evictions, when there are too many records.

use std::collections::VecDeque;

use crate::detect::StateStats;
use crate::event::{Batch, Event, EventView, Key, Ticks};
use crate::rules::Clock;

/// Most records of one rule: a day of a large tenant's reads; about 400 MB when full.
const RECORDS_PER_RULE: usize = 1 << 19;

/// Records of one chunk: few enough that one record that stays does not hold much else.
const RECORDS_PER_CHUNK: usize = 1 << 10;

#[derive(Debug)]
pub(super) struct Shelf {
    chunks: VecDeque<Chunk>,
    /// Most records.
    capacity: usize,
    /// Records not gone yet.
    len: usize,
    evictions: u64,
}

#[derive(Debug, Default)]
struct Chunk {
    batch: Batch,
    /// By the place of its event in the batch.
    kept: Vec<Kept>,
    /// Records not gone yet.
    len: usize,
}

/// What a rule needs to know of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// Its time on the schedule's clock.
    pub(super) clock: Ticks,
    /// Key of its group, or of its terms.
    pub(super) group: Option<Key>,
    /// Key of what it adds to a distinct count.
    pub(super) value: Option<Key>,
    /// It has been alerted on, or absorbed.
    pub(super) is_done: bool,
    /// A run has been at or after its time, so that it is known whether one sees it.
    is_settled: bool,
    is_gone: bool,
}

/// Where a record is, until the next call that changes the shelf's records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    chunk: usize,
    nth: usize,
}

impl Clock {
    /// The time on this clock of a record that arrives `now`.
    pub(super) fn of(self, event: &Event, now: Ticks) -> Ticks {
        match self {
            Self::Arrival => now,
            Self::Event => event.time,
        }
    }
}

impl Kept {
    pub(super) fn new(clock: Ticks, group: Option<Key>, value: Option<Key>) -> Self {
        Self { clock, group, value, is_done: false, is_settled: false, is_gone: false }
    }
}

impl Default for Shelf {
    fn default() -> Self {
        Self::new(RECORDS_PER_RULE)
    }
}

impl Shelf {
    fn new(capacity: usize) -> Self {
        Self { chunks: VecDeque::new(), capacity, len: 0, evictions: 0 }
    }

    /// Keeps a record; `gone` hears of those that make room.
    pub(super) fn push(&mut self, view: &EventView<'_>, kept: Kept, mut gone: impl FnMut(&Kept)) {
        if self.len == self.capacity
            && let Some(oldest) = self.chunks.pop_front()
        {
            self.len -= oldest.len;
            self.evictions += oldest.len as u64;
            oldest.kept.iter().filter(|kept| !kept.is_gone).for_each(&mut gone);
        }
        if self.chunks.back().is_none_or(|chunk| chunk.kept.len() == RECORDS_PER_CHUNK) {
            self.chunks.push_back(Chunk::default());
        }
        if let Some(chunk) = self.chunks.back_mut() {
            let event = chunk.batch.adopt(view);
            chunk.batch.events.push(event);
            chunk.kept.push(kept);
            chunk.len += 1;
            self.len += 1;
        }
    }

    /// Forgets the records at or before `start`, where the window of a run at `at` begins; `gone`
    /// hears of them. Gives how many of those no run saw.
    pub(super) fn settle(&mut self, start: Ticks, at: Ticks, mut gone: impl FnMut(&Kept)) -> u64 {
        let mut unseen = 0;
        for chunk in &mut self.chunks {
            for kept in chunk.kept.iter_mut().filter(|kept| !kept.is_gone && kept.clock <= at) {
                kept.is_gone = kept.clock <= start;
                if kept.is_gone {
                    unseen += u64::from(!kept.is_settled);
                    chunk.len -= 1;
                    self.len -= 1;
                    gone(kept);
                }
                kept.is_settled = true;
            }
        }
        self.chunks.retain(|chunk| chunk.len > 0);
        unseen
    }

    /// The records at or before `at`, in order of arrival.
    pub(super) fn window(&self, at: Ticks) -> impl Iterator<Item = (Place, &Kept)> {
        self.all().filter(move |(_, kept)| kept.clock <= at)
    }

    /// The time of the first record after `at`.
    pub(super) fn next_after(&self, at: Ticks) -> Option<Ticks> {
        self.all().map(|(_, kept)| kept.clock).filter(|&clock| clock > at).min()
    }

    pub(super) fn kept(&self, place: Place) -> &Kept {
        &self.chunks[place.chunk].kept[place.nth]
    }

    /// Notes that the record has been alerted on, or absorbed.
    pub(super) fn set_done(&mut self, place: Place) {
        self.chunks[place.chunk].kept[place.nth].is_done = true;
    }

    pub(super) fn view(&self, place: Place) -> EventView<'_> {
        self.chunks[place.chunk].batch.view(place.nth)
    }

    /// The text of the record at `place` with `event`, a copy of it.
    pub(super) fn view_of<'a>(&'a self, place: Place, event: &'a Event) -> EventView<'a> {
        self.chunks[place.chunk].batch.view_of(event)
    }

    pub(super) fn stats(&self) -> StateStats {
        let size_bytes: usize = self.chunks.iter().map(Chunk::size_bytes).sum();
        StateStats {
            keys: self.len as u64,
            size_bytes: size_bytes as u64,
            cap: self.capacity as u64,
            evictions: self.evictions,
        }
    }

    fn all(&self) -> impl Iterator<Item = (Place, &Kept)> {
        self.chunks.iter().enumerate().flat_map(|(chunk, its)| {
            let kept = its.kept.iter().enumerate().filter(|(_, kept)| !kept.is_gone);
            kept.map(move |(nth, kept)| (Place { chunk, nth }, kept))
        })
    }
}

impl Chunk {
    fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.batch.size_bytes() + self.kept.capacity() * size_of::<Kept>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps one record per tick from `first` on; gives the ticks of those that made room.
    fn push(shelf: &mut Shelf, ticks: std::ops::Range<i64>) -> Vec<i64> {
        let (batch, mut gone) = (Batch::default(), Vec::new());
        for tick in ticks {
            let mut event = Event::default();
            event.time = Ticks(tick);
            let kept = Kept::new(Ticks(tick), None, None);
            shelf.push(&batch.view_of(&event), kept, |kept| gone.push(kept.clock.0));
        }
        gone
    }

    #[test]
    fn a_full_shelf_lets_its_oldest_chunk_go_and_counts_it() {
        let size = RECORDS_PER_CHUNK as i64;
        let mut shelf = Shelf::new(2 * RECORDS_PER_CHUNK);
        assert_eq!(push(&mut shelf, 0..2 * size), [0; 0]);
        shelf.settle(Ticks(1), Ticks(1), |_| ());
        assert_eq!(push(&mut shelf, 2 * size..2 * size + 2), [0; 0]);
        assert_eq!(push(&mut shelf, 2 * size + 2..2 * size + 3), (2..size).collect::<Vec<_>>());
        assert_eq!((shelf.stats().evictions, shelf.stats().keys), (1022, 1027));
        let mut times =
            shelf.window(Ticks(i64::MAX)).map(|(place, _)| shelf.view(place).event.time);
        assert_eq!((times.next(), times.last()), (Some(Ticks(1024)), Some(Ticks(2050))));
    }

    #[test]
    fn what_no_later_run_sees_gives_its_memory_back() {
        let mut shelf = Shelf::default();
        push(&mut shelf, 0..4000);
        let mut gone = 0;
        assert_eq!(shelf.settle(Ticks(100), Ticks(200), |_| gone += 1), 101);
        assert_eq!(shelf.settle(Ticks(200), Ticks(300), |_| gone += 1), 0);
        assert_eq!((gone, shelf.next_after(Ticks(300))), (201, Some(Ticks(301))));
        assert_eq!(shelf.settle(Ticks(4000), Ticks(4000), |_| gone += 1), 3699);
        let stats = shelf.stats();
        assert_eq!((gone, stats.keys, stats.size_bytes, stats.evictions), (4000, 0, 0, 0));
    }
}
