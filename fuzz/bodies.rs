//! What is fuzzed: every parser of bytes that vaultdrill did not write itself, and what must hold of
//! whatever it is given.
//!
//! Each body takes any bytes and panics where a promise is broken. `tests/fuzz_seeds.rs` runs the same bodies
//! over the seeds and over mutations of them, so that they keep compiling and keep holding without a fuzzer.

use vaultdrill::drill::Drill;
use vaultdrill::engine::{Drive, Options, drive};
use vaultdrill::event::{Batch, Origin, TextField, TickSpan};
use vaultdrill::ingest::{
    Blocks, LineParser, ParsedBlock, Records, Unpack, parse_block, parse_more, resolve_inputs,
};
use vaultdrill::limits::Limits;
use vaultdrill::rules::{Query, RuleSet, parse_elastic_rule, parse_rule, rule_json, rule_text};
use vaultdrill::score::{AlertLog, Columns, ForeignFormat, Truth};
use vaultdrill::scrub::Scrubber;
use vaultdrill_generators::{Attack, Estate, LookAlike};

/// How much of an error's text is looked at: it must be there, and fit a terminal.
const MAX_MESSAGE_BYTES: usize = 64 << 10;

/// What a packed file may unpack to.
const MAX_UNPACKED_BYTES: u64 = 1 << 20;

/// One line: reading it along skeletons gives what reading it without gives, twice in a row.
pub fn line(data: &[u8]) {
    let origin = Origin { file: 0, offset: 0 };
    let mut oracle = LineParser::new().without_skeletons();
    let mut parser = LineParser::new();
    let mut expected = Batch::default();
    let outcome = oracle.parse(data, origin, &mut expected);
    // The first time teaches the skeleton, the second uses it.
    for _ in 0..2 {
        let mut found = Batch::default();
        assert_eq!(parser.parse(data, origin, &mut found), outcome);
        assert_eq!(found.events.len(), expected.events.len());
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    }
    let _ = parser.settings(data);
    let Ok(Some(text)) = parser.canonical(data).map(|text| text.map(str::to_owned)) else { return };
    assert!(!text.contains('\n'));
    let again = parser.canonical(text.as_bytes()).expect("a canonical record is a record");
    assert_eq!(again, Some(text.as_str()));
    let mut canonical = Batch::default();
    parser.parse(text.as_bytes(), origin, &mut canonical).expect("as before");
    let [is, was] = [&canonical, &expected].map(|batch| batch.view(0));
    for field in TextField::ALL {
        assert_eq!(is.text(field), was.text(field), "{field:?}");
    }
    assert_eq!(
        (is.event.time, is.event.outcome, is.event.access),
        (was.event.time, was.event.outcome, was.event.access)
    );
}

/// A record that is scrubbed is a record again, and the same each time.
pub fn scrub(data: &[u8]) {
    let mut parser = LineParser::new();
    let Ok(Some(text)) = parser.canonical(data).map(|text| text.map(str::to_owned)) else { return };
    let scrubbed = || Scrubber::new(&[7; 16]).expect("a key of 16 bytes").record(&text);
    let new = scrubbed().expect("a canonical record is JSON");
    assert_eq!(scrubbed().as_deref(), Ok(new.as_str()));
    assert!(!new.contains('\n'));
    let parse = |text: &str| {
        let mut batch = Batch::default();
        let origin = Origin { file: 0, offset: 0 };
        let outcome = LineParser::new().parse(text.as_bytes(), origin, &mut batch);
        (outcome, batch.events.first().map(|event| event.time))
    };
    assert_eq!(parse(&new), parse(&text));
}

