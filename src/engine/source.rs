//! The inputs of a run, opened, and cut into blocks lane by lane.

use super::block::Cut;
use crate::ingest::{Blocks, MappedFile};

/// Reads one input: its files in order, each cut at line ends.
#[derive(Debug)]
pub(crate) struct LaneReader<'a> {
    lane: usize,
    /// The files of the lane not begun yet, the next one last.
    files: Vec<usize>,
    current: Option<(usize, Blocks<'a>)>,
    all: &'a [MappedFile],
    block_bytes: usize,
    drained: bool,
}

impl<'a> LaneReader<'a> {
    /// A reader of `files`, indexes into `all`.
    pub(crate) fn new(
        lane: usize,
        mut files: Vec<usize>,
        all: &'a [MappedFile],
        block_bytes: usize,
    ) -> Self {
        files.reverse();
        Self { lane, files, current: None, all, block_bytes, drained: false }
    }

    /// Whether [`LaneReader::next_cut`] has said that there is no more.
    pub(crate) fn is_drained(&self) -> bool {
        self.drained
    }

    /// The next cut of the lane.
    pub(crate) fn next_cut(&mut self) -> Option<Cut> {
        loop {
            if let Some((file, blocks)) = &mut self.current
                && let Some(bytes) = blocks.next()
            {
                return Some(Cut { lane: self.lane, file: *file, bytes });
            }
            let Some(file) = self.files.pop() else {
                self.drained = true;
                return None;
            };
            self.current = Some((file, Blocks::new(self.all[file].bytes(), self.block_bytes)));
        }
    }
}
