//! The three kinds of work a round consists of, and how a worker does each.

use std::sync::Arc;

use super::block::{Block, Cut};
use super::digest::Digest;
use super::kept::Kept;
use super::order::Run;
use crate::detect::{
    Alert, Context, Output, PARTITIONS, Partition, Pick, PolicyLog, Routing, Watch,
};
use crate::event::Ticks;
use crate::ingest::{LineParser, MappedFile};
use crate::limits::{Limits, Share};
use crate::measure::{Latencies, Moment};
use crate::rules::{Evaluator, RuleSet, Verdict};

/// Of a cut so many bytes are mapped ahead: one record may be longer than memory.
const MAX_POPULATED_BYTES: usize = 16 << 20;

/// The ordered part of the input that is being judged, shared by all workers.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) blocks: Vec<Block>,
    pub(crate) runs: Vec<Run>,
    pub(crate) policy: PolicyLog,
    /// Arrival of the corpus' first event.
    pub(crate) start: Ticks,
    /// Only to be learned from.
    pub(crate) is_history: bool,
}

/// What never changes during a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared<'a> {
    pub(crate) rules: &'a RuleSet,
    pub(crate) routing: &'a Routing,
    pub(crate) files: &'a [MappedFile],
}

/// A unit of work.
#[derive(Debug)]
pub(crate) enum Job {
    /// Fill the block from the cut.
    Parse { block: Box<Block>, cut: Cut },
    /// Feed the cuts, all of one lane and in order, to the lane's digest.
    Digest { lane: usize, digest: Digest, cuts: Vec<Cut> },
    /// Judge the round's events in the partitions of one chunk.
    Sweep { chunk: Box<Chunk>, round: Arc<Round> },
}

/// What became of a [`Job`].
#[derive(Debug)]
pub(crate) enum Done {
    Parsed(Box<Block>),
    Digested { lane: usize, digest: Digest },
    Swept(Box<Chunk>),
}

/// What a worker keeps from job to job.
#[derive(Debug)]
pub(crate) struct Worker<'a> {
    pub(super) parser: LineParser,
    pub(super) evaluator: Evaluator<'a>,
}

impl<'a> Worker<'a> {
    /// One that has read nothing yet.
    pub(crate) fn new(rules: &'a RuleSet, limits: &Limits) -> Self {
        let parser = LineParser::extracting(rules.extras()).within(limits);
        Self { parser, evaluator: Evaluator::new(rules) }
    }
}

impl Job {
    /// Does the work.
    pub(crate) fn run(self, worker: &mut Worker<'_>, shared: Shared<'_>) -> Done {
        match self {
            Self::Parse { mut block, cut } => {
                let ahead = cut.bytes.end.min(cut.bytes.start + MAX_POPULATED_BYTES);
                shared.files[cut.file].populate(cut.bytes.start..ahead);
                let bytes = shared.files[cut.file].bytes();
                block.fill(cut, bytes, worker, shared.routing);
                Done::Parsed(block)
            }
            Self::Digest { lane, mut digest, cuts } => {
                for cut in cuts {
                    digest.update(&shared.files[cut.file].bytes()[cut.bytes]);
                }
                Done::Digested { lane, digest }
            }
            Self::Sweep { mut chunk, round } => {
                chunk.sweep(&round, shared);
                chunk.swept = Some(Moment::now());
                Done::Swept(chunk)
            }
        }
    }
}

/// Partitions that one job sweeps, and what came of it.
#[derive(Debug)]
pub(crate) struct Chunk {
    index: usize,
    /// How many chunks share the partitions: partition p is number p / chunks of chunk p % chunks.
    chunks: usize,
    pub(crate) partitions: Vec<Partition>,
    /// Per partition: the round's picks, each with the place of its run; empty between rounds.
    dealt: Vec<Vec<(u32, Pick)>>,
    pub(crate) output: Output,
    /// Alerts with the sequence number of the record on which they were found.
    pub(crate) alerts: Vec<(u64, Alert)>,
    /// Per rule: events hidden by an exception.
    pub(crate) excepted: Vec<u64>,
    /// From a block's bytes being available to the end of the job that decided on its events.
    pub(crate) latencies: Latencies,
    /// When its last sweep ended.
    pub(crate) swept: Option<Moment>,
    /// What a capture keeps in place of judging, per partition; empty in a run that judges.
    pub(crate) kept: Vec<Kept>,
}

