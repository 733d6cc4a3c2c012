//! What an alert's line tells an analyst.

use serde_json::{Value, json};
use vaultdrill::rules::{RuleSet, parse_rule};

use crate::support::{OPTIONS, log, run, written};

pub(crate) const BEN: &str = "6b0e4f0c-8a51-4a0e-9d27-8b1f5f3c0a02";
pub(crate) const ADMINISTRATOR: &str = "0f9a2d64-1c3b-4e57-a1f0-7b8d9c6e5a01";
pub(crate) const VAULT: &str = "/SUBSCRIPTIONS/11111111-2222-4333-8444-555555555555/RESOURCEGROUPS/RG-PAY/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-PAY";

pub(crate) fn read(n: u32, secret: &str, address: &str) -> Value {
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
pub(crate) fn managed(minute: u32, operation: &str, resource: &str, body: &Value) -> [Value; 2] {
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

/// What runs of these records raise by a rule with these parts of its own.
pub(crate) fn alerts(records: &[Value], rule: &str) -> Vec<Value> {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let (_folder, inputs) = log(lines.join("\n"));
    let frame = r#"
        schema_version = 1
        id = "tested"
        name = "Tested"
        severity = "low"
        risk_score = 1
        guidance = { catches = "c", misses = "m", false_positives = ["f"], investigate = ["i"], respond = ["r"], impact = "i", references = ["https://example.com"] }
        threat = [{ tactic = "TA0006", techniques = ["T1555.006"] }]"#;
    let rules = RuleSet::new(vec![parse_rule("test.toml", &format!("{frame}\n{rule}")).unwrap()]);
    let rules = rules.unwrap();
    let [alerts, _] = written(&run(&inputs, &rules, &OPTIONS), &rules);
    alerts.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn alert() -> Value {
    let role =
        "/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6";
    let grant = json!({"properties": {"principalId": BEN, "roleDefinitionId": role}});
    let role = format!("{VAULT}/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/R1");
    let diagnostics = format!("{VAULT}/PROVIDERS/MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/AUDIT");
    let mut records = Vec::new();
    records.extend(managed(1, "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE", &role, &grant));
    let delete = "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE";
    records.extend(managed(2, delete, &diagnostics, &json!({})));
    records.push(read(1, "sql", "192.0.2.7"));
    records.push(read(2, "storage", "192.0.2.7"));
    records.push(read(3, "sql", "198.51.100.9"));
    let rule = r#"
        kind = "threshold"
        query = "access: reveal"
        group_by = ["identity"]
        threshold = { window = "1h", count = 3 }"#;
    let [alert] = alerts(&records, rule).try_into().expect("one alert");
    alert
}

#[test]
fn an_alert_names_what_to_rotate_restrict_and_revoke() {
    let actions = &alert()["actions"];
    let secrets = json!({"names": ["kv-pay/secrets/sql", "kv-pay/secrets/storage"], "total": 2});
    assert_eq!(actions["objects"], secrets);
    assert_eq!(actions["rotate"], secrets);
    let addresses = json!({"names": ["192.0.2.7", "198.51.100.9"], "total": 2});
    assert_eq!(actions["restrict"], addresses);
    assert_eq!(
        (&actions["identities"]["names"], &actions["vaults"]["names"]),
        (&json!([BEN]), &json!(["kv-pay"]))
    );
    let grant = json!({
        "time": "2026-03-02T08:01:00.0000000Z", "grantee": BEN, "scope": "vault", "vault": "kv-pay",
        "allows": "4633458b-17de-408a-b874-0445c86b69e6 (Key Vault Secrets User)",
        "by": ADMINISTRATOR, "correlation_id": "00000000-0000-4000-9000-000000000001",
    });
    assert_eq!((&actions["revoke"], &actions["revoke_total"]), (&json!([grant]), &json!(1)));
}

#[test]
fn an_alert_says_whether_the_vault_still_logs() {
    let actions = &alert()["actions"];
    assert_eq!(actions["logging_changed"], true);
    let logging = json!({
        "vault": "kv-pay", "last_change": "deleted",
        "changed": {
            "time": "2026-03-02T08:02:00.0000000Z", "by": ADMINISTRATOR,
            "correlation_id": "00000000-0000-4000-9000-000000000002", "settings": [],
        },
        "newest_record": "2026-03-02T09:03:00.0000000Z", "logs_since_change": true,
    });
    assert_eq!(actions["logging"], logging);
    let quiet = r#"
        kind = "query"
        query = "access: reveal""#;
    let alert = &alerts(&[read(1, "sql", "192.0.2.7")], quiet)[0];
    let logging = json!({
        "vault": "kv-pay", "last_change": "none_seen",
        "newest_record": "2026-03-02T09:01:00.0000000Z", "logs_since_change": null,
    });
    assert_eq!(alert["actions"]["logging"], logging);
}

/// A grant on the subscription completes a sequence by vault, and names none.
#[test]
fn an_alert_says_so_of_its_own_vault_where_the_last_record_has_none() {
    let diagnostics = format!("{VAULT}/PROVIDERS/MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/AUDIT");
    let subscription = "/SUBSCRIPTIONS/11111111-2222-4333-8444-555555555555";
    let role = format!("{subscription}/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/R1");
    let grant = json!({"properties": {"principalId": BEN, "roleDefinitionId": "r"}});
    let delete = "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE";
    let mut records = Vec::from(managed(2, delete, &diagnostics, &json!({})));
    records.push(read(1, "sql", "192.0.2.7"));
    let mut halves = managed(59, "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE", &role, &grant);
    halves.iter_mut().for_each(|half| half["time"] = json!("2026-03-02T09:30:00.0000000Z"));
    records.extend(halves);
    for by in ["vault", r#"identity", "vault"#] {
        let rule = format!(
            r#"
            kind = "sequence"
            [sequence]
            by = ["{by}"]
            max_span = "6h"
            [[sequence.steps]]
            query = "access: reveal"
            [[sequence.steps]]
            query = "change: grant and outcome: success"
            by = ["{}"]"#,
            by.replace("identity", "grantee")
        );
        let [alert] = alerts(&records, &rule).try_into().expect("one alert");
        assert_eq!(alert["triage"]["vault"], json!(null), "{by}");
        let logging = &alert["actions"]["logging"];
        assert_eq!(
            (&logging["vault"], &logging["last_change"]),
            (&json!("kv-pay"), &json!("deleted"))
        );
        assert_eq!(logging["newest_record"], "2026-03-02T09:01:00.0000000Z", "{by}");
        assert_eq!(logging["logs_since_change"], true, "{by}");
    }
}

#[test]
fn of_many_grants_the_newest_are_named_oldest_first() {
    let policy = json!([{"objectId": BEN, "permissions": {"secrets": ["get"]}}]);
    let grants = (0..24).map(|minute| {
        let mut grant = read(minute, "sql", "192.0.2.7");
        grant["operationName"] = json!("VaultPatch");
        grant["properties"] =
            json!({"vaultProperties": {}, "addedAccessPolicy": policy, "httpStatusCode": 200});
        grant
    });
    let records: Vec<Value> = grants.collect();
    let rule = r#"
        kind = "threshold"
        query = "change: grant and outcome: success"
        group_by = ["vault"]
        threshold = { window = "1h", count = 24 }"#;
    let actions = &alerts(&records, rule)[0]["actions"];
    let times: Vec<_> =
        actions["revoke"].as_array().unwrap().iter().map(|it| &it["time"]).collect();
    let newest: Vec<_> =
        (4..24).map(|it| json!(format!("2026-03-02T09:{it:02}:00.0000000Z"))).collect();
    assert_eq!(times, newest.iter().collect::<Vec<_>>());
    assert_eq!(actions["revoke_total"], 24);
}

#[test]
fn an_alert_says_what_was_usual_for_the_caller() {
    let triage = &alert()["triage"];
    assert_eq!(triage["usual_clients"], json!(["curl/8.5.0"]));
    assert_eq!(triage["usual_source_blocks"], json!(["192.0.2.0/24"]));
    assert_eq!(triage["credential_types"], json!(["secret"]));
    assert_eq!(triage["new_source_block"], true);
    assert_eq!(triage["new_credential_type"], false);
    assert_eq!((&triage["facts_of"], &triage["facts_about"]), (&json!("identity"), &json!(BEN)));
    assert_eq!(triage["last_seen"], "2026-03-02T09:02:00.0000000Z");
    assert_eq!((&triage["events_today"], &triage["busiest_day_events"]), (&json!(2), &json!(0)));
    assert_eq!(
        (&triage["usual_vaults"], &triage["new_vault"]),
        (&json!(["kv-pay"]), &json!(false))
    );
    assert_eq!(
        (&triage["maintenance"], &triage["maintenance_frames"]),
        (&json!(false), &json!([]))
    );
    assert!(triage.get("changed").is_none());
}

#[test]
fn facts_are_of_the_vault_where_the_rule_is_grouped_by_it_first() {
    let other = "7c1e4f0c-8a51-4a0e-9d27-8b1f5f3c0a03";
    let mut denied = read(2, "sql", "192.0.2.7");
    denied["identity"]["claim"]["oid"] = json!(other);
    denied["properties"]["httpStatusCode"] = json!(403);
    let records = [read(1, "sql", "192.0.2.7"), denied, read(3, "storage", "192.0.2.7")];
    let rule = r#"
        kind = "threshold"
        query = "access: reveal"
        group_by = ["vault"]
        threshold = { window = "1h", count = 2 }"#;
    let alert = &alerts(&records, rule)[0];
    let triage = &alert["triage"];
    assert_eq!((&triage["facts_of"], &triage["facts_about"]), (&json!("vault"), &json!("kv-pay")));
    assert_eq!(triage["usual_identities"], json!([other, BEN]));
    assert_eq!((&triage["known_identities"], &triage["known_vaults"]), (&json!(2), &json!(0)));
    let denied =
        [&triage["denied_24h"], &triage["denied_identities_24h"], &triage["denied_vaults_24h"]];
    assert_eq!(denied, [&json!(1), &json!(1), &json!(0)]);
    assert_eq!((&triage["new_identity"], &triage["usual_vaults"]), (&json!(false), &json!([])));
}

#[test]
fn an_alert_without_a_group_says_that_it_has_no_facts() {
    let rule = r#"
        kind = "threshold"
        query = "access: reveal"
        group_by = []
        threshold = { window = "1h", count = 1 }"#;
    let triage = &alerts(&[read(1, "sql", "192.0.2.7")], rule)[0]["triage"];
    assert_eq!((&triage["facts_of"], &triage["facts_about"]), (&json!(null), &json!(null)));
    assert_eq!((&triage["identity"], &triage["new_client"]), (&json!(BEN), &json!(false)));
}

#[test]
fn a_maintenance_frame_is_named_with_its_reason() {
    let rule = r#"
        kind = "query"
        query = "access: reveal"
        [[exceptions]]
        query = "client: backup*"
        frames = [{ weekdays = ["monday"], from = "09:00", to = "09:02", zone = "UTC" }]
        reason = "Nightly backup runs over.""#;
    let found = alerts(&[read(1, "sql", "192.0.2.7"), read(2, "sql", "192.0.2.7")], rule);
    let frame = json!([{"rule_id": "tested", "reason": "Nightly backup runs over."}]);
    assert_eq!(found[0]["triage"]["maintenance_frames"], frame);
    let maintenance: Vec<_> = found.iter().map(|alert| &alert["triage"]["maintenance"]).collect();
    assert_eq!(maintenance, [&json!(true), &json!(false)]);
}
