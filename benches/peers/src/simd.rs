//! simd-json: the whole document on a reused tape, whose nodes are visited once.

use simd_json::{Buffers, Node, Tape};

use crate::Failure;
use crate::blocks::Walk;

/// Reused from line to line.
pub(crate) struct Walker {
    buffers: Buffers,
    tape: Tape<'static>,
}

impl Default for Walker {
    fn default() -> Self {
        Self { buffers: Buffers::default(), tape: Tape(Vec::new()) }
    }
}

impl Walk for Walker {
    fn walk(&mut self, line: &mut [u8], len: usize) -> Result<u64, Failure> {
        let mut tape = std::mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        simd_json::fill_tape_padded(line, len, &mut self.buffers, &mut tape)?;
        let nodes = tape.0.iter().map(|node| match node {
            Node::String(text) => text.len() as u64,
            Node::Object { len, .. } | Node::Array { len, .. } => *len as u64,
            Node::Static(_) => 1,
        });
        let sum = nodes.sum();
        self.tape = tape.reset();
        Ok(sum)
    }
}
