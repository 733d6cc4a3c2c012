//! Rows of `AZKVAuditLogs`.
//!
//! Columns that are not part of the record's top level are its properties, by their names with a small
//! first letter; what the table calls otherwise is listed.

use super::json::{Members, push_upper};
use super::row::{column, has_value, is_time, time};
use super::{ARRIVAL, Memory, entered, push_value};
use crate::ingest::value::Value;

/// Columns that stand at the top level of the record, or are the table's own.
const OTHERS: [&str; 22] = [
    "_BilledSize",
    "_IsBillable",
    "_ItemId",
    "_ResourceId",
    "_SubscriptionId",
    "_TimeReceived",
    "CallerIpAddress",
    "Category",
    "CorrelationId",
    "DurationMs",
    "Identity",
    "OperationName",
    "OperationVersion",
    "ResourceId",
    "ResultDescription",
    "ResultSignature",
    "ResultType",
    "SourceSystem",
    "TenantId",
    "Type",
    "$table",
    "MG",
];

/// Columns by another name than their property's.
const NAMES: [(&str, &str); 4] = [
    ("AddressAuthorizationType", "addrAuthType"),
    ("Tlsversion", "tlsVersion"),
    ("VaultProperties", "properties"),
    ("Properties", "properties"),
];

/// Writes the raw record.
pub(super) fn rewrite(row: Value<'_, '_>, out: &mut String, memory: &mut Memory) {
    let text = |names: &[&str]| column(row, names).text();
    let mut members = Members::open(out);
    members.text("time", time(row));
    members.text("category", "AuditEvent");
    members.text("operationName", text(&["OperationName"]));
    members.text("resultType", text(&["ResultType"]));
    members.text("resultDescription", text(&["ResultDescription"]));
    members.text("correlationId", text(&["CorrelationId"]));
    members.text("callerIpAddress", text(&["CallerIpAddress"]));
    let identity = members.key("identity");
    let start = identity.len();
    entered(column(row, &["Identity"]), &mut memory.embedded, |value| push_value(identity, value));
    if identity.len() == start {
        identity.push_str("{}");
    }
    let properties = members.key("properties");
    let mut properties = Members::open(properties);
    for (name, value) in row.members() {
        let is_other = OTHERS.iter().any(|other| other.eq_ignore_ascii_case(name)) || is_time(name);
        if !is_other && has_value(value) {
            push_property(&mut properties, name, value, memory);
        }
    }
    properties.close();
    push_upper(&mut members, "resourceId", text(&["_ResourceId", "ResourceId"]));
    members.text("operationVersion", text(&["OperationVersion"]));
    members.text("resultSignature", text(&["ResultSignature"]));
    members.scalar_text("durationMs", column(row, &["DurationMs"]));
    members.text(ARRIVAL, text(&["_TimeReceived"]));
    members.close();
}

fn push_property(
    properties: &mut Members<'_>,
    column: &str,
    value: Value<'_, '_>,
    memory: &mut Memory,
) {
    let name = &mut memory.path;
    name.clear();
    match NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(column)) {
        Some((_, property)) => name.push_str(property),
        None => {
            name.push_str(column);
            if let Some(first) = name.get_mut(..1) {
                first.make_ascii_lowercase();
            }
        }
    }
    if name == "httpStatusCode" {
        return properties.number(name, value);
    }
    let mut is_written = false;
    entered(value, &mut memory.embedded, |value| {
        is_written = true;
        properties.value(name, value);
    });
    if !is_written {
        properties.scalar(name, value);
    }
    name.clear();
}
