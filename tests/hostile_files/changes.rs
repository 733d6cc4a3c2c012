//! Files that are cut short, grow, vanish or are rewritten while a run reads them.
//!
//! A paced run is kept going for as long as it takes; it ends by the fault or by a signal, never by time.

#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Output;

use crate::{errors, folder, has_mapped, names, run_json, signal, start_detect, wait_until};

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
