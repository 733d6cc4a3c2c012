//! One table per trap of the log format: what the record says, and what the event must say.

use serde_json::{Value, json};
use vaultdrill::event::{Field, Ticks};

use crate::{parse, reason, with_event};

const A: &str = "00000000-0000-4000-8000-00000000000a";
const B: &str = "00000000-0000-4000-8000-00000000000b";
const URI_OID: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
const URI_UPN: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
const URI_NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";
const URI_SCOPE: &str = "http://schemas.microsoft.com/identity/claims/scope";
const VAULT: &str =
    "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/CONTOSO";

fn secret_get() -> Value {
    json!({
        "time": "2026-01-02T03:04:05.1234567Z",
        "category": "AuditEvent",
        "operationName": "SecretGet",
        "resultType": "Success",
        "correlationId": "ABC-1",
        "callerIpAddress": "203.0.113.7:1234",
        "identity": {"claim": {"oid": A, "appid": B, "idtyp": "app"}},
        "properties": {
            "id": "https://contoso.vault.azure.net/secrets/Db/0123456789abcdef0123456789abcdef",
            "clientInfo": "Client/1.0",
            "httpStatusCode": 200,
            "requestUri": "https://contoso.vault.azure.net/secrets/Db/?api-version=7.4",
        },
        "resourceId": VAULT,
        "resultSignature": "OK",
    })
}

fn vault_write() -> Value {
    json!({
        "time": "2026-01-02T03:04:05Z",
        "category": "Administrative",
        "operationName": "Microsoft.KeyVault/vaults/write",
        "resultType": "Success",
        "resultSignature": "Succeeded.OK",
        "correlationId": "c-1",
        "callerIpAddress": "203.0.113.7",
        "identity": {"claims": {URI_OID: A, "appid": B}},
        "properties": {"statusCode": "OK"},
        "resourceId": VAULT,
    })
}

/// `record` with the values at these paths replaced; `null` removes.
fn with(mut record: Value, changes: &[(&str, Value)]) -> Value {
    for (path, value) in changes {
        let (parent, key) = path.rsplit_once('/').unwrap();
        let object = record.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => drop(object.remove(key)),
            value => drop(object.insert(key.to_owned(), value.clone())),
        }
    }
    record
}

#[track_caller]
fn check(record: &Value, expected: &[(Field, &str)]) {
    with_event(&record.to_string(), |view| {
        for &(field, value) in expected {
            let found = view.display(field).unwrap_or_default();
            assert_eq!(found, value, "{} of {record}", field.word());
        }
    });
}

#[test]
fn a_secret_read_fills_every_field() {
    let version = "0123456789abcdef0123456789abcdef";
    let expected = [
        (Field::Plane, "data"),
        (Field::Operation, "SecretGet"),
        (Field::Access, "reveal"),
        (Field::Outcome, "success"),
        (Field::Identity, A),
        (Field::IdentityKind, "service_principal"),
        (Field::App, B),
        (Field::User, ""),
        (Field::Vault, "contoso"),
        (Field::Object, "contoso/secrets/db"),
        (Field::ObjectVersion, version),
        (Field::CredentialType, "secret"),
        (Field::Change, ""),
        (Field::Grantee, ""),
        (Field::GrantScope, ""),
        (Field::SourceIp, "203.0.113.7"),
        (Field::SourceBlock, "203.0.113.0/24"),
        (Field::Client, "Client/1.0"),
        (Field::HttpStatus, "200"),
        (Field::CorrelationId, "abc-1"),
        (Field::ResourceId, &VAULT.to_lowercase()),
        (Field::Subscription, "s-1"),
    ];
    assert_eq!(expected.len(), Field::ALL.len());
    check(&secret_get(), &expected);
    let time = with_event(&secret_get().to_string(), |view| view.event.time);
    assert_eq!(Some(time), Ticks::parse(b"2026-01-02T03:04:05.1234567Z").ok());
}

