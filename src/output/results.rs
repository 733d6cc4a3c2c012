//! The files of one run, which take the place of an earlier run's together.
//!
//! Contract: at no instant do files of two runs stand beside each other. All are written in full under
//! temporary names first; then the earlier run's go, run.json, which vouches for the others, before
//! them; then these get their names, run.json last. A process that is killed in between leaves fewer
//! files, never a mixture, and a fault while writing leaves the earlier run as it was.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::alerts::{ALERTS, EVIDENCE, partial_alerts};
use super::{PartialFile, RunReport};
use crate::engine::Outcome;
use crate::ingest::IngestError;
use crate::noise::Noise;
use crate::rules::RuleSet;

const RUN: &str = "run.json";

/// Why the files of a run could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The system's answer, which names the file.
    #[error(transparent)]
    Write(#[from] io::Error),
    /// An input was changed while its records were read again for the alerts.
    #[error(transparent)]
    Input(#[from] IngestError),
}

/// Writes alerts.ndjson, evidence.ndjson and run.json of a run into `folder`, or leaves what is there.
/// The noise of the alerts is known only once they are written; it goes into `report`.
///
/// # Errors
/// Those of writing; an input that is not what it was when the run began.
pub fn write_results(
    folder: &Path,
    outcome: &Outcome,
    rules: &RuleSet,
    report: &mut RunReport,
) -> Result<(), ResultsError> {
    let ([alerts, evidence], noted) = partial_alerts(folder, outcome, rules)?;
    report.noise = Some(Noise::of(&noted, &rules.rules, outcome.arrived));
    let run = PartialFile::json(&folder.join(RUN), report)?;
    outcome.grown()?;
    for earlier in [RUN, ALERTS, EVIDENCE] {
        remove(&folder.join(earlier))?;
    }
    evidence.finish()?;
    alerts.finish()?;
    run.finish()?;
    Ok(())
}

/// Removes a file; one that is not there need not go.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}
