//! `vaultdrill scenarios`: explain the estates, attacks, look-alikes and drills.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::exit::{self, Failure, OrExit};
use super::terminal::Terminal;
use crate::scenarios::{Kind, ScenarioText};

const EXAMPLES: &str = "\
Examples:
  vaultdrill scenarios list
  vaultdrill scenarios show midsize
  vaultdrill scenarios show attacks/bulk-extraction";

const LIST_EXAMPLES: &str = "\
Examples:
  vaultdrill scenarios list
  vaultdrill scenarios list --format json";

const SHOW_EXAMPLES: &str = "\
Examples:
  vaultdrill scenarios show midsize
  vaultdrill scenarios show attacks/bulk-extraction
  vaultdrill scenarios show packs > my-drill.toml";

/// Arguments of `scenarios`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ScenariosArgs {
    #[command(subcommand)]
    command: ScenariosCommand,
}

#[derive(Debug, Subcommand)]
enum ScenariosCommand {
    /// Name every scenario, with a sentence about it.
    #[command(after_help = LIST_EXAMPLES)]
    List,
    /// Print one scenario file.
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// Its name, such as `midsize` or `attacks/bulk-extraction`.
        name: String,
    },
}

#[derive(Serialize)]
struct Listed {
    kind: &'static str,
    name: String,
    summary: String,
}

pub(crate) fn run(args: ScenariosArgs, terminal: &Terminal) -> Result<(), Failure> {
    match args.command {
        ScenariosCommand::List => list(terminal),
        ScenariosCommand::Show { name } => show(&name, terminal),
    }
}

fn list(terminal: &Terminal) -> Result<(), Failure> {
    let listed: Vec<Listed> = Kind::ALL
        .iter()
        .flat_map(|kind| kind.names().map(|name| (*kind, name)))
        .filter_map(|(kind, name)| {
            let summary = kind.load(name).ok()?.summary().to_owned();
            Some(Listed { kind: kind.folder(), name: name.to_owned(), summary })
        })
        .collect();
    if terminal.is_json() {
        return terminal.json(&listed);
    }
    let mut text = String::new();
    let mut folder = "";
    for scenario in &listed {
        if scenario.kind != folder {
            folder = scenario.kind;
            text.push_str(&format!("{}{folder}\n", if text.is_empty() { "" } else { "\n" }));
        }
        text.push_str(&format!("  {}\n      {}\n", scenario.name, scenario.summary));
    }
    terminal.text(&text)
}

fn show(name: &str, terminal: &Terminal) -> Result<(), Failure> {
    let scenario = find(name)?;
    if terminal.is_json() {
        let value: toml::Value = toml::from_str(&scenario.text)?;
        return terminal.json(&value);
    }
    terminal.text(&scenario.text)
}

/// A scenario by bare name, or by folder and name where a bare name would not do.
fn find(name: &str) -> Result<ScenarioText, Failure> {
    let (folder, stem) = name.split_once('/').unwrap_or(("", name));
    let mut kinds =
        Kind::ALL.into_iter().filter(|kind| folder.is_empty() || kind.folder() == folder);
    match kinds.find(|kind| kind.names().any(|known| known == stem)) {
        Some(kind) => kind.load(stem).or_exit(exit::USAGE),
        None => {
            let all = Kind::ALL.iter().flat_map(|kind| kind.names()).collect::<Vec<_>>().join(", ");
            let error = anyhow::anyhow!("expected one of {all}, found {name:?}");
            Err(Failure::new(exit::USAGE, error))
        }
    }
}
