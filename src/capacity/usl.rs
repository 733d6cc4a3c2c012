//! How throughput grows with workers: the universal scalability law,
//! `X(n) = a n / (1 + s (n - 1) + k n (n - 1))`, fitted to what was measured.
//!
//! `n / X(n)` is linear in `1`, `n - 1` and `n (n - 1)`, so that least squares with no negative term
//! fits it (relative errors, every subset of terms tried). Its interval comes from fits to maxima
//! drawn from within their own errors. Nothing is said beyond [`REACH`] times what was measured.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Serialize;

/// Fewer worker counts than this do not tell the terms apart.
pub(super) const POINTS_MIN: usize = 4;
/// How many times the largest measured number of workers may be asked for.
pub(super) const REACH: usize = 2;
const DRAWS: usize = 400;
const SEED: u64 = 0xca9;
/// Left out at each end of the sorted draws.
const TAIL: usize = DRAWS / 40;

/// A measured maximum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Workers.
    pub workers: usize,
    /// Highest rate sustained, in records per second.
    pub rate: f64,
    /// How uncertain it is, taken for its standard error, as a share of it.
    pub error: f64,
}

/// A fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scalability {
    /// Records per second of one worker, by the fit.
    pub rate_per_worker: f64,
    /// Share of the work that is done by one worker at a time (contention), and its 95 % interval.
    pub serial: [f64; 3],
    /// Cost of every pair of workers agreeing (coherence), and its 95 % interval.
    pub crosstalk: [f64; 3],
    /// Most workers that were measured.
    pub workers_measured: usize,
    #[serde(skip)]
    draws: Vec<[f64; 3]>,
}

impl Scalability {
    /// Fits `points`; none for too few.
    pub fn fit(points: &[Point]) -> Option<Self> {
        if points.len() < POINTS_MIN {
            return None;
        }
        let workers_measured = points.iter().map(|point| point.workers).max()?;
        let [a, s, k] = coefficients(points)?;
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let draws: Vec<[f64; 3]> = (0..DRAWS)
            .filter_map(|_| {
                let drawn = points.iter().map(|point| {
                    let rate = point.rate * (1.0 + point.error * normal(&mut rng));
                    Point { rate: rate.max(point.rate * 0.1), ..*point }
                });
                coefficients(&drawn.collect::<Vec<_>>())
            })
            .collect();
        let interval = |value, place: usize| {
            let [lo, hi] = ends(draws.iter().map(|draw| draw[place]));
            [value, lo, hi]
        };
        let (serial, crosstalk) = (interval(s, 1), interval(k, 2));
        Some(Self { rate_per_worker: a, serial, crosstalk, workers_measured, draws })
    }

    /// The rate of so many workers, and its 95 % interval; none beyond the reach of the fit.
    pub fn rate(&self, workers: usize) -> Option<[f64; 3]> {
        if workers > self.workers_measured * REACH {
            return None;
        }
        let [lo, hi] = ends(self.draws.iter().map(|&draw| law(draw, workers)));
        let fitted = [self.rate_per_worker, self.serial[0], self.crosstalk[0]];
        Some([law(fitted, workers), lo, hi])
    }
}

fn law([a, s, k]: [f64; 3], workers: usize) -> f64 {
    let n = workers as f64;
    a * n / (1.0 + s * (n - 1.0) + k * n * (n - 1.0))
}

