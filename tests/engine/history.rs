//! Learning from a history through files: the same for any speed settings, none of it in the counts,
//! and what the naive reference says.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::TempDir;
use vaultdrill::detect::{Alert, Triage, reference};
use vaultdrill::engine::{EngineError, Options, Outcome, detect_with_history};
use vaultdrill::event::{Batch, TickSpan, Ticks};
use vaultdrill::ingest::{LineParser, ParsedBlock, parse_block, resolve_inputs};
use vaultdrill::rules::{RuleMask, RuleSet, parse_rule};

use crate::equivalence::{FRAME, rules};
use crate::support::{OPTIONS, corpus, default_rules, log, run, written};

fn run_after(
    history: &[PathBuf],
    inputs: &[PathBuf],
    rules: &RuleSet,
    options: &Options,
) -> Result<Outcome, EngineError> {
    let history = resolve_inputs(history).unwrap();
    let inputs = resolve_inputs(inputs).unwrap();
    detect_with_history(&inputs, &history, rules, options, &mut |_, _, _| {})
}

/// The corpus' events cut in three at these lines: the history, as a directory of two logs, and what
/// comes after it, as one.
fn split(middle: usize, cut: usize, end: usize) -> (TempDir, PathBuf, PathBuf) {
    let events = fs::read_to_string(corpus().join("events.ndjson")).unwrap();
    let lines: Vec<&str> = events.lines().collect();
    let folder = tempfile::tempdir().unwrap();
    let (history, after) = (folder.path().join("history"), folder.path().join("after.ndjson"));
    fs::create_dir(&history).unwrap();
    fs::write(history.join("a.ndjson"), lines[..middle].join("\n")).unwrap();
    fs::write(history.join("b.ndjson"), lines[middle..cut].join("\n")).unwrap();
    fs::write(&after, lines[cut..end].join("\n")).unwrap();
    (folder, history, after)
}

#[test]
fn alerts_after_a_history_are_byte_identical_for_any_workers_and_blocks() {
    let rules = default_rules();
    let (_folder, history, after) = split(15_000, 30_000, 39_000);
    let (history, after) = ([history], [after]);
    let first = run_after(&history, &after, &rules, &OPTIONS).unwrap();
    let expected = written(&first, &rules);
    assert!(expected[0].lines().count() > 20, "too few alerts to compare");
    assert!(
        expected[0].lines().all(|line| !line.contains("history/")),
        "no evidence is of the history"
    );
    for (workers, block_bytes) in [(1, 1 << 20), (3, 1 << 12), (7, 100_003)] {
        let options = Options { workers, block_bytes, ..OPTIONS };
        let outcome = run_after(&history, &after, &rules, &options).unwrap();
        assert_eq!(written(&outcome, &rules), expected, "{workers} workers, {block_bytes} bytes");
        assert_eq!(outcome.findings.counts, first.findings.counts);
        assert_eq!(outcome.history, first.history);
    }
    let alone = run(&after, &rules, &OPTIONS);
    assert_eq!(alone.findings.corpus_id, first.findings.corpus_id);
    assert_eq!(alone.findings.counts, first.findings.counts);
    let matched = |outcome: &Outcome| -> Vec<(u64, u64)> {
        let rules = outcome.findings.rules.iter();
        rules.map(|rule| (rule.stats.matched, rule.excepted)).collect()
    };
    assert_eq!(matched(&alone), matched(&first));
    assert_ne!(written(&alone, &rules), expected, "the history taught nothing");
    let learned = first.history.unwrap();
    assert_eq!(learned.counts.records, 30_000);
    assert_eq!(learned.counts.records, learned.counts.events + learned.counts.duplicates);
    assert!(learned.first_arrival < learned.last_arrival);
}

