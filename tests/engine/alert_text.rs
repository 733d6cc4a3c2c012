//! What an alert's line tells an analyst.

use serde_json::{Value, json};
use vaultdrill::rules::{RuleSet, parse_rule};

use crate::support::{OPTIONS, log, run, written};

const BEN: &str = "6b0e4f0c-8a51-4a0e-9d27-8b1f5f3c0a02";
const ADMINISTRATOR: &str = "0f9a2d64-1c3b-4e57-a1f0-7b8d9c6e5a01";
const VAULT: &str = "/SUBSCRIPTIONS/11111111-2222-4333-8444-555555555555/RESOURCEGROUPS/RG-PAY/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-PAY";

fn read(n: u32, secret: &str, address: &str) -> Value {
    json!({
        "time": format!("2026-03-02T09:{n:02}:00.0000000Z"), "category": "AuditEvent",
        "operationName": "SecretGet", "resultType": "Success",
        "correlationId": format!("00000000-0000-4000-8000-{n:012}"), "callerIpAddress": address,
        "identity": {"claim": {"oid": BEN, "appid": "a"}},
        "properties": {
            "id": format!("https://kv-pay.vault.azure.net/secrets/{secret}/{n:032x}"),
            "clientInfo": "curl/8.5.0", "httpStatusCode": 200,
            "requestUri": format!("https://kv-pay.vault.azure.net/secrets/{secret}/?api-version=7.4"),
        },
        "resourceId": VAULT, "resultSignature": "OK", "durationMs": "20",
    })
}

/// Both records of one call of the administrator.
fn managed(minute: u32, operation: &str, resource: &str, body: &Value) -> [Value; 2] {
    let record = |result: &str, properties: Value| {
        json!({
            "time": format!("2026-03-02T08:{minute:02}:00.0000000Z"), "resourceId": resource,
            "operationName": operation, "category": "Administrative", "resultType": result,
            "correlationId": format!("00000000-0000-4000-9000-{minute:012}"),
            "identity": {"claims": {
                "http://schemas.microsoft.com/identity/claims/objectidentifier": ADMINISTRATOR,
            }},
            "properties": properties,
        })
    };
    let start = record("Start", json!({"requestbody": body.to_string()}));
    [start, record("Success", json!({"statusCode": "OK"}))]
}

fn alert() -> Value {
    let grant = json!({"properties": {"principalId": BEN}});
    let role = format!("{VAULT}/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/R1");
    let diagnostics = format!("{VAULT}/PROVIDERS/MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/AUDIT");
    let mut records = Vec::new();
    records.extend(managed(1, "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE", &role, &grant));
    let delete = "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE";
    records.extend(managed(2, delete, &diagnostics, &json!({})));
    records.push(read(1, "sql", "192.0.2.7"));
    records.push(read(2, "storage", "192.0.2.7"));
    records.push(read(3, "sql", "198.51.100.9"));
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let (_folder, inputs) = log(lines.join("\n"));
    let rule = r#"
        schema_version = 1
        id = "three-reads"
        name = "Three reads"
        kind = "threshold"
        severity = "low"
        risk_score = 1
        guidance = { catches = "c", misses = "m", false_positives = ["f"], investigate = ["i"], respond = ["r"], impact = "i", references = ["https://example.com"] }
        threat = [{ tactic = "TA0006", techniques = ["T1555.006"] }]
        query = "access: reveal"
        group_by = ["identity"]
        threshold = { window = "1h", count = 3 }"#;
    let rules = RuleSet::new(vec![parse_rule("test.toml", rule).unwrap()]).unwrap();
    let [alerts, _] = written(&run(&inputs, &rules, &OPTIONS), &rules);
    let lines: Vec<&str> = alerts.lines().collect();
    assert_eq!(lines.len(), 2, "{alerts}");
    serde_json::from_str(lines[1]).unwrap()
}

#[test]
fn an_alert_names_what_to_rotate_restrict_and_revoke() {
    let actions = &alert()["actions"];
    let secrets = json!({"names": ["kv-pay/secrets/sql", "kv-pay/secrets/storage"], "total": 2});
    assert_eq!(actions["objects"], secrets);
    assert_eq!(actions["rotate"], secrets);
    let addresses = json!({"names": ["192.0.2.7", "198.51.100.9"], "total": 2});
    assert_eq!(actions["restrict"], addresses);
    assert_eq!(actions["revoke"][0]["grantee"], BEN);
    assert_eq!(actions["revoke"][0]["scope"], "vault");
    assert_eq!(actions["logging_changed"], true);
}

#[test]
fn an_alert_says_what_was_usual_for_the_caller() {
    let triage = &alert()["triage"];
    assert_eq!(triage["usual_clients"], json!(["curl/8.5.0"]));
    assert_eq!(triage["usual_source_blocks"], json!(["192.0.2.0/24"]));
    assert_eq!(triage["credential_types"], json!(["secret"]));
    assert_eq!(triage["new_source_block"], true);
    assert_eq!(triage["new_credential_type"], false);
    assert!(triage.get("changed").is_none());
}
