//! Collects what rounds leave behind: counts, alerts in order, digests, latencies.

use std::collections::BTreeMap;

use super::block::{Block, Cut};
use super::digest::Digest;
use super::jobs::{Chunk, Job};
use super::malformed::{MalformedRecords, MalformedSample};
use super::order::Sequencer;
use super::outcome::{Counts, Findings, Lines, RuleCounts, Stages};
use super::storm::Kept;
use crate::detect::{Absorbed, Alert, Output, StateStats};
use crate::event::{Key, Origin};
use crate::ingest::MappedFile;
use crate::measure::Latencies;
use crate::rules::{RuleKind, RuleMask, RuleSet};

/// What has been found so far.
#[derive(Debug)]
pub(crate) struct Collector {
    /// But for what [`Collector::counts`] adds.
    pub(crate) counts: Counts,
    pub(crate) bytes_expected: u64,
    /// How many chunks share the partitions.
    pub(crate) chunk_count: usize,
    /// Per lane, of its bytes.
    pub(crate) digests: Vec<Digest>,
    pub(crate) stages: Stages,
    lines: Lines,
    malformed: MalformedRecords,
    /// In order of the sequence of the record on which they were found, rule id, group; with it.
    alerts: Vec<(u64, Alert)>,
    kept: Kept,
    /// Of the alerts as they were given out, that sequence.
    raised_after: Vec<u64>,
    /// Per rule: events hidden by an exception beside those that chunks count.
    excepted: Vec<u64>,
    /// By rule, trigger and group, which together name an alert; see [`Absorbed::group_key`].
    absorbed: BTreeMap<(usize, Origin, Key), u64>,
}

