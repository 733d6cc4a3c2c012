//! `score`: inputs that are no score exit with their code and a message, none with a wrong number;
//! alerts of other products are read where they are said to be some.

use std::fs;
use std::path::Path;

use crate::{failure_of, output_of};

const MANIFEST: &str = r#"{"schema_version":1,"corpus_id":"c","seed":1,"estate":"small","attacks":["all"],
"events":1000,"first_time":"2026-03-01T00:00:00Z","warmup_end":"2026-03-05T00:00:00Z",
"last_time":"2026-03-20T00:00:00Z"}"#;
const CAMPAIGN: &str = r#"{"type":"campaign","campaign_id":"x","class":"malicious","attack":"bulk",
"identities":["OID-1"],"users":["ada@example.com"],"vaults":["kv"],
"start":"2026-03-10T09:00:00Z","end":"2026-03-10T09:10:00Z"}"#;
const STEP: &str = r#"{"type":"step","campaign_id":"x","time":"2026-03-10T09:00:00Z",
"correlation_id":"r1","operation":"SecretGet","object":"kv/secrets/s","reveals":true}"#;
const ALERT: &str = r#"{"alert_id":"a","rule_id":"r","rule_name":"R","kind":"query",
"time":"2026-03-10T09:00:00Z","fired_at":"2026-03-10T09:05:00Z","evidence_total":1}"#;
const EVIDENCE: &str = r#"{"alert_id":"a","correlation_id":"r1","time":"2026-03-10T09:00:00Z",
"operation":"SecretGet"}"#;
const SCORE: [&str; 5] = ["score", "--truth", "truth.ndjson", "--alerts", "alerts.ndjson"];

