//! Whether a queue grows: the Theil-Sen slope of its length, with Sen's interval.
//!
//! Samples close to each other are alike, and an interval that takes them as independent is too narrow. So
//! the series is cut into [`STRETCHES`] first, each of which counts once, by its median; and growth
//! must be more than [`TINY`] of the rate, which is far below the precision of the search.

use serde::Serialize;

use super::model::Drained;
use crate::engine::BacklogSample;

/// Stretches of a series that count as independent.
const STRETCHES: usize = 24;
/// Share of a series that is warm-up.
const WARM_UP: f64 = 0.2;
/// A queue that grows by less than this share of the rate is not said to grow.
const TINY: f64 = 0.005;
/// Fewer stretches have no interval worth the name.
const STRETCHES_MIN: usize = 5;
const Z: f64 = 1.96;

/// A slope with its 95 % interval, in records per second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Slope {
    /// The median of the slopes of all pairs.
    pub value: f64,
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

impl Slope {
    /// Whether the queue grows: what of the growth is certain is more than a tiny share of the rate.
    pub fn is_growth(&self, rate: f64) -> bool {
        self.lo > TINY * rate
    }
}

/// The Theil-Sen slope of `points` with distinct abscissae; none for fewer than two.
pub fn theil_sen(points: &[(f64, f64)]) -> Option<Slope> {
    let n = points.len();
    let mut slopes = Vec::with_capacity(n * n.saturating_sub(1) / 2);
    for (place, (x, y)) in points.iter().enumerate() {
        slopes.extend(points[..place].iter().map(|(x0, y0)| (y - y0) / (x - x0)));
    }
    if slopes.is_empty() {
        return None;
    }
    slopes.sort_by(f64::total_cmp);
    let (count, n) = (slopes.len(), n as f64);
    let spread = Z * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    // Sen counts from one: as many slopes are left out below as above.
    let lo = (((count as f64 - spread) / 2.0).floor() - 1.0).max(0.0) as usize;
    let hi = ((count as f64 + spread) / 2.0).ceil() as usize;
    let value = f64::midpoint(slopes[(count - 1) / 2], slopes[count / 2]);
    Some(Slope { value, lo: slopes[lo], hi: slopes[hi.min(count - 1)] })
}

/// How fast the backlog grew up to the time when the last record was due; none if that was too short.
pub fn growth(samples: &[BacklogSample], until_seconds: f64) -> Option<Slope> {
    let start = until_seconds * WARM_UP;
    let width = (until_seconds - start) / STRETCHES as f64;
    let stretch = |number: usize| {
        let from = start + width * number as f64;
        let within = samples.iter().filter(|s| (from..from + width).contains(&s.seconds));
        let mut lengths: Vec<u64> = within.map(|sample| sample.records).collect();
        lengths.sort_unstable();
        let median = lengths.get(lengths.len() / 2)?;
        Some((from + width / 2.0, *median as f64))
    };
    let points: Vec<_> = (0..STRETCHES).filter_map(stretch).collect();
    if points.len() < STRETCHES_MIN { None } else { theil_sen(&points) }
}

