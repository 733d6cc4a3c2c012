//! What can go wrong before the first line is read. A bad line is no error: it is data, and counted.

use std::io;
use std::path::PathBuf;

use super::folder::NotRead;

/// An input that cannot be used as it stands.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The system refused to open, list or map it.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A pipe, device or directory where a file is needed.
    #[error("{}: expected a regular file, which can be memory-mapped", path.display())]
    NotAFile {
        /// What was to be mapped.
        path: PathBuf,
    },
    /// A socket or a disk where logs are needed.
    #[error("{}: expected a file, a folder or a pipe, found {found}", path.display())]
    Special {
        /// What was named.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// A pattern that fits nothing.
    #[error("{pattern}: expected a file or folder of this name or pattern, found none")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// A pattern that is none.
    #[error("{pattern}: expected a pattern of file names, found: {source}")]
    Pattern {
        /// The text.
        pattern: String,
        /// What is wrong with it.
        source: glob::PatternError,
    },
    /// Standard input named more than once.
    #[error("-: expected standard input to be named once, found it again")]
    StdinTwice,
    /// A compressed file, table or answer that does not hold what it should.
    #[error(
        "{}: expected {form} that is whole, found it damaged after {offset} bytes of its content (mend \
         or leave out the file: nothing of this run was written)",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What it is by its first bytes.
        form: &'static str,
        /// Bytes that could be read, decompressed.
        offset: u64,
        /// What is wrong.
        source: io::Error,
    },
    /// More to unpack than the run may.
    #[error(
        "{}: expected inputs that unpack to {max_bytes} bytes in all, found more (raise --max-unpacked \
         if they are meant to be so large)",
        path.display()
    )]
    Unpacked {
        /// The file that went beyond.
        path: PathBuf,
        /// The bound.
        max_bytes: u64,
    },
    /// Where inputs are unpacked to cannot be written.
    #[error("{}: cannot unpack inputs to a temporary file here", folder.display())]
    Spool {
        /// The directory.
        folder: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file that is not what it was when the run began.
    #[error(
        "{}: expected the file to stay as it was when the run began, found it {found}",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// What became of it.
        found: &'static str,
    },
    /// Told to stop while inputs were unpacked.
    #[error("interrupted while inputs were unpacked; nothing was judged")]
    Interrupted,
    /// Arrival times that are cut short.
    #[error("{}: expected 8 bytes per record, found {bytes} bytes in all", path.display())]
    ArrivalsLength {
        /// The file of arrival times.
        path: PathBuf,
        /// Its length.
        bytes: usize,
    },
    /// A directory without events.
    #[error(
        "{}: expected events.ndjson, events-00000.ndjson or *.ndjson, *.jsonl, *.json, *.log, *.csv files (or \
         these with .gz or .zst), found none{}",
        path.display(),
        not_read.summary().map(|text| format!("; {text}")).unwrap_or_default()
    )]
    NoEventFiles {
        /// The directory.
        path: PathBuf,
        /// What it does hold.
        not_read: NotRead,
    },
    /// A numbered part of a corpus is missing.
    #[error("{}: expected part {expected} of the events, found part {found}", path.display())]
    MissingPart {
        /// The corpus directory.
        path: PathBuf,
        /// The first number that is missing or doubled.
        expected: usize,
        /// The number found in its place.
        found: usize,
    },
    /// A file to judge that is also to be learned from.
    #[error("{}: expected a history of other files than the input's, found the same file", path.display())]
    InputAsHistory {
        /// The file.
        path: PathBuf,
    },
    /// One corpus in two forms.
    #[error("{}: expected events.ndjson, numbered parts of it or a tree of blobs, found two of them", path.display())]
    TwoForms {
        /// The corpus directory.
        path: PathBuf,
    },
}
