//! Hand-written records that are none of a vault, and records in unusual places; every id is invented.

use serde_json::{Value, json};
use vaultdrill::event::Field;
use vaultdrill::ingest::{LineParser, Reason};

use crate::traps::{ID, VAULT, check, diagnostics_as_text, parsed, reason};

/// Asserts that a text has only these many records, all of other services.
fn assert_foreign(text: &str, records: u32) {
    let block = parsed(text);
    assert_eq!((block.records, block.foreign), (records, records), "{text}: {:?}", block.malformed);
}

#[test]
fn logs_and_metrics_of_something_else_are_foreign() {
    for record in [
        // A metric of the same diagnostic setting.
        json!({ "count": 1, "total": 1, "resourceId": VAULT, "time": "2026-03-02T08:00:00Z",
            "metricName": "ServiceApiHit", "timeGrain": "PT1M" }),
        // A log of a whole tenant.
        json!({ "time": "2026-03-02T08:00:00Z", "tenantId": ID, "operationName": "Publish",
            "category": "AdvancedHunting-DeviceEvents", "properties": {} }),
        json!({ "TimeGenerated": "2026-03-02T08:00:00Z", "OperationName": "GetBlob", "StatusCode": 200,
            "_ResourceId": "/subscriptions/s/providers/Microsoft.Storage/storageAccounts/a" }),
        json!({ "@timestamp": "2026-03-02T08:00:00Z",
            "data_stream": { "dataset": "kubernetes.container_logs" },
            "message": "{\"category\":\"orders\",\"level\":\"info\"}" }),
        json!({ "create": { "_index": "logs-azure.platformlogs-default", "_id": "a-1" } }),
        json!({ "index": {} }),
    ] {
        assert_foreign(&record.to_string(), 1);
        assert_foreign(&json!({ "records": [record, record] }).to_string(), 2);
        assert_eq!(LineParser::new().canonical(record.to_string().as_bytes()), Ok(None));
    }
}

#[test]
fn what_may_be_of_a_vault_stays_malformed() {
    for record in [
        json!({ "TimeGenerated": "2026-03-02T08:00:00Z", "OperationName": "SecretGet",
            "_ResourceId": VAULT }),
        json!({ "TimeGenerated": "2026-03-02T08:00:00Z", "OperationName": "SecretGet" }),
        json!({ "metricName": "ServiceApiHit" }),
        json!({ "category": "orders", "level": "info" }),
        json!({ "create": {}, "index": {} }),
        json!({ "create": 1 }),
    ] {
        assert_eq!(reason(&record.to_string()), Some(Reason::UnknownShape), "{record}");
    }
}

#[test]
fn dotted_keys_may_come_in_any_order() {
    const POLICY: &str = "azure.platformlogs.properties.addedAccessPolicy";
    let mut document = json!({ "@timestamp": "2026-03-02T08:00:00Z",
        "azure.platformlogs.category": "AuditEvent", "azure.resource.id": VAULT,
        "azure.platformlogs.operation_name": "VaultPatch" });
    let fields = [
        (format!("{POLICY}.ObjectId"), json!(ID)),
        ("azure.platformlogs.properties.httpStatusCode".to_owned(), json!(200)),
        (format!("{POLICY}.Permissions.secrets"), json!(["get"])),
    ];
    // In the order of an object of this crate they would be sorted.
    let mut text = document.to_string();
    text.pop();
    for (key, value) in &fields {
        text.push_str(&format!(",\"{key}\":{value}"));
        document[key] = value.clone();
    }
    text.push('}');
    let settings = LineParser::new().settings(text.as_bytes());
    assert_eq!(settings, LineParser::new().settings(document.to_string().as_bytes()));
    assert_eq!(settings.grants.len(), 1, "{settings:?}");
    assert_eq!(settings.grants[0].grantee, ID);
}

#[test]
fn a_long_key_above_many_leaves_is_refused_quickly() {
    let leaves = (0..40_000).map(|name| format!("\"{name}\":1")).collect::<Vec<_>>().join(",");
    let key = "k".repeat(500_000);
    let text = format!(
        "{{\"@timestamp\":\"2026-03-02T08:00:00Z\",\"azure.platformlogs.properties.{key}\":{{{leaves}}}}}"
    );
    assert_eq!(reason(&text), Some(Reason::LongPaths));
}