fn ndjson(kind: &str, lines: &[&str]) -> String {
    let header =
        format!(r#"{{"schema_version":1,"kind":"{kind}","corpus_id":"c","rules_id":"r"}}"#);
    let lines = lines.iter().map(|line| line.replace('\n', ""));
    std::iter::once(header).chain(lines).map(|line| line + "\n").collect()
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

/// A corpus with one campaign, and one alert about it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, "manifest.json", MANIFEST);
    write(path, "truth.ndjson", &ndjson("truth", &[CAMPAIGN, STEP]));
    write(path, "alerts.ndjson", &ndjson("alerts", &[ALERT]));
    write(path, "evidence.ndjson", &ndjson("evidence", &[EVIDENCE]));
    folder
}

/// Exit code and message of `score` once one file is another.
fn failure_with(name: &str, text: &str) -> (i32, String) {
    let folder = folder();
    write(folder.path(), name, text);
    failure_of(folder.path(), &SCORE)
}

#[test]
fn files_that_make_no_score_exit_with_3_and_say_why() {
    let alert = |from, to| ndjson("alerts", &[&ALERT.replace(from, to)]);
    let other = ndjson("alerts", &[ALERT]).replace("\"c\"", "\"d\"");
    for (name, text, said) in [
        ("truth.ndjson", String::new(), "truth.ndjson: expected a header line"),
        ("truth.ndjson", ndjson("truth", &[CAMPAIGN]), "expected at least one step"),
        ("alerts.ndjson", other, "expected d as in alerts.ndjson, found c"),
        ("alerts.ndjson", alert("03-10T09:00", "04-10T09:00"), "expected a time from 2026-03-01"),
        ("alerts.ndjson", ndjson("alerts", &[ALERT, ALERT]), "found a a second time"),
        ("manifest.json", MANIFEST.replace("1000", "NaN"), "expected a manifest, found"),
        ("manifest.json", MANIFEST.replace("2026-03-20", "2026-03-02"), "in this order"),
        ("evidence.ndjson", ndjson("evidence", &[]), "expected 1 evidence events, found 0"),
    ] {
        let (code, message) = failure_with(name, &text);
        assert_eq!(code, 3, "{name}: {message}");
        assert!(message.contains(said), "{name}: {message}");
    }
    let other = ndjson("truth", &[CAMPAIGN, STEP]).replace("\"c\"", "\"d\"");
    let (code, message) = failure_with("truth.ndjson", &other);
    assert_eq!(code, 3);
    assert!(message.contains("expected c as in manifest.json, found d"), "{message}");
}

#[test]
fn no_campaign_is_exit_4_and_no_share() {
    let benign = CAMPAIGN.replace("malicious", "look_alike");
    let early = CAMPAIGN.replace("2026-03-10", "2026-03-02");
    for lines in [&[][..], &[&benign, STEP], &[&early, STEP]] {
        let (code, message) = failure_with("truth.ndjson", &ndjson("truth", lines));
        assert_eq!(code, 4, "{message}");
        assert!(message.contains("expected at least one malicious campaign"), "{message}");
    }
}

#[test]
fn no_alert_is_a_score_of_nothing_found() {
    let folder = folder();
    write(folder.path(), "alerts.ndjson", &ndjson("alerts", &[]));
    write(folder.path(), "evidence.ndjson", &ndjson("evidence", &[]));
    let text = output_of(folder.path(), &SCORE);
    assert!(text.starts_with("Found 0 of 1 attack campaign: 0 %"), "{text}");
    assert!(text.contains("Nothing alerted."), "{text}");
}

#[test]
fn a_rate_of_campaigns_is_a_number_above_zero() {
    for rate in ["NaN", "0", "-1", "inf", "x"] {
        let arguments = [&SCORE[..], &["--campaigns-per-day", rate]].concat();
        let (code, message) = failure_of(folder().path(), &arguments);
        assert_eq!(code, 2, "{rate}: {message}");
    }
}

#[test]
fn a_table_of_another_product_is_scored_by_identity_with_its_twin() {
    let folder = folder();
    let table = "detected,user,alert name\n2026-03-10T10:00:00Z,ADA@example.com,Too many\n";
    write(folder.path(), "siem.csv", table);
    write(folder.path(), "none.csv", "detected,user,alert name\n");
    let twin = MANIFEST.replace("[\"all\"]", "[]").replace("\"c\"", "\"t\"");
    write(folder.path(), "twin.json", &twin);
    let arguments = [
        "score",
        "--truth",
        "truth.ndjson",
        "--alerts",
        "siem.csv",
        "--alert-format",
        "csv",
        "--columns",
        "fired_at=detected,identity=user,rule=alert name",
        "--twin-alerts",
        "none.csv",
        "--twin-manifest",
        "twin.json",
    ];
    let text = output_of(folder.path(), &arguments);
    assert!(text.starts_with("Found 1 of 1 attack campaign: 100 %"), "{text}");
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(words.join(" ").contains("1 by identity and time"), "{text}");
    assert!(text.contains("Too many"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let json = output_of(folder.path(), &[&arguments[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["rules_id"], &json["matching"]["by_identity"]), (&"csv".into(), &1.into()));
    assert_eq!(json["false_alerts_per_day"]["value"], 0.0);
}

#[test]
fn columns_that_are_wrong_exit_with_2_and_tables_that_are_wrong_with_3() {
    let folder = folder();
    let rows = "2026-03-10T10:00:00Z,u,1\n2026-03-10T10:00:00Z,u,1\n";
    write(folder.path(), "twice.csv", &format!("time,identity,id\n{rows}"));
    write(folder.path(), "outside.csv", "time\n2027-01-01T00:00:00Z\n");
    for (table, format, columns, expected, said) in [
        ("twice.csv", "csv", "rule=name", 2, "expected a column name, found time, identity, id"),
        ("twice.csv", "csv", "rul=id", 2, "did you mean `rule`"),
        ("twice.csv", "elastic", "rule=id", 2, "expected --alert-format csv"),
        ("twice.csv", "csv", "id=id", 3, "found 1 a second time"),
        ("outside.csv", "csv", "time=time", 3, "expected a time from 2026-03-01"),
    ] {
        let arguments = [
            "score",
            "--truth",
            "truth.ndjson",
            "--alerts",
            table,
            "--alert-format",
            format,
            "--columns",
            columns,
        ];
        let (code, message) = failure_of(folder.path(), &arguments);
        assert_eq!(code, expected, "{arguments:?}: {message}");
        assert!(message.contains(said), "{arguments:?}: {message}");
    }
}
