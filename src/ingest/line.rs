//! One line to one record: what shape it has, and whether it can be used at all.
//!
//! Contract: any bytes give a record or a reason, never a panic (`tests/ingest_lines`). Repeated
//! keys are counted only among the keys that are read: nothing else can change an event.

use super::extract::Extractor;
use super::ids::spells;
use super::settings::{self, Settings};
use super::skeleton::{Attempt, Skeletons};
use super::tape::Document;
use super::value::{Value, keys};
use super::{activity, audit, grants::Grantees, resources::Resources};
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
    /// Nested deeper than a record may be.
    #[error("nested deeper than --max-depth")]
    TooDeep,
    /// Text that is no JSON.
    #[error("not valid JSON")]
    NotJson,
    /// JSON, but no object.
    #[error("not an object")]
    NotAnObject,
    /// An object that is neither an event nor a resource log of another kind.
    #[error("unknown shape")]
    UnknownShape,
    /// An event without a time, or with one that cannot be read.
    #[error("no usable time")]
    NoTime,
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
    }
}

/// Parses lines with memory that it keeps from one to the next.
#[derive(Debug)]
pub struct LineParser {
    line: Document,
    /// Longest line.
    line_bytes: usize,
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
        let (line, resources) = (Document::new(), Resources::new());
        let line_bytes = MAX_LINE_BYTES;
        Self { line, line_bytes, skeletons, read_along: 0, resources, helpers }
    }

    /// The same parser for lines within these limits.
    #[must_use]
    pub fn within(mut self, limits: &Limits) -> Self {
        self.line_bytes = limits.line_bytes;
        self.line.limit_depth(limits.depth);
        self
    }

    /// The same parser, but it reads no line along a skeleton: the oracle of one that does.
    #[must_use]
    pub fn without_skeletons(self) -> Self {
        Self { skeletons: None, ..self }
    }

    /// Parses one line, without its newline, and appends its event, if it is one, to `batch`.
    ///
    /// # Errors
    /// The reason why the line is no record.
    pub fn parse(
        &mut self,
        line: &[u8],
        origin: Origin,
        batch: &mut Batch,
    ) -> Result<Record, Reason> {
        if line.len() > self.line_bytes {
            return Err(Reason::TooLong);
        }
        let Self { line: document, skeletons, read_along, resources, helpers, .. } = self;
        let mut is_new = false;
        if let Some(skeletons) = skeletons {
            let attempt = skeletons.read(line, |values| {
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
        let parsed =
            document.parse(line, |root| normalize(root, origin, batch, resources, helpers));
        let outcome = parsed?;
        if let (Some(skeletons), true, Ok(_)) = (skeletons, is_new, outcome) {
            skeletons.learn(line);
        }
        outcome
    }

    /// What the record in a line asks for, or says of a write; nothing of a line that is no record.
    pub fn settings(&mut self, line: &[u8]) -> Settings {
        if line.len() > self.line_bytes {
            return Settings::default();
        }
        let Self { line: document, helpers, .. } = self;
        let found = document.parse(line, |root| settings::read(root, &mut helpers.body));
        found.unwrap_or_default()
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

fn normalize(
    root: Value<'_, '_>,
    origin: Origin,
    batch: &mut Batch,
    resources: &mut Resources,
    helpers: &mut Helpers,
) -> Result<Record, Reason> {
    if !root.is_object() {
        return Err(Reason::NotAnObject);
    }
    let envelope = Envelope::read(root, &mut helpers.duplicate_keys);
    let category = envelope.category.text();
    let mut event = Event::default();
    event.origin = origin;
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
    } else if !category.is_empty() && envelope.resource_id.is_present() {
        return Ok(Record::Foreign);
    } else {
        return Err(Reason::UnknownShape);
    }
    helpers.extractor.extract(root, &mut event, batch);
    batch.events.push(event);
    Ok(Record::Event)
}

fn usable_time(envelope: &Envelope<'_, '_>) -> Result<Ticks, Reason> {
    Ticks::parse(envelope.time.text().as_bytes()).map_err(|_| Reason::NoTime)
}
