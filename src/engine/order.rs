//! Puts parsed events in arrival order: one lane per input, merged by arrival.
//!
//! Contract: the order, the arrivals and the watermarks are functions of the inputs alone, whatever
//! the block size and however many lanes are read ahead. A lane's place in the merge is the running
//! maximum of its arrivals, ties go to the earlier lane.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use super::block::Block;
use crate::detect::Watermark;
use crate::event::{Event, TickSpan, Ticks};
use crate::ingest::Arrivals;

/// Arrivals are given back half a mebibyte at a time: each time costs a system call.
const RECORDS_PER_RELEASE: u64 = 1 << 16;

/// Consecutive events of one block that follow each other in arrival order.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Index into the round's blocks.
    pub(crate) block: usize,
    pub(crate) events: Range<usize>,
    /// Sequence number of the first event.
    pub(crate) first_sequence: u64,
}

impl Run {
    /// Sequence number of an event of the run.
    pub(crate) fn sequence(&self, event: usize) -> u64 {
        self.first_sequence + (event - self.events.start) as u64
    }

    /// The part that concerns the run of a list that is sorted by event.
    pub(crate) fn part_of<'a, T>(&self, list: &'a [T], event: impl Fn(&T) -> u32) -> &'a [T] {
        &list[self.places_of(list, event)]
    }

    /// Where that part is in the list.
    pub(crate) fn places_of<T>(&self, list: &[T], event: impl Fn(&T) -> u32) -> Range<usize> {
        let from = list.partition_point(|entry| (event(entry) as usize) < self.events.start);
        let to = list.partition_point(|entry| (event(entry) as usize) < self.events.end);
        from..to
    }
}

/// The arrivals file of a lane ended before its records did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ArrivalsEnded;

/// Where the arrivals of events came from, by how many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ArrivalSources {
    /// The file beside the events.
    pub(crate) file: u64,
    /// The record itself.
    pub(crate) record: u64,
    /// Neither: the running maximum of event time stands in for them.
    pub(crate) running: u64,
}

/// What a lane has seen so far.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) arrivals: Option<Arrivals>,
    /// Records seen, malformed and foreign ones included.
    pub(crate) records: u64,
    /// How many of them belong to the laps before this one.
    lap_start: u64,
    /// The lap that is being read.
    lap: usize,
    /// Records whose arrivals were given back.
    released: u64,
    pub(crate) sources: ArrivalSources,
    /// Running maximum of event time, the arrival of records without another.
    newest: Ticks,
    /// Running maximum of arrival, the lane's place in the merge.
    merged: Ticks,
    /// No further block will come.
    pub(crate) exhausted: bool,
}

impl Lane {
    pub(crate) fn new(arrivals: Option<Arrivals>) -> Self {
        Self {
            arrivals,
            records: 0,
            lap_start: 0,
            lap: 0,
            released: 0,
            sources: ArrivalSources::default(),
            newest: Ticks::MIN,
            merged: Ticks::MIN,
            exhausted: false,
        }
    }
}

/// Arrival order over all lanes.
#[derive(Debug)]
pub(crate) struct Sequencer {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) watermark: Watermark,
    /// Events put in order so far.
    pub(crate) sequence: u64,
    /// What it was before the first of these.
    first_sequence: u64,
    /// Arrival of the first event.
    pub(crate) start: Option<Ticks>,
    /// Latest arrival of an event.
    pub(crate) end: Option<Ticks>,
    /// Events that came after their watermark.
    pub(crate) late: u64,
}

impl Sequencer {
    /// Order over these lanes, the first event of which has that sequence number.
    pub(crate) fn new(lanes: Vec<Lane>, lateness: TickSpan, first_sequence: u64) -> Self {
        Self {
            lanes,
            watermark: Watermark::new(lateness),
            sequence: first_sequence,
            first_sequence,
            start: None,
            end: None,
            late: 0,
        }
    }

    /// How many events have been put in order.
    pub(crate) fn ordered(&self) -> u64 {
        self.sequence - self.first_sequence
    }

