//! What files and the system can do to a run: sources of every kind, files that change, signals, kills,
//! outputs that cannot be written. Nothing hangs, nothing half-written stays, and what was not read is
//! said. Unix only: pipes, sockets, links and signals are.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod changes;
mod kills;
mod outputs;
mod signals;
mod sources;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A rule that alerts on every deletion; so every third record of [`records`] is evidence.
const RULE: &str = "[rule]\nname = \"Deletion\"\nrule_id = \"deletion\"\nrisk_score = 47\n\
    severity = \"medium\"\ntype = \"query\"\nquery = \"event.action: SecretDelete\"\n";

/// `count` records, one a line, a second apart.
fn records(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        let (minute, second, hour) = (n / 60 % 60, n % 60, n / 3600 % 24);
        let operation = if n.is_multiple_of(3) { "SecretDelete" } else { "SecretGet" };
        writeln!(
            text,
            "{{\"time\":\"2026-03-09T{hour:02}:{minute:02}:{second:02}.0000000Z\",\
             \"category\":\"AuditEvent\",\"operationName\":\"{operation}\",\"resultType\":\"Success\",\
             \"correlationId\":\"00000000-0000-4000-8000-{n:012}\",\"callerIpAddress\":\"10.0.0.1\",\
             \"identity\":{{\"claim\":{{\"oid\":\"11111111-1111-4111-8111-111111111111\"}}}},\
             \"properties\":{{\"id\":\"https://kv.vault.azure.net/secrets/s{n}/1\",\
             \"httpStatusCode\":200,\"requestUri\":\"https://kv.vault.azure.net/secrets/s{n}/1\",\
             \"clientInfo\":\"test\"}},\"resourceId\":\"/SUBSCRIPTIONS/\
             22222222-2222-4222-8222-222222222222/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/\
             VAULTS/KV\"}}"
        )
        .unwrap();
    }
    text
}

/// A folder with the rule, and with that many records in `events.log`.
fn folder(count: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rule.toml"), RULE).unwrap();
    fs::write(folder.path().join("events.log"), records(count)).unwrap();
    folder
}

/// The program in `folder`, not yet started.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdrill"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

/// `detect` with the rule, and these further arguments.
fn detect(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, &["detect", "--rules", "rule.toml"]).args(arguments).output().unwrap()
}

/// The same, started.
fn start_detect(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = command(folder, &["detect", "--rules", "rule.toml"]);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Standard output as JSON of a run that must succeed.
fn summary(output: &Output) -> serde_json::Value {
    assert_eq!(output.status.code(), Some(0), "{}", errors(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// run.json of a result.
fn run_json(out: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap()
}

/// Names in a folder, sorted; nothing for one that is not there.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Waits until something holds of a running child; a child that ends before fails the test.
fn wait_until(child: &mut Child, what: &str, mut holds: impl FnMut(u32) -> bool) {
    while !holds(child.id()) {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("ended with {status} before {what}");
        }
        std::thread::yield_now();
    }
}

/// Whether the process has mapped a file of that name.
#[cfg(target_os = "linux")]
fn has_mapped(process: u32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/maps")).is_ok_and(|maps| maps.contains(name))
}

/// Whether the process catches SIGTERM by now.
#[cfg(target_os = "linux")]
fn catches_signals(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << 14) != 0)
}
