//! A run: opens the inputs, starts the pool, lets the coordinator work, and sums up.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::capture::MAX_CAPTURED;
use super::collect::Collector;
pub use super::coordinator::Progress;
use super::coordinator::{BLOCKS_PER_ROUND, Coordinator};
use super::history::{Memory, learn};
use super::jobs::{Chunk, Job, Shared, Worker};
use super::order::{ArrivalSources, Lane, Sequencer};
use super::outcome::Outcome;
use super::pace::{Pace, Pacer, Replay};
use super::pool::{Pool, WorkerPanicked};
use super::source::{LaneReader, Laps};
use super::storm::Kept;
use crate::detect::{Context, Dedupe, Joins, PARTITIONS, PolicyLog, Routing, Watch};
use crate::event::TickSpan;
use crate::ingest::{
    self, Arrivals, IngestError, Input, MappedFile, Records, Unpack, check_history,
};
use crate::limits::{Caps, Limits, TooLittleMemory};
use crate::measure::Moment;
use crate::rules::RuleSet;

/// Blocks of fewer bytes cost more in handling than they save in memory.
pub(super) const MIN_BLOCK_BYTES: usize = 1 << 12;

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
    /// What bounds the run.
    pub limits: Limits,
}

impl Options {
    /// How much the run may hold of everything that grows.
    ///
    /// # Errors
    /// A budget too small, and the least that works.
    pub fn caps(&self) -> Result<Caps, TooLittleMemory> {
        self.limits.caps(self.workers, self.block_bytes)
    }
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
    /// A pace for several inputs.
    #[error(
        "expected one input to replay at a pace, found {found} (several are in order only once they have been read; join them, sorted by arrival)"
    )]
    SeveralInputs {
        /// How many.
        found: usize,
    },
    /// A replay at a multiple of the speed of records that say nothing of when they arrived.
    #[error(
        "{name}: expected arrivals.i64 beside the events, to replay at a multiple of their speed (--rate needs none)"
    )]
    NoArrivals {
        /// The input.
        name: String,
    },
    /// A budget of memory in which the run cannot work.
    #[error(transparent)]
    Memory(#[from] TooLittleMemory),
    /// A pace for documents that are no lines.
    #[error(
        "{name}: expected one record a line, to replay at a pace, found a container or a document of several lines"
    )]
    NoLines {
        /// The input.
        name: String,
    },
    /// A worker panicked.
    #[error(transparent)]
    Worker(#[from] WorkerPanicked),
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It unpacks inputs that cannot be read in place.
    Unpacking,
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
    let drive = Drive { watch: Some(watch), ..Drive::default() };
    let progress =
        &mut |phase, so_far: Progress| progress(phase, so_far.bytes, so_far.bytes_expected);
    self::drive(&drive, inputs, history, rules, options, progress)
}

/// What a run may be told beside what to judge, by which rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drive<'a> {
    /// Events to tell about.
    pub watch: Option<&'a Watch>,
    /// Offer the records on a schedule, from a single input; the history is read as fast as it can be.
    pub replay: Option<Replay<'a>>,
    /// Read the inputs more than once. Counts, alerts and origins are then those of that many files of
    /// their own; alerts of later laps cannot be written, since their text says other times.
    pub laps: Laps,
    /// Once it is set, read no further, judge what has been read, and end.
    pub stop: Option<&'a AtomicBool>,
    /// How inputs are unpacked that cannot be read in place; the run's `stop` ends that as well, and its limit
    /// of memory holds.
    pub unpack: Unpack<'a>,
}

