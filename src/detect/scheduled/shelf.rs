//! The records of one rule that its runs can still see, with their text.
//!
//! Kept in chunks, in order of arrival. A run packs the records of chunks that are mostly gone together,
//! so that a record that stays (its clock may be years ahead) holds no others: after a run at most as
//! many are gone and still held as are not. When there are too many records the oldest chunk goes
//! whole, counted as evictions.

use std::collections::VecDeque;

use crate::detect::profile::Novelty;
use crate::detect::{KeySizes, StateStats};
use crate::event::{Batch, Event, EventView, Key, Ticks};
use crate::rules::Clock;

/// Most records of one rule: a day of a large tenant's reads. With a few hundred bytes of text each
/// about 400 MB when full, and up to twice that while half of them are gone and not yet packed.
const RECORDS_PER_RULE: usize = 1 << 19;

/// Records of one chunk: few enough that the oldest going whole forgets little more than it has to.
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
    /// What of it was new to its identity when it arrived.
    pub(super) novelty: Novelty,
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
        let novelty = Novelty::default();
        Self { clock, group, value, novelty, is_done: false, is_settled: false, is_gone: false }
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

    /// Keeps a record; `gone` hears of those that make room. Gives how many of those no run saw.
    pub(super) fn push(
        &mut self,
        view: &EventView<'_>,
        kept: Kept,
        mut gone: impl FnMut(&Kept),
    ) -> u64 {
        let mut unseen = 0;
        if self.len == self.capacity
            && let Some(oldest) = self.chunks.pop_front()
        {
            self.len -= oldest.len;
            self.evictions += oldest.len as u64;
            for kept in oldest.kept.iter().filter(|kept| !kept.is_gone) {
                unseen += u64::from(!kept.is_settled);
                gone(kept);
            }
        }
        add(&mut self.chunks, view, kept);
        self.len += 1;
        unseen
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
        self.pack();
        unseen
    }

    /// Moves the records of chunks that are mostly gone to the chunk before, and those of a small chunk
    /// behind another small one.
    fn pack(&mut self) {
        let mut packed: VecDeque<Chunk> = VecDeque::with_capacity(self.chunks.len());
        for chunk in self.chunks.drain(..) {
            let is_small = |before: &Chunk| before.kept.len() + chunk.len <= RECORDS_PER_CHUNK / 2;
            let is_sparse = 2 * chunk.len < chunk.kept.len();
            if !is_sparse && !packed.back().is_some_and(is_small) {
                packed.push_back(chunk);
                continue;
            }
            let staying = chunk.kept.iter().enumerate().filter(|(_, kept)| !kept.is_gone);
            staying.for_each(|(nth, kept)| add(&mut packed, &chunk.batch.view(nth), *kept));
        }
        self.chunks = packed;
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
            key_sizes: KeySizes::default(),
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

/// Puts a record behind the last one.
fn add(chunks: &mut VecDeque<Chunk>, view: &EventView<'_>, kept: Kept) {
    if chunks.back().is_none_or(|chunk| chunk.kept.len() == RECORDS_PER_CHUNK) {
        chunks.push_back(Chunk::default());
    }
    if let Some(chunk) = chunks.back_mut() {
        let event = chunk.batch.adopt(view);
        chunk.batch.events.push(event);
        chunk.kept.push(kept);
        chunk.len += 1;
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

    /// Keeps one record per tick; gives the ticks of those that made room.
    fn push(shelf: &mut Shelf, ticks: std::ops::Range<i64>) -> Vec<i64> {
        let mut gone = Vec::new();
        for tick in ticks {
            let unseen = push_at(shelf, tick, Ticks(tick), |kept| gone.push(kept.clock.0));
            assert!(unseen == 0 || !gone.is_empty());
        }
        gone
    }

    /// Keeps a record of that tick with that time on the clock; gives how many that made room no run
    /// saw.
    fn push_at(shelf: &mut Shelf, tick: i64, clock: Ticks, gone: impl FnMut(&Kept)) -> u64 {
        let (batch, mut event) = (Batch::default(), Event::default());
        event.time = Ticks(tick);
        shelf.push(&batch.view_of(&event), Kept::new(clock, None, None), gone)
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

    /// One record in each chunk that is years ahead of the clock, while runs come and go.
    #[test]
    fn a_record_ahead_of_the_clock_holds_no_others() {
        let (size, ahead) = (RECORDS_PER_CHUNK as i64, Ticks(i64::MAX));
        let mut shelf = Shelf::default();
        let chunks = 200;
        for tick in 0..chunks * size {
            let clock = if tick % size == 7 { ahead } else { Ticks(tick) };
            push_at(&mut shelf, tick, clock, |_| ());
            if tick % 100 == 0 {
                shelf.settle(Ticks(tick - 200), Ticks(tick), |_| ());
                let held: usize = shelf.chunks.iter().map(|chunk| chunk.kept.len()).sum();
                assert!(held <= 2 * shelf.len + 1, "{held} for {}", shelf.len);
                let few = 2 + 4 * shelf.len / RECORDS_PER_CHUNK;
                assert!(shelf.chunks.len() <= few, "{} chunks", shelf.chunks.len());
            }
        }
        shelf.settle(Ticks(chunks * size), Ticks(chunks * size), |_| ());
        let staying = shelf.window(ahead).map(|(place, _)| shelf.view(place).event.time.0);
        assert_eq!(
            staying.collect::<Vec<_>>(),
            (0..chunks).map(|n| n * size + 7).collect::<Vec<_>>()
        );
        assert_eq!(shelf.settle(ahead, ahead, |_| ()), chunks as u64);
        assert_eq!((shelf.stats().keys, shelf.stats().size_bytes), (0, 0));
    }

    #[test]
    fn what_makes_room_before_a_run_saw_it_is_unseen() {
        let size = RECORDS_PER_CHUNK as i64;
        let mut shelf = Shelf::new(2 * RECORDS_PER_CHUNK);
        push(&mut shelf, 0..size);
        shelf.settle(Ticks(-1), Ticks(size - 5), |_| ());
        push(&mut shelf, size..2 * size);
        assert_eq!(push_at(&mut shelf, 2 * size, Ticks(2 * size), |_| ()), 4);
    }
}
