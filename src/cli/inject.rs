//! `vaultdrill inject`: plant labelled campaigns into a copy of own logs.
//!
//! The logs are read twice: once for the estate and the cast, once to be copied, with the campaigns put
//! between them by arrival.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use vaultdrill_generators::{Attack, Injection, InjectionPlan, LeftOut, Manifest};

use super::exit::{self, Failure, OrExit};
use super::generate::{self, Attacks};
use super::own_logs::{self, OwnLogs};
use super::records::{self, ReadArgs};
use super::terminal::Terminal;
use crate::estate::{CastSummary, DayRange, Fit, Found, usual_warmup_days, warmup_end};
use crate::event::{Batch, Origin};
use crate::ingest::{LineParser, Record};
use crate::records::{Tally, What};

const EXAMPLES: &str = "\
Examples:
  vaultdrill inject --corpus my-logs/ --out drilled
  vaultdrill inject --corpus my-logs/ --attacks none --out twin
  vaultdrill inject --corpus a.json b.json --attacks bulk-extraction --seed 7 \\
      --out drilled
  vaultdrill detect drilled --out run
  vaultdrill score --truth drilled/truth.ndjson --alerts run/alerts.ndjson
  vaultdrill sweep --corpus drilled --twin twin --out lab

Campaigns use identities, vaults, objects, addresses and clients of the logs.
What an attack brings by design is made up in their style: fresh identities,
hosts in known networks, the names of a new key and of a deleted secret.
Planted records have the fields of the logs' own, in their order.";

/// Arguments of `inject`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InjectArgs {
    /// Own logs, of whatever shape: files and folders.
    #[arg(long, required = true, num_args = 1..)]
    corpus: Vec<PathBuf>,
    /// `all`, `none`, or attacks by name or file, separated by commas. `none` is the clean twin: the same
    /// copy without campaigns.
    #[arg(long, default_value = "all")]
    attacks: String,
    /// Seed of every random draw: the same seed writes the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// First days of the logs that only teach; by default two thirds of them, but so that three days
    /// are scored.
    #[arg(long)]
    warmup_days: Option<u32>,
    /// Directory to write the corpus into.
    #[arg(long)]
    out: PathBuf,
    /// Replace a corpus that is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// What was done.
#[derive(Serialize)]
struct Summary {
    found: Found,
    cast: CastSummary,
    /// Attacks that the logs cannot carry, and what they lack.
    attacks_left_out: BTreeMap<String, String>,
    foreign: u64,
    malformed: u64,
    /// Records whose time lies far from all others; not in the copy.
    outside: u64,
    copied: u64,
    planted: u64,
    manifest: Manifest,
}

pub(crate) fn run(args: InjectArgs, terminal: &Terminal) -> Result<(), Failure> {
    let attacks = Attacks::select(&args.attacks)?.injected;
    let logs = own_logs::read(&args.corpus, args.read, terminal)?;
    records::refuse_own(&logs.inputs, &args.out)?;
    let figures = own_logs::figures(&logs)?;
    let range = logs.fit.range().expect("figures are of at least one record");
    let warmup_days = warmup_days(args.warmup_days, range)?;
    let casting = logs.fit.cast(warmup_end(range.start(), warmup_days));
    let plan = InjectionPlan {
        estate: own_logs::estate(&figures)?.with_cast(casting.cast),
        attacks: attacks.clone(),
        seed: args.seed,
        start: range.start().0,
        end: range.end.0,
        warmup_days,
    };
    let injection = Injection::new(plan).or_exit(exit::USAGE)?;
    check_carried(&attacks, injection.left_out())?;
    let attacks_left_out = injection.left_out().iter();
    let attacks_left_out =
        attacks_left_out.map(|one| (one.attack.clone(), one.lacks.clone())).collect();
    let found = logs.fit.found().expect("figures are of at least one record");
    let Tally { foreign, malformed, .. } = logs.tally;
    let written = splice(injection, &logs, range, &args, terminal)?;
    let summary = Summary {
        found,
        cast: casting.summary,
        attacks_left_out,
        foreign,
        malformed,
        outside: written.outside,
        copied: written.copied,
        planted: written.planted,
        manifest: written.manifest,
    };
    if terminal.is_json() {
        return terminal.json(&summary);
    }
    terminal.text(&text(&summary, &args.out))
}

/// As asked for or as usual; there must be room for both parts.
fn warmup_days(asked: Option<u32>, range: DayRange) -> Result<u32, Failure> {
    let days = range.len();
    let refuse = |expected: &str| {
        let message = format!("the logs cover {days} days, expected {expected}");
        Failure::new(exit::INPUT, anyhow::anyhow!(message))
    };
    match asked {
        None => usual_warmup_days(days)
            .ok_or_else(|| refuse("at least 4: one to learn from, three to score")),
        Some(asked) if asked < days => Ok(asked),
        Some(asked) => Err(refuse(&format!("more than the {asked} of --warmup-days"))),
    }
}

