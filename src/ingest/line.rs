//! One line to one record: what shape it has, and whether it can be used at all.
//!
//! Contract: any bytes give a record or a reason, never a panic (`tests/ingest_lines`). Repeated
//! keys are counted only among the keys that are read: nothing else can change an event.

use super::extract::Extractor;
use super::ids::spells;
use super::settings::{self, Settings};
use super::shape::Shape;
use super::skeleton::{Attempt, Skeletons};
use super::tape::Document;
use super::value::{Value, keys};
use super::{activity, audit, grants::Grantees, resources::Resources, shape};
use crate::event::{Batch, Event, Extra, Origin, Ticks};
use crate::limits::Limits;

/// Longest line that is parsed unless [another](LineParser::within) is set.
pub const MAX_LINE_BYTES: usize = Limits::DEFAULT.line_bytes;

/// Deepest nesting that is parsed unless another is set.
pub const MAX_DEPTH: usize = Limits::DEFAULT.depth;

/// The categories of Activity Log records; `Write`, `Delete` and `Action` are the older names of
/// `Administrative`.
const ACTIVITY_CATEGORIES: [&str; 13] = [
    "Administrative",
    "Write",
    "Delete",
    "Action",
    "Policy",
    "Security",
    "Alert",
    "Autoscale",
    "Recommendation",
    "ServiceHealth",
    "Service Health",
    "ResourceHealth",
    "Resource Health",
];

/// Why a line gave no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[repr(u8)]
pub enum Reason {
    /// Longer than a line may be; not looked at further.
    #[error("longer than --max-line-bytes")]
    TooLong,
    /// Bytes that are no text.
    #[error("not UTF-8")]
    NotUtf8,
    /// Bytes that begin as files in UTF-16 do.
    #[error("UTF-16, not UTF-8")]
    Utf16,
    /// Nested deeper than a record may be.
    #[error("nested deeper than --max-depth")]
    TooDeep,
    /// Text that is no JSON.
    #[error("not valid JSON")]
    NotJson,
    /// JSON, but no object.
    #[error("not an object")]
    NotAnObject,
    /// Dotted names of fields whose length, all taken together, is beyond any use.
    #[error("names of fields too long")]
    LongPaths,
    /// An object that is neither an event nor a resource log of another kind.
    #[error("unknown shape")]
    UnknownShape,
    /// An event without a time, or with one that cannot be read.
    #[error("no usable time")]
    NoTime,
    /// A container whose end is missing, from its last whole element on.
    #[error("not closed")]
    Unclosed,
    /// An element of a container that has had as many as one may have; not looked at further.
    #[error("beyond --max-envelope-records")]
    TooMany,
}

impl Reason {
    /// Whether a container of records is refused for this, where a record is looked for.
    pub(crate) fn may_be_container(self) -> bool {
        matches!(self, Self::UnknownShape | Self::NotAnObject)
    }
}

/// What a line is, when it is well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// An event, now the last of the batch.
    Event,
    /// A resource log of another provider or category.
    Foreign,
}

keys! {
    /// The top level of a record in resource-log form.
    Envelope at 0, {
        time = b"time",
        category = b"category",
        operation = b"operationName",
        result_type = b"resultType",
        result_signature = b"resultSignature",
        caller_ip = b"callerIpAddress" | b"CallerIpAddress" | b"CallerIPAddress",
        correlation_id = b"correlationId",
        identity = b"identity",
        properties = b"properties",
        resource_id = b"resourceId",
        arrival = b"EventEnqueuedUtcTime",
    }
}

/// Parses lines with memory that it keeps from one to the next.
#[derive(Debug)]
pub struct LineParser {
    line: Document,
    /// Longest line.
    line_bytes: usize,
    /// Most records of one container.
    envelope_records: u64,
    /// Of a record in another shape than the raw one, the raw record, and memory to write it.
    raw: String,
    rewritten: Document,
    memory: shape::Memory,
    /// The event of a record whose raw form is asked for.
    scratch: Batch,
    /// Nothing where every line is to be parsed.
    skeletons: Option<Skeletons>,
    read_along: u64,
    resources: Resources,
    helpers: Helpers,
}

