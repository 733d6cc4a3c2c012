//! `generate` as a user meets it: layouts that replay alike, a pipe, a disk that is full.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{failure_of, output_of};

const SMALL: [&str; 6] = ["generate", "--events", "20000", "--seed", "3", "--quiet"];

fn generate(folder: &Path, more: &[&str]) {
    output_of(folder, &[&SMALL, more].concat());
}

#[test]
fn a_tree_of_blobs_raises_the_same_alerts_as_one_file_of_lines() {
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path(), &["--out", "lines"]);
    generate(folder.path(), &["--out", "blobs", "--layout", "blobs"]);
    let [lines, blobs] = ["lines", "blobs"].map(|corpus| {
        let run = format!("{corpus}-run");
        output_of(folder.path(), &["detect", corpus, "--out", &run]);
        let json = |path: String| -> Value {
            serde_json::from_str(&fs::read_to_string(folder.path().join(path)).unwrap()).unwrap()
        };
        let run_json = json(format!("{run}/run.json"));
        assert_eq!(run_json["corpus_id"], json(format!("{corpus}/manifest.json"))["corpus_id"]);
        let counts = ["records", "events", "duplicates", "late"].map(|key| run_json[key].clone());
        (alerts(&folder.path().join(run)), counts)
    });
    assert!(lines.0.len() > 20, "{} alerts", lines.0.len());
    assert_eq!(lines, blobs);
    let score = [
        "score",
        "--truth",
        "blobs/truth.ndjson",
        "--alerts",
        "blobs-run/alerts.ndjson",
        "--format",
        "json",
    ];
    let score: Value = serde_json::from_str(&output_of(folder.path(), &score)).unwrap();
    assert!(score["campaigns"]["detected"].as_u64().unwrap() > 0);
}

/// The alerts of a run without what depends on where a record lies.
fn alerts(run: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(run.join("alerts.ndjson")).unwrap();
    let without_place = |line: &str| {
        let mut alert: Value = serde_json::from_str(line).unwrap();
        alert.as_object_mut().unwrap().remove("alert_id");
        for event in alert["evidence"].as_array_mut().unwrap() {
            event.as_object_mut().unwrap().retain(|key, _| key != "file" && key != "offset");
        }
        alert.to_string()
    };
    text.lines().skip(1).map(without_place).collect()
}

#[test]
fn a_dash_writes_the_records_alone_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path(), &["--out", "corpus"]);
    let streamed = output_of(folder.path(), &[&SMALL[..], &["--out", "-"]].concat());
    let file = fs::read_to_string(folder.path().join("corpus/events.ndjson")).unwrap();
    assert!(streamed == file);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(names.len(), 1, "{names:?}");

    let envelopes = [&SMALL[..], &["--out", "-", "--layout", "event-hub"]].concat();
    let (code, message) = failure_of(folder.path(), &envelopes);
    assert_eq!(code, 2, "{message}");
    assert!(message.contains("--layout"), "{message}");
}

#[test]
fn a_reader_that_goes_away_ends_the_stream_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vaultdrill"))
        .args(SMALL)
        .args(["--out", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut head = [0; 100];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut head).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The shell lets no file grow past the limit, which is all that a full disk is to a program.
#[cfg(unix)]
#[test]
fn a_full_disk_is_named_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    for (layout, threads) in [("lines", "1"), ("lines", "3"), ("event-hub", "1"), ("blobs", "1")] {
        // 4 or 8 KiB, as the shell counts: less than truth, and than one hour of a busy vault.
        let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
        let output = Command::new("sh")
            .current_dir(folder.path())
            .args(["-c", script, env!("CARGO_BIN_EXE_vaultdrill")])
            .args(SMALL)
            .args(["--out", "corpus", "--layout", layout, "--threads", threads])
            .output()
            .unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{layout}: {message}");
        assert!(message.starts_with("error: corpus/"), "{layout}: {message}");
        assert!(message.contains(": File too large"), "{layout}: {message}");
        let left: Vec<_> = fs::read_dir(folder.path().join("corpus")).unwrap().flatten().collect();
        assert!(left.is_empty(), "{layout}: {left:?}");
    }
}
