//! Parses a block of lines, or the elements of a container, into a batch of events and an account of
//! everything else.
//!
//! Contract: records = events + malformed + foreign; blank lines are no records. Memory is bounded by
//! the block: a malformed line costs sixteen bytes and keeps none of its text.

use std::ops::Range;

use super::line::{LineParser, Reason, Record};
use super::splitter::{BYTE_ORDER_MARK, Found, Records};
use crate::event::{Batch, Origin};

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

    /// Accounts for one more record; its event is in the batch already.
    fn add(&mut self, origin: Origin, outcome: Result<Record, Reason>) {
        let record = self.records;
        self.records = record.checked_add(1).expect("a block holds under 4 Gi records");
        match outcome {
            Ok(Record::Event) => self.record_of_event.push(record),
            Ok(Record::Foreign) => self.foreign += 1,
            Err(reason) => {
                self.malformed.push(Malformed { offset: origin.offset, record, reason });
            }
        }
    }
}

/// Whether a line is a record: blank ones are none, with or without a byte order mark.
pub(crate) fn is_record(line: &[u8]) -> bool {
    !line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line).iter().all(u8::is_ascii_whitespace)
}

/// Replaces what `out` holds by the records of `bytes`: whole lines that start at `base_offset` of
/// input file number `file`. The last line may lack its newline. A line may hold a container, or several
/// documents, and documents may go on over lines that begin with no opening bracket.
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
    let before = Tally::of(parser);
    // A byte order mark is no part of the first record.
    let mark = bytes.strip_prefix(BYTE_ORDER_MARK).filter(|_| base_offset == 0);
    let mut start = mark.map_or(0, |_| BYTE_ORDER_MARK.len());
    for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
        if end < start {
            // A document has gone on behind its first line.
            continue;
        }
        let line = trimmed_range(bytes, start, end);
        start = end + 1;
        if line.is_empty() {
            continue;
        }
        let origin = Origin { file, offset: base_offset + line.start as u64 };
        match parser.parse(&bytes[line.clone()], origin, &mut out.batch) {
            Ok(record) => out.add(origin, Ok(record)),
            Err(reason) => {
                let at = Origin { file, offset: base_offset };
                start = split(parser, bytes, (line, reason), at, out);
            }
        }
    }
    before.add_since(parser, out);
}

/// Adds records, from where `records` stands up to `until`: of a whole file's bytes.
pub(crate) fn parse_records(
    parser: &mut LineParser,
    bytes: &[u8],
    records: &mut Records<'_>,
    until: usize,
    file: u32,
    out: &mut ParsedBlock,
) {
    let before = Tally::of(parser);
    while records.reached().0 < until || until == bytes.len() {
        let Some(found) = records.next() else { break };
        add_found(parser, bytes, found, Origin { file, offset: 0 }, out);
    }
    before.add_since(parser, out);
}

/// Adds the records of a line that is none itself, and of those that a document on it goes on over; gives
/// where the next line begins. `reason` is why the line is no record, and `at` where `bytes` begin.
fn split(
    parser: &mut LineParser,
    bytes: &[u8],
    (line, reason): (Range<usize>, Reason),
    at: Origin,
    out: &mut ParsedBlock,
) -> usize {
    let mut records = Records::of_lines(bytes, line.start).within(parser.envelope_records());
    while let Some(found) = records.next() {
        if found.bytes == line {
            let origin = Origin { offset: at.offset + line.start as u64, ..at };
            out.add(origin, Err(found.fault.unwrap_or(reason)));
        } else {
            add_found(parser, bytes, found, at, out);
        }
        if records.is_between_lines() {
            break;
        }
    }
    records.reached().0
}

/// Adds a record, or those of an element that is a container itself; `at` is where `bytes` begin.
fn add_found(
    parser: &mut LineParser,
    bytes: &[u8],
    found: Found,
    at: Origin,
    out: &mut ParsedBlock,
) {
    let (origin, outcome) = parse_found(parser, bytes, &found, at, out);
    if !outcome.is_err_and(Reason::may_be_container) {
        return out.add(origin, outcome);
    }
    let most = parser.envelope_records();
    for inner in Records::inside(bytes, found.bytes).within(most) {
        let (origin, outcome) = parse_found(parser, bytes, &inner, at, out);
        out.add(origin, outcome);
    }
}

/// Parses a record, whose event is in the batch then, and says where it is.
fn parse_found(
    parser: &mut LineParser,
    bytes: &[u8],
    found: &Found,
    at: Origin,
    out: &mut ParsedBlock,
) -> (Origin, Result<Record, Reason>) {
    let origin = Origin { offset: at.offset + found.bytes.start as u64, ..at };
    let outcome = match found.fault {
        Some(reason) => Err(reason),
        None => parser.parse(&bytes[found.bytes.clone()], origin, &mut out.batch),
    };
    (origin, outcome)
}

/// A line without the blanks around it.
fn trimmed_range(bytes: &[u8], start: usize, end: usize) -> Range<usize> {
    let line = &bytes[start..end];
    let start = start + (line.len() - line.trim_ascii_start().len());
    start..start + line.trim_ascii().len()
}

/// What a parser has counted so far.
struct Tally {
    duplicate_keys: u64,
    read_along: u64,
}

impl Tally {
    fn of(parser: &LineParser) -> Self {
        let (duplicate_keys, read_along) = (parser.duplicate_keys(), parser.read_along_skeletons());
        Self { duplicate_keys, read_along }
    }

    fn add_since(&self, parser: &LineParser, out: &mut ParsedBlock) {
        let now = Self::of(parser);
        out.duplicate_keys += now.duplicate_keys - self.duplicate_keys;
        out.read_along_skeletons += now.read_along - self.read_along;
    }
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