/// The text's events, arrivals being the running maximum of event time.
fn parsed(text: &str, file: u32) -> Batch {
    let mut parsed = ParsedBlock::default();
    parse_block(&mut LineParser::new(), text.as_bytes(), file, 0, &mut parsed);
    let mut newest = Ticks::MIN;
    for event in &mut parsed.batch.events {
        newest = newest.max(event.time);
        event.arrival = newest;
    }
    parsed.batch
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Wherever the history ends, and however far the corpus goes back behind its end.
    #[test]
    fn engine_and_reference_agree_after_a_history(
        start in 0_usize..30_000,
        stride in 1_usize..12,
        cut in 0_usize..150,
        overlap in 0_usize..40,
        swaps in prop::collection::vec((0_usize..300, 0_usize..40), 0..40),
        lateness_minutes in 1_i64..200,
        workers in 1_usize..4,
        block_bytes in 2000_usize..60_000,
    ) {
        let events = fs::read_to_string(corpus().join("events.ndjson")).unwrap();
        let mut lines: Vec<&str> = events.lines().skip(start).step_by(stride).take(300).collect();
        for (from, by) in swaps {
            if from + by < lines.len() {
                lines.swap(from, from + by);
            }
        }
        let past = lines[..lines.len().min(cut + overlap + 1)].join("\n");
        let text = lines[lines.len().min(cut)..].join("\n");
        let (rules, lateness) = (rules(), TickSpan::minutes(lateness_minutes));
        let ((_past, history), (_text, inputs)) = (log(&past), log(&text));
        let options = Options { workers, block_bytes, lateness, limits: vaultdrill::limits::Limits::DEFAULT };
        let outcome = run_after(&history, &inputs, &rules, &options).unwrap();
        let found: Vec<Alert> = outcome.findings.alerts.into_iter().map(|(alert, _)| alert).collect();
        let (before, batch) = (parsed(&past, 1), parsed(&text, 0));
        let visible = vec![RuleMask(u128::MAX); before.events.len().max(batch.events.len())];
        let history = reference::History { batch: &before, visible: &visible };
        let expected =
            reference::evaluate_after(Some(history), &batch, &visible, &rules.rules, lateness);
        let plain = |alert: Alert| Alert { triage: Triage::default(), ..alert };
        prop_assert_eq!(
            found.into_iter().map(plain).collect::<Vec<_>>(),
            expected.alerts.into_iter().map(plain).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_history_without_events_or_of_the_corpus_itself_is_refused() {
    let rules = default_rules();
    let (folder, history, after) = split(10, 20, 40);
    let empty = folder.path().join("empty.ndjson");
    fs::write(&empty, "{}\n\n5\n").unwrap();
    let error = run_after(&[empty], std::slice::from_ref(&after), &rules, &OPTIONS).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("empty.ndjson") && message.contains("none in 2 records"), "{message}");
    let again = history.join("../after.ndjson");
    let error = run_after(&[history, again], &[after], &rules, &OPTIONS).unwrap_err();
    assert!(error.to_string().contains("found the same file"), "{error}");
}

/// Triage goes back into the history: its changes of access, and its records for usual clients.
#[test]
fn facts_of_alerts_are_read_from_the_files_of_the_history() {
    let record = |time: &str, operation: &str, rest: &str| {
        format!(
            r#"{{"time":"2026-03-{time}Z","category":"AuditEvent","operationName":"{operation}","correlationId":"{time}","identity":{{"claim":{{"oid":"amy"}}}},"resourceId":"/SUBSCRIPTIONS/0/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V","properties":{{{rest}"httpStatusCode":200}}}}"#
        )
    };
    let read = r#""clientInfo":"usual/1","id":"https://v.vault.azure.net/secrets/s","#;
    let grant = r#""vaultProperties":{},"addedAccessPolicy":[{"objectId":"amy","permissions":{"secrets":["get"]}}],"#;
    let rules = RuleSet::new(vec![
        parse_rule(
            "test.toml",
            &format!("{FRAME}\nid = \"read\"\nkind = \"query\"\nquery = \"access: reveal\""),
        )
        .unwrap(),
    ])
    .unwrap();
    let before =
        [record("01T08:00:00", "SecretGet", read), record("01T09:00:00", "VaultPatch", grant)];
    let (_past, history) = log(before.join("\n"));
    let (_folder, inputs) = log(record("02T08:00:00", "SecretGet", read));
    let outcome = run_after(&history, &inputs, &rules, &OPTIONS).unwrap();
    let [alerts, _] = written(&outcome, &rules);
    let alerts: Vec<serde_json::Value> =
        alerts.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(alerts.len(), 1);
    let triage = &alerts[0]["triage"];
    assert_eq!(triage["first_seen"], "2026-03-01T08:00:00.0000000Z");
    assert_eq!(triage["usual_clients"], serde_json::json!(["usual/1"]));
    assert_eq!(triage["recent_changes"][0]["operation"], "VaultPatch");
    assert_eq!(triage["new_client"], false);
}

#[test]
fn a_history_that_reaches_into_the_corpus_says_how_far() {
    let rules = default_rules();
    let line = |second: u32| {
        format!(
            r#"{{"time":"2026-03-02T08:00:{second:02}Z","category":"AuditEvent","operationName":"SecretGet","resourceId":"/SUBSCRIPTIONS/0/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V"}}"#
        )
    };
    let (_past, history) = log(format!("{}\n{}\n", line(1), line(30)));
    for (start, overlap) in [(12, 18), (30, 0), (31, 0)] {
        let (_folder, inputs) = log(line(start));
        let outcome = run_after(&history, &inputs, &rules, &OPTIONS).unwrap();
        let found = outcome.history.unwrap();
        assert_eq!(found.overlap, TickSpan::seconds(overlap), "{start}");
        assert_eq!(found.last_arrival.since(found.first_arrival), TickSpan::seconds(29));
    }
}
