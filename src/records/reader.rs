//! Reads inputs record by record, merged in arrival order.
//!
//! Contract: a lane's place in the merge is the running maximum of its arrivals, ties go to the earlier
//! input, so that events come in the engine's order. What is no event takes the place that its lane has
//! reached. A record's canonical text is the same fact in resource-log form, on one line.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use super::RecordsError;
use crate::event::{Batch, Event, EventView, Extra, Origin, Ticks};
use crate::ingest::{
    self, Arrivals, Change, Found, Input, LineParser, MappedFile, Reason, Records, Unpack,
};
use crate::limits::Limits;

/// Consumed bytes of a file, and records of an arrivals file, after which memory is given back: each
/// time costs a system call.
const BYTES_PER_RELEASE: usize = 1 << 20;
const RECORDS_PER_RELEASE: u64 = 1 << 16;

/// The files of some inputs, open.
#[derive(Debug)]
pub struct Opened {
    paths: Vec<PathBuf>,
    files: Vec<MappedFile>,
    lanes: Vec<OpenLane>,
    limits: Limits,
}

#[derive(Debug)]
struct OpenLane {
    files: Range<usize>,
    arrivals: Option<(PathBuf, Arrivals)>,
}

impl Opened {
    /// Opens every file of `inputs`, and unpacks what cannot be read in place, which `progress` hears of:
    /// bytes done, and bytes in all.
    ///
    /// # Errors
    /// The first that cannot be opened.
    pub fn open(
        inputs: &[Input],
        unpack: Unpack<'_>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, RecordsError> {
        let paths: Vec<&Path> =
            inputs.iter().flat_map(|input| &input.files).map(PathBuf::as_path).collect();
        let files = ingest::open(&paths, unpack, progress)?;
        let (mut lanes, mut first) = (Vec::new(), 0);
        for input in inputs {
            let arrivals = input.arrivals.as_ref();
            let arrivals = arrivals.map(|path| Ok((path.clone(), Arrivals::open(path)?)));
            let arrivals = arrivals.transpose().map_err(RecordsError::Open)?;
            let end = first + input.files.len();
            lanes.push(OpenLane { files: first..end, arrivals });
            first = end;
        }
        let paths = paths.into_iter().map(Path::to_owned).collect();
        Ok(Self { paths, files, lanes, limits: Limits::DEFAULT })
    }

    /// The same files, of whose records longer or deeper ones than these allow are malformed.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The files that have grown since they were opened, of which only what they held then was read.
    ///
    /// # Errors
    /// If a file has been cut short or rewritten: nobody knows which of its bytes were read.
    pub fn grown(&self) -> Result<Vec<&Path>, RecordsError> {
        let mut grown = Vec::new();
        for (file, path) in self.files.iter().zip(&self.paths) {
            if file.change()? == Change::Grown {
                grown.push(path.as_path());
            }
        }
        Ok(grown)
    }

    /// The file of an [`Origin`].
    ///
    /// # Panics
    /// If the origin is not from a reader of these files.
    pub fn path(&self, file: u32) -> &Path {
        &self.paths[file as usize]
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.len() as u64).sum()
    }

    /// Reads them from the start; events keep the canonical fields.
    ///
    /// # Errors
    /// If an arrivals file ends before its records do.
    pub fn read(&self) -> Result<Reader<'_>, RecordsError> {
        self.read_extracting(&[])
    }

    /// As [`read`](Self::read); events keep `extras`, too.
    ///
    /// # Errors
    /// As there.
    pub fn read_extracting(&self, extras: &[Extra]) -> Result<Reader<'_>, RecordsError> {
        let parser = LineParser::extracting(extras).within(&self.limits);
        Reader::new(self, parser, Ticks::MIN..=Ticks::MAX)
    }

    /// As [`read`](Self::read); where records state no arrival, those with a time outside of `times` have no
    /// say in when the others arrived.
    ///
    /// # Errors
    /// As there.
    pub fn read_within(&self, times: RangeInclusive<Ticks>) -> Result<Reader<'_>, RecordsError> {
        Reader::new(self, LineParser::new().within(&self.limits), times)
    }
}

