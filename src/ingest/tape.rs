//! simd-json's tape with reused memory.
//!
//! Contract: any text gives a root or a reason. Text is parsed in padded scratch: without padding,
//! simd-json copies it a second time (about 5 % of a line).

use std::{fmt, mem};

use simd_json::{Buffers, ErrorType, INPUT_PADDING, Tape};

use super::line::{MAX_DEPTH, Reason};
use super::value::Value;

/// The memory to parse one text after another.
pub(super) struct Document {
    scratch: Vec<u8>,
    buffers: Buffers,
    tape: Tape<'static>,
}

impl Document {
    pub(super) fn new() -> Self {
        let buffers = Buffers::with_max_depth(0, MAX_DEPTH);
        Self { scratch: Vec::new(), buffers, tape: Tape(Vec::new()) }
    }

    /// Parses what is nested no deeper than `depth` from now on.
    pub(super) fn limit_depth(&mut self, depth: usize) {
        self.buffers = Buffers::with_max_depth(0, depth);
    }

    /// Parses `text` and hands the root to `read`.
    pub(super) fn parse<R>(
        &mut self,
        text: &[u8],
        read: impl FnOnce(Value<'_, '_>) -> R,
    ) -> Result<R, Reason> {
        self.scratch.clear();
        self.scratch.extend_from_slice(text);
        self.scratch.extend_from_slice(&[b' '; INPUT_PADDING]);
        let mut tape = mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let filled = simd_json::fill_tape_padded(
            &mut self.scratch,
            text.len(),
            &mut self.buffers,
            &mut tape,
        );
        let outcome = match filled {
            Ok(()) => Ok(read(Value::Tape(&tape.0))),
            Err(_) if std::str::from_utf8(text).is_err() => Err(no_text(text)),
            Err(error) if *error.error() == ErrorType::DepthLimitExceeded => Err(Reason::TooDeep),
            Err(_) => Err(Reason::NotJson),
        };
        self.tape = tape.reset();
        outcome
    }
}

/// Why bytes are no text.
fn no_text(bytes: &[u8]) -> Reason {
    const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
    let is_utf16 = UTF16_MARKS.iter().any(|mark| bytes.starts_with(mark));
    if is_utf16 { Reason::Utf16 } else { Reason::NotUtf8 }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").finish_non_exhaustive()
    }
}
