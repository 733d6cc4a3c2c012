//! The command line: arguments, terminal, exit codes, one file per subcommand.
//!
//! Commands turn arguments into a plan, call the library, and show what it returns; no command holds
//! logic that another one needs.

mod args;
mod audit;
mod capacity;
mod capacity_lab;
mod compare;
mod describe;
mod detect;
mod detect_pace;
mod doctor;
mod drill;
mod estate;
mod evasion;
pub mod exit;
mod export;
mod gate;
mod gate_drill;
mod gate_outputs;
mod generate;
mod inject;
mod inputs;
mod interrupt;
mod limits;
mod nearest;
mod own_logs;
mod peers;
mod records;
mod replicates;
mod report;
mod rules;
mod rules_explain;
mod rules_pack;
mod rules_test;
mod scenarios;
mod score;
mod score_foreign;
mod scrub;
mod scrub_key;
mod sensitivity;
mod sweep;
mod sweep_corpora;
mod terminal;
mod verify;

pub use args::Cli;
pub use interrupt::catch_interrupts;

/// As many threads as there are cores for this process.
pub(crate) fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
