//! Rows of `AzureActivity`.

use super::json::{Members, push_upper};
use super::rest::{Claims, push_level, push_result};
use super::row::{column, time};
use super::{ARRIVAL, Memory, entered, push_value};
use crate::ingest::value::Value;

/// Writes the raw record.
pub(super) fn rewrite(row: Value<'_, '_>, out: &mut String, memory: &mut Memory) {
    let text = |names: &[&str]| column(row, names).text();
    let mut members = Members::open(out);
    members.text("time", time(row));
    push_upper(&mut members, "resourceId", text(&["_ResourceId", "ResourceId"]));
    push_upper(&mut members, "operationName", text(&["OperationNameValue", "OperationName"]));
    let category = text(&["CategoryValue", "Category"]);
    members.text("category", if category.is_empty() { "Administrative" } else { category });
    let status = text(&["ActivityStatusValue", "ActivityStatus"]);
    push_result(&mut members, status, text(&["ActivitySubstatusValue", "ActivitySubstatus"]));
    members.text("callerIpAddress", text(&["CallerIpAddress"]));
    members.text("correlationId", text(&["CorrelationId"]));

    let document = &mut memory.embedded;
    let identity = members.key("identity");
    let mut identity = Members::open(identity);
    entered(twin(row, "Authorization", "Authorization_d"), document, |authorization| {
        identity.value("authorization", authorization);
    });
    let (claims, mut has_claims) = (twin(row, "Claims", "Claims_d"), false);
    entered(claims, document, |claims| {
        has_claims = true;
        Claims { claims, caller: text(&["Caller"]) }.push(&mut identity);
    });
    if !has_claims {
        Claims { claims: Value::default(), caller: text(&["Caller"]) }.push(&mut identity);
    }
    identity.close();
    push_level(&mut members, text(&["Level"]));
    entered(twin(row, "Properties", "Properties_d"), document, |properties| {
        push_value(members.key("properties"), properties);
    });
    members.text(ARRIVAL, text(&["_TimeReceived", "EventSubmissionTimestamp"]));
    members.close();
}

/// What a column holds, or its twin, which has the same as an object: of both, the one that is an object.
fn twin<'t, 'i>(row: Value<'t, 'i>, name: &str, other: &str) -> Value<'t, 'i> {
    let (one, other) = (column(row, &[name]), column(row, &[other]));
    if other.is_object() || !one.is_present() { other } else { one }
}