/// What normalizing a record needs beside the record.
#[derive(Debug)]
pub(super) struct Helpers {
    /// For JSON held in a string of the record.
    pub(super) body: Document,
    pub(super) grantees: Grantees,
    extractor: Extractor,
    /// Repeated keys, over all lines.
    pub(super) duplicate_keys: u64,
}

impl LineParser {
    /// A parser whose memory grows with its first lines; of each record it keeps the canonical fields.
    pub fn new() -> Self {
        Self::extracting(&[])
    }

    /// A parser that keeps `extras`, too: those that the rules of the run name.
    pub fn extracting(extras: &[Extra]) -> Self {
        let helpers = Helpers {
            body: Document::new(),
            grantees: Grantees::default(),
            extractor: Extractor::new(extras),
            duplicate_keys: 0,
        };
        let skeletons = helpers.extractor.sources().map(Skeletons::new);
        Self {
            line: Document::new(),
            line_bytes: MAX_LINE_BYTES,
            envelope_records: Limits::DEFAULT.envelope_records,
            raw: String::new(),
            rewritten: Document::new(),
            memory: shape::Memory::new(),
            scratch: Batch::default(),
            skeletons,
            read_along: 0,
            resources: Resources::new(),
            helpers,
        }
    }

    /// The same parser for records within these limits.
    #[must_use]
    pub fn within(mut self, limits: &Limits) -> Self {
        self.line_bytes = limits.line_bytes;
        self.envelope_records = limits.envelope_records;
        self.line.limit_depth(limits.depth);
        // What is rewritten has been read before.
        self.rewritten.limit_depth(limits.depth.max(MAX_DEPTH));
        self
    }

    /// The same parser, but it reads no line along a skeleton: the oracle of one that does.
    #[must_use]
    pub fn without_skeletons(self) -> Self {
        Self { skeletons: None, ..self }
    }

    /// Parses one record, and appends its event, if it is one, to `batch`.
    ///
    /// # Errors
    /// The reason why it is no record.
    pub fn parse(
        &mut self,
        record: &[u8],
        origin: Origin,
        batch: &mut Batch,
    ) -> Result<Record, Reason> {
        if record.len() > self.line_bytes {
            return Err(Reason::TooLong);
        }
        let Self {
            line, raw, rewritten, memory, skeletons, read_along, resources, helpers, ..
        } = self;
        let mut is_new = false;
        if let Some(skeletons) = skeletons {
            let attempt = skeletons.read(record, |values| {
                normalize(Value::Learned(&values), origin, batch, resources, helpers)
            });
            match attempt {
                Attempt::Read(outcome) => {
                    *read_along += 1;
                    return outcome;
                }
                Attempt::New => is_new = true,
                Attempt::Unknown => {}
            }
        }
        let (is_raw, outcome) = line.parse(record, |root| {
            if !root.is_object() {
                return (false, Err(Reason::NotAnObject));
            }
            let shape = Shape::of(root);
            if shape == Shape::Raw {
                return (true, normalize(root, origin, batch, resources, helpers));
            }
            raw.clear();
            let outcome = match shape.rewrite(root, raw, memory, &mut helpers.duplicate_keys) {
                Ok(true) => rewritten
                    .parse(raw.as_bytes(), |root| {
                        normalize(root, origin, batch, resources, helpers)
                    })
                    .and_then(|outcome| outcome),
                Ok(false) => Ok(Record::Foreign),
                Err(reason) => Err(reason),
            };
            (false, outcome)
        })?;
        if let (Some(skeletons), true, true, Ok(_)) = (skeletons, is_new, is_raw, outcome) {
            skeletons.learn(record);
        }
        outcome
    }

