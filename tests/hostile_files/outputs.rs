//! Outputs that cannot be written: an error that names the place, exit code 1, and no half-written file.

use std::fs;
use std::process::{Command, Stdio};

use crate::{command, detect, errors, folder, names, run_json};

#[test]
fn a_reader_of_standard_output_may_go_away() {
    let folder = folder(300);
    let folder = folder.path();
    for arguments in [
        vec!["detect", "events.log", "--rules", "rule.toml"],
        vec!["detect", "events.log", "--rules", "rule.toml", "--format", "json"],
        vec!["rules", "list"],
        vec!["generate", "--events", "20000", "--out", "-"],
    ] {
        let mut command = command(folder, &arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", errors(&output));
        assert_eq!(errors(&output), "", "{arguments:?}");
    }
}

#[test]
fn a_reader_of_standard_output_that_goes_away_changes_no_verdict() {
    let folder = folder(1);
    let folder = folder.path();
    fs::create_dir(folder.join("corpus")).unwrap();
    fs::rename(folder.join("events.log"), folder.join("corpus/events.ndjson")).unwrap();
    for (arguments, code) in
        [(["verify", "corpus"].as_slice(), 3), (&["verify", "corpus", "--format", "json"], 3)]
    {
        let read = command(folder, arguments).output().unwrap();
        assert_eq!(read.status.code(), Some(code), "{arguments:?}: {}", errors(&read));
        assert!(!read.stdout.is_empty(), "there is nothing to go away from");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(folder, arguments).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", errors(&output));
        assert_eq!(errors(&output), errors(&read));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_on_a_full_disk_is_an_error() {
    let folder = folder(3);
    let folder = folder.path();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = command(folder, &["detect", "events.log", "--rules", "rule.toml"]);
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    assert!(errors(&output).starts_with("error: "), "{}", errors(&output));
}

/// A limit on the size of a file stands for a disk that fills up while results are written.
#[test]
fn results_that_do_not_fit_leave_the_earlier_ones_as_they_were() {
    let folder = folder(6000);
    let folder = folder.path();
    fs::write(folder.join("few.log"), crate::records(3)).unwrap();
    assert!(detect(folder, &["few.log", "--out", "out"]).status.success());
    let before = ["run.json", "alerts.ndjson", "evidence.ndjson"]
        .map(|name| fs::read(folder.join("out").join(name)).unwrap());

    let script =
        "trap '' XFSZ; ulimit -f 64; exec \"$0\" detect events.log --rules rule.toml --out out";
    let mut shell = Command::new("sh");
    shell.current_dir(folder).args(["-c", script, env!("CARGO_BIN_EXE_vaultdrill")]);
    let output = shell.stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    assert!(errors(&output).contains("ndjson"), "{}", errors(&output));
    let after = ["run.json", "alerts.ndjson", "evidence.ndjson"]
        .map(|name| fs::read(folder.join("out").join(name)).unwrap());
    assert_eq!(before, after);
    assert_eq!(names(&folder.join("out")).len(), 3);
    assert_eq!(run_json(&folder.join("out"))["records"], 3);
}

#[test]
fn a_folder_that_cannot_be_written_is_named_before_any_work() {
    let folder = folder(3);
    let folder = folder.path();
    let output = detect(folder, &["events.log", "--out", "rule.toml/out"]);
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    assert!(errors(&output).contains("rule.toml"), "{}", errors(&output));
    #[cfg(target_os = "linux")]
    {
        // Nobody can write there, whoever he is.
        let output = detect(folder, &["events.log", "--out", "/proc/self/out"]);
        assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
        let output = detect(folder, &["events.log", "--out", "/proc/self"]);
        assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    }
}
