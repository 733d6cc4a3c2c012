//! What can go wrong before the first line is read. A bad line is no error: it is data, and counted.

use std::io;
use std::path::PathBuf;

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
        "{}: expected events.ndjson, events-00000.ndjson or *.ndjson, *.jsonl, *.json, *.log files, found none",
        path.display()
    )]
    NoEventFiles {
        /// The directory.
        path: PathBuf,
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
