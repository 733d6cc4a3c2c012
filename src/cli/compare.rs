//! `vaultdrill compare`: what differs between two scores of one corpus.

use std::path::PathBuf;

use clap::Args;

use super::exit::Failure;
use super::gate::{Judged, failure};
use super::score::WIDTH;
use super::terminal::Terminal;
use crate::gate::{compare, compare_text};
use crate::output::PartialFile;

const EXAMPLES: &str = "\
Examples:
  vaultdrill compare old/score.json new/score.json
  vaultdrill compare drill-before drill-after --out compare.json
  vaultdrill compare gate-ci/base gate-ci --format json";

/// Arguments of `compare`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompareArgs {
    /// The earlier score.json, or the directory of its drill.
    old: PathBuf,
    /// The later one, of the same corpus.
    new: PathBuf,
    /// File to write the comparison to, as JSON.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &CompareArgs, terminal: &Terminal) -> Result<(), Failure> {
    let old = Judged::read(&args.old, None, terminal)?;
    let new = Judged::read(&args.new, None, terminal)?;
    let report = compare((&old.file, &old.score), (&new.file, &new.score)).map_err(failure)?;
    if let Some(out) = &args.out {
        PartialFile::write_json(out, &report)?;
    }
    if terminal.is_json() {
        return terminal.json(&report);
    }
    terminal.text(&compare_text(&report, WIDTH))
}
