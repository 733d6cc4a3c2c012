//! What alerts tell of changes: what a write asked for, and which grants stand behind the evidence.

use serde_json::{Value, json};

use crate::alert_text::{ADMINISTRATOR, BEN, VAULT, alerts, managed, read};

const WRITE: &str = "MICROSOFT.KEYVAULT/VAULTS/WRITE";
const ASSIGNMENT: &str = "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE";

const WRITTEN: &str = r#"
    kind = "query"
    query = "operation: \"MICROSOFT.KEYVAULT/VAULTS/WRITE\" and outcome: success""#;

fn setting(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

#[test]
fn an_alert_on_a_vault_write_says_what_was_asked_for() {
    let body = json!({"properties": {
        "enablePurgeProtection": false,
        "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow"},
        "publicNetworkAccess": "Enabled",
    }});
    let found = alerts(&managed(1, WRITE, VAULT, &body), WRITTEN);
    let changed = json!({
        "change": "network", "resource_id": VAULT.to_lowercase(), "request_seen": true,
        "settings": [
            setting("networkAcls.defaultAction", "Allow"),
            setting("publicNetworkAccess", "Enabled"),
            setting("enablePurgeProtection", "false"),
            setting("networkAcls.bypass", "AzureServices"),
        ],
        "settings_total": 4,
    });
    assert_eq!(found[0]["triage"]["changed"], changed);
}

/// A PUT states every setting, so that it is no change by itself; its settings are there to read.
#[test]
fn a_write_of_the_whole_vault_shows_its_settings_though_it_is_no_known_change() {
    let body =
        json!({"properties": {"sku": {"name": "standard"}, "enableRbacAuthorization": false}});
    let found = alerts(&managed(1, WRITE, VAULT, &body), WRITTEN);
    let changed = &found[0]["triage"]["changed"];
    assert_eq!((&changed["change"], &changed["request_seen"]), (&json!("none"), &json!(true)));
    assert_eq!(changed["settings"][0], setting("enableRbacAuthorization", "false"));
}

#[test]
fn a_success_that_came_before_its_request_says_that_it_was_not_seen() {
    let body =
        json!({"properties": {"sku": {"name": "standard"}, "enableRbacAuthorization": false}});
    let [start, success] = managed(1, WRITE, VAULT, &body);
    let found = alerts(&[success, start], WRITTEN);
    let changed = &found[0]["triage"]["changed"];
    assert_eq!((&changed["request_seen"], &changed["settings_total"]), (&json!(false), &json!(0)));
}

#[test]
fn a_vaults_own_record_says_what_was_added_and_how_it_is_now() {
    let mut patch = read(1, "", "192.0.2.7");
    patch["operationName"] = json!("VaultPatch");
    let permissions = json!({"keys": [], "secrets": ["get", "list"], "certificates": []});
    patch["properties"] = json!({
        "id": "https://kv-pay.vault.azure.net/", "httpStatusCode": 200,
        "addedAccessPolicy": {"TenantId": "t", "ObjectId": BEN, "Permissions": permissions},
        "properties": {"networkAcls": null, "enableRbacAuthorization": false},
    });
    let rule = r#"
        kind = "query"
        query = "operation: VaultPatch""#;
    let alert = &alerts(&[patch], rule)[0];
    let changed = &alert["triage"]["changed"];
    assert_eq!((&changed["change"], &changed["request_seen"]), (&json!("grant"), &json!(true)));
    let added = setting("addedAccessPolicy", &format!("{BEN} secrets: get, list"));
    let expected =
        json!([setting("enableRbacAuthorization", "false"), added, setting("networkAcls", "null")]);
    assert_eq!(changed["settings"], expected);
    assert_eq!(alert["actions"]["revoke"][0]["allows"], "secrets: get, list");
}

#[test]
fn a_denied_write_changed_nothing_and_leaves_nothing_to_revoke() {
    let body = json!({"properties": {"accessPolicies": [{"objectId": BEN}]}});
    let [start, mut failure] = managed(1, WRITE, VAULT, &body);
    failure["resultType"] = json!("Failure");
    failure["resultSignature"] = json!("Failed.Forbidden");
    let rule = r#"
        kind = "query"
        query = "outcome: denied""#;
    let alert = &alerts(&[start, failure], rule)[0];
    assert!(alert["triage"].get("changed").is_none());
    assert_eq!(alert["actions"]["revoke_total"], 0);
}

