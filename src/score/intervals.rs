//! Intervals for independent draws: Wilson for shares, the rule of three where nothing was seen.

use super::Metric;

/// The normal quantile of a two-sided 95 % interval.
pub(super) const Z: f64 = 1.959_963_984_540_054;
/// -ln(0.05) rounded: with n draws and none seen, a rate above 3/n would have shown with 95 %.
pub(super) const RULE_OF_THREE: f64 = 3.0;

impl Metric {
    /// A value that cannot be given, and why.
    pub(crate) fn unknown(reason: &str) -> Self {
        Self { value: None, n: 0, lo: None, hi: None, method: reason.to_owned() }
    }
}

/// A share of `n` independent draws, with the Wilson score interval.
pub(crate) fn wilson(hits: u64, n: u64) -> Metric {
    if n == 0 {
        return Metric::unknown("no draws");
    }
    let (total, share) = (n as f64, hits as f64 / n as f64);
    let z2 = Z * Z;
    let centre = (share + z2 / (2.0 * total)) / (1.0 + z2 / total);
    let half = Z / (1.0 + z2 / total)
        * (share * (1.0 - share) / total + z2 / (4.0 * total * total)).sqrt();
    Metric {
        value: Some(share),
        n,
        // At the ends the formula gives the end itself, but for rounding.
        lo: Some(if hits == 0 { 0.0 } else { (centre - half).max(0.0) }),
        hi: Some(if hits == n { 1.0 } else { (centre + half).min(1.0) }),
        method: "Wilson 95 %".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    fn rounded(metric: &Metric) -> (f64, f64) {
        let round = |x: Option<f64>| (x.unwrap() * 1000.0).round() / 1000.0;
        (round(metric.lo), round(metric.hi))
    }

    #[test]
    fn wilson_gives_its_published_values() {
        assert_eq!(rounded(&wilson(45, 50)), (0.786, 0.957));
        assert_eq!(rounded(&wilson(90, 100)), (0.826, 0.945));
        assert_eq!(rounded(&wilson(50, 50)), (0.929, 1.0));
        assert_eq!(rounded(&wilson(0, 50)), (0.0, 0.071));
    }

    #[test]
    fn no_draws_have_no_share() {
        let none = wilson(0, 0);
        assert_eq!((none.value, none.lo, none.hi, none.n), (None, None, None, 0));
    }

    #[test]
    fn wilson_covers_the_true_share_in_about_95_percent_of_draws() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (share, n) in [(0.9, 60_u64), (0.5, 36), (0.7, 100)] {
            let limit = (share * f64::from(u32::MAX)) as u32;
            let trials = 4000;
            let covered = (0..trials)
                .filter(|_| {
                    let hits = (0..n).filter(|_| rng.next_u32() < limit).count() as u64;
                    let interval = wilson(hits, n);
                    interval.lo.unwrap() <= share && share <= interval.hi.unwrap()
                })
                .count();
            let coverage = covered as f64 / f64::from(trials);
            assert!((0.92..=0.98).contains(&coverage), "{share} of {n}: {coverage}");
        }
    }
}
