//! Measurement: the only place that reads a clock, and the histograms and facts that go with it.

mod checkup;
mod clock;
mod environment;
mod histogram;
mod hlog;
mod host;
mod process;

pub use checkup::{Beside, Finding, Verdict, check};
pub use clock::{Clock, Moment, Stopwatch, WallClock, today};
pub use environment::Environment;
pub use histogram::{Latencies, LatencySummary};
pub use hlog::{LogInterval, write_log};
pub use host::{Host, Limit, Ticks};
pub use process::{available_bytes, cpu_seconds, peak_resident_bytes, resident_bytes};
