//! The run: rounds over all inputs until nothing is left, then the end of every partition.
//!
//! A round is parsed, put in order, freed of duplicates and judged; while workers judge one round
//! they parse the next. Between those phases the coordinator does what needs the order and is cheap:
//! arrivals, watermarks, marking duplicates, appending to the policy log.

use std::path::PathBuf;
use std::sync::Arc;

use super::block::{Block, Cut};
use super::collect::Collector;
use super::jobs::{Chunk, Done, Job, Round, Shared};
use super::order::{Lane, Sequencer};
use super::outcome::Outcome;
use super::pool::{Pool, WorkerPanicked};
use super::source::LaneReader;
use crate::detect::{Dedupe, PARTITIONS, PolicyLog, Routing};
use crate::event::TickSpan;
use crate::ingest::{Arrivals, IngestError, Input, LineParser, MappedFile};
use crate::measure::Moment;
use crate::rules::RuleSet;

/// Blocks parsed per round over all lanes; two rounds of blocks are in memory at a time.
const BLOCKS_PER_ROUND: usize = 16;

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
    let routing = Routing::new(&rules.rules);
    let shared = Shared { rules, routing: &routing, files: &files };
    let readers = lane_files.into_iter().enumerate();
    let readers =
        readers.map(|(lane, its)| LaneReader::new(lane, its, &files, options.block_bytes));
    let chunks = (options.workers * CHUNKS_PER_WORKER).clamp(1, PARTITIONS);
    let mut coordinator = Coordinator {
        inputs,
        shared,
        readers: readers.collect(),
        sequencer: Sequencer::new(lanes, options.lateness),
        chunk_count: chunks,
        chunks: (0..chunks).map(|index| Chunk::new(index, chunks, rules)).collect(),
        dedupe: Dedupe::default(),
        policy: PolicyLog::default(),
        spare: Vec::new(),
        collector: Collector::new(inputs.len(), rules, &files),
    };
    Pool::scope(
        options.workers,
        LineParser::new,
        |parser, job: Job| job.run(parser, shared),
        |pool| coordinator.run(pool, progress),
    )?;
    let Coordinator { chunks, sequencer, collector, .. } = coordinator;
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

type Workers = Pool<Job, Done>;

/// Owns what goes from round to round.
struct Coordinator<'a> {
    inputs: &'a [Input],
    shared: Shared<'a>,
    readers: Vec<LaneReader<'a>>,
    sequencer: Sequencer,
    chunk_count: usize,
    chunks: Vec<Chunk>,
    dedupe: Dedupe,
    policy: PolicyLog,
    /// Blocks to refill.
    spare: Vec<Block>,
    collector: Collector,
}

