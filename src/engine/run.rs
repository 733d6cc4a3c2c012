//! A run: opens the inputs, starts the pool, lets the coordinator work, and sums up.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use super::capture::MAX_CAPTURED;
use super::collect::Collector;
use super::coordinator::{BLOCKS_PER_ROUND, Coordinator};
use super::history::{Memory, learn};
use super::jobs::{Chunk, Job, Shared, Worker};
use super::order::{Lane, Sequencer};
use super::outcome::Outcome;
use super::pool::{Pool, WorkerPanicked};
use super::source::LaneReader;
use crate::detect::{Context, Dedupe, Joins, PARTITIONS, PolicyLog, Routing, Watch};
use crate::event::TickSpan;
use crate::ingest::{Arrivals, IngestError, Input, MappedFile, check_history};
use crate::measure::Moment;
use crate::rules::RuleSet;

/// Blocks of fewer bytes cost more in handling than they save in memory.
const MIN_BLOCK_BYTES: usize = 1 << 12;

/// Chunks of partitions per worker, so that one busy identity does not make the others wait long.
pub(super) const CHUNKS_PER_WORKER: usize = 2;

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
    /// A history that teaches nothing.
    #[error("{}: expected a history of at least one event, found none in {records} records", names.join(", "))]
    EmptyHistory {
        /// Its inputs.
        names: Vec<String>,
        /// How many records they have.
        records: u64,
    },
    /// A capture would hold more than memory should.
    #[error(
        "expected at most {MAX_CAPTURED} events that the rule looks at, found more: take a shorter corpus"
    )]
    Captured,
    /// A worker panicked.
    #[error(transparent)]
    Worker(#[from] WorkerPanicked),
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It learns from the history.
    Learning,
    /// It judges the corpus.
    Detecting,
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
    let progress = &mut |_, done, all| progress(done, all);
    detect_with_history(inputs, &[], rules, options, progress)
}

/// As [`detect`], after learning from `history`, unless that is empty: what the partitions then
/// remember ([`Partition::teach`](crate::detect::Partition::teach)) and the log of changes of access
/// are there when the corpus begins, and no rule takes time to learn. Alerts and counts are those of
/// `inputs` alone.
///
/// # Errors
/// As [`detect`]; also where a history holds no event, or a file of the corpus.
pub fn detect_with_history(
    inputs: &[Input],
    history: &[Input],
    rules: &RuleSet,
    options: &Options,
    progress: &mut dyn FnMut(Phase, u64, u64),
) -> Result<Outcome, EngineError> {
    detect_watching(&Watch::default(), inputs, history, rules, options, progress)
}

