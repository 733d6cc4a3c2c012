//! The gate: from a score to a decision, with the courage to say that the data cannot tell.
//!
//! Requirements are expressions over score.json and run.json, where a metric's dotted path is its
//! name. One fails only if its figure is beyond the limit and the interval excludes the limit; against
//! a baseline the interval is that of the paired difference. `compare` says what differs. Pure: texts
//! and scores are handed in, nothing is written, no clock is read. `tests/gate_suite` holds it.

mod annotations;
mod baseline;
mod check;
mod compare;
mod compare_tables;
mod config;
mod decide;
mod error;
mod lost;
mod markdown;
mod metrics;
mod model;
mod names;
mod parse;
mod requirement;
mod text;
mod waivers;
mod xml;

pub use annotations::annotations;
pub use compare::{
    AlertsOfEntity, AttackChange, CampaignChange, CompareReport, Figures, RecallChange, RuleChange,
    Side, SomeEntities, compare,
};
pub use compare_tables::compare_text;
pub use config::GateConfig;
pub use decide::{Baseline, Gate, NOISE_DEFAULT, Terms, decide};
pub use error::{ExpressionError, GateError};
pub use markdown::{MARKDOWN_BYTES_MAX, markdown};
pub use model::{
    Check, Class, GateCounts, GateReport, InconclusiveIs, LostCampaign, Power, Quantity, Verdict,
    WaiverRecord, WaiverState,
};
pub use requirement::{Amount, Filter, Limit, MetricRequirement, Operator, Requirement, Unit};
pub use text::gate_text;
pub use waivers::{Waiver, WaiverFile};
pub use xml::junit;
