//! Hand-written records, one for each trap of a shape; every id is invented.

use serde_json::{Value, json};
use vaultdrill::event::{EventView, Field};
use vaultdrill::ingest::{LineParser, ParsedBlock, Reason, parse_block};

pub(crate) const ID: &str = "00000000-0000-4000-8000-00000000abcd";
pub(crate) const VAULT: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/Red";

pub(crate) fn parsed(text: &str) -> ParsedBlock {
    let mut block = ParsedBlock::default();
    parse_block(&mut LineParser::new(), text.as_bytes(), 0, 0, &mut block);
    block
}

pub(crate) fn check(record: &Value, expected: &[(Field, &str)]) {
    let block = parsed(&record.to_string());
    assert_eq!(block.malformed, [], "{record}");
    assert_eq!(block.batch.events.len(), 1, "{record}");
    let view: EventView<'_> = block.batch.view(0);
    for (field, value) in expected {
        assert_eq!(view.display(*field).as_deref(), Some(*value), "{}: {record}", field.word());
    }
}

pub(crate) fn reason(text: &str) -> Option<Reason> {
    parsed(text).malformed.first().map(|malformed| malformed.reason)
}

/// A row as a file of comma-separated values gives it: nothing but texts.
pub(crate) fn diagnostics_as_text() -> Value {
    json!({
        "TimeGenerated": "2026-03-02T08:00:00.1234567Z", "Type": "AzureDiagnostics",
        "Category": "AuditEvent", "OperationName": "SecretGet", "ResultType": "Success",
        "CallerIPAddress": "203.0.113.7", "_ResourceId": VAULT.to_lowercase(),
        "identity_claim_oid_g": ID, "identity_claim_appid_g": "", "httpStatusCode_d": "200.0",
        "isRbacAuthorized_b": "True", "secretProperties_type_s": "application/x-pkcs12",
        "id_s": "https://red.vault.azure.net/secrets/tls/0123456789abcdef0123456789abcdef",
        "identity_claim_idtyp_s": "app", "resultSignature_s": "",
    })
}

#[test]
fn values_may_all_be_texts() {
    check(
        &diagnostics_as_text(),
        &[
            (Field::Identity, ID),
            (Field::Outcome, "success"),
            (Field::HttpStatus, "200"),
            (Field::CredentialType, "certificate"),
            (Field::Vault, "red"),
            (Field::Object, "red/secrets/tls"),
        ],
    );
    let row = json!({
        "TimeGenerated [UTC]": "2026-03-02T08:00:00Z", "Type": "AZKVAuditLogs",
        "OperationName": "SecretGet", "ResultType": "Success", "HttpStatusCode": "403",
        "Identity": json!({ "claim": { "oid": ID, "idtyp": "app" } }).to_string(),
        "_ResourceId": VAULT, "callerIPaddress": "203.0.113.7",
    });
    check(
        &row,
        &[(Field::Identity, ID), (Field::Outcome, "denied"), (Field::SourceIp, "203.0.113.7")],
    );
}

#[test]
fn denied_is_denied_whatever_the_result_type_says() {
    let row = json!({ "TimeGenerated": "2026-03-02T08:00:00Z", "Type": "AzureDiagnostics",
        "Category": "AuditEvent", "OperationName": "SecretGet", "ResultType": "Success",
        "httpStatusCode_d": 403.0, "ResourceId": VAULT, "identity_claim_oid_g": ID });
    check(&row, &[(Field::Outcome, "denied"), (Field::Access, "metadata")]);
    let document = json!({ "@timestamp": "2026-03-02T08:00:00.000Z",
        "event": { "outcome": "success", "action": "SecretGet" },
        "azure": { "resource": { "id": VAULT }, "platformlogs": { "category": "AuditEvent",
            "properties": { "httpStatusCode": 403 }, "identity": { "claim": { "oid": ID } } } } });
    check(&document, &[(Field::Outcome, "denied"), (Field::Operation, "SecretGet")]);
}

#[test]
fn both_claim_dialects_survive_every_spelling() {
    let uri = "http://schemas.microsoft.com/identity/claims/objectidentifier";
    let column = "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g";
    let mut row = diagnostics_as_text();
    row.as_object_mut().unwrap().remove("identity_claim_oid_g");
    row[column] = json!(ID);
    check(&row, &[(Field::Identity, ID)]);
    // Elastic expands dots to objects in the one log, and writes underscores in the other.
    let document = |own: Value| {
        json!({ "@timestamp": "2026-03-02T08:00:00.000Z",
        "azure": { "resource": { "id": VAULT }, "platformlogs": own } })
    };
    let expanded = json!({ "http://schemas": { "microsoft": { uri[25..].to_owned(): ID } } });
    check(
        &document(json!({ "operation_name": "VaultGet", "identity": { "claim": expanded } })),
        &[(Field::Identity, ID)],
    );
    let underscored = uri.replace('.', "_");
    let activity = json!({ "@timestamp": "2026-03-02T08:00:00.000Z", "azure.activitylogs": {
        "operation_name": "MICROSOFT.KEYVAULT/VAULTS/WRITE", "result_type": "Success",
        "identity": { "claims": { underscored: ID.replace('-', "") },
            "claims_initiated_by_user": { "name": "Amy@contoso.example" } } } });
    check(
        &activity,
        &[(Field::Identity, ID), (Field::User, "amy@contoso.example"), (Field::Outcome, "success")],
    );
}

