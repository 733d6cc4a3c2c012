//! Rules: what a detection is once its file has been read and found sound.

mod model;
mod nearest;
mod query;

pub use model::{
    Adaptive, Buckets, Distinct, Exception, Guidance, NewTerms, Rule, RuleKind, Severity, Threat,
    Threshold, TimeFrame, Tunable,
};
pub use query::{Query, QueryError};
