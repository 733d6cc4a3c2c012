//! `vaultdrill sweep`: try a rule at many settings, and say which one to take.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::detect::{EngineArgs, command, make_directory, rules_failure};
use super::exit::{self, Failure, OrExit};
use super::sweep_corpora::Corpora;
use super::terminal::Terminal;
use crate::drill::Drill;
use crate::engine::in_parallel;
use crate::nearest::nearest;
use crate::output::{PartialFile, command_line};
use crate::rules::{Accepted, PACK, Parameter, Rule, Timing, check, parse_span};
use crate::scenarios::Kind;
use crate::sweep::{
    Axis, Lab, LabError, MAX_STEPS, STEPS_ALONE, STEPS_OF_SEVERAL, Sweep, Tallies, Trial, figures,
    text,
};

const EXAMPLES: &str = "\
Examples:
  vaultdrill sweep --out sweep
  vaultdrill sweep --param threshold.distinct.values=5..100:30 --out sweep
  vaultdrill sweep quickstart --rule novel-vault --budget 2.5 --out sweep
  vaultdrill sweep --param threshold.window=1m..1h:6 \\
    --param threshold.distinct.values=5..60 --out sweep
  vaultdrill sweep --corpus corpus --twin twin --rule bulk-extraction --out sweep";

/// The drill whose corpora are used unless one is named.
const DRILL: &str = "quickstart";

/// Arguments of `sweep`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SweepArgs {
    /// Drill, by name or file, whose corpora are made: two seeds to tune on, another seed and another
    /// estate to report on. By default `quickstart`.
    #[arg(conflicts_with = "corpus")]
    drill: Option<String>,
    /// Corpus to use instead, with its truth and manifest; its campaigns are dealt into two halves.
    #[arg(long)]
    corpus: Option<PathBuf>,
    /// Its clean twin, for false alerts.
    #[arg(long, requires = "corpus")]
    twin: Option<PathBuf>,
    /// Rule, by id or file.
    #[arg(long, default_value = "bulk-extraction")]
    rule: String,
    /// Parameter and its range, such as `threshold.distinct.values=5..100:20`, durations such as
    /// `threshold.window=1m..1h`; may be given several times. By default all tunables of the rule.
    #[arg(long, value_name = "NAME=LOW..HIGH[:STEPS]", value_parser = range)]
    param: Vec<Range>,
    /// Most false alerts a day (alerts, without a clean twin); by default what the rule costs as it is.
    #[arg(long, value_name = "PER_DAY", value_parser = per_day)]
    budget: Option<f64>,
    /// Worker threads, 1 to 255, by default one per core; they change the speed, not the result.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    workers: Option<u8>,
    /// Directory for sweep.json and the recommended rule file.
    #[arg(long)]
    out: PathBuf,
}

/// What a rule is swept over.
enum Subject<'a> {
    Corpus(&'a Path),
    Drill(Drill),
}

/// A parameter's range as it is named on the command line.
#[derive(Clone, Debug, PartialEq)]
struct Range {
    name: String,
    low: String,
    high: String,
    steps: Option<usize>,
}

pub(crate) fn run(args: SweepArgs, terminal: &Terminal) -> Result<(), Failure> {
    let subject = match &args.corpus {
        Some(corpus) => Subject::Corpus(corpus),
        None => Subject::Drill(load_drill(args.drill.as_deref().unwrap_or(DRILL))?),
    };
    let (packs, timing) = match &subject {
        Subject::Corpus(_) => (vec![PACK.to_owned()], Timing::Streaming),
        Subject::Drill(drill) => (drill.rules.clone(), drill.timing),
    };
    let (rule, file) = find_rule(&args.rule, &packs)?;
    if rule.schedule.is_some() && timing == Timing::Scheduled {
        return Err(usage(format!(
            "expected a rule that judges as records arrive, found `{}` on the schedule that the drill's \
             timing puts it on: a run's order is the whole rule's affair, and cannot be swept",
            rule.id
        )));
    }
    let axes = axes(&rule, &args.param)?;
    make_directory(&args.out)?;
    let options = EngineArgs::with_workers(args.workers).options();
    let corpora = match &subject {
        Subject::Drill(drill) => Corpora::of_drill(drill, options, &args.out)?,
        Subject::Corpus(corpus) => Corpora::given(corpus, args.twin.as_deref(), options)?,
    };
    let lab = Lab::new(rule, &file, axes, corpora.seed()).map_err(|error| match error {
        LabError::Rule(error) => rules_failure(&error),
        LabError::Nowhere { .. } => usage(error.to_string()),
    })?;
    let tallies = corpora.measure(lab.rules(), terminal)?;
    // Every setting is of the same campaigns.
    if let Some(Tallies { tuning, held_out }) = tallies.first() {
        refuse_nothing([tuning.campaigns, held_out.campaigns])?;
    }
    let both = in_parallel(tallies.len(), options.workers, |place| {
        let Tallies { tuning, held_out } = &tallies[place];
        [figures(tuning), figures(held_out)]
    });
    let trial = Trial {
        command: command_line(&command()),
        split: corpora.split(),
        corpora: corpora.names(),
        budget: args.budget,
        warm_up: corpora.warm_up(),
    };
    let sweep = lab.conclude(&tallies, both, trial);
    write(&lab, &sweep, &args.out)?;
    if terminal.is_json() {
        return terminal.json(&sweep);
    }
    terminal.text(&text(&sweep))?;
    terminal.text(&format!("\n{}", files_of(&sweep, &args.out)))
}