impl Coordinator<'_> {
    fn run(
        &mut self,
        pool: &Workers,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), EngineError> {
        let mut round = Round::default();
        loop {
            let cuts = self.plan(&round.blocks);
            if cuts.is_empty() && round.blocks.is_empty() {
                break;
            }
            let parsed = self.judge_and_parse(pool, &mut round, cuts)?;
            self.order(&mut round, parsed)?;
            self.drop_duplicates(&mut round);
            progress(self.collector.counts.bytes, self.collector.bytes_expected);
        }
        self.check_arrivals()
    }

    /// What to parse next: something for every lane without an event to offer, the round's blocks
    /// shared among them.
    fn plan(&mut self, held: &[Block]) -> Vec<Cut> {
        let lanes = &mut self.sequencer.lanes;
        let mut waiting = vec![false; lanes.len()];
        held.iter().filter(|b| !b.pending().is_empty()).for_each(|b| waiting[b.cut.lane] = true);
        let hungry = (0..lanes.len()).filter(|&lane| !lanes[lane].exhausted && !waiting[lane]);
        let hungry: Vec<usize> = hungry.collect();
        let share = (BLOCKS_PER_ROUND / hungry.len().max(1)).max(1);
        let mut cuts = Vec::new();
        for lane in hungry {
            let planned = cuts.len();
            cuts.extend((0..share).map_while(|_| self.readers[lane].next_cut()));
            lanes[lane].exhausted = cuts.len() - planned < share;
        }
        cuts
    }

    /// Judges the round, which leaves in it only the blocks with events still to be put in order,
    /// and parses `cuts`.
    fn judge_and_parse(
        &mut self,
        pool: &Workers,
        round: &mut Round,
        cuts: Vec<Cut>,
    ) -> Result<Vec<Block>, EngineError> {
        let started = Moment::now();
        let shared_round = Arc::new(std::mem::take(round));
        let mut jobs = self.collector.digest_jobs(&cuts);
        if !shared_round.runs.is_empty() {
            let sweeps = self.chunks.drain(..);
            jobs.extend(sweeps.map(|chunk| Job::Sweep { chunk, round: Arc::clone(&shared_round) }));
        }
        for cut in &cuts {
            let block = self.spare.pop();
            let mut block = block.unwrap_or_else(|| Block::new(self.chunk_count));
            block.available = Some(started);
            jobs.push(Job::Parse { block: Box::new(block), cut: cut.clone() });
        }
        let mut parsed = Vec::new();
        for done in pool.run(jobs)? {
            match done {
                Done::Parsed(block) => parsed.push(*block),
                Done::Swept(chunk) => self.chunks.push(chunk),
                Done::Digested { lane, digest } => self.collector.digests[lane] = digest,
            }
        }
        *round = Arc::into_inner(shared_round).expect("every job that held the round has ended");
        self.policy = std::mem::take(&mut round.policy);
        self.policy.trim();
        self.collector.take_alerts(&mut self.chunks, self.shared.rules);
        for of_file in cuts.chunk_by(|a, b| a.file == b.file) {
            let (first, last) = (&of_file[0], &of_file[of_file.len() - 1]);
            self.shared.files[first.file].release(first.bytes.start..last.bytes.end);
        }
        self.recycle(round);
        self.collector.stages.parse_and_judge.add(Moment::now().since(started));
        Ok(parsed)
    }

    /// Appends the freshly parsed blocks to the round and puts what is certain in order.
    fn order(&mut self, round: &mut Round, parsed: Vec<Block>) -> Result<(), EngineError> {
        let started = Moment::now();
        for mut block in parsed {
            self.collector.count(&block);
            let lane = block.cut.lane;
            self.sequencer.stamp(&mut block).map_err(|_| self.arrivals_error(lane, None))?;
            round.blocks.push(block);
        }
        round.runs = self.sequencer.order(&mut round.blocks);
        round.start = self.sequencer.start.unwrap_or_default();
        round.policy = std::mem::take(&mut self.policy);
        self.collector.stages.order.add(Moment::now().since(started));
        Ok(())
    }

    /// Marks the round's duplicates and appends the rest of its policy records to the log.
    fn drop_duplicates(&mut self, round: &mut Round) {
        let started = Moment::now();
        for run in &round.runs {
            let block = &mut round.blocks[run.block];
            for &(event, key) in run.part_of(&block.record_keys, |&(event, _)| event) {
                let event = event as usize;
                let found = &block.parsed.batch.events[event];
                if self.dedupe.is_duplicate(key, found.time, found.watermark) {
                    block.duplicate[event] = true;
                    self.collector.counts.duplicates += 1;
                }
            }
            for &event in run.part_of(&block.changes, |&event| event) {
                let event = event as usize;
                if !block.duplicate[event] {
                    round.policy.append(run.sequence(event), &block.parsed.batch.view(event));
                }
            }
        }
        self.collector.stages.dedupe.add(Moment::now().since(started));
    }

    /// Keeps the blocks that still hold events to be put in order, and the others for refilling.
    fn recycle(&mut self, round: &mut Round) {
        round.runs.clear();
        let blocks = std::mem::take(&mut round.blocks);
        let (held, spare): (Vec<_>, Vec<_>) =
            blocks.into_iter().partition(|block| !block.pending().is_empty());
        round.blocks = held;
        self.spare.extend(spare);
    }

    /// Every arrival must have had its record.
    fn check_arrivals(&self) -> Result<(), EngineError> {
        let lanes = self.sequencer.lanes.iter().enumerate();
        let unequal = lanes.filter(|(_, lane)| {
            lane.arrivals.as_ref().is_some_and(|arrivals| arrivals.len() != lane.records)
        });
        let mut errors =
            unequal.map(|(lane, state)| self.arrivals_error(lane, Some(state.records)));
        errors.next().map_or(Ok(()), Err)
    }

    /// The error for a lane with this many records, if all of them were read.
    fn arrivals_error(&self, lane: usize, records: Option<u64>) -> EngineError {
        let arrivals = self.sequencer.lanes[lane].arrivals.as_ref();
        let found = arrivals.map_or(0, Arrivals::len);
        let records = records.map_or_else(|| format!("more than {found}"), |all| all.to_string());
        let path = self.inputs[lane].arrivals.clone().unwrap_or_default();
        EngineError::Arrivals { path, records, found }
    }
}
