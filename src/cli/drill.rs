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
use super::limits::LimitArgs;
use super::nearest::{self, NearestArgs};
use super::report;
use super::score::{ScoreArgs, WIDTH};
use super::score_foreign::ForeignArgs;
use super::terminal::Terminal;
use super::{peers, replicates, sensitivity};
use crate::drill::Drill;
use crate::output::{PartialFile, RunReport};
use crate::rules::{RuleSet, Timing};
use crate::scenarios::Kind;
use crate::score::{self, DEFAULT_CAMPAIGNS_PER_DAY, Inputs, Score};

const EXAMPLES: &str = "\
Examples:
  vaultdrill drill
  vaultdrill drill --seed 7 --out seven
  vaultdrill drill packs
  vaultdrill drill --replicates 5        what was one seed's luck
  vaultdrill drill --sensitivity         what the estate's assumptions decide
  vaultdrill drill --compare-packs       the same records before others' rules
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
    /// Repeat with this many seeds, counted up from the first, each in a directory `seed-<n>` of its
    /// own, and pool the scores into replicates.json.
    #[arg(
        long,
        value_name = "SEEDS",
        value_parser = clap::value_parser!(u8).range(2..=i64::from(replicates::SEEDS_MAX)),
        conflicts_with_all = ["sensitivity", "compare_packs"]
    )]
    replicates: Option<u8>,
    /// With `--replicates`: keep the records of every seed, not of the first alone.
    #[arg(long, requires = "replicates")]
    keep_corpora: bool,
    /// Repeat with each of the estate's assumed parameters halved and doubled: six more drills.
    #[arg(long)]
    sensitivity: bool,
    /// Run the other packs of rules over the same records, on their schedules, to compare.
    #[arg(long)]
    compare_packs: bool,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(crate) fn run(args: DrillArgs, terminal: &Terminal) -> Result<(), Failure> {
    let file = Kind::Drill.load(&args.drill).or_exit(exit::USAGE)?;
    let mut drill = Drill::parse(&file.name, &file.text).or_exit(exit::USAGE)?;
    drill.seed = args.seed.unwrap_or(drill.seed);
    drill.timing = args.timing.map_or(drill.timing, Timing::from);
    let out = args.out.unwrap_or_else(|| PathBuf::from(format!("drill-{}", drill.name)));
    let mut rules = load_rules(&drill.rules, terminal)?;
    set_timing(&mut rules, drill.timing)?;
    let engine = EngineArgs::with_workers(args.workers).within(args.limits);
    let stage = Stage { rules: &rules, engine, drill: &drill, out: &out, terminal };
    if let Some(seeds) = args.replicates {
        return replicates::run(&stage, seeds, args.keep_corpora);
    }
    let plan = stage.plan()?;
    let corpus = [plan.out.clone()];
    let (mut score, run) = stage.score(plan, |score, inputs| {
        nearest::tell((&corpus, &[]), &rules, engine, (score, inputs), terminal)
    })?;
    if args.compare_packs {
        score.baselines.packs = peers::compare(&stage)?;
    }
    if args.sensitivity {
        score.sensitivity = sensitivity::measure(&stage, &score)?;
    }
    if args.compare_packs || args.sensitivity {
        PartialFile::write_json(&out.join("score.json"), &score)?;
    }
    report::write(&out, None, &out.join(report::FILE))?;
    if terminal.is_json() {
        return terminal.json(&score);
    }
    terminal.text(&score::text(&score, WIDTH))?;
    terminal.text(&format!("\n{}\n\n{}", run.speed_line(), files_of(&out)))
}

/// What the two halves of a drill, corpus and clean twin, have in common.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    pub(crate) rules: &'a RuleSet,
    pub(crate) engine: EngineArgs,
    pub(crate) drill: &'a Drill,
    /// Where everything goes.
    pub(crate) out: &'a Path,
    pub(crate) terminal: &'a Terminal,
}

impl Stage<'_> {
    /// What the drill's file says.
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
            threads: self.engine.threads(),
            out: self.out.join("corpus"),
            force: true,
        })
    }

    /// Plays the plan and its clean twin, scores the one against the other, and has `tell` add what it
    /// knows.
    pub(crate) fn score(
        &self,
        plan: Plan,
        tell: impl FnOnce(&mut Score, &Inputs) -> Result<(), Failure>,
    ) -> Result<(Score, RunReport), Failure> {
        let out = self.out;
        make_directory(out)?;
        // An earlier score must not stand beside a corpus that it is not about.
        for file in ["score.json", report::FILE] {
            match fs::remove_file(out.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        PartialFile::write_json(&out.join("drill.json"), self.drill)?;
        let run = self.play(&plan, "run", ["staging", "replaying"])?;
        self.play(&clean_twin(plan, out), "twin-run", ["staging twin", "replaying twin"])?;
        let scoring = self.scoring("run", Some("twin-run"));
        let scoring = ScoreArgs { out: Some(out.join("score.json")), ..scoring };
        Ok((scoring.score(tell)?, run))
    }

    /// How to score what a run left in the directory `run`, and one over the clean twin in `twin_run`.
    pub(crate) fn scoring(&self, run: &str, twin_run: Option<&str>) -> ScoreArgs {
        let twin_alerts = twin_run.map(|run| self.out.join(run).join("alerts.ndjson"));
        ScoreArgs {
            truth: self.out.join("corpus/truth.ndjson"),
            alerts: self.out.join(run).join("alerts.ndjson"),
            manifest: None,
            twin_manifest: twin_alerts.is_some().then(|| self.out.join("twin/manifest.json")),
            twin_alerts,
            campaigns_per_day: DEFAULT_CAMPAIGNS_PER_DAY,
            out: None,
            foreign: ForeignArgs::default(),
            nearest: NearestArgs::default(),
        }
    }

    /// Deletes the records of corpus and twin, which take most of the space; what was scored can
    /// still be scored again.
    pub(crate) fn delete_records(&self) -> Result<(), Failure> {
        for corpus in ["corpus", "twin"] {
            for file in ["events.ndjson", "arrivals.i64"] {
                let path = self.out.join(corpus).join(file);
                if path.exists() {
                    fs::remove_file(&path)
                        .map_err(|error| Failure::at(exit::UNEXPECTED, &path, &error))?;
                }
            }
        }
        Ok(())
    }

    /// Generates a corpus and runs the rules over it.
    pub(crate) fn play(
        &self,
        plan: &Plan,
        run: &str,
        [generating, detecting]: [&'static str; 2],
    ) -> Result<RunReport, Failure> {
        generate::write_corpus(plan, generating, self.terminal)?;
        self.replay(&plan.out, self.rules, run, detecting)
    }

    /// Runs `rules` over a corpus; the files go to the directory `run`.
    pub(crate) fn replay(
        &self,
        corpus: &Path,
        rules: &RuleSet,
        run: &str,
        label: &'static str,
    ) -> Result<RunReport, Failure> {
        let replay = Replay {
            inputs: &[corpus.to_owned()],
            history: &[],
            rules,
            engine: self.engine,
            out: Some(&self.out.join(run)),
            label,
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
