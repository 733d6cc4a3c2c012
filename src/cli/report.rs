//! `vaultdrill report`: one HTML page of a drill, from the files that it left.

use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{self, Failure, OrExit};
use super::terminal::Terminal;
use crate::output::PartialFile;
use crate::report::{self, Inputs};
use crate::score::{AlertLog, Score, Truth};
use crate::sweep::Sweep;

const EXAMPLES: &str = "\
Examples:
  vaultdrill report drill-quickstart
  vaultdrill report drill-quickstart --sweep lab --out for-the-board.html";

/// Name of the page in a drill's directory.
pub(crate) const FILE: &str = "report.html";
/// Name of a sweep's file in its directory, and in that of a drill.
const SWEEP: &str = "sweep.json";

/// Arguments of `report`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportArgs {
    /// Directory that `drill` left.
    drill: PathBuf,
    /// sweep.json, or the directory that `sweep` left; by default the one in the drill's directory, if
    /// there is one.
    #[arg(long)]
    sweep: Option<PathBuf>,
    /// File to write the page to, by default `report.html` in the drill's directory.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: ReportArgs, terminal: &Terminal) -> Result<(), Failure> {
    let out = args.out.unwrap_or_else(|| args.drill.join(FILE));
    let size_bytes = write(&args.drill, args.sweep.as_deref(), &out)?;
    if terminal.is_json() {
        let file = out.display().to_string();
        return terminal.json(&serde_json::json!({ "file": file, "size_bytes": size_bytes }));
    }
    terminal.text(&format!("Wrote {} ({} kB).", out.display(), size_bytes.div_ceil(1000)))
}

/// Writes the page of the drill in `folder` to `out`, and says how large it is.
pub(crate) fn write(folder: &Path, sweep: Option<&Path>, out: &Path) -> Result<usize, Failure> {
    let inputs = read(folder, sweep)?;
    inputs.check().or_exit(exit::INPUT)?;
    let page = report::html(&inputs);
    let mut file = PartialFile::create(out)?;
    file.write_all(page.as_bytes())?;
    file.finish()?;
    Ok(page.len())
}

fn read(folder: &Path, sweep: Option<&Path>) -> Result<Inputs, Failure> {
    let file = |name: &str| folder.join(name);
    let (score, score_text) = text(&file("score.json"))?;
    let (drill, drill_text) = text(&file("drill.json"))?;
    let (run, run_text) = text(&file("run/run.json"))?;
    let (alerts, alerts_text) = text(&file("run/alerts.ndjson"))?;
    let (evidence, evidence_reader) = open(&file("run/evidence.ndjson"))?;
    let (truth, truth_reader) = open(&file("corpus/truth.ndjson"))?;
    let mut log = AlertLog::read(&alerts, alerts_text.as_bytes()).or_exit(exit::INPUT)?;
    log.read_evidence(&evidence, evidence_reader).or_exit(exit::INPUT)?;
    Ok(Inputs {
        drill: report::parse(&drill, "a drill", &drill_text).or_exit(exit::INPUT)?,
        score: Score::parse(&score, &score_text).or_exit(exit::INPUT)?,
        run: report::parse(&run, "the summary of a run", &run_text).or_exit(exit::INPUT)?,
        truth: Truth::read(&truth, truth_reader).or_exit(exit::INPUT)?,
        callers: report::callers(&alerts, &alerts_text).or_exit(exit::INPUT)?,
        alerts: log,
        sweep: read_sweep(folder, sweep)?,
        folder: folder.display().to_string(),
    })
}

/// The sweep that was asked for, or the one in the drill's directory.
fn read_sweep(folder: &Path, sweep: Option<&Path>) -> Result<Option<Sweep>, Failure> {
    let path = match sweep {
        Some(path) if path.is_dir() => path.join(SWEEP),
        Some(path) => path.to_owned(),
        None if folder.join(SWEEP).exists() => folder.join(SWEEP),
        None => return Ok(None),
    };
    let (name, text) = text(&path)?;
    Sweep::parse(&name, &text).map(Some).or_exit(exit::INPUT)
}

fn text(path: &Path) -> Result<(String, String), Failure> {
    let text = fs::read_to_string(path);
    let text = text.map_err(|error| Failure::at(exit::INPUT, path, &error))?;
    Ok((path.display().to_string(), text))
}

fn open(path: &Path) -> Result<(String, BufReader<File>), Failure> {
    let opened = File::open(path).map(BufReader::new);
    let reader = opened.map_err(|error| Failure::at(exit::INPUT, path, &error))?;
    Ok((path.display().to_string(), reader))
}
