//! `events.ndjson` and `arrivals.i64`: appended in arrival order, hashed in passing.

use std::io::Write;

use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::Xxh3;

use super::part::{ARRIVALS, Directory, EVENTS, Part};
use super::renderers::Rendered;
use crate::plan::GenerateError;
use crate::time::Ticks;

/// Both files while they grow.
pub(crate) struct EventFiles {
    events: Part,
    arrivals: Part,
    events_sha256: Sha256,
    arrivals_sha256: Sha256,
    corpus: Xxh3,
    pub(crate) count: u64,
    pub(crate) bytes: u64,
    /// First and last event time.
    pub(crate) times: Option<(Ticks, Ticks)>,
}

/// What is known once they are complete.
#[derive(Debug)]
pub(crate) struct EventHashes {
    pub(crate) corpus_id: String,
    pub(crate) events_sha256: String,
    pub(crate) arrivals_sha256: String,
}

impl EventFiles {
    pub(crate) fn create(directory: &Directory) -> Result<Self, GenerateError> {
        Ok(Self {
            events: directory.part(EVENTS)?,
            arrivals: directory.part(ARRIVALS)?,
            events_sha256: Sha256::new(),
            arrivals_sha256: Sha256::new(),
            corpus: Xxh3::new(),
            count: 0,
            bytes: 0,
            times: None,
        })
    }

    pub(crate) fn append(&mut self, rendered: &Rendered) -> Result<(), GenerateError> {
        self.events.file.write_all(&rendered.bytes).map_err(self.events.fail())?;
        self.arrivals.file.write_all(&rendered.arrivals).map_err(self.arrivals.fail())?;
        self.events_sha256.update(&rendered.bytes);
        self.arrivals_sha256.update(&rendered.arrivals);
        self.corpus.update(&rendered.bytes);
        self.count += (rendered.arrivals.len() / size_of::<Ticks>()) as u64;
        self.bytes += rendered.bytes.len() as u64;
        if let Some((first, last)) = rendered.times {
            let (earliest, latest) = self.times.unwrap_or((first, last));
            self.times = Some((earliest.min(first), latest.max(last)));
        }
        Ok(())
    }

    /// Hashes of all that was appended.
    pub(crate) fn hashes(&self) -> EventHashes {
        EventHashes {
            corpus_id: format!("{:032x}", self.corpus.digest128()),
            events_sha256: hex(self.events_sha256.clone()),
            arrivals_sha256: hex(self.arrivals_sha256.clone()),
        }
    }

    pub(crate) fn keep(self) -> Result<(), GenerateError> {
        self.events.keep()?;
        self.arrivals.keep()
    }
}

/// A finished SHA-256 in lower-case hex.
pub(super) fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
