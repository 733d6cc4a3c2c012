//! What a line becomes: facts about Azure's records, a naive second opinion, and hostile bytes.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod edits; // changes to well-formed records
mod facts; // one table per trap of the log format
mod oracle; // random records, normalized a second time by naive code
mod random; // where those come from
mod records; // well-formed records in Azure's shape
mod robustness; // any bytes, any block size
mod skeletons; // lines read along skeletons, and the parser they stand in for

use vaultdrill::event::EventView;
use vaultdrill::ingest::{LineParser, ParsedBlock, Reason, parse_block};

/// Parses text as one block.
fn parse(text: &str) -> ParsedBlock {
    let mut block = ParsedBlock::default();
    parse_block(&mut LineParser::new(), text.as_bytes(), 0, 0, &mut block);
    block
}

/// Parses a single record, which must be an event, and hands it to `check`.
fn with_event<R>(line: &str, check: impl FnOnce(EventView<'_>) -> R) -> R {
    let block = parse(line);
    assert_eq!(block.batch.events.len(), 1, "{line}: {:?}", block.malformed);
    check(block.batch.view(0))
}

/// The reason why a single line is malformed.
fn reason(line: &str) -> Option<Reason> {
    parse(line).malformed.first().map(|malformed| malformed.reason)
}
