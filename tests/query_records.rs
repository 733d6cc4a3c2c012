//! Queries over records as Azure writes them: canonical names, Elastic's names with their blind spots,
//! and paths of the record. Ids and names are invented.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vaultdrill::event::{Batch, Origin};
use vaultdrill::ingest::{LineParser, Record};
use vaultdrill::rules::Query;

const NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";

/// A read of a secret that was denied, though its result type says otherwise.
fn denied_read() -> Value {
    json!({
        "time": "2026-03-02T08:12:33.5Z",
        "category": "AuditEvent",
        "operationName": "SecretGet",
        "operationVersion": "7.4",
        "resultType": "Success",
        "resultSignature": "Forbidden",
        "correlationId": "AB-1",
        "callerIpAddress": "203.0.113.9",
        "durationMs": "17",
        "identity": {"claim": {"oid": "O-1", "appid": "A-1", "upn": "Ada@contoso.example", "amr": ["pwd", "mfa"], NAME: "ada"}},
        "properties": {
            "id": "https://kv.vault.azure.net/secrets/Db",
            "clientInfo": "two words",
            "httpStatusCode": 403,
            "isRbacAuthorized": false,
            "share": 0.5,
            "steps": r#"[1, {"first": true}, [{"last": 9}]]"#,
        },
        "resourceId": "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV",
    })
}

/// The start of a role assignment, whose request body is a string.
fn role_assignment() -> Value {
    json!({
        "time": "2026-03-02T09:00:00Z",
        "category": "Administrative",
        "operationName": "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
        "resultType": "Start",
        "resultSignature": "Started.",
        "correlationId": "ab-2",
        "callerIpAddress": "203.0.113.9:4711",
        "durationMs": 3,
        "level": "Information",
        "tenantId": "T-1",
        "identity": {
            "authorization": {"evidence": {"role": "Owner", "principalId": "p1"}},
            "claims": {"appid": "A-2", "name": "Ada Min", NAME: "ada.min@contoso.example"},
        },
        "properties": {
            "eventCategory": "Administrative",
            "requestbody": r#"{"Properties":{"RoleDefinitionId":"/x/8e3af657","Scopes":["a","b"]}}"#,
        },
        "resourceId": "/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv/providers/Microsoft.Authorization/roleAssignments/r-1",
    })
}

fn matches(query: &str, line: &str) -> bool {
    let query = Query::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let mut extras = BTreeSet::new();
    query.extras(&mut extras);
    let mut parser = LineParser::extracting(&extras.into_iter().collect::<Vec<_>>());
    let mut batch = Batch::default();
    let parsed = parser.parse(line.as_bytes(), Origin::default(), &mut batch);
    assert_eq!(parsed, Ok(Record::Event));
    query.matches(&batch.view(0))
}

fn check(record: &Value, cases: &[(&str, bool)]) {
    let line = record.to_string();
    for &(query, expected) in cases {
        assert_eq!(matches(query, &line), expected, "{query}");
        assert_eq!(matches(&format!("not ({query})"), &line), !expected, "not ({query})");
    }
}

#[test]
fn elastics_names_of_a_resource_log_hold_what_its_pipeline_stores() {
    check(
        &denied_read(),
        &[
            // The blind spot: denied, and yet a success.
            ("event.outcome: success and outcome: denied", true),
            ("event.outcome: (Success or failure)", true),
            ("event.action: SecretGet and azure.platformlogs.operation_name: Secret*", true),
            ("event.action: secretget", false),
            (
                "data_stream.dataset: \"azure.platformlogs\" and event.dataset: azure.platform*",
                true,
            ),
            ("event.module: azure and event.kind: event", true),
            ("azure.activitylogs.operation_name: *", false),
            ("source.ip: 203.0.113.0/24 and client.ip >= 203.0.113.9", true),
            ("source.address: *", false),
            ("event.duration: 17000000 and event.duration > 9000000", true),
            ("azure.correlation_id: AB-1", true),
            ("azure.correlation_id: ab-1 and correlation_id: ab-1", false),
            ("azure.resource.name: KV and azure.resource.group: RG", true),
            ("azure.resource.provider: \"MICROSOFT.KEYVAULT/VAULTS\"", true),
            ("azure.subscription_id: S-1", true),
            ("azure.platformlogs.identity.claim.upn: *@contoso.example", true),
            ("azure.platformlogs.identity.claim.upn: ada@contoso.example", false),
            ("azure.platformlogs.identity.claim.amr: (mfa and pwd)", true),
            ("azure.platformlogs.properties.clientInfo: two words", true),
            ("azure.platformlogs.properties.httpStatusCode: 403", true),
            // Elastic holds the properties as text: 403 comes before 50.
            ("azure.platformlogs.properties.httpStatusCode > 50", false),
            ("azure.platformlogs.properties.isRbacAuthorized: false", true),
            ("azure.platformlogs.event_category: Administrative", true),
            ("user.name: *", false),
            ("azure.platformlogs.category: AuditEvent and event.type: *", false),
        ],
    );
}

