//! Parses a block of lines into a batch of events and an account of everything else.
//!
//! Contract: records = events + malformed + foreign; blank lines are no records. Memory is bounded by
//! the block: a malformed line costs sixteen bytes and keeps none of its text.

use super::line::{LineParser, Reason, Record};
use crate::event::{Batch, Origin};

/// What some editors and exports put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a block holds. Reused from block to block.
#[derive(Debug, Default)]
pub struct ParsedBlock {
    /// The events, in file order.
    pub batch: Batch,
    /// For each event, the number of its record within the block.
    pub record_of_event: Vec<u32>,
    /// How many records the block has.
    pub records: u32,
    /// The records that could not be used, in file order.
    pub malformed: Vec<Malformed>,
    /// Resource logs of another provider or category.
    pub foreign: u32,
    /// Keys of interest that occurred again in their object; the last one won.
    pub duplicate_keys: u64,
    /// Records that were read along a skeleton of lines before; simd-json read the others.
    pub read_along_skeletons: u64,
}

/// A record that could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Byte offset of its first byte in the file.
    pub offset: u64,
    /// Number of the record within the block.
    pub record: u32,
    /// Why.
    pub reason: Reason,
}

impl ParsedBlock {
    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.batch.clear();
        self.record_of_event.clear();
        self.malformed.clear();
        (self.records, self.foreign) = (0, 0);
        (self.duplicate_keys, self.read_along_skeletons) = (0, 0);
    }
}

/// Whether a line that starts at that offset of its file is a record: blank lines are none.
pub(crate) fn is_record(line: &[u8], offset: u64) -> bool {
    let mark = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| offset == 0);
    !mark.unwrap_or(line).iter().all(u8::is_ascii_whitespace)
}

/// Replaces what `out` holds by the records of `bytes`: whole lines that start at `base_offset` of
/// input file number `file`. The last line may lack its newline.
///
/// # Panics
/// If the block has 4 Gi records, or 4 GiB of text in its events.
pub fn parse_block(
    parser: &mut LineParser,
    bytes: &[u8],
    file: u32,
    base_offset: u64,
    out: &mut ParsedBlock,
) {
    out.clear();
    parse_more(parser, bytes, file, base_offset, out);
}

/// As [`parse_block`], but adds to what `out` holds: the lines before these in the file, for a caller
/// who looks at the records of each piece while they are in the cache.
///
/// # Panics
/// As there.
pub fn parse_more(
    parser: &mut LineParser,
    bytes: &[u8],
    file: u32,
    base_offset: u64,
    out: &mut ParsedBlock,
) {
    let duplicates_before = parser.duplicate_keys();
    let along_before = parser.read_along_skeletons();
    // A byte order mark is no part of the first record.
    let mark = bytes.strip_prefix(BYTE_ORDER_MARK).filter(|_| base_offset == 0);
    let mut start = mark.map_or(0, |_| BYTE_ORDER_MARK.len());
    for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
        let line = &bytes[start..end];
        let origin = Origin { file, offset: base_offset + start as u64 };
        start = end + 1;
        if !is_record(line, origin.offset) {
            continue;
        }
        let record = out.records;
        out.records = record.checked_add(1).expect("a block holds under 4 Gi records");
        match parser.parse(line, origin, &mut out.batch) {
            Ok(Record::Event) => out.record_of_event.push(record),
            Ok(Record::Foreign) => out.foreign += 1,
            Err(reason) => {
                out.malformed.push(Malformed { offset: origin.offset, record, reason });
            }
        }
    }
    out.duplicate_keys += parser.duplicate_keys() - duplicates_before;
    out.read_along_skeletons += parser.read_along_skeletons() - along_before;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Blocks;

    #[test]
    fn lines_added_piece_by_piece_are_those_of_the_whole() {
        let record = |category: &str, id: &str| {
            let time = r#""time":"2026-03-02T08:00:00Z","operationName":"SecretGet""#;
            format!(r#"{{{time},"category":"{category}","resourceId":"{id}"}}"#)
        };
        let vault = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V";
        let [good, foreign] = [record("AuditEvent", vault), record("Console", "/SUBSCRIPTIONS/S")];
        let (good, foreign) = (good.as_str(), foreign.as_str());
        let text = [good, "", "{", foreign, good, good, "nothing", "  ", good].join("\n");
        let (mut parser, mut whole) = (LineParser::new(), ParsedBlock::default());
        parse_block(&mut parser, text.as_bytes(), 0, 0, &mut whole);
        assert_eq!((whole.records, whole.batch.events.len(), whole.malformed.len()), (7, 4, 2));
        for size in [1, 90, 200, 10_000] {
            let mut pieces = ParsedBlock::default();
            for piece in Blocks::new(text.as_bytes(), size) {
                let start = piece.start as u64;
                parse_more(&mut parser, &text.as_bytes()[piece], 0, start, &mut pieces);
            }
            assert_eq!((pieces.records, pieces.foreign), (whole.records, whole.foreign));
            assert_eq!(pieces.record_of_event, whole.record_of_event);
            assert_eq!(pieces.malformed, whole.malformed);
            let origins = |block: &ParsedBlock| -> Vec<_> {
                block.batch.events.iter().map(|event| event.origin).collect()
            };
            assert_eq!(origins(&pieces), origins(&whole));
        }
    }
}
