//! Whether a corpus is what it says it is: sums, counts, order, times and truth.
//!
//! Contract: every check is made that can be, whatever the others found, and says what was expected and
//! what was found. Memory is bounded but for truth, which is read as a score reads it.

mod events;
mod sums;
mod truth;

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::event::TickSpan;
use crate::ingest::{Input, resolve_inputs};
use crate::limits::Limits;
use crate::records::{MANIFEST, RecordsError, TRUTH, read_manifest};
use crate::score::{Manifest, Truth};
use events::Seen;
use truth::Sought;

/// What is wrong with so many things is told of the first few.
const EXAMPLES: usize = 3;

/// No corpus covers more.
const MAX_DAYS: u64 = 1 << 16;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub check: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found; where it is not as it should be, what was expected, too.
    pub found: String,
}

/// What verifying a corpus found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether every check is ok.
    pub ok: bool,
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
}

impl Check {
    fn new(check: &'static str, outcome: Result<String, String>) -> Self {
        let ok = outcome.is_ok();
        Self { check, ok, found: outcome.unwrap_or_else(|fault| fault) }
    }
}

/// What a manifest states, as far as it can be read.
struct Stated {
    parsed: Result<Manifest, String>,
    members: Map<String, Value>,
}

impl Stated {
    /// How many campaigns the manifest states.
    fn campaigns(&self) -> u64 {
        let counts = self.members.get("campaigns").and_then(Value::as_object);
        counts.into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum()
    }

    /// Whether the days and the days of warm-up, where they are stated, are those of the times.
    fn days(&self) -> Option<Result<String, String>> {
        let manifest = self.parsed.as_ref().ok()?;
        let number = |key: &str| Some(self.members.get(key)?.as_u64()?.min(MAX_DAYS) as i64);
        let (days, warmup_days) = (number("days")?, number("warmup_days")?);
        let start = manifest.warmup_end + TickSpan::days(-warmup_days);
        let (first, last) = (manifest.first_time, manifest.last_time);
        let found = format!("{days} days, {warmup_days} of warm-up");
        let is_begun = (start..start + TickSpan::days(1)).contains(&first);
        let is_over = last < start + TickSpan::days(days);
        Some(if is_begun && is_over {
            Ok(found)
        } else {
            Err(format!(
                "expected days from {first} to {last} with warm-up to {}, found {found}",
                manifest.warmup_end
            ))
        })
    }
}

/// Verifies the corpus in `directory`, whose records are read within `limits`; `progress` hears the bytes done and the bytes in all.
///
/// # Errors
/// If the directory holds no corpus that can be opened at all.
pub fn verify(
    directory: &Path,
    limits: Limits,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, RecordsError> {
    let inputs = resolve_inputs(&[directory.to_owned()])?;
    let stated = stated(directory);
    let listed = sums::listed(directory, &stated, &inputs);
    let size = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    let event_bytes: u64 = files(&inputs).map(size).sum();
    let listed_bytes: u64 = listed.iter().flatten().map(|(path, _)| size(path)).sum();
    let (mut done, total) = (0, listed_bytes + 2 * event_bytes);
    let mut advance = |bytes: u64| {
        done += bytes;
        progress(done, total);
    };

    let manifest =
        stated.parsed.as_ref().map(|found| format!("{} events, seed {}", found.events, found.seed));
    let mut checks = vec![Check::new("manifest", manifest.map_err(Clone::clone))];
    checks.push(Check::new("sums", listed.and_then(|listed| sums::check(&listed, &mut advance))));
    checks.extend(stated.days().map(|outcome| Check::new("days", outcome)));
    checks.push(Check::new("corpus_id", sums::corpus_id(&inputs, &stated, &mut advance)));

    let path = directory.join(TRUTH);
    let truth = path.is_file().then(|| sought(&path));
    let mut sought = truth.as_ref().and_then(|truth| truth.as_ref().ok()).map(Sought::new);
    let seen = Seen::read(&inputs, limits, sought.as_mut(), &mut advance)?;
    checks.extend(seen.checks(&stated, event_bytes));
    match (&truth, &sought) {
        (Some(Ok(truth)), Some(sought)) => checks.extend(sought.checks(truth, &stated)),
        (Some(Err(fault)), _) => checks.push(Check::new("truth", Err(fault.clone()))),
        (None, _) if stated.campaigns() > 0 => {
            let fault = format!("expected truth of {} campaigns, found none", stated.campaigns());
            checks.push(Check::new("truth", Err(fault)));
        }
        _ => {}
    }
    Ok(Report { ok: checks.iter().all(|check| check.ok), checks })
}

fn stated(directory: &Path) -> Stated {
    let path = directory.join(MANIFEST);
    let name = path.display().to_string();
    let members =
        sums::regular(&path).and_then(|()| read_manifest(&path).map_err(|error| error.to_string()));
    let parsed = members.clone().and_then(|members| {
        Manifest::parse(&name, &Value::Object(members).to_string())
            .map_err(|error| error.to_string())
    });
    Stated { parsed, members: members.unwrap_or_default() }
}

fn sought(path: &Path) -> Result<Truth, String> {
    let file = fs::File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let reader = std::io::BufReader::new(file);
    Truth::read(&path.display().to_string(), reader).map_err(|error| error.to_string())
}

fn files(inputs: &[Input]) -> impl Iterator<Item = &Path> {
    inputs.iter().flat_map(|input| &input.files).map(std::path::PathBuf::as_path)
}

/// `found`, or what was expected instead.
fn compare(what: &str, expected: &str, found: &str) -> Result<String, String> {
    if expected == found {
        return Ok(found.to_owned());
    }
    Err(format!("expected {what} {expected}, found {found}"))
}

/// The first few of many, in a sentence.
fn some(examples: &[String], count: u64) -> String {
    let more = count.saturating_sub(examples.len() as u64);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", examples.join("; "))
}
