//! Reads lines along skeletons: what is the same in every line of a layout is compared, not parsed.
//!
//! A skeleton is a line without its scalars: keys and punctuation, in their order, down to the spaces.
//! It is learned from a line that simd-json has accepted; a later line that differs from it only in its
//! scalars needs no parser. Contract: a line read so gives what simd-json's path gives, because it is
//! valid JSON by construction: its strings hold no backslash and no control character, its text is
//! UTF-8, its numbers are short and whole, and of its keys none is repeated in its object. Whatever is
//! not plainly so is left to simd-json (`tests/ingest_lines/skeletons.rs`). No line that matches costs an
//! allocation. Memory is bounded: see [`tree`] and [`trace`].
//!
//! Where lines do not match, trying is paused, for longer each time, so that a log without layouts is
//! read as if there were no skeletons.

mod scan;
mod scope;
mod trace;
mod tree;

use simd_json::Tape;

use self::scan::Quotes;
use self::trace::Tracer;
use self::tree::Tree;
use super::value::Learned;
use crate::event::Source;

/// Credit with which trying starts, and the most there can be. A line that does not match costs one, a
/// line that does earns one: while fewer than half do, what trying costs the others is not surely saved.
const TRIAL_CREDIT: u32 = 16;
const MAX_CREDIT: u32 = 256;

/// Lines that are not tried once the credit is spent: at first, and at most.
const MIN_PAUSE: u32 = 64;
const MAX_PAUSE: u32 = 4096;

/// Most lines that could be learned and are passed over after one that turned out not to be.
const MAX_PATIENCE: u32 = 128;

/// The skeletons of the lines so far, and memory to read along them.
#[derive(Debug)]
pub(super) struct Skeletons {
    tree: Tree,
    quotes: Quotes,
    tracer: Tracer,
    values: Tape<'static>,
    credit: u32,
    /// How many lines are still not to be tried, and how many the next time.
    pause: u32,
    next_pause: u32,
    /// How many lines are still not to be learned, and how many the next time.
    wait: u32,
    patience: u32,
}

/// What became of a line.
#[derive(Debug)]
pub(super) enum Attempt<R> {
    /// It was read.
    Read(R),
    /// It has no known skeleton, and none that could be learned or none that should be now.
    Unknown,
    /// Its skeleton is worth learning, if it is a record at all.
    New,
}

impl Skeletons {
    /// No skeletons yet. `sources` are the places that values are wanted from beside the usual ones.
    pub(super) fn new(sources: &[Source]) -> Self {
        Self {
            tree: Tree::default(),
            quotes: Quotes::default(),
            tracer: Tracer::new(sources),
            values: Tape(Vec::new()),
            credit: TRIAL_CREDIT,
            pause: 0,
            next_pause: MIN_PAUSE,
            wait: 0,
            patience: 0,
        }
    }

    /// Hands the values of the line to `read`, if its skeleton is known.
    pub(super) fn read<R>(
        &mut self,
        line: &[u8],
        read: impl FnOnce(Learned<'_, '_>) -> R,
    ) -> Attempt<R> {
        if self.pause > 0 {
            self.pause -= 1;
            return Attempt::Unknown;
        }
        // Files of some systems end their lines with it.
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = if self.quotes.find(line) { std::str::from_utf8(line).ok() } else { None };
        let Some(text) = text else {
            self.miss();
            return Attempt::Unknown;
        };
        let mut values = std::mem::replace(&mut self.values, Tape(Vec::new())).reset();
        let places = self.tree.walk(text, &self.quotes, &mut values.0);
        let outcome = places.map(|places| read(Learned { values: &values.0, places }));
        self.values = values.reset();
        match outcome {
            Some(outcome) => {
                self.credit = (self.credit + 1).min(MAX_CREDIT);
                self.next_pause = MIN_PAUSE;
                Attempt::Read(outcome)
            }
            None => {
                self.miss();
                self.wait = self.wait.saturating_sub(1);
                if self.wait == 0 && !self.tree.is_full() { Attempt::New } else { Attempt::Unknown }
            }
        }
    }

    /// Learns the skeleton of a line that was called [`Attempt::New`] and that simd-json has accepted.
    pub(super) fn learn(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let trace = std::str::from_utf8(line).ok().and_then(|text| self.tracer.trace(text));
        let is_learned = trace.is_some_and(|trace| self.tree.add(trace));
        self.patience = if is_learned { 0 } else { (2 * self.patience).clamp(1, MAX_PATIENCE) };
        self.wait = self.patience + 1;
    }

    fn miss(&mut self) {
        self.credit -= 1;
        if self.credit == 0 {
            self.credit = TRIAL_CREDIT;
            self.pause = self.next_pause;
            self.next_pause = (2 * self.next_pause).min(MAX_PAUSE);
        }
    }
}
