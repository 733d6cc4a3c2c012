//! The inputs of a run, opened, and cut into blocks lane by lane.
//!
//! A corpus too short for what it is to last is read again, lap after lap: the reader is then given its
//! files several times over, and the cuts of each lap are shifted in time, so that one lap follows
//! the other.

use super::block::Cut;
use crate::event::TickSpan;
use crate::ingest::{Blocks, MappedFile};

/// How often a run reads its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Laps {
    /// Times, at least one.
    pub count: usize,
    /// How much later than the one before a lap is.
    pub period: TickSpan,
}

impl Default for Laps {
    fn default() -> Self {
        Self { count: 1, period: TickSpan(0) }
    }
}

/// Reads one input: its files in order, each cut at line ends.
#[derive(Debug)]
pub(crate) struct LaneReader<'a> {
    lane: usize,
    /// The files of the lane not begun yet, the next one last.
    files: Vec<usize>,
    /// The file that is being read, and where its next cut starts.
    current: Option<(usize, usize)>,
    all: &'a [MappedFile],
    block_bytes: usize,
    /// How many files make a lap.
    lap_files: usize,
    /// Files begun, of all laps.
    begun: usize,
    period: TickSpan,
    drained: bool,
}

impl<'a> LaneReader<'a> {
    /// A reader of `files`, indexes into `all`: those of the first lap, then those of the next.
    pub(crate) fn new(
        lane: usize,
        mut files: Vec<usize>,
        all: &'a [MappedFile],
        block_bytes: usize,
        laps: Laps,
    ) -> Self {
        let lap_files = (files.len() / laps.count.max(1)).max(1);
        files.reverse();
        let (current, begun, drained) = (None, 0, false);
        let period = laps.period;
        Self { lane, files, current, all, block_bytes, lap_files, begun, period, drained }
    }

    /// Whether the reader has said that there is no more.
    pub(crate) fn is_drained(&self) -> bool {
        self.drained
    }

    /// Reads no further.
    pub(crate) fn end(&mut self) {
        self.drained = true;
    }

    /// The next cut of the lane.
    pub(crate) fn next_cut(&mut self) -> Option<Cut> {
        let length = Blocks::new(self.rest()?, self.block_bytes).next()?.end;
        Some(self.cut(length))
    }

    /// What is left of the file that is being read, or the next one; never empty.
    pub(crate) fn rest(&mut self) -> Option<&'a [u8]> {
        let all = self.all;
        loop {
            if self.drained {
                return None;
            }
            let rest = self.current.map(|(file, start)| &all[file].bytes()[start..]);
            match rest.filter(|rest| !rest.is_empty()) {
                Some(rest) => return Some(rest),
                None => {
                    self.current = self.files.pop().map(|file| (file, 0));
                    self.begun += 1;
                    self.drained = self.current.is_none();
                }
            }
        }
    }

    /// Where in its file the [`rest`](Self::rest) that was given last begins.
    pub(crate) fn offset(&self) -> u64 {
        self.current.map_or(0, |(_, start)| start as u64)
    }

    /// The next `length` bytes of the [`rest`](Self::rest), which has as many.
    pub(crate) fn cut(&mut self, length: usize) -> Cut {
        let (file, start) = self.current.unwrap_or_default();
        self.current = Some((file, start + length));
        let lap = self.begun.saturating_sub(1) / self.lap_files;
        let shift = TickSpan(self.period.0.saturating_mul(lap as i64));
        Cut { lane: self.lane, file, bytes: start..start + length, lap, shift }
    }
}
