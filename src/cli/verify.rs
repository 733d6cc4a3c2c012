//! `vaultdrill verify`: check that a corpus is what it says it is.

use std::path::PathBuf;

use clap::Args;

use super::exit::{self, Failure};
use super::limits::RecordLimitArgs;
use super::records::failure;
use super::terminal::{Terminal, Unit};
use crate::escaped::escaped;
use crate::verify::{Report, verify};
use crate::wrapped::wrapped;

const EXAMPLES: &str = "\
Examples:
  vaultdrill verify corpus
  vaultdrill verify shared --format json

Exits with 0 if every check is ok, and with 3 if one is not.";

/// Arguments of `verify`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArgs {
    /// Corpus directory: events, arrivals, manifest, and truth where there is one.
    corpus: PathBuf,
    #[command(flatten)]
    limits: RecordLimitArgs,
}

pub(crate) fn run(args: &VerifyArgs, terminal: &Terminal) -> Result<(), Failure> {
    let bar = terminal.progress("verifying", Unit::Bytes);
    let report = verify(&args.corpus, args.limits.limits(), &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = report.map_err(failure)?;
    if terminal.is_json() {
        terminal.json(&report)?;
    } else {
        terminal.text(&text(&report))?;
    }
    if report.ok {
        return Ok(());
    }
    let failed = report.checks.iter().filter(|check| !check.ok).count();
    let (path, all) = (args.corpus.display(), report.checks.len());
    Err(Failure::new(exit::INPUT, anyhow::anyhow!("{path}: {failed} of {all} checks failed")))
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let verdict = if check.ok { "ok" } else { "failed" };
        let head = format!("{verdict:<7} {:<13} ", check.check);
        let later = " ".repeat(head.len());
        wrapped(&mut text, (&head, &later), &escaped(&check.found));
    }
    text
}
