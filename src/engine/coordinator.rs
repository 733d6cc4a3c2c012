//! The coordinator: takes blocks through parsing, order and judgement, round after round.
//!
//! While the workers judge one round and parse the blocks of the next but one, the coordinator puts
//! the round between them in order: arrivals, watermarks, duplicates. All of it is cheap beside what
//! the workers do, and all of it needs the order.

use std::mem::take;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::EngineError;
use super::block::{Block, Cut};
use super::capture::MAX_CAPTURED;
use super::collect::Collector;
use super::jobs::{Chunk, Done, Job, Round, Shared};
use super::order::{Run, Sequencer};
use super::pace::{News, Pacer};
use super::pool::Pool;
use super::run::no_lines;
use super::source::LaneReader;
use crate::detect::{Dedupe, Joined, Joins, PolicyLog};
use crate::ingest::{Arrivals, Input};
use crate::measure::Moment;

/// Blocks parsed per round over all lanes, and at least one per lane; at most four times as many are
/// in memory.
pub(crate) const BLOCKS_PER_ROUND: usize = 16;

/// So much before a round is released with it once more: the kernel maps pages along with those that
/// are asked for, some of them behind us, and over gigabytes they add up.
const RELEASED_AGAIN_BYTES: usize = 16 << 20;

/// Owns what goes from round to round.
#[derive(Debug)]
pub(crate) struct Coordinator<'a> {
    pub(crate) inputs: &'a [Input],
    pub(crate) shared: Shared<'a>,
    pub(crate) readers: Vec<LaneReader<'a>>,
    pub(crate) sequencer: Sequencer,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) dedupe: Dedupe,
    pub(crate) joins: Joins,
    pub(crate) policy: PolicyLog,
    /// Blocks to refill.
    pub(crate) spare: Vec<Block>,
    pub(crate) collector: Collector,
    /// These are the inputs of a history.
    pub(crate) is_history: bool,
    /// Offers the records of the only lane on a schedule; without it they are all there at once.
    pub(crate) pacer: Option<Pacer<'a>>,
    /// Told to read no further.
    pub(crate) stop: Option<&'a AtomicBool>,
    /// It was told so before the end.
    pub(crate) interrupted: bool,
    /// The inputs are not read exactly once, by design.
    pub(crate) is_partial: bool,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Bytes there are.
    pub bytes_expected: u64,
    /// How a paced replay is doing, from time to time.
    pub news: Option<News>,
}

