//! What a run found, before it is written to files.

use std::time::Duration;

use super::malformed::MalformedRecords;
use super::pace::Paced;
use super::storm::Dropped;
use crate::detect::{Alert, PolicyDrops, RuleStats, StateStats, Trace};
use crate::event::{TickSpan, Ticks};
use crate::ingest::{Change, IngestError, MappedFile};
use crate::limits::{Caps, Limits};
use crate::measure::{Latencies, Stopwatch};

/// The result of a run, and the files it refers to.
#[derive(Debug)]
pub struct Outcome {
    /// What was found.
    pub findings: Findings,
    /// The files read, in the order that origins count them: those of a history last.
    pub files: Vec<MappedFile>,
    /// Their paths as text.
    pub file_names: Vec<String>,
    /// Where arrival times came from.
    pub arrival_source: String,
    /// Arrival of the first event, and the latest of any; none without events.
    pub arrived: Option<[Ticks; 2]>,
    /// What bounded the run.
    pub limits: Limits,
    /// The caps that this came to.
    pub caps: Caps,
    /// Time of the whole run.
    pub wall: Duration,
    /// The part of it that the history took.
    pub learning: Duration,
    /// It was stopped before its inputs were at their end.
    pub interrupted: bool,
    /// How the records were offered, if at a pace; latencies then count from each record's due time.
    pub paced: Option<Paced>,
    /// What the run learned from beforehand, where it did.
    pub history: Option<History>,
}

impl Outcome {
    /// Compares the files read with what they were when they were opened: gives the names of those that
    /// have grown since, whose new records nobody has judged.
    ///
    /// # Errors
    /// The first one that was cut short or rewritten: what was found there means nothing.
    pub fn grown(&self) -> Result<Vec<&str>, IngestError> {
        let mut grown = Vec::new();
        for (file, name) in self.files.iter().zip(&self.file_names) {
            if file.change()? == Change::Grown && grown.last() != Some(&name.as_str()) {
                grown.push(name.as_str());
            }
        }
        Ok(grown)
    }
}

/// What a run learned from before it judged anything; none of it is in the counts of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// What was read. Alerts there are none; what the log of changes of access could not keep counts
    /// with the corpus, whose log it goes on to be.
    pub counts: Counts,
    /// Digest of the bytes, as for a corpus.
    pub digest: u128,
    /// Arrival of its first event.
    pub first_arrival: Ticks,
    /// Latest arrival of its events.
    pub last_arrival: Ticks,
    /// How far it reaches into the corpus: its latest arrival minus the corpus' first, at least zero.
    pub overlap: TickSpan,
    /// Where its arrival times came from.
    pub arrival_source: String,
    /// Its files as text, in the order in which they were read.
    pub file_names: Vec<String>,
}

/// What was found; a function of the inputs, the rules and the lateness, but for the times.
#[derive(Debug)]
pub struct Findings {
    /// Alerts by trigger (file, offset), then rule id, then group; each with how many events it
    /// absorbed.
    pub alerts: Vec<(Alert, u64)>,
    /// Of each alert, how many events, of a history as well, had been put in order before the one that
    /// raised it; `u64::MAX` where the end of the run did.
    pub raised_after: Vec<u64>,
    /// xxh3-128 of the event bytes; of several inputs, of their digests in order.
    pub corpus_id: u128,
    /// What was read.
    pub counts: Counts,
    /// Malformed records.
    pub malformed: MalformedRecords,
    /// Per rule, in the order of the rule set.
    pub rules: Vec<RuleCounts>,
    /// What became of watched events, by place in the files, then rule.
    pub traces: Vec<Trace>,
    /// Traces that found no room.
    pub traces_dropped: u64,
    /// Size of the profiles of identities and vaults.
    pub profiles: StateStats,
    /// Identities that have a profile at the end.
    pub identities: u64,
    /// Likewise vaults; none where no rule is grouped first by them.
    pub vaults: u64,
    /// From a block's bytes being available to the decision on each event.
    pub latencies: Latencies,
    /// Where the time went.
    pub stages: Stages,
    /// How the records were read; depends on which worker met which.
    pub lines: Lines,
}

/// What was read; `records = events + malformed + foreign + duplicates`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines that are not blank.
    pub records: u64,
    /// Records evaluated.
    pub events: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Records that could not be read.
    pub malformed: u64,
    /// Resource logs of another provider.
    pub foreign: u64,
    /// Records that repeat an earlier one.
    pub duplicates: u64,
    /// Events that came after their watermark.
    pub late: u64,
    /// JSON keys given twice in one object; the last one was taken.
    pub duplicate_keys: u64,
    /// Alerts beyond the caps, not kept.
    pub alerts_dropped: u64,
    /// Records forgotten before their duplicates could be known, because that memory was full.
    pub duplicates_forgotten: u64,
    /// What the log of changes of access could not keep.
    pub policy_dropped: PolicyDrops,
    /// Halves of changes of access forgotten before the other half came.
    pub halves_dropped: u64,
}

/// How many records were read in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Along the skeleton of a line before.
    pub skeleton: u64,
    /// By simd-json.
    pub simd_json: u64,
}

/// What one rule did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCounts {
    /// Alerts kept.
    pub alerts: u64,
    /// Alerts that were not.
    pub dropped: Dropped,
    /// Events hidden from it by an exception.
    pub excepted: u64,
    /// Counters of the detection core, summed over partitions.
    pub stats: RuleStats,
}

/// Time of the coordinator's phases.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// Until the workers had judged one round and parsed another.
    pub parse_and_judge: Stopwatch,
    /// Arrival order, watermarks, duplicates; while the workers were busy, where there is one input.
    pub order: Stopwatch,
}