#[test]
fn a_caller_stands_in_for_claims_that_are_missing() {
    for (caller, field, value) in
        [("Amy@contoso.example", Field::User, "amy@contoso.example"), (ID, Field::Identity, ID)]
    {
        let record = json!({ "eventTimestamp": "2026-03-02T08:00:00Z", "resourceId": VAULT,
            "operationName": { "value": "Microsoft.KeyVault/vaults/write" },
            "status": { "value": "Succeeded" }, "caller": caller });
        check(&record, &[(field, value), (Field::Operation, "MICROSOFT.KEYVAULT/VAULTS/WRITE")]);
    }
}

#[test]
fn records_of_other_services_are_foreign_in_every_shape() {
    for record in [
        json!({ "TimeGenerated": "2026-03-02T08:00:00Z", "Type": "SigninLogs" }),
        json!({ "TimeGenerated": "2026-03-02T08:00:00Z", "Type": "AzureDiagnostics",
            "Category": "SQLSecurityAuditEvents", "ResourceId": "/SUBSCRIPTIONS/S" }),
        json!({ "TimeGenerated": "2026-03-02T08:00:00Z", "Type": "AzureDiagnostics",
            "Category": "AuditEvent", "ResourceId": "/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.SQL/SERVERS/A" }),
        json!({ "@timestamp": "2026-03-02T08:00:00Z", "message": "{\"level\":\"info\"}" }),
        json!({ "@timestamp": "2026-03-02T08:00:00Z", "event": { "dataset": "nginx.access" } }),
        json!({ "_source": { "@timestamp": "2026-03-02T08:00:00Z", "azure": { "platformlogs":
            { "category": "StorageRead" }, "resource": { "id": "/SUBSCRIPTIONS/S" } } } }),
    ] {
        let block = parsed(&record.to_string());
        assert_eq!((block.records, block.foreign), (1, 1), "{record}");
        assert_eq!(LineParser::new().canonical(record.to_string().as_bytes()), Ok(None));
    }
    assert_eq!(
        reason(r#"{"TimeGenerated":"2026-03-02T08:00:00Z","a":1}"#),
        Some(Reason::UnknownShape)
    );
}

#[test]
fn hostile_values_are_malformed_or_kept_as_they_are() {
    let row = |change: &dyn Fn(&mut Value)| {
        let mut row = diagnostics_as_text();
        change(&mut row);
        row.to_string()
    };
    // Times beyond range, and none.
    for time in ["10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "", "\u{0}"] {
        let text = row(&|row| row["TimeGenerated"] = json!(time));
        assert_eq!(reason(&text), Some(Reason::NoTime), "{text}");
    }
    // Numbers beyond range; names with quotes, line ends and NUL; a lone surrogate; no UTF-8.
    let odd = row(&|row| {
        row["httpStatusCode_d"] = json!(1e300);
        row["zz_ends_deep_s"] = json!("x");
        row["clientInfo_s"] = json!("a\"b\\c\n\u{0}é");
        row["a\"\n_b_s"] = json!("{\"not\": json");
    });
    let block = parsed(&odd);
    assert_eq!(block.batch.events.len(), 1, "{:?}", block.malformed);
    let client = block.batch.view(0).display(Field::Client);
    assert_eq!(client.as_deref(), Some("a\"b\\c\n\u{0}é"));
    let lone = row(&|row| row["clientInfo_s"] = json!("X")).replace("\"X\"", "\"\\ud800\"");
    assert_eq!(reason(&lone), Some(Reason::NotJson));
    assert_eq!(reason("{\"records\":[{\"a\":\"\\ud800\"}]}"), Some(Reason::NotJson));
    // Keys twice, and in another case: the last one counts.
    let twice = diagnostics_as_text().to_string();
    let twice = format!("{},\"OPERATIONNAME\":\"SecretSet\"}}", &twice[..twice.len() - 1]);
    assert_eq!(
        parsed(&twice).batch.view(0).display(Field::Operation).as_deref(),
        Some("SecretSet")
    );
}

#[test]
fn columns_with_endless_paths_are_too_deep() {
    let mut row = diagnostics_as_text();
    row["a_".repeat(100_000) + "s"] = json!("x");
    assert_eq!(reason(&row.to_string()), Some(Reason::TooDeep));
    let column = format!("{}s", "b_".repeat(30));
    row = diagnostics_as_text();
    row[column] = json!("x");
    assert_eq!(parsed(&row.to_string()).batch.events.len(), 1);
}
