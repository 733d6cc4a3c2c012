//! `detect --timing scheduled`: which rules run how, in text, in run.json, and where none can.

use std::fs;

use crate::{failure_of, output_of};

/// A rule of Elastic's over reads, every five minutes.
const ELASTIC: &str = r#"
[rule]
name = "Reads"
rule_id = "reads-on-schedule"
risk_score = 21
severity = "low"
type = "threshold"
timestamp_override = "event.ingested"
query = "event.action: SecretGet"
[rule.threshold]
field = "source.ip"
value = 2
"#;

fn read(minute: u32) -> String {
    format!(
        r#"{{"time":"2026-03-02T09:{minute:02}:30Z","category":"AuditEvent","operationName":"SecretGet","resultType":"Success","resultSignature":"OK","callerIpAddress":"192.0.2.7","correlationId":"c{minute}","properties":{{"httpStatusCode":200,"id":"https://kv.vault.azure.net/secrets/a"}},"resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV"}}"#
    )
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<String> = [1, 2, 40].map(read).to_vec();
    fs::write(folder.path().join("log.ndjson"), records.join("\n")).unwrap();
    fs::write(folder.path().join("elastic.toml"), ELASTIC).unwrap();
    folder
}

#[test]
fn rules_with_a_schedule_run_on_it_and_others_stream() {
    let folder = folder();
    let arguments = |timing| {
        let rules = ["--rules", "elastic.toml", "--rules", "bulk-extraction"];
        [&["detect", "log.ndjson", "--timing", timing][..], &rules].concat()
    };
    let text = output_of(folder.path(), &arguments("scheduled"));
    assert!(text.contains("timing: 1 on schedule, 1 streaming; runs left out 0 over"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let run = |timing| -> serde_json::Value {
        let arguments = [&arguments(timing)[..], &["--format", "json"]].concat();
        serde_json::from_str(&output_of(folder.path(), &arguments)).unwrap()
    };
    let scheduled = run("scheduled");
    assert_eq!((&scheduled["timing"], &scheduled["alerts"]), (&"scheduled".into(), &1.into()));
    let of_rule = |run: &serde_json::Value, id: &str| {
        let rules = run["rules"].as_array().unwrap().iter();
        rules.clone().find(|rule| rule["rule_id"] == id).unwrap().clone()
    };
    let (elastic, ours) = ("reads-on-schedule", "bulk-extraction");
    assert_eq!(of_rule(&scheduled, elastic)["timing"], "scheduled");
    assert_eq!(of_rule(&scheduled, elastic)["over_max_signals"], 0);
    assert_eq!(of_rule(&scheduled, elastic)["unseen"], 0);
    assert_eq!(of_rule(&scheduled, ours)["timing"], "streaming");
    let streaming = run("streaming");
    assert_eq!((&streaming["timing"], &streaming["alerts"]), (&"streaming".into(), &1.into()));
    assert_eq!(of_rule(&streaming, elastic)["timing"], "streaming");
    assert_eq!(streaming["rules_id"], scheduled["rules_id"]);
}

#[test]
fn without_a_rule_that_has_a_schedule_there_is_nothing_to_time() {
    let folder = folder();
    let arguments = ["detect", "log.ndjson", "--timing", "scheduled"];
    let (code, message) = failure_of(folder.path(), &arguments);
    assert_eq!(code, 2, "{message}");
    assert!(message.contains("expected a rule with a schedule"), "{message}");
    let arguments = ["detect", "log.ndjson", "--timing", "schedule"];
    let (code, message) = failure_of(folder.path(), &arguments);
    assert_eq!(code, 2, "{message}");
    assert!(message.contains("scheduled"), "{message}");
}
