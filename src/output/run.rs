//! run.json: what a run read, did, cost and where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{HistoryReport, InputsReport, PaceReport, SCHEMA_VERSION};
use crate::detect::StateStats;
use crate::engine::{Findings, Options, Outcome};
use crate::event::TickSpan;
use crate::limits::{Caps, Limits};
use crate::measure::{Environment, LatencySummary, peak_resident_bytes};
use crate::noise::{Noise, date};
use crate::rules::{Rule, RuleKind, RuleSet, Timing};

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
    /// How the records were read; another number of workers, or another course of the same run, may share
    /// them out differently.
    #[serde(default)]
    pub lines: LinesReport,
    /// Events that came after the watermark: seen by `query` rules, and by all kinds on a schedule.
    pub late: u64,
    /// `scheduled` if rules were judged on their schedules, else `streaming`.
    pub timing: String,
    /// How far the watermark lies behind the newest events, in seconds.
    pub lateness: f64,
    /// The files that were read, and what was not.
    #[serde(default)]
    pub inputs: InputsReport,
    /// Where arrival times came from.
    pub arrival_source: String,
    /// Worker threads.
    pub workers: usize,
    /// About how many bytes a block had.
    pub block_bytes: usize,
    /// Time of the whole run, opening files included, writing results excluded.
    pub wall_seconds: f64,
    /// Records evaluated per second of that time, learning from a history excluded.
    pub events_per_second: f64,
    /// Bytes read per second of that time, likewise.
    pub bytes_per_second: f64,
    /// Where the time went, as the coordinator saw it; `learn` is all that the history took.
    pub stage_seconds: BTreeMap<String, f64>,
    /// True if the run was interrupted: everything here is then of what had been read by that time.
    #[serde(default, skip_serializing_if = "is_false")]
    pub interrupted: bool,
    /// How records were offered, if at a pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<PaceReport>,
    /// From a block's bytes being available to the decision on each of its events; at a pace, from the
    /// instant at which each event was due to the verdict of its last partition.
    pub decision_latency: LatencySummary,
    /// Alerts kept.
    pub alerts: u64,
    /// Alerts beyond the caps (of a rule's day, of a rule, of memory), not kept.
    pub alerts_dropped: u64,
    /// Records forgotten before their duplicates could be known; zero means exact results.
    pub duplicates_forgotten: u64,
    /// Changes of access, grantees and unpaired halves that triage could not keep.
    pub changes_dropped: u64,
    /// What bounded the run.
    #[serde(default)]
    pub limits: Limits,
    /// With a budget of memory: what it was turned into. What these caps cut is counted in `evictions`,
    /// `duplicates_forgotten`, `evidence_cut` and `alerts_dropped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<Caps>,
    /// Most memory of the process that was resident, in bytes, alerts having been written; null where the
    /// system does not tell.
    #[serde(default)]
    pub peak_memory_bytes: Option<u64>,
    /// What the alerts mean for those who must read them; none until it has been counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// What was learned from before the corpus; absent without a history. Its records are in none of
    /// the other counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryReport>,
    /// What is remembered of identities, and of vaults where a rule is grouped first by them, for triage.
    pub profiles: StateReport,
    /// What each rule did.
    pub rules: Vec<RuleReport>,
    /// The machine and the build.
    pub environment: Environment,
    /// The command that produced this.
    pub command: Vec<String>,
}

/// Records by how they were read; that changes nothing but the speed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct LinesReport {
    /// Along the skeleton of a line before.
    pub skeleton: u64,
    /// By simd-json.
    pub simd_json: u64,
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
    /// `scheduled` if it was judged on its schedule, else `streaming`.
    pub timing: String,
    /// Events its query matched, exceptions left out.
    pub matched: u64,
    /// Events hidden from it by an exception.
    pub excepted: u64,
    /// Alerts it raised, as far as they were kept.
    pub alerts: u64,
    /// Alerts beyond the caps, not kept.
    #[serde(default)]
    pub alerts_dropped: u64,
    /// The same by day of the alert, UTC: of the first 400 days that it happened on.
    #[serde(default)]
    pub alerts_dropped_by_day: BTreeMap<String, u64>,
    /// Events whose alert was absorbed by an earlier one.
    pub suppressed: u64,
    /// On a schedule: what runs found beyond `max_signals` and left out; what another run found again
    /// counts again.
    pub over_max_signals: u64,
    /// On a schedule: events that no run's window held.
    pub unseen: u64,
    /// Evidence events left out of evidence.ndjson because a rule had too many; zero means it is
    /// complete.
    pub evidence_cut: u64,
    /// How much past it needs before its verdicts mean something.
    pub history_seconds: f64,
    /// What it remembers at the end of the run.
    pub state: StateReport,
}