/// One record of the inputs.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// Where it starts: index of the file among those opened, and offset.
    pub origin: Origin,
    /// Its bytes, in whatever shape.
    pub raw: &'r [u8],
    /// When it arrived: as arrivals.i64 has it, else as the record does, else the newest event time so far of
    /// its input, and [`Ticks::MIN`] before the first event.
    pub arrival: Ticks,
    /// What it is.
    pub what: What<'r>,
}

/// What a record is.
#[derive(Clone, Copy, Debug)]
pub enum What<'r> {
    /// An event.
    Event {
        /// The record in resource-log form, on one line; of a record in that form its own text.
        text: &'r str,
        /// The normalized event; its watermark is not set.
        event: EventView<'r>,
    },
    /// A record of another service.
    Foreign,
    /// Nothing that can be used.
    Malformed(Reason),
}

/// Reads records one after another.
#[derive(Debug)]
pub struct Reader<'a> {
    opened: &'a Opened,
    lanes: Vec<Lane<'a>>,
    /// Lanes with a head, the next one first.
    heads: BinaryHeap<Reverse<(Ticks, usize)>>,
    parser: LineParser,
    /// Event times that count for the running maximum.
    times: RangeInclusive<Ticks>,
    /// The event that was given last.
    batch: Batch,
    bytes: u64,
}

/// Where an input is read.
#[derive(Debug)]
struct Lane<'a> {
    /// Not begun yet.
    files: Range<usize>,
    current: Option<OpenFile<'a>>,
    /// The records of an element that is a container itself, and their file.
    inner: Option<(usize, Records<'a>)>,
    head: Option<Head<'a>>,
    /// The event of the head, where it is one.
    batch: Batch,
    /// Records read.
    records: u64,
    /// Running maximum of event time.
    newest: Ticks,
    /// Running maximum of arrival, the lane's place in the merge.
    merged: Ticks,
}

#[derive(Debug)]
struct OpenFile<'a> {
    number: usize,
    records: Records<'a>,
    /// Bytes before this are behind us, and their memory given back.
    released: usize,
}

/// The next record of a lane.
#[derive(Clone, Copy, Debug)]
struct Head<'a> {
    raw: &'a [u8],
    origin: Origin,
    arrival: Ticks,
    kind: Result<ingest::Record, Reason>,
}

impl<'a> Reader<'a> {
    fn new(
        opened: &'a Opened,
        parser: LineParser,
        times: RangeInclusive<Ticks>,
    ) -> Result<Self, RecordsError> {
        let lanes = opened.lanes.iter().map(|lane| Lane {
            files: lane.files.clone(),
            current: None,
            inner: None,
            head: None,
            batch: Batch::default(),
            records: 0,
            newest: *times.start(),
            merged: Ticks::MIN,
        });
        let (lanes, heads, batch) = (lanes.collect(), BinaryHeap::new(), Batch::default());
        let mut reader = Self { opened, lanes, heads, parser, times, batch, bytes: 0 };
        for lane in 0..reader.lanes.len() {
            reader.advance(lane)?;
        }
        Ok(reader)
    }