/// Fails where attacks were asked for and none can be staged.
fn check_carried(attacks: &[Attack], left_out: &[LeftOut]) -> Result<(), Failure> {
    if attacks.is_empty() || left_out.len() < attacks.len() {
        return Ok(());
    }
    let mut message = "the logs cannot carry any of these attacks:".to_owned();
    for LeftOut { attack, lacks } in left_out {
        write!(message, "\n  {attack} takes {lacks}").expect("writing to a String cannot fail");
    }
    Err(Failure::new(exit::INPUT, anyhow::anyhow!(message)))
}

/// What the second reading came to.
struct Written {
    manifest: Manifest,
    copied: u64,
    planted: u64,
    outside: u64,
}

fn splice(
    injection: Injection,
    logs: &OwnLogs,
    range: DayRange,
    args: &InjectArgs,
    terminal: &Terminal,
) -> Result<Written, Failure> {
    let mut parser = LineParser::new();
    let mut reshape = |line: &[u8], out: &mut Vec<u8>| reshape(&logs.fit, &mut parser, line, out);
    let splice = injection.splice(&args.out, args.force, &mut reshape);
    let mut splice = splice.map_err(generate::failure)?;
    let planted = splice.planted();
    let (mut copied, mut outside) = (0, 0);
    records::each_within(&logs.opened, range.times(), "planting", terminal, &mut |record| {
        let What::Event { text, event } = record.what else { return Ok(true) };
        let time = event.event.time;
        if !range.holds(time) {
            outside += 1;
            return Ok(true);
        }
        copied += 1;
        splice.copy(record.arrival.0, time.0, text.as_bytes()).map_err(generate::failure)?;
        Ok(true)
    })?;
    if logs.fit.found().is_some_and(|found| found.records != copied + outside) {
        let message = "the logs changed while they were read, expected them to stay as they are";
        return Err(Failure::new(exit::INPUT, anyhow::anyhow!(message)));
    }
    let manifest = splice.finish().map_err(generate::failure)?;
    Ok(Written { manifest, copied, planted, outside })
}

/// Appends a planted line, laid out as the records of the logs.
fn reshape(fit: &Fit, parser: &mut LineParser, line: &[u8], out: &mut Vec<u8>) {
    let mut batch = Batch::default();
    let is_event = parser.parse(line, Origin::default(), &mut batch) == Ok(Record::Event);
    match std::str::from_utf8(line) {
        Ok(text) if is_event => {
            let mut reshaped = String::with_capacity(text.len());
            fit.reshape(&batch.view(0), text, &mut reshaped);
            out.extend_from_slice(reshaped.as_bytes());
        }
        _ => out.extend_from_slice(line),
    }
}

/// For people.
fn text(summary: &Summary, out: &Path) -> String {
    let Summary { found, cast, manifest, .. } = summary;
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line(format!(
        "Found: {} days, {} identities, {} vaults, {} objects, {} clients.",
        found.days, found.identities, found.vaults, found.objects, found.clients
    ));
    let identities: usize = cast.positions.values().sum();
    line(format!(
        "Cast: {identities} identities, {} vaults, {} objects.",
        cast.vaults, cast.objects
    ));
    for (reason, count) in &cast.identities_left_out {
        line(format!("  without {count} identities: {reason}"));
    }
    for (reason, count) in &cast.vaults_left_out {
        line(format!("  without {count} vaults: {reason}"));
    }
    for (what, count) in &found.cut {
        line(format!("  {count} records are of more {what} than are told apart"));
    }
    let Summary { foreign, malformed, outside, copied, planted, .. } = summary;
    line(format!("Copied: {copied} records."));
    let not_copied = foreign + malformed + outside;
    if not_copied > 0 {
        line(format!(
            "  not copied: {foreign} of other services, {malformed} malformed,\n  {outside} with a time far from all others"
        ));
    }
    let campaigns: u64 = manifest.campaigns.values().sum();
    line(format!(
        "Planted: {campaigns} campaigns, {planted} records, after {} days that only teach.",
        manifest.warmup_days
    ));
    for (attack, count) in &manifest.campaigns {
        line(format!("  {count:>3} {attack}"));
    }
    for (attack, lacks) in &summary.attacks_left_out {
        line(format!("  no {attack}: it takes {lacks}"));
    }
    let out = out.display();
    line(format!("in {out}\nnext: vaultdrill detect {out} --out run"));
    if campaigns > 0 {
        line(format!(
            "      vaultdrill score --truth {out}/truth.ndjson --alerts run/alerts.ndjson"
        ));
    }
    text
}
