//! run.json: what a run read, did, cost and where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SCHEMA_VERSION;
use crate::detect::StateStats;
use crate::engine::{Findings, Options, Outcome};
use crate::event::TickSpan;
use crate::measure::{Environment, LatencySummary};
use crate::rules::{RuleKind, RuleSet};

/// The whole of run.json.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RunReport {
    /// Version of this format.
    pub schema_version: u32,
    /// xxh3-128 of the event bytes, hexadecimal.
    pub corpus_id: String,
    /// Digest of the rule files, hexadecimal.
    pub rules_id: String,
    /// Lines that are not blank: events + malformed + foreign + duplicates.
    pub records: u64,
    /// Records evaluated.
    pub events: u64,
    /// Bytes of all event files.
    pub bytes: u64,
    /// Records that could not be read.
    pub malformed: MalformedReport,
    /// Resource logs of another provider.
    pub foreign: u64,
    /// Records that repeat an earlier one.
    pub duplicates: u64,
    /// JSON keys given twice in one object; the last one was taken.
    pub duplicate_keys: u64,
    /// Events that came after the watermark, seen by `query` rules only.
    pub late: u64,
    /// How far the watermark lies behind the newest events, in seconds.
    pub lateness: f64,
    /// Where arrival times came from.
    pub arrival_source: String,
    /// Worker threads.
    pub workers: usize,
    /// About how many bytes a block had.
    pub block_bytes: usize,
    /// Time of the whole run, opening files included, writing results excluded.
    pub wall_seconds: f64,
    /// Records evaluated per second of that time.
    pub events_per_second: f64,
    /// Bytes read per second of that time.
    pub bytes_per_second: f64,
    /// Where the time went, as the coordinator saw it.
    pub stage_seconds: BTreeMap<String, f64>,
    /// From a block's bytes being available to the decision on each of its events.
    pub decision_latency: LatencySummary,
    /// Alerts kept.
    pub alerts: u64,
    /// Alerts beyond the cap per rule, not kept.
    pub alerts_dropped: u64,
    /// Records forgotten before their duplicates could be known; zero means exact results.
    pub duplicates_forgotten: u64,
    /// Changes of access, grantees and unpaired halves that triage could not keep.
    pub changes_dropped: u64,
    /// What is remembered of identities for triage.
    pub profiles: StateReport,
    /// What each rule did.
    pub rules: Vec<RuleReport>,
    /// The machine and the build.
    pub environment: Environment,
    /// The command that produced this.
    pub command: Vec<String>,
}

/// Records that could not be read.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct MalformedReport {
    /// How many.
    pub total: u64,
    /// How many for each reason.
    pub by_reason: BTreeMap<String, u64>,
    /// The first of them.
    pub samples: Vec<MalformedSampleReport>,
}

/// One record that could not be read.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct MalformedSampleReport {
    /// The file.
    pub file: String,
    /// Byte offset of the line.
    pub offset: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// What one rule did.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RuleReport {
    /// The rule.
    pub rule_id: String,
    /// The pack it was loaded with.
    pub pack: String,
    /// Events its query matched, exceptions left out.
    pub matched: u64,
    /// Events hidden from it by an exception.
    pub excepted: u64,
    /// Alerts it raised, as far as they were kept.
    pub alerts: u64,
    /// Events whose alert was absorbed by an earlier one.
    pub suppressed: u64,
    /// Evidence events left out of evidence.ndjson because a rule had too many; zero means it is
    /// complete.
    pub evidence_cut: u64,
    /// How much past it needs before its verdicts mean something.
    pub history_seconds: f64,
    /// What it remembers at the end of the run.
    pub state: StateReport,
}

/// What is remembered at the end of a run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StateReport {
    /// Groups, tuples or identities.
    pub keys: u64,
    /// Estimated bytes.
    pub bytes: u64,
    /// Things forgotten because a cap was reached; zero means exact results.
    pub evictions: u64,
}

impl RunReport {
    /// The report of `outcome`, produced by `command`.
    pub fn new(
        outcome: &Outcome,
        rules: &RuleSet,
        options: &Options,
        command: Vec<String>,
    ) -> Self {
        let findings = &outcome.findings;
        let counts = &findings.counts;
        let policy = &counts.policy_dropped;
        let wall_seconds = outcome.wall.as_secs_f64();
        let per_second = |amount: u64| amount as f64 / wall_seconds.max(f64::MIN_POSITIVE);
        Self {
            schema_version: SCHEMA_VERSION,
            corpus_id: format!("{:032x}", findings.corpus_id),
            rules_id: rules.rules_id().to_owned(),
            records: counts.records,
            events: counts.events,
            bytes: counts.bytes,
            malformed: MalformedReport::new(outcome),
            foreign: counts.foreign,
            duplicates: counts.duplicates,
            duplicate_keys: counts.duplicate_keys,
            late: counts.late,
            lateness: options.lateness.as_seconds_f64(),
            arrival_source: outcome.arrival_source.to_owned(),
            workers: options.workers,
            block_bytes: options.block_bytes,
            wall_seconds,
            events_per_second: per_second(counts.events),
            bytes_per_second: per_second(counts.bytes),
            stage_seconds: BTreeMap::from([
                ("parse_and_judge".to_owned(), findings.stages.parse_and_judge.seconds()),
                ("order".to_owned(), findings.stages.order.seconds()),
            ]),
            decision_latency: findings.latencies.summary(),
            alerts: findings.alerts.len() as u64,
            alerts_dropped: counts.alerts_dropped,
            duplicates_forgotten: counts.duplicates_forgotten,
            changes_dropped: policy.entries + policy.grantees + counts.halves_dropped,
            profiles: StateReport::new(&findings.profiles),
            rules: rule_reports(findings, rules),
            environment: Environment::detect(),
            command,
        }
    }
}

impl MalformedReport {
    fn new(outcome: &Outcome) -> Self {
        let samples =
            outcome.findings.malformed.samples.iter().map(|sample| MalformedSampleReport {
                file: outcome.file_names[sample.file].clone(),
                offset: sample.offset,
                reason: sample.reason.to_string(),
            });
        Self {
            total: outcome.findings.malformed.total,
            by_reason: outcome.findings.malformed.by_reason.clone(),
            samples: samples.collect(),
        }
    }
}

impl StateReport {
    fn new(stats: &StateStats) -> Self {
        Self { keys: stats.keys, bytes: stats.size_bytes, evictions: stats.evictions }
    }
}

fn rule_reports(findings: &Findings, rules: &RuleSet) -> Vec<RuleReport> {
    let reports = rules.rules.iter().zip(&findings.rules).map(|(rule, counts)| RuleReport {
        rule_id: rule.id.clone(),
        pack: rule.pack.clone(),
        matched: counts.stats.matched,
        excepted: counts.excepted,
        alerts: counts.alerts,
        suppressed: counts.stats.suppressed,
        evidence_cut: counts.stats.evidence_cut,
        history_seconds: history(&rule.kind).as_seconds_f64(),
        state: StateReport::new(&counts.stats.state),
    });
    reports.collect()
}

/// How much past a rule needs before its verdicts mean something.
fn history(kind: &RuleKind) -> TickSpan {
    match kind {
        RuleKind::Query { .. } => TickSpan::default(),
        RuleKind::Threshold(threshold) => threshold
            .adaptive
            .map_or(threshold.window, |adaptive| TickSpan::days(adaptive.history_days.into())),
        RuleKind::NewTerms(new_terms) => new_terms.history.max(new_terms.learn),
        RuleKind::Sequence(sequence) => sequence.max_span,
    }
}
