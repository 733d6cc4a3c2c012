//! Files that are cut short, grow, vanish or are rewritten while a run reads them.
//!
//! A paced run is kept going for as long as it takes; it ends by the fault or by a signal, never by time.

#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use vaultdrill::engine::{Options, detect};
use vaultdrill::event::TickSpan;
use vaultdrill::ingest::resolve_inputs;
use vaultdrill::limits::Limits;
use vaultdrill::output::{note_alerts, write_alerts};
use vaultdrill::rules::{RuleSet, parse_elastic_rule};

use crate::{
    command, errors, folder, has_mapped, names, run_json, signal, start_detect, wait_until,
};

/// Runs slowly over `events.log`, does something to it once it is mapped, interrupts the run, and gives
/// what it said.
fn changed(folder: &Path, change: impl FnOnce(&Path)) -> Output {
    let arguments = ["events.log", "--rate", "40", "--out", "out"];
    let mut child = start_detect(folder, &arguments);
    wait_until(&mut child, "the file was mapped", |process| has_mapped(process, "events.log"));
    change(&folder.join("events.log"));
    // A run that has ended by itself need not be told.
    if child.try_wait().unwrap().is_none() {
        signal(&child, "INT");
    }
    child.wait_with_output().unwrap()
}

#[test]
fn a_file_that_is_cut_short_ends_the_run_with_a_message_and_no_result() {
    let folder = folder(4000);
    let folder = folder.path();
    let mut child = start_detect(folder, &["events.log", "--rate", "40", "--out", "out"]);
    wait_until(&mut child, "the file was mapped", |process| has_mapped(process, "events.log"));
    File::options().write(true).open(folder.join("events.log")).unwrap().set_len(0).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{:?}: {}", output.status, errors(&output));
    let said = errors(&output);
    assert!(said.contains("events.log") && said.contains("cut short"), "{said}");
    assert!(!names(&folder.join("out")).iter().any(|name| name.ends_with("json")), "{said}");
}

/// Several workers fault at once, and nobody reads what the first of them says.
#[test]
fn a_file_that_is_cut_short_under_several_workers_ends_the_run_though_standard_error_is_full() {
    let folder = folder(12_000);
    let folder = folder.path();
    let whole = fs::read(folder.join("events.log")).unwrap();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let standard_error = writer.try_clone().unwrap();
    // Waits, once the pipe is full, until the reader is gone.
    let filler = std::thread::spawn(move || writer.write_all(&vec![b'x'; 4 << 20]));
    for _ in 0..6 {
        fs::write(folder.join("events.log"), &whole).unwrap();
        let arguments = ["-q", "detect", "--rules", "rule.toml", "--workers", "4", "events.log"];
        let mut child = command(folder, &arguments)
            .args(["--block-bytes", "65536"])
            .stdout(Stdio::null())
            .stderr(standard_error.try_clone().unwrap())
            .spawn()
            .unwrap();
        wait_until(&mut child, "the file was mapped", |process| has_mapped(process, "events.log"));
        File::options().write(true).open(folder.join("events.log")).unwrap().set_len(0).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(3), "{status}");
    }
    drop(reader);
    assert!(filler.join().unwrap().is_err());
}

/// As when it is changed while alerts are written, which read their records again.
#[test]
fn records_that_are_gone_when_alerts_are_written_are_an_error() {
    let folder = folder(30);
    let folder = folder.path();
    let path = folder.join("events.log");
    let rules =
        RuleSet::new(vec![parse_elastic_rule("rule.toml", crate::RULE).unwrap().rule]).unwrap();
    let inputs = resolve_inputs(std::slice::from_ref(&path)).unwrap();
    let limits = Limits::default();
    let options = Options { workers: 1, block_bytes: 1 << 16, lateness: TickSpan(0), limits };
    let outcome = detect(&inputs, &rules, &options, &mut |_, _| ()).unwrap();
    assert_eq!(outcome.findings.alerts.len(), 10);
    let length = fs::metadata(&path).unwrap().len();
    fs::write(&path, vec![b'\n'; 2 * length as usize]).unwrap();
    let written = write_alerts(folder, &outcome, &rules).unwrap_err().to_string();
    assert!(written.contains("events.log") && written.contains("rewritten"), "{written}");
    assert!(!folder.join("alerts.ndjson").exists());
    assert_eq!(note_alerts(&outcome, &rules).unwrap_err().to_string(), written);
}

#[test]
fn a_file_that_is_rewritten_leaves_no_result() {
    let folder = folder(4000);
    let folder = folder.path();
    let rewrite = |path: &Path| {
        let length = fs::metadata(path).unwrap().len();
        let mut file = File::options().write(true).open(path).unwrap();
        file.write_all(&vec![b' '; length as usize]).unwrap();
    };
    let output = changed(folder, rewrite);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert!(errors(&output).contains("rewritten"), "{}", errors(&output));
    assert!(names(&folder.join("out")).is_empty());
}

#[test]
fn a_file_that_grows_was_judged_as_it_was_and_the_run_says_so() {
    let folder = folder(4000);
    let folder = folder.path();
    let append = |path: &Path| {
        let mut file = File::options().append(true).open(path).unwrap();
        file.write_all(b"{\"more\":1}\n").unwrap();
    };
    let output = changed(folder, append);
    assert_eq!(output.status.code(), Some(130), "{}", errors(&output));
    assert!(
        errors(&output).replace('\n', " ").contains("events.log has grown"),
        "{}",
        errors(&output)
    );
    let run = run_json(&folder.join("out"));
    assert_eq!(run["inputs"]["grown"], serde_json::json!(["events.log"]));
    assert_eq!(run["interrupted"], true);
}

#[test]
fn a_file_that_vanishes_is_read_to_its_end_all_the_same() {
    let folder = folder(4000);
    let folder = folder.path();
    let output = changed(folder, |path| fs::remove_file(path).unwrap());
    assert_eq!(output.status.code(), Some(130), "{}", errors(&output));
    assert_eq!(run_json(&folder.join("out"))["malformed"]["total"], 0);
}