/// What is remembered at the end of a run.
///
/// State lies in 256 partitions by the hash of its key, each with an equal share of `cap`. A partition
/// whose share is used up first forgets what the watermark has left behind, which changes no result;
/// if it is still nearly full, the sixteenth of its keys that were seen least lately, by event time and
/// then by key. Within a key the oldest entries go first. All of that but the first is counted in
/// `evictions`.
///
/// A rule on a schedule has one state instead, in one place. Its keys are the records that runs can
/// still see, of which the oldest thousand or fewer go together, by arrival; and, bounded as above,
/// the groups that have alerted lately or, of a `new_terms` rule, the tuples seen.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StateReport {
    /// Groups, tuples or identities, or the records of a rule on a schedule; those that have expired since the last sweep included.
    pub keys: u64,
    /// Most keys that it may hold, in all partitions together.
    pub cap: u64,
    /// Bytes of the tables and of what their values own.
    pub bytes: u64,
    /// `bytes` for each key; null without keys.
    pub bytes_per_key: Option<f64>,
    /// What half of the keys hold at most, up to a sixteenth too much: what a key's value owns, and its
    /// share of the table. Of a rule on a schedule, of its groups or tuples; null without.
    pub bytes_per_key_p50: Option<u64>,
    /// What 99 % of them hold at most.
    pub bytes_per_key_p99: Option<u64>,
    /// Keys, and entries of keys, forgotten because a cap was reached; zero means exact results.
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
        let learning_seconds = outcome.learning.as_secs_f64();
        let detecting_seconds = (wall_seconds - learning_seconds).max(f64::MIN_POSITIVE);
        let per_second = |amount: u64| amount as f64 / detecting_seconds;
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
            lines: LinesReport {
                skeleton: findings.lines.skeleton,
                simd_json: findings.lines.simd_json,
            },
            late: counts.late,
            timing: timing(rules).word().to_owned(),
            lateness: options.lateness.as_seconds_f64(),
            inputs: InputsReport::new(outcome),
            arrival_source: outcome.arrival_source.clone(),
            workers: options.workers,
            block_bytes: options.block_bytes,
            wall_seconds,
            events_per_second: per_second(counts.events),
            bytes_per_second: per_second(counts.bytes),
            stage_seconds: BTreeMap::from([
                ("parse_and_judge".to_owned(), findings.stages.parse_and_judge.seconds()),
                ("order".to_owned(), findings.stages.order.seconds()),
                ("learn".to_owned(), learning_seconds),
            ]),
            interrupted: outcome.interrupted,
            pace: outcome.paced.as_ref().map(PaceReport::new),
            decision_latency: findings.latencies.summary(),
            alerts: findings.alerts.len() as u64,
            alerts_dropped: counts.alerts_dropped,
            duplicates_forgotten: counts.duplicates_forgotten,
            changes_dropped: policy.entries + policy.grantees + counts.halves_dropped,
            limits: outcome.limits,
            caps: outcome.limits.memory.map(|_| outcome.caps),
            peak_memory_bytes: peak_resident_bytes(),
            noise: None,
            history: outcome.history.as_ref().map(HistoryReport::new),
            profiles: StateReport::new(&findings.profiles),
            rules: rule_reports(findings, rules),
            environment: Environment::detect(),
            command,
        }
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
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
        let StateStats { keys, cap, size_bytes: bytes, evictions, ref key_sizes } = *stats;
        Self {
            keys,
            cap,
            bytes,
            bytes_per_key: (keys > 0).then(|| bytes as f64 / keys as f64),
            bytes_per_key_p50: key_sizes.percentile(50),
            bytes_per_key_p99: key_sizes.percentile(99),
            evictions,
        }
    }
}

fn rule_reports(findings: &Findings, rules: &RuleSet) -> Vec<RuleReport> {
    let reports = rules.rules.iter().zip(&findings.rules).map(|(rule, counts)| RuleReport {
        rule_id: rule.id.clone(),
        pack: rule.pack.clone(),
        timing: rule.timing.word().to_owned(),
        matched: counts.stats.matched,
        excepted: counts.excepted,
        alerts: counts.alerts,
        alerts_dropped: counts.dropped.total,
        alerts_dropped_by_day: by_date(&counts.dropped.by_day),
        suppressed: counts.stats.suppressed,
        over_max_signals: counts.stats.over_max_signals,
        unseen: counts.stats.unseen,
        evidence_cut: counts.stats.evidence_cut,
        history_seconds: history(rule).as_seconds_f64(),
        state: StateReport::new(&counts.stats.state),
    });
    reports.collect()
}

fn by_date(by_day: &BTreeMap<i64, u64>) -> BTreeMap<String, u64> {
    by_day.iter().map(|(&day, &count)| (date(day), count)).collect()
}

/// That of the run: scheduled if that of any rule is.
fn timing(rules: &RuleSet) -> Timing {
    let is_scheduled = rules.rules.iter().any(|rule| rule.timing == Timing::Scheduled);
    if is_scheduled { Timing::Scheduled } else { Timing::Streaming }
}

/// How much past a rule needs before its verdicts mean something.
fn history(rule: &Rule) -> TickSpan {
    match &rule.kind {
        RuleKind::Query { .. } => TickSpan::default(),
        RuleKind::Threshold(_) if let Some(schedule) = rule.on_schedule() => schedule.lookback,
        RuleKind::Threshold(threshold) => threshold
            .adaptive
            .map_or(threshold.window, |adaptive| TickSpan::days(adaptive.history_days.into())),
        RuleKind::NewTerms(new_terms) => new_terms.history.max(new_terms.learn),
        RuleKind::Sequence(sequence) => sequence.max_span,
    }
}
