//! `vaultdrill gate`: whether a score meets its requirements, as a verdict and an exit code.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit::{self, Failure, OrExit};
use super::gate_drill;
use super::gate_outputs::OutputFiles;
use super::terminal::Terminal;
use crate::drill::Drill;
use crate::gate::{
    Baseline, Gate, GateError, GateReport, InconclusiveIs, NOISE_DEFAULT, Requirement, Terms,
    Verdict, WaiverFile, decide,
};
use crate::measure::today;
use crate::output::RunReport;
use crate::scenarios::Kind;
use crate::score::Score;

const EXAMPLES: &str = "\
Examples:
  vaultdrill gate --score drill-ci --require 'recall.campaign.lo >= 75%'
  vaultdrill gate ci --score new/score.json --baseline old/score.json
  vaultdrill gate ci --base-rules main/rules --rules rules --out gate --github

Requirements:
  recall.campaign >= 0.90            a dotted path of score.json, or a short name:
  ttd.p90 <= 20m                     recall, precision, ttd.p90, ttd_from_reveal.p90,
  throughput >= 0.9 * baseline       objects_revealed.p50, throughput, latency.p99,
  alerts_per_day <= baseline + 5     throughput_bytes, state_bytes (run.json: run.*)
  recall.campaign.lo >= 75%          ends of an interval are taken literally
  no_lost_campaign(severity >= high) also attack == NAME, variant == NAME, and

A requirement fails only if its figure is beyond the limit and the interval
excludes the limit; if it does not, the gate is inconclusive. Against a
baseline, the interval is that of the paired difference. Speed has no interval:
limits such as `latency.p99 <= 2ms` are taken literally, and against a baseline
only what is beyond --noise counts, on like machines. Exit codes: 0 pass,
10 quality failed, 11 performance failed, 12 both, 20 inconclusive,
2 configuration, 3 input.";

/// Arguments of `gate`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GateArgs {
    /// Drill, by name or file, whose [gate] table says what must be met.
    #[arg(required_unless_present = "score")]
    drill: Option<String>,
    /// score.json to judge, or the directory of a drill.
    #[arg(long, conflicts_with = "base_rules")]
    score: Option<PathBuf>,
    /// run.json of the run that was scored; by default run/run.json beside the score.
    #[arg(long, requires = "score")]
    run: Option<PathBuf>,
    /// Earlier score.json of the same corpus, or the directory of its drill.
    #[arg(long, requires = "score")]
    baseline: Option<PathBuf>,
    /// run.json of the baseline; by default run/run.json beside it.
    #[arg(long, requires = "baseline")]
    baseline_run: Option<PathBuf>,
    /// What must be met; may be given several times, and adds to the drill's own.
    #[arg(long = "require", value_name = "EXPRESSION")]
    requirements: Vec<String>,
    /// TOML file of [[waivers]]: requirement or campaign_id, reason, owner, until.
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    /// Largest drop of recall that may go unnoticed, such as 5%: with too few campaigns to see it,
    /// recall is inconclusive even where it is met.
    #[arg(long, value_parser = share)]
    margin: Option<f64>,
    /// How much the speed of two runs of the same may differ before it says anything.
    #[arg(long, value_parser = share, default_value_t = NOISE_DEFAULT)]
    noise: f64,
    /// What a requirement that cannot be told counts as, instead of exit code 20.
    #[arg(long, value_enum)]
    inconclusive: Option<InconclusiveArg>,
    /// The day that waivers are compared with, by default today (UTC).
    #[arg(long, value_name = "DATE")]
    today: Option<jiff::civil::Date>,
    /// Stage the drill, and judge its rules against these: packs, rules, files or folders.
    #[arg(long, value_name = "RULES", requires = "drill")]
    pub(super) base_rules: Vec<String>,
    /// The rules to judge, instead of the drill's own.
    #[arg(long, value_name = "RULES", requires = "base_rules")]
    pub(super) rules: Vec<String>,
    /// Worker threads, 1 to 255, by default one per core; they change the speed, not the result.
    #[arg(long, requires = "base_rules", value_parser = clap::value_parser!(u8).range(1..))]
    pub(super) workers: Option<u8>,
    #[command(flatten)]
    pub(super) outputs: OutputFiles,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum InconclusiveArg {
    Pass,
    Fail,
}

/// A score, the run that was scored, and the file they came from.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) file: String,
    pub(crate) score: Score,
    pub(crate) run: Option<RunReport>,
}

pub(crate) fn run(args: &GateArgs, terminal: &Terminal) -> Result<(), Failure> {
    args.outputs.check(terminal)?;
    let drill = args.drill.as_deref().map(load_drill).transpose()?;
    // Faults of the configuration are told before the work.
    let terms = args.terms(drill.as_ref())?;
    let (now, before) = match (&args.score, &drill) {
        (Some(score), _) => {
            let now = Judged::read(score, args.run.as_deref(), terminal)?;
            let before = args
                .baseline
                .as_ref()
                .map(|path| Judged::read(path, args.baseline_run.as_deref(), terminal));
            (now, before.transpose()?)
        }
        (None, Some(drill)) if !args.base_rules.is_empty() => {
            let [now, before] = gate_drill::play(drill, args, terminal)?;
            (now, Some(before))
        }
        _ => {
            let error = "expected --score FILE, or --base-rules to stage the drill, found neither";
            return Err(Failure::new(exit::USAGE, anyhow::anyhow!(error)));
        }
    };
    let gate = Gate {
        file: &now.file,
        score: &now.score,
        run: now.run.as_ref(),
        baseline: before.as_ref().map(|before| Baseline {
            file: &before.file,
            score: &before.score,
            run: before.run.as_ref(),
        }),
        terms: &terms,
    };
    let report = decide(&gate).map_err(failure)?;
    args.outputs.write(&report, args.staging(drill.as_ref()).as_deref(), terminal)?;
    end(&report)
}