/// As [`detect_with_history`], the way that `drive` says.
///
/// # Errors
/// As there; also a pace for several inputs, and a multiple of a speed that is not known.
pub fn drive(
    drive: &Drive<'_>,
    inputs: &[Input],
    history: &[Input],
    rules: &RuleSet,
    options: &Options,
    progress: &mut dyn FnMut(Phase, Progress),
) -> Result<Outcome, EngineError> {
    let started = Moment::now();
    if !history.is_empty() {
        check_history(inputs, history)?;
    }
    drive.check(inputs)?;
    let caps = options.caps()?;
    let mut files = Vec::new();
    let paths: Vec<&Path> = inputs.iter().chain(history).flat_map(paths).collect();
    let unpack = Unpack { stop: drive.stop, memory: options.limits.memory, ..drive.unpack };
    let unpacking = &mut |bytes, bytes_expected| {
        progress(Phase::Unpacking, Progress { bytes, bytes_expected, news: None });
    };
    let mut opened = ingest::open(&paths, unpack, unpacking)?.into_iter();
    let corpus = Opened::new(inputs, drive.laps, &mut opened, &mut files)?;
    if drive.replay.is_some() && files.iter().any(|file| Records::new(file.bytes()).has_documents())
    {
        return Err(no_lines(inputs));
    }
    // Behind the corpus' files, so that its origins are the same with and without.
    let past = Opened::new(history, Laps::default(), &mut opened, &mut files)?;
    let routing = Routing::new(&rules.rules);
    let shared = Shared { rules, routing: &routing, files: &files };
    let chunks = (options.workers * CHUNKS_PER_WORKER).clamp(1, PARTITIONS);
    let mut chunks: Vec<_> =
        (0..chunks).map(|index| Chunk::new(index, chunks, rules, &caps.partition)).collect();
    if let Some(watch) = drive.watch {
        chunks.iter_mut().for_each(|chunk| chunk.watch(watch));
    }
    let memory = Memory { chunks, policy: PolicyLog::default(), sequence: 0 };
    let (coordinator, history, learning) = Pool::scope(
        options.workers,
        || Worker::new(rules, &options.limits),
        |worker, job: Job| job.run(worker, shared),
        |pool| {
            let (memory, history) = if history.is_empty() {
                (memory, None)
            } else {
                let mut learner = past.coordinator(history, shared, options, &caps, memory);
                learner.stop = drive.stop;
                learn(learner, pool, &mut |so_far| progress(Phase::Learning, so_far))?
            };
            let learning = Moment::now().since(started);
            let mut coordinator = corpus.coordinator(inputs, shared, options, &caps, memory);
            coordinator.stop = drive.stop;
            coordinator.is_partial = drive.is_partial();
            let bytes = coordinator.collector.bytes_expected;
            coordinator.pacer = drive.replay.map(|replay| Pacer::new(&replay, bytes, options));
            coordinator.run(pool, &mut |so_far| progress(Phase::Detecting, so_far))?;
            Ok::<_, EngineError>((coordinator, history, learning))
        },
    )?;
    let Coordinator { mut chunks, sequencer, mut collector, dedupe, joins, policy, .. } =
        coordinator;
    let (interrupted, pacer) = (coordinator.interrupted, coordinator.pacer);
    let (paced, latencies) = pacer.map(Pacer::finish).unzip();
    let corpus_start = sequencer.start.unwrap_or_default();
    let context = Context { rules: &rules.rules, policy: &policy, corpus_start };
    chunks.iter_mut().for_each(|chunk| chunk.close(&context));
    collector.take_alerts(&mut chunks, rules);
    collector.counts.duplicates_forgotten = dedupe.evictions();
    collector.counts.policy_dropped = policy.dropped();
    collector.counts.halves_dropped = joins.dropped();
    let mut arrivals = sequencer.lanes.iter().filter_map(|lane| lane.arrivals.as_ref());
    arrivals.try_for_each(Arrivals::check)?;
    let history = history.map(|history| history.before(sequencer.start));
    let mut findings = collector.finish(chunks, &sequencer, rules);
    findings.latencies = latencies.unwrap_or(findings.latencies);
    let past_names = history.iter().flat_map(|past| past.file_names.clone());
    let outcome = Outcome {
        findings,
        file_names: lap_names(inputs, drive.laps).chain(past_names).collect(),
        arrived: sequencer.start.zip(sequencer.end).map(|(first, last)| [first, last]),
        limits: options.limits,
        caps,
        interrupted,
        paced,
        arrival_source: arrival_source(inputs, &sequencer),
        wall: Moment::now().since(started),
        learning: if history.is_some() { learning } else { Duration::ZERO },
        history,
        files,
    };
    outcome.grown()?;
    Ok(outcome)
}

/// The opened inputs of a corpus or a history.
pub(super) struct Opened {
    lanes: Vec<Lane>,
    /// Of each lane, its places among the run's files.
    files: Vec<Range<usize>>,
    laps: Laps,
}

impl Drive<'_> {
    fn check(&self, inputs: &[Input]) -> Result<(), EngineError> {
        let Some(replay) = self.replay else { return Ok(()) };
        let [input] = inputs else {
            return Err(EngineError::SeveralInputs { found: inputs.len() });
        };
        if matches!(replay.pace, Pace::Speed(_)) && input.arrivals.is_none() {
            return Err(EngineError::NoArrivals { name: input.name.clone() });
        }
        Ok(())
    }

    /// Whether some records are not read, or several times.
    fn is_partial(&self) -> bool {
        let is_limited = self.replay.is_some_and(|replay| replay.records_max < u64::MAX);
        self.laps.count > 1 || is_limited
    }
}