fn usage(message: String) -> Failure {
    Failure::new(exit::USAGE, anyhow::anyhow!(message))
}

fn load_drill(name: &str) -> Result<Drill, Failure> {
    let file = Kind::Drill.load(name).or_exit(exit::USAGE)?;
    Drill::parse(&file.name, &file.text).or_exit(exit::USAGE)
}

/// The rule of that id among the packs, or the rule that the name stands for by itself; and what its
/// file says.
fn find_rule(name: &str, packs: &[String]) -> Result<(Rule, String), Failure> {
    let known = check(packs).map_err(|error| rules_failure(&error))?.accepted;
    let found = match known.iter().position(|one| one.rule.id == name) {
        Some(place) => known.into_iter().nth(place),
        None => {
            let ids = known.iter().map(|one| one.rule.id.as_str());
            let near = nearest(name, ids).map(|id| format!(" (did you mean `{id}`?)"));
            let unknown = || {
                let near = near.clone().unwrap_or_default();
                usage(format!("expected a rule of {}, found `{name}`{near}", packs.join(", ")))
            };
            let alone = check(&[name])
                .map_err(|error| if near.is_some() { unknown() } else { rules_failure(&error) })?;
            if let Some(refused) = alone.refused.into_iter().next() {
                return Err(rules_failure(&refused.fault.into()));
            }
            if alone.accepted.len() != 1 {
                return Err(unknown());
            }
            alone.accepted.into_iter().next()
        }
    };
    match found {
        Some(Accepted { rule, text: Some(text), .. }) => Ok((rule, text)),
        _ => Err(usage(format!(
            "expected a rule file of vaultdrill's own form, found `{name}` in Elastic's: its numbers \
             have no names there"
        ))),
    }
}

/// The values to try of each parameter.
fn axes(rule: &Rule, ranges: &[Range]) -> Result<Vec<Axis>, Failure> {
    let parameters = rule.parameters();
    let named = |name: &str| parameters.iter().find(|it| it.name == name).cloned();
    if ranges.is_empty() {
        let steps = if rule.tunables.len() == 1 { STEPS_ALONE } else { STEPS_OF_SEVERAL };
        let tunables = rule.tunables.iter().filter(|it| is_sweepable(&it.name));
        let axes = tunables.filter_map(|tunable| {
            let parameter = named(&tunable.name)?;
            Some(Axis::new(rule, parameter, (tunable.low, tunable.high), steps))
        });
        let axes: Vec<Axis> = axes.collect();
        if axes.is_empty() {
            let names: Vec<&str> = parameters.iter().map(|it| it.name.as_str()).collect();
            return Err(usage(format!(
                "expected a rule with tunables, found none in `{}`: name a parameter with --param ({})",
                rule.id,
                names.join(", ")
            )));
        }
        return Ok(axes);
    }
    let mut axes: Vec<Axis> = Vec::new();
    for range in ranges {
        let parameter = named(&range.name).ok_or_else(|| unknown_parameter(rule, &range.name))?;
        if !is_sweepable(&range.name) {
            return Err(usage(format!(
                "--param {}: expected a number of the rule's condition, found one of its schedule, which \
                 a rule that judges as records arrive does not use",
                range.name
            )));
        }
        if axes.iter().any(|axis| axis.parameter.name == range.name) {
            return Err(usage(format!("--param {}: expected it once, found it twice", range.name)));
        }
        let alone = if ranges.len() == 1 { STEPS_ALONE } else { STEPS_OF_SEVERAL };
        let ends = ends(&parameter, range)?;
        check_range(rule, range, ends)?;
        axes.push(Axis::new(rule, parameter, ends, range.steps.unwrap_or(alone)));
    }
    Ok(axes)
}

/// A schedule decides which events a run sees and when: a replay keeps that as it is.
fn is_sweepable(name: &str) -> bool {
    !name.starts_with("schedule.")
}

