//! Writes raw records in the shapes in which they reach people, as Azure's and Elastic's documentation
//! describe them; nothing here is shared with the parser.

use serde_json::{Map, Value, json};

/// The shapes in which each record stands for itself.
pub(crate) const SHAPES: [(&str, fn(&Value) -> Value); 9] = [
    ("raw", Value::clone),
    ("rest", rest),
    ("elastic", elastic),
    ("elastic dotted", |raw| dotted(&elastic(raw))),
    ("elastic source", |raw| json!({ "_index": "logs", "_source": elastic(raw) })),
    ("elastic original", original),
    ("audit logs", audit_logs),
    ("diagnostics", diagnostics),
    ("activity", activity),
];

pub(crate) fn is_audit(raw: &Value) -> bool {
    raw["category"] == "AuditEvent"
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Puts a value there, unless there is none.
fn put(object: &mut Map<String, Value>, key: &str, value: &Value) {
    if !value.is_null() {
        object.insert(key.to_owned(), value.clone());
    }
}

/// Resource Manager's words for a result type and a signature.
fn status(raw: &Value) -> (String, String) {
    let (begins, sub) = text(&raw["resultSignature"]).split_once('.').unwrap();
    (begins.to_owned(), sub.to_owned())
}

fn localized(value: &str) -> Value {
    json!({ "value": value, "localizedValue": format!("{value} (translated)") })
}

fn rest(raw: &Value) -> Value {
    if is_audit(raw) {
        return raw.clone();
    }
    let (status, sub) = status(raw);
    let mut out = Map::new();
    out.insert("operationName".into(), localized(&text(&raw["operationName"]).to_lowercase()));
    out.insert("category".into(), localized(text(&raw["category"])));
    out.insert("status".into(), localized(&status));
    out.insert("subStatus".into(), localized(&sub));
    out.insert("eventName".into(), localized("EndRequest"));
    put(&mut out, "eventTimestamp", &raw["time"]);
    put(&mut out, "resourceId", &json!(text(&raw["resourceId"]).to_lowercase()));
    put(&mut out, "correlationId", &raw["correlationId"]);
    put(&mut out, "authorization", &raw["identity"]["authorization"]);
    put(&mut out, "claims", &raw["identity"]["claims"]);
    put(&mut out, "caller", &json!("somebody else"));
    put(&mut out, "properties", &raw["properties"]);
    put(&mut out, "httpRequest", &json!({ "clientIpAddress": raw["callerIpAddress"] }));
    put(&mut out, "level", &json!("Informational"));
    Value::Object(out)
}

/// What the ingest pipelines of Elastic's integration make of a record.
pub(crate) fn elastic(raw: &Value) -> Value {
    let log = if is_audit(raw) { "platformlogs" } else { "activitylogs" };
    let mut own = Map::new();
    put(&mut own, "category", &raw["category"]);
    put(&mut own, "operation_name", &raw["operationName"]);
    put(&mut own, "result_type", &raw["resultType"]);
    put(&mut own, "result_signature", &raw["resultSignature"]);
    put(&mut own, "result_description", &raw["resultDescription"]);
    let mut identity = raw["identity"].clone();
    let mut properties = raw["properties"].clone();
    if is_audit(raw) {
        put(&mut own, "operationVersion", &raw["operationVersion"]);
    } else {
        rename_identity(&mut identity);
        put(&mut own, "tenant_id", &raw["tenantId"]);
        let category = properties.as_object_mut().and_then(|it| it.remove("eventCategory"));
        put(&mut own, "event_category", &category.unwrap_or_default());
        if let Some(status) = properties.as_object_mut().and_then(|it| it.remove("statusCode")) {
            properties["status_code"] = status;
        }
    }
    put(&mut own, "identity", &identity);
    put(&mut own, "properties", &properties);
    let time = text(&raw["time"]);
    let (seconds, fraction) = time.trim_end_matches('Z').split_once('.').unwrap_or((time, "000"));
    let mut event = json!({ "action": raw["operationName"], "kind": "event" });
    let millis = text(&raw["durationMs"]).parse::<u64>().ok();
    if let Some(millis) = millis {
        event["duration"] = json!(millis * 1_000_000);
    }
    json!({
        "@timestamp": format!("{seconds}.{}Z", &fraction[..3]),
        "data_stream": { "dataset": format!("azure.{log}") },
        "azure": {
            "correlation_id": raw["correlationId"],
            "resource": { "id": raw["resourceId"] },
            log: own,
        },
        "event": event,
        "source": { "ip": raw["callerIpAddress"] },
        "log": { "level": raw["level"] },
    })
}

fn rename_identity(identity: &mut Value) {
    let claims = std::mem::take(identity["claims"].as_object_mut().unwrap());
    let renamed = claims.into_iter().map(|(key, value)| (key.replace('.', "_"), value));
    identity["claims"] = Value::Object(renamed.collect());
    if let Some(evidence) = identity["authorization"]["evidence"].as_object_mut() {
        for (from, to) in [
            ("roleAssignmentScope", "role_assignment_scope"),
            ("roleAssignmentId", "role_assignment_id"),
            ("roleDefinitionId", "role_definition_id"),
            ("principalId", "principal_id"),
            ("principalType", "principal_type"),
        ] {
            if let Some(value) = evidence.remove(from) {
                evidence.insert(to.to_owned(), value);
            }
        }
    }
}

/// The same document with every leaf under its dotted path.
fn dotted(document: &Value) -> Value {
    fn gather(path: &str, value: &Value, out: &mut Map<String, Value>) {
        match value.as_object() {
            Some(members) => members.iter().for_each(|(key, member)| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                gather(&path, member, out);
            }),
            None => drop(out.insert(path.to_owned(), value.clone())),
        }
    }
    let mut out = Map::new();
    gather("", document, &mut out);
    Value::Object(out)
}

