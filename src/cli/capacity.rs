//! `vaultdrill capacity`: what rate this machine carries, with how many workers, at what latency.
//!
//! Runs the probes that `crate::capacity` asks for, and shows what it makes of them.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use tempfile::TempDir;
use vaultdrill_generators::{Layout, Plan as CorpusPlan};

use super::capacity_lab::{Bench, CONFIRMATION, Lab};
use super::detect::{command, load_rules, make_directory};
use super::exit::{self, Failure};
use super::generate;
use super::inputs::resolved;
use super::interrupt::Heeded;
use super::terminal::Terminal;
use crate::capacity::{Answer, Capacity, Plan, Scalability, Slo, Units};
use crate::measure::{Environment, available_bytes, write_log};
use crate::output::{PartialFile, SCHEMA_VERSION};
use crate::rules::PACK;

const EXAMPLES: &str = "\
Examples:
  vaultdrill capacity
  vaultdrill capacity --corpus corpus --slo 'p99<=20ms' --workers 1..4
  vaultdrill capacity --plan '20000, 5000'     which number of workers carries it
  vaultdrill capacity --estate enterprise --seconds 10 --out capacity
  vaultdrill capacity --format json";

/// Days of an estate that are generated: the second one knows what the first one taught.
const DAYS: u32 = 2;
/// Probes' worth of time per number of workers, and besides; for the estimate.
const PROBES_PER_WORKERS: f64 = 23.0;
const PROBES_BESIDES: f64 = 21.0;
/// Numbers of workers that are all tried; beyond, doublings.
const ALL_WORKERS: usize = 4;

/// Arguments of `capacity`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CapacityArgs {
    /// Records to replay: a corpus directory, a directory with one log, or a log file.
    #[arg(long, conflicts_with = "estate")]
    corpus: Option<PathBuf>,
    /// Estate to generate two days of, instead of a corpus, by name or file.
    #[arg(long, default_value = "midsize")]
    estate: String,
    /// Rule pack (`all` for all of them), rule, rule file or directory; may be given several times.
    #[arg(long, default_value = PACK)]
    rules: Vec<String>,
    /// What latencies must meet, such as p99<=5ms or p50<=1ms,p99.9<=20ms.
    #[arg(long, default_value = "p99<=5ms")]
    slo: Slo,
    /// Numbers of worker threads, such as 2 or 1..4; by default 1 up to the number of cores. All up to
    /// four are tried, then doublings.
    #[arg(long, value_name = "FROM..TO")]
    workers: Option<Workers>,
    /// How long a probe lasts; there are some twenty for each number of workers.
    #[arg(long, default_value = "3", value_parser = seconds)]
    seconds: f64,
    /// A load to carry: which number of workers does, and how sure is that?
    #[arg(long, value_name = "EVENTS/S, IDENTITIES")]
    plan: Option<Plan>,
    /// Directory for capacity.json and latency.hlog.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Numbers of workers to try.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Workers(Vec<usize>);

impl Workers {
    fn between(from: usize, to: usize) -> Self {
        let is_tried = |n: &usize| *n <= ALL_WORKERS || n.is_power_of_two() || *n == to;
        Self((from..=to).filter(|n| *n == from || is_tried(n)).collect())
    }
}

impl FromStr for Workers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let number = |text: &str| text.trim().parse().ok().filter(|n| (1..=255).contains(n));
        match (number(from), number(to)) {
            (Some(from), Some(to)) if from <= to => Ok(Self::between(from, to)),
            _ => Err("expected a number of workers such as 2, or a range such as 1..4".to_owned()),
        }
    }
}

