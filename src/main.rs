//! The `vaultdrill` program: parse, dispatch, report, exit code.

use std::process::ExitCode;

use clap::Parser;
use vaultdrill::cli::{Cli, catch_interrupts, exit};
use vaultdrill::ingest::guard_maps;

fn main() -> ExitCode {
    let command = Cli::parse();
    // Where the system refuses one of these, its own ways of ending a process hold.
    drop((catch_interrupts(), guard_maps()));
    match command.run() {
        Ok(()) => ExitCode::from(exit::PASS),
        Err(failure) => {
            failure.report();
            ExitCode::from(failure.code)
        }
    }
}