impl Opened {
    /// Opens `inputs` for a run that unpacks as by default, and appends their files to those of the run.
    pub(super) fn open(
        inputs: &[Input],
        laps: Laps,
        files: &mut Vec<MappedFile>,
    ) -> Result<Self, IngestError> {
        let paths: Vec<&Path> = inputs.iter().flat_map(paths).collect();
        let opened = ingest::open(&paths, Unpack::default(), &mut |_, _| ())?;
        Self::new(inputs, laps, &mut opened.into_iter(), files)
    }

    /// Takes the event files of `inputs` from those opened, and appends them to those of the run.
    fn new(
        inputs: &[Input],
        laps: Laps,
        from: &mut impl Iterator<Item = MappedFile>,
        files: &mut Vec<MappedFile>,
    ) -> Result<Self, IngestError> {
        let mut opened = Self { lanes: Vec::new(), files: Vec::new(), laps };
        for input in inputs {
            let first = files.len();
            let its: Vec<MappedFile> = from.take(input.files.len()).collect();
            // A number of its own in every lap: its records have origins of their own.
            (0..laps.count).for_each(|_| files.extend(its.iter().cloned()));
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
        caps: &Caps,
        memory: Memory,
    ) -> Coordinator<'a> {
        // Every input has blocks in memory: many inputs get small ones, which changes no result.
        let shrunk = caps.block_bytes * BLOCKS_PER_ROUND / inputs.len().max(BLOCKS_PER_ROUND);
        let block_bytes = shrunk.max(MIN_BLOCK_BYTES);
        let its = self.files.first().map_or(0, |first| first.start)
            ..self.files.last().map_or(0, |last| last.end);
        let its = &shared.files[its];
        let readers = self.files.into_iter().enumerate();
        let readers = readers.map(|(lane, files)| {
            LaneReader::new(lane, files.collect(), shared.files, block_bytes, self.laps)
        });
        let Memory { chunks, policy, sequence } = memory;
        Coordinator {
            inputs,
            shared,
            readers: readers.collect(),
            sequencer: Sequencer::new(self.lanes, options.lateness, sequence),
            dedupe: Dedupe::new(caps.duplicate_keys),
            joins: Joins::default(),
            policy,
            spare: Vec::new(),
            collector: Collector::new(
                (inputs.len(), chunks.len()),
                shared.rules,
                its,
                Kept::new(shared.rules.rules.len(), &options.limits, caps.alerts_bytes),
            ),
            chunks,
            is_history: false,
            pacer: None,
            stop: None,
            interrupted: false,
            is_partial: false,
        }
    }
}

/// The event files of an input.
fn paths(input: &Input) -> impl Iterator<Item = &Path> {
    input.files.iter().map(PathBuf::as_path)
}

/// The error for the input that is to be replayed at a pace and is not of lines.
pub(super) fn no_lines(inputs: &[Input]) -> EngineError {
    let name = inputs.first().map(|input| input.name.clone()).unwrap_or_default();
    EngineError::NoLines { name }
}

/// The event files of `inputs` as text.
pub(super) fn file_names(inputs: &[Input]) -> impl Iterator<Item = String> {
    let paths = inputs.iter().flat_map(|input| &input.files);
    paths.map(|path| path.display().to_string())
}

/// The same, of as many laps.
fn lap_names(inputs: &[Input], laps: Laps) -> impl Iterator<Item = String> {
    let names =
        move |input| (0..laps.count).flat_map(move |_| file_names(std::slice::from_ref(input)));
    inputs.iter().flat_map(names)
}

/// How run.json names where arrival times came from; with numbers of events, if records say it themselves.
pub(super) fn arrival_source(inputs: &[Input], sequencer: &Sequencer) -> String {
    let sum = |of: fn(&ArrivalSources) -> u64| -> u64 {
        sequencer.lanes.iter().map(|lane| of(&lane.sources)).sum()
    };
    let by_records = sum(|sources| sources.record);
    if by_records > 0 {
        let sources = [
            ("arrivals.i64", sum(|sources| sources.file)),
            ("the record's own field", by_records),
            ("running maximum of event time", sum(|sources| sources.running)),
        ];
        let met = sources.iter().filter(|(_, events)| *events > 0);
        let met: Vec<_> = met.map(|(name, events)| format!("{name} ({events} events)")).collect();
        return met.join(", ");
    }
    let with_file = inputs.iter().filter(|input| input.arrivals.is_some()).count();
    let source = match with_file {
        0 => "running maximum of event time",
        all if all == inputs.len() => "arrivals.i64",
        _ => "arrivals.i64 where there, else running maximum of event time",
    };
    source.to_owned()
}
