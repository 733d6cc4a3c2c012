//! The inputs of a run, opened, and cut into blocks lane by lane.
//!
//! Lines are cut without being looked at, anywhere near the end of a block where one begins like a
//! document. Documents that go on behind their line at the start of a file, and lines or documents longer
//! than a block, are walked through instead, record by record, and cut between two of them.
//!
//! A corpus too short for what it is to last is read again, lap after lap: the reader is then given its
//! files several times over, and the cuts of each lap are shifted in time, so that one lap follows
//! the other.

use super::block::Cut;
use crate::event::TickSpan;
use crate::ingest::{MappedFile, Records, State, boundary};

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

/// How far behind its size a block of lines may reach before its records are looked for one by one.
const MAX_OVERHANG_BYTES: usize = 1 << 20;

/// Reads one input: its files in order, each cut at line ends.
#[derive(Debug)]
pub(crate) struct LaneReader<'a> {
    lane: usize,
    /// The files of the lane not begun yet, the next one last.
    files: Vec<usize>,
    /// The file that is being read, and where its next cut starts.
    current: Option<(usize, usize)>,
    /// How reading stands there.
    state: State,
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
        let state = State::START;
        Self { lane, files, current, state, all, block_bytes, lap_files, begun, period, drained }
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
        let rest = self.rest()?;
        let (file, start) = self.current?;
        let mut records = Records::resume(self.all[file].bytes(), start, self.state);
        if self.state == State::START && !records.is_over_lines() {
            self.state = State::LINES;
        }
        if self.state == State::LINES {
            let reach = self.block_bytes.saturating_add(MAX_OVERHANG_BYTES);
            let is_last = rest.len() <= reach;
            let found = boundary(&rest[..reach.min(rest.len())], self.block_bytes);
            if let Some(length) = found.or(is_last.then_some(rest.len())) {
                return Some(self.cut(length));
            }
        }
        Some(self.cut_records(records, start))
    }

    /// A cut behind as many records as make a block.
    fn cut_records(&mut self, mut records: Records<'_>, start: usize) -> Cut {
        let end = loop {
            let has_more = records.next().is_some();
            let (at, _) = records.reached();
            if !has_more || at - start >= self.block_bytes || records.is_at_boundary() {
                break at;
            }
        };
        let (_, next_state) = records.reached();
        let cut = Cut { walk: Some(self.state), ..self.cut(end - start) };
        self.state = next_state;
        cut
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
                    self.state = State::START;
                    self.begun += 1;
                    self.drained = self.current.is_none();
                }
            }
        }
    }

    /// The next `length` bytes of the [`rest`](Self::rest), which has as many, as lines.
    pub(crate) fn cut(&mut self, length: usize) -> Cut {
        let (file, start) = self.current.unwrap_or_default();
        self.current = Some((file, start + length));
        let lap = self.begun.saturating_sub(1) / self.lap_files;
        let shift = TickSpan(self.period.0.saturating_mul(lap as i64));
        let bytes = start..start + length;
        Cut { lane: self.lane, file, bytes, walk: None, lap, shift }
    }
}