/// The evidence holds the Success, which names nobody; nine changes later its Start is no longer among
/// the recent ones.
#[test]
fn a_grant_in_the_evidence_names_whom_to_revoke_from_whatever_came_since() {
    let policy = json!({"objectId": BEN, "permissions": {"secrets": ["get"]}});
    let body = json!({"properties": {"accessPolicies": [policy]}});
    let mut records = managed(1, WRITE, VAULT, &body).to_vec();
    for minute in 2..12 {
        let open = json!({"properties": {"networkAcls": {"defaultAction": "Allow"}}});
        records.extend(managed(minute, WRITE, VAULT, &open));
    }
    records.push(read(1, "sql", "192.0.2.7"));
    let rule = r#"
        kind = "sequence"
        [sequence]
        by = ["identity"]
        max_span = "6h"
        [[sequence.steps]]
        query = "change: grant and outcome: success"
        by = ["grantee"]
        [[sequence.steps]]
        query = "access: reveal""#;
    let alert = &alerts(&records, rule)[0];
    assert_eq!(alert["triage"]["recent_changes"].as_array().unwrap().len(), 8);
    let newest = &alert["triage"]["recent_changes"][7];
    assert_eq!(newest["settings"], json!([setting("networkAcls.defaultAction", "Allow")]));
    let revoke = &alert["actions"]["revoke"];
    assert_eq!(
        (&revoke[0]["grantee"], &revoke[0]["allows"]),
        (&json!(BEN), &json!("secrets: get"))
    );
    assert_eq!((&revoke[0]["by"], revoke.as_array().unwrap().len()), (&json!(ADMINISTRATOR), 1));
}

#[test]
fn lists_and_texts_are_bounded_and_hostile_text_is_spelled_out() {
    let hostile = "\u{1b}[31m\u{202e}".repeat(200);
    let policies: Vec<Value> = (0..40)
        .map(|number| json!({"objectId": format!("{number:032x}"), "permissions": {&hostile: ["get"]}}))
        .collect();
    let body = json!({"properties": {"accessPolicies": policies, "networkAcls": {"defaultAction": hostile}}});
    let found = alerts(&managed(1, WRITE, VAULT, &body), WRITTEN);
    let (changed, actions) = (&found[0]["triage"]["changed"], &found[0]["actions"]);
    let settings = changed["settings"].as_array().unwrap();
    assert_eq!((settings.len(), &changed["settings_total"]), (16, &json!(41)));
    assert_eq!(settings[0]["name"], "networkAcls.defaultAction");
    let revoke = actions["revoke"].as_array().unwrap();
    assert_eq!((revoke.len(), &actions["revoke_total"]), (20, &json!(40)));
    for text in settings.iter().map(|it| &it["value"]).chain([&revoke[0]["allows"]]) {
        let text = text.as_str().unwrap();
        assert!(
            text.contains("\\u{1b}[31m\\u{202e}") && !text.contains(char::is_control),
            "{text}"
        );
        assert!(text.len() < 5000);
    }
}

#[test]
fn several_grantees_of_one_role_change_are_listed_one_by_one() {
    let role = format!("{VAULT}/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/R1");
    let grant = json!({"properties": {"principalId": BEN, "roleDefinitionId": "x/own-role"}});
    let mut records = managed(1, ASSIGNMENT, &role, &grant).to_vec();
    records.extend(managed(
        2,
        ASSIGNMENT,
        &role,
        &json!({"properties": {"principalId": ADMINISTRATOR}}),
    ));
    let rule = r#"
        kind = "threshold"
        query = "change: grant and outcome: success"
        group_by = ["vault"]
        threshold = { window = "1h", count = 2 }"#;
    let revoke = &alerts(&records, rule)[0]["actions"]["revoke"];
    assert_eq!(
        (&revoke[0]["grantee"], &revoke[1]["grantee"]),
        (&json!(BEN), &json!(ADMINISTRATOR))
    );
    assert_eq!((&revoke[0]["allows"], revoke[1].get("allows")), (&json!("own-role"), None));
}