/// `a`, `s` and `k` of least relative squares, none negative.
fn coefficients(points: &[Point]) -> Option<[f64; 3]> {
    let rows: Vec<([f64; 3], f64)> = points
        .iter()
        .map(|point| {
            let n = point.workers as f64;
            let y = n / point.rate;
            // Divided by y, so that errors are relative.
            ([1.0 / y, (n - 1.0) / y, n * (n - 1.0) / y], 1.0)
        })
        .collect();
    let subsets: [&[usize]; 4] = [&[0], &[0, 1], &[0, 2], &[0, 1, 2]];
    let fits = subsets.iter().filter_map(|terms| {
        let solution = least_squares(&rows, terms)?;
        let is_valid = solution[0] > 0.0 && solution.iter().all(|term| *term >= 0.0);
        let error: f64 = rows.iter().map(|(row, one)| (one - dot(row, &solution)).powi(2)).sum();
        is_valid.then_some((error, solution))
    });
    let (_, [first, second, third]) = fits.min_by(|(a, _), (b, _)| a.total_cmp(b))?;
    Some([1.0 / first, second / first, third / first])
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Solves the normal equations in these terms by elimination; the others are zero.
fn least_squares(rows: &[([f64; 3], f64)], terms: &[usize]) -> Option<[f64; 3]> {
    let n = terms.len();
    let mut table = vec![vec![0.0; n + 1]; n];
    for (row, target) in rows {
        for (i, &term) in terms.iter().enumerate() {
            for (j, &other) in terms.iter().enumerate() {
                table[i][j] += row[term] * row[other];
            }
            table[i][n] += row[term] * target;
        }
    }
    for pivot in 0..n {
        let largest =
            (pivot..n).max_by(|&a, &b| table[a][pivot].abs().total_cmp(&table[b][pivot].abs()))?;
        table.swap(pivot, largest);
        if table[pivot][pivot].abs() < f64::MIN_POSITIVE {
            return None;
        }
        let from = table[pivot].clone();
        for (_, row) in table.iter_mut().enumerate().filter(|(place, _)| *place != pivot) {
            let factor = row[pivot] / from[pivot];
            row.iter_mut().zip(&from).for_each(|(cell, above)| *cell -= factor * above);
        }
    }
    let mut solution = [0.0; 3];
    for (place, &term) in terms.iter().enumerate() {
        solution[term] = table[place][n] / table[place][place];
    }
    Some(solution)
}

fn ends(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
    [at(TAIL.min(last)), at(last.saturating_sub(TAIL))]
}

/// The sum of twelve uniform draws, less six: as normal as is needed.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| f64::from(rng.next_u32()) / f64::from(u32::MAX)).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(counts: &[usize], law_of: [f64; 3], error: f64) -> Vec<Point> {
        let point = |&workers| Point { workers, rate: law(law_of, workers), error };
        counts.iter().map(point).collect()
    }

    #[test]
    fn planted_parameters_are_recovered() {
        for parameters in [[1e5, 0.05, 0.001], [3e4, 0.0, 0.0], [2e5, 0.2, 0.0], [1e5, 0.0, 0.02]] {
            let fit = Scalability::fit(&planted(&[1, 2, 3, 4, 8], parameters, 0.01)).unwrap();
            let found = [fit.rate_per_worker, fit.serial[0], fit.crosstalk[0]];
            for (found, planted) in found.into_iter().zip(parameters) {
                assert!((found - planted).abs() <= 1e-6 * planted.max(1e-3), "{fit:?}");
            }
            let [rate, lo, hi] = fit.rate(16).unwrap();
            assert!(lo <= rate * 1.001 && rate <= hi * 1.001, "{lo} {rate} {hi}");
            assert!((rate / law(parameters, 16) - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn uncertain_maxima_make_wide_intervals_that_hold_the_truth() {
        let truth = [1e5, 0.05, 0.002];
        let width = |error| {
            let fit = Scalability::fit(&planted(&[1, 2, 3, 4], truth, error)).unwrap();
            let [_, lo, hi] = fit.rate(8).unwrap();
            assert!(lo <= law(truth, 8) && law(truth, 8) <= hi, "{lo} {hi}");
            hi - lo
        };
        assert!(width(0.05) > 2.0 * width(0.01));
    }

    #[test]
    fn nothing_is_said_of_too_few_counts_or_far_beyond_them() {
        let truth = [1e5, 0.05, 0.002];
        assert_eq!(Scalability::fit(&planted(&[1, 2, 4], truth, 0.01)), None);
        let fit = Scalability::fit(&planted(&[1, 2, 3, 4], truth, 0.01)).unwrap();
        assert!(fit.rate(8).is_some() && fit.rate(9).is_none());
    }
}
