//! The leakage self-test: could a detector that understands nothing tell attacks apart by an
//! artefact of this generator?
//!
//! Every attack of a plan is staged [`AUDIT_CAMPAIGNS`] times in memory, through the code that
//! writes corpora, and its records are compared with benign ones (habits and look-alikes) as text.
//!
//! **What is compared with what.** An attack *is* a choice of calls: of operation, outcome and kind
//! of identity. That is behaviour. So records are compared within one call only, and calls weigh
//! what they weigh in the attack. A call that fewer than a handful of benign identities make cannot
//! be compared; it is listed. One that no benign identity makes gives its campaigns away and is
//! measured as the field `call`. Benign records come from the time between the first and the last
//! record of the attack, so that a corpus' edges are no finding.
//!
//! **What counts once.** A campaign (spread evenly over its calls, then over its records), and an
//! identity's day within a call: one busy poller or one long campaign does not set the measure.
//!
//! **What is measured.** For each field the area under the ROC curve ([`Auc`]). The values of a
//! text are scored by the hostile share they had among *other* identities: identities, each with
//! the campaigns that begin as it, are cut in two halves, and each half is judged by what the other
//! taught; a value never met there counts as its group does (a client as its family, a /24 as its
//! /8). Which identities happen to be attacked is therefore no finding. Numbers are judged twice,
//! as they are and as tenths scored like texts, and the stronger finding counts. A tree of depth
//! three over all fields is trained on one half, on scores learned in the other quarter of that
//! half, and judged on the other half.
//!
//! **What it cannot see.** How records follow each other (pace, order, repetition) is behaviour and
//! left to detections; fields inside request bodies are seen by their size only. An area has a
//! standard error, printed beside it; the bounds are applied to the area itself, so there are
//! enough campaigns to keep that error near 0.02.

mod auc;
mod cases;
mod encode;
mod field;
mod json;
mod judge;
mod reading;
mod report;
mod run;
mod sample;
#[cfg(test)]
mod tests;
mod tree;

pub use auc::Auc;
pub use field::Field;
pub(crate) use json::Node;
pub use report::{
    AttackAudit, Audit, CallShare, FIELD_BOUND, FieldAudit, LEAST_CAMPAIGNS, TREE_BOUND, Telltale,
};
pub use run::{AUDIT_CAMPAIGNS, audit};
