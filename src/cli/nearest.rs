//! What came nearest to finding the missed campaigns: a second pass over the corpus that watches them.
//!
//! The run that is scored knows nothing of this one. It must be the same run, or what it tells would be
//! of another: corpus, rules and the number of alerts are compared.

use std::path::PathBuf;

use clap::Args;

use super::detect::{EngineArgs, Replay, TimingArg, load_rules, set_timing};
use super::exit::{self, Failure};
use super::terminal::Terminal;
use crate::event::TickSpan;
use crate::rules::{PACK, RuleSet, parse_span};
use crate::score::{Inputs, Score, tell_nearest, watch_for};

/// What the progress bar is called.
const LABEL: &str = "explaining";

/// How to repeat the run that is scored.
#[derive(Args, Debug, Default)]
pub(crate) struct NearestArgs {
    /// Corpus of the run, to be replayed for what came nearest to finding the missed campaigns.
    #[arg(long, value_name = "PATH")]
    corpus: Vec<PathBuf>,
    /// Rules of the run, as for `detect`; by default its default.
    #[arg(long, requires = "corpus")]
    rules: Vec<String>,
    /// History of the run, if it had one.
    #[arg(long, value_name = "PATH", requires = "corpus")]
    history: Vec<PathBuf>,
    /// Timing of the run; rules on a schedule are not explained.
    #[arg(long, value_enum, requires = "corpus")]
    timing: Option<TimingArg>,
    /// Lateness of the run, by default that of `detect`.
    #[arg(long, requires = "corpus", value_parser = parse_span)]
    lateness: Option<TickSpan>,
}

impl NearestArgs {
    /// Repeats the run, if asked to, and tells what came nearest.
    pub(crate) fn tell(
        &self,
        score: &mut Score,
        inputs: &Inputs,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        if self.corpus.is_empty() {
            return Ok(());
        }
        let default = [PACK.to_owned()];
        let names = if self.rules.is_empty() { default.as_slice() } else { self.rules.as_slice() };
        let mut rules = load_rules(names, terminal)?;
        if let Some(timing) = self.timing {
            set_timing(&mut rules, timing.into())?;
        }
        let mut engine = EngineArgs::with_workers(None);
        engine.lateness = self.lateness.unwrap_or(engine.lateness);
        tell((&self.corpus, &self.history), &rules, engine, (score, inputs), terminal)
    }
}

/// Repeats the run of `rules` over corpus and history, and tells what came nearest to finding the missed
/// campaigns of its score.
pub(crate) fn tell(
    (corpus, history): (&[PathBuf], &[PathBuf]),
    rules: &RuleSet,
    engine: EngineArgs,
    (score, inputs): (&mut Score, &Inputs),
    terminal: &Terminal,
) -> Result<(), Failure> {
    same("the rules", &inputs.alerts.rules_id, rules.rules_id())?;
    let watch = watch_for(score, &inputs.truth);
    if watch.is_empty() {
        return Ok(());
    }
    let replay = Replay { inputs: corpus, history, rules, engine, out: None, label: LABEL };
    let findings = replay.outcome(&watch, terminal)?.findings;
    same("the corpus", &inputs.alerts.corpus_id, &format!("{:032x}", findings.corpus_id))?;
    let count = |alerts: usize| format!("{alerts} alerts");
    let (scored, found) = (inputs.alerts.alerts.len(), findings.alerts.len());
    same("the replay", &count(scored), &count(found))?;
    if findings.traces_dropped > 0 {
        terminal.note(&format!(
            "{} events of missed campaigns are not explained: no room for more",
            findings.traces_dropped
        ));
    }
    tell_nearest(score, &inputs.truth, rules, &findings.traces);
    Ok(())
}

fn same(what: &str, scored: &str, found: &str) -> Result<(), Failure> {
    if scored == found {
        return Ok(());
    }
    let error = anyhow::anyhow!(
        "{what}: expected those of the scored run, {scored}, found {found} (corpus, rules, history, \
         timing and lateness must be the run's)"
    );
    Err(Failure::new(exit::INPUT, error))
}