    /// Gives the events of a freshly parsed block their arrival; blocks of a lane in lane order.
    pub(crate) fn stamp(&mut self, block: &mut Block) -> Result<(), ArrivalsEnded> {
        let lane = &mut self.lanes[block.cut.lane];
        let (lap, shift) = (block.cut.lap, block.cut.shift);
        if lap != lane.lap {
            (lane.lap, lane.lap_start, lane.released) = (lap, lane.records, 0);
        }
        let first = lane.records - lane.lap_start;
        let events = block.parsed.batch.events.iter_mut();
        for (event, &record) in events.zip(&block.parsed.record_of_event) {
            let record = first + u64::from(record);
            lane.newest = lane.newest.max(event.time);
            let (source, arrival) = match &lane.arrivals {
                Some(arrivals) => {
                    (&mut lane.sources.file, arrivals.get(record).ok_or(ArrivalsEnded)? + shift)
                }
                None if event.arrival != Event::NO_ARRIVAL => {
                    (&mut lane.sources.record, event.arrival + shift)
                }
                None => (&mut lane.sources.running, lane.newest),
            };
            *source += 1;
            event.arrival = arrival;
        }
        lane.records += u64::from(block.parsed.records);
        let read = lane.records - lane.lap_start;
        if let Some(arrivals) = &lane.arrivals
            && read - lane.released >= RECORDS_PER_RELEASE
        {
            arrivals.release_before(read);
            lane.released = read;
        }
        Ok(())
    }

    /// Orders as much of `blocks` (each lane's in lane order) as is certain: nothing that is still
    /// to be read can come before it. Moves the blocks' cursors and sets watermarks.
    pub(crate) fn order(&mut self, blocks: &mut [Block]) -> Vec<Run> {
        let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); self.lanes.len()];
        for (index, block) in blocks.iter().enumerate().rev() {
            if !block.pending().is_empty() {
                waiting[block.cut.lane].push(index);
            }
        }
        let mut heads = BinaryHeap::new();
        for (lane, waiting) in waiting.iter().enumerate() {
            match waiting.last() {
                Some(&block) => heads.push(Reverse((self.place(lane, &blocks[block]), lane))),
                None if self.lanes[lane].exhausted => {}
                None => return Vec::new(),
            }
        }
        let mut runs = Vec::new();
        while let Some(Reverse((_, lane))) = heads.pop() {
            let limit = heads.peek().map(|&Reverse(head)| head);
            let waiting = &mut waiting[lane];
            while let Some(&index) = waiting.last() {
                let run = self.take(index, &mut blocks[index], limit);
                if !run.events.is_empty() {
                    runs.push(run);
                }
                if !blocks[index].pending().is_empty() {
                    break;
                }
                waiting.pop();
            }
            match waiting.last() {
                Some(&block) => heads.push(Reverse((self.place(lane, &blocks[block]), lane))),
                None if self.lanes[lane].exhausted => {}
                None => break,
            }
        }
        runs
    }

    /// The lane's place in the merge, given the block that holds its next event.
    fn place(&self, lane: usize, block: &Block) -> Ticks {
        self.lanes[lane].merged.max(block.parsed.batch.events[block.cursor].arrival)
    }

    /// Takes the events of `block` that come before the head of the next lane.
    fn take(&mut self, index: usize, block: &mut Block, limit: Option<(Ticks, usize)>) -> Run {
        let lane_index = block.cut.lane;
        let lane = &mut self.lanes[lane_index];
        let pending = block.pending();
        let first_sequence = self.sequence;
        for event in &mut block.parsed.batch.events[pending.clone()] {
            let place = lane.merged.max(event.arrival);
            if limit.is_some_and(|limit| (place, lane_index) > limit) {
                break;
            }
            lane.merged = place;
            event.watermark = self.watermark.observe(event.time);
            self.start.get_or_insert(event.arrival);
            self.end = self.end.max(Some(event.arrival));
            self.late += u64::from(event.is_late());
            self.sequence += 1;
            block.cursor += 1;
        }
        Run { block: index, events: pending.start..block.cursor, first_sequence }
    }
}
