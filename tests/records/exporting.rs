//! What is exported is read back as the same events, later; and one record of each shape by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use vaultdrill::event::{Field, TextField, TickSpan, Ticks};
use vaultdrill::records::What;

use crate::open;
use crate::program::{failure_of, generate, json, lines, output_of};

/// What events are told apart by, and everything that a shape should carry.
fn events(
    path: &Path,
    files: &[&str],
    shift: TickSpan,
    precision: i64,
) -> BTreeMap<String, Vec<String>> {
    let paths: Vec<_> =
        files.iter().map(|file| path.join(file)).filter(|path| path.exists()).collect();
    let opened = open(&paths);
    let mut reader = opened.read().unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(record) = reader.next().unwrap() {
        let What::Event { event, .. } = record.what else { panic!("{:?}", record.what) };
        let cut = |time: Ticks| (time + shift).0.div_euclid(precision);
        let words = [
            Field::Plane,
            Field::Access,
            Field::Outcome,
            Field::IdentityKind,
            Field::CredentialType,
            Field::Change,
            Field::GrantScope,
            Field::HttpStatus,
        ];
        let words = words.map(|field| event.display(field));
        let texts = TextField::ALL.map(|field| event.text(field).to_owned());
        let (time, arrival) = (cut(event.event.time), (record.arrival + shift).0);
        let one = format!("{time} {arrival} {words:?} {texts:?}");
        found.entry(event.text(TextField::CorrelationId).to_owned()).or_default().push(one);
    }
    found.values_mut().for_each(|copies| copies.sort());
    found
}

#[test]
fn every_shape_is_read_back_as_the_same_events_shifted() {
    const FILES: [(&str, &[&str], i64); 2] = [
        ("elastic-bulk", &["documents.ndjson"], 10_000),
        ("azkvauditlogs", &["azkvauditlogs.ndjson", "azureactivity.ndjson"], 1),
    ];
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    generate(folder, "corpus", "lines");
    let shift = TickSpan::days(91);
    for (shape, files, precision) in FILES {
        let export = [
            "export",
            "corpus",
            "--shape",
            shape,
            "--start",
            "2026-06-01",
            "--out",
            shape,
            "--format",
            "json",
        ];
        let report: Value = serde_json::from_str(&output_of(folder, &export)).unwrap();
        let by = report["shifted_seconds"].as_f64().unwrap();
        let by = TickSpan((by * 1e7).round() as i64);
        // The corpus begins shortly after midnight, and its first record lands in the first second.
        assert!((0..TickSpan::hours(2).0).contains(&(shift.0 - by.0)), "{by:?}");
        let out = folder.join(shape);
        if shape == "elastic-bulk" {
            let text = fs::read_to_string(out.join("elastic-bulk.ndjson")).unwrap();
            let documents: Vec<&str> = text.lines().skip(1).step_by(2).collect();
            fs::write(out.join("documents.ndjson"), documents.join("\n")).unwrap();
            let ids: std::collections::BTreeSet<&str> = text.lines().step_by(2).collect();
            assert_eq!(ids.len(), documents.len());
        }
        let expected = events(&folder.join("corpus"), &["events.ndjson"], by, precision);
        let found = events(&out, files, TickSpan(0), precision);
        assert_eq!(found.len(), expected.len(), "{shape}");
        for (id, expected) in &expected {
            assert_eq!(found.get(id), Some(expected), "{shape}");
        }
        // The corpus beside is whole, and shifted alike.
        output_of(folder, &["verify", &format!("{shape}/corpus")]);
    }
}

#[test]
fn envelopes_hold_the_shifted_records_of_one_hub_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    generate(folder, "corpus", "lines");
    output_of(
        folder,
        &["export", "corpus", "--shape", "event-hub", "--start", "2026-06-01", "--out", "hub"],
    );
    let mut records = BTreeMap::new();
    for (hub, is_audit) in
        [("insights-logs-auditevent.ndjson", true), ("insights-activity-logs.ndjson", false)]
    {
        let envelopes = lines(&folder.join("hub").join(hub));
        for envelope in &envelopes[..envelopes.len() - 1] {
            assert_eq!(envelope["records"].as_array().unwrap().len(), 100, "{hub}");
        }
        let held =
            envelopes.iter().flat_map(|envelope| envelope["records"].as_array().unwrap().clone());
        let held: Vec<Value> = held.collect();
        assert!(held.iter().all(|record| (record["category"] == json!("AuditEvent")) == is_audit));
        records.insert(is_audit, held);
    }
    let shifted = lines(&folder.join("hub/corpus/events.ndjson"));
    let (audit, activity): (Vec<_>, Vec<_>) =
        shifted.into_iter().partition(|record| record["category"] == json!("AuditEvent"));
    assert_eq!((&records[&true], &records[&false]), (&audit, &activity));
    // Tokens move with the records that they were used for.
    let before = lines(&folder.join("corpus/events.ndjson"));
    let before = before.iter().find(|record| record["category"] != json!("AuditEvent")).unwrap();
    let age = |record: &Value| {
        let issued: i64 = record["identity"]["claims"]["iat"].as_str().unwrap().parse().unwrap();
        Ticks::parse(record["time"].as_str().unwrap().as_bytes()).unwrap().0 - issued * 10_000_000
    };
    assert_eq!(age(before), age(&activity[0]));
}