/// A file: every record is an event, foreign or malformed, and pieces give what the whole gives.
pub fn envelope(data: &[u8]) {
    let mut whole = ParsedBlock::default();
    parse_block(&mut LineParser::new(), data, 0, 0, &mut whole);
    let events = whole.batch.events.len() as u64;
    let others = whole.malformed.len() as u64 + u64::from(whole.foreign);
    assert_eq!(u64::from(whole.records), events + others);
    let offsets: Vec<u64> = whole.batch.events.iter().map(|event| event.origin.offset).collect();
    assert!(offsets.is_sorted());
    let (mut parser, mut pieces) = (LineParser::new(), ParsedBlock::default());
    for piece in Blocks::new(data, 64) {
        parse_more(&mut parser, &data[piece.clone()], 0, piece.start as u64, &mut pieces);
    }
    assert_eq!((pieces.records, pieces.foreign), (whole.records, whole.foreign));
    assert_eq!(pieces.malformed, whole.malformed);
    let mut end = 0;
    for found in Records::new(data) {
        assert!(end <= found.bytes.start && found.bytes.end <= data.len());
        assert!(found.fault.is_some() || !found.bytes.is_empty());
        end = found.bytes.end;
    }
}

/// A file of any kind, packed, a table or neither: every record is accounted for, whatever the blocks.
pub fn csv(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = folder.path().join("logs.json");
    std::fs::write(&path, data).expect("it can be written");
    let rules = RuleSet::new(Vec::new()).expect("no rules are a set");
    let counts = [64, 1 << 20].map(|block_bytes| {
        let inputs = resolve_inputs(std::slice::from_ref(&path)).ok()?;
        let limits = Limits::default();
        let options = Options { workers: 1, block_bytes, lateness: TickSpan(0), limits };
        let unpack = Unpack { max_bytes: MAX_UNPACKED_BYTES, ..Unpack::default() };
        let how = Drive { unpack, ..Drive::default() };
        let outcome = drive(&how, &inputs, &[], &rules, &options, &mut |_, _| {}).ok()?;
        let counts = outcome.findings.counts;
        let others = outcome.findings.malformed.total + counts.foreign + counts.duplicates;
        assert_eq!(counts.records, counts.events + others);
        Some((counts.records, counts.events, counts.foreign, counts.duplicates))
    });
    assert_eq!(counts[0], counts[1]);
}

/// A rule file of either form, or a query: an accepted rule can be described, a fault has a message.
pub fn rule(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse_rule("fuzzed.toml", text) {
        Ok(rule) => {
            let _ = (rule_text(&rule), rule_json(&rule).to_string());
        }
        Err(fault) => message(&fault),
    }
    if let Err(fault) = parse_elastic_rule("fuzzed.toml", text) {
        message(&fault);
    }
    if let Err(fault) = Query::parse(text) {
        message(&fault);
    }
}

/// A scenario file of each kind.
pub fn scenario(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let base = include_str!("../scenarios/estates/midsize.toml");
    let estate = Estate::parse_with("fuzzed.toml", text, |_| Ok(base.to_owned()));
    estate.err().iter().for_each(message);
    Attack::parse("fuzzed.toml", text).err().iter().for_each(message);
    LookAlike::parse("fuzzed.toml", text).err().iter().for_each(message);
    Drill::parse("fuzzed.toml", text).err().iter().for_each(message);
}

/// Truth: what is accepted names each campaign once.
pub fn truth(data: &[u8]) {
    match Truth::read("truth.ndjson", data) {
        Ok(truth) => {
            let mut ids: Vec<_> = truth.campaigns.iter().map(|campaign| &campaign.id).collect();
            ids.sort_unstable();
            assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
        }
        Err(error) => message(&error),
    }
}

/// Alerts of our own form and of every other that is read, with and without evidence.
pub fn alerts(data: &[u8]) {
    match AlertLog::read("alerts.ndjson", data) {
        Ok(mut log) => {
            let _ = log.read_evidence("evidence.ndjson", data);
        }
        Err(error) => message(&error),
    }
    let columns = "time=time,rule=rule,identity=identity,correlation_id=id";
    let columns = Columns::parse(columns).expect("these columns are well formed");
    for format in [ForeignFormat::Elastic, ForeignFormat::Sentinel, ForeignFormat::Csv(columns)] {
        if let Err(error) = AlertLog::read_foreign("alerts", &format, data) {
            message(&error);
        }
    }
}

fn message(error: &impl std::fmt::Display) {
    let text = error.to_string();
    assert!(!text.is_empty() && text.len() < MAX_MESSAGE_BYTES, "{} bytes", text.len());
}
