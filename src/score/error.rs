//! Why a score cannot be made. Every message names the place, what was expected and what was found.

use std::io;

/// Inputs that cannot be scored, or hold nothing to score.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// Reading failed.
    #[error("{place}: expected a readable line, found {source}")]
    Read {
        /// File and line.
        place: String,
        /// What the reader said.
        source: io::Error,
    },
    /// A line, or a whole file, is not what its contract says.
    #[error("{place}: expected {expected}, found {found}")]
    Syntax {
        /// File and line.
        place: String,
        /// The contract.
        expected: &'static str,
        /// What the parser said.
        found: String,
    },
    /// A file without a single line.
    #[error("{file}: expected a header line, found an empty file")]
    Empty {
        /// The file.
        file: String,
    },
    /// The header is of another file, or of another version of it.
    #[error("{place}: {key}: expected {expected}, found {found}")]
    Header {
        /// File and line.
        place: String,
        /// The header's key.
        key: &'static str,
        /// The value the file should have.
        expected: String,
        /// Its value.
        found: String,
    },
    /// Two inputs do not belong together.
    #[error("{file}: {key}: expected {expected} as in {other}, found {found}")]
    Unlike {
        /// The file that disagrees.
        file: String,
        /// The key on which they differ.
        key: &'static str,
        /// The file it disagrees with.
        other: String,
        /// The other's value.
        expected: String,
        /// This file's value.
        found: String,
    },
    /// The run did not see the whole corpus.
    #[error(
        "{file}: expected a run over the whole corpus, found one that was interrupted after {records} of \
         {all} records"
    )]
    Interrupted {
        /// run.json of the run.
        file: String,
        /// Records it had read.
        records: u64,
        /// Records of the corpus.
        all: u64,
    },
    /// An identifier that should be unique is not.
    #[error("{place}: expected a new {key}, found {id} a second time")]
    Duplicate {
        /// File and line.
        place: String,
        /// Which identifier.
        key: &'static str,
        /// The identifier.
        id: String,
    },
    /// A line refers to something that does not exist.
    #[error("{place}: expected the {key} of a line in {file}, found {id}")]
    Unknown {
        /// File and line.
        place: String,
        /// Which identifier.
        key: &'static str,
        /// The file that should hold it.
        file: String,
        /// The identifier.
        id: String,
    },
    /// An alert's time is not within the corpus.
    #[error("{place}: alert {alert_id}: expected a time from {first} to {last}, found {found}")]
    OutsideCorpus {
        /// File and line.
        place: String,
        /// The alert.
        alert_id: String,
        /// Time of the corpus' first event.
        first: String,
        /// Time of its last.
        last: String,
        /// The alert's time.
        found: String,
    },
    /// The evidence file does not hold what the alert says it rests on.
    #[error("{place}: alert {alert_id}: expected {expected} evidence events, found {found}")]
    EvidenceCount {
        /// File and line of the alert.
        place: String,
        /// The alert.
        alert_id: String,
        /// Its `evidence_total`.
        expected: u64,
        /// How many lines the evidence file has for it.
        found: u64,
    },
    /// The whole evidence of an alert does not meet the condition the alert claims.
    #[error("{place}: alert {alert_id}: expected evidence that meets {condition}, found {found}")]
    EvidenceShort {
        /// File and line of the alert.
        place: String,
        /// The alert.
        alert_id: String,
        /// The condition.
        condition: String,
        /// What the evidence amounts to.
        found: String,
    },
    /// A threshold alert does not say what its threshold was.
    #[error("{place}: alert {alert_id}: expected {key}, found none")]
    MissingValue {
        /// File and line of the alert.
        place: String,
        /// The alert.
        alert_id: String,
        /// The absent key.
        key: &'static str,
    },
    /// A campaign without events cannot be found or missed.
    #[error("{file}: campaign {campaign_id}: expected at least one step, found none")]
    NoSteps {
        /// The truth file.
        file: String,
        /// The campaign.
        campaign_id: String,
    },
    /// Times that must be in order are not.
    #[error("{place}: expected {expected}, found {found}")]
    Order {
        /// File, and line or campaign.
        place: String,
        /// The order.
        expected: &'static str,
        /// The times.
        found: String,
    },
    /// A table has no such column.
    #[error("{file}: expected a column {column}, found {found}")]
    Column {
        /// The file.
        file: String,
        /// The column that was asked for.
        column: String,
        /// The columns it has.
        found: String,
    },
    /// No attack campaign lies in the scored period: there is no recall to speak of.
    #[error(
        "{file}: expected at least one malicious campaign in the scored period ({start} to {end}), \
         found none ({censored} censored, {unobservable} without a record)"
    )]
    NothingToScore {
        /// The truth file.
        file: String,
        /// Start of the scored period.
        start: String,
        /// Its end.
        end: String,
        /// Malicious campaigns that were left out.
        censored: usize,
        /// Malicious campaigns of which the corpus holds no record.
        unobservable: usize,
    },
}