/// As [`detect_with_history`], and tells what became of the watched events; nothing else of the outcome
/// is another for it.
///
/// # Errors
/// As there.
pub fn detect_watching(
    watch: &Watch,
    inputs: &[Input],
    history: &[Input],
    rules: &RuleSet,
    options: &Options,
    progress: &mut dyn FnMut(Phase, u64, u64),
) -> Result<Outcome, EngineError> {
    let started = Moment::now();
    if !history.is_empty() {
        check_history(inputs, history)?;
    }
    let mut files = Vec::new();
    let corpus = Opened::open(inputs, &mut files)?;
    // Behind the corpus' files, so that its origins are the same with and without.
    let past = Opened::open(history, &mut files)?;
    let routing = Routing::new(&rules.rules);
    let shared = Shared { rules, routing: &routing, files: &files };
    let chunks = (options.workers * CHUNKS_PER_WORKER).clamp(1, PARTITIONS);
    let mut chunks: Vec<_> = (0..chunks).map(|index| Chunk::new(index, chunks, rules)).collect();
    chunks.iter_mut().for_each(|chunk| chunk.watch(watch));
    let memory = Memory { chunks, policy: PolicyLog::default(), sequence: 0 };
    let (coordinator, history, learning) = Pool::scope(
        options.workers,
        || Worker::new(rules),
        |worker, job: Job| job.run(worker, shared),
        |pool| {
            let (memory, history) = if history.is_empty() {
                (memory, None)
            } else {
                let learner = past.coordinator(history, shared, options, memory);
                learn(learner, pool, &mut |done, all| progress(Phase::Learning, done, all))?
            };
            let learning = Moment::now().since(started);
            let mut coordinator = corpus.coordinator(inputs, shared, options, memory);
            coordinator.run(pool, &mut |done, all| progress(Phase::Detecting, done, all))?;
            Ok::<_, EngineError>((coordinator, history, learning))
        },
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
    let history = history.map(|history| history.before(sequencer.start));
    let past_names = history.iter().flat_map(|past| past.file_names.clone());
    Ok(Outcome {
        findings: collector.finish(chunks, &sequencer, rules),
        file_names: file_names(inputs).chain(past_names).collect(),
        arrival_source: arrival_source(inputs),
        wall: Moment::now().since(started),
        learning: if history.is_some() { learning } else { Duration::ZERO },
        history,
        files,
    })
}

/// The opened inputs of a corpus or a history.
pub(super) struct Opened {
    lanes: Vec<Lane>,
    /// Of each lane, its places among the run's files.
    files: Vec<Range<usize>>,
}

impl Opened {
    /// Opens `inputs` and appends their event files to those of the run.
    pub(super) fn open(inputs: &[Input], files: &mut Vec<MappedFile>) -> Result<Self, IngestError> {
        let mut opened = Self { lanes: Vec::new(), files: Vec::new() };
        for input in inputs {
            let first = files.len();
            for path in &input.files {
                files.push(MappedFile::open(path)?);
            }
            opened.files.push(first..files.len());
            let arrivals = input.arrivals.as_deref();
            opened.lanes.push(Lane::new(arrivals.map(Arrivals::open).transpose()?));
        }
        Ok(opened)
    }

    /// The coordinator of their rounds.
    pub(super) fn coordinator<'a>(
        self,
        inputs: &'a [Input],
        shared: Shared<'a>,
        options: &Options,
        memory: Memory,
    ) -> Coordinator<'a> {
        // Every input has blocks in memory: many inputs get small ones, which changes no result.
        let shrunk = options.block_bytes * BLOCKS_PER_ROUND / inputs.len().max(BLOCKS_PER_ROUND);
        let block_bytes = shrunk.max(MIN_BLOCK_BYTES);
        let its = self.files.first().map_or(0, |first| first.start)
            ..self.files.last().map_or(0, |last| last.end);
        let its = &shared.files[its];
        let readers = self.files.into_iter().enumerate();
        let readers = readers
            .map(|(lane, files)| LaneReader::new(lane, files.collect(), shared.files, block_bytes));
        let Memory { chunks, policy, sequence } = memory;
        Coordinator {
            inputs,
            shared,
            readers: readers.collect(),
            sequencer: Sequencer::new(self.lanes, options.lateness, sequence),
            dedupe: Dedupe::default(),
            joins: Joins::default(),
            policy,
            spare: Vec::new(),
            collector: Collector::new(inputs.len(), chunks.len(), shared.rules, its),
            chunks,
            is_history: false,
        }
    }
}

/// The event files of `inputs` as text.
pub(super) fn file_names(inputs: &[Input]) -> impl Iterator<Item = String> {
    let paths = inputs.iter().flat_map(|input| &input.files);
    paths.map(|path| path.display().to_string())
}

/// How run.json names where arrival times came from.
pub(super) fn arrival_source(inputs: &[Input]) -> &'static str {
    let with_file = inputs.iter().filter(|input| input.arrivals.is_some()).count();
    match with_file {
        0 => "running maximum of event time",
        all if all == inputs.len() => "arrivals.i64",
        _ => "arrivals.i64 where there, else running maximum of event time",
    }
}
