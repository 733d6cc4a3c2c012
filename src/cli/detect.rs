//! `vaultdrill detect`: replay logs through the rules and write what they alert on.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use miette::{GraphicalReportHandler, GraphicalTheme};

use super::detect_pace::{self, PaceArgs};
use super::exit::{self, Failure, OrExit};
use super::inputs::{UnpackArgs, resolved};
use super::interrupt::{Heeded, interrupted};
use super::limits::LimitArgs;
use super::terminal::{Terminal, Unit};
use crate::detect::{Watch, Watermark};
use crate::engine::{self, Drive, EngineError, Options, Outcome, Pace, Phase, Progress};
use crate::event::TickSpan;
use crate::ingest::{IngestError, NotRead, Resolved};
use crate::measure::WallClock;
use crate::noise::Noise;
use crate::output::{ResultsError, RunReport, note_alerts, write_results};
use crate::rules::{LoadError, Loaded, PACK, RuleSet, Timing, load_all, parse_span};
use crate::wrapped::folded;

const EXAMPLES: &str = "\
Examples:
  vaultdrill detect corpus --out run
  vaultdrill detect insights-logs-auditevent.ndjson activity.ndjson.gz
  zcat october/*.gz | vaultdrill detect - --out run
  vaultdrill detect corpus --rules my-rules/ --format json
  vaultdrill detect october --history september --out run
  vaultdrill detect corpus --rate 20k          records offered at a pace
  vaultdrill detect corpus --speed 3600x       an hour in a second
  vaultdrill detect corpus --rules elastic/ --timing scheduled";

/// Large enough that workers seldom wait for each other at the end of a round; of 64 KiB to 1 MiB the
/// fastest on two cores.
const DEFAULT_BLOCK_BYTES: usize = 1 << 20;

/// What the progress bar is called while a history is read, or inputs are unpacked.
const LEARNING: &str = "learning";
const UNPACKING: &str = "unpacking";

/// Arguments of `detect`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DetectArgs {
    /// Corpora, folders of logs, log files, patterns, pipes, or `-` for standard input; plain, gzip,
    /// Zstandard or CSV.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// Rule pack (`all` for all), rule, rule file or directory; may be repeated.
    #[arg(long, default_value = PACK)]
    rules: Vec<String>,
    /// Earlier logs to learn from first; they never alert. May be repeated.
    #[arg(long, value_name = "PATH")]
    history: Vec<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    unpack: UnpackArgs,
    /// Judge events as they arrive, or run rules that have a schedule on it.
    #[arg(long, value_enum, default_value_t = TimingArg::Streaming)]
    timing: TimingArg,
    /// Directory for alerts.ndjson, evidence.ndjson and run.json; without it, only the summary.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// When rules judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimingArg {
    Streaming,
    Scheduled,
}

/// How the engine runs.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct EngineArgs {
    /// Worker threads, 1 to 255, by default one per core as far as --max-memory has room.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    workers: Option<u8>,
    /// How late a record may be and still be judged by every rule, such as 90s, 2h.
    #[arg(long, default_value = "2h", value_parser = parse_span)]
    pub(crate) lateness: TickSpan,
    /// About how many bytes are parsed as one block.
    #[arg(long, hide_short_help = true, default_value_t = DEFAULT_BLOCK_BYTES, value_parser = block_bytes)]
    block_bytes: usize,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// A run over some inputs.
#[derive(Debug)]
pub(crate) struct Replay<'a> {
    pub(crate) inputs: &'a [PathBuf],
    /// What to learn from before.
    pub(crate) history: &'a [PathBuf],
    pub(crate) rules: &'a RuleSet,
    pub(crate) engine: EngineArgs,
    /// Directory for the files of the run.
    pub(crate) out: Option<&'a Path>,
    /// What the progress bar is called.
    pub(crate) label: &'static str,
}

pub(crate) fn run(args: DetectArgs, terminal: &Terminal) -> Result<(), Failure> {
    let mut rules = load_rules(&args.rules, terminal)?;
    set_timing(&mut rules, args.timing.into())?;
    args.engine.limits.check(args.timing)?;
    let replay = Replay {
        inputs: &args.inputs,
        history: &args.history,
        rules: &rules,
        engine: args.engine,
        out: args.out.as_deref(),
        label: "detecting",
    };
    let report = replay.run_at(args.pace.pace(), args.unpack, terminal)?;
    if terminal.is_json() {
        terminal.json(&report)?;
    } else {
        terminal.text(&report.summary())?;
        if let Some(out) = &args.out {
            terminal.text(&format!("\nalerts, evidence and run.json are in {}", out.display()))?;
        }
    }
    if report.interrupted {
        return Err(interrupted(anyhow::anyhow!("interrupted after {} records", report.records)));
    }
    Ok(())
}

/// Has the rules judge by that timing.
pub(crate) fn set_timing(rules: &mut RuleSet, timing: Timing) -> Result<(), Failure> {
    if timing == Timing::Streaming || rules.put_on_schedule() > 0 {
        return Ok(());
    }
    let error = anyhow::anyhow!(
        "expected a rule with a schedule for the timing `scheduled`, found none among {} (a table \
         [schedule] in a rule file makes one; rules in Elastic's form have one)",
        rules.rules.len()
    );
    Err(Failure::new(exit::USAGE, error))
}

impl From<TimingArg> for Timing {
    fn from(timing: TimingArg) -> Self {
        match timing {
            TimingArg::Streaming => Self::Streaming,
            TimingArg::Scheduled => Self::Scheduled,
        }
    }
}

/// Loads rule packs, rules, files and directories; says how many files were left out.
pub(crate) fn load_rules(names: &[String], terminal: &Terminal) -> Result<RuleSet, Failure> {
    let Loaded { rules, refused } = load_all(names).map_err(|error| rules_failure(&error))?;
    if !refused.is_empty() {
        terminal.note(&format!(
            "{} rules are run, {} cannot be: `vaultdrill rules check {}` says why",
            rules.rules.len(),
            refused.len(),
            names.join(" ")
        ));
    }
    Ok(rules)
}

/// The failure of loading rules, with the place in the file drawn.
pub(crate) fn rules_failure(error: &LoadError) -> Failure {
    let mut text = String::new();
    let theme = GraphicalTheme::unicode_nocolor();
    let drawn = GraphicalReportHandler::new_themed(theme)
        .with_width(80)
        .with_links(false)
        .render_report(&mut text, error);
    let text = if drawn.is_ok() { text } else { error.to_string() };
    Failure::new(exit::USAGE, anyhow::anyhow!("{}", text.trim()))
}

/// Makes the directory that results go to, before the work that they are the result of.
pub(crate) fn make_directory(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| Failure::at(exit::UNEXPECTED, path, &error))
}

/// The command line, for files that say how they were made.
pub(crate) fn command() -> Vec<String> {
    std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

impl EngineArgs {
    /// The defaults, with this many workers.
    pub(crate) fn with_workers(workers: Option<u8>) -> Self {
        Self {
            workers,
            lateness: Watermark::DEFAULT_LATENESS,
            block_bytes: DEFAULT_BLOCK_BYTES,
            limits: LimitArgs::none(),
        }
    }

    /// The same within these limits.
    pub(crate) fn within(self, limits: LimitArgs) -> Self {
        Self { limits, ..self }
    }

    /// How many threads work: as many as were asked for, else as many as there are cores and memory for.
    pub(crate) fn threads(&self) -> usize {
        let fitting = || self.limits.limits().workers_that_fit(super::default_threads());
        self.workers.map_or_else(fitting, usize::from)
    }

    /// A sentence where a budget of memory costs workers that nobody asked for.
    fn note(&self) -> Option<String> {
        let (cores, threads) = (super::default_threads(), self.threads());
        let is_fewer = self.workers.is_none() && threads < cores;
        is_fewer.then(|| {
            format!(
                "--max-memory has room for fewer workers than cores: {threads} of {cores} at work"
            )
        })
    }

    /// The same as the engine takes it.
    pub(crate) fn options(&self) -> Options {
        Options {
            workers: self.threads(),
            block_bytes: self.block_bytes,
            lateness: self.lateness,
            limits: self.limits.limits(),
        }
    }
}

impl Replay<'_> {
    /// Runs, writes the files where an output directory is given, and returns run.json's content. An
    /// interrupt is a failure: what it leaves is not what the caller goes on with.
    pub(crate) fn run(&self, terminal: &Terminal) -> Result<RunReport, Failure> {
        if let Some(out) = self.out {
            make_directory(out)?;
        }
        let (outcome, not_read) = self.driven(&Drive::default(), terminal)?;
        if outcome.interrupted {
            return Err(ended(&outcome));
        }
        self.report(&outcome, &not_read, terminal)
    }

    /// The same at a pace, and of what had been read if it is interrupted.
    fn run_at(
        &self,
        pace: Option<Pace>,
        unpack: UnpackArgs,
        terminal: &Terminal,
    ) -> Result<RunReport, Failure> {
        // From before there is anything to be seen of the run until all has been judged.
        let heeded = Heeded::new();
        if let Some(out) = self.out {
            make_directory(out)?;
        }
        let clock = WallClock::start();
        let replay = pace.map(|pace| engine::Replay { pace, records_max: u64::MAX, clock: &clock });
        let drive = Drive { replay, unpack: unpack.unpack(self.out), ..Drive::default() };
        let (outcome, not_read) = self.driven(&drive, terminal)?;
        drop(heeded);
        self.report(&outcome, &not_read, terminal)
    }

    /// Writes the files of a run where an output directory is given.
    fn report(
        &self,
        outcome: &Outcome,
        not_read: &NotRead,
        terminal: &Terminal,
    ) -> Result<RunReport, Failure> {
        note_overlap(outcome, terminal);
        let mut report = RunReport::new(outcome, self.rules, &self.engine.options(), command());
        report.inputs = report.inputs.beside(not_read);
        for note in report.inputs.notes() {
            terminal.note(folded(&note).trim_end());
        }
        match self.out {
            Some(out) => {
                write_results(out, outcome, self.rules, &mut report).map_err(results_failure)?;
            }
            None => {
                let noted = note_alerts(outcome, self.rules).or_exit(exit::INPUT)?;
                report.noise = Some(Noise::of(&noted, &self.rules.rules, outcome.arrived));
            }
        }
        Ok(report)
    }

    /// Runs and gives what was found, written to no file; it tells of watched events, too.
    pub(crate) fn outcome(&self, watch: &Watch, terminal: &Terminal) -> Result<Outcome, Failure> {
        let drive = Drive { watch: Some(watch), ..Drive::default() };
        let (outcome, _) = self.driven(&drive, terminal)?;
        if outcome.interrupted { Err(ended(&outcome)) } else { Ok(outcome) }
    }

    fn driven(
        &self,
        drive: &Drive<'_>,
        terminal: &Terminal,
    ) -> Result<(Outcome, NotRead), Failure> {
        let Resolved { inputs, not_read } = resolved(self.inputs, terminal)?;
        let history = resolved(self.history, terminal)?.inputs;
        let heeded = Heeded::new();
        let drive = Drive { stop: Some(heeded.flag()), ..*drive };
        let options = self.engine.options();
        if let Some(note) = self.engine.note() {
            terminal.note(&note);
        }
        let unit = if drive.replay.is_some() { Unit::Paced } else { Unit::Bytes };
        let bar = terminal.progress(self.label, unit);
        let mut progress = |phase, so_far: Progress| {
            bar.set_prefix(match phase {
                Phase::Unpacking => UNPACKING,
                Phase::Learning => LEARNING,
                Phase::Detecting => self.label,
            });
            bar.set_length(so_far.bytes_expected);
            bar.set_position(so_far.bytes);
            if let Some(news) = so_far.news {
                detect_pace::show(&bar, news);
            }
        };
        let outcome = engine::drive(&drive, &inputs, &history, self.rules, &options, &mut progress);
        bar.finish_and_clear();
        outcome.map(|outcome| (outcome, not_read)).map_err(engine_failure)
    }
}

/// The failure of a run that was interrupted before it was of any use.
fn ended(outcome: &Outcome) -> Failure {
    let records = outcome.findings.counts.records;
    interrupted(anyhow::anyhow!("interrupted after {records} records"))
}

fn results_failure(error: ResultsError) -> Failure {
    match error {
        ResultsError::Write(error) => Failure::new(exit::UNEXPECTED, error),
        ResultsError::Input(error) => Failure::new(exit::INPUT, error),
    }
}

/// The failure of a run.
pub(crate) fn engine_failure(error: EngineError) -> Failure {
    let code = match &error {
        EngineError::Open(IngestError::Interrupted) => return interrupted(error),
        EngineError::Open(IngestError::Spool { .. }) | EngineError::Worker(_) => exit::UNEXPECTED,
        EngineError::SeveralInputs { .. }
        | EngineError::NoArrivals { .. }
        | EngineError::NoLines { .. }
        | EngineError::Memory(_) => exit::USAGE,
        EngineError::Open { .. }
        | EngineError::Arrivals { .. }
        | EngineError::EmptyHistory { .. }
        | EngineError::Captured => exit::INPUT,
    };
    Failure::new(code, error)
}

/// Says where a history knows what the corpus is yet to tell.
fn note_overlap(outcome: &Outcome, terminal: &Terminal) {
    let Some(history) = outcome.history.as_ref().filter(|history| history.overlap > TickSpan(0))
    else {
        return;
    };
    terminal.note(&format!(
        "the history goes on for {:.0} s after the corpus starts: rules know of things that have yet \
         to happen, and miss what they would call new",
        history.overlap.as_seconds_f64().ceil(),
    ));
}

/// A sensible block size: one that holds a line, and not a gigabyte of them.
fn block_bytes(text: &str) -> Result<usize, String> {
    let bytes: usize = text.parse().map_err(|_| "expected a number of bytes".to_owned())?;
    let sensible = (1 << 10)..=(1 << 28);
    sensible
        .contains(&bytes)
        .then_some(bytes)
        .ok_or_else(|| format!("expected 1024 to {} bytes", 1 << 28))
}