#[test]
fn elastics_names_of_the_activity_log_hold_what_its_pipeline_stores() {
    check(
        &role_assignment(),
        &[
            ("event.outcome: *", false),
            ("azure.activitylogs.result_type: Start", true),
            ("event.dataset: azure.activitylogs and not event.dataset: azure.platformlogs", true),
            ("azure.activitylogs.operation_name: MICROSOFT.AUTHORIZATION/*/WRITE", true),
            ("azure.activitylogs.operation_name: Microsoft.Authorization/*", false),
            ("azure.*.operation_name: MICROSOFT.AUTHORIZATION*", true),
            ("azure.platformlogs.operation_name: *", false),
            ("source.ip: *", false),
            ("source.address: 203.0.113.9\\:4711 and source_ip: 203.0.113.9", true),
            ("event.duration: 3000000", true),
            ("azure.activitylogs.identity.claims_initiated_by_user.name: ada.min@*", true),
            ("azure.activitylogs.identity.claims_initiated_by_user.fullname: \"Ada Min\"", true),
            ("user.name: ada.min and user.domain: contoso.example and user.email: *@*", true),
            (
                r"azure.activitylogs.identity.claims.http\://schemas_xmlsoap_org/ws/2005/05/identity/claims/name: ada*",
                true,
            ),
            ("azure.activitylogs.identity.claims.appid: A-2", true),
            ("azure.activitylogs.identity.authorization.evidence.principal_id: p1", true),
            ("azure.activitylogs.identity.authorization.evidence.role: Owner", true),
            (
                "azure.activitylogs.properties.requestbody.Properties.RoleDefinitionId: *8e3af657*",
                true,
            ),
            ("azure.activitylogs.tenant_id: T-1 and log.level: Information", true),
            ("azure.activitylogs.event_category: Administrative", true),
            ("azure.resource.group: rg*KeyVault*kv and azure.resource.name: r-1", true),
        ],
    );
}

#[test]
fn paths_reach_into_arrays_dotted_keys_and_json_held_in_strings() {
    check(
        &denied_read(),
        &[
            ("properties.httpStatusCode > 50 and properties.httpStatusCode < 1000", true),
            ("properties.share >= 0.5 and properties.share: 0.5", true),
            ("properties.clientInfo < u and properties.clientInfo > tw", true),
            ("identity.claim.amr: mfa and identity.claim.amr: pwd", true),
            (
                r"identity.claim.http\://schemas.xmlsoap.org/ws/2005/05/identity/claims/name: ada",
                true,
            ),
            ("identity.claim.oid: o-1", false),
            ("resultType: Success and operationVersion: 7.4", true),
            ("durationMs >= 9", true),
            ("properties.absent: * or identity.claim: *", false),
            ("*.upn: Ada* and properties.*: \"two words\" and *.claim.*: mfa", true),
            ("properties.*: Ada*", false),
            ("properties.steps.first: true and properties.steps.last > 8", true),
            ("properties.steps.*: true and properties.st*.last: 9 and *.first: true", true),
        ],
    );
    check(
        &role_assignment(),
        &[
            ("properties.requestbody.Properties.Scopes: (a and b)", true),
            ("properties.requestbody.Properties.Scopes: c", false),
            ("properties.requestbody: *RoleDefinitionId*", true),
            ("*.RoleDefinitionId: */8e3af657", true),
            ("properties.requestbody.properties.Scopes: *", false),
        ],
    );
}

#[test]
fn of_a_repeated_key_the_last_value_counts() {
    let line = denied_read().to_string();
    let line = line.replace("\"share\":0.5", "\"share\":1,\"share\":2");
    assert!(matches("properties.share: 2 and not properties.share: 1", &line));
}

#[test]
fn a_path_may_begin_with_anything_that_is_no_slip_of_the_pen() {
    let record = json!({"Properties": {"a": 1}, "entity": {"b": 2}, "property": {"c": 3}});
    let mut whole = denied_read();
    whole.as_object_mut().unwrap().extend(record.as_object().unwrap().clone());
    check(&whole, &[("Properties.a: 1 and entity.b: 2 and property.c: 3", true)]);
}

#[test]
fn a_name_that_no_record_can_have_is_refused_with_the_nearest_one() {
    for (query, nearest) in [
        ("azure.platformlogs.resultType: Success", Some("azure.platformlogs.result_type")),
        ("event.actions: SecretGet", Some("event.action")),
        ("user_agent.original: curl*", None),
        ("resulttype: Success", Some("resultType")),
        ("azure.platformlogs.operationName: SecretGet", Some("azure.platformlogs.operation_name")),
        ("propeties.httpStatusCode: 403", Some("properties")),
        ("porperties.*: x", Some("properties")),
        ("identiy.claim.oid: x", Some("identity")),
        ("source.ip: here", None),
        ("source.ip: 203.*", None),
        ("event.duration: long", None),
    ] {
        let error = Query::parse(query).unwrap_err();
        if nearest.is_some() {
            assert_eq!(error.nearest, nearest, "{query}");
        }
        let place = &query[error.span.clone()];
        let (name, value) = query.split_once(": ").unwrap();
        assert!(place == name || place == value, "{query} at {place}: {error}");
    }
}
