//! What normalizing costs: full parsing to events beside only parsing the same lines.
//!
//! `parse_only` is the floor that no consumer of simd-json can go under: each line is copied to reused
//! scratch, its tape filled and every node of it visited once. `normalize` keeps the canonical fields;
//! the others add what rules name beyond them: the fields of published rules, and a wildcard, for which
//! every leaf of the record is visited.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
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

fn ingest(criterion: &mut Criterion) {
    let text: String = (0..RECORDS).map(|n| records::record(n) + "\n").collect();
    let mut group = criterion.benchmark_group("ingest");
    group.throughput(Throughput::Bytes(text.len() as u64));

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

    for (name, fields) in
        [("normalize", &[][..]), ("published_fields", PUBLISHED), ("wildcard", &["azure.*.upn"])]
    {
        let fields = fields.iter().map(|field| Extra::named(field).expect("few short names"));
        let mut parser = LineParser::extracting(&fields.collect::<Vec<_>>());
        let mut block = ParsedBlock::default();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut events = 0;
                for range in Blocks::new(black_box(text.as_bytes()), BLOCK_BYTES) {
                    parse_block(&mut parser, &text.as_bytes()[range], 0, 0, &mut block);
                    events += block.batch.events.len() as u64;
                }
                assert_eq!(events, RECORDS);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, ingest);
criterion_main!(benches);
