//! What a machine carries: judges probes, searches for the highest rate that is sustained, fits how it
//! scales, and answers plans.
//!
//! Pure: no I/O, no threads, no clock. `cli::capacity` runs the probes that this asks for. A rate is
//! *sustained* iff the backlog does not grow and is gone soon after the last record, the latency objective holds, nothing is dropped and the
//! alerts are those of an unpaced run over the same records ([`Probe::faults`]).

mod model;
mod plan;
mod probe;
mod search;
mod slo;
mod slope;
mod text;
mod units;
mod usl;

pub use model::{Burst, Capacity, Corpus, Drained, Reference, Sizing, Stage};
pub use plan::{Answer, Plan, Sureness};
pub use probe::{Evidence, Fault, Probe, Quantiles};
pub use search::{MARGIN, Search};
pub use slo::Slo;
pub use slope::{Slope, drained, growth, theil_sen};
pub use units::Units;
pub use usl::{Point, Scalability};