/// A document that keeps the raw record, beside fields that say something else.
fn original(raw: &Value) -> Value {
    let mut document = elastic(raw);
    document["@timestamp"] = json!("2001-01-01T00:00:00.000Z");
    document["event"]["original"] = json!(raw.to_string());
    document
}

fn audit_logs(raw: &Value) -> Value {
    if !is_audit(raw) {
        return raw.clone();
    }
    let mut out = Map::new();
    for (column, key) in [
        ("TimeGenerated", "time"),
        ("OperationName", "operationName"),
        ("OperationVersion", "operationVersion"),
        ("ResultType", "resultType"),
        ("ResultSignature", "resultSignature"),
        ("ResultDescription", "resultDescription"),
        ("CorrelationId", "correlationId"),
        ("CallerIpAddress", "callerIpAddress"),
        ("Identity", "identity"),
    ] {
        put(&mut out, column, &raw[key]);
    }
    out.insert("DurationMs".into(), json!(text(&raw["durationMs"]).parse::<u64>().unwrap()));
    out.insert("_ResourceId".into(), json!(text(&raw["resourceId"]).to_lowercase()));
    out.insert("Type".into(), json!("AZKVAuditLogs"));
    out.insert("TenantId".into(), json!("00000000-0000-4000-8000-00000000dddd"));
    for (key, value) in raw["properties"].as_object().unwrap() {
        let column = match key.as_str() {
            "addrAuthType" => "AddressAuthorizationType".to_owned(),
            "tlsVersion" => "Tlsversion".to_owned(),
            "properties" => "VaultProperties".to_owned(),
            key => key[..1].to_uppercase() + &key[1..],
        };
        out.insert(column, value.clone());
    }
    Value::Object(out)
}

fn diagnostics(raw: &Value) -> Value {
    if !is_audit(raw) {
        return raw.clone();
    }
    let mut out = Map::new();
    for (column, key) in [
        ("TimeGenerated", "time"),
        ("Category", "category"),
        ("OperationName", "operationName"),
        ("OperationVersion", "operationVersion"),
        ("ResultType", "resultType"),
        ("ResultSignature", "resultSignature"),
        ("ResultDescription", "resultDescription"),
        ("CorrelationId", "correlationId"),
        ("CallerIPAddress", "callerIpAddress"),
        ("ResourceId", "resourceId"),
    ] {
        put(&mut out, column, &raw[key]);
    }
    out.insert("DurationMs".into(), json!(text(&raw["durationMs"]).parse::<u64>().unwrap()));
    out.insert("Type".into(), json!("AzureDiagnostics"));
    out.insert("ResourceProvider".into(), json!("MICROSOFT.KEYVAULT"));
    // Columns of other services, which every row has.
    out.insert("level_s".into(), json!(""));
    out.insert("statusCode_d".into(), Value::Null);
    columns("identity", &raw["identity"], &mut out);
    for (key, value) in raw["properties"].as_object().unwrap() {
        columns(key, value, &mut out);
    }
    Value::Object(out)
}

/// A column for each leaf, its type at the end.
fn columns(path: &str, value: &Value, out: &mut Map<String, Value>) {
    let clean = |key: &str| {
        let words = key.split(|one: char| !one.is_alphanumeric() && one != '_');
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
    };
    match value {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(key, it)| columns(&format!("{path}_{}", clean(key)), it, out));
        }
        Value::Null => {}
        Value::Bool(_) => drop(out.insert(format!("{path}_b"), value.clone())),
        Value::Number(number) => {
            drop(out.insert(format!("{path}_d"), json!(number.as_f64().unwrap())));
        }
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 => {
            drop(out.insert(format!("{path}_g"), value.clone()));
        }
        Value::String(_) => drop(out.insert(format!("{path}_s"), value.clone())),
        Value::Array(_) => drop(out.insert(format!("{path}_s"), json!(value.to_string()))),
    }
}

fn activity(raw: &Value) -> Value {
    if is_audit(raw) {
        return raw.clone();
    }
    let (_, sub) = status(raw);
    json!({
        "TimeGenerated": raw["time"],
        "OperationNameValue": raw["operationName"],
        "ActivityStatusValue": raw["resultType"],
        "ActivitySubstatusValue": sub,
        "CategoryValue": raw["category"],
        "CallerIpAddress": raw["callerIpAddress"],
        "Caller": "somebody else",
        "CorrelationId": raw["correlationId"],
        "Claims": raw["identity"]["claims"].to_string(),
        "Claims_d": raw["identity"]["claims"],
        "Authorization": raw["identity"]["authorization"].to_string(),
        "Properties": raw["properties"].to_string(),
        "Level": "Informational",
        "_ResourceId": text(&raw["resourceId"]).to_lowercase(),
        "Type": "AzureActivity",
    })
}
