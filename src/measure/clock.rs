//! The clocks. Everything else receives moments, durations and days as values.

use std::time::{Duration, Instant};

/// A point on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Moment(Instant);

impl Moment {
    /// Reads the clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn now() -> Self {
        Self(Instant::now())
    }

    /// Time since `earlier`; zero if it is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

/// The day it is, by the system's clock, in UTC.
pub fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Sums the time spent in one stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stopwatch {
    total: Duration,
}

impl Stopwatch {
    /// Adds a duration.
    pub fn add(&mut self, duration: Duration) {
        self.total += duration;
    }

    /// The sum in seconds.
    pub fn seconds(&self) -> f64 {
        self.total.as_secs_f64()
    }
}
