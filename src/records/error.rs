//! What can go wrong while records are read in order, or written.

use std::io;
use std::path::PathBuf;

use crate::ingest::IngestError;

/// Inputs that cannot be read in order, or a corpus that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// A file could not be opened.
    #[error(transparent)]
    Open(#[from] IngestError),
    /// The arrivals file does not belong to the events.
    #[error("{}: expected one arrival time per record, found {found} for {records} records", path.display())]
    Arrivals {
        /// The arrivals file.
        path: PathBuf,
        /// Records in the event files, as far as they were read.
        records: String,
        /// Arrivals in the file.
        found: u64,
    },
    /// The directory to write is in use.
    #[error("{}: expected a new or empty directory{}, found {found}", path.display(), if *forced { " or one that holds nothing but a corpus" } else { " (--force replaces a corpus)" })]
    InUse {
        /// The directory.
        path: PathBuf,
        /// A file in it.
        found: String,
        /// Whether a corpus may be replaced.
        forced: bool,
    },
    /// Something could not be written; the error says where.
    #[error(transparent)]
    Write(#[from] io::Error),
}
