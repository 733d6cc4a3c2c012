//! The calibration report: a plan's benign traffic in the figures that have been published about
//! cloud workloads and about the vault's own logs, beside those figures.
//!
//! It walks the habits and look-alikes of a plan as generation does, renders a sample of every kind
//! of record, and writes nothing. Attacks are left out: the published figures are of ordinary
//! traffic. Copies that delivery makes are left out as well.
//!
//! A *workload* is every identity that is no person; an *activation* is what one identity does
//! without a pause of [`ACTIVATION_SECONDS`] (a fetch of twelve secrets is one activation, as an
//! invocation of a function is one in the published traces). Which figures are published, with
//! what tolerance, stands in the estate file, not here.

mod gather;
mod measure;
mod records;
mod report;
mod run;
mod statistic;

pub use gather::ACTIVATION_SECONDS;
pub use report::{Description, Figure, Verdict};
pub use run::describe;
pub use statistic::Statistic;
