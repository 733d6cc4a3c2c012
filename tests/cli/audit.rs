//! `generate --audit`: a report and an exit code, and no files.

use crate::{failure_of, vaultdrill};

#[test]
fn an_audit_writes_nothing_and_its_exit_code_is_its_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "generate",
        "--audit",
        "--attacks",
        "bulk-extraction",
        "--days",
        "6",
        "--warmup-days",
        "1",
    ];
    let json = vaultdrill(folder.path(), &[&arguments[..], &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let attack = &report["attacks"][0];
    assert_eq!(attack["attack"], "bulk-extraction");
    let passes = attack["violations"].as_array().unwrap().is_empty();
    assert_eq!(json.status.code(), Some(if passes { 0 } else { 10 }));
    let text = vaultdrill(folder.path(), &arguments);
    let shown = String::from_utf8(text.stdout).unwrap();
    assert!(
        shown.contains("bulk-extraction") && shown.contains(if passes { "pass" } else { "FAIL" })
    );
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_audit_of_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (code, message) = failure_of(folder.path(), &["generate", "--audit", "--attacks", "none"]);
    assert_eq!(code, 2);
    assert!(message.contains("no attack to audit"), "{message}");
    let (code, message) = failure_of(folder.path(), &["generate"]);
    assert_eq!(code, 2);
    assert!(message.contains("--out"), "{message}");
}
