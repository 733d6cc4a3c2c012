//! One block on its way through a round: parsed, judged by every query, and routed.
//!
//! Everything that depends on one record alone happens here, in parallel and in any order. What
//! depends on order (arrival, watermark, duplicates, state) comes later and finds its work sorted
//! into lists.

use std::ops::Range;

use super::jobs::Worker;
use crate::detect::{Joined, Joins, Pick, PolicyLog, Routing, record_key, rules_for_completed};
use crate::event::{Batch, Key, TickSpan};
use crate::ingest::{Blocks, ParsedBlock, Records, State, parse_more, parse_records};
use crate::measure::Moment;
use crate::rules::{Evaluator, RuleMask, RuleSet, Verdict};

/// So many bytes are parsed before their events are judged and keyed, while they are still in the first
/// levels of the cache.
const PIECE_BYTES: usize = 32 << 10;

/// Where a block's bytes are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut {
    /// Which input of the run.
    pub(crate) lane: usize,
    /// Which file of the run.
    pub(crate) file: usize,
    /// Which bytes of the file.
    pub(crate) bytes: Range<usize>,
    /// How reading stands where they begin, if they are to be read record by record; else they are
    /// lines.
    pub(crate) walk: Option<State>,
    /// Which lap of the input, counted from 0.
    pub(crate) lap: usize,
    /// How much later its records are than they say: by the laps before this one.
    pub(crate) shift: TickSpan,
}

/// A parsed block and the work lists made from it.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) cut: Cut,
    pub(crate) parsed: ParsedBlock,
    /// Per event.
    pub(crate) verdicts: Vec<Verdict>,
    /// Per event; set once the duplicates of a round are known.
    pub(crate) duplicate: Vec<bool>,
    /// Per chunk of partitions, by record: the partition, and the pick, whose sequence is still open.
    pub(crate) routes: Vec<Vec<(usize, Pick)>>,
    /// By event: record keys of the events that can be duplicates.
    pub(crate) record_keys: Vec<(u32, Key)>,
    /// By event: those that may concern the policy log, and what they turned out to be joined to once
    /// that is known.
    pub(crate) changes: Vec<(u32, Joined)>,
    /// Events before this one are behind us.
    pub(crate) cursor: usize,
    /// When the block's bytes were available.
    pub(crate) available: Option<Moment>,
    scratch: Vec<u8>,
}

impl Block {
    /// An empty block for a run with this many chunks of partitions.
    pub(crate) fn new(chunks: usize) -> Self {
        Self { routes: vec![Vec::new(); chunks], ..Self::default() }
    }

    /// Refills the block from the part of a file, whose `bytes` are given, that `cut` describes.
    pub(crate) fn fill(
        &mut self,
        cut: Cut,
        bytes: &[u8],
        worker: &mut Worker<'_>,
        routing: &Routing,
    ) {
        self.clear();
        let file = u32::try_from(cut.file).expect("a run has fewer than 2^32 files");
        if let Some(state) = cut.walk {
            let most = worker.parser.envelope_records();
            let mut records = Records::resume(bytes, cut.bytes.start, state).within(most);
            let mut until = cut.bytes.start;
            while until < cut.bytes.end {
                until = (records.reached().0 + PIECE_BYTES).min(cut.bytes.end);
                let parser = &mut worker.parser;
                parse_records(parser, bytes, &mut records, until, file, &mut self.parsed);
                self.judge_fresh(cut.shift, worker, routing);
            }
        } else {
            let bytes = &bytes[cut.bytes.clone()];
            for piece in Blocks::new(bytes, PIECE_BYTES) {
                let offset = (cut.bytes.start + piece.start) as u64;
                parse_more(&mut worker.parser, &bytes[piece], file, offset, &mut self.parsed);
                self.judge_fresh(cut.shift, worker, routing);
            }
        }
        self.cut = cut;
        self.duplicate.resize(self.verdicts.len(), false);
    }

