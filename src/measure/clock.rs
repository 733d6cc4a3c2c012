//! The clocks. Everything else receives moments, durations and days as values.

use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

/// A point on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// The clock by which a paced replay offers its records, behind a trait so that tests need not wait.
pub trait Clock: Debug + Sync {
    /// Time since the clock's zero.
    fn now(&self) -> Duration;

    /// When that moment was, by this clock.
    fn at(&self, moment: Moment) -> Duration;

    /// Returns at `time` or a little later, and at once if it has passed.
    fn wait_until(&self, time: Duration);
}

/// The time that passes on the wall.
#[derive(Clone, Copy, Debug)]
pub struct WallClock(Moment);

impl WallClock {
    /// A clock whose zero is now.
    pub fn start() -> Self {
        Self(Moment::now())
    }
}

impl Clock for WallClock {
    fn now(&self) -> Duration {
        self.at(Moment::now())
    }

    fn at(&self, moment: Moment) -> Duration {
        moment.since(self.0)
    }

    fn wait_until(&self, time: Duration) {
        thread::sleep(time.saturating_sub(self.now()));
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

    /// Runs `work` and adds the time that it takes.
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started = Moment::now();
        let done = work();
        self.add(Moment::now().since(started));
        done
    }

    /// The sum in seconds.
    pub fn seconds(&self) -> f64 {
        self.total.as_secs_f64()
    }
}
