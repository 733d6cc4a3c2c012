//! Where the quotes of a line are, and whether it is plain: no backslash, no control character.
//!
//! Contract: of a plain line, what stands between the quotes of a string is its text as it is. One pass,
//! sixteen bytes at a time where the processor has such instructions: the compiler finds them.

use super::trace::PIECE;

/// Longest line that is read along a skeleton: ten times Azure's usual records.
pub(super) const MAX_SKELETON_BYTES: usize = 1 << 14;

/// Bytes that one word of the map stands for.
const BLOCK: usize = 64;

/// One bit for each byte of a line: whether it is a quote.
#[derive(Debug)]
pub(super) struct Quotes {
    /// One word more than the line needs, without a bit.
    words: Vec<u64>,
    /// The last bytes of the line, from where they start, and as many zeros behind them.
    last: usize,
    tail: [u8; 2 * PIECE],
}

impl Default for Quotes {
    fn default() -> Self {
        Self { words: Vec::new(), last: 0, tail: [0; 2 * PIECE] }
    }
}

impl Quotes {
    /// Finds the quotes of a line; false, and nothing to rely on, if the line is not plain, or too long.
    pub(super) fn find(&mut self, line: &[u8]) -> bool {
        self.words.clear();
        if line.len() > MAX_SKELETON_BYTES {
            return false;
        }
        let (blocks, rest) = line.as_chunks::<BLOCK>();
        let mut last = [b' '; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        let mut is_plain = !is_odd(&last);
        self.last = line.len().saturating_sub(PIECE);
        self.tail = [0; 2 * PIECE];
        self.tail[..line.len() - self.last].copy_from_slice(&line[self.last..]);
        self.words.extend(blocks.iter().map(|block| {
            is_plain &= !is_odd(block);
            quotes_of(block)
        }));
        self.words.extend([quotes_of(&last), 0]);
        is_plain
    }

    /// What follows from `at` on, near the end of the line: zeros stand behind it.
    pub(super) fn tail(&self, at: usize) -> Option<&[u8; PIECE]> {
        self.tail.get(at.checked_sub(self.last)?..)?.first_chunk()
    }

    /// The first quote at or behind `from`.
    #[inline]
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let (word, shift) = (from / BLOCK, from % BLOCK);
        // The next 64 bytes at once: where they end in the block depends on the line, not on the layout,
        // so that a branch on it would be mispredicted.
        let [this, next] = self.words.get(word..word + 2)? else { return None };
        let ahead = (this >> shift) | (next << 1 << (BLOCK - 1 - shift));
        if ahead != 0 {
            return Some(from + ahead.trailing_zeros() as usize);
        }
        let rest = self.words.get(word + 1..)?;
        let (skipped, bits) = rest.iter().enumerate().find(|(_, bits)| **bits != 0)?;
        Some((word + 1 + skipped) * BLOCK + bits.trailing_zeros() as usize)
    }
}

/// For each byte of a block, the bit that stands for its eighth of the block.
const EIGHTHS: [u8; BLOCK] = {
    let mut bits = [0; BLOCK];
    let mut at = 0;
    while at < BLOCK {
        bits[at] = 1 << (at / 8);
        at += 1;
    }
    bits
};

/// The bits of a block's quotes. Written so that the compiler compares sixteen bytes at once.
#[inline]
fn quotes_of(block: &[u8; BLOCK]) -> u64 {
    let mut marks = [0; BLOCK];
    for at in 0..BLOCK {
        marks[at] = if block[at] == b'"' { EIGHTHS[at] } else { 0 };
    }
    let mut bits = 0;
    for eight in marks.as_chunks::<8>().0 {
        bits |= u64::from_le_bytes(*eight);
    }
    // Each byte has a bit of each eighth now: what is wanted, with rows and columns exchanged. They
    // change places by single bits, then by squares of four, then of sixteen.
    for (distance, mask) in
        [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0xf0f0_f0f0)]
    {
        let moved = (bits ^ (bits >> distance)) & mask;
        bits ^= moved ^ (moved << distance);
    }
    bits
}

/// Whether a block has a backslash or a control character.
#[inline]
fn is_odd(block: &[u8; BLOCK]) -> bool {
    let mut is_odd = false;
    for byte in block {
        is_odd |= (*byte < b' ') | (*byte == b'\\');
    }
    is_odd
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_byte_is_told_at_each_place() {
        for byte in 0..=u8::MAX {
            for place in 0..BLOCK {
                let mut block = [b'x'; BLOCK];
                block[place] = byte;
                let expected = u64::from(byte == b'"') << place;
                assert_eq!(quotes_of(&block), expected, "{byte} at {place}");
                let expected = byte < b' ' || byte == b'\\';
                assert_eq!(is_odd(&block), expected, "{byte} at {place}");
            }
        }
    }

    proptest! {
        /// The next quote is where looking byte by byte finds it.
        #[test]
        fn quotes_are_where_they_are(
            line in prop::collection::vec(prop::sample::select(&b"\"\"xxxxxxxxxxxxxxxxxxxxxxxxx"[..]), 0..300),
            from in 0_usize..320,
        ) {
            let mut quotes = Quotes::default();
            prop_assert!(quotes.find(&line));
            let expected = (from..line.len()).find(|&at| line[at] == b'"');
            prop_assert_eq!(quotes.next(from), expected);
        }
    }

    #[test]
    fn long_lines_are_not_scanned() {
        let mut quotes = Quotes::default();
        assert!(quotes.find(&vec![b'x'; MAX_SKELETON_BYTES]));
        assert!(!quotes.find(&vec![b'x'; MAX_SKELETON_BYTES + 1]));
        assert_eq!(quotes.next(0), None);
    }
}