#[test]
fn a_hit_may_have_fields_instead_of_its_source() {
    let hit = json!({ "_index": "x", "_id": "1", "fields": {
        "@timestamp": ["2026-03-02T08:00:00Z"], "azure.platformlogs.operation_name": ["SecretGet"],
        "azure.platformlogs.category": ["AuditEvent"], "azure.resource.id": [VAULT],
        "azure.platformlogs.properties.id": ["https://red.vault.azure.net/secrets/tls"],
        "azure.platformlogs.properties.httpStatusCode": [403],
        "azure.platformlogs.identity.claim.oid": [ID] } });
    let expected = [
        (Field::Operation, "SecretGet"),
        (Field::Object, "red/secrets/tls"),
        (Field::Outcome, "denied"),
        (Field::Identity, ID),
    ];
    check(&hit, &expected);
    check(&json!({ "hits": { "hits": [hit] } }), &expected);
    // Those of somebody's own are no document.
    assert_eq!(reason("{\"fields\":{\"a\":1}}"), Some(Reason::UnknownShape));
}

#[test]
fn columns_that_a_table_has_no_room_for_are_read() {
    let row = diagnostics_as_text();
    let canonical = |row: &Value| {
        let mut parser = LineParser::new();
        let text = parser.canonical(row.to_string().as_bytes()).unwrap().unwrap();
        serde_json::from_str::<Value>(text).unwrap()
    };
    let moved = ["identity_claim_oid_g", "httpStatusCode_d", "secretProperties_type_s", "id_s"];
    for (as_text, is_typed) in [(true, true), (false, true), (false, false)] {
        let mut other = row.clone();
        other["secretProperties_attributes_enabled_b"] = json!(true);
        let expected = canonical(&other);
        let mut more = json!({});
        for name in moved {
            // Without its type, a name says no more than its value does.
            let is_kept = is_typed || !name.ends_with("_s");
            let key = if is_kept { name } else { name.trim_end_matches("_s") };
            more[key] = other.as_object_mut().unwrap().remove(name).unwrap();
        }
        other["AdditionalFields"] = if as_text { json!(more.to_string()) } else { more };
        assert_eq!(canonical(&other), expected, "{as_text} {is_typed}");
    }
    let mut both = row.clone();
    both["AdditionalFields"] = json!({ "identity_claim_oid_g": "another" });
    check(&both, &[(Field::Identity, ID)]);
    both["AdditionalFields"] = json!("{\"no JSON");
    check(&both, &[(Field::Identity, ID)]);
}

#[test]
fn containers_in_containers_hold_records() {
    let record = |second: u8| {
        json!({ "time": format!("2026-03-02T08:00:0{second}Z"), "category": "AuditEvent",
            "operationName": "SecretGet", "resourceId": VAULT })
    };
    let document = json!([
        { "records": [record(0), record(1)] },
        { "value": [record(2)] },
        { "records": [] },
        [record(3), { "records": [record(4)] }, 7],
        record(5),
    ]);
    for text in [document.to_string(), format!("{document:#}"), format!("{{}}\n{document}\n")] {
        let block = parsed(&text);
        let times: Vec<_> = block.batch.events.iter().map(|event| event.time.to_string()).collect();
        let seconds: Vec<_> = times.iter().map(|time| &time[18..19]).collect();
        assert_eq!(seconds, ["0", "1", "2", "3", "5"], "{text}");
        for event in &block.batch.events {
            let at = usize::try_from(event.origin.offset).unwrap();
            assert_eq!(text.as_bytes()[at], b'{');
        }
        // A third level is not looked into.
        let reasons: Vec<_> = block.malformed.iter().map(|malformed| malformed.reason).collect();
        assert!(reasons.ends_with(&[Reason::UnknownShape, Reason::NotAnObject]), "{reasons:?}");
    }
}

#[test]
fn files_put_one_after_another_may_keep_their_marks() {
    let record = json!({ "time": "2026-03-02T08:00:00Z", "category": "AuditEvent",
        "operationName": "SecretGet", "resourceId": VAULT });
    let text =
        format!("\u{feff}{record}\n\u{feff}{record}\n\u{feff}\n\u{feff}[{record}]\n\u{feff}");
    let block = parsed(&text);
    assert_eq!((block.records, block.batch.events.len()), (3, 3), "{:?}", block.malformed);
    assert_eq!(block.batch.events[1].origin.offset, 3 + record.to_string().len() as u64 + 4);
    assert_eq!(reason(&format!("{record}\u{feff}{record}")), Some(Reason::NotJson));
}