#[test]
fn other_products_alerts_on_an_export_are_scored_against_its_truth() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    generate(folder, "corpus", "lines");
    output_of(
        folder,
        &["export", "corpus", "--shape", "elastic-bulk", "--start", "2026-06-01", "--out", "es"],
    );
    let manifest = json(&folder.join("es/corpus/manifest.json"));
    let warmup_end = manifest["warmup_end"].as_str().unwrap().to_owned();
    let truth = lines(&folder.join("es/corpus/truth.ndjson"));
    let is_attack = |line: &&Value| {
        line["class"] == json!("malicious") && line["start"].as_str().unwrap() > warmup_end.as_str()
    };
    let campaign = truth.iter().find(is_attack).unwrap();
    let step = truth.iter().find(|line| {
        line["type"] == json!("step") && line["campaign_id"] == campaign["campaign_id"]
    });
    let id = step.unwrap()["correlation_id"].as_str().unwrap();
    // An alert as Elastic writes one: it copies what it fired on.
    let text = fs::read_to_string(folder.join("es/elastic-bulk.ndjson")).unwrap();
    let document = text.lines().find(|line| line.starts_with("{\"@") && line.contains(id)).unwrap();
    let mut alert: Value = serde_json::from_str(document).unwrap();
    alert["kibana.alert.original_time"] = alert["@timestamp"].clone();
    alert["kibana.alert.rule.name"] = json!("Copied");
    fs::write(folder.join("alerts.ndjson"), alert.to_string()).unwrap();
    let score = [
        "score",
        "--truth",
        "es/corpus/truth.ndjson",
        "--alerts",
        "alerts.ndjson",
        "--alert-format",
        "elastic",
        "--format",
        "json",
    ];
    let score: Value = serde_json::from_str(&output_of(folder, &score)).unwrap();
    assert_eq!(score["matching"]["by_event"], json!(1), "{}", score["matching"]);
    assert_eq!(score["campaigns"]["detected"], json!(1));
}

/// The records of both planes that the documents below are made of.
const AUDIT: &str = r#"{"time":"2026-03-02T08:12:33.1234567Z","category":"AuditEvent","operationName":"SecretGet","resultType":"Success","correlationId":"8bea28af-a9b5-46ee-b781-becc31a11237","callerIpAddress":"203.0.113.7","identity":{"claim":{"oid":"fd737164-6a49-4e5c-ae4d-bbe2347270fc","appid":"e04ab04a-375f-4a76-a1e8-ddbf4bfac0d7"}},"properties":{"id":"https://kv-a.vault.azure.net/secrets/s/1314d18a9baec4638697e0128d898ea8","clientInfo":"curl/8.5.0","httpStatusCode":200,"requestUri":"https://kv-a.vault.azure.net/secrets/s/?api-version=7.4","isRbacAuthorized":true,"addrAuthType":"PublicIP","tlsVersion":"TLS1_3"},"resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-A","operationVersion":"7.4","resultSignature":"OK","durationMs":"6"}"#;
const ACTIVITY: &str = r#"{"time":"2026-03-02T08:13:00Z","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-A","operationName":"MICROSOFT.KEYVAULT/VAULTS/WRITE","category":"Administrative","resultType":"Success","resultSignature":"Succeeded.OK","durationMs":"511","callerIpAddress":"203.0.113.7","correlationId":"79ee1a31-545b-4353-9786-b283679dde9f","identity":{"authorization":{"scope":"/subscriptions/s","action":"Microsoft.KeyVault/vaults/write","evidence":{"role":"Contributor","principalId":"9410bde4d2be4a07a3a060448240b457"}},"claims":{"appid":"c44b4083-3bb0-49c1-b47d-974e53cbdf3c","ipaddr":"203.0.113.7","http://schemas.microsoft.com/identity/claims/objectidentifier":"9410bde4-d2be-4a07-a3a0-60448240b457","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":"ada@contoso.example"}},"level":"Information","properties":{"statusCode":"OK","eventCategory":"Administrative"}}"#;

