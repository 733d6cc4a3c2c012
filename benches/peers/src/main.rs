//! The peers of `vaultdrill detect` that are Rust libraries, one per run; `run.py` times the process.
//!
//! `vaultdrill-peers <simd-json|sonic-rs|rsigma> <file> <threads>` prints what it counted as one JSON
//! object. A peer that cannot use the threads ignores them, and `run.py` says so.

mod blocks;
mod rsigma;
mod simd;
mod sonic;

use std::path::Path;
use std::process::ExitCode;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(counts) => {
            println!("{counts}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<serde_json::Value, Failure> {
    let [peer, file, threads] = arguments else {
        return Err("expected a peer, a file and a number of threads".into());
    };
    let (file, threads) = (Path::new(file), threads.parse()?);
    match peer.as_str() {
        "simd-json" => blocks::walk(file, threads, simd::Walker::default),
        "sonic-rs" => blocks::walk(file, threads, sonic::Walker::default),
        "rsigma" => rsigma::count(file),
        other => Err(format!("expected simd-json, sonic-rs or rsigma, found {other}").into()),
    }
}
