//! A run: opens the inputs, starts the pool, lets the coordinator work, and sums up.

use std::path::PathBuf;

use super::collect::Collector;
use super::coordinator::{BLOCKS_PER_ROUND, Coordinator};
use super::jobs::{Chunk, Job, Shared};
use super::order::{Lane, Sequencer};
use super::outcome::Outcome;
use super::pool::{Pool, WorkerPanicked};
use super::source::LaneReader;
use crate::detect::{Context, Dedupe, Joins, PARTITIONS, PolicyLog, Routing};
use crate::event::TickSpan;
use crate::ingest::{Arrivals, IngestError, Input, LineParser, MappedFile};
use crate::measure::Moment;
use crate::rules::RuleSet;

/// Blocks of fewer bytes cost more in handling than they save in memory.
const MIN_BLOCK_BYTES: usize = 1 << 12;

/// Chunks of partitions per worker, so that one busy identity does not make the others wait long.
const CHUNKS_PER_WORKER: usize = 2;

/// How to run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Worker threads, at least one.
    pub workers: usize,
    /// About how many bytes a block has.
    pub block_bytes: usize,
    /// How far the watermark lies behind the newest events.
    pub lateness: TickSpan,
}

/// A run that could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file could not be opened.
    #[error(transparent)]
    Open(#[from] IngestError),
    /// The arrivals file does not belong to the events.
    #[error("{}: expected one arrival time per record, found {found} for {records} records", path.display())]
    Arrivals {
        /// The arrivals file.
        path: PathBuf,
        /// Records in the event files, as far as they were read.
        records: String,
        /// Arrivals in the file.
        found: u64,
    },
    /// A worker panicked.
    #[error(transparent)]
    Worker(#[from] WorkerPanicked),
}

/// Replays `inputs` through `rules`; `progress` hears the bytes done and the bytes in all.
///
/// # Errors
/// [`EngineError`]; malformed records are no error but counted.
pub fn detect(
    inputs: &[Input],
    rules: &RuleSet,
    options: &Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Outcome, EngineError> {
    let started = Moment::now();
    let mut files = Vec::new();
    let mut lanes = Vec::new();
    let mut lane_files = Vec::new();
    for input in inputs {
        lane_files.push((files.len()..files.len() + input.files.len()).collect::<Vec<_>>());
        for path in &input.files {
            files.push(MappedFile::open(path)?);
        }
        let arrivals = input.arrivals.as_deref();
        lanes.push(Lane::new(arrivals.map(Arrivals::open).transpose()?));
    }
    // Every input has blocks in memory: many inputs get small ones, which changes no result.
    let shrunk = options.block_bytes * BLOCKS_PER_ROUND / inputs.len().max(BLOCKS_PER_ROUND);
    let block_bytes = shrunk.max(MIN_BLOCK_BYTES);
    let routing = Routing::new(&rules.rules);
    let shared = Shared { rules, routing: &routing, files: &files };
    let readers = lane_files.into_iter().enumerate();
    let readers = readers.map(|(lane, its)| LaneReader::new(lane, its, &files, block_bytes));
    let chunks = (options.workers * CHUNKS_PER_WORKER).clamp(1, PARTITIONS);
    let mut coordinator = Coordinator {
        inputs,
        shared,
        readers: readers.collect(),
        sequencer: Sequencer::new(lanes, options.lateness),
        chunks: (0..chunks).map(|index| Chunk::new(index, chunks, rules)).collect(),
        dedupe: Dedupe::default(),
        joins: Joins::default(),
        policy: PolicyLog::default(),
        spare: Vec::new(),
        collector: Collector::new(inputs.len(), chunks, rules, &files),
    };
    Pool::scope(
        options.workers,
        || LineParser::extracting(rules.extras()),
        |parser, job: Job| job.run(parser, shared),
        |pool| coordinator.run(pool, progress),
    )?;
    let Coordinator { mut chunks, sequencer, mut collector, dedupe, joins, policy, .. } =
        coordinator;
    let corpus_start = sequencer.start.unwrap_or_default();
    let context = Context { rules: &rules.rules, policy: &policy, corpus_start };
    chunks.iter_mut().for_each(|chunk| chunk.close(&context));
    collector.take_alerts(&mut chunks, rules);
    collector.counts.duplicates_forgotten = dedupe.evictions();
    collector.counts.policy_dropped = policy.dropped();
    collector.counts.halves_dropped = joins.dropped();
    let paths = inputs.iter().flat_map(|input| &input.files);
    Ok(Outcome {
        findings: collector.finish(chunks, &sequencer, rules),
        file_names: paths.map(|path| path.display().to_string()).collect(),
        arrival_source: arrival_source(inputs),
        wall: Moment::now().since(started),
        files,
    })
}

/// How run.json names where arrival times came from.
fn arrival_source(inputs: &[Input]) -> &'static str {
    let with_file = inputs.iter().filter(|input| input.arrivals.is_some()).count();
    match with_file {
        0 => "running maximum of event time",
        all if all == inputs.len() => "arrivals.i64",
        _ => "arrivals.i64 where there, else running maximum of event time",
    }
}