/// When, after a burst from `from_seconds` until `until_seconds`, the backlog was back at what it was
/// before, while records still were due: up to `last_due_seconds`.
pub fn drained(
    samples: &[BacklogSample],
    from_seconds: f64,
    until_seconds: f64,
    last_due_seconds: f64,
) -> Drained {
    let before = samples.iter().filter(|sample| sample.seconds < from_seconds);
    let mut lengths: Vec<u64> = before.map(|sample| sample.records).collect();
    lengths.sort_unstable();
    // The upper end of what was usual.
    let usual = lengths.get(lengths.len() * 9 / 10);
    let after = until_seconds..=last_due_seconds;
    let mut after = samples.iter().filter(|sample| after.contains(&sample.seconds)).peekable();
    let (Some(&usual), Some(_)) = (usual, after.peek()) else { return Drained::Unknown };
    let back = after.find(|sample| sample.records <= usual);
    back.map_or(Drained::Never, |sample| Drained::AfterSeconds(sample.seconds - until_seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by hand: the ten slopes between (0,0) (1,1) (2,2) (3,3) (4,14) are six ones, 11, 6,
    /// 13/3 and 3.5; 1.96 sqrt(5 * 4 * 15 / 18) is 8.0, and ten less 8.0, halved, is below one: the interval leaves none out.
    #[test]
    fn the_median_of_slopes_shrugs_off_an_outlier() {
        let points = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 14.0)];
        let slope = theil_sen(&points).unwrap();
        assert_eq!((slope.value, slope.lo), (1.0, 1.0));
        assert!((slope.hi - 11.0).abs() < 1e-12, "{slope:?}");
        assert_eq!(theil_sen(&points[..1]), None);
    }

    /// By hand: with n = 8 there are 28 slopes; 1.96 sqrt(8 * 7 * 21 / 18) is 15.8, of which half less than
    /// 14 is 6.1: the 6th smallest and the 6th largest of the sums of two of 0..8 are the ends.
    #[test]
    fn the_interval_leaves_out_as_many_slopes_below_as_above() {
        let points: Vec<_> = (0..8).map(|n| (f64::from(n), f64::from(n * n))).collect();
        let slope = theil_sen(&points).unwrap();
        assert_eq!((slope.lo, slope.value, slope.hi), (4.0, 7.0, 10.0));
        let mirrored: Vec<_> = points.iter().map(|(x, y)| (*x, -y)).collect();
        let mirrored = theil_sen(&mirrored).unwrap();
        assert_eq!((-mirrored.hi, -mirrored.value, -mirrored.lo), (4.0, 7.0, 10.0));
    }

    fn samples(length: impl Fn(f64) -> f64) -> Vec<BacklogSample> {
        let times = (0..1000).map(|n| f64::from(n) / 100.0);
        times.map(|seconds| BacklogSample { seconds, records: length(seconds) as u64 }).collect()
    }

    #[test]
    fn a_queue_grows_if_it_gets_longer_and_not_if_it_swings_or_starts_up() {
        let grows = |length: &dyn Fn(f64) -> f64| {
            growth(&samples(length), 10.0).unwrap().is_growth(10_000.0)
        };
        assert!(grows(&|t| 300.0 * t));
        assert!(!grows(&|t| 500.0 + 300.0 * (7.0 * t).sin()));
        assert!(!grows(&|t| if t < 1.5 { 3000.0 * t } else { 400.0 }));
        assert!(!grows(&|t| 5000.0 - 300.0 * t));
        assert_eq!(growth(&samples(|_| 0.0)[..3], 0.02), None);
    }

    #[test]
    fn a_burst_is_over_when_the_backlog_is_what_it_was() {
        let length = |t: f64| match t {
            ..2.0 => 10.0,
            2.0..4.0 => 10.0 + 500.0 * (t - 2.0),
            _ => (1010.0 - 400.0 * (t - 4.0)).max(10.0),
        };
        let at = |last_due| drained(&samples(length), 2.0, 4.0, last_due);
        let Drained::AfterSeconds(seconds) = at(10.0) else { panic!("{:?}", at(10.0)) };
        assert!((2.4..2.6).contains(&seconds), "{seconds}");
        // Records were no longer offered when the backlog was gone: that says nothing.
        assert_eq!(at(6.0), Drained::Never);
        let growing = samples(|t| 10.0 + 500.0 * (t - 2.0).max(0.0));
        assert_eq!(drained(&growing, 2.0, 4.0, 10.0), Drained::Never);
    }

    #[test]
    fn a_burst_without_samples_before_or_after_it_was_not_measured() {
        let flat = samples(|_| 10.0);
        assert_eq!(drained(&flat, 0.0, 4.0, 10.0), Drained::Unknown);
        assert_eq!(drained(&flat, 2.0, 4.0, 3.0), Drained::Unknown);
    }
}
