//! One block on its way through a round: parsed, judged by every query, and routed.
//!
//! Everything that depends on one record alone happens here, in parallel and in any order. What
//! depends on order (arrival, watermark, duplicates, state) comes later and finds its work sorted
//! into lists.

use std::ops::Range;

use crate::detect::{Pick, PolicyLog, Routing, record_key};
use crate::event::Key;
use crate::ingest::{LineParser, ParsedBlock, parse_block};
use crate::measure::Moment;
use crate::rules::{RuleSet, Verdict};

/// Where a block's bytes are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut {
    /// Which input of the run.
    pub(crate) lane: usize,
    /// Which file of the run.
    pub(crate) file: usize,
    /// Which bytes of the file.
    pub(crate) bytes: Range<usize>,
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
    /// Per chunk of partitions, by event: the partition, and the pick, whose sequence is still open.
    pub(crate) routes: Vec<Vec<(usize, Pick)>>,
    /// By event: record keys of the events that can be duplicates.
    pub(crate) record_keys: Vec<(u32, Key)>,
    /// Events that concern the policy log.
    pub(crate) changes: Vec<u32>,
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

    /// Refills the block from `bytes`, which `cut` describes.
    pub(crate) fn fill(
        &mut self,
        cut: Cut,
        bytes: &[u8],
        parser: &mut LineParser,
        rules: &RuleSet,
        routing: &Routing,
    ) {
        self.clear();
        let file = u32::try_from(cut.file).expect("a run has fewer than 2^32 files");
        parse_block(parser, bytes, file, cut.bytes.start as u64, &mut self.parsed);
        self.cut = cut;
        for index in 0..self.parsed.batch.events.len() {
            self.judge(index, rules, routing);
        }
        self.duplicate.resize(self.verdicts.len(), false);
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

    fn judge(&mut self, index: usize, rules: &RuleSet, routing: &Routing) {
        let view = self.parsed.batch.view(index);
        let event = u32::try_from(index).expect("a block holds fewer than 2^32 records");
        let verdict = rules.evaluate(&view);
        let routes = &mut self.routes;
        routing.route(&view, event, 0, verdict.matched, |partition, pick| {
            let chunk = partition % routes.len();
            routes[chunk].push((partition, pick));
        });
        if let Some(key) = record_key(&view, &mut self.scratch) {
            self.record_keys.push((event, key));
        }
        if PolicyLog::concerns(view.event) {
            self.changes.push(event);
        }
        self.verdicts.push(verdict);
    }

    /// Events not yet put in order.
    pub(crate) fn pending(&self) -> Range<usize> {
        self.cursor..self.verdicts.len()
    }
}
