//! What run.json says of the files that a run was pointed at.

use serde::{Deserialize, Serialize};

use crate::engine::Outcome;
use crate::ingest::NotRead;

/// The `inputs` of run.json.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct InputsReport {
    /// Files, pipes and the like that were read, those of a history included.
    pub files: u64,
    /// How many of them held nothing.
    pub empty: u64,
    /// What the folders among the arguments held beside these.
    pub not_read: u64,
    /// The first of that, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_read_first: Vec<String>,
    /// Files that grew while they were read: what they held at the start was judged, and no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grown: Vec<String>,
}

impl InputsReport {
    /// But for what was not read, which the run does not know.
    pub(super) fn new(outcome: &Outcome) -> Self {
        let grown = outcome.grown().unwrap_or_default();
        Self {
            files: outcome.files.len() as u64,
            empty: outcome.files.iter().filter(|file| file.is_empty()).count() as u64,
            not_read: 0,
            not_read_first: Vec::new(),
            grown: grown.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The same with what folders held that was not read.
    #[must_use]
    pub fn beside(self, not_read: &NotRead) -> Self {
        Self { not_read: not_read.count, not_read_first: not_read.first.clone(), ..self }
    }

    /// What somebody who looks at the results should know; nothing if all is as it should be.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.empty > 0 {
            notes.push(format!("{} of {} files hold nothing", self.empty, self.files));
        }
        for name in &self.grown {
            notes.push(format!(
                "{name} has grown since the run began: only what it held was judged"
            ));
        }
        notes
    }
}
