//! Which shape a record has, and how one that is in no raw form becomes the raw record that carries the
//! same facts.
//!
//! Contract: the shape follows from the record alone, by its keys. A record in another shape is
//! rewritten into the form in which Azure hands it to an Event Hub, and then read like one, so that all
//! shapes of a record give one event, answer rules alike and are explained alike, as far as they carry
//! it. What a shape lacks is left out, not invented, but for the case of ids, which is that of raw records.
//! Nothing is allocated once buffers have grown.

mod activity;
mod audit_logs;
mod diagnostics;
mod elastic;
mod json;
mod nested;
mod rest;
mod row;

use self::json::push_value;
use self::nested::Leaves;
use self::row::Table;
use super::line::Reason;
use super::tape::Document;
use super::value::Value;

/// The member of a raw record that says when it arrived, as Azure's stream jobs call it.
const ARRIVAL: &str = "EventEnqueuedUtcTime";

/// What a record turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The form in which Azure writes it.
    Raw,
    /// Several records, found one by one.
    Container,
    /// The Activity Log's answer to a query of Resource Manager.
    Rest,
    /// A document of Elastic's.
    Elastic,
    /// A row of a Log Analytics table.
    Row(Table),
    /// A record of another service.
    Foreign,
    /// Nothing that is known.
    Unknown,
}

/// Memory to rewrite one record after another.
#[derive(Debug)]
pub(super) struct Memory {
    /// For JSON held in a string of the record.
    embedded: Document,
    /// Where a walk is.
    path: String,
    /// Where an object that is being written is.
    open: String,
    /// Columns in order, by their place in the tape.
    columns: Vec<usize>,
    leaves: Leaves,
    /// A row with the columns that it has in one of them, as text and read.
    whole_text: String,
    whole: Document,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            embedded: Document::new(),
            path: String::new(),
            open: String::new(),
            columns: Vec::new(),
            leaves: Leaves::default(),
            whole_text: String::new(),
            whole: Document::new(),
        }
    }
}

impl Shape {
    /// The shape of an object.
    pub(super) fn of(root: Value<'_, '_>) -> Self {
        let (mut is_raw, mut is_rest, mut is_elastic, mut is_row) = (false, false, false, false);
        for (key, value) in root.members() {
            match key {
                "records" | "value" if value.is_array() => return Self::Container,
                "hits" if value.members().any(|(key, hits)| key == "hits" && hits.is_array()) => {
                    return Self::Container;
                }
                "category" => is_raw |= value.text_is_not_empty() && value.string().is_some(),
                "operationName" => is_rest |= value.member("value").string().is_some(),
                "eventTimestamp" => is_rest = true,
                "@timestamp" | "_source" => is_elastic = true,
                "fields" => is_elastic |= elastic::is_fields(root, value),
                _ => is_row |= row::is_time(key),
            }
        }
        match (is_rest, is_raw, is_elastic, is_row) {
            (true, ..) => Self::Rest,
            (_, true, ..) => Self::Raw,
            (_, _, true, _) => Self::Elastic,
            (_, _, _, true) => row::table(root),
            _ if is_metric(root) || is_bulk_action(root) => Self::Foreign,
            _ => Self::Unknown,
        }
    }

    /// Writes the raw record of a record in this shape; false, and nothing to rely on, for one of another
    /// service.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn rewrite(
        self,
        root: Value<'_, '_>,
        out: &mut String,
        memory: &mut Memory,
        duplicates: &mut u64,
    ) -> Result<bool, Reason> {
        match self {
            Self::Raw => push_value(out, root),
            Self::Rest => rest::rewrite(root, out, duplicates),
            Self::Elastic => return elastic::rewrite(root, out, memory),
            Self::Row(Table::Activity) => activity::rewrite(root, out, memory),
            Self::Row(Table::AuditLogs) => audit_logs::rewrite(root, out, memory),
            Self::Row(Table::Diagnostics) => diagnostics::rewrite(root, out, memory),
            Self::Foreign => return Ok(false),
            Self::Container | Self::Unknown => return Err(Reason::UnknownShape),
        }
        Ok(true)
    }
}

/// Whether this is a metric of a resource, which a diagnostic setting sends beside its logs.
fn is_metric(root: Value<'_, '_>) -> bool {
    let has = |key| root.member(key).is_present();
    root.member("metricName").string().is_some() && has("time") && has("resourceId")
}

/// Whether this is the line before a document in a request to Elastic's bulk interface.
fn is_bulk_action(root: Value<'_, '_>) -> bool {
    let mut members = root.members();
    let (first, second) = (members.next(), members.next());
    let is_action = |(key, value): (&str, Value<'_, '_>)| {
        matches!(key, "create" | "index" | "update" | "delete") && value.is_object()
    };
    first.is_some_and(is_action) && second.is_none()
}

/// Hands to `read` the object or array that a value is, or holds as text.
fn entered(value: Value<'_, '_>, memory: &mut Document, read: impl FnOnce(Value<'_, '_>)) {
    if value.is_object() || value.is_array() {
        return read(value);
    }
    let text = value.text();
    if super::sight::looks_like_json(text) {
        // Text that only looks like JSON holds none.
        let _ = memory.parse(text.as_bytes(), read);
    }
}

/// The Activity Log's result type and the word that begins its signature, for a status in whatever
/// spelling.
fn result_of(status: &str) -> (&str, &str) {
    const RESULTS: [([&str; 3], &str, &str); 4] = [
        (["Start", "Started", "Starting"], "Start", "Started"),
        (["Accept", "Accepted", "Accepting"], "Accept", "Accepted"),
        (["Success", "Succeeded", "Succeed"], "Success", "Succeeded"),
        (["Failure", "Failed", "Fail"], "Failure", "Failed"),
    ];
    let spells = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(status));
    let known = RESULTS.iter().find(|(words, ..)| spells(words));
    known.map_or((status, status), |&(_, result, begins)| (result, begins))
}
