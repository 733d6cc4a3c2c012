//! `vaultdrill generate`: write a synthetic corpus with labelled attacks and look-alikes.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use vaultdrill_generators::{
    Attack, Estate, GenerateError, Layout, LookAlike, Manifest, Plan, Progress, generate_while,
    stream,
};

use super::audit;
use super::describe;
use super::exit::{self, Failure, OrExit};
use super::interrupt::{Heeded, interrupted};
use super::terminal::{Terminal, Unit};
use crate::scenarios::{Kind, ScenarioText};

const EXAMPLES: &str = "\
Examples:
  vaultdrill generate --out corpus
  vaultdrill generate --attacks none --seed 7 --out clean
  vaultdrill generate --attacks bulk-extraction,my.toml --events 5000000 --out big
  vaultdrill generate --layout blobs --out export
  vaultdrill generate --events 1000000 --out - | gzip > records.ndjson.gz
  vaultdrill generate --attacks my.toml --audit
  vaultdrill generate --estate my-estate.toml --describe";

/// Stands for standard output.
const STDOUT: &str = "-";

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
    /// How the records are filed; it changes no record.
    #[arg(long, value_enum, default_value_t)]
    layout: LayoutName,
    /// Threads, 1 to 255, by default one per core; they change the speed, not the bytes.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    threads: Option<u8>,
    /// Directory to write the corpus into; `-` writes the records alone to standard output, without
    /// arrivals, truth or manifest.
    #[arg(long, required_unless_present_any = ["audit", "describe"])]
    out: Option<PathBuf>,
    /// Write nothing: compare many campaigns of each attack with benign records, and fail where an
    /// artefact of the generator tells them apart.
    #[arg(long, conflicts_with = "out")]
    audit: bool,
    /// Write nothing: put the benign traffic in figures beside the published ones that the estate
    /// file names, and fail where one is out of its tolerance.
    #[arg(long, conflicts_with_all = ["out", "audit"])]
    describe: bool,
    /// Replace a corpus that is there, of whatever layout.
    #[arg(long)]
    force: bool,
}

/// A layout as it is named on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LayoutName {
    /// One record a line, in one file.
    #[default]
    Lines,
    /// One Event Hub envelope of up to 100 records a line, in one file.
    EventHub,
    /// The tree of an export to storage: a file per vault and hour.
    Blobs,
}

impl From<LayoutName> for Layout {
    fn from(name: LayoutName) -> Self {
        match name {
            LayoutName::Lines => Self::Lines,
            LayoutName::EventHub => Self::EventHub,
            LayoutName::Blobs => Self::Blobs,
        }
    }
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
        layout: args.layout.into(),
        threads: args.threads.map_or_else(super::default_threads, usize::from),
        out: args.out.unwrap_or_default(),
        force: args.force,
    };
    if args.audit {
        return audit::run(&plan, terminal);
    }
    if args.describe {
        return describe::run(&plan, terminal);
    }
    if plan.out == Path::new(STDOUT) {
        return write_records(&plan, terminal);
    }
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

/// Writes the records alone to standard output.
fn write_records(plan: &Plan, terminal: &Terminal) -> Result<(), Failure> {
    if plan.layout != Layout::Lines {
        let asked = "`--out -` writes lines, expected no other `--layout` with it";
        return Err(Failure::new(exit::USAGE, anyhow::anyhow!(asked)));
    }
    let mut stdout = io::stdout().lock();
    match with_progress("generating", terminal, |hear| stream(plan, &mut stdout, hear)) {
        // Whoever reads has seen enough.
        Err(failure) if failure.is_broken_pipe() => Ok(()),
        written => written.map(drop),
    }
}

/// Generates with a progress bar.
pub(crate) fn write_corpus(
    plan: &Plan,
    label: &'static str,
    terminal: &Terminal,
) -> Result<Manifest, Failure> {
    let heeded = Heeded::new();
    with_progress(label, terminal, |hear| generate_while(plan, &|| !heeded.is_set(), hear))
}

fn with_progress<T>(
    label: &'static str,
    terminal: &Terminal,
    work: impl FnOnce(&mut dyn FnMut(Progress)) -> Result<T, GenerateError>,
) -> Result<T, Failure> {
    let bar = terminal.progress(label, Unit::Events);
    let done = work(&mut |progress| {
        bar.set_length(progress.events_expected);
        bar.set_position(progress.events);
    });
    bar.finish_and_clear();
    done.map_err(failure)
}

/// A file that cannot be written should not have failed; the rest is for the caller to mend.
pub(crate) fn failure(error: GenerateError) -> Failure {
    let code = match &error {
        GenerateError::Interrupted => return interrupted(error),
        GenerateError::Io { .. } => exit::UNEXPECTED,
        _ => exit::USAGE,
    };
    Failure::new(code, error)
}

/// The estate by name or file; it may build on another, by name or file as well.
pub(crate) fn estate(name: &str) -> Result<Estate, Failure> {
    let file = Kind::Estate.load(name).or_exit(exit::USAGE)?;
    parse_estate(&file.name, &file.text)
}

/// The estate of a text, which may build on another.
pub(crate) fn parse_estate(name: &str, text: &str) -> Result<Estate, Failure> {
    let base = |name: &str| {
        Kind::Estate.load(name).map(|base| base.text).map_err(|error| error.to_string())
    };
    Estate::parse_with(name, text, base).or_exit(exit::USAGE)
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
