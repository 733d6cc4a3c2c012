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
use crate::wrapped::wrapped;

const EXAMPLES: &str = "\
Examples:
  vaultdrill doctor
  vaultdrill doctor --seconds 10           a longer look at stolen time
  vaultdrill doctor --out /data/run        the disk that a run's --out is on
  vaultdrill doctor --format json";

/// Where advice starts, below its finding.
const BELOW: &str = "      ";

/// Arguments of `doctor`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// How long to look at the time that other machines on the same hardware take, in seconds.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=60))]
    seconds: u8,
    /// Where files will go: whose disk is looked at. It need not be there yet.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
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
        disk_free: disk_free(&args.out),
    };
    let findings = check(&Host::read(&args.root), &beside);
    if terminal.is_json() {
        let environment = Environment::detect();
        return terminal.json(&Checkup { schema_version: SCHEMA_VERSION, environment, findings });
    }
    terminal.text(&text(&findings))
}

/// Bytes free where `path` is or will be; asked of `df`, because the standard library cannot tell.
fn disk_free(path: &Path) -> Option<u64> {
    let nearest = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let output = Command::new("df").args(["-P", "-k", "--"]).arg(nearest).output().ok()?;
    Some(available_kib(&String::from_utf8_lossy(&output.stdout))? << 10)
}

/// The third of the three numbers before the share that is used. What is before them and after it, the
/// names of a file system and of where it is mounted, may have blanks.
fn available_kib(df: &str) -> Option<u64> {
    let fields: Vec<&str> = df.lines().nth(1)?.split_ascii_whitespace().collect();
    let number = |field: &str| field.parse::<u64>().ok();
    fields.windows(4).find_map(|four| {
        let is_share = four[3] == "-" || four[3].ends_with('%');
        let [_, _, available] = [number(four[0])?, number(four[1])?, number(four[2])?];
        is_share.then_some(available)
    })
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
            wrapped(&mut text, (BELOW, BELOW), advice);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_blanks_do_not_hide_what_df_says() {
        let df = |line: &str| available_kib(&format!("Filesystem 1024-blocks Used\n{line}\n"));
        assert_eq!(df("/dev/sda1 100 60 40 60% /"), Some(40));
        assert_eq!(df("//nas/our files 2 100 60 40 60% /mnt/our files"), Some(40));
        assert_eq!(df("proc 0 0 0 - /proc"), Some(0));
        assert_eq!([df("/dev/sda1 100 60 -4 60% /"), available_kib("df: no")], [None, None]);
    }

    #[test]
    fn the_disk_of_a_directory_that_is_yet_to_be_made_is_that_of_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b");
        assert_eq!(disk_free(&missing).is_some(), disk_free(folder.path()).is_some());
    }
}
