//! run.json: what a run read, did, cost and where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SCHEMA_VERSION;
use crate::engine::{Options, Outcome};
use crate::event::Ticks;
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
    /// How far the watermark lies behind the newest events.
    pub lateness_seconds: f64,
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
    pub id: String,
    /// Events its query matched, exceptions left out.
    pub matched: u64,
    /// Events hidden from it by an exception.
    pub excepted: u64,
    /// Alerts it raised, as far as they were kept.
    pub alerts: u64,
    /// Events whose alert was absorbed by an earlier one.
    pub suppressed: u64,
    /// How much past it needs before its verdicts mean something.
    pub history_seconds: f64,
    /// What it remembers at the end of the run.
    pub state: StateReport,
}

/// What a rule remembers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StateReport {
    /// Groups or tuples.
    pub keys: u64,
    /// Estimated bytes.
    pub bytes: u64,
    /// Groups or tuples given up to stay within the cap.
    pub evictions: u64,
}
