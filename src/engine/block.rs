//! One block on its way through a round: parsed, judged by every query, and routed.
//!
//! Everything that depends on one record alone happens here, in parallel and in any order. What
//! depends on order (arrival, watermark, duplicates, state) comes later and finds its work sorted
//! into lists.

use std::ops::Range;

use crate::detect::{record_key, routing_field};
use crate::event::{Field, Key};
use crate::ingest::{LineParser, ParsedBlock, parse_block};
use crate::measure::Moment;
use crate::rules::{RuleMask, RuleSet, Verdict};

/// Logical partitions of state; part of the semantics, since caps are per partition.
pub(crate) const PARTITIONS: usize = 256;
/// Partitions that one sweep job owns: enough jobs to balance, few enough to keep lists short.
pub(crate) const PARTITIONS_PER_CHUNK: usize = 16;
pub(crate) const CHUNKS: usize = PARTITIONS / PARTITIONS_PER_CHUNK;
/// Shards of the memory of duplicates, one job each.
pub(crate) const DEDUPE_SHARDS: usize = 16;

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

/// An event on its way to the partition that judges it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) event: u32,
    pub(crate) partition: u8,
    pub(crate) class: u8,
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
    /// Per chunk, by event.
    pub(crate) routes: [Vec<Route>; CHUNKS],
    /// Per shard, by event: record keys of the events that can be duplicates.
    pub(crate) record_keys: [Vec<(u32, Key)>; DEDUPE_SHARDS],
    /// Events before this one are behind us.
    pub(crate) cursor: usize,
    /// When the block's bytes were available.
    pub(crate) available: Option<Moment>,
}

impl Block {
    /// Refills the block from `bytes`, which `cut` describes.
    pub(crate) fn fill(
        &mut self,
        cut: Cut,
        bytes: &[u8],
        parser: &mut LineParser,
        rules: &RuleSet,
        classes: &Classes,
    ) {
        self.clear();
        let file = u32::try_from(cut.file).expect("a run has fewer than 2^32 files");
        parse_block(parser, bytes, file, cut.bytes.start as u64, &mut self.parsed);
        self.cut = cut;
        for index in 0..self.parsed.batch.events.len() {
            self.judge(index, rules, classes);
        }
        self.duplicate.resize(self.verdicts.len(), false);
    }

    fn clear(&mut self) {
        self.parsed.clear();
        self.verdicts.clear();
        self.duplicate.clear();
        self.routes.iter_mut().for_each(Vec::clear);
        self.record_keys.iter_mut().for_each(Vec::clear);
        self.cursor = 0;
    }

    fn judge(&mut self, index: usize, rules: &RuleSet, classes: &Classes) {
        let view = self.parsed.batch.view(index);
        let event = u32::try_from(index).expect("a block holds fewer than 2^32 records");
        let verdict = rules.evaluate(&view);
        for (class, &(field, members)) in (0_u8..).zip(&classes.0) {
            let key = view.key(field);
            let everyone = field == Field::Identity;
            if everyone || (key.is_some() && !(verdict.matched & members).is_empty()) {
                let partition = key.unwrap_or_default().partition(PARTITIONS);
                let route = Route { event, partition: partition as u8, class };
                self.routes[partition / PARTITIONS_PER_CHUNK].push(route);
            }
        }
        if let Some(key) = record_key(&view) {
            self.record_keys[key.partition(DEDUPE_SHARDS)].push((event, key));
        }
        self.verdicts.push(verdict);
    }

    /// Events not yet put in order.
    pub(crate) fn pending(&self) -> Range<usize> {
        self.cursor..self.verdicts.len()
    }
}

/// The key classes of a run: fields whose value decides the partition, and the rules that go by
/// each. The first is always the identity, to which every event goes for the sake of its profile.
#[derive(Debug)]
pub(crate) struct Classes(Vec<(Field, RuleMask)>);

impl Classes {
    pub(crate) fn of(rules: &RuleSet) -> Self {
        let mut classes = vec![(Field::Identity, RuleMask::default())];
        for (index, rule) in rules.rules().iter().enumerate() {
            let field = routing_field(rule).unwrap_or(Field::Identity);
            let class = classes.iter().position(|&(known, _)| known == field);
            let class = class.unwrap_or_else(|| {
                classes.push((field, RuleMask::default()));
                classes.len() - 1
            });
            classes[class].1.insert(index);
        }
        Self(classes)
    }

    /// The rules that go by this class.
    pub(crate) fn members(&self, class: u8) -> RuleMask {
        self.0[usize::from(class)].1
    }
}
