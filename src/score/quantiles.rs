//! Quantiles of independent values with intervals made of order statistics: no assumption about the
//! distribution, no interpolation, every figure is a value that was measured.

use super::Metric;

/// Probability left outside on each side of a 95 % interval.
const TAIL: f64 = 0.025;

/// The `q` quantile (nearest rank) of `sorted`, with `0 < q < 1`.
///
/// An end of the interval is absent where `sorted` is too short to have one.
pub(super) fn quantile(sorted: &[f64], q: f64) -> Metric {
    let n = sorted.len();
    if n == 0 {
        return Metric::unknown("no values");
    }
    let rank = ((q * n as f64).ceil() as usize).clamp(1, n);
    let at = |rank: usize| (1..=n).contains(&rank).then(|| sorted[rank - 1]);
    let (lo, hi) = ranks(n, q);
    Metric {
        value: at(rank),
        n: n as u64,
        lo: at(lo),
        hi: at(hi),
        method: "nearest rank; order statistics 95 %".to_owned(),
    }
}

/// Ranks (from 1) of the order statistics that bound the quantile: the largest `lo` that lies above
/// it with at most `TAIL`, 0 where none does, and the smallest such `hi`, `n + 1` where none does.
fn ranks(n: usize, q: f64) -> (usize, usize) {
    let log_odds = (q / (1.0 - q)).ln();
    let mut log_mass = n as f64 * (1.0 - q).ln();
    let (mut below, mut lo, mut hi) = (0.0, 0, n + 1);
    for k in 0..=n {
        // `below` is the probability of fewer than k values under the quantile.
        if below <= TAIL {
            lo = k;
        }
        if 1.0 - below <= TAIL {
            hi = k;
            break;
        }
        below += log_mass.exp();
        log_mass += ((n - k) as f64 / (k + 1) as f64).ln() + log_odds;
    }
    (lo, hi)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    #[test]
    fn the_ranks_are_those_of_the_tables() {
        // Ninety-five percent intervals of the median, as printed in tables of the sign test.
        assert_eq!(ranks(10, 0.5), (2, 9));
        assert_eq!(ranks(20, 0.5), (6, 15));
        assert_eq!(ranks(5, 0.5), (0, 6));
    }

    #[test]
    fn a_short_sample_has_no_upper_end_for_a_high_quantile() {
        let values: Vec<f64> = (1..=12).map(f64::from).collect();
        let high = quantile(&values, 0.99);
        assert_eq!((high.value, high.hi), (Some(12.0), None));
        assert!(high.lo.is_some());
        let median = quantile(&values, 0.5);
        assert_eq!((median.value, median.lo, median.hi), (Some(6.0), Some(3.0), Some(10.0)));
    }

    #[test]
    fn thousands_of_values_do_not_lose_the_interval_to_rounding() {
        let values: Vec<f64> = (1..=5000).map(f64::from).collect();
        let high = quantile(&values, 0.99);
        assert_eq!(high.value, Some(4950.0));
        assert!(high.lo.unwrap() > 4930.0 && high.hi.unwrap() < 4970.0, "{high:?}");
    }

    #[test]
    fn intervals_of_quantiles_cover_them_in_about_95_percent_of_draws() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for (n, q) in [(37, 0.5), (100, 0.9)] {
            let trials = 2000;
            let covered = (0..trials)
                .filter(|_| {
                    let mut values: Vec<f64> = (0..n).map(|_| f64::from(rng.next_u32())).collect();
                    values.sort_by(f64::total_cmp);
                    let found = quantile(&values, q);
                    let truth = f64::from(u32::MAX) * q;
                    found.lo.unwrap() <= truth && truth <= found.hi.unwrap()
                })
                .count();
            let coverage = covered as f64 / f64::from(trials);
            assert!((0.92..=0.98).contains(&coverage), "{q} of {n}: {coverage}");
        }
    }
}