impl GateArgs {
    /// What must be met: the drill's own requirements, then those given.
    fn terms(&self, drill: Option<&Drill>) -> Result<Terms, Failure> {
        let (mut requirements, mut waivers, mut margin) = (Vec::new(), Vec::new(), self.margin);
        if let Some((drill, config)) = drill.and_then(|drill| Some((drill, drill.gate.as_ref()?))) {
            requirements = config.requirements().map_err(failure)?;
            waivers = config.waivers(&drill.name).map_err(failure)?;
            margin = margin.or(config.margin(&drill.name).map_err(failure)?);
        }
        for text in &self.requirements {
            requirements.push(Requirement::parse(text).map_err(|error| failure(error.into()))?);
        }
        if let Some(path) = &self.waivers {
            let text = fs::read_to_string(path);
            let text = text.map_err(|error| Failure::at(exit::USAGE, path, &error))?;
            let name = path.display().to_string();
            waivers.extend(WaiverFile::parse(&name, &text).map_err(failure)?);
        }
        if requirements.is_empty() {
            return Err(failure(GateError::Empty));
        }
        Ok(Terms {
            requirements,
            waivers,
            margin,
            noise: self.noise,
            inconclusive: match self.inconclusive {
                None => InconclusiveIs::Own,
                Some(InconclusiveArg::Pass) => InconclusiveIs::Pass,
                Some(InconclusiveArg::Fail) => InconclusiveIs::Fail,
            },
            today: self.today.unwrap_or_else(today),
        })
    }

    /// Where a staged drill is left; none where a score is given.
    pub(super) fn staging(&self, drill: Option<&Drill>) -> Option<PathBuf> {
        let drill = drill.filter(|_| self.score.is_none())?;
        Some(self.outputs.out.clone().unwrap_or_else(|| format!("gate-{}", drill.name).into()))
    }
}

impl Judged {
    /// Reads `path`, a score or the directory of a drill, and its run.
    pub(crate) fn read(
        path: &Path,
        run: Option<&Path>,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let path = if path.is_dir() { path.join("score.json") } else { path.to_owned() };
        let file = path.display().to_string();
        let score = Score::parse(&file, &text(&path)?).or_exit(exit::INPUT)?;
        if score.campaigns.scored == 0 {
            let error =
                anyhow::anyhow!("{file}: expected at least one scored campaign, found none");
            return Err(Failure::new(exit::NOTHING_TO_SCORE, error));
        }
        let beside = path.with_file_name("run").join("run.json");
        let run = match run {
            Some(run) => Some(read_run(run)?),
            None if beside.exists() => {
                let run = read_run(&beside)?;
                let is_its_own = run.corpus_id == score.corpus_id && run.rules_id == score.rules_id;
                if !is_its_own {
                    let beside = beside.display();
                    terminal.note(&format!("{beside} is not the run of {file}, and is not used"));
                }
                Some(run).filter(|_| is_its_own)
            }
            None => None,
        };
        Ok(Self { file, score, run })
    }
}

fn load_drill(name: &str) -> Result<Drill, Failure> {
    let file = Kind::Drill.load(name).or_exit(exit::USAGE)?;
    Drill::parse(&file.name, &file.text).or_exit(exit::USAGE)
}

fn read_run(path: &Path) -> Result<RunReport, Failure> {
    let expected = |error| {
        let path = path.display();
        Failure::new(exit::INPUT, anyhow::anyhow!("{path}: expected a run.json, found {error}"))
    };
    serde_json::from_str(&text(path)?).map_err(expected)
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::at(exit::INPUT, path, &error))
}

/// The failure of a gate or a comparison that could not be made.
pub(crate) fn failure(error: GateError) -> Failure {
    Failure::new(if error.is_input() { exit::INPUT } else { exit::USAGE }, error)
}

/// The verdict as an exit code.
fn end(report: &GateReport) -> Result<(), Failure> {
    let (code, what) = match (report.quality_failed, report.performance_failed, report.verdict) {
        (true, true, _) => (exit::QUALITY_AND_PERFORMANCE, "quality and performance failed"),
        (true, false, _) => (exit::QUALITY, "quality failed"),
        (false, true, _) => (exit::PERFORMANCE, "performance failed"),
        (false, false, Verdict::Pass) => return Ok(()),
        _ => (exit::INCONCLUSIVE, "inconclusive"),
    };
    Err(Failure::new(code, anyhow::anyhow!("gate: {what}")))
}

/// A share such as `5%` or `0.05`.
fn share(text: &str) -> Result<f64, String> {
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().map(|number| number / scale);
    let share = share.ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "expected a share such as 5% or 0.05".to_owned())
}
