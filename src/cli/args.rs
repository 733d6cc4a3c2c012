//! The shape of the command line: syntax only.

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::exit::Failure;
use super::terminal::Terminal;
use super::{
    capacity, compare, detect, doctor, drill, estate, evasion, export, gate, generate, inject,
    report, rules, scenarios, score, scrub, sweep, verify,
};

/// Drill your Azure Key Vault alarms: stage the traffic and the attack, replay it, score the alarm.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 80, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    output: OutputArgs,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  vaultdrill drill                        the whole thing
  vaultdrill generate --attacks none --seed 7 --out quiet
  vaultdrill detect quiet --out run       what the default rules say about it
  vaultdrill rules show bulk-extraction   what a rule catches, what it cannot

Exit codes:
  0 pass, 1 unexpected failure, 2 usage or configuration, 3 input invalid,
  4 nothing to score, 10 quality gate failed, 11 performance gate failed,
  12 both, 20 inconclusive, 130 interrupted,
  143 terminated";

/// How results are shown; the same for every command.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct OutputArgs {
    /// `text` for people, or `json` for programs, which is stable.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = Format::Text,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(crate) format: Format,
    /// Show no progress.
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,
}

/// The form of results on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Stage, replay and score one reproducible experiment.
    Drill(drill::DrillArgs),
    /// Write a synthetic corpus with labelled attacks and look-alikes.
    Generate(generate::GenerateArgs),
    /// Learn an estate from own logs.
    Estate(estate::EstateArgs),
    /// Plant labelled campaigns into a copy of own logs.
    Inject(inject::InjectArgs),
    /// Replay logs through the rules and write what they alert on.
    Detect(detect::DetectArgs),
    /// Score alerts against the truth of their corpus.
    Score(score::ScoreArgs),
    /// Try a rule at many settings, and say which one to take.
    Sweep(sweep::SweepArgs),
    /// Decide whether a score meets its requirements, for a build that must pass or fail.
    Gate(Box<gate::GateArgs>),
    /// Say what differs between two scores of one corpus.
    Compare(compare::CompareArgs),
    /// Find the rate of records that this machine carries, and what it needs for it.
    Capacity(Box<capacity::CapacityArgs>),
    /// Say what would spoil a measurement on this machine, and what to do.
    Doctor(doctor::DoctorArgs),
    /// Write one HTML page of what a drill found.
    Report(report::ReportArgs),
    /// How careful an attacker must be to stay unseen: slower, spread over accounts, taking less.
    Evasion(evasion::EvasionArgs),
    /// Write a corpus in the form that another product takes in, shifted to a start time.
    Export(export::ExportArgs),
    /// Write a copy of logs with a pseudonym for everything that identifies somebody.
    Scrub(scrub::ScrubArgs),
    /// Check that a corpus is what it says it is: sums, counts, order, times, truth.
    Verify(verify::VerifyArgs),
    /// Explain the detections.
    Rules(rules::RulesArgs),
    /// Explain the estates, attacks, look-alikes and drills.
    Scenarios(scenarios::ScenariosArgs),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// A [`Failure`] with the exit code to end with.
    pub fn run(self) -> Result<(), Failure> {
        let terminal = Terminal::new(self.output);
        match self.command {
            Command::Drill(args) => drill::run(args, &terminal),
            Command::Generate(args) => generate::run(args, &terminal),
            Command::Estate(args) => estate::run(args, &terminal),
            Command::Inject(args) => inject::run(args, &terminal),
            Command::Detect(args) => detect::run(args, &terminal),
            Command::Score(args) => score::run(args, &terminal),
            Command::Sweep(args) => sweep::run(args, &terminal),
            Command::Gate(args) => gate::run(&args, &terminal),
            Command::Compare(args) => compare::run(&args, &terminal),
            Command::Capacity(args) => capacity::run(&args, &terminal),
            Command::Doctor(args) => doctor::run(&args, &terminal),
            Command::Report(args) => report::run(args, &terminal),
            Command::Evasion(args) => evasion::run(args, &terminal),
            Command::Export(args) => export::run(&args, &terminal),
            Command::Scrub(args) => scrub::run(&args, &terminal),
            Command::Verify(args) => verify::run(&args, &terminal),
            Command::Rules(args) => rules::run(args, &terminal),
            Command::Scenarios(args) => scenarios::run(args, &terminal),
        }
    }
}