fn unknown_parameter(rule: &Rule, name: &str) -> Failure {
    let parameters = rule.parameters();
    let names: Vec<&str> = parameters.iter().map(|it| it.name.as_str()).collect();
    let near = nearest(name, names.iter().copied());
    let near = near.map_or(String::new(), |word| format!(" (did you mean `{word}`?)"));
    usage(format!(
        "--param: expected a parameter of `{}` ({}), found `{name}`{near}",
        rule.id,
        names.join(", ")
    ))
}

/// The ends of a range as numbers; seconds of a duration.
fn ends(parameter: &Parameter, range: &Range) -> Result<(f64, f64), Failure> {
    let number = |text: &str| {
        let fault = |expected: String| usage(format!("--param {}: {expected}", range.name));
        if parameter.is_duration {
            return parse_span(text).map(|span| span.as_seconds_f64()).map_err(fault);
        }
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        let number = number.filter(|number| !parameter.is_whole || number.fract() == 0.0);
        let expected = if parameter.is_whole { "a whole number" } else { "a number" };
        number.ok_or_else(|| fault(format!("expected {expected}, found {text:?}")))
    };
    let (low, high) = (number(&range.low)?, number(&range.high)?);
    if low > high {
        return Err(usage(format!(
            "--param {}: expected the lower end first, found {}..{}",
            range.name, range.low, range.high
        )));
    }
    Ok((low, high))
}

/// A rule file takes no value outside of the range that it gives a tunable.
fn check_range(rule: &Rule, range: &Range, (low, high): (f64, f64)) -> Result<(), Failure> {
    let tunable = rule.tunables.iter().find(|it| it.name == range.name);
    match tunable.filter(|tunable| low < tunable.low || high > tunable.high) {
        None => Ok(()),
        Some(tunable) => Err(usage(format!(
            "--param {}: expected a range within the rule's own, {}..{} (seconds of a duration), found \
             {}..{}",
            range.name, tunable.low, tunable.high, range.low, range.high
        ))),
    }
}

/// Refuses a tuning part or a held-out part without campaigns to score.
pub(super) fn refuse_nothing(campaigns: [u64; 2]) -> Result<(), Failure> {
    let mut parts = ["tuning", "held-out"].into_iter().zip(campaigns);
    let Some((part, _)) = parts.find(|&(_, campaigns)| campaigns == 0) else {
        return Ok(());
    };
    let error = anyhow::anyhow!(
        "expected attack campaigns in the scored period of the {part} part, found none"
    );
    Err(Failure::new(exit::NOTHING_TO_SCORE, error))
}

fn write(lab: &Lab, sweep: &Sweep, out: &Path) -> Result<(), Failure> {
    PartialFile::write_json(&out.join("sweep.json"), sweep)?;
    let path = out.join(lab.recommended_path());
    if let Some(text) = lab.recommended_file(sweep) {
        make_directory(&out.join("recommended"))?;
        let mut partial = PartialFile::create(&path)?;
        partial.write_all(text.as_bytes())?;
        return Ok(partial.finish()?);
    }
    // An earlier sweep's recommendation of this rule must not stand beside one that makes none.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::at(exit::UNEXPECTED, &path, &error))
        }
        _ => Ok(()),
    }
}

fn files_of(sweep: &Sweep, out: &Path) -> String {
    let file = sweep.recommended.as_ref().map_or(String::new(), |it| format!(", {}", it.file));
    format!("in {}: sweep.json{file}", out.display())
}

/// `name=low..high[:steps]`.
fn range(text: &str) -> Result<Range, String> {
    let expected = || format!("expected NAME=LOW..HIGH[:STEPS], found {text:?}");
    let (name, rest) = text.split_once('=').ok_or_else(expected)?;
    let (low, rest) = rest.split_once("..").ok_or_else(expected)?;
    let (high, steps) = match rest.split_once(':') {
        None => (rest, None),
        Some((high, steps)) => {
            let steps = steps.parse().ok().filter(|steps| (1..=MAX_STEPS).contains(steps));
            (high, Some(steps.ok_or_else(|| format!("expected 1 to {MAX_STEPS} steps"))?))
        }
    };
    if [name, low, high].iter().any(|part| part.is_empty()) {
        return Err(expected());
    }
    Ok(Range { name: name.to_owned(), low: low.to_owned(), high: high.to_owned(), steps })
}

/// A budget that somebody could mean.
fn per_day(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "expected a number of alerts a day, zero or more".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_a_name_two_ends_and_perhaps_a_number_of_steps() {
        let found = range("threshold.window=1m..1h:6").unwrap();
        let expected = ("threshold.window", "1m", "1h", Some(6));
        let Range { name, low, high, steps } = &found;
        assert_eq!((name.as_str(), low.as_str(), high.as_str(), *steps), expected);
        for text in ["a", "a=1", "a=1..", "=1..2", "a=..2", "a=1..2:0", "a=1..2:201", "a=1..2:x"] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
