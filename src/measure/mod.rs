//! Measurement: the only place that reads a clock, and the histograms and facts that go with it.

mod clock;
mod environment;
mod histogram;

pub use clock::{Moment, Stopwatch, today};
pub use environment::Environment;
pub use histogram::{Latencies, LatencySummary};
