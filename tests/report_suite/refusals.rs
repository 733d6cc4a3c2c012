//! Files that are missing or do not belong together: a message that says which, and no page.

use std::fs;
use std::path::Path;

use crate::stage::{drill, vaultdrill};

/// A copy of the files that a report is made from.
fn copy(folder: &Path) {
    let files = [
        "score.json",
        "drill.json",
        "run/run.json",
        "run/alerts.ndjson",
        "run/evidence.ndjson",
        "corpus/truth.ndjson",
    ];
    for inner in ["run", "corpus"] {
        fs::create_dir_all(folder.join(inner)).unwrap();
    }
    for file in files {
        fs::copy(drill().join(file), folder.join(file)).unwrap();
    }
}

fn refused(folder: &Path, arguments: &[&str], said: &[&str]) {
    let output = vaultdrill(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{errors}");
    for words in said {
        assert!(errors.contains(words), "{errors}");
    }
    assert!(!folder.join("report.html").exists());
}

#[test]
fn what_is_missing_broken_or_of_another_drill_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    refused(root, &["report", "nowhere"], &["nowhere/score.json"]);

    copy(root);
    refused(root, &["report", ".", "--sweep", "gone.json"], &["gone.json"]);
    let run = fs::read_to_string(root.join("run/run.json")).unwrap();
    fs::write(root.join("run/run.json"), "{").unwrap();
    refused(root, &["report", "."], &["run.json", "expected the summary of a run"]);

    let other = run.replacen("\"rules_id\": \"", "\"rules_id\": \"00", 1);
    fs::write(root.join("run/run.json"), other).unwrap();
    refused(root, &["report", "."], &["run.json", "rules_id", "as in score.json"]);
    fs::write(root.join("run/run.json"), run).unwrap();

    let truth = fs::read_to_string(root.join("corpus/truth.ndjson")).unwrap();
    let other = truth.replacen("\"corpus_id\":\"", "\"corpus_id\":\"00", 1);
    assert_ne!(truth, other, "the header has no corpus id to change");
    fs::write(root.join("corpus/truth.ndjson"), other).unwrap();
    refused(root, &["report", "."], &["truth.ndjson", "corpus_id", "as in score.json"]);
}