    /// The raw form of an event's record, on one line: of a record in that form and on one line itself
    /// byte by byte, of any other one without blanks. Nothing of a record of another service.
    ///
    /// # Errors
    /// The reason why it is no record.
    pub fn canonical(&mut self, record: &[u8]) -> Result<Option<&str>, Reason> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let outcome = self.parse(record, Origin::default(), &mut scratch);
        self.scratch = scratch;
        if outcome? == Record::Foreign {
            return Ok(None);
        }
        self.write_raw(record)?;
        Ok(Some(&self.raw))
    }

    /// Puts the raw form of a record into `raw`.
    fn write_raw(&mut self, record: &[u8]) -> Result<(), Reason> {
        let Self { line, raw, memory, .. } = self;
        raw.clear();
        line.parse(record, |root| match (Shape::of(root), std::str::from_utf8(record)) {
            (Shape::Raw, Ok(text)) if !text.contains(['\n', '\r']) => {
                raw.push_str(text.trim());
                Ok(true)
            }
            (shape, _) => shape.rewrite(root, raw, memory, &mut 0),
        })??;
        Ok(())
    }

    /// What the record asks for, or says of a write; nothing of one that is no record.
    pub fn settings(&mut self, record: &[u8]) -> Settings {
        if record.len() > self.line_bytes {
            return Settings::default();
        }
        let Self { line, raw, rewritten, memory, helpers, .. } = self;
        let found = line.parse(record, |root| {
            let shape = Shape::of(root);
            if matches!(shape, Shape::Raw | Shape::Unknown) {
                return Ok(settings::read(root, &mut helpers.body));
            }
            raw.clear();
            // What cannot be written has none.
            shape.rewrite(root, raw, memory, &mut 0)?;
            rewritten.parse(raw.as_bytes(), |root| settings::read(root, &mut helpers.body))
        });
        found.and_then(|settings| settings).unwrap_or_default()
    }

    /// Most records of one container that are to be parsed.
    pub(crate) fn envelope_records(&self) -> u64 {
        self.envelope_records
    }

    /// How many lines were read along skeletons so far.
    pub fn read_along_skeletons(&self) -> u64 {
        self.read_along
    }

    /// How many keys of interest were repeated in their object, over all lines so far.
    pub fn duplicate_keys(&self) -> u64 {
        self.helpers.duplicate_keys
    }
}

impl Default for LineParser {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads a record in raw form, which is an object.
fn normalize(
    root: Value<'_, '_>,
    origin: Origin,
    batch: &mut Batch,
    resources: &mut Resources,
    helpers: &mut Helpers,
) -> Result<Record, Reason> {
    let envelope = Envelope::read(root, &mut helpers.duplicate_keys);
    let category = envelope.category.text();
    let mut event = Event::default();
    event.origin = origin;
    event.arrival = arrival(envelope.arrival);
    if spells(category, "AuditEvent") {
        let resource = resources.find(envelope.resource_id.text());
        let Some(call) = audit::Call::read(&envelope, resource, &mut helpers.duplicate_keys) else {
            return Ok(Record::Foreign);
        };
        event.time = usable_time(&envelope)?;
        audit::normalize(&envelope, &call, &mut event, batch, helpers);
    } else if ACTIVITY_CATEGORIES.iter().any(|known| known.eq_ignore_ascii_case(category)) {
        event.time = usable_time(&envelope)?;
        let resource = resources.find(envelope.resource_id.text());
        activity::normalize(&envelope, resource, &mut event, batch, helpers);
    } else if !category.is_empty() && is_log(&envelope) {
        return Ok(Record::Foreign);
    } else {
        return Err(Reason::UnknownShape);
    }
    helpers.extractor.extract(root, &mut event, batch);
    batch.events.push(event);
    Ok(Record::Event)
}

/// Whether a record of no known category is a log at all. Those of a whole tenant name no resource.
fn is_log(envelope: &Envelope<'_, '_>) -> bool {
    let is_of_tenant = || envelope.time.is_present() && envelope.operation.is_present();
    envelope.resource_id.is_present() || is_of_tenant()
}

/// When a record says that it arrived.
fn arrival(stated: Value<'_, '_>) -> Ticks {
    Ticks::parse(stated.text().as_bytes()).unwrap_or(Event::NO_ARRIVAL)
}

fn usable_time(envelope: &Envelope<'_, '_>) -> Result<Ticks, Reason> {
    Ticks::parse(envelope.time.text().as_bytes()).map_err(|_| Reason::NoTime)
}
