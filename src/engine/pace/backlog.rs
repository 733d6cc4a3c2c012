//! Samples of the backlog over time, of a bounded number.

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
}

impl Default for Backlog {
    fn default() -> Self {
        Self { samples: Vec::new(), every: EVERY, next: Duration::ZERO }
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

    pub(super) fn into_samples(self) -> Vec<BacklogSample> {
        self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
