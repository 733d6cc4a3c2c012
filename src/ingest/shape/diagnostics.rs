//! Rows of `AzureDiagnostics`: a column for each leaf of the record, its path with underscores, and its
//! type at the end (`_s` text, `_g` id, `_d` number, `_b` boolean, `_t` time).
//!
//! A table has 500 columns at most. What does not fit is in one more, `AdditionalFields`: an object, or one
//! as text, from names of columns to values.

use super::json::{Members, push_upper};
use super::nested::Nested;
use super::row::{column, has_value, time};
use super::{ARRIVAL, Memory, entered, push_value};
use crate::ingest::tape::Document;
use crate::ingest::value::{Value, size};
use simd_json::Node;

/// How the columns of claims begin.
const CLAIM: &str = "identity_claim_";

/// Claims whose names are addresses, as columns begin and as they are.
const ADDRESSES: [(&str, &str); 3] = [
    (
        "http_schemas_microsoft_com_identity_claims_",
        "http://schemas.microsoft.com/identity/claims/",
    ),
    ("http_schemas_microsoft_com_claims_", "http://schemas.microsoft.com/claims/"),
    (
        "http_schemas_xmlsoap_org_ws_2005_05_identity_claims_",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/",
    ),
];

/// What holds the columns that a table has no room for.
const MORE: &str = "AdditionalFields";

/// Writes the raw record.
pub(super) fn rewrite(row: Value<'_, '_>, out: &mut String, memory: &mut Memory) {
    let mut whole_text = std::mem::take(&mut memory.whole_text);
    whole_text.clear();
    entered(column(row, &[MORE]), &mut memory.embedded, |more| {
        push_whole(&mut whole_text, row, more);
    });
    let mut is_written = false;
    if !whole_text.is_empty() {
        let mut whole = std::mem::replace(&mut memory.whole, Document::new());
        let written = whole.parse(whole_text.as_bytes(), |row| rewrite_whole(row, out, memory));
        is_written = written.is_ok();
        memory.whole = whole;
    }
    // Deeper than rows are, it is not read again.
    if !is_written {
        rewrite_whole(row, out, memory);
    }
    memory.whole_text = whole_text;
}

/// Writes a row with the columns `more` beside its own, which count where both have one.
fn push_whole(out: &mut String, row: Value<'_, '_>, more: Value<'_, '_>) {
    let mut members = Members::open(out);
    for (name, value) in more.members() {
        let kind = match typed(name) {
            Some(_) => "",
            None if value.boolean().is_some() => "_b",
            None if value.number().is_some() => "_d",
            None => "_s",
        };
        push_value(members.key_of(&[name, kind]), value);
    }
    for (name, value) in row.members() {
        if has_value(value) && !name.eq_ignore_ascii_case(MORE) {
            members.value(name, value);
        }
    }
    members.close();
}

/// Writes the raw record of a row with all of its columns.
fn rewrite_whole(row: Value<'_, '_>, out: &mut String, memory: &mut Memory) {
    let text = |names: &[&str]| column(row, names).text();
    let mut members = Members::open(out);
    members.text("time", time(row));
    let category = text(&["Category"]);
    members.text("category", if category.is_empty() { "AuditEvent" } else { category });
    members.text("operationName", text(&["OperationName"]));
    members.text("resultType", text(&["ResultType"]));
    members.text("resultDescription", text(&["ResultDescription"]));
    members.text("correlationId", text(&["CorrelationId"]));
    members.text("callerIpAddress", text(&["CallerIPAddress"]));
    push_claims(&mut members, row);
    push_properties(&mut members, row, memory);
    match text(&["ResourceId"]) {
        "" => push_upper(&mut members, "resourceId", text(&["_ResourceId"])),
        id => members.text("resourceId", id),
    }
    members.text("operationVersion", text(&["OperationVersion"]));
    members.text("resultSignature", text(&["ResultSignature"]));
    members.scalar_text("durationMs", column(row, &["DurationMs"]));
    members.text(ARRIVAL, text(&["_TimeReceived"]));
    members.close();
}

fn push_claims(members: &mut Members<'_>, row: Value<'_, '_>) {
    let identity = members.key("identity");
    let mut identity = Members::open(identity);
    if claims(row).next().is_some() {
        let claim = identity.key("claim");
        let mut claim = Members::open(claim);
        for (name, value) in claims(row) {
            let address = ADDRESSES
                .iter()
                .find_map(|(column, address)| Some((*address, name.strip_prefix(column)?)));
            let (start, rest) = address.unwrap_or(("", name));
            push_value(claim.key_of(&[start, rest]), value);
        }
        claim.close();
    }
    identity.close();
}

/// The claims of a row by their columns' names.
fn claims<'t, 'i>(row: Value<'t, 'i>) -> impl Iterator<Item = (&'i str, Value<'t, 'i>)> {
    let columns = row.members().filter(|(_, value)| has_value(*value));
    columns.filter_map(|(name, value)| {
        let head = name.get(..CLAIM.len()).filter(|head| head.eq_ignore_ascii_case(CLAIM))?;
        Some((typed(&name[head.len()..])?.0, value))
    })
}

/// A column's name without its type, and the type; nothing for a column of every service.
fn typed(column: &str) -> Option<(&str, char)> {
    let (name, kind) = column.rsplit_once('_')?;
    let kind = kind.chars().next().filter(|_| kind.len() == 1)?;
    matches!(kind, 's' | 'g' | 'd' | 'b' | 't').then_some((name, kind))
}

/// Writes the properties, parts of one object beside each other: rows do not always have them so.
fn push_properties(members: &mut Members<'_>, row: Value<'_, '_>, memory: &mut Memory) {
    let Memory { embedded, open, columns, .. } = memory;
    let nodes = row.nodes();
    columns.clear();
    let mut at = 1;
    while let (Some(Node::String(name)), Some(value)) = (nodes.get(at), nodes.get(at + 1)) {
        let is_claim = name.get(..CLAIM.len()).is_some_and(|it| it.eq_ignore_ascii_case(CLAIM));
        let value_size = size(value);
        if !is_claim && typed(name).is_some() && has_value(Value::Tape(&nodes[at + 1..])) {
            columns.push(at);
        }
        at += 1 + value_size;
    }
    let name_at = |at: usize| match nodes.get(at) {
        Some(Node::String(name)) => *name,
        _ => "",
    };
    columns.sort_by_key(|at| name_at(*at));
    let mut properties = Nested::open(members, "properties", open, '_');
    for &at in columns.iter() {
        let value = Value::Tape(&nodes[at + 1..at + 1 + size(&nodes[at + 1])]);
        let Some((name, kind)) = typed(name_at(at)) else { continue };
        let out = properties.leaf(name);
        let start = out.len();
        if kind == 's' {
            entered(value, embedded, |value| push_value(out, value));
        }
        if out.len() == start {
            match kind {
                'd' => super::json::push_number(out, value),
                'b' => super::json::push_scalar(out, value),
                _ => push_value(out, value),
            }
        }
    }
    properties.close();
}
