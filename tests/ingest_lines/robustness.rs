//! Any bytes give records, malformed records and blank lines, whatever the block size.

use proptest::prelude::*;
use vaultdrill::event::{Batch, Field, Origin};
use vaultdrill::ingest::{Blocks, LineParser, MAX_LINE_BYTES, ParsedBlock, Reason, parse_block};

use crate::records::record;
use crate::{parse, reason};

#[test]
fn malformed_lines_are_counted_with_offset_and_reason() {
    let good = record(0);
    let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(64), "]".repeat(64));
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_LINE_BYTES));
    let lines: [(&[u8], Reason); 12] = [
        (b"{\"time\":", Reason::NotJson),
        (b"7", Reason::NotAnObject),
        (b"\"text\"", Reason::NotAnObject),
        (b"{\"a\":\"\xff\"}", Reason::NotUtf8),
        (b"\xff\xfe{\0\"\0a\0", Reason::Utf16),
        (b"\xfe\xff\0{\0\"\0a", Reason::Utf16),
        (long.as_bytes(), Reason::TooLong),
        (deep.as_bytes(), Reason::TooDeep),
        (b"{\"category\":\"Administrative\"}", Reason::NoTime),
        (b"{\"category\":\"Administrative\",\"time\":\"yesterday\"}", Reason::NoTime),
        (b"{\"hello\":\"world\"}", Reason::UnknownShape),
        (b"{x}", Reason::NotJson),
    ];
    let mut text = Vec::new();
    let mut expected = Vec::new();
    for (line, reason) in lines {
        text.extend_from_slice(good.as_bytes());
        text.extend_from_slice(b"\n\r\n  \n");
        expected.push((text.len() as u64 + 1000, expected.len() as u32 * 2 + 1, reason));
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    let mut block = ParsedBlock::default();
    parse_block(&mut LineParser::new(), &text, 3, 1000, &mut block);
    let found: Vec<_> =
        block.malformed.iter().map(|bad| (bad.offset, bad.record, bad.reason)).collect();
    assert_eq!(found, expected);
    assert_eq!((block.records, block.batch.events.len()), (24, 12));
    assert_eq!(block.record_of_event, (0..24).step_by(2).collect::<Vec<u32>>());
    assert_eq!(block.batch.events[0].origin, Origin { file: 3, offset: 1000 });
}

#[test]
fn sixty_four_levels_are_parsed_and_one_more_is_not() {
    let nested =
        |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert_eq!(reason(&nested(64)), Some(Reason::UnknownShape));
    assert_eq!(reason(&nested(65)), Some(Reason::TooDeep));
    assert_eq!(reason(&"[".repeat(100_000)), Some(Reason::Unclosed));
    let wide = format!(r#"{{"a":[{}[]]}}"#, "[],".repeat(1000));
    assert_eq!(reason(&wide), Some(Reason::UnknownShape));
}

#[test]
fn crlf_blank_lines_and_a_missing_last_newline_work() {
    let (first, second) = (record(0), record(1));
    let block = parse(&format!("\r\n{first}\r\n\r\n\n{second}"));
    assert_eq!((block.records, block.batch.events.len(), block.malformed.len()), (2, 2, 0));
    assert_eq!(block.batch.events[0].origin.offset, 2);
    assert_eq!(block.batch.events[1].origin.offset, 2 + first.len() as u64 + 5);
    assert_eq!(parse("").records, 0);
}

#[test]
fn a_block_of_garbage_costs_sixteen_bytes_a_line() {
    assert_eq!(size_of::<vaultdrill::ingest::Malformed>(), 16);
    let block = parse(&"x\n".repeat(10_000));
    assert_eq!((block.records, block.malformed.len()), (10_000, 10_000));
}

/// Everything a run can see of `text` parsed in blocks of `block_bytes`.
fn seen(text: &[u8], block_bytes: usize) -> (Vec<String>, Vec<(u64, Reason)>, [u64; 3]) {
    let (mut events, mut malformed, mut counts) = (Vec::new(), Vec::new(), [0; 3]);
    let (mut parser, mut block) = (LineParser::new(), ParsedBlock::default());
    for range in Blocks::new(text, block_bytes) {
        parse_block(&mut parser, &text[range.clone()], 0, range.start as u64, &mut block);
        assert_eq!(
            block.records as usize,
            block.batch.events.len() + block.malformed.len() + block.foreign as usize
        );
        for (view, record) in block.batch.views().zip(&block.record_of_event) {
            let fields: Vec<_> = Field::ALL.iter().map(|&field| view.display(field)).collect();
            let record = counts[0] + u64::from(*record);
            events.push(format!("{record} {:?} {} {fields:?}", view.event.origin, view.event.time));
        }
        malformed.extend(block.malformed.iter().map(|bad| (bad.offset, bad.reason)));
        counts[0] += u64::from(block.records);
        counts[1] += u64::from(block.foreign);
        counts[2] += block.duplicate_keys;
    }
    (events, malformed, counts)
}

/// Lines of every sort: records, damaged records, noise.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let valid = (0..40_u64).prop_map(|n| record(n).into_bytes());
    let truncated = (0..40_u64, any::<prop::sample::Index>()).prop_map(|(n, end)| {
        let line = record(n).into_bytes();
        line[..end.index(line.len())].to_vec()
    });
    let mutated =
        (0..40_u64, prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8))
            .prop_map(|(n, changes)| {
                let mut line = record(n).into_bytes();
                for (place, byte) in changes {
                    let place = place.index(line.len());
                    line[place] = byte;
                }
                line
            });
    let structural =
        prop::collection::vec(prop::sample::select(&b"{}[]\",:\\tfn-0 \r\n\x00\xc3"[..]), 0..80);
    let noise = prop::collection::vec(any::<u8>(), 0..200);
    prop_oneof![4 => valid, 3 => mutated, 2 => truncated, 2 => structural, 2 => noise]
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any_line(), 0..12).prop_map(|lines| lines.join(&b'\n'))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The size of blocks changes nothing of what is seen, and nothing a file holds makes it panic.
    #[test]
    fn any_block_size_sees_the_same(text in any_text(), block_bytes in 1_usize..5000) {
        prop_assert_eq!(seen(&text, block_bytes), seen(&text, usize::MAX));
    }

    /// A line that gives an event or a foreign record is valid JSON to another parser too, and every
    /// line that is not is called malformed for a reason another parser agrees with.
    #[test]
    fn another_parser_agrees_on_what_is_json(mut line in any_line()) {
        line.retain(|&byte| byte != b'\n');
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let outcome = LineParser::new().parse(&line, Origin::default(), &mut Batch::default());
        let reason = outcome.err();
        let json = serde_json::from_slice::<serde_json::Value>(&line);
        let expected = match (std::str::from_utf8(&line), json) {
            (Err(_), _) if line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff") => {
                Some(Reason::Utf16)
            }
            (Err(_), _) => Some(Reason::NotUtf8),
            (_, Err(_)) => Some(Reason::NotJson),
            (_, Ok(value)) if !value.is_object() => Some(Reason::NotAnObject),
            _ => reason.filter(|reason| matches!(reason, Reason::UnknownShape | Reason::NoTime)),
        };
        prop_assert_eq!(reason, expected);
    }
}