    /// Judges the events parsed since it was last done, so much later than they say.
    fn judge_fresh(&mut self, shift: TickSpan, worker: &mut Worker<'_>, routing: &Routing) {
        let fresh = self.verdicts.len()..self.parsed.batch.events.len();
        if shift != TickSpan(0) {
            let events = self.parsed.batch.events[fresh.clone()].iter_mut();
            events.for_each(|event| event.time = event.time + shift);
        }
        for index in fresh {
            self.judge(index, &mut worker.evaluator, routing);
        }
    }

    fn clear(&mut self) {
        self.parsed.clear();
        self.verdicts.clear();
        self.duplicate.clear();
        self.routes.iter_mut().for_each(Vec::clear);
        self.record_keys.clear();
        self.changes.clear();
        self.cursor = 0;
    }

    fn judge(&mut self, index: usize, evaluator: &mut Evaluator<'_>, routing: &Routing) {
        let view = self.parsed.batch.view(index);
        let event = u32::try_from(index).expect("a block holds fewer than 2^32 records");
        let verdict = evaluator.evaluate(&view);
        let routes = &mut self.routes;
        routing.route(&view, pick(event, verdict.matched), |partition, pick| {
            let chunk = partition % routes.len();
            routes[chunk].push((partition, pick));
        });
        if let Some(key) = record_key(&view, &mut self.scratch) {
            self.record_keys.push((event, key));
        }
        if PolicyLog::concerns(view.event) {
            self.changes.push((event, Joined::Alone));
        }
        self.verdicts.push(verdict);
    }

    /// Joins the change at `place` of [`changes`](Self::changes) with its other half; calls must come in
    /// arrival order, and not for duplicates. Gives the rules that an exception newly hides the Success
    /// from.
    pub(crate) fn join(
        &mut self,
        place: usize,
        joins: &mut Joins,
        rules: &RuleSet,
        routing: &Routing,
    ) -> RuleMask {
        let (event, joined) = &mut self.changes[place];
        *joined = joins.join(&mut self.parsed.batch, *event as usize);
        match *joined {
            Joined::Ended { gained: true, .. } => {
                let event = *event;
                let view = self.parsed.batch.view(event as usize);
                let verdict = rules.evaluate(&view);
                self.verdicts[event as usize] = verdict;
                for routes in &mut self.routes {
                    routes.retain(|(_, pick)| pick.completed || pick.event != event);
                }
                routing.route(
                    &view,
                    pick(event, verdict.matched),
                    insert(&mut self.routes, event, &self.parsed.batch),
                );
                RuleMask::default()
            }
            Joined::Completes { place, .. } => {
                let (batch, event) = (&self.parsed.batch, *event);
                let completed = &batch.completed[place as usize];
                let before = batch.view_of(&completed.before);
                let view = batch.view_of(&completed.event);
                let (was, is) = (rules.evaluate(&before), rules.evaluate(&view));
                let matched = rules_for_completed(&rules.rules, &before, (was, is));
                let pick = Pick { completed: true, ..pick(place, matched) };
                if !matched.is_empty() {
                    routing.route(&view, pick, insert(&mut self.routes, event, batch));
                }
                is.excepted.without(was.excepted).without(was.matched)
            }
            Joined::Alone | Joined::Ended { gained: false, .. } => RuleMask::default(),
        }
    }

    /// Events not yet put in order.
    pub(crate) fn pending(&self) -> Range<usize> {
        self.cursor..self.verdicts.len()
    }
}

fn pick(event: u32, matched: RuleMask) -> Pick {
    Pick { event, sequence: 0, matched, by_identity: false, by_vault: false, completed: false }
}

/// Adds picks to the lists of a block behind those of the record `event`.
fn insert<'a>(
    routes: &'a mut [Vec<(usize, Pick)>],
    event: u32,
    batch: &'a Batch,
) -> impl FnMut(usize, Pick) + 'a {
    move |partition, pick| {
        let chunk = partition % routes.len();
        let list = &mut routes[chunk];
        let at = list.partition_point(|(_, pick)| pick.record(batch) <= event);
        list.insert(at, (partition, pick));
    }
}
