//! The documents that Elastic's Azure integration stores, and the actions of its bulk interface.
//!
//! Fields that the pipelines derive come from the same recipes by which rules name them; what they leave
//! alone is copied from the record.

use serde_json::{Map, Value, json};

use crate::event::{EventView, Extra, Plane, TextField, Ticks};

/// Version of ECS that the documents claim.
const ECS_VERSION: &str = "8.11.0";

/// Fields that the pipelines derive from others, of either log.
const DERIVED: [&str; 20] = [
    "event.action",
    "event.outcome",
    "event.type",
    "event.duration",
    "source.ip",
    "source.address",
    "client.ip",
    "related.ip",
    "related.user",
    "log.level",
    "geo.name",
    "user.name",
    "user.domain",
    "user.email",
    "user.full_name",
    "azure.correlation_id",
    "azure.subscription_id",
    "azure.resource.group",
    "azure.resource.provider",
    "azure.resource.name",
];

/// Those that are arrays.
const LISTS: [&str; 3] = ["event.type", "related.ip", "related.user"];

/// Members of a record that the pipelines move, and where to below the log's own object; nowhere for
/// those that become one of the derived fields.
const MOVED: [(&str, &str); 14] = [
    ("time", ""),
    ("callerIpAddress", ""),
    ("CallerIpAddress", ""),
    ("correlationId", ""),
    ("resourceId", ""),
    ("durationMs", ""),
    ("level", ""),
    ("location", ""),
    ("EventEnqueuedUtcTime", ""),
    ("operationName", "operation_name"),
    ("resultType", "result_type"),
    ("resultSignature", "result_signature"),
    ("resultDescription", "result_description"),
    ("tenantId", "tenant_id"),
];

/// Members of `identity.authorization.evidence` that get another name.
const EVIDENCE: [(&str, &str); 5] = [
    ("roleAssignmentScope", "role_assignment_scope"),
    ("roleAssignmentId", "role_assignment_id"),
    ("roleDefinitionId", "role_definition_id"),
    ("principalId", "principal_id"),
    ("principalType", "principal_type"),
];

/// Claims that become parts of `claims_initiated_by_user`.
const INITIATED_BY: [(&str, &str); 4] = [
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "name"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "givenname"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "surname"),
    ("name", "fullname"),
];
const CLAIMS_SCHEMA: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";

/// The fields that an event must keep for a document.
pub fn extras() -> Vec<Extra> {
    DERIVED.iter().filter_map(|name| Extra::named(name)).collect()
}

fn dataset(plane: Plane) -> &'static str {
    match plane {
        Plane::Data => "platformlogs",
        Plane::Control => "activitylogs",
    }
}

/// The action that creates the document of record `number`.
pub(super) fn action(plane: Plane, event: &EventView<'_>, number: u64) -> Value {
    let index = format!("logs-azure.{}-default", dataset(plane));
    // Several records share a correlation id.
    let id = match event.text(TextField::CorrelationId) {
        "" => number.to_string(),
        correlation_id => format!("{correlation_id}-{number}"),
    };
    json!({"create": {"_index": index, "_id": id}})
}

/// The document of a record.
pub(super) fn document(record: Value, event: &EventView<'_>, ingested: Ticks) -> Value {
    let plane = event.event.plane;
    let log = dataset(plane);
    let mut members = object(record);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let (time, resource_id) = (text(members.get("time")), text(members.get("resourceId")));
    let mut document = json!({
        "@timestamp": milliseconds(&time),
        "ecs": {"version": ECS_VERSION},
        "cloud": {"provider": "azure"},
        "data_stream": {"type": "logs", "dataset": format!("azure.{log}"), "namespace": "default"},
        "event": {
            "kind": "event",
            "module": "azure",
            "dataset": format!("azure.{log}"),
            "ingested": ingested.to_string(),
        },
    });
    for name in DERIVED {
        let values: Vec<&str> =
            Extra::named(name).into_iter().flat_map(|extra| event.extras(extra)).collect();
        let Some(first) = values.first() else { continue };
        let value = match name {
            "event.duration" => {
                first.parse::<f64>().map_or(Value::Null, |nanos| json!(nanos as u64))
            }
            name if LISTS.contains(&name) => json!(values),
            _ => json!(first),
        };
        put(&mut document, name, value);
    }
    if !resource_id.is_empty() {
        put(&mut document, "azure.resource.id", json!(resource_id));
    }
    for (name, new) in MOVED {
        if let Some(value) = members.remove(name)
            && !new.is_empty()
        {
            members.insert(new.to_owned(), value);
        }
    }
    let category = move_properties(&mut members, plane);
    members.extend(category.map(|category| ("event_category".to_owned(), category)));
    if plane == Plane::Control {
        move_identity(&mut members);
    }
    put(&mut document, &format!("azure.{log}"), Value::Object(members));
    document
}

/// Gives the properties their names, and takes out the event's category.
fn move_properties(members: &mut Map<String, Value>, plane: Plane) -> Option<Value> {
    let properties = members.get_mut("properties")?.as_object_mut()?;
    rename(properties, "statusCode", "status_code");
    if plane == Plane::Control {
        rename(properties, "serviceRequestId", "service_request_id");
        properties.remove("statusMessage");
    }
    properties.remove("eventCategory")
}

/// Gives the claims and the evidence of a caller their names.
fn move_identity(members: &mut Map<String, Value>) {
    let Some(identity) = members.get_mut("identity").and_then(Value::as_object_mut) else { return };
    let evidence = identity.get_mut("authorization").and_then(|value| value.get_mut("evidence"));
    if let Some(evidence) = evidence.and_then(Value::as_object_mut) {
        EVIDENCE.iter().for_each(|(name, new)| rename(evidence, name, new));
    }
    let Some(claims) = identity.get_mut("claims").and_then(Value::as_object_mut) else { return };
    let mut initiated_by = Map::new();
    for (claim, part) in INITIATED_BY {
        initiated_by.extend(claims.remove(claim).map(|value| (part.to_owned(), value)));
    }
    if initiated_by.contains_key("name") {
        initiated_by.insert("schema".to_owned(), json!(CLAIMS_SCHEMA));
    }
    // A dot in a name would be read as a path.
    let renamed = std::mem::take(claims).into_iter();
    claims.extend(renamed.map(|(name, value)| (name.replace('.', "_"), value)));
    if !initiated_by.is_empty() {
        identity.insert("claims_initiated_by_user".to_owned(), Value::Object(initiated_by));
    }
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}

fn rename(members: &mut Map<String, Value>, name: &str, new: &str) {
    if let Some(value) = members.remove(name) {
        members.insert(new.to_owned(), value);
    }
}

/// Sets the member at a dotted path, with the objects above it.
fn put(document: &mut Value, path: &str, value: Value) {
    let mut at = document;
    for key in path.split('.') {
        at = &mut at[key];
    }
    match (at, value) {
        (Value::Object(there), Value::Object(more)) => there.extend(more),
        (at, value) => *at = value,
    }
}

/// A time as the index stores it.
fn milliseconds(time: &str) -> String {
    const WITH_MILLISECONDS: usize = "2026-03-02T08:00:00.123".len();
    let Ok(ticks) = Ticks::parse(time.as_bytes()) else { return time.to_owned() };
    let mut text = ticks.to_string();
    text.truncate(WITH_MILLISECONDS);
    text + "Z"
}