#[test]
fn outcome_is_the_http_status_and_never_the_result_type() {
    for (status, signature, outcome, access) in [
        (json!(200), "OK", "success", "reveal"),
        (json!(201), "Created", "success", "reveal"),
        (json!(401), "Unauthorized", "denied", "metadata"),
        (json!(403), "Forbidden", "denied", "metadata"),
        (json!(403), "OK", "denied", "metadata"),
        (json!(404), "Not Found", "not_found", "metadata"),
        (json!(409), "Conflict", "error", "metadata"),
        (json!(429), "Too Many Requests", "throttled", "metadata"),
        (json!(503), "", "error", "metadata"),
        (json!("404"), "", "not_found", "metadata"),
        (json!(403.0), "", "denied", "metadata"),
        (json!(null), "Forbidden", "denied", "metadata"),
        (json!(null), "OK", "success", "reveal"),
        (json!(99), "Not Found", "not_found", "metadata"),
        (json!(null), "", "error", "metadata"),
    ] {
        let changes =
            [("/properties/httpStatusCode", status), ("/resultSignature", json!(signature))];
        let record = with(secret_get(), &changes);
        check(&record, &[(Field::Outcome, outcome), (Field::Access, access)]);
    }
}

#[test]
fn the_anonymous_401_is_a_challenge_and_an_identified_one_a_denial() {
    let challenge = with(
        secret_get(),
        &[
            ("/operationName", json!("Authentication")),
            ("/properties/httpStatusCode", json!(401)),
            ("/properties/id", Value::Null),
            ("/identity", json!({})),
        ],
    );
    check(
        &challenge,
        &[
            (Field::Outcome, "challenge"),
            (Field::Access, "authenticate"),
            (Field::Identity, ""),
            (Field::IdentityKind, "none"),
            (Field::Object, "contoso/secrets/db"),
            (Field::ObjectVersion, ""),
        ],
    );
    let identified = with(challenge, &[("/identity", json!({"claim": {"appid": B}}))]);
    check(&identified, &[(Field::Outcome, "denied"), (Field::Identity, &format!("app:{B}"))]);
}

