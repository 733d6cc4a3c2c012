//! What run.json says of a history: what was read to learn from, before anything was judged.

use serde::{Deserialize, Serialize};

use crate::engine::History;

/// The `history` of run.json. `records = events + malformed + foreign + duplicates`, as for a corpus.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct HistoryReport {
    /// xxh3-128 of its bytes, hexadecimal.
    pub corpus_id: String,
    /// Lines that are not blank.
    pub records: u64,
    /// Records learned from.
    pub events: u64,
    /// Bytes of its event files.
    pub bytes: u64,
    /// Records that could not be read.
    pub malformed: u64,
    /// Resource logs of another provider.
    pub foreign: u64,
    /// Records that repeat an earlier one of the history.
    pub duplicates: u64,
    /// Events that came after the history's watermark, and taught nothing.
    pub late: u64,
    /// Records, and halves of changes, forgotten before their duplicates or other halves could come. What
    /// tables had to forget of what they learned counts under the rules, and under the profiles.
    pub forgotten: u64,
    /// Where its arrival times came from.
    pub arrival_source: String,
    /// Arrival of its first event.
    pub first_time: String,
    /// Latest arrival of its events.
    pub last_time: String,
    /// Seconds from the one to the other.
    pub seconds: f64,
    /// Seconds by which it reaches into the corpus, whose future it tells then; zero is as it should be.
    pub overlap_seconds: f64,
    /// Its event files, in the order in which they were read.
    pub files: Vec<String>,
}

impl HistoryReport {
    pub(super) fn new(history: &History) -> Self {
        let counts = &history.counts;
        Self {
            corpus_id: format!("{:032x}", history.digest),
            records: counts.records,
            events: counts.events,
            bytes: counts.bytes,
            malformed: counts.malformed,
            foreign: counts.foreign,
            duplicates: counts.duplicates,
            late: counts.late,
            forgotten: counts.duplicates_forgotten + counts.halves_dropped,
            arrival_source: history.arrival_source.clone(),
            first_time: history.first_arrival.to_string(),
            last_time: history.last_arrival.to_string(),
            seconds: history.last_arrival.since(history.first_arrival).as_seconds_f64(),
            overlap_seconds: history.overlap.as_seconds_f64(),
            files: history.file_names.clone(),
        }
    }

    /// What was learned from, for people.
    pub(super) fn summary(&self) -> String {
        let Self { events, first_time, last_time, malformed, .. } = self;
        let mut text = format!(
            "learned from {events} events before, {} to {}\n",
            day(first_time),
            day(last_time)
        );
        if *malformed > 0 {
            text.push_str(&format!("{malformed} records of the history were malformed\n"));
        }
        text
    }
}

/// The date of a timestamp.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}
