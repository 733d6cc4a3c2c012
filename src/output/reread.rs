//! Reads a record again through its origin, for the text that the core does not carry.

use std::collections::BTreeSet;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::event::{Batch, EventView, Extra, Origin};
use crate::ingest::{IngestError, LineParser, MappedFile, Record, Settings, record_at};
use crate::limits::Limits;

/// Reads single records of the files of a run.
#[derive(Debug)]
pub(crate) struct Reread<'a> {
    files: &'a [MappedFile],
    parser: LineParser,
    /// The record read last.
    parsed: Batch,
    /// Events read lately, and where each is: alerts of several rules rest on the same records.
    known: Batch,
    places: HashMap<Origin, usize, RandomState>,
    /// What the changes read lately ask for: of a vault, or an identity, alerts list the same ones.
    asked: HashMap<Origin, Settings, RandomState>,
    /// Records read, and the files they are in since memory was last given back.
    read: usize,
    touched: BTreeSet<u32>,
}

/// How many records are read before their pages are given back: each may hold 64 KiB.
const READS_PER_RELEASE: usize = 256;

/// How large the memory of events grows before all are forgotten: some thousand events.
const MAX_KNOWN_BYTES: usize = 8 << 20;

/// How many changes are kept before all are forgotten. Each has mostly less than 1 KiB of text, and at
/// worst, where a hostile record makes the parser spell out every character, some 100.
const MAX_ASKED: usize = 512;

impl<'a> Reread<'a> {
    /// Reads records of `files`, within the limits of the run, with the fields that its rules name.
    pub(crate) fn new(files: &'a [MappedFile], limits: &Limits, extras: &[Extra]) -> Self {
        let parser = LineParser::extracting(extras).within(limits);
        let (parsed, known) = (Batch::default(), Batch::default());
        let places = HashMap::with_hasher(RandomState::default());
        let asked = HashMap::with_hasher(RandomState::default());
        Self { files, parser, parsed, known, places, asked, read: 0, touched: BTreeSet::new() }
    }

    /// The event whose record starts at `origin`.
    ///
    /// # Errors
    /// If no event starts there any more: the file was changed since the run read it.
    pub(crate) fn event(&mut self, origin: Origin) -> Result<EventView<'_>, IngestError> {
        let place = match self.places.get(&origin) {
            Some(&place) => place,
            None => self.remember(origin)?,
        };
        Ok(self.known.view(place))
    }

    fn remember(&mut self, origin: Origin) -> Result<usize, IngestError> {
        if self.known.size_bytes() > MAX_KNOWN_BYTES {
            self.known = Batch::default();
            self.places.clear();
        }
        let record = self.record(origin);
        self.parsed.clear();
        if self.parser.parse(record, origin, &mut self.parsed) != Ok(Record::Event) {
            return Err(self.files[origin.file as usize].changed());
        }
        let event = self.known.adopt(&self.parsed.view(0));
        let place = self.known.events.len();
        self.known.events.push(event);
        self.places.insert(origin, place);
        Ok(place)
    }

    /// What the record at `origin` asks for, or says of a write.
    pub(crate) fn settings(&mut self, origin: Origin) -> &Settings {
        if !self.asked.contains_key(&origin) {
            if self.asked.len() >= MAX_ASKED {
                self.asked.clear();
            }
            let record = self.record(origin);
            self.asked.insert(origin, self.parser.settings(record));
        }
        &self.asked[&origin]
    }

    fn record(&mut self, origin: Origin) -> &'a [u8] {
        self.read += 1;
        self.touched.insert(origin.file);
        if self.read.is_multiple_of(READS_PER_RELEASE) {
            for file in std::mem::take(&mut self.touched) {
                let file = &self.files[file as usize];
                file.release(0..file.len());
            }
        }
        let from = usize::try_from(origin.offset).expect("a mapped file fits the address space");
        record_at(self.files[origin.file as usize].bytes(), from)
    }
}
