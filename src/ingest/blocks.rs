//! Cuts bytes into blocks at line ends, so that each block can be parsed on its own.
//!
//! Contract: blocks are contiguous, cover everything, and every block but the last ends with a
//! newline. Bytes are looked at only around the cuts.

use std::ops::Range;

/// The ranges of the blocks, in order.
#[derive(Clone, Debug)]
pub struct Blocks<'a> {
    bytes: &'a [u8],
    block_bytes: usize,
    start: usize,
}

impl<'a> Blocks<'a> {
    /// Blocks of at least `block_bytes` (at least one byte), each as long as its last line needs.
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
        let searched = self.block_bytes - 1;
        let length = rest
            .get(searched..)
            .and_then(|tail| memchr::memchr(b'\n', tail))
            .map_or(rest.len(), |newline| searched + newline + 1);
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
        let blocks: Vec<_> = Blocks::new(b"aa\nbbbbbbbb\nc\nd", 4).collect();
        assert_eq!(blocks, [0..12, 12..15]);
        assert_eq!(Blocks::new(b"ab\n", 3).next(), Some(0..3));
        assert_eq!(Blocks::new(b"", 4).count(), 0);
    }

    proptest! {
        /// Blocks joined are the input, and every block but the last ends at a line end.
        #[test]
        fn blocks_cover_the_input_and_end_at_line_ends(
            bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'x')], 0..200),
            block_bytes in 0_usize..40,
        ) {
            let mut end = 0;
            for block in Blocks::new(&bytes, block_bytes) {
                prop_assert_eq!(block.start, end);
                end = block.end;
                prop_assert!(end == bytes.len() || bytes[end - 1] == b'\n');
                prop_assert!(block.len() >= block_bytes || end == bytes.len());
            }
            prop_assert_eq!(end, bytes.len());
        }
    }
}
