//! `vaultdrill score`: score alerts against the truth of their corpus.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{self, Failure};
use super::nearest::NearestArgs;
use super::score_foreign::ForeignArgs;
use super::terminal::Terminal;
use crate::output::PartialFile;
use crate::score::{self, AlertLog, CleanTwin, Inputs, Manifest, Run, Score, ScoreError, Truth};

const EXAMPLES: &str = "\
Examples:
  vaultdrill score --truth corpus/truth.ndjson --alerts run/alerts.ndjson
  vaultdrill score --truth corpus/truth.ndjson --alerts run/alerts.ndjson \\
    --twin-manifest clean/manifest.json --twin-alerts clean-run/alerts.ndjson \\
    --out score.json --format json
  vaultdrill score --truth corpus/truth.ndjson --alerts run/alerts.ndjson \\
    --corpus corpus --rules my-rules/
  vaultdrill score --truth corpus/truth.ndjson --alerts siem.csv --alert-format csv \
    --columns fired_at=detected,rule=alert_name,identity=user";

/// Columns of the summary.
pub(crate) const WIDTH: usize = 80;

/// Arguments of `score`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ScoreArgs {
    /// truth.ndjson of the corpus.
    #[arg(long)]
    pub(crate) truth: PathBuf,
    /// alerts.ndjson of the run; evidence.ndjson and run.json are read beside it.
    #[arg(long)]
    pub(crate) alerts: PathBuf,
    #[command(flatten)]
    pub(crate) foreign: ForeignArgs,
    /// manifest.json of the corpus; by default the one beside the truth.
    #[arg(long)]
    pub(crate) manifest: Option<PathBuf>,
    /// alerts.ndjson of a run over the clean twin, for rates of false alerts.
    #[arg(long, requires = "twin_manifest")]
    pub(crate) twin_alerts: Option<PathBuf>,
    /// manifest.json of the clean twin.
    #[arg(long, requires = "twin_alerts")]
    pub(crate) twin_manifest: Option<PathBuf>,
    /// Attack campaigns a day in the world the precision is to hold for.
    #[arg(long, default_value_t = score::DEFAULT_CAMPAIGNS_PER_DAY, value_parser = rate)]
    pub(crate) campaigns_per_day: f64,
    /// File to write the score to, as JSON.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) nearest: NearestArgs,
}

pub(crate) fn run(args: ScoreArgs, terminal: &Terminal) -> Result<(), Failure> {
    let score = args.score(|score, inputs| args.nearest.tell(score, inputs, terminal))?;
    if terminal.is_json() {
        terminal.json(&score)
    } else {
        terminal.text(&score::text(&score, WIDTH))
    }
}

impl ScoreArgs {
    /// Reads the files, scores, has `tell` add what it knows, and writes the score where asked to.
    pub(crate) fn score(
        &self,
        tell: impl FnOnce(&mut Score, &Inputs) -> Result<(), Failure>,
    ) -> Result<Score, Failure> {
        let inputs = self.inputs()?;
        let mut score = score::score(&inputs).map_err(failure)?;
        tell(&mut score, &inputs)?;
        if let Some(out) = &self.out {
            PartialFile::write_json(out, &score)?;
        }
        Ok(score)
    }

    fn inputs(&self) -> Result<Inputs, Failure> {
        let beside = |path: &Path, name: &str| path.with_file_name(name);
        let manifest = self.manifest.clone();
        let manifest = manifest.unwrap_or_else(|| beside(&self.truth, "manifest.json"));
        let run = beside(&self.alerts, "run.json");
        let format = self
            .foreign
            .format()
            .map_err(|fault| Failure::new(exit::USAGE, anyhow::anyhow!(fault)))?;
        let alert_log = |alerts: &Path| match &format {
            None => alert_log(alerts),
            Some(format) => {
                AlertLog::read_foreign(&name(alerts), format, open(alerts)?).map_err(failure)
            }
        };
        let twin = self.twin_alerts.as_ref().zip(self.twin_manifest.as_ref());
        Ok(Inputs {
            truth: read_truth(&self.truth)?,
            alerts: alert_log(&self.alerts)?,
            manifest: read_manifest(&manifest)?,
            run: (format.is_none() && run.exists()).then(|| read_run(&run)).transpose()?,
            clean_twin: twin
                .map(|(alerts, manifest)| {
                    let (alerts, manifest) = (alert_log(alerts)?, read_manifest(manifest)?);
                    Ok::<_, Failure>(CleanTwin { alerts, manifest })
                })
                .transpose()?,
            campaigns_per_day: self.campaigns_per_day,
        })
    }
}

/// Reads a truth.ndjson.
pub(crate) fn read_truth(path: &Path) -> Result<Truth, Failure> {
    Truth::read(&name(path), open(path)?).map_err(failure)
}

/// With the exit code of what is wrong.
pub(crate) fn failure(error: ScoreError) -> Failure {
    let code = match &error {
        ScoreError::NothingToScore { .. } => exit::NOTHING_TO_SCORE,
        ScoreError::Column { .. } => exit::USAGE,
        _ => exit::INPUT,
    };
    Failure::new(code, error)
}

fn alert_log(alerts: &Path) -> Result<AlertLog, Failure> {
    let evidence = alerts.with_file_name("evidence.ndjson");
    let mut log = AlertLog::read(&name(alerts), open(alerts)?).map_err(failure)?;
    log.read_evidence(&name(&evidence), open(&evidence)?).map_err(failure)?;
    Ok(log)
}

pub(crate) fn read_manifest(path: &Path) -> Result<Manifest, Failure> {
    Manifest::parse(&name(path), &text(path)?).map_err(failure)
}

fn read_run(path: &Path) -> Result<Run, Failure> {
    Run::parse(&name(path), &text(path)?).map_err(failure)
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::at(exit::INPUT, path, &error))
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let opened = File::open(path).map(BufReader::new);
    opened.map_err(|error| Failure::at(exit::INPUT, path, &error))
}

/// A rate of campaigns that somebody could believe in.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| "expected a number of campaigns per day above zero".to_owned())
}

fn name(path: &Path) -> String {
    path.display().to_string()
}
