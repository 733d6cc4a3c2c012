//! Rows of Log Analytics' tables: `AZKVAuditLogs` of the data plane, `AzureActivity` of the control plane.
//!
//! Column names are those of Microsoft's table reference. `_TimeReceived` is when the record arrived;
//! where rows are sent to a table of one's own, it keeps what the table itself cannot know.

use serde_json::{Map, Value, json};

use crate::event::Ticks;

/// Members of a record and the columns they become.
const COLUMNS: [(&str, &str); 11] = [
    ("time", "TimeGenerated"),
    ("operationName", "OperationName"),
    ("operationVersion", "OperationVersion"),
    ("resultType", "ResultType"),
    ("resultSignature", "ResultSignature"),
    ("resultDescription", "ResultDescription"),
    ("durationMs", "DurationMs"),
    ("callerIpAddress", "CallerIpAddress"),
    ("CallerIpAddress", "CallerIpAddress"),
    ("correlationId", "CorrelationId"),
    ("identity", "Identity"),
];

/// Properties whose columns are not called as they are with a capital.
const PROPERTIES: [(&str, &str); 3] = [
    ("addrAuthType", "AddressAuthorizationType"),
    ("tlsVersion", "Tlsversion"),
    ("properties", "VaultProperties"),
];

/// Claims that may name the caller, the first that is there.
const CALLERS: [&str; 4] = [
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "appid",
];

/// The row of an `AuditEvent`.
pub(super) fn audit(record: Value, arrival: Ticks) -> Value {
    let Value::Object(mut record) = record else { return Value::Null };
    let mut row = Map::new();
    for (name, column) in COLUMNS {
        row.extend(record.remove(name).map(|value| (column.to_owned(), value)));
    }
    if let Some(duration) = row.get_mut("DurationMs")
        && let Some(millis) = duration.as_str().and_then(|text| text.parse::<i64>().ok())
    {
        *duration = json!(millis);
    }
    if let Some(Value::Object(properties)) = record.remove("properties") {
        for (name, value) in properties {
            let known = PROPERTIES.iter().find(|(property, _)| *property == name);
            let column = known.map_or_else(|| capital(&name), |(_, column)| (*column).to_owned());
            row.insert(column, value);
        }
    }
    row.insert("_ResourceId".to_owned(), json!(lower(record.get("resourceId"))));
    row.insert("_TimeReceived".to_owned(), json!(arrival.to_string()));
    row.insert("Type".to_owned(), json!("AZKVAuditLogs"));
    Value::Object(row)
}

/// The row of a record of the Activity Log.
pub(super) fn activity(record: &Value, arrival: Ticks) -> Value {
    let text = |name: &str| record[name].as_str().unwrap_or_default();
    let identity = &record["identity"];
    let signature = text("resultSignature");
    let caller = CALLERS.iter().find_map(|claim| identity["claims"][*claim].as_str());
    let resource_id = lower(record.get("resourceId"));
    let after = |kind: &str| {
        let mut segments = resource_id.split('/');
        segments.find(|segment| *segment == kind)?;
        segments.next().map(str::to_owned)
    };
    let provider = text("operationName").split('/').next().unwrap_or_default();
    json!({
        "TimeGenerated": text("time"),
        "OperationNameValue": text("operationName"),
        "CategoryValue": text("category"),
        "ActivityStatusValue": text("resultType"),
        "ActivitySubstatusValue": signature.split_once('.').map_or(signature, |(_, substatus)| substatus),
        "Caller": caller.unwrap_or_default(),
        "CallerIpAddress": record["callerIpAddress"].as_str().or(record["CallerIpAddress"].as_str()),
        "CorrelationId": text("correlationId"),
        "Level": record["level"],
        // Columns of text that hold JSON.
        "Authorization": inner(&identity["authorization"]),
        "Claims": inner(&identity["claims"]),
        "Properties": inner(&record["properties"]),
        "ResourceProviderValue": provider,
        "ResourceGroup": after("resourcegroups"),
        "SubscriptionId": after("subscriptions"),
        "_ResourceId": resource_id,
        "_TimeReceived": arrival.to_string(),
        "Type": "AzureActivity",
    })
}

fn inner(value: &Value) -> Value {
    if value.is_null() { Value::Null } else { json!(value.to_string()) }
}

fn lower(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase()
}

/// With its first letter in upper case.
fn capital(name: &str) -> String {
    let mut capital = name.to_owned();
    if let Some(first) = capital.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    capital
}