#[test]
fn a_record_of_each_plane_becomes_the_documents_that_the_products_store() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("two.ndjson"), format!("{AUDIT}\n{ACTIVITY}\n")).unwrap();
    output_of(folder, &["export", "two.ndjson", "--shape", "elastic-bulk", "--out", "es"]);
    output_of(folder, &["export", "two.ndjson", "--shape", "azkvauditlogs", "--out", "la"]);
    let elastic = lines(&folder.join("es/elastic-bulk.ndjson"));
    let resource = json!({
        "id": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-A",
        "group": "G", "provider": "MICROSOFT.KEYVAULT/VAULTS", "name": "KV-A",
    });
    assert_eq!(
        elastic[0],
        json!({"create": {
            "_index": "logs-azure.platformlogs-default", "_id": "8bea28af-a9b5-46ee-b781-becc31a11237-0",
        }})
    );
    assert_eq!(
        elastic[1],
        json!({
            "@timestamp": "2026-03-02T08:12:33.123Z",
            "ecs": {"version": "8.11.0"},
            "cloud": {"provider": "azure"},
            "data_stream": {"type": "logs", "dataset": "azure.platformlogs", "namespace": "default"},
            "event": {
                "kind": "event", "module": "azure", "dataset": "azure.platformlogs", "action": "SecretGet",
                "outcome": "success", "duration": 6_000_000, "ingested": "2026-03-02T08:12:33.1234567Z",
            },
            "source": {"ip": "203.0.113.7"}, "client": {"ip": "203.0.113.7"}, "related": {"ip": ["203.0.113.7"]},
            "azure": {
                "correlation_id": "8bea28af-a9b5-46ee-b781-becc31a11237", "subscription_id": "S", "resource": resource,
                "platformlogs": {
                    "category": "AuditEvent", "operation_name": "SecretGet", "operationVersion": "7.4",
                    "result_type": "Success", "result_signature": "OK",
                    "identity": {"claim": {
                        "oid": "fd737164-6a49-4e5c-ae4d-bbe2347270fc", "appid": "e04ab04a-375f-4a76-a1e8-ddbf4bfac0d7",
                    }},
                    "properties": {
                        "id": "https://kv-a.vault.azure.net/secrets/s/1314d18a9baec4638697e0128d898ea8",
                        "clientInfo": "curl/8.5.0", "httpStatusCode": 200,
                        "requestUri": "https://kv-a.vault.azure.net/secrets/s/?api-version=7.4",
                        "isRbacAuthorized": true, "addrAuthType": "PublicIP", "tlsVersion": "TLS1_3",
                    },
                },
            },
        })
    );
    let activity = &elastic[3]["azure"]["activitylogs"];
    assert_eq!(
        activity["identity"],
        json!({
            "authorization": {
                "scope": "/subscriptions/s", "action": "Microsoft.KeyVault/vaults/write",
                "evidence": {"role": "Contributor", "principal_id": "9410bde4d2be4a07a3a060448240b457"},
            },
            "claims": {
                "appid": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "ipaddr": "203.0.113.7",
                "http://schemas_microsoft_com/identity/claims/objectidentifier": "9410bde4-d2be-4a07-a3a0-60448240b457",
            },
            "claims_initiated_by_user": {
                "name": "ada@contoso.example", "schema": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims",
            },
        })
    );
    assert_eq!(activity["properties"], json!({"status_code": "OK"}));
    assert_eq!(activity["event_category"], json!("Administrative"));
    assert_eq!(
        elastic[3]["user"],
        json!({"name": "ada", "domain": "contoso.example", "email": "ada@contoso.example"})
    );
    assert_eq!(elastic[3]["log"], json!({"level": "Information"}));

    let rows = lines(&folder.join("la/azkvauditlogs.ndjson"));
    assert_eq!(
        rows,
        [json!([{
            "TimeGenerated": "2026-03-02T08:12:33.1234567Z", "OperationName": "SecretGet", "OperationVersion": "7.4",
            "ResultType": "Success", "ResultSignature": "OK", "DurationMs": 6, "CallerIpAddress": "203.0.113.7",
            "CorrelationId": "8bea28af-a9b5-46ee-b781-becc31a11237",
            "Identity": {"claim": {
                "oid": "fd737164-6a49-4e5c-ae4d-bbe2347270fc", "appid": "e04ab04a-375f-4a76-a1e8-ddbf4bfac0d7",
            }},
            "Id": "https://kv-a.vault.azure.net/secrets/s/1314d18a9baec4638697e0128d898ea8",
            "ClientInfo": "curl/8.5.0", "HttpStatusCode": 200,
            "RequestUri": "https://kv-a.vault.azure.net/secrets/s/?api-version=7.4",
            "IsRbacAuthorized": true, "AddressAuthorizationType": "PublicIP", "Tlsversion": "TLS1_3",
            "_ResourceId": "/subscriptions/s/resourcegroups/g/providers/microsoft.keyvault/vaults/kv-a",
            "_TimeReceived": "2026-03-02T08:12:33.1234567Z", "Type": "AZKVAuditLogs",
        }])]
    );
    let row = &lines(&folder.join("la/azureactivity.ndjson"))[0][0];
    for (column, expected) in [
        ("OperationNameValue", "MICROSOFT.KEYVAULT/VAULTS/WRITE"),
        ("ActivityStatusValue", "Success"),
        ("ActivitySubstatusValue", "OK"),
        ("Caller", "ada@contoso.example"),
        ("ResourceGroup", "g"),
        ("CategoryValue", "Administrative"),
        ("SubscriptionId", "s"),
        ("ResourceProviderValue", "MICROSOFT.KEYVAULT"),
        ("Properties", r#"{"eventCategory":"Administrative","statusCode":"OK"}"#),
        ("Type", "AzureActivity"),
    ] {
        assert_eq!(row[column], json!(expected), "{column}");
    }
}