impl Collector {
    pub(crate) fn new(
        (lanes, chunk_count): (usize, usize),
        rules: &RuleSet,
        files: &[MappedFile],
        kept: Kept,
    ) -> Self {
        Self {
            chunk_count,
            counts: Counts::default(),
            bytes_expected: files.iter().map(|file| file.len() as u64).sum(),
            digests: vec![Digest::default(); lanes],
            stages: Stages::default(),
            lines: Lines::default(),
            malformed: MalformedRecords::default(),
            alerts: Vec::new(),
            raised_after: Vec::new(),
            kept,
            excepted: vec![0; rules.rules.len()],
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
        self.lines.skeleton += parsed.read_along_skeletons;
        self.lines.simd_json += u64::from(parsed.records) - parsed.read_along_skeletons;
        for line in &parsed.malformed {
            let (file, offset) = (block.cut.file, line.offset);
            self.malformed.add(MalformedSample { file, offset, reason: line.reason });
        }
    }

    /// Takes the round's alerts out of the chunks, in order, as far as the caps allow.
    pub(crate) fn take_alerts(&mut self, chunks: &mut [Chunk], rules: &RuleSet) {
        let mut alerts: Vec<_> =
            chunks.iter_mut().flat_map(|chunk| chunk.alerts.drain(..)).collect();
        alerts.sort_by(|(a_sequence, a), (b_sequence, b)| {
            let id = |alert: &Alert| &rules.rules[alert.rule].id;
            (a_sequence, id(a), &a.group).cmp(&(b_sequence, id(b), &b.group))
        });
        for (sequence, mut alert) in alerts {
            if self.kept.admit(&mut alert) {
                self.alerts.push((sequence, alert));
            } else {
                self.counts.alerts_dropped += 1;
            }
        }
        for chunk in chunks {
            self.add_absorbed(&mut chunk.output);
        }
    }

    /// Counts an event that an exception hides from these rules.
    pub(crate) fn add_excepted(&mut self, rules: RuleMask) {
        rules.iter().for_each(|rule| self.excepted[rule] += 1);
    }

    fn add_absorbed(&mut self, output: &mut Output) {
        for Absorbed { rule, group_key, trigger, count } in output.absorbed.drain(..) {
            // Nobody will ask what an alert absorbed that was not kept.
            if self.kept.has(rule, trigger) {
                *self.absorbed.entry((rule, trigger, group_key)).or_default() += u64::from(count);
            }
        }
    }

    /// Ends the partitions and sums up.
    pub(crate) fn finish(
        mut self,
        chunks: Vec<Chunk>,
        sequencer: &Sequencer,
        rules: &RuleSet,
    ) -> Findings {
        let mut latencies = Latencies::default();
        let mut profiles = StateStats::default();
        let (mut identities, mut vaults) = (0, 0);
        let mut per_rule = vec![RuleCounts::default(); rules.rules.len()];
        let known = self.kept.take_rules().into_iter().zip(&self.excepted);
        for (counts, (kept, excepted)) in per_rule.iter_mut().zip(known) {
            (counts.alerts, counts.excepted) = (kept.alerts, *excepted);
            (counts.dropped, counts.stats.evidence_cut) = (kept.dropped, kept.evidence_cut);
        }
        let (mut traces, mut traces_dropped) = (Vec::new(), 0);
        for mut chunk in chunks {
            for partition in &mut chunk.partitions {
                let (its, dropped) = partition.take_traces();
                traces.extend(its);
                traces_dropped += dropped;
                profiles += partition.profile_stats();
                let [its_identities, its_vaults] = partition.subjects();
                identities += its_identities;
                vaults += its_vaults;
                for (counts, stats) in per_rule.iter_mut().zip(partition.rule_stats()) {
                    counts.stats += stats;
                }
                // Forgets what the statistics are about.
                partition.finish(&mut chunk.output);
            }
            self.add_absorbed(&mut chunk.output);
            latencies.merge(&chunk.latencies);
            for (counts, excepted) in per_rule.iter_mut().zip(&chunk.excepted) {
                counts.excepted += excepted;
            }
        }
        traces.sort_unstable();
        let counts = self.counts(sequencer);
        let alerts = self.alerts_with_absorbed(rules);
        Findings {
            raised_after: std::mem::take(&mut self.raised_after),
            alerts,
            corpus_id: self.corpus_id(),
            counts,
            malformed: self.malformed,
            rules: per_rule,
            traces,
            traces_dropped,
            profiles,
            identities,
            vaults,
            latencies,
            stages: self.stages,
            lines: self.lines,
        }
    }

    /// What has been read, all of it being in order.
    pub(crate) fn counts(&self, sequencer: &Sequencer) -> Counts {
        Counts {
            late: sequencer.late,
            malformed: self.malformed.total,
            events: sequencer.ordered() - self.counts.duplicates,
            ..self.counts
        }
    }

    /// In the order of alerts.ndjson.
    pub(crate) fn alerts_with_absorbed(&mut self, rules: &RuleSet) -> Vec<(Alert, u64)> {
        let mut alerts = std::mem::take(&mut self.alerts);
        alerts.sort_by(|(_, a), (_, b)| {
            let id = |alert: &Alert| &rules.rules[alert.rule].id;
            (a.trigger, id(a), &a.group).cmp(&(b.trigger, id(b), &b.group))
        });
        self.raised_after = alerts.iter().map(|(sequence, _)| *sequence).collect();
        let with_absorbed = |(_, alert)| {
            let absorbed = self.absorbed_by(&alert, rules);
            (alert, absorbed)
        };
        alerts.into_iter().map(with_absorbed).collect()
    }

    /// Only a sequence may alert on one record in several groups; others absorb under one key, which
    /// need not be the alert's.
    fn absorbed_by(&self, alert: &Alert, rules: &RuleSet) -> u64 {
        let (rule, trigger) = (alert.rule, alert.trigger);
        let is_sequence = matches!(rules.rules[rule].kind, RuleKind::Sequence(_));
        let bounds = (rule, trigger, Key(0))..=(rule, trigger, Key(u128::MAX));
        let all = self.absorbed.range(bounds);
        let its = all.filter(|((.., key), _)| !is_sequence || *key == alert.group_key);
        its.map(|(_, count)| count).sum()
    }

    /// The digest of the only lane, or of the lanes' digests in order.
    pub(crate) fn corpus_id(&self) -> u128 {
        match self.digests.as_slice() {
            [only] => only.value(),
            several => {
                let mut all = Digest::default();
                several.iter().for_each(|one| all.update(&one.value().to_le_bytes()));
                all.value()
            }
        }
    }
}