impl Chunk {
    pub(crate) fn new(index: usize, chunks: usize, rules: &RuleSet, share: &Share) -> Self {
        let its = (index..PARTITIONS).step_by(chunks);
        let partitions = its.map(|number| Partition::bounded(number, &rules.rules, share));
        let partitions: Vec<_> = partitions.collect();
        Self {
            index,
            chunks,
            dealt: vec![Vec::new(); partitions.len()],
            partitions,
            output: Output::default(),
            alerts: Vec::new(),
            excepted: vec![0; rules.rules.len()],
            latencies: Latencies::default(),
            swept: None,
            kept: Vec::new(),
        }
    }

    /// Watches events from now on.
    pub(crate) fn watch(&mut self, watch: &Watch) {
        self.partitions.iter_mut().for_each(|partition| partition.watch(watch));
    }

    /// The numbers of its partitions.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = usize> + use<> {
        (self.index..PARTITIONS).step_by(self.chunks)
    }

    /// One that keeps what it would have judged.
    pub(crate) fn keeping(self) -> Self {
        let kept = self.partitions.iter().map(|_| Kept::default()).collect();
        Self { kept, ..self }
    }

    /// Ends the history whose last record had this watermark.
    pub(crate) fn end_history(&mut self, rules: &RuleSet, watermark: Ticks) {
        for partition in &mut self.partitions {
            partition.end_history(&rules.rules, watermark);
        }
    }

    /// Has the partitions end what depends on time, after the last round.
    pub(crate) fn close(&mut self, context: &Context<'_>) {
        for partition in &mut self.partitions {
            partition.close(context, &mut self.output);
        }
        self.alerts.extend(self.output.alerts.drain(..).map(|alert| (u64::MAX, alert)));
    }

    /// Judges the round, one partition after the other: a partition's outcome depends on its own picks
    /// alone, and its state stays in the cache for all of them.
    fn sweep(&mut self, round: &Round, shared: Shared<'_>) {
        let decided = self.deal(round);
        for place in 0..self.dealt.len() {
            let picks = std::mem::take(&mut self.dealt[place]);
            for &(run, pick) in &picks {
                let block = &round.blocks[round.runs[run as usize].block];
                self.judge(place, (block, pick), round, shared);
            }
            self.dealt[place] = picks;
            self.dealt[place].clear();
        }
        // What was decided leaves the chunk with the job, whichever partition came first.
        let now = Moment::now();
        for (run, decided) in round.runs.iter().zip(decided) {
            let available = round.blocks[run.block].available;
            if let Some(available) = available.filter(|_| !round.is_history) {
                self.latencies.record(now.since(available), decided);
            }
        }
    }

    /// Deals the round's picks out to the partitions, duplicates left out; gives how many events of each
    /// run are decided here.
    fn deal(&mut self, round: &Round) -> Vec<u64> {
        let deal_run = |(index, run): (u32, &Run)| {
            let block = &round.blocks[run.block];
            let batch = &block.parsed.batch;
            let routes = &block.routes[self.index];
            let mut decided = 0;
            for &(partition, pick) in run.part_of(routes, |(_, pick)| pick.record(batch)) {
                let event = pick.record(batch) as usize;
                if block.duplicate[event] {
                    continue;
                }
                let pick = Pick { sequence: run.sequence(event), ..pick };
                self.dealt[partition / self.chunks].push((index, pick));
                decided += u64::from(decides(&pick));
            }
            decided
        };
        (0..).zip(&round.runs).map(deal_run).collect()
    }

    /// Judges one pick of a block in the partition at `place`, or does what this run does instead.
    fn judge(
        &mut self,
        place: usize,
        (block, pick): (&Block, Pick),
        round: &Round,
        shared: Shared<'_>,
    ) {
        let (rules, batch) = (&shared.rules.rules, &block.parsed.batch);
        if let Some(kept) = self.kept.get_mut(place) {
            kept.keep(batch, pick, shared.rules);
            return;
        }
        let partition = &mut self.partitions[place];
        if round.is_history {
            partition.teach(rules, batch, &[pick]);
            return;
        }
        let context = Context { rules, policy: &round.policy, corpus_start: round.start };
        partition.push(&context, batch, &[pick], &mut self.output);
        let alerts = self.output.alerts.drain(..);
        self.alerts.extend(alerts.map(|alert| (pick.sequence, alert)));
        if decides(&pick) {
            let event = pick.event as usize;
            let Verdict { matched, excepted } = block.verdicts[event];
            excepted.iter().for_each(|rule| self.excepted[rule] += 1);
            partition.note(rules, &batch.view(event), (matched, excepted));
        }
    }
}

/// Whether it is the one pick by which its record counts: every record has one by identity.
fn decides(pick: &Pick) -> bool {
    pick.by_identity && !pick.completed
}
