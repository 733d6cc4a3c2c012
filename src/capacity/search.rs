//! The search for the highest rate that is sustained: a geometric ramp, then bisection.
//!
//! Assumes that what is sustained at one rate is sustained at every lower one. Noise can fail a probe of a
//! rate that is sustained, so a failed probe is repeated once, and what counts is the better of the
//! two.

/// The search ends when the failed rate is within this share of the sustained one.
pub const MARGIN: f64 = 0.03;
/// Where the ramp begins, as a share of what an unpaced run does.
const START: f64 = 0.5;
/// Each step of the ramp.
const STEP: f64 = 1.25;
/// An unpaced run may have had a bad moment: the ramp goes this far beyond it.
pub(super) const BEYOND: f64 = 1.25;
/// What a confirmation showed not to hold is lowered by the margin, by twice that, and so on: at most to
/// the half.
const LARGEST_STEP: f64 = 2.0;
/// A share of the unpaced rate below which no objective is worth looking for.
const FLOOR: f64 = 1.0 / 64.0;

/// Gives the rates to probe, one after the other.
#[derive(Clone, Debug)]
pub struct Search {
    unpaced: f64,
    /// The highest rate that was sustained.
    sustained: Option<f64>,
    /// The lowest rate that was not.
    failed: Option<f64>,
    /// The rate under probe has failed once.
    is_repeated: bool,
    /// How often it has been lowered.
    lowered: u32,
}

impl Search {
    /// A search below and a little above `unpaced`, the rate of an unpaced run.
    pub fn new(unpaced: f64) -> Self {
        Self { unpaced, sustained: None, failed: None, is_repeated: false, lowered: 0 }
    }

    /// The next rate to probe; none once the search has ended.
    pub fn next_rate(&self) -> Option<f64> {
        let (top, bottom) = (self.unpaced * BEYOND, self.unpaced * FLOOR);
        match (self.sustained, self.failed) {
            (None, None) => Some(self.unpaced * START),
            (Some(sustained), None) => (sustained < top).then(|| (sustained * STEP).min(top)),
            (None, Some(failed)) => (failed > bottom).then(|| failed / 2.0),
            (Some(sustained), Some(failed)) => {
                (failed > sustained * (1.0 + MARGIN)).then(|| (sustained * failed).sqrt())
            }
        }
    }

    /// Takes in whether the rate last given was sustained.
    pub fn record(&mut self, rate: f64, is_sustained: bool) {
        if is_sustained {
            self.sustained = Some(rate);
            self.is_repeated = false;
        } else if self.is_repeated {
            self.failed = Some(rate);
            self.is_repeated = false;
        } else {
            self.is_repeated = true;
        }
    }

    /// Lowers what a confirmation run showed not to hold, down to a rate that is not worth confirming:
    /// then none is left.
    pub fn lower(&mut self) {
        let by = (1.0 + MARGIN * f64::from(1_u32 << self.lowered.min(16))).min(LARGEST_STEP);
        self.lowered += 1;
        self.failed = self.sustained;
        let lowered = self.sustained.map(|rate| rate / by);
        self.sustained = lowered.filter(|rate| *rate > self.unpaced * FLOOR);
    }

    /// The highest rate that was sustained.
    pub fn sustained(&self) -> Option<f64> {
        self.sustained
    }

    /// The lowest rate that was not.
    pub fn failed(&self) -> Option<f64> {
        self.failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::growth;
    use crate::engine::BacklogSample;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    const CAPACITY: f64 = 100_000.0;

    /// A queue that serves `CAPACITY` records a second with noise, for three seconds.
    fn is_sustained(rate: f64, rng: &mut ChaCha8Rng) -> bool {
        const STEP_SECONDS: f64 = 0.005;
        let mut backlog: f64 = 0.0;
        let samples: Vec<_> = (1..=600)
            .map(|step| {
                let noise = 0.7 + 0.6 * f64::from(rng.next_u32()) / f64::from(u32::MAX);
                backlog = (backlog + (rate - CAPACITY * noise) * STEP_SECONDS).max(0.0);
                let seconds = f64::from(step) * STEP_SECONDS;
                BacklogSample { seconds, records: backlog as u64 }
            })
            .collect();
        !growth(&samples, 3.0).unwrap().is_growth(rate)
    }

    /// A queue of known capacity is found within the margin, twice over for noise, in most seeds, from
    /// too high a start as from too low a one.
    #[test]
    fn a_simulated_queue_gives_its_capacity_away() {
        let mut within = 0;
        for seed in 0..40 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut search = Search::new(if seed % 2 == 0 { 0.9 } else { 3.0 } * CAPACITY);
            let mut probes = 0;
            while let Some(rate) = search.next_rate() {
                search.record(rate, is_sustained(rate, &mut rng));
                probes += 1;
                assert!(probes < 40);
            }
            let found = search.sustained().unwrap();
            within += u32::from((found / CAPACITY - 1.0).abs() < MARGIN);
        }
        assert!(within >= 32, "{within} of 40");
    }

    #[test]
    fn an_exact_threshold_is_bracketed_within_the_margin() {
        for (unpaced, limit) in [(100.0, 99.0), (100.0, 40.0), (100.0, 6.0), (100.0, 124.0)] {
            let mut search = Search::new(unpaced);
            while let Some(rate) = search.next_rate() {
                search.record(rate, rate <= limit);
            }
            let (sustained, failed) = (search.sustained().unwrap(), search.failed().unwrap());
            assert!(sustained <= limit && limit < failed, "{search:?}");
            assert!(failed <= sustained * (1.0 + MARGIN), "{search:?}");
        }
    }

    #[test]
    fn what_no_rate_meets_ends_the_search_without_one_and_what_all_meet_at_the_top() {
        let mut search = Search::new(100.0);
        let mut probes = 0;
        while let Some(rate) = search.next_rate() {
            search.record(rate, false);
            probes += 1;
        }
        assert!(search.sustained().is_none() && probes < 20, "{probes}");
        let mut search = Search::new(100.0);
        while let Some(rate) = search.next_rate() {
            search.record(rate, true);
        }
        assert_eq!((search.sustained(), search.failed()), (Some(125.0), None));
    }

    #[test]
    fn one_bad_moment_fails_no_rate_and_a_failed_confirmation_lowers_it() {
        let mut search = Search::new(100.0);
        search.record(50.0, false);
        assert_eq!(search.next_rate(), Some(50.0));
        search.record(50.0, true);
        assert_eq!((search.sustained(), search.failed()), (Some(50.0), None));
        search.lower();
        assert_eq!(search.failed(), Some(50.0));
        assert!((search.sustained().unwrap() - 50.0 / 1.03).abs() < 1e-9);
    }

    /// A short probe may hold where a long one never does: then what does is still looked for.
    #[test]
    fn confirmations_that_fail_go_on_downwards_to_the_floor() {
        let mut search = Search::new(100.0);
        search.record(96.0, true);
        let mut tried = Vec::new();
        while let Some(rate) = search.sustained() {
            tried.push(rate);
            search.lower();
        }
        assert!(tried.len() < 15 && tried.windows(2).all(|pair| pair[1] < pair[0]), "{tried:?}");
        assert!((100.0 / 64.0..4.0).contains(&tried[tried.len() - 1]), "{tried:?}");
        let steps: Vec<f64> = tried.windows(2).map(|pair| pair[0] / pair[1]).collect();
        assert!((steps[0] - 1.0 - MARGIN).abs() < 1e-9 && steps.is_sorted(), "{tried:?}");
    }
}
