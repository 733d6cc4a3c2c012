//! `vaultdrill estate fit`: learn an estate file without identifying values from own logs.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::exit::{self, Failure};
use super::generate;
use super::own_logs;
use super::records::ReadArgs;
use super::terminal::Terminal;
use crate::estate::{Found, estate_file, settled};
use crate::output::PartialFile;

const EXAMPLES: &str = "\
Examples:
  vaultdrill estate fit my-logs/ --out my-estate.toml
  vaultdrill generate --estate my-estate.toml --out corpus
  vaultdrill estate fit october/ november/ > autumn.toml

The file holds counts, rates and shares, each with how it was measured, and no
name, id, address or domain of the logs: it can be shared.";

/// Arguments of `estate`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EstateArgs {
    #[command(subcommand)]
    command: EstateCommand,
}

#[derive(Debug, Subcommand)]
enum EstateCommand {
    /// Learn an estate file from own logs: counts, rates and shares, nothing that identifies anybody.
    Fit(FitArgs),
}

/// Arguments of `estate fit`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
struct FitArgs {
    /// Logs, of whatever shape: files and folders.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// File to write; standard output by default.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Replace a file that is there.
    #[arg(long, requires = "out")]
    force: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// The machine form.
#[derive(Serialize)]
struct FitSummary<'a> {
    found: &'a Found,
    foreign: u64,
    malformed: u64,
    events_per_day: f64,
    /// The estate file.
    estate: &'a str,
}

pub(crate) fn run(args: EstateArgs, terminal: &Terminal) -> Result<(), Failure> {
    match args.command {
        EstateCommand::Fit(args) => fit(&args, terminal),
    }
}

fn fit(args: &FitArgs, terminal: &Terminal) -> Result<(), Failure> {
    if let Some(out) = args.out.as_ref().filter(|out| out.exists() && !args.force) {
        let message = format!("{}: is there already (`--force` replaces it)", out.display());
        return Err(Failure::new(exit::USAGE, anyhow::anyhow!(message)));
    }
    let logs = own_logs::read(&args.inputs, args.read, terminal)?;
    let figures = own_logs::figures(&logs)?;
    let look_alikes = generate::look_alikes()?;
    let figures = settled(&figures, &look_alikes, own_logs::estate)?;
    let text = estate_file(&figures);
    let found = logs.fit.found().expect("figures are of at least one record");
    if let Some(out) = &args.out {
        let mut file = PartialFile::create(out)?;
        file.write_all(text.as_bytes())?;
        file.finish()?;
    }
    if terminal.is_json() {
        return terminal.json(&FitSummary {
            found: &found,
            foreign: logs.tally.foreign,
            malformed: logs.tally.malformed,
            events_per_day: figures.events_per_day,
            estate: &text,
        });
    }
    let summary = format!(
        "{} records of {} days: {} identities, {} vaults, {} objects",
        found.records, found.days, found.identities, found.vaults, found.objects
    );
    match &args.out {
        Some(out) => terminal.text(&format!(
            "{summary}\nin {}\nnext: vaultdrill generate --estate {} --out corpus",
            out.display(),
            out.display()
        )),
        None => {
            terminal.note(&summary);
            terminal.text(&text)
        }
    }
}
