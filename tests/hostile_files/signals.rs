//! SIGINT and SIGTERM: the exit code a shell gives for them, and nothing half-written.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Child, Stdio};

use crate::{catches_signals, command, errors, folder, names, signal, start_detect, wait_until};

/// Started with its output kept.
fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = command(folder, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn an_interrupted_run_leaves_a_whole_result_that_says_so_and_cannot_be_scored() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let folder = folder(4000);
        let folder = folder.path();
        let mut child = start_detect(folder, &["events.log", "--rate", "40", "--out", "out"]);
        wait_until(&mut child, "it was reading", |process| {
            crate::has_mapped(process, "events.log")
        });
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", errors(&output));
        assert_eq!(names(&folder.join("out")), ["alerts.ndjson", "evidence.ndjson", "run.json"]);

        let id = "0".repeat(32);
        let header = format!(r#"{{"schema_version":1,"kind":"truth","corpus_id":"{id}"}}"#);
        let manifest = format!(
            r#"{{"schema_version":1,"corpus_id":"{id}","seed":1,"estate":"e","events":4000,
                "first_time":"2026-03-09T00:00:00Z","warmup_end":"2026-03-09T00:00:00Z",
                "last_time":"2026-03-10T00:00:00Z"}}"#
        );
        std::fs::write(folder.join("truth.ndjson"), header + "\n").unwrap();
        std::fs::write(folder.join("manifest.json"), manifest).unwrap();
        let score = ["score", "--truth", "truth.ndjson", "--alerts", "out/alerts.ndjson"];
        let output = command(folder, &score).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
        assert!(errors(&output).contains("interrupted after"), "{}", errors(&output));
    }
}

#[test]
fn waiting_for_standard_input_or_a_pipe_can_be_ended() {
    let folder = folder(1);
    let folder = folder.path();
    let pipe = folder.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for source in ["-", "pipe"] {
        let mut child = start(folder, &["detect", source, "--out", "out"]);
        wait_until(&mut child, "it caught signals", catches_signals);
        signal(&child, "TERM");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(143), "{source}: {}", errors(&output));
    }
    assert!(names(&folder.join("out")).is_empty());
}

#[test]
fn an_interrupted_corpus_leaves_nothing() {
    let folder = folder(1);
    let folder = folder.path();
    let generate = ["generate", "--events", "3000000", "--out", "corpus", "--quiet"];
    let mut child = start(folder, &generate);
    let part = folder.join("corpus/.events.ndjson.part");
    wait_until(&mut child, "it wrote records", |_| part.exists());
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", errors(&output));
    assert!(names(&folder.join("corpus")).is_empty(), "{:?}", names(&folder.join("corpus")));
}

#[test]
fn an_interrupted_drill_or_sweep_leaves_no_score() {
    let folder = folder(1);
    let folder = folder.path();
    for (arguments, begun, results) in [
        (vec!["drill", "--out", "d"], "d/drill.json", ["score.json", "report.html"]),
        (vec!["sweep", "--out", "s"], "s/.sweep-corpus", ["sweep.json", "recommended"]),
    ] {
        let mut child = start(folder, &arguments);
        let begun = folder.join(begun);
        wait_until(&mut child, "it had begun", |_| begun.exists());
        signal(&child, "TERM");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(143), "{arguments:?}: {}", errors(&output));
        let out = begun.parent().unwrap();
        assert!(results.iter().all(|name| !out.join(name).exists()), "{:?}", names(out));
    }
}
