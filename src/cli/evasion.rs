//! `vaultdrill evasion`: recall against the attacker's slowness, spread and volume.
//!
//! One corpus and one pass of detection per dial, each with campaigns of every level that share no
//! account; a drill gives estate, rules, seed and time.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use vaultdrill_generators::{Attack, Plan};

use super::detect::{EngineArgs, load_rules, make_directory, set_timing};
use super::drill::Stage;
use super::exit::{self, Failure, OrExit};
use super::score::{WIDTH, failure};
use super::terminal::Terminal;
use crate::drill::Drill;
use crate::evasion::{ATTACK, Dial, Level, NearestThreshold, STEPS_MAX};
use crate::output::PartialFile;
use crate::scenarios::Kind;
use crate::score::{DialFrontier, Evasion, evasion_text};

const EXAMPLES: &str = "\
Examples:
  vaultdrill evasion
  vaultdrill evasion --dial slowness --campaigns 30
  vaultdrill evasion --rules my-rules/ --dial volume --steps 5 --out frontier
  vaultdrill evasion my-drill.toml --format json";

/// Arguments of `evasion`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EvasionArgs {
    /// Drill that says estate, rules, seed, days and events, by name or file.
    #[arg(default_value = "quickstart")]
    drill: String,
    /// Rules instead of the drill's: pack, rule, file or directory; may be given several times.
    #[arg(long)]
    rules: Vec<String>,
    /// What to turn; may be given several times, by default everything.
    #[arg(long, value_enum)]
    dial: Vec<DialArg>,
    /// Levels of each dial, in equal ratios; by default 9, and 5 of spread.
    #[arg(long, value_parser = clap::value_parser!(u8).range(2..=i64::from(STEPS_MAX)))]
    steps: Option<u8>,
    /// Campaigns of each level; fewer where the estate has too few accounts, for no two use the same.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u8).range(1..))]
    campaigns: u8,
    /// Seed of every random draw, instead of the drill's own.
    #[arg(long)]
    seed: Option<u64>,
    /// Worker threads, 1 to 255, by default one per core; they change the speed, not the result.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    workers: Option<u8>,
    /// Directory to leave evasion.json and each dial's run in; by default `evasion-` and the drill's
    /// name.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Keep the records of every dial's corpus.
    #[arg(long)]
    keep_corpora: bool,
}

/// A dial as it is named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DialArg {
    /// The gap between two reads.
    Slowness,
    /// Accounts that share the work.
    Spread,
    /// Objects taken, around the nearest threshold.
    Volume,
}

impl From<DialArg> for Dial {
    fn from(dial: DialArg) -> Self {
        match dial {
            DialArg::Slowness => Self::Slowness,
            DialArg::Spread => Self::Spread,
            DialArg::Volume => Self::Volume,
        }
    }
}

pub(crate) fn run(args: EvasionArgs, terminal: &Terminal) -> Result<(), Failure> {
    let file = Kind::Drill.load(&args.drill).or_exit(exit::USAGE)?;
    let mut drill = Drill::parse(&file.name, &file.text).or_exit(exit::USAGE)?;
    drill.seed = args.seed.unwrap_or(drill.seed);
    if !args.rules.is_empty() {
        drill.rules.clone_from(&args.rules);
    }
    let mut rules = load_rules(&drill.rules, terminal)?;
    set_timing(&mut rules, drill.timing)?;
    let nearest = NearestThreshold::of(&rules);
    let out = args.out.clone().unwrap_or_else(|| format!("evasion-{}", drill.name).into());
    make_directory(&out)?;
    let target = out.join("evasion.json");
    if target.exists() {
        std::fs::remove_file(&target)?;
    }
    let stage = Stage {
        rules: &rules,
        engine: EngineArgs::with_workers(args.workers),
        drill: &drill,
        out: &out,
        terminal,
    };
    let mut evasion = Evasion::new(rules.rules_id(), &drill.estate, drill.seed, nearest.clone());
    for dial in dials(&args) {
        let levels = dial.levels(args.steps.unwrap_or(dial.default_steps()), &nearest);
        evasion.dials.push(turn(&stage, dial, levels, &args)?);
    }
    PartialFile::write_json(&target, &evasion)?;
    if terminal.is_json() {
        return terminal.json(&evasion);
    }
    terminal.text(&evasion_text(&evasion, WIDTH))?;
    terminal.text(&format!("\nevery figure, with n and interval: {}", target.display()))
}

/// Those asked for, each once and in the same order.
fn dials(args: &EvasionArgs) -> Vec<Dial> {
    let asked = |dial: &Dial| args.dial.iter().any(|&one| Dial::from(one) == *dial);
    Dial::ALL.into_iter().filter(|dial| args.dial.is_empty() || asked(dial)).collect()
}

/// Stages all levels of one dial in one corpus, replays and scores it.
fn turn(
    stage: &Stage<'_>,
    dial: Dial,
    levels: Vec<Level>,
    args: &EvasionArgs,
) -> Result<DialFrontier, Failure> {
    let scored_days = stage.drill.days - stage.drill.warmup_days;
    let (levels, too_long): (Vec<Level>, Vec<Level>) =
        levels.into_iter().partition(|level| level.fits(scored_days));
    let too_long: Vec<f64> = too_long.iter().map(|level| level.value).collect();
    if let Some(shortest) = too_long.first() {
        if levels.is_empty() {
            let error = anyhow::anyhow!(
                "{}: expected a scored period that holds a campaign and two days after it, found \
                 {scored_days} days",
                stage.drill.name
            );
            return Err(Failure::new(exit::USAGE, error));
        }
        stage.terminal.note(&format!(
            "{} is tried below {shortest} only: {scored_days} scored days hold no longer campaigns",
            dial.word()
        ));
    }
    let out = stage.out.join(dial.word());
    let own = Stage { out: &out, ..*stage };
    let plan = Plan { attacks: attacks(&levels, args)?, withheld: Vec::new(), ..own.plan()? };
    own.play(&plan, "run", ["staging", "replaying"])?;
    let mut frontier = None;
    own.scoring("run", None).score(|score, inputs| {
        let found = DialFrontier::new(dial, &levels, args.campaigns.into(), score, inputs);
        frontier = Some(found.map_err(failure)?);
        Ok(())
    })?;
    if !args.keep_corpora {
        own.delete_records()?;
    }
    let frontier = frontier.ok_or_else(|| anyhow::anyhow!("a score that nothing was told of"))?;
    Ok(DialFrontier { too_long, ..frontier })
}

/// One attack per level.
fn attacks(levels: &[Level], args: &EvasionArgs) -> Result<Vec<Attack>, Failure> {
    let base = Kind::Attack.load(ATTACK).or_exit(exit::USAGE)?;
    let attack = |level: &Level| {
        let text = level.attack_file(&base.text, args.campaigns.into());
        let text = text.map_err(|error| Failure::new(exit::UNEXPECTED, anyhow::anyhow!(error)))?;
        let attack = Attack::parse(&level.attack, &text).or_exit(exit::UNEXPECTED)?;
        Ok(attack.called(&level.attack).kept_apart())
    };
    levels.iter().map(attack).collect()
}
