//! `detect --history`: what is said of a history, and which ones are refused.

use std::fs;
use std::path::Path;

use crate::{failure_of, output_of, vaultdrill};

/// A folder with two logs of one read each, a day apart, and an empty one.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let read = |day: u32| {
        format!(
            r#"{{"time":"2026-03-{day:02}T08:00:00Z","category":"AuditEvent","operationName":"SecretGet","resourceId":"/SUBSCRIPTIONS/0/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V","properties":{{"httpStatusCode":200}}}}"#
        )
    };
    for (name, text) in [("march-1", read(1)), ("march-2", read(2)), ("empty", String::new())] {
        fs::write(folder.path().join(name).with_extension("ndjson"), text).unwrap();
    }
    folder
}

fn run_json(folder: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(folder.join("run/run.json")).unwrap()).unwrap()
}

#[test]
fn run_json_tells_history_and_corpus_apart() {
    let folder = folder();
    let arguments = ["detect", "march-2.ndjson", "--history", "march-1.ndjson", "--out", "run"];
    let text = output_of(folder.path(), &arguments);
    assert!(text.contains("1 records") && text.contains("learned from 1 events"), "{text}");
    let run = run_json(folder.path());
    assert_eq!((run["records"].as_u64(), run["events"].as_u64()), (Some(1), Some(1)));
    let history = &run["history"];
    assert_eq!(history["events"], 1);
    assert_eq!(history["arrival_source"], "running maximum of event time");
    assert_eq!(history["files"], serde_json::json!(["march-1.ndjson"]));
    assert_eq!(history["last_time"], "2026-03-01T08:00:00.0000000Z");
    assert_eq!(history["overlap_seconds"], 0.0);
    assert_ne!(history["corpus_id"], run["corpus_id"]);

    output_of(folder.path(), &["detect", "march-2.ndjson", "--out", "run"]);
    let alone = run_json(folder.path());
    assert_eq!((alone.get("history"), &alone["corpus_id"]), (None, &run["corpus_id"]));
}

#[test]
fn a_history_from_the_corpus_own_future_is_allowed_and_noted() {
    let folder = folder();
    let arguments = ["detect", "march-1.ndjson", "--history", "march-2.ndjson", "--out", "run"];
    let output = vaultdrill(folder.path(), &arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("86400 s after the corpus starts"), "{said}");
    assert_eq!(run_json(folder.path())["history"]["overlap_seconds"], 86400.0);
}

#[test]
fn a_history_that_is_missing_empty_or_the_input_exits_with_3() {
    let folder = folder();
    for (history, said) in [
        ("absent.ndjson", "absent.ndjson"),
        ("empty.ndjson", "at least one event"),
        ("./march-1.ndjson", "found the same file"),
    ] {
        let arguments = ["detect", "march-1.ndjson", "--history", history];
        let (code, message) = failure_of(folder.path(), &arguments);
        assert_eq!(code, 3, "{history}: {message}");
        assert!(message.contains(said), "{history}: {message}");
    }
}