#[test]
fn both_claim_dialects_give_one_identity() {
    let bare = A.replace('-', "").to_uppercase();
    let (user_a, app_b) = ("user:ada@contoso.example", format!("app:{B}"));
    let upn = "Ada@Contoso.example";
    for (claims, identity, kind, user) in [
        (json!({"oid": A, "upn": upn}), A, "user", "ada@contoso.example"),
        (json!({URI_OID: A, URI_UPN: upn, URI_NAME: "x"}), A, "user", "ada@contoso.example"),
        (json!({"oid": bare}), A, "service_principal", ""),
        (json!({URI_OID: A.to_uppercase(), "appid": B}), A, "service_principal", ""),
        (json!({"upn": upn, "appid": B}), user_a, "user", "ada@contoso.example"),
        (json!({URI_NAME: upn, "appid": B}), user_a, "user", "ada@contoso.example"),
        (
            json!({"unique_name": "Live.com#Ada@contoso.example", "scp": "user_impersonation"}),
            "user:live.com#ada@contoso.example",
            "user",
            "live.com#ada@contoso.example",
        ),
        (json!({"appid": B.to_uppercase(), "idtyp": "app"}), &app_b, "service_principal", ""),
        (json!({"oid": A, "idtyp": "user"}), A, "user", ""),
        (json!({"oid": A, URI_SCOPE: "user_impersonation"}), A, "user", ""),
        (json!({"appid": B, "scp": "user_impersonation"}), "", "user", ""),
        (json!({"oid": A, "xms_mirid": "/subscriptions/s"}), A, "managed_identity", ""),
        (json!({"oid": A, "appid": "8CAE6E77-E04E-42CE-B5CB-50D82BCE26B1"}), A, "first_party", ""),
        (
            json!({"oid": A, "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "upn": upn}),
            A,
            "user",
            "ada@contoso.example",
        ),
        (json!({"oid": null, "upn": 7, "appid": ""}), "", "none", ""),
    ] {
        let record = with(secret_get(), &[("/identity", json!({"claim": claims}))]);
        let expected =
            [(Field::Identity, identity), (Field::IdentityKind, kind), (Field::User, user)];
        check(&record, &expected);
        let record = with(vault_write(), &[("/identity", json!({"claims": claims}))]);
        check(&record, &expected);
    }
}

#[test]
fn operations_have_their_canonical_spelling_and_access() {
    for (written, operation, access) in [
        ("secretget", "SecretGet", "reveal"),
        ("KEYBACKUP", "KeyBackup", "reveal"),
        ("KeyGet", "KeyGet", "metadata"),
        ("KeyUnwrap", "KeyUnwrap", "use"),
        ("CertificateIssuersList", "CertificateIssuersList", "list"),
        ("SecretPurge", "SecretPurge", "destroy"),
        ("KeyRestore", "KeyRestore", "recover"),
        ("VaultPut", "VaultPut", "change"),
        ("SecretNearExpiryEventGridNotification", "SecretNearExpiryEventGridNotification", "other"),
        ("SomethingNew", "SomethingNew", "other"),
        ("", "", "other"),
    ] {
        let record = with(secret_get(), &[("/operationName", json!(written))]);
        check(&record, &[(Field::Operation, operation), (Field::Access, access)]);
    }
}

#[test]
fn objects_come_from_the_id_and_else_from_the_request() {
    let host = "https://contoso.vault.azure.net";
    for (operation, id, uri, object, credential) in [
        ("SecretList", "", "/secrets?api-version=7.0", "", "secret"),
        ("SecretBackup", "", "/secrets/Db/backup", "contoso/secrets/db", "secret"),
        ("SecretRestore", "", "/secrets/restore", "", "secret"),
        ("SecretGet", "", "/secrets/restore", "contoso/secrets/restore", "secret"),
        ("KeyListVersions", "/keys/K", "/keys/K/versions", "contoso/keys/k", "key"),
        ("SecretPurge", "/deletedsecrets/Db", "", "contoso/secrets/db", "secret"),
        ("CertificateGet", "", "/certificates/Tls/", "contoso/certificates/tls", "certificate"),
        ("CertificateIssuerGet", "", "/certificates/issuers/ca", "", ""),
        ("VaultGet", "/", "", "", ""),
    ] {
        let url = |path: &str| match path {
            "" => Value::Null,
            path => json!(format!("{host}{path}")),
        };
        let changes = [
            ("/operationName", json!(operation)),
            ("/properties/id", url(id)),
            ("/properties/requestUri", url(uri)),
        ];
        check(
            &with(secret_get(), &changes),
            &[
                (Field::Object, object),
                (Field::ObjectVersion, ""),
                (Field::CredentialType, credential),
                (Field::Vault, "contoso"),
            ],
        );
    }
}

#[test]
fn a_secret_that_holds_a_certificate_counts_as_one_only_when_handed_out() {
    for (kind, status, credential) in [
        ("application/x-pkcs12", 200, "certificate"),
        ("application/x-pem-file", 200, "certificate"),
        ("text/plain", 200, "secret"),
        ("application/x-pkcs12", 403, "secret"),
    ] {
        let changes = [
            ("/properties/secretProperties", json!({"type": kind})),
            ("/properties/httpStatusCode", json!(status)),
        ];
        check(&with(secret_get(), &changes), &[(Field::CredentialType, credential)]);
    }
}

#[test]
fn a_vault_is_known_by_its_resource_or_its_address() {
    let hsm = VAULT.replace("VAULTS", "MANAGEDHSMS");
    check(&with(secret_get(), &[("/resourceId", json!(hsm))]), &[(Field::Vault, "contoso")]);
    let unnamed = with(secret_get(), &[("/resourceId", Value::Null)]);
    check(&unnamed, &[(Field::Vault, "contoso"), (Field::Subscription, "")]);
}

#[test]
fn vault_patches_tell_what_they_change() {
    let policy =
        |id: &str| json!({"TenantId": "t", "ObjectId": id, "Permissions": {"secrets": ["get"]}});
    for (key, value, change, grantee, scope) in [
        ("addedAccessPolicy", policy(A), "grant", A.to_owned(), "vault"),
        ("removedAccessPolicy", policy(B), "revoke", B.to_owned(), ""),
        (
            "addedAccessPolicy",
            json!([policy(B), policy(A), policy(B)]),
            "grant",
            format!("{A} {B}"),
            "vault",
        ),
        ("addedIpRule", json!({"Value": "203.0.113.0/24"}), "network", String::new(), ""),
        ("clientInfo", json!("x"), "", String::new(), ""),
    ] {
        let path = format!("/properties/{key}");
        let record = with(secret_get(), &[("/operationName", json!("VaultPatch")), (&path, value)]);
        check(
            &record,
            &[(Field::Change, change), (Field::Grantee, &grantee), (Field::GrantScope, scope)],
        );
    }
}

#[test]
fn control_plane_outcomes_come_from_the_result_type() {
    for (result, signature, outcome) in [
        ("Start", "Started.", "started"),
        ("Accept", "Accepted.Accepted", "accepted"),
        ("Success", "Succeeded.Created", "success"),
        ("Succeeded", "", "success"),
        ("Failure", "Failed.Forbidden", "denied"),
        ("Failed", "Failed.Unauthorized", "denied"),
        ("Failure", "Failed.NotFound", "not_found"),
        ("Failure", "Failed.Conflict", "error"),
        ("Failure", "Failed.", "error"),
        ("Active", "", "error"),
    ] {
        let changes = [("/resultType", json!(result)), ("/resultSignature", json!(signature))];
        let record = with(vault_write(), &changes);
        check(
            &record,
            &[
                (Field::Outcome, outcome),
                (Field::Plane, "control"),
                (Field::Operation, "MICROSOFT.KEYVAULT/VAULTS/WRITE"),
                (Field::HttpStatus, "200"),
                (Field::Vault, "contoso"),
            ],
        );
    }
}

#[test]
fn control_plane_access_comes_from_the_verb() {
    for (operation, access) in [
        ("Microsoft.KeyVault/vaults/write", "change"),
        ("MICROSOFT.KEYVAULT/VAULTS/DELETE", "destroy"),
        ("MICROSOFT.KEYVAULT/LOCATIONS/DELETEDVAULTS/PURGE/ACTION", "destroy"),
        ("MICROSOFT.KEYVAULT/VAULTS/PRIVATEENDPOINTCONNECTIONSAPPROVAL/ACTION", "change"),
        ("MICROSOFT.AUTHORIZATION/ELEVATEACCESS/ACTION", "change"),
        ("MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION", "other"),
        ("MICROSOFT.KEYVAULT/VAULTS/READ", "metadata"),
        ("", "other"),
    ] {
        check(
            &with(vault_write(), &[("/operationName", json!(operation))]),
            &[(Field::Access, access)],
        );
    }
}

#[test]
fn grants_reach_as_far_as_their_resource() {
    let roles = "/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/R";
    for (scope, change, reach) in [
        (format!("{VAULT}{roles}"), "grant", "vault"),
        (format!("{VAULT}/SECRETS/DB{roles}"), "grant", "vault"),
        (format!("/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG{roles}"), "grant", "resource_group"),
        (format!("/SUBSCRIPTIONS/S{roles}"), "grant", "subscription"),
        (
            format!("/PROVIDERS/MICROSOFT.MANAGEMENT/MANAGEMENTGROUPS/M{roles}"),
            "grant",
            "subscription",
        ),
        (
            format!("/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.WEB/SITES/W{roles}"),
            "",
            "",
        ),
    ] {
        let body = json!({"Id": "r", "Properties": {"PrincipalId": A.to_uppercase()}}).to_string();
        let changes = [
            ("/operationName", json!("MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE")),
            ("/resourceId", json!(scope)),
            ("/properties/requestbody", json!(body)),
            ("/resultType", json!("Start")),
        ];
        let grantee = if change.is_empty() { "" } else { A };
        check(
            &with(vault_write(), &changes),
            &[(Field::Change, change), (Field::GrantScope, reach), (Field::Grantee, grantee)],
        );
    }
}

#[test]
fn request_bodies_tell_what_a_vault_write_changes() {
    let policies = json!([{"objectId": B}, {"objectId": A}]);
    let both = format!("{A} {B}");
    for (properties, change, grantee) in [
        (json!({"sku": {}, "accessPolicies": policies}), "grant", both.as_str()),
        (json!({"accessPolicies": policies, "networkAcls": {}}), "grant", &both),
        (json!({"sku": {}, "accessPolicies": [], "enableRbacAuthorization": true}), "", ""),
        (json!({"publicNetworkAccess": "Enabled"}), "network", ""),
        (json!({"networkAcls": {"defaultAction": "Allow"}}), "network", ""),
        (json!({"networkAcls": null, "enableRbacAuthorization": true}), "model", ""),
        (json!({"enablePurgeProtection": true}), "protection", ""),
        (json!({"tags": {}}), "", ""),
    ] {
        let body = json!({"properties": properties}).to_string();
        let record = with(vault_write(), &[("/properties/requestbody", json!(body))]);
        check(&record, &[(Field::Change, change), (Field::Grantee, grantee)]);
    }
    let unreadable = with(vault_write(), &[("/properties/requestbody", json!("{oops"))]);
    check(&unreadable, &[(Field::Change, ""), (Field::Grantee, ""), (Field::Access, "change")]);
}

#[test]
fn policy_and_setting_operations_tell_their_change() {
    let body = json!({"properties": {"accessPolicies": [{"objectId": A}]}}).to_string();
    for (operation, child, change, grantee) in [
        ("MICROSOFT.KEYVAULT/VAULTS/ACCESSPOLICIES/WRITE", "/accessPolicies/add", "grant", A),
        ("MICROSOFT.KEYVAULT/VAULTS/ACCESSPOLICIES/WRITE", "/accessPolicies/remove", "revoke", A),
        ("MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/DELETE", "", "revoke", ""),
        ("MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE", "", "diagnostics", ""),
        ("MICROSOFT.KEYVAULT/VAULTS/PRIVATEENDPOINTCONNECTIONS/WRITE", "", "network", ""),
        ("MICROSOFT.KEYVAULT/VAULTS/DELETE", "", "", ""),
    ] {
        let changes = [
            ("/operationName", json!(operation)),
            ("/resourceId", json!(format!("{VAULT}{child}"))),
            ("/properties/requestbody", json!(body)),
        ];
        let scope = if change == "grant" { "vault" } else { "" };
        check(
            &with(vault_write(), &changes),
            &[(Field::Change, change), (Field::Grantee, grantee), (Field::GrantScope, scope)],
        );
    }
}

#[test]
fn the_evidence_principal_is_never_a_grantee() {
    let evidence = json!({"evidence": {"principalId": A.replace('-', "")}});
    let record = with(
        vault_write(),
        &[
            ("/operationName", json!("MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE")),
            ("/identity/authorization", evidence),
        ],
    );
    check(&record, &[(Field::Change, "grant"), (Field::Grantee, "")]);
}

#[test]
fn records_of_others_are_foreign_and_every_activity_record_is_an_event() {
    let foreign = |record: Value| {
        let block = parse(&record.to_string());
        (block.records, block.foreign, block.batch.events.len()) == (1, 1, 0)
    };
    assert!(foreign(with(secret_get(), &[("/category", json!("AzurePolicyEvaluationDetails"))])));
    let elsewhere = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.WEB/SITES/W";
    assert!(foreign(with(secret_get(), &[("/resourceId", json!(elsewhere))])));
    for category in ["Administrative", "Write", "Policy", "ServiceHealth"] {
        let changes = [("/category", json!(category)), ("/resourceId", json!(elsewhere))];
        let record = with(vault_write(), &changes);
        check(&record, &[(Field::Plane, "control"), (Field::Vault, "")]);
    }
    assert!(reason(&json!({"time": "2026-01-02T03:04:05Z", "message": "x"}).to_string()).is_some());
}

#[test]
fn the_last_of_repeated_keys_wins_and_repetitions_are_counted() {
    let line = secret_get().to_string();
    let decoy = r#"{"operationName":"SecretList","other":1,"other":2,"properties":{"httpStatusCode":200,"clientInfo":"decoy"},"#;
    let tail =
        r#","operationName":"KeyGet","properties":{"httpStatusCode":404,"httpStatusCode":403}}"#;
    let text = format!("{decoy}{}{tail}", &line[1..line.len() - 1]);
    let block = parse(&text);
    let view = block.batch.view(0);
    assert_eq!(view.text(vaultdrill::event::TextField::Operation), "KeyGet");
    assert_eq!((view.event.http_status, view.value(Field::Client)), (403, None));
    assert_eq!(block.duplicate_keys, 5, "two operations, two properties, one status");
}