impl Coordinator<'_> {
    /// Runs until nothing is left.
    pub(crate) fn run(
        &mut self,
        pool: &Pool<Job, Done>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), EngineError> {
        // The log may go on from a history; it travels with the rounds.
        let policy = take(&mut self.policy);
        let (mut round, mut parsed) = (Round { policy, ..Round::default() }, Vec::new());
        loop {
            let cuts = self.plan(round.blocks.iter().chain(&parsed));
            if cuts.is_empty() && parsed.is_empty() && round.blocks.is_empty() {
                if self.wait() {
                    progress(self.progress());
                    continue;
                }
                self.policy = round.policy;
                return self.check_arrivals();
            }
            let started = Moment::now();
            let judged = Arc::new(take(&mut round));
            let batch = pool.start(self.jobs(&judged, &cuts));
            // Events that the judged round holds back must be there before later ones get a place.
            let holds_back = judged.blocks.iter().any(|block| !block.pending().is_empty());
            let next =
                if holds_back { None } else { Some(self.order(Vec::new(), take(&mut parsed))?) };
            let fresh = self.take_back(batch.wait()?);
            self.check_captured()?;
            let judged = Arc::into_inner(judged).expect("every job that held the round has ended");
            self.record(&judged);
            if self.pacer.as_ref().is_some_and(|pacer| pacer.is_unlike) {
                return Err(no_lines(self.inputs));
            }
            let held = self.retire(judged);
            self.collector.stages.parse_and_judge.add(Moment::now().since(started));
            round = match next {
                Some(round) => round,
                None => self.order(held, take(&mut parsed))?,
            };
            self.append_policy(&mut round);
            self.release(&cuts);
            parsed = fresh;
            progress(self.progress());
        }
    }

    fn progress(&mut self) -> Progress {
        let lane = self.sequencer.lanes.first();
        Progress {
            bytes: self.collector.counts.bytes,
            bytes_expected: self.collector.bytes_expected,
            news: self.pacer.as_mut().zip(lane).and_then(|(pacer, lane)| pacer.news(lane)),
        }
    }

    /// Whether there is more to come, for which it then has waited.
    fn wait(&mut self) -> bool {
        match (&mut self.pacer, self.sequencer.lanes.first(), self.readers.first()) {
            (Some(pacer), Some(lane), Some(reader)) if !reader.is_drained() => {
                pacer.wait(lane);
                true
            }
            _ => false,
        }
    }

    /// Has the pacer record a judged round.
    fn record(&mut self, judged: &Round) {
        if let (Some(pacer), Some(lane)) = (&mut self.pacer, self.sequencer.lanes.first()) {
            // A round without events is swept by nobody.
            let swept = self.chunks.iter().filter_map(|chunk| chunk.swept).max();
            pacer.judged(&judged.blocks, swept.filter(|_| !judged.runs.is_empty()), lane);
        }
    }

    /// Reads no further once it is told to.
    fn heed_stop(&mut self) {
        if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            for (reader, lane) in self.readers.iter_mut().zip(&mut self.sequencer.lanes) {
                // Whether there was more is known by looking.
                self.interrupted |= reader.rest().is_some();
                reader.end();
                lane.exhausted = true;
            }
        }
    }

    /// What to parse next: the round's blocks shared among the lanes that are not a round ahead.
    fn plan<'b>(&mut self, waiting: impl Iterator<Item = &'b Block>) -> Vec<Cut> {
        self.heed_stop();
        if let (Some(pacer), [lane]) = (&mut self.pacer, self.sequencer.lanes.as_slice()) {
            let readers = self.readers.iter_mut().filter(|reader| !reader.is_drained());
            return readers.flat_map(|reader| pacer.plan(reader, lane)).collect();
        }
        let mut ahead = vec![0; self.readers.len()];
        waiting.for_each(|block| ahead[block.cut.lane] += usize::from(!block.pending().is_empty()));
        let open = self.readers.iter().filter(|reader| !reader.is_drained()).count();
        let share = (BLOCKS_PER_ROUND / open.max(1)).max(1);
        let hungry = self.readers.iter_mut().zip(ahead).filter(|(_, ahead)| *ahead <= share);
        hungry.flat_map(|(reader, _)| (0..share).map_while(|_| reader.next_cut())).collect()
    }

    fn jobs(&mut self, round: &Arc<Round>, cuts: &[Cut]) -> Vec<Job> {
        let available = self.pacer.is_none().then(Moment::now);
        let mut jobs = Vec::new();
        if !round.runs.is_empty() {
            let chunks = self.chunks.drain(..);
            jobs.extend(
                chunks.map(|chunk| Job::Sweep { chunk: Box::new(chunk), round: Arc::clone(round) }),
            );
        }
        for cut in cuts {
            let chunks = self.collector.chunk_count;
            let mut block = self.spare.pop().unwrap_or_else(|| Block::new(chunks));
            block.available = available;
            jobs.push(Job::Parse { block: Box::new(block), cut: cut.clone() });
        }
        jobs.extend(self.collector.digest_jobs(cuts));
        jobs
    }

    /// Puts the workers' results where they belong and gives the parsed blocks.
    fn take_back(&mut self, done: Vec<Done>) -> Vec<Block> {
        let mut parsed = Vec::new();
        for done in done {
            match done {
                Done::Parsed(block) => parsed.push(*block),
                Done::Swept(chunk) => self.chunks.push(*chunk),
                Done::Digested { lane, digest } => self.collector.digests[lane] = digest,
            }
        }
        self.collector.take_alerts(&mut self.chunks, self.shared.rules);
        parsed
    }

    /// Ends a round that has been judged: keeps the policy log, the blocks that still hold events to
    /// be put in order, and the others for refilling.
    fn retire(&mut self, round: Round) -> Vec<Block> {
        self.policy = round.policy;
        self.policy.trim();
        let blocks = round.blocks.into_iter();
        let (held, spare) = blocks.partition(|block| !block.pending().is_empty());
        self.spare.extend::<Vec<_>>(spare);
        held
    }

    /// Makes a round of the blocks: as much as is certain in order, duplicates marked.
    fn order(&mut self, held: Vec<Block>, fresh: Vec<Block>) -> Result<Round, EngineError> {
        let started = Moment::now();
        let mut blocks = held;
        for mut block in fresh {
            let lane = block.cut.lane;
            self.collector.count(&block);
            self.sequencer.stamp(&mut block).map_err(|_| self.arrivals_error(lane, None))?;
            blocks.push(block);
        }
        let runs = self.sequencer.order(&mut blocks);
        for run in &runs {
            let block = &mut blocks[run.block];
            for &(event, key) in run.part_of(&block.record_keys, |&(event, _)| event) {
                let found = &block.parsed.batch.events[event as usize];
                let is_duplicate = self.dedupe.is_duplicate(key, found.time, found.watermark);
                block.duplicate[event as usize] = is_duplicate;
                self.collector.counts.duplicates += u64::from(is_duplicate);
            }
            self.join(run, block);
        }
        let start = self.sequencer.start.unwrap_or_default();
        self.collector.stages.order.add(Moment::now().since(started));
        let (policy, is_history) = (PolicyLog::default(), self.is_history);
        Ok(Round { blocks, runs, policy, start, is_history })
    }

    /// Joins the halves of changes among the run's events.
    fn join(&mut self, run: &Run, block: &mut Block) {
        let Shared { rules, routing, .. } = self.shared;
        for place in run.places_of(&block.changes, |&(event, _)| event) {
            if !block.duplicate[block.changes[place].0 as usize] {
                let excepted = block.join(place, &mut self.joins, rules, routing);
                self.collector.add_excepted(excepted);
            }
        }
    }

    /// Appends the round's changes of access to the policy log, and gives it the log to be read.
    fn append_policy(&mut self, round: &mut Round) {
        round.policy = take(&mut self.policy);
        for run in &round.runs {
            let block = &round.blocks[run.block];
            let batch = &block.parsed.batch;
            for &(event, joined) in run.part_of(&block.changes, |&(event, _)| event) {
                let event = event as usize;
                let (view, start) = match joined {
                    _ if block.duplicate[event] => continue,
                    Joined::Alone => (batch.view(event), None),
                    Joined::Ended { start, .. } => (batch.view(event), Some(start)),
                    Joined::Completes { place, start } => {
                        (batch.view_of(&batch.completed[place as usize].event), Some(start))
                    }
                };
                round.policy.append(run.sequence(event), &view, start);
            }
        }
    }

    /// Gives the memory of parsed cuts back. From now on a drained lane offers nothing more.
    fn release(&mut self, cuts: &[Cut]) {
        for of_file in cuts.chunk_by(|a, b| a.file == b.file) {
            let (first, last) = (&of_file[0], &of_file[of_file.len() - 1]);
            let start = first.bytes.start.saturating_sub(RELEASED_AGAIN_BYTES);
            self.shared.files[first.file].release(start..last.bytes.end);
        }
        for (lane, reader) in self.sequencer.lanes.iter_mut().zip(&self.readers) {
            lane.exhausted = reader.is_drained();
        }
    }

    /// A capture must fit into memory.
    fn check_captured(&self) -> Result<(), EngineError> {
        let kept = self.chunks.iter().flat_map(|chunk| &chunk.kept);
        let picks: u64 = kept.map(|kept| kept.picks.len() as u64).sum();
        if picks > MAX_CAPTURED { Err(EngineError::Captured) } else { Ok(()) }
    }

    /// Every arrival must have had its record, if all of them were read, and once.
    fn check_arrivals(&self) -> Result<(), EngineError> {
        if self.interrupted || self.is_partial {
            return Ok(());
        }
        let lanes = self.sequencer.lanes.iter().enumerate();
        let mut unequal = lanes.filter(|(_, lane)| {
            lane.arrivals.as_ref().is_some_and(|arrivals| arrivals.len() != lane.records)
        });
        match unequal.next() {
            None => Ok(()),
            Some((lane, state)) => Err(self.arrivals_error(lane, Some(state.records))),
        }
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