pub(crate) fn run(args: &CapacityArgs, terminal: &Terminal) -> Result<(), Failure> {
    let rules = load_rules(&args.rules, terminal)?;
    // From here on an interrupt ends the command through its errors, which removes a corpus of its own.
    let interrupt = Heeded::new();
    if let Some(out) = &args.out {
        make_directory(out)?;
    }
    let workers = args.workers.clone();
    let Workers(counts) = workers.unwrap_or_else(|| Workers::between(1, super::default_threads()));
    let probes = PROBES_PER_WORKERS * counts.len() as f64 + PROBES_BESIDES;
    terminal.note(&format!("about {:.0} s of probes", (args.seconds * probes).ceil()));
    let (path, name, _generated) = corpus(args, terminal)?;
    let inputs = resolved(std::slice::from_ref(&path), terminal)?.inputs;
    if inputs.len() != 1 {
        let error = anyhow::anyhow!(
            "{}: expected one input to offer at a pace, found {} (join them, sorted by arrival)",
            path.display(),
            inputs.len()
        );
        return Err(Failure::new(exit::USAGE, error));
    }
    if let Some(pipe) = inputs.iter().flat_map(|input| &input.files).find(|path| !path.is_file()) {
        let error = anyhow::anyhow!(
            "{}: expected files, which can be read many times, found none of this name",
            pipe.display()
        );
        return Err(Failure::new(exit::USAGE, error));
    }
    let most = counts.iter().copied().max().unwrap_or(1);
    let bench = Bench {
        inputs: &inputs,
        rules: &rules,
        slo: &args.slo,
        seconds: args.seconds,
        interrupt: &interrupt,
    };
    let mut lab = Lab::open(bench, &counts, terminal)?;
    let noise = lab.noise(most)?;
    let mut sizing = Vec::new();
    for &workers in &counts {
        sizing.push(lab.size(workers, noise.unwrap_or(0.0))?);
    }
    let burst = lab.burst(sizing.iter().rev().find(|size| size.maximum.is_some()))?;
    let points: Vec<_> =
        sizing.iter().filter_map(|size| size.point(noise.unwrap_or(0.0))).collect();
    let facts = lab.facts(name, &sizing);
    let units = sizing.iter().rev().find_map(|size| size.recommended);
    let mut capacity = Capacity {
        schema_version: SCHEMA_VERSION,
        environment: Environment::detect(),
        units: units.map(|rate| Units::new(rate, &facts.corpus)),
        corpus: facts.corpus,
        rules_id: rules.rules_id().to_owned(),
        slo: args.slo.clone(),
        probe_seconds: args.seconds,
        reference: facts.reference,
        scalability: Scalability::fit(&points),
        sizing,
        stages: facts.stages,
        state_per_identity: facts.state_per_identity,
        resident_fixed_bytes: facts.resident_fixed_bytes,
        burst,
        noise,
        plan: None,
        probes: std::mem::take(&mut lab.probes),
        command: command(),
    };
    capacity.plan = args.plan.map(|plan| Answer::new(plan, &capacity, available_bytes()));
    if let Some(out) = &args.out {
        PartialFile::write_json(&out.join("capacity.json"), &capacity)?;
        let mut log = PartialFile::create(&out.join("latency.hlog"))?;
        write_log(&lab.log, "latencies of vaultdrill capacity, by probe", &mut log)?;
        log.finish()?;
    }
    if terminal.is_json() {
        return terminal.json(&capacity);
    }
    terminal.text(&capacity.text())?;
    if let Some(out) = &args.out {
        terminal.text(&format!("\ncapacity.json and latency.hlog are in {}", out.display()))?;
    }
    Ok(())
}

/// Where the records are, what they are called, and the directory that goes with them if they were
/// made for this.
fn corpus(
    args: &CapacityArgs,
    terminal: &Terminal,
) -> Result<(PathBuf, String, Option<TempDir>), Failure> {
    if let Some(path) = &args.corpus {
        return Ok((path.clone(), path.display().to_string(), None));
    }
    let folder = tempfile::tempdir()?;
    let attacks = generate::Attacks::select("none")?;
    let plan = CorpusPlan {
        estate: generate::estate(&args.estate)?,
        attacks: attacks.injected,
        withheld: attacks.withheld,
        look_alikes: generate::look_alikes()?,
        seed: 1,
        events: None,
        days: DAYS,
        warmup_days: 1,
        layout: Layout::Lines,
        threads: super::default_threads(),
        out: folder.path().join("corpus"),
        force: true,
    };
    generate::write_corpus(&plan, "generating", terminal)?;
    Ok((plan.out, args.estate.clone(), Some(folder)))
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.05..=3600.0).contains(seconds));
    seconds.ok_or_else(|| {
        format!("expected 0.05 to 3600 seconds (a confirmation lasts {CONFIRMATION} times as long)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_workers_are_tried_one_by_one_and_then_by_doublings() {
        let counts = |text: &str| text.parse::<Workers>().map(|workers| workers.0);
        assert_eq!(counts("1..4"), Ok(vec![1, 2, 3, 4]));
        assert_eq!(counts("1..12"), Ok(vec![1, 2, 3, 4, 8, 12]));
        assert_eq!(counts("6..9"), Ok(vec![6, 8, 9]));
        assert_eq!(counts("2"), Ok(vec![2]));
        for text in ["", "0", "4..1", "1..", "1..999"] {
            assert!(counts(text).is_err(), "{text}");
        }
    }
}
