//! The files a run leaves: alerts.ndjson, evidence.ndjson, run.json, each whole or absent.

mod actions;
mod alerts;
mod changes;
mod command;
mod history;
mod inputs;
mod limits_text;
mod logging;
mod noise_text;
mod pace;
mod partial;
mod reread;
mod results;
mod run;
mod run_text;
mod triage;

pub(crate) use alerts::{alert_id, distinct_value, evidence_cut, step_of};
pub use alerts::{note_alerts, write_alerts};
pub(crate) use command::{command_line, quoted};
pub use history::HistoryReport;
pub use inputs::InputsReport;
pub use pace::PaceReport;
pub(crate) use partial::PARTIAL_SUFFIX;
pub use partial::PartialFile;
pub use results::{ResultsError, write_results};
pub use run::{
    LinesReport, MalformedReport, MalformedSampleReport, RuleReport, RunReport, StateReport,
};

/// The version of every file format this program writes.
pub const SCHEMA_VERSION: u32 = 1;
