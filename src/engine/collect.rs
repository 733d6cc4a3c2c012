//! Collects what rounds leave behind: counts, alerts in order, digests, latencies.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::Xxh3;

use super::block::{Block, Cut};
use super::jobs::{Chunk, Job};
use super::malformed::{MalformedRecords, MalformedSample};
use super::order::Sequencer;
use super::outcome::{Counts, Outcome, RuleCounts};
use crate::detect::{Absorbed, Alert, Output};
use crate::event::{Key, Origin};
use crate::ingest::MappedFile;
use crate::measure::{Latencies, Stopwatch};
use crate::rules::RuleSet;

/// Alerts kept per rule and run; beyond them an analyst has no use for more, so they are counted.
pub const MAX_ALERTS_PER_RULE: u64 = 100_000;

/// Time of the coordinator's phases.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    pub(crate) parse_and_judge: Stopwatch,
    pub(crate) order: Stopwatch,
    pub(crate) dedupe: Stopwatch,
}

/// What has been found so far.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) counts: Counts,
    pub(crate) bytes_expected: u64,
    /// Per lane, of its bytes.
    pub(crate) digests: Vec<Box<Xxh3>>,
    pub(crate) stages: Stages,
    malformed: MalformedRecords,
    /// In order of trigger sequence, rule id, group.
    alerts: Vec<Alert>,
    alerts_per_rule: Vec<u64>,
    absorbed: BTreeMap<(usize, Origin, Key), u64>,
}

impl Collector {
    pub(crate) fn new(lanes: usize, rules: &RuleSet, files: &[MappedFile]) -> Self {
        Self {
            counts: Counts::default(),
            bytes_expected: files.iter().map(|file| file.len() as u64).sum(),
            digests: (0..lanes).map(|_| Box::default()).collect(),
            stages: Stages::default(),
            malformed: MalformedRecords::default(),
            alerts: Vec::new(),
            alerts_per_rule: vec![0; rules.rules.len()],
            absorbed: BTreeMap::new(),
        }
    }

    /// One job per lane that extends its digest by the lane's cuts.
    pub(crate) fn digest_jobs(&mut self, cuts: &[Cut]) -> Vec<Job> {
        let by_lane = cuts.chunk_by(|a, b| a.lane == b.lane);
        let jobs = by_lane.map(|cuts| Job::Digest {
            lane: cuts[0].lane,
            digest: std::mem::take(&mut self.digests[cuts[0].lane]),
            cuts: cuts.to_vec(),
        });
        jobs.collect()
    }

    /// Counts a freshly parsed block.
    pub(crate) fn count(&mut self, block: &Block) {
        let parsed = &block.parsed;
        self.counts.records += u64::from(parsed.records);
        self.counts.bytes += block.cut.bytes.len() as u64;
        self.counts.foreign += u64::from(parsed.foreign);
        self.counts.duplicate_keys += parsed.duplicate_keys;
        for line in &parsed.malformed {
            let (file, offset) = (block.cut.file, line.offset);
            self.malformed.add(MalformedSample { file, offset, reason: line.reason });
        }
    }

    /// Takes the round's alerts out of the chunks, in order, as far as the cap allows.
    pub(crate) fn take_alerts(&mut self, chunks: &mut [Box<Chunk>], rules: &RuleSet) {
        let mut alerts: Vec<_> =
            chunks.iter_mut().flat_map(|chunk| chunk.alerts.drain(..)).collect();
        alerts.sort_by(|(a_sequence, a), (b_sequence, b)| {
            let id = |alert: &Alert| &rules.rules[alert.rule].id;
            (a_sequence, id(a), &a.group).cmp(&(b_sequence, id(b), &b.group))
        });
        for (_, alert) in alerts {
            let kept = &mut self.alerts_per_rule[alert.rule];
            if *kept == MAX_ALERTS_PER_RULE {
                self.counts.alerts_dropped += 1;
            } else {
                *kept += 1;
                self.alerts.push(alert);
            }
        }
        for chunk in chunks {
            self.add_absorbed(&mut chunk.output);
        }
    }

    fn add_absorbed(&mut self, output: &mut Output) {
        for Absorbed { rule, group_key, trigger, count } in output.absorbed.drain(..) {
            *self.absorbed.entry((rule, trigger, group_key)).or_default() += count;
        }
    }

    /// Ends the partitions and sums up.
    pub(crate) fn finish(
        mut self,
        chunks: Vec<Box<Chunk>>,
        sequencer: &Sequencer,
        rules: &RuleSet,
    ) -> Outcome {
        let mut latencies = Latencies::default();
        let mut per_rule = vec![RuleCounts::default(); rules.rules.len()];
        for (counts, alerts) in per_rule.iter_mut().zip(&self.alerts_per_rule) {
            counts.alerts = *alerts;
        }
        for mut chunk in chunks {
            for partition in std::mem::take(&mut chunk.partitions) {
                partition.finish(&mut chunk.output);
            }
            self.add_absorbed(&mut chunk.output);
            latencies.merge(&chunk.latencies);
            for (rule, counts) in per_rule.iter_mut().enumerate() {
                counts.excepted += chunk.excepted[rule];
                counts.stats.add(&chunk.output.stats[rule]);
            }
        }
        self.counts.late = sequencer.late;
        self.counts.malformed = self.malformed.total;
        self.counts.events = sequencer.sequence - self.counts.duplicates;
        Outcome {
            alerts: self.alerts_with_absorbed(rules),
            corpus_id: self.corpus_id(),
            counts: self.counts,
            malformed: self.malformed,
            rules: per_rule,
            latencies,
            stages: self.stages.into(),
        }
    }

    /// In the order of alerts.ndjson.
    fn alerts_with_absorbed(&mut self, rules: &RuleSet) -> Vec<(Alert, u64)> {
        let mut alerts = std::mem::take(&mut self.alerts);
        alerts.sort_by(|a, b| {
            let id = |alert: &Alert| &rules.rules[alert.rule].id;
            (a.trigger, id(a), &a.group).cmp(&(b.trigger, id(b), &b.group))
        });
        let absorbed = |alert: &Alert| {
            self.absorbed.get(&(alert.rule, alert.trigger, alert.group_key)).copied().unwrap_or(0)
        };
        let counts: Vec<u64> = alerts.iter().map(absorbed).collect();
        alerts.into_iter().zip(counts).collect()
    }

    /// The digest of the only lane, or of the lanes' digests in order.
    fn corpus_id(&self) -> u128 {
        match self.digests.as_slice() {
            [only] => only.digest128(),
            several => {
                let mut all = Xxh3::new();
                several.iter().for_each(|one| all.update(&one.digest128().to_le_bytes()));
                all.digest128()
            }
        }
    }
}
