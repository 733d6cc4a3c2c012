//! What normalizing costs: full parsing to events beside only parsing the same lines, and beside reading
//! along skeletons, on logs of one layout, of many, of none, and where one line in four has one.
//!
//! `parse_only` is the floor that no consumer of simd-json can go under: each line is copied to reused
//! scratch, its tape filled and every node of it visited once.
//!
//! In the groups `one_layout`, `many_layouts`, `no_layout` and `mixed`, `simd_json` has every line read by
//! simd-json, `skeletons` reads as `detect` does; both keep the fields that the default pack asks for. The
//! throughputs stand side by side: their ratios are what counts. In `no_layout` every line has a number
//! that no skeleton has a place for.
//!
//! In the group `ingest`, on a mix of records, `normalize` keeps the canonical fields; the others add what
//! rules name beyond them: the fields of published rules, and a wildcard, for which every leaf of the
//! record is visited.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use simd_json::{Buffers, INPUT_PADDING, Node, Tape};
use vaultdrill::event::Extra;
use vaultdrill::ingest::{Blocks, LineParser, ParsedBlock, parse_block};

#[path = "../tests/ingest_lines/records.rs"]
mod records;

const RECORDS: u64 = 2000;
const BLOCK_BYTES: usize = 256 << 10;

/// Fields that published rules ask for.
const PUBLISHED: &[&str] = &[
    "event.action",
    "event.outcome",
    "source.ip",
    "azure.resource.name",
    "azure.platformlogs.identity.claim.upn",
    "azure.platformlogs.properties.id",
    "azure.activitylogs.operation_name",
    "azure.activitylogs.identity.claims_initiated_by_user.name",
];

/// Fills a tape for each line and gives the number of bytes in strings, which every node adds to.
fn parse_only(
    text: &[u8],
    scratch: &mut Vec<u8>,
    buffers: &mut Buffers,
    mut tape: Tape<'static>,
) -> (usize, Tape<'static>) {
    let mut string_bytes = 0;
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text) {
        scratch.clear();
        let line = &text[start..end];
        scratch.extend_from_slice(line);
        scratch.extend_from_slice(&[b' '; INPUT_PADDING]);
        start = end + 1;
        let mut filled = tape.reset();
        simd_json::fill_tape_padded(scratch, line.len(), buffers, &mut filled)
            .expect("the records are valid JSON");
        for node in &filled.0 {
            string_bytes += match node {
                Node::String(text) => text.len(),
                Node::Object { len, .. } | Node::Array { len, .. } => *len,
                Node::Static(_) => 1,
            };
        }
        tape = filled.reset();
    }
    (string_bytes, tape)
}

/// Fields that the default pack asks for.
const DEFAULT: &[&str] = &[
    "properties.addedIpRule.Value",
    "properties.requestbody.properties.networkAcls.ipRules.value",
    "properties.properties.networkAcls.defaultAction",
    "properties.properties.enableRbacAuthorization",
];

/// So many layouts that take turns, in `many_layouts`.
const LAYOUTS: u64 = 36;

fn parser(fields: &[&str]) -> LineParser {
    let fields = fields.iter().map(|field| Extra::named(field).expect("few short names"));
    LineParser::extracting(&fields.collect::<Vec<_>>())
}

/// Parses everything in blocks; gives the number of events.
fn parse_all(parser: &mut LineParser, text: &str, block: &mut ParsedBlock) -> u64 {
    let mut events = 0;
    for range in Blocks::new(black_box(text.as_bytes()), BLOCK_BYTES) {
        parse_block(parser, &text.as_bytes()[range], 0, 0, block);
        events += block.batch.events.len() as u64;
    }
    events
}

fn bench_parse_only(group: &mut BenchmarkGroup<'_, WallTime>, text: &str) {
    let (mut scratch, mut buffers) = (Vec::new(), Buffers::default());
    let mut tape = Some(Tape(Vec::new()));
    group.bench_function("parse_only", |bencher| {
        bencher.iter(|| {
            let spare = tape.take().expect("put back by the round before");
            let bytes = black_box(text.as_bytes());
            let (sum, spare) = parse_only(bytes, &mut scratch, &mut buffers, spare);
            tape = Some(spare);
            sum
        });
    });
}

/// A read of a secret; `member` is one more member, which makes a layout of its own.
fn read(n: u64, member: &str) -> String {
    let line = records::record(n / 8 * 20 + n % 8);
    line.replacen(",\"operationName\"", &format!("{member},\"operationName\""), 1) + "\n"
}

fn layouts(criterion: &mut Criterion) {
    let member = |n: u64| format!(",\"member{n}\":\"x\"");
    let logs = [
        ("one_layout", (0..RECORDS).map(|n| read(n, "")).collect::<String>()),
        ("many_layouts", (0..RECORDS).map(|n| read(n, &member(n * 7 % LAYOUTS))).collect()),
        ("no_layout", (0..RECORDS).map(|n| read(n, ",\"member\":1.5")).collect()),
        (
            "mixed",
            (0..RECORDS)
                .map(|n| read(n, if n % 4 == 0 { "" } else { ",\"member\":1.5" }))
                .collect(),
        ),
    ];
    for (name, text) in logs {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(text.len() as u64));
        bench_parse_only(&mut group, &text);
        let mut block = ParsedBlock::default();
        for (name, mut parser) in
            [("simd_json", parser(DEFAULT).without_skeletons()), ("skeletons", parser(DEFAULT))]
        {
            group.bench_function(name, |bencher| {
                bencher.iter(|| assert_eq!(parse_all(&mut parser, &text, &mut block), RECORDS));
            });
        }
        group.finish();
    }
}

fn ingest(criterion: &mut Criterion) {
    let text: String = (0..RECORDS).map(|n| records::record(n) + "\n").collect();
    let mut group = criterion.benchmark_group("ingest");
    group.throughput(Throughput::Bytes(text.len() as u64));
    bench_parse_only(&mut group, &text);

    for (name, fields) in
        [("normalize", &[][..]), ("published_fields", PUBLISHED), ("wildcard", &["azure.*.upn"])]
    {
        let mut parser = parser(fields);
        let mut block = ParsedBlock::default();
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert_eq!(parse_all(&mut parser, &text, &mut block), RECORDS));
        });
    }
    group.finish();
}

criterion_group!(benches, ingest, layouts);
criterion_main!(benches);
