//! The old and the new rules over one corpus and its clean twin, in one command.
//!
//! The corpus is staged once; what differs between the two scores is the rules, and nothing else.

use std::path::{Path, PathBuf};

use vaultdrill_generators::Plan;

use super::detect::{EngineArgs, Replay, load_rules, make_directory, set_timing};
use super::drill::{Stage, clean_twin};
use super::exit::Failure;
use super::gate::{GateArgs, Judged};
use super::generate;
use super::nearest::NearestArgs;
use super::score::ScoreArgs;
use super::score_foreign::ForeignArgs;
use super::terminal::Terminal;
use crate::drill::Drill;
use crate::output::{PartialFile, RunReport};
use crate::rules::RuleSet;
use crate::score::DEFAULT_CAMPAIGNS_PER_DAY;

/// The new rules and the old ones, and where each leaves its files.
const SIDES: [Side; 2] = [
    Side { run: "run", twin_run: "twin-run", score: "score.json", label: "replaying" },
    Side {
        run: "base/run",
        twin_run: "base/twin-run",
        score: "base/score.json",
        label: "replaying base",
    },
];

struct Side {
    run: &'static str,
    twin_run: &'static str,
    score: &'static str,
    label: &'static str,
}

/// What both sides have in common.
struct Staged<'a> {
    corpus: Plan,
    twin: Plan,
    args: &'a GateArgs,
    out: &'a Path,
    terminal: &'a Terminal,
}

/// Scores of the new rules, then of the old ones.
pub(super) fn play(
    drill: &Drill,
    args: &GateArgs,
    terminal: &Terminal,
) -> Result<[Judged; 2], Failure> {
    let out = args.staging(Some(drill)).unwrap_or_else(|| PathBuf::from("gate"));
    let new = if args.rules.is_empty() { &drill.rules } else { &args.rules };
    let load = |names: &[String]| {
        let mut rules = load_rules(names, terminal)?;
        set_timing(&mut rules, drill.timing)?;
        Ok::<RuleSet, Failure>(rules)
    };
    let (new, old) = (load(new)?, load(&args.base_rules)?);
    make_directory(&out.join("base"))?;
    PartialFile::write_json(&out.join("drill.json"), drill)?;
    let stage = Stage { rules: new, workers: args.workers, drill, out: &out, terminal };
    let corpus = stage.plan()?;
    generate::write_corpus(&corpus, "staging", terminal)?;
    let twin = clean_twin(stage.plan()?, &out);
    generate::write_corpus(&twin, "staging twin", terminal)?;
    let staged = Staged { corpus, twin, args, out: &out, terminal };
    let [now, before] = SIDES;
    Ok([staged.judge(&stage.rules, &now)?, staged.judge(&old, &before)?])
}

impl Staged<'_> {
    fn judge(&self, rules: &RuleSet, side: &Side) -> Result<Judged, Failure> {
        let run = self.replay(&self.corpus, rules, side.run, side.label)?;
        self.replay(&self.twin, rules, side.twin_run, side.label)?;
        let score = self.out.join(side.score);
        let scoring = ScoreArgs {
            truth: self.corpus.out.join("truth.ndjson"),
            alerts: self.out.join(side.run).join("alerts.ndjson"),
            manifest: None,
            twin_alerts: Some(self.out.join(side.twin_run).join("alerts.ndjson")),
            twin_manifest: Some(self.twin.out.join("manifest.json")),
            campaigns_per_day: DEFAULT_CAMPAIGNS_PER_DAY,
            out: Some(score.clone()),
            nearest: NearestArgs::default(),
            foreign: ForeignArgs::default(),
        };
        let file = score.display().to_string();
        Ok(Judged { file, score: scoring.score(|_, _| Ok(()))?, run: Some(run) })
    }

    fn replay(
        &self,
        plan: &Plan,
        rules: &RuleSet,
        run: &str,
        label: &'static str,
    ) -> Result<RunReport, Failure> {
        let replay = Replay {
            inputs: std::slice::from_ref(&plan.out),
            history: &[],
            rules,
            engine: EngineArgs::with_workers(self.args.workers),
            out: Some(&self.out.join(run)),
            label,
        };
        replay.run(self.terminal)
    }
}
