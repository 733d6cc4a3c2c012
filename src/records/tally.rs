//! Counts what records are, so that every one of them is accounted for.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Record, What};

/// How many records there were of each sort: `records` is the sum of `events`, `foreign` and `malformed`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// All of them.
    pub records: u64,
    /// Those that are events, copies included.
    pub events: u64,
    /// Those of other services.
    pub foreign: u64,
    /// Those that are nothing that can be used.
    pub malformed: u64,
    /// Events that could not be written in another form.
    pub unwritten: u64,
    /// Why records are malformed, and how many for each reason.
    pub reasons: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts `record`.
    pub fn count(&mut self, record: &Record<'_>) {
        self.records += 1;
        match &record.what {
            What::Event { .. } => self.events += 1,
            What::Foreign => self.foreign += 1,
            What::Malformed(reason) => {
                self.malformed += 1;
                *self.reasons.entry(reason.to_string()).or_default() += 1;
            }
        }
    }

    /// What of it are no events, in a sentence; `None` if all are.
    pub fn left_out(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.malformed > 0 {
            let reasons = self.reasons.iter().map(|(reason, count)| format!("{count} {reason}"));
            let reasons = reasons.collect::<Vec<_>>().join(", ");
            parts.push(format!("{} malformed ({reasons})", self.malformed));
        }
        if self.foreign > 0 {
            parts.push(format!("{} of other services", self.foreign));
        }
        if self.unwritten > 0 {
            parts.push(format!("{} that cannot be written in another form", self.unwritten));
        }
        (!parts.is_empty()).then(|| format!("left out: {}", parts.join("; ")))
    }
}
