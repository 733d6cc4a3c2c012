//! What a report is made from, and the checks that its parts belong together.
//!
//! Everything comes from files of one drill directory; `cli::report` opens them. Keys that this module
//! does not know are allowed, as files of later versions may have more.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::drill::Drill;
use crate::output::RunReport;
use crate::score::{AlertLog, Score, Truth};
use crate::sweep::Sweep;

/// Everything a report is made from.
#[derive(Debug)]
pub struct Inputs {
    /// The drill as it was run.
    pub drill: Drill,
    /// score.json.
    pub score: Score,
    /// run.json.
    pub run: RunReport,
    /// truth.ndjson.
    pub truth: Truth,
    /// alerts.ndjson with the evidence of every alert.
    pub alerts: AlertLog,
    /// By alert, who made the call that completed it.
    pub callers: BTreeMap<String, Caller>,
    /// sweep.json, where there is one.
    pub sweep: Option<Sweep>,
    /// The drill directory, as it is to be shown.
    pub folder: String,
}

/// Who made a call, as far as its record says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Caller {
    /// The caller's address.
    pub source_ip: Option<String>,
    /// The caller's client, free text of his own.
    pub client: Option<String>,
}

/// A file that is not what a report needs.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Text out of contract.
    #[error("{file}: expected {expected}, found {found}")]
    Syntax {
        /// The file, and the line where it has several.
        file: String,
        /// What it should be.
        expected: &'static str,
        /// What the parser said.
        found: String,
    },
    /// Two files that do not belong together.
    #[error("{file}: {key}: expected {expected} as in score.json, found {found}")]
    Unlike {
        /// The file that disagrees.
        file: String,
        /// The key on which they differ.
        key: &'static str,
        /// The value in score.json.
        expected: String,
        /// This file's value.
        found: String,
    },
}

#[derive(Deserialize)]
struct WireAlert {
    alert_id: String,
    #[serde(default)]
    triage: Caller,
}

impl Inputs {
    /// Checks that run, truth and alerts are those that were scored.
    ///
    /// # Errors
    /// The first file that is of another corpus or of other rules.
    pub fn check(&self) -> Result<(), ReportError> {
        let Self { score, run, truth, alerts, .. } = self;
        let corpora = [
            ("run.json", &run.corpus_id),
            (truth.file.as_str(), &truth.corpus_id),
            (alerts.file.as_str(), &alerts.corpus_id),
        ];
        for (file, found) in corpora {
            alike(file, "corpus_id", &score.corpus_id, found)?;
        }
        for (file, found) in [("run.json", &run.rules_id), (alerts.file.as_str(), &alerts.rules_id)]
        {
            alike(file, "rules_id", &score.rules_id, found)?;
        }
        Ok(())
    }
}

fn alike(file: &str, key: &'static str, expected: &str, found: &str) -> Result<(), ReportError> {
    if expected == found {
        return Ok(());
    }
    let (expected, found) = (expected.to_owned(), found.to_owned());
    Err(ReportError::Unlike { file: file.to_owned(), key, expected, found })
}

/// Reads the JSON file called `file`.
///
/// # Errors
/// Text out of contract.
pub fn parse<T: serde::de::DeserializeOwned>(
    file: &str,
    expected: &'static str,
    text: &str,
) -> Result<T, ReportError> {
    serde_json::from_str(text).map_err(|error| ReportError::Syntax {
        file: file.to_owned(),
        expected,
        found: error.to_string(),
    })
}

/// Who made the calls that completed the alerts, from the alerts.ndjson called `file`.
///
/// # Errors
/// The first line out of contract.
pub fn callers(file: &str, text: &str) -> Result<BTreeMap<String, Caller>, ReportError> {
    let mut callers = BTreeMap::new();
    // The header has been checked by whoever read the alerts.
    for (at, line) in text.lines().enumerate().skip(1) {
        if !line.trim().is_empty() {
            let place = format!("{file}:{}", at + 1);
            let WireAlert { alert_id, triage } = parse(&place, "an alert", line)?;
            callers.insert(alert_id, triage);
        }
    }
    Ok(callers)
}
