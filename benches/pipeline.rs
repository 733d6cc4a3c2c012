//! The whole pipeline over a corpus file: the default rules beside only parsing the same file.
//!
//! `parse_only` is what no consumer of simd-json can go under: two workers map the file and take turns
//! at blocks of the same size, copy each line to reused scratch, fill a reused tape and visit
//! every node of it once. `detect` is `engine::detect` with the default rules: the same, and
//! normalizing, queries, arrival order, duplicates, three kinds of rules, profiles and digest.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use simd_json::{Buffers, INPUT_PADDING, Node, Tape};
use vaultdrill::detect::Watermark;
use vaultdrill::engine::{Options, detect};
use vaultdrill::ingest::{
    Blocks, LineParser, MappedFile, ParsedBlock, parse_block, resolve_inputs,
};
use vaultdrill::output::write_alerts;
use vaultdrill::rules::{Evaluator, load};
use vaultdrill::scenarios::Kind;
use vaultdrill::score::{AlertLog, DEFAULT_CAMPAIGNS_PER_DAY, Inputs, Manifest, Truth, score};
use vaultdrill_generators::{Attack, Estate, Layout, LookAlike, Plan, generate};

const EVENTS: u64 = 200_000;
const WORKERS: usize = 2;
const BLOCK_BYTES: usize = 1 << 20;

fn write_corpus(out: &Path) {
    let estate = Kind::Estate.load("midsize").expect("embedded");
    let attacks = Kind::Attack.load_all();
    let look_alikes = Kind::LookAlike.load_all();
    let attacks = attacks.iter().map(|file| Attack::parse(&file.name, &file.text));
    let look_alikes = look_alikes.iter().map(|file| LookAlike::parse(&file.name, &file.text));
    let plan = Plan {
        estate: Estate::parse(&estate.name, &estate.text).expect("embedded files are sound"),
        attacks: attacks.collect::<Result<_, _>>().expect("embedded files are sound"),
        withheld: Vec::new(),
        look_alikes: look_alikes.collect::<Result<_, _>>().expect("embedded files are sound"),
        seed: 1,
        events: Some(EVENTS),
        days: 21,
        warmup_days: 14,
        layout: Layout::Lines,
        threads: WORKERS,
        out: out.to_owned(),
        force: false,
    };
    generate(&plan, &mut |_| {}).expect("a temporary folder can be written");
}

fn open(corpus: &Path) -> MappedFile {
    MappedFile::open(&corpus.join("events.ndjson")).expect("just written")
}

/// Parses the file on all workers; gives the number of bytes in strings, which every node adds to.
fn parse_only(file: &MappedFile) -> usize {
    let blocks: Vec<_> = Blocks::new(file.bytes(), BLOCK_BYTES).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                scope.spawn(|| {
                    let (mut scratch, mut buffers) = (Vec::new(), Buffers::default());
                    let mut tape = Tape(Vec::new());
                    let mut sum = 0;
                    while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let bytes = &file.bytes()[block.clone()];
                        let mut start = 0;
                        for end in memchr::memchr_iter(b'\n', bytes) {
                            let line = &bytes[start..end];
                            tape = walk(line, &mut scratch, &mut buffers, tape, &mut sum);
                            start = end + 1;
                        }
                    }
                    sum
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("parsing does not panic")).sum()
    })
}

fn walk(
    line: &[u8],
    scratch: &mut Vec<u8>,
    buffers: &mut Buffers,
    tape: Tape<'static>,
    sum: &mut usize,
) -> Tape<'static> {
    scratch.clear();
    scratch.extend_from_slice(line);
    scratch.extend_from_slice(&[b' '; INPUT_PADDING]);
    let mut filled = tape.reset();
    simd_json::fill_tape_padded(scratch, line.len(), buffers, &mut filled)
        .expect("the corpus is valid JSON");
    for node in &filled.0 {
        *sum += match node {
            Node::String(text) => text.len(),
            Node::Object { len, .. } | Node::Array { len, .. } => *len,
            Node::Static(_) => 1,
        };
    }
    filled.reset()
}

