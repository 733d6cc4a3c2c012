//! Samples of the backlog over time, of a bounded number, and its maximum.

use std::time::Duration;

/// Most samples kept; beyond them every other one goes, and half as many are taken from then on.
const SAMPLES: usize = 2048;

/// How often a sample is taken at first.
const EVERY: Duration = Duration::from_millis(2);

/// The backlog at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BacklogSample {
    /// When, in seconds since the first record was due.
    pub seconds: f64,
    /// Records that were due and had no verdict.
    pub records: u64,
}

/// Takes samples.
#[derive(Debug)]
pub(super) struct Backlog {
    samples: Vec<BacklogSample>,
    every: Duration,
    next: Duration,
    max: u64,
}

impl Default for Backlog {
    fn default() -> Self {
        Self { samples: Vec::new(), every: EVERY, next: Duration::ZERO, max: 0 }
    }
}

impl Backlog {
    /// Takes a sample at `now`, if it is time for one.
    pub(super) fn sample(&mut self, now: Duration, records: u64) {
        if now < self.next {
            return;
        }
        self.next = now + self.every;
        if self.samples.len() == SAMPLES {
            let mut place = 0;
            self.samples.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.every *= 2;
        }
        self.samples.push(BacklogSample { seconds: now.as_secs_f64(), records });
    }

    /// Takes note of so many, which need not be sampled: just before a verdict there are most.
    pub(super) fn peak(&mut self, records: u64) {
        self.max = self.max.max(records);
    }

    /// The most there were.
    pub(super) fn max(&self) -> u64 {
        self.max
    }

    pub(super) fn into_samples(self) -> Vec<BacklogSample> {
        self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What rises and falls between two samples counts all the same.
    #[test]
    fn the_maximum_is_of_all_times_and_not_of_those_sampled() {
        let mut backlog = Backlog::default();
        for step in 0..1000_u64 {
            backlog.peak(if step == 501 { 9000 } else { 70 });
            backlog.sample(Duration::from_micros(100 * step), 5);
        }
        assert_eq!(backlog.max(), 9000);
        assert!(backlog.into_samples().iter().all(|sample| sample.records == 5));
    }

    #[test]
    fn long_replays_keep_samples_of_all_of_their_time() {
        let mut backlog = Backlog::default();
        for millisecond in 0..60_000 {
            backlog.sample(Duration::from_millis(millisecond), millisecond);
        }
        let samples = backlog.into_samples();
        assert!((SAMPLES / 2..=SAMPLES).contains(&samples.len()), "{}", samples.len());
        assert!(samples[0].seconds < 0.1 && samples[samples.len() - 1].seconds > 59.0);
        assert!(samples.windows(2).all(|pair| pair[0].seconds < pair[1].seconds));
    }
}
