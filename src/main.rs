//! The `vaultdrill` program: parse, dispatch, report, exit code.

use std::process::ExitCode;

use clap::Parser;
use vaultdrill::cli::{Cli, exit};

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::from(exit::PASS),
        Err(failure) if failure.is_broken_pipe() => ExitCode::from(exit::PASS),
        Err(failure) => {
            failure.report();
            ExitCode::from(failure.code)
        }
    }
}
