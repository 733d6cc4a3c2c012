//! Cuts bytes into blocks at line ends, so that each block can be parsed on its own.
//!
//! Contract: blocks are contiguous, cover everything, and every block but the last ends with a newline
//! and is followed by an opening bracket: lines that begin otherwise may go on with what precedes them.
//! Bytes are looked at only around the cuts.

use std::ops::Range;

use super::splitter::is_boundary;

/// Where the first line begins that starts with an opening bracket, at or behind `from`.
pub(crate) fn boundary(bytes: &[u8], from: usize) -> Option<usize> {
    let lines = memchr::memchr_iter(b'\n', bytes.get(from.saturating_sub(1)..)?);
    lines.map(|newline| from.saturating_sub(1) + newline + 1).find(|&at| is_boundary(bytes, at))
}

/// The ranges of the blocks, in order.
#[derive(Clone, Debug)]
pub struct Blocks<'a> {
    bytes: &'a [u8],
    block_bytes: usize,
    start: usize,
}

impl<'a> Blocks<'a> {
    /// Blocks of at least `block_bytes` (at least one byte), each as long as its last line
    /// needs, and those that go on with it.
    pub fn new(bytes: &'a [u8], block_bytes: usize) -> Self {
        Self { bytes, block_bytes: block_bytes.max(1), start: 0 }
    }
}

impl Iterator for Blocks<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = &self.bytes[self.start..];
        if rest.is_empty() {
            return None;
        }
        let length = boundary(rest, self.block_bytes).unwrap_or(rest.len());
        let block = self.start..self.start + length;
        self.start = block.end;
        Some(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_longer_than_a_block_makes_a_longer_block() {
        let blocks: Vec<_> = Blocks::new(b"{}\n{bbbbbbb\n[\n{", 4).collect();
        assert_eq!(blocks, [0..12, 12..15]);
        assert_eq!(Blocks::new(b"{}\n", 3).next(), Some(0..3));
        assert_eq!(Blocks::new(b"{\n}\n {}\n{}", 1).next(), Some(0..8));
        assert_eq!(Blocks::new(b"", 4).count(), 0);
    }

    proptest! {
        /// Blocks joined are the input, and every block but the last is followed by a line that begins with
        /// a bracket.
        #[test]
        fn blocks_cover_the_input_and_end_at_line_ends(
            bytes in prop::collection::vec(prop::sample::select(&b"\n{[x"[..]), 0..200),
            block_bytes in 0_usize..40,
        ) {
            let mut end = 0;
            for block in Blocks::new(&bytes, block_bytes) {
                prop_assert_eq!(block.start, end);
                end = block.end;
                let is_whole = end == bytes.len() || is_boundary(&bytes, end);
                prop_assert!(is_whole);
                prop_assert!(block.len() >= block_bytes || end == bytes.len());
            }
            prop_assert_eq!(end, bytes.len());
        }
    }
}
