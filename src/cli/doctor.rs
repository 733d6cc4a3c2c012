//! `vaultdrill doctor`: what on this machine would spoil a measurement, and what to do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::exit::Failure;
use super::terminal::Terminal;
use crate::measure::{Beside, Environment, Finding, Host, Verdict, check};
use crate::output::SCHEMA_VERSION;

const EXAMPLES: &str = "\
Examples:
  vaultdrill doctor
  vaultdrill doctor --seconds 10           a longer look at stolen time
  vaultdrill doctor --format json";

/// Width that advice is broken to.
const WIDTH: usize = 80;

/// Arguments of `doctor`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// How long to look at the time that other machines on the same hardware take, in seconds.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=60))]
    seconds: u8,
    /// Read /proc and /sys below this directory.
    #[arg(long, hide_short_help = true, default_value = "/")]
    root: PathBuf,
}

/// What `--format json` says.
#[derive(Serialize)]
struct Checkup {
    schema_version: u32,
    environment: Environment,
    findings: Vec<Finding>,
}

pub(crate) fn run(args: &DoctorArgs, terminal: &Terminal) -> Result<(), Failure> {
    let ticks_before = Host::read(&args.root).ticks;
    thread::sleep(Duration::from_secs(args.seconds.into()));
    let beside = Beside {
        is_debug_build: cfg!(debug_assertions),
        ticks_before,
        disk_free: disk_free(Path::new(".")),
    };
    let findings = check(&Host::read(&args.root), &beside);
    if terminal.is_json() {
        let environment = Environment::detect();
        return terminal.json(&Checkup { schema_version: SCHEMA_VERSION, environment, findings });
    }
    terminal.text(&text(&findings))
}

/// Bytes free where `path` is; asked of `df`, because the standard library cannot tell.
fn disk_free(path: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(path).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kib: u64 = text.lines().nth(1)?.split_ascii_whitespace().nth(3)?.parse().ok()?;
    Some(kib << 10)
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { name, found, verdict, advice } in findings {
        let mark = match verdict {
            Verdict::Fine => "ok",
            Verdict::Warning => "WARN",
            Verdict::Unknown => "-",
        };
        text.push_str(&format!("{mark:<5} {name:<22} {found}\n"));
        if let Some(advice) = advice {
            text.push_str(&indented(advice));
        }
    }
    let warnings = findings.iter().filter(|one| one.verdict == Verdict::Warning).count();
    text.push_str(&match warnings {
        0 => "\nNothing here would spoil a measurement.".to_owned(),
        1 => "\nOne thing would spoil a measurement.".to_owned(),
        some => format!("\n{some} things would spoil a measurement."),
    });
    text
}

/// Broken between words, below the findings.
fn indented(advice: &str) -> String {
    let (mut text, mut line) = (String::new(), "     ".to_owned());
    for word in advice.split_ascii_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&format!("{line}\n"));
            line = "     ".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    text + &line + "\n"
}
