//! The file of a look-alike that a workload's schedule makes: it stages nothing, it only has truth
//! record the bursts of that workload under its name.

use serde::Deserialize;
use toml::Spanned;

use super::error::{ScenarioError, read};
use crate::workloads::Workload;

/// A validated file.
#[derive(Debug, Clone)]
pub(crate) struct ScheduledFile {
    /// What the bursts are called in truth.
    pub(crate) name: String,
    /// ATT&CK techniques that they resemble.
    pub(crate) technique: Vec<String>,
    pub(crate) workload: Workload,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema_version: Spanned<u32>,
    name: String,
    technique: Spanned<Vec<String>>,
    schedule: Schedule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    workload: Workload,
}

/// Only what tells the two forms apart.
#[derive(Deserialize)]
struct Head {
    schedule: Option<HeadSchedule>,
}

#[derive(Deserialize)]
struct HeadSchedule {
    workload: Option<toml::Value>,
}

impl ScheduledFile {
    /// Reads the file if it names a workload; nothing where it stages instances of its own.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Option<Self>, ScenarioError> {
        let head: Head = read(file, text)?;
        if head.schedule.and_then(|schedule| schedule.workload).is_none() {
            return Ok(None);
        }
        let wire: Wire = read(file, text)?;
        let refuse = |at, message| ScenarioError::new(file, text, at, message);
        super::estate::check_schema_version(&wire.schema_version, refuse)?;
        super::campaigns::check_technique(file, text, &wire.technique)?;
        Ok(Some(Self {
            name: wire.name,
            technique: wire.technique.into_inner(),
            workload: wire.schedule.workload,
        }))
    }
}