    /// Bytes of the records given so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes
    }

    /// The next record; `None` after the last.
    ///
    /// # Errors
    /// If an arrivals file holds more or fewer times than its events are records.
    #[expect(clippy::should_implement_trait, reason = "it lends what an iterator would give away")]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, RecordsError> {
        let Some(Reverse((_, lane))) = self.heads.pop() else { return Ok(None) };
        let Some(head) = self.lanes[lane].head.take() else { return Ok(None) };
        std::mem::swap(&mut self.batch, &mut self.lanes[lane].batch);
        self.advance(lane)?;
        self.bytes += head.raw.len() as u64;
        let Head { raw, origin, arrival, kind } = head;
        let what = match kind {
            Ok(ingest::Record::Event) => match self.parser.canonical(raw) {
                Ok(Some(text)) => What::Event { text, event: self.batch.view(0) },
                Ok(None) => What::Foreign,
                Err(reason) => What::Malformed(reason),
            },
            Ok(ingest::Record::Foreign) => What::Foreign,
            Err(reason) => What::Malformed(reason),
        };
        Ok(Some(Record { origin, raw, arrival, what }))
    }

    /// Reads the next head of a lane, if it has one.
    fn advance(&mut self, at: usize) -> Result<(), RecordsError> {
        let Self { opened, lanes, heads, parser, times, .. } = self;
        let lane = &mut lanes[at];
        let arrivals = opened.lanes[at].arrivals.as_ref();
        let most = parser.envelope_records();
        let (raw, origin, kind) = loop {
            let Some((file, found, is_inner)) = lane.next_found(opened, most) else {
                return arrivals.map_or(Ok(()), |arrivals| all_used(arrivals, lane.records));
            };
            let Found { bytes: range, fault } = found;
            let bytes = opened.files[file].bytes();
            let raw = &bytes[range.clone()];
            let number = u32::try_from(file).expect("a run has fewer than 2^32 files");
            let origin = Origin { file: number, offset: range.start as u64 };
            lane.batch.clear();
            let kind = fault.map_or_else(|| parser.parse(raw, origin, &mut lane.batch), Err);
            if is_inner || !kind.is_err_and(Reason::may_be_container) {
                break (raw, origin, kind);
            }
            lane.inner = Some((file, Records::inside(bytes, range).within(most)));
        };
        let mut stated = None;
        if let Some(event) = lane.batch.events.first() {
            if times.contains(&event.time) {
                lane.newest = lane.newest.max(event.time);
            }
            stated = Some(event.arrival).filter(|arrival| *arrival != Event::NO_ARRIVAL);
        }
        let arrival = match arrivals {
            Some((path, arrivals)) => {
                let known = arrivals.get(lane.records);
                known.ok_or_else(|| {
                    unequal(path, arrivals, format!("more than {}", arrivals.len()))
                })?
            }
            None => stated.unwrap_or(lane.newest),
        };
        lane.records += 1;
        if let Some((_, arrivals)) = arrivals
            && lane.records.is_multiple_of(RECORDS_PER_RELEASE)
        {
            arrivals.release_before(lane.records);
        }
        if let Some(event) = lane.batch.events.first_mut() {
            event.arrival = arrival;
            lane.merged = lane.merged.max(arrival);
        }
        lane.head = Some(Head { raw, origin, arrival, kind });
        heads.push(Reverse((lane.merged, at)));
        Ok(())
    }
}

impl<'a> Lane<'a> {
    /// The file of the next record, where it is in it, and whether it is one of an element; of a container
    /// `most` records are good.
    fn next_found(&mut self, opened: &'a Opened, most: u64) -> Option<(usize, Found, bool)> {
        loop {
            if let Some((number, records)) = &mut self.inner {
                if let Some(found) = records.next() {
                    return Some((*number, found, true));
                }
                self.inner = None;
            }
            if let Some(open) = &mut self.current {
                let map = &opened.files[open.number];
                if let Some(found) = open.records.next() {
                    let start = found.bytes.start;
                    if start - open.released >= BYTES_PER_RELEASE {
                        map.release(open.released..start);
                        open.released = start;
                    }
                    return Some((open.number, found, false));
                }
                map.release(open.released..map.len());
            }
            let number = self.files.next()?;
            let records = Records::new(opened.files[number].bytes()).within(most);
            self.current = Some(OpenFile { number, records, released: 0 });
        }
    }
}

/// Whether there were as many records as arrivals.
fn all_used((path, arrivals): &(PathBuf, Arrivals), records: u64) -> Result<(), RecordsError> {
    if arrivals.len() == records {
        return Ok(());
    }
    Err(unequal(path, arrivals, records.to_string()))
}

fn unequal(path: &Path, arrivals: &Arrivals, records: String) -> RecordsError {
    RecordsError::Arrivals { path: path.to_owned(), records, found: arrivals.len() }
}