fn pipeline(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = folder.path().join("corpus");
    write_corpus(&corpus);
    let inputs = resolve_inputs(std::slice::from_ref(&corpus)).expect("just written");
    let rules = load(&["vaultdrill"]).expect("the embedded rules are sound");
    let options = Options {
        workers: WORKERS,
        block_bytes: BLOCK_BYTES,
        lateness: Watermark::DEFAULT_LATENESS,
        limits: vaultdrill::limits::Limits::DEFAULT,
    };

    let mut group = criterion.benchmark_group("pipeline");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(open(&corpus).len() as u64));
    group.bench_function("parse_only", |bencher| bencher.iter(|| parse_only(&open(&corpus))));
    group.bench_function("detect", |bencher| {
        bencher.iter(|| {
            let outcome = detect(&inputs, &rules, &options, &mut |_, _| {});
            outcome.expect("a run over a sound corpus").findings.alerts.len()
        });
    });
    group.finish();
}

/// The stages that have no bench of their own: every rule's query over parsed events, and the score
/// of a run.
fn stages(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = folder.path().join("corpus");
    write_corpus(&corpus);
    let rules = load(&["vaultdrill"]).expect("the embedded rules are sound");

    let file = open(&corpus);
    let first = Blocks::new(file.bytes(), BLOCK_BYTES).next().expect("the corpus has a block");
    let mut parsed = ParsedBlock::default();
    parse_block(&mut LineParser::new(), &file.bytes()[first], 0, 0, &mut parsed);
    let mut group = criterion.benchmark_group("stage");
    group.throughput(Throughput::Elements(parsed.batch.events.len() as u64));
    group.bench_function("queries", |bencher| {
        let mut evaluator = Evaluator::new(&rules);
        bencher.iter(|| {
            let verdicts = parsed.batch.views().map(|event| evaluator.evaluate(&event).matched.0);
            verdicts.fold(0, |all, matched| all ^ matched)
        });
    });

    let inputs = resolve_inputs(std::slice::from_ref(&corpus)).expect("just written");
    let options = Options {
        workers: WORKERS,
        block_bytes: BLOCK_BYTES,
        lateness: Watermark::DEFAULT_LATENESS,
        limits: vaultdrill::limits::Limits::DEFAULT,
    };
    let outcome = detect(&inputs, &rules, &options, &mut |_, _| {}).expect("a sound corpus");
    write_alerts(folder.path(), &outcome, &rules).expect("a temporary folder can be written");
    let text = |path: &Path| fs::read_to_string(path).expect("just written");
    let truth = text(&corpus.join("truth.ndjson"));
    let manifest = text(&corpus.join("manifest.json"));
    let [alerts, evidence] =
        ["alerts.ndjson", "evidence.ndjson"].map(|name| text(&folder.path().join(name)));
    group.sample_size(20);
    group.throughput(Throughput::Elements(outcome.findings.alerts.len() as u64));
    group.bench_function("score", |bencher| {
        bencher.iter(|| {
            let mut log = AlertLog::read("alerts", alerts.as_bytes()).expect("just written");
            log.read_evidence("evidence", evidence.as_bytes()).expect("just written");
            let inputs = Inputs {
                truth: Truth::read("truth", truth.as_bytes()).expect("just written"),
                alerts: log,
                manifest: Manifest::parse("manifest", &manifest).expect("just written"),
                run: None,
                clean_twin: None,
                campaigns_per_day: DEFAULT_CAMPAIGNS_PER_DAY,
            };
            score(&inputs).expect("the corpus has campaigns").campaigns.detected
        });
    });
    group.finish();
}

criterion_group!(benches, pipeline, stages);
criterion_main!(benches);
