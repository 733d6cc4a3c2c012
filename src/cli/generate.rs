//! `vaultdrill generate`: write a synthetic corpus with labelled attacks and look-alikes.

use std::path::PathBuf;

use clap::Args;
use vaultdrill_generators::{Attack, Estate, GenerateError, LookAlike, Manifest, Plan, generate};

use super::exit::{self, Failure, OrExit};
use super::terminal::{Terminal, Unit};
use crate::scenarios::{Kind, ScenarioText};

const EXAMPLES: &str = "\
Examples:
  vaultdrill generate --out corpus
  vaultdrill generate --attacks none --seed 7 --out clean
  vaultdrill generate --attacks bulk-extraction,my-attack.toml --events 5000000 --out big";

/// Arguments of `generate`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GenerateArgs {
    /// Estate, by name or file.
    #[arg(long, default_value = "midsize")]
    estate: String,
    /// `all`, `none`, or attacks by name or file, separated by commas. `none` is the clean twin of
    /// any choice among the embedded attacks: the same benign bytes.
    #[arg(long, default_value = "all")]
    attacks: String,
    /// Seed of every random draw: the same seed writes the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Records to reach within 2 %, the embedded attacks included whether injected or not (so that
    /// twins share their benign bytes); by default what the estate's rates give.
    #[arg(long)]
    events: Option<u64>,
    /// Days of traffic, warm-up included.
    #[arg(long, default_value_t = 21)]
    days: u32,
    /// Days at the start that only teach; attacks come after them.
    #[arg(long, default_value_t = 14)]
    warmup_days: u32,
    /// Threads, 1 to 255, by default one per core; they change the speed, not the bytes.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    threads: Option<u8>,
    /// Directory to write the corpus into.
    #[arg(long)]
    out: PathBuf,
    /// Replace a corpus that is there.
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: GenerateArgs, terminal: &Terminal) -> Result<(), Failure> {
    let attacks = Attacks::select(&args.attacks)?;
    let plan = Plan {
        estate: estate(&args.estate)?,
        attacks: attacks.injected,
        withheld: attacks.withheld,
        look_alikes: look_alikes()?,
        seed: args.seed,
        events: args.events,
        days: args.days,
        warmup_days: args.warmup_days,
        threads: args.threads.map_or_else(super::default_threads, usize::from),
        out: args.out,
        force: args.force,
    };
    let manifest = write_corpus(&plan, "generating", terminal)?;
    if terminal.is_json() {
        return terminal.json(&manifest);
    }
    terminal.text(&format!(
        "{} records, {:.1} MB, {} to {}\nin {}",
        manifest.events,
        manifest.bytes as f64 / 1e6,
        manifest.first_time,
        manifest.last_time,
        plan.out.display()
    ))
}

/// Generates with a progress bar.
pub(crate) fn write_corpus(
    plan: &Plan,
    label: &'static str,
    terminal: &Terminal,
) -> Result<Manifest, Failure> {
    let bar = terminal.progress(label, Unit::Events);
    let manifest = generate(plan, &mut |progress| {
        bar.set_length(progress.events_expected);
        bar.set_position(progress.events);
    });
    bar.finish_and_clear();
    manifest.map_err(|error| {
        let code = match &error {
            GenerateError::Io { .. } => exit::UNEXPECTED,
            _ => exit::USAGE,
        };
        Failure::new(code, error)
    })
}

/// The estate by name or file; it may build on another, by name or file as well.
pub(crate) fn estate(name: &str) -> Result<Estate, Failure> {
    let file = Kind::Estate.load(name).or_exit(exit::USAGE)?;
    let base = |name: &str| {
        Kind::Estate.load(name).map(|base| base.text).map_err(|error| error.to_string())
    };
    Estate::parse_with(&file.name, &file.text, base).or_exit(exit::USAGE)
}

/// The attacks of a corpus, and those that only take part in its calibration: benign traffic is the
/// same for any choice among the same attacks.
#[derive(Debug)]
pub(crate) struct Attacks {
    pub(crate) injected: Vec<Attack>,
    pub(crate) withheld: Vec<Attack>,
}

impl Attacks {
    /// `all`, `none`, or a list of names and files.
    pub(crate) fn select(names: &str) -> Result<Self, Failure> {
        let embedded = parse_attacks(Kind::Attack.load_all())?;
        let (injected, mut withheld) = match names {
            "none" => (Vec::new(), embedded),
            "all" => (embedded, Vec::new()),
            list => {
                let files = list.split(',').map(|name| Kind::Attack.load(name.trim()));
                (parse_attacks(files.collect::<Result<_, _>>().or_exit(exit::USAGE)?)?, embedded)
            }
        };
        withheld.retain(|attack| injected.iter().all(|chosen| chosen.name() != attack.name()));
        Ok(Self { injected, withheld })
    }
}

fn parse_attacks(files: Vec<ScenarioText>) -> Result<Vec<Attack>, Failure> {
    let parsed = files.iter().map(|file| Attack::parse(&file.name, &file.text));
    parsed.collect::<Result<_, _>>().or_exit(exit::USAGE)
}

/// Every embedded look-alike: they belong to the benign traffic.
pub(crate) fn look_alikes() -> Result<Vec<LookAlike>, Failure> {
    let files = Kind::LookAlike.load_all();
    let parsed = files.iter().map(|file| LookAlike::parse(&file.name, &file.text));
    parsed.collect::<Result<_, _>>().or_exit(exit::USAGE)
}
