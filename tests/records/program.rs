//! The program, run as a user runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the program in `folder`.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdrill"));
    command.env_remove("VAULTDRILL_SCRUB_KEY");
    command.current_dir(folder).args(arguments).arg("--quiet").output().unwrap()
}

/// Standard output of a run that must succeed.
pub(crate) fn output_of(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code and standard error of a run that must fail.
pub(crate) fn failure_of(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = run(folder, arguments);
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Generates a corpus with attacks, as small as there is one: some 6500 records over eight days.
pub(crate) fn generate(folder: &Path, out: &str, layout: &str) {
    let size = ["--estate", "small", "--days", "8", "--warmup-days", "4", "--events", "6500"];
    let arguments = ["generate", "--seed", "3", "--layout", layout, "--out", out];
    output_of(folder, &[&arguments[..], &size[..]].concat());
}

/// A file of lines of JSON.
pub(crate) fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A file of JSON.
pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
