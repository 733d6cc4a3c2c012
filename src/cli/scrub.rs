//! `vaultdrill scrub`: write a copy of logs with a pseudonym for everything that identifies somebody.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::exit::{self, Failure, OrExit};
use super::records::{self, ReadArgs, failure};
use super::scrub_key;
use super::terminal::Terminal;
use crate::records::{Companions, Corpus, CorpusWriter, RecordsError, Tally, What, write_truth};
use crate::scrub::Scrubber;
use crate::wrapped::folded;

const EXAMPLES: &str = "\
Examples:
  vaultdrill scrub insights-logs-auditevent/ --key-file my.key --out shared
  vaultdrill scrub corpus --key-file my.key --out shared
  VAULTDRILL_SCRUB_KEY=$(pass scrub) vaultdrill scrub logs --out shared
  vaultdrill scrub --key-file my.key --value ada@contoso.com   for a rule

What stays: times, operations, results, regions, built-in roles, Microsoft's own
applications and hosts, products and versions of clients, private and reserved
address ranges, the length of names, names of attacks and of the estate.
Everything else is replaced, fields that nobody knows included.";

/// Arguments of `scrub`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ScrubArgs {
    /// Corpus directories, directories of logs, or log files.
    #[arg(required_unless_present = "value")]
    inputs: Vec<PathBuf>,
    /// Directory to write the corpus into.
    #[arg(long, required_unless_present = "value")]
    out: Option<PathBuf>,
    /// Write nothing: print the pseudonym of a value, one a line for several, for rules that name somebody
    /// in an exception.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["inputs", "out", "force"])]
    value: Vec<String>,
    /// File with the secret that pseudonyms come from, at least 16 bytes; made if it is not there. Without
    /// it, the environment's VAULTDRILL_SCRUB_KEY.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Replace a corpus that is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// What was done.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    tally: &'a Tally,
    corpus_id: &'a str,
    bytes: u64,
    truth: bool,
}

pub(crate) fn run(args: &ScrubArgs, terminal: &Terminal) -> Result<(), Failure> {
    let Some(out) = &args.out else { return tell(args, terminal) };
    let (inputs, opened) = records::open(&args.inputs, args.read, terminal)?;
    records::refuse_own(&inputs, out)?;
    let companions = Companions::of(&args.inputs).map_err(failure)?;
    let key = scrub_key::load(args.key_file.as_deref(), terminal)?;
    let mut scrubber = Scrubber::new(&key).or_exit(exit::USAGE)?;
    let mut writer = CorpusWriter::create(out, args.force).map_err(failure)?;
    let tally = records::each(&opened, &[], "scrubbing", terminal, &mut |record| {
        let What::Event { text, event } = record.what else { return Ok(true) };
        let Ok(line) = scrubber.record(text) else { return Ok(false) };
        writer.push(&line, event.event.time, record.arrival).map_err(failure)?;
        Ok(true)
    })?;
    let corpus = finish(writer, &companions, &mut scrubber).map_err(failure)?;
    report(out, &tally, &corpus, companions.truth.is_some(), terminal)
}

/// Prints pseudonyms alone.
fn tell(args: &ScrubArgs, terminal: &Terminal) -> Result<(), Failure> {
    let key = scrub_key::load(args.key_file.as_deref(), terminal)?;
    let mut scrubber = Scrubber::new(&key).or_exit(exit::USAGE)?;
    let new: Vec<String> = args.value.iter().map(|value| scrubber.text(value)).collect();
    if terminal.is_json() { terminal.json(&new) } else { terminal.text(&new.join("\n")) }
}

/// Writes truth and manifest, where there are some.
fn finish(
    writer: CorpusWriter,
    companions: &Companions,
    scrubber: &mut Scrubber,
) -> Result<Corpus, RecordsError> {
    let Some(path) = &companions.truth else {
        return writer.finish(companions.manifest.clone(), None);
    };
    let mut truth = |out: &mut dyn Write, id: &str| {
        write_truth(path, id, &mut |line| scrubber.truth(line), out)
    };
    writer.finish(companions.manifest.clone(), Some(&mut truth))
}

fn report(
    out: &Path,
    tally: &Tally,
    corpus: &Corpus,
    truth: bool,
    terminal: &Terminal,
) -> Result<(), Failure> {
    if terminal.is_json() {
        let Corpus { corpus_id, bytes, .. } = corpus;
        return terminal.json(&Report { tally, corpus_id, bytes: *bytes, truth });
    }
    let with = if truth { ", with their truth" } else { "" };
    let mut text = format!("{} records with pseudonyms{with}", corpus.events);
    text.extend(tally.left_out().map(|left_out| format!("\n{left_out}")));
    terminal.text(&folded(&format!("{text}\nin {}", out.display())))
}
