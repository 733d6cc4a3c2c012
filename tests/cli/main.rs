//! The program as a user meets it: commands, files, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod audit;
mod capacity;
mod describe;
mod drill;
mod evasion;
mod failures;
mod gate;
mod generate;
mod help;
mod history;
mod packs;
mod recipe;
mod replicates;
mod rules_explain;
mod rules_test;
mod score;
mod sweep;
mod timing;

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in `folder`.
fn vaultdrill(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdrill"));
    command.current_dir(folder).args(arguments).output().unwrap()
}

/// Standard output of a run that must succeed.
fn output_of(folder: &Path, arguments: &[&str]) -> String {
    let output = vaultdrill(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code and standard error of a run that must fail.
fn failure_of(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = vaultdrill(folder, arguments);
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}
