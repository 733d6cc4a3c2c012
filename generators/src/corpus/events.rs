//! `events.ndjson` and `arrivals.i64`: appended in arrival order, hashed in passing.

use std::collections::BTreeMap;
use std::io::Write;

use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::Xxh3;

use super::envelopes::Envelopes;
use super::part::{ARRIVALS, Directory, EVENTS, Part, hex};
use super::renderers::Rendered;
use super::{Output, Summary};
use crate::plan::GenerateError;
use crate::time::Ticks;

/// Both files while they grow.
pub(crate) struct EventFile {
    events: Part,
    arrivals: Part,
    events_sha256: Sha256,
    arrivals_sha256: Sha256,
    corpus: Xxh3,
    bytes: u64,
    /// None where each record has a line of its own.
    envelopes: Option<Envelopes>,
    scratch: Vec<u8>,
}

impl std::fmt::Debug for EventFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventFile").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl EventFile {
    /// One record a line.
    pub(crate) fn lines(directory: &Directory) -> Result<Self, GenerateError> {
        Self::create(directory, None)
    }

    pub(super) fn create(
        directory: &Directory,
        envelopes: Option<Envelopes>,
    ) -> Result<Self, GenerateError> {
        Ok(Self {
            events: directory.part(EVENTS)?,
            arrivals: directory.part(ARRIVALS)?,
            events_sha256: Sha256::new(),
            arrivals_sha256: Sha256::new(),
            corpus: Xxh3::new(),
            bytes: 0,
            envelopes,
            scratch: Vec::new(),
        })
    }

    pub(crate) fn finish(&mut self) -> Result<Summary, GenerateError> {
        if let Some(mut envelopes) = self.envelopes.take() {
            let mut tail = Vec::new();
            envelopes.close(&mut tail);
            self.write_events(&tail)?;
        }
        Ok(Summary {
            corpus_id: format!("{:032x}", self.corpus.digest128()),
            bytes: self.bytes,
            sha256: BTreeMap::from([
                (EVENTS.to_owned(), hex(self.events_sha256.clone())),
                (ARRIVALS.to_owned(), hex(self.arrivals_sha256.clone())),
            ]),
        })
    }

    pub(crate) fn keep(self) -> Result<(), GenerateError> {
        self.events.keep()?;
        self.arrivals.keep()
    }

    /// Appends whole lines, and the arrival of each.
    pub(crate) fn append_lines(
        &mut self,
        lines: &[u8],
        arrivals: &[Ticks],
    ) -> Result<(), GenerateError> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        scratch.extend(arrivals.iter().flat_map(|arrival| arrival.to_le_bytes()));
        self.write_events(lines)?;
        self.write_arrivals(&scratch)?;
        self.scratch = scratch;
        Ok(())
    }

    fn write_events(&mut self, bytes: &[u8]) -> Result<(), GenerateError> {
        self.events.file.write_all(bytes).map_err(self.events.fail())?;
        self.events_sha256.update(bytes);
        self.corpus.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn write_arrivals(&mut self, bytes: &[u8]) -> Result<(), GenerateError> {
        self.arrivals.file.write_all(bytes).map_err(self.arrivals.fail())?;
        self.arrivals_sha256.update(bytes);
        Ok(())
    }
}

impl Output for EventFile {
    fn append(&mut self, rendered: &Rendered) -> Result<(), GenerateError> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        match &mut self.envelopes {
            None => self.write_events(&rendered.bytes)?,
            Some(envelopes) => {
                envelopes.write(&mut scratch, rendered);
                self.write_events(&scratch)?;
                scratch.clear();
            }
        }
        let arrivals = rendered.records.iter().flat_map(|record| record.arrival.to_le_bytes());
        scratch.extend(arrivals);
        self.write_arrivals(&scratch)?;
        self.scratch = scratch;
        Ok(())
    }
}