#[test]
fn what_cannot_be_exported_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("two.ndjson"), format!("{AUDIT}\nbroken\n{}\n", crate::FOREIGN)).unwrap();
    let text = output_of(folder, &["export", "two.ndjson", "--shape", "event-hub", "--out", "hub"]);
    assert!(
        text.contains("1 malformed (1 not valid JSON)") && text.contains("1 of other services"),
        "{text}"
    );
    let (code, message) =
        failure_of(folder, &["export", "two.ndjson", "--shape", "event-hub", "--out", "hub"]);
    assert!(code == 2 && message.contains("--force"), "{message}");
    // Another shape takes its place, and leaves nothing of it.
    let again = ["export", "two.ndjson", "--shape", "elastic-bulk", "--out", "hub", "--force"];
    output_of(folder, &again);
    let mut names: Vec<_> =
        fs::read_dir(folder.join("hub")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["corpus", "elastic-bulk.ndjson"]);
    let bad = ["export", "two.ndjson", "--shape", "event-hub", "--start", "soon", "--out", "x"];
    let (code, message) = failure_of(folder, &bad);
    assert!(code == 2 && message.contains("2026-06-01"), "{message}");
}

#[test]
fn an_export_that_ends_early_leaves_no_manifest_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    generate(folder, "corpus", "lines");
    let export = ["export", "corpus", "--shape", "event-hub", "--out", "out"];
    output_of(folder, &export);
    assert!(folder.join("out/corpus/manifest.json").exists());
    // What cannot be replaced ends it between two names.
    let blocked = folder.join("out/insights-activity-logs.ndjson");
    fs::remove_file(&blocked).unwrap();
    fs::create_dir_all(blocked.join("inside")).unwrap();
    let (code, message) = failure_of(folder, &[&export[..], &["--force"]].concat());
    assert!(code != 0 && message.contains("insights-activity-logs"), "{message}");
    assert!(!folder.join("out/corpus/manifest.json").exists());
}

#[test]
fn longer_and_deeper_records_are_read_where_they_are_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let deep = format!(r#"{{"deep":{}{},"time""#, "[".repeat(80), "]".repeat(80));
    let text = crate::line(Ticks(0), "a").replacen(r#"{"time""#, &deep, 1);
    let long = crate::line(Ticks(0), &"a".repeat(2000));
    fs::write(folder.join("deep.ndjson"), format!("{text}\n{long}\n")).unwrap();
    fs::write(folder.join("key"), "a key for tests, long enough").unwrap();
    let limits = ["--max-depth", "90", "--max-line-bytes", "1KiB", "--format", "json"];
    for (name, command) in [
        ("export", &["export", "deep.ndjson", "--shape", "event-hub", "--out", "hub"][..]),
        ("scrub", &["scrub", "deep.ndjson", "--key-file", "key", "--out", "scrubbed"]),
    ] {
        let report: Value =
            serde_json::from_str(&output_of(folder, &[command, &limits].concat())).unwrap();
        let counts = ["events", "malformed", "unwritten"].map(|key| report[key].as_u64().unwrap());
        assert_eq!(counts, [1, 1, 0], "{name}: {report}");
    }
    let verify = |limits: &[&str]| output_of(folder, &[&["verify", "scrubbed"], limits].concat());
    verify(&["--max-depth", "90"]);
    assert!(failure_of(folder, &["verify", "scrubbed"]).0 == 3);
}
