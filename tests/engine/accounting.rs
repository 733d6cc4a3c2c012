//! Every record is accounted for, whatever it is.

use std::fs;

use vaultdrill::engine::{EngineError, detect};
use vaultdrill::ingest::resolve_inputs;

use vaultdrill::output::RunReport;
use vaultdrill::rules::{RuleSet, parse_rule};

use crate::support::{OPTIONS, corpus, default_rules, log, run, written};

fn events() -> String {
    fs::read_to_string(corpus().join("events.ndjson")).unwrap()
}

#[test]
fn a_clean_corpus_has_only_events_and_duplicates() {
    let counts = run(&[corpus().to_owned()], &default_rules(), &OPTIONS).findings.counts;
    assert_eq!(counts.records, events().lines().count() as u64);
    assert_eq!(counts.records, counts.events + counts.duplicates);
    assert!(counts.duplicates > 0, "the corpus should hold duplicates");
    assert_eq!(counts.bytes, events().len() as u64);
}

#[test]
fn garbage_is_counted_with_its_place_and_changes_no_alert() {
    // Of the scored days: before, rules only learn.
    let events = events();
    let scored = events.lines().skip(30_000).take(5_000);
    let lines: Vec<String> = scored.map(str::to_owned).collect();
    let foreign = r#"{"time":"2026-03-02T08:00:00Z","category":"StorageRead","resourceId":"/SUBSCRIPTIONS/0/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/S","operationName":"GetBlob"}"#;
    let garbage = ["{", "7", "nonsense", r#"{"a":1}"#, "", "  ", foreign];
    let mut soiled = lines.clone();
    for (nth, line) in garbage.iter().enumerate() {
        soiled.insert(nth * 700, (*line).to_owned());
    }
    let rules = default_rules();
    let (_clean_folder, clean) = log(lines.join("\n") + "\n");
    let (_soiled_folder, soiled_log) = log(soiled.join("\n") + "\n");
    let clean = run(&clean, &rules, &OPTIONS);
    let dirty = run(&soiled_log, &rules, &OPTIONS);

    let counts = dirty.findings.counts;
    assert_eq!((counts.malformed, counts.foreign), (4, 1));
    assert_eq!(counts.records, clean.findings.counts.records + 5);
    assert_eq!(
        counts.records,
        counts.events + counts.malformed + counts.foreign + counts.duplicates
    );
    let samples = &dirty.findings.malformed.samples;
    assert_eq!(samples.len(), 4);
    let text = soiled.join("\n");
    for (sample, line) in samples.iter().zip(garbage) {
        assert!(text[sample.offset as usize..].starts_with(line), "{sample:?} is not at {line:?}");
    }
    let groups = |outcome: &vaultdrill::engine::Outcome| {
        let alerts = outcome.findings.alerts.iter();
        alerts
            .map(|(alert, absorbed)| (alert.rule, alert.time, alert.group.clone(), *absorbed))
            .collect::<Vec<_>>()
    };
    assert!(!clean.findings.alerts.is_empty());
    assert_eq!(groups(&dirty), groups(&clean));
}

#[test]
fn line_ends_of_either_kind_and_a_missing_last_one_make_no_difference() {
    let lines: Vec<String> = events().lines().take(2000).map(str::to_owned).collect();
    let rules = default_rules();
    let mut seen = Vec::new();
    for content in [lines.join("\n") + "\n", lines.join("\n"), lines.join("\r\n") + "\r\n"] {
        let (_folder, inputs) = log(content);
        let outcome = run(&inputs, &rules, &OPTIONS);
        let counts = outcome.findings.counts;
        assert_eq!((counts.records, counts.malformed), (2000, 0));
        seen.push((counts.events, outcome.findings.alerts.len()));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[test]
fn an_empty_file_is_a_run_without_records() {
    let rules = default_rules();
    let (_folder, inputs) = log("");
    let outcome = run(&inputs, &rules, &OPTIONS);
    assert_eq!(outcome.findings.counts.records, 0);
    let [alerts, evidence] = written(&outcome, &rules);
    assert_eq!((alerts.lines().count(), evidence.lines().count()), (1, 1), "headers only");
}

#[test]
fn arrivals_that_do_not_match_the_records_are_refused_with_both_counts() {
    for (records, arrivals, expected) in [(50, 49, "more than 49"), (50, 51, "50")] {
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<String> = events().lines().take(records).map(str::to_owned).collect();
        fs::write(folder.path().join("events.ndjson"), lines.join("\n")).unwrap();
        fs::write(folder.path().join("arrivals.i64"), vec![0; arrivals * 8]).unwrap();
        let inputs = resolve_inputs(&[folder.path().to_owned()]).unwrap();
        let error = detect(&inputs, &default_rules(), &OPTIONS, &mut |_, _| {}).unwrap_err();
        assert!(matches!(error, EngineError::Arrivals { .. }));
        let message = error.to_string();
        assert!(message.contains(&format!("found {arrivals} for {expected} records")), "{message}");
    }
}

/// A rule that alerts on every read, is silent for ten minutes, and has a robot and a night excepted.
const EXCEPTING: &str = r#"schema_version = 1
id = "any-read"
name = "Any read"
severity = "low"
risk_score = 1
kind = "query"
query = "access: reveal and outcome: success"
group_by = ["identity"]
suppress = "10m"
threat = [{ tactic = "TA0006", techniques = ["T1555.006"] }]
exceptions = [
    { query = "identity: robot", expires = 2026-03-02T09:00:00Z, reason = "a robot, until nine" },
    { reason = "a night", frames = [{ weekdays = ["monday"], from = "02:00", to = "04:00", zone = "UTC" }] },
]
guidance = { catches = "c", misses = "m", false_positives = ["f"], investigate = ["i"], respond = ["r"], impact = "i", references = ["https://example.com"] }
"#;

#[test]
fn excepted_events_and_absorbed_alerts_are_counted_for_each_rule() {
    let read = |(time, identity): (&str, &str)| {
        format!(
            r#"{{"time":"2026-03-02T{time}Z","category":"AuditEvent","operationName":"SecretGet","correlationId":"{time}","identity":{{"claim":{{"oid":"{identity}"}}}},"properties":{{"httpStatusCode":200}},"resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V"}}"#
        )
    };
    // 2 March 2026 is a Monday. The robot is excepted to a tick before nine, all are from two to four.
    let lines = [
        ("01:59:59.9999999", "amy"),
        ("02:00:00.0000000", "amy"),
        ("03:59:59.9999999", "robot"),
        ("04:00:00.0000000", "amy"),
        ("04:09:59.9999999", "amy"),
        ("04:10:00.0000000", "amy"),
        ("08:59:59.9999999", "robot"),
        ("09:00:00.0000000", "robot"),
        ("09:00:00.0000001", "robot"),
    ];
    let (_folder, inputs) = log(lines.map(read).join("\n"));
    let excepting = parse_rule("any-read.toml", EXCEPTING).unwrap();
    let plain = EXCEPTING.lines().filter(|line| !line.contains("reason =")).collect::<Vec<_>>();
    let plain = plain.join("\n").replace("any-read", "plain-read");
    let plain = parse_rule("plain-read.toml", &plain).unwrap();
    let rules = RuleSet::new(vec![excepting, plain]).unwrap();
    for workers in [1, 3] {
        let options = vaultdrill::engine::Options { workers, ..OPTIONS };
        let outcome = run(&inputs, &rules, &options);
        let report = RunReport::new(&outcome, &rules, &options, Vec::new());
        let counts = |rule: usize| {
            let it = &report.rules[rule];
            (it.rule_id.as_str(), it.matched, it.excepted, it.alerts, it.suppressed)
        };
        assert_eq!(counts(0), ("any-read", 6, 3, 4, 2));
        assert_eq!(counts(1), ("plain-read", 9, 0, 5, 4));
    }
}
