//! `vaultdrill drill`: stage, replay and score one reproducible experiment.
//!
//! Nothing here that the other commands could not do one by one: the files it leaves are theirs, and
//! every figure of its summary can be derived from them again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use vaultdrill_generators::{Layout, Plan};

use super::detect::{EngineArgs, Replay, TimingArg, load_rules, make_directory, set_timing};
use super::exit::{self, Failure, OrExit};
use super::generate;
use super::nearest::{self, NearestArgs};
use super::report;
use super::score::{ScoreArgs, WIDTH};
use super::score_foreign::ForeignArgs;
use super::terminal::Terminal;
use crate::drill::Drill;
use crate::output::{PartialFile, RunReport};
use crate::rules::{RuleSet, Timing};
use crate::scenarios::Kind;
use crate::score::{self, DEFAULT_CAMPAIGNS_PER_DAY};

const EXAMPLES: &str = "\
Examples:
  vaultdrill drill
  vaultdrill drill --seed 7 --out seven
  vaultdrill drill packs
  vaultdrill drill my-drill.toml --format json";

/// Arguments of `drill`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DrillArgs {
    /// Drill, by name or file.
    #[arg(default_value = "quickstart")]
    drill: String,
    /// Seed of every random draw, instead of the drill's own.
    #[arg(long)]
    seed: Option<u64>,
    /// When rules judge, instead of what the drill says: as records arrive, or those that have a
    /// schedule as they run where deployed.
    #[arg(long, value_enum)]
    timing: Option<TimingArg>,
    /// Worker threads, 1 to 255, by default one per core; they change the speed, not the result.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    workers: Option<u8>,
    /// Directory to leave everything in; by default `drill-` and the drill's name. Files of an
    /// earlier drill there are replaced.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: DrillArgs, terminal: &Terminal) -> Result<(), Failure> {
    let file = Kind::Drill.load(&args.drill).or_exit(exit::USAGE)?;
    let mut drill = Drill::parse(&file.name, &file.text).or_exit(exit::USAGE)?;
    drill.seed = args.seed.unwrap_or(drill.seed);
    drill.timing = args.timing.map_or(drill.timing, Timing::from);
    let out = args.out.unwrap_or_else(|| PathBuf::from(format!("drill-{}", drill.name)));
    let mut rules = load_rules(&drill.rules, terminal)?;
    set_timing(&mut rules, drill.timing)?;
    let stage = Stage { rules, workers: args.workers, drill: &drill, out: &out, terminal };
    make_directory(&out)?;
    // An earlier score must not stand beside a corpus that it is not about.
    for file in ["score.json", report::FILE] {
        match fs::remove_file(out.join(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    PartialFile::write_json(&out.join("drill.json"), &drill)?;
    let plan = stage.plan()?;
    let run = stage.play(&plan, "run", ["staging", "replaying"])?;
    stage.play(&clean_twin(plan.clone(), &out), "twin-run", ["staging twin", "replaying twin"])?;
    let scoring = ScoreArgs {
        truth: out.join("corpus/truth.ndjson"),
        alerts: out.join("run/alerts.ndjson"),
        foreign: ForeignArgs::default(),
        manifest: None,
        twin_alerts: Some(out.join("twin-run/alerts.ndjson")),
        twin_manifest: Some(out.join("twin/manifest.json")),
        campaigns_per_day: DEFAULT_CAMPAIGNS_PER_DAY,
        out: Some(out.join("score.json")),
        nearest: NearestArgs::default(),
    };
    let engine = EngineArgs::with_workers(args.workers);
    let score = scoring.score(|score, inputs| {
        let corpus = std::slice::from_ref(&plan.out);
        nearest::tell((corpus, &[]), &stage.rules, engine, (score, inputs), terminal)
    })?;
    report::write(&out, None, &out.join(report::FILE))?;
    if terminal.is_json() {
        return terminal.json(&score);
    }
    terminal.text(&score::text(&score, WIDTH))?;
    terminal.text(&format!("\n{}\n\n{}", run.speed_line(), files_of(&out)))
}

/// What the two halves of a drill, corpus and clean twin, have in common.
pub(crate) struct Stage<'a> {
    pub(crate) rules: RuleSet,
    pub(crate) workers: Option<u8>,
    pub(crate) drill: &'a Drill,
    pub(crate) out: &'a Path,
    pub(crate) terminal: &'a Terminal,
}

impl Stage<'_> {
    pub(crate) fn plan(&self) -> Result<Plan, Failure> {
        let attacks = generate::Attacks::select(&self.drill.attacks)?;
        Ok(Plan {
            estate: generate::estate(&self.drill.estate)?,
            attacks: attacks.injected,
            withheld: attacks.withheld,
            look_alikes: generate::look_alikes()?,
            seed: self.drill.seed,
            events: Some(self.drill.events),
            days: self.drill.days,
            warmup_days: self.drill.warmup_days,
            layout: Layout::Lines,
            threads: self.workers.map_or_else(super::default_threads, usize::from),
            out: self.out.join("corpus"),
            force: true,
        })
    }

    /// Generates a corpus and runs the rules over it.
    fn play(
        &self,
        plan: &Plan,
        run: &str,
        [generating, detecting]: [&'static str; 2],
    ) -> Result<RunReport, Failure> {
        generate::write_corpus(plan, generating, self.terminal)?;
        let replay = Replay {
            inputs: std::slice::from_ref(&plan.out),
            history: &[],
            rules: &self.rules,
            engine: EngineArgs::with_workers(self.workers),
            out: Some(&self.out.join(run)),
            label: detecting,
        };
        replay.run(self.terminal)
    }
}

/// The same plan with nothing injected: its attacks only take part in the calibration.
pub(crate) fn clean_twin(mut plan: Plan, out: &Path) -> Plan {
    plan.withheld.append(&mut plan.attacks);
    plan.out = out.join("twin");
    plan
}

/// Where everything is, for somebody who wants to look closer.
fn files_of(out: &Path) -> String {
    let out = out.display();
    format!(
        "Files in {out}:\n  \
         report.html         all of it as one page for a browser\n  \
         score.json          every figure above, with n and interval\n  \
         run/alerts.ndjson   what fired, with evidence and triage facts\n  \
         run/run.json        what was read, how fast, on what machine\n  \
         corpus/             the logs, and truth.ndjson which the rules never see\n  \
         twin/, twin-run/    the same without attacks, for the false alerts"
    )
}
