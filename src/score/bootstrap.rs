//! Intervals where counts come in clusters: an identity that alerts once tends to alert again.
//!
//! Whole clusters are resampled, each with a Poisson(1) weight. That is the bootstrap over all
//! identities of a large estate, silent ones included, whose number the alerts do not tell.
//! Deterministic: one fixed seed, clusters in the order given. Percentile intervals of 95 %, whose tails
//! are those that Student's t leaves: with few clusters plain percentiles are too narrow (ten give 90 %,
//! by simulation). `bootstrap/coverage.rs` holds the coverage.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Metric;
use super::intervals::RULE_OF_THREE;

/// Enough that the ends of an interval move by about a percent of its length from seed to seed.
const RESAMPLES: usize = 2000;
/// Fewer clusters than this say next to nothing of how clusters differ.
const CLUSTERS_MIN: usize = TAILS[0].0;
const SEED: u64 = 0x5c04e;
/// From so many clusters on, the share of resamples left out at each end: what a normal distribution
/// has beyond the 97.5 % quantile of Student's t with one degree of freedom less than clusters.
const TAILS: [(usize, f64); 13] = [
    (5, 0.002_75),
    (6, 0.005_08),
    (7, 0.007_20),
    (8, 0.009_02),
    (9, 0.010_56),
    (10, 0.011_84),
    (12, 0.013_87),
    (15, 0.015_98),
    (20, 0.018_17),
    (30, 0.020_42),
    (60, 0.022_70),
    (120, 0.023_85),
    (1000, 0.024_86),
];

/// The sum of numerators over the sum of denominators of clusters `[numerator, denominator]`, where
/// the first is at most the second. `unit` is the plural of what a cluster is.
pub(super) fn ratio(clusters: &[[f64; 2]], unit: &str) -> Metric {
    let [hits, total] = sum(clusters);
    if total <= 0.0 {
        return Metric::unknown("nothing to take a share of");
    }
    let share = hits / total;
    let metric = |lo, hi, method| Metric { value: Some(share), n: total as u64, lo, hi, method };
    let silent = (RULE_OF_THREE / clusters.len() as f64).min(1.0);
    if hits <= 0.0 {
        return metric(Some(0.0), Some(silent), rule_of_three(clusters.len(), unit));
    }
    if hits >= total {
        return metric(Some(1.0 - silent), Some(1.0), rule_of_three(clusters.len(), unit));
    }
    let (lo, hi) = ratio_interval(clusters);
    metric(lo, hi, method(clusters.len(), unit))
}

/// The interval alone of the ratio of sums, where the first need not be at most the second.
pub(super) fn ratio_interval(clusters: &[[f64; 2]]) -> (Option<f64>, Option<f64>) {
    let draws = resample(clusters, 0).into_iter().filter(|draw| draw[1] > 0.0);
    percentiles(clusters.len(), draws.map(|[above, below]| above / below))
}

/// The sum of `clusters` per unit of `exposure`.
pub(super) fn rate(clusters: &[f64], exposure: f64, unit: &str) -> Metric {
    let clusters: Vec<[f64; 1]> = clusters.iter().map(|&count| [count]).collect();
    let [count] = sum(&clusters);
    if count <= 0.0 {
        return Metric {
            value: Some(0.0),
            n: 0,
            lo: Some(0.0),
            hi: Some(RULE_OF_THREE / exposure),
            method: "rule of three".to_owned(),
        };
    }
    // What was seen is not never: a resample that drew nobody says nothing of how often.
    let draws = resample(&clusters, 0).into_iter().filter(|[count]| *count > 0.0);
    let draws = draws.map(|[count]| count / exposure);
    let (lo, hi) = percentiles(clusters.len(), draws);
    let method = method(clusters.len(), unit);
    Metric { value: Some(count / exposure), n: count as u64, lo, hi, method }
}

/// The mean of independent `values`; `unit` is the plural of what has one.
pub(super) fn mean(values: &[f64], unit: &str) -> Metric {
    if values.is_empty() {
        return Metric::unknown(&format!("no {unit}"));
    }
    let pairs: Vec<[f64; 2]> = values.iter().map(|&value| [value, 1.0]).collect();
    let [total, n] = sum(&pairs);
    let (lo, hi) = ratio_interval(&pairs);
    let method = method(pairs.len(), unit);
    Metric { value: Some(total / n), n: pairs.len() as u64, lo, hi, method }
}

/// Precision at a declared rate of campaigns: `campaigns` are `[alerts, 1]` each, misses included,
/// `noise` are the false alerts of each identity in `days` of traffic without attacks.
pub(super) fn rebased(
    campaigns: &[[f64; 2]],
    campaigns_per_day: f64,
    noise: &[f64],
    days: f64,
) -> Metric {
    let precision = |[alerts, drawn]: [f64; 2], false_per_day: f64| {
        let true_per_day = campaigns_per_day * alerts / drawn;
        true_per_day / (true_per_day + false_per_day)
    };
    let noise: Vec<[f64; 1]> = noise.iter().map(|&count| [count]).collect();
    let (hits, [false_alerts]) = (sum(campaigns), sum(&noise));
    if hits[0] + false_alerts <= 0.0 {
        return Metric::unknown("no alert, true or false");
    }
    let (lo, hi, method) = if false_alerts <= 0.0 {
        let lo = precision(hits, RULE_OF_THREE / days);
        (Some(lo), Some(1.0), "rule of three for the clean twin's rate".to_owned())
    } else if hits[0] <= 0.0 {
        let hi = precision([RULE_OF_THREE, hits[1]], false_alerts / days);
        (Some(0.0), Some(hi), rule_of_three(campaigns.len(), "campaigns"))
    } else {
        let drawn = resample(campaigns, 0).into_iter().filter(|draw| draw[1] > 0.0);
        let noise_drawn = resample(&noise, 1).into_iter().filter(|[count]| *count > 0.0);
        let draws = drawn.zip(noise_drawn).map(|(hits, [noise])| precision(hits, noise / days));
        let fewest = campaigns.len().min(noise.len());
        let (lo, hi) = percentiles(fewest, draws);
        (lo, hi, method(fewest, "campaigns or identities of the clean twin, the fewer"))
    };
    Metric {
        value: Some(precision(hits, false_alerts / days)),
        n: campaigns.len() as u64,
        lo,
        hi,
        method,
    }
}

fn sum<const N: usize>(clusters: &[[f64; N]]) -> [f64; N] {
    std::array::from_fn(|column| clusters.iter().map(|cluster| cluster[column]).sum())
}

/// Sums of resampled clusters; `stream` sets independent resamples apart.
pub(super) fn resample<const N: usize>(clusters: &[[f64; N]], stream: u64) -> Vec<[f64; N]> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    rng.set_stream(stream);
    let mut draw = || {
        let mut sums = [0.0; N];
        for cluster in clusters {
            let weight = poisson(rng.next_u32());
            for column in 0..N {
                sums[column] += weight * cluster[column];
            }
        }
        sums
    };
    (0..RESAMPLES).map(|_| draw()).collect()
}

/// P(X <= k) of Poisson(1) in units of 2^-32, up to the last k that 32 bits can tell apart.
const POISSON: [u32; 12] = {
    let (mut table, mut mass, mut below, mut k) = ([0; 12], 1.0 / std::f64::consts::E, 0.0, 0);
    while k < table.len() {
        below += mass;
        table[k] = (below * 4_294_967_296.0) as u32;
        k += 1;
        mass /= k as f64;
    }
    table
};

fn poisson(uniform: u32) -> f64 {
    let mut weight = 0;
    while weight < POISSON.len() && uniform >= POISSON[weight] {
        weight += 1;
    }
    weight as f64
}

pub(super) fn percentiles(
    clusters: usize,
    draws: impl Iterator<Item = f64>,
) -> (Option<f64>, Option<f64>) {
    let Some((_, share)) = TAILS.iter().rev().find(|(least, _)| clusters >= *least) else {
        return (None, None);
    };
    let mut draws: Vec<f64> = draws.collect();
    draws.sort_by(f64::total_cmp);
    let tail = (draws.len() as f64 * share) as usize;
    (draws.get(tail).copied(), draws.iter().rev().nth(tail).copied())
}

pub(super) fn method(clusters: usize, unit: &str) -> String {
    if clusters < CLUSTERS_MIN {
        return format!("no interval: {clusters} {unit} are too few, {CLUSTERS_MIN} are needed");
    }
    format!("Poisson bootstrap over {clusters} {unit}, {RESAMPLES} resamples, t tails, 95 %")
}

fn rule_of_three(clusters: usize, unit: &str) -> String {
    format!("rule of three over {clusters} {unit}")
}

#[cfg(test)]
mod coverage;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_never_put_at_nothing() {
        let rare = rate(&[1.0; 5], 10.0, "identities");
        assert!(rare.lo.unwrap() > 0.0 && rare.value == Some(0.5), "{rare:?}");
    }

    #[test]
    fn nothing_seen_still_has_an_upper_end() {
        let none = rate(&[], 6.0, "identities");
        assert_eq!((none.value, none.lo, none.hi), (Some(0.0), Some(0.0), Some(0.5)));
        let pure = ratio(&[[2.0, 2.0]; 30], "identities");
        assert_eq!((pure.value, pure.lo, pure.hi), (Some(1.0), Some(0.9), Some(1.0)));
    }

    #[test]
    fn a_handful_of_clusters_has_no_interval() {
        let few = ratio(&[[1.0, 2.0], [0.0, 3.0]], "identities");
        assert_eq!((few.value, few.n, few.lo, few.hi), (Some(0.2), 5, None, None));
    }

    #[test]
    fn weights_are_poisson_with_mean_one() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mean = (0..100_000).map(|_| poisson(rng.next_u32())).sum::<f64>() / 100_000.0;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        assert_eq!((poisson(0), poisson(u32::MAX)), (0.0, 12.0));
    }

    #[test]
    fn rebased_precision_weighs_declared_attacks_against_clean_noise() {
        // 2 alerts per campaign at 0.5 campaigns a day, and 1 false alert a day.
        let metric = rebased(&[[3.0, 1.0], [1.0, 1.0]], 0.5, &[4.0, 3.0], 7.0);
        assert_eq!(metric.value, Some(0.5));
        let clean = rebased(&[[2.0, 1.0]], 0.5, &[], 6.0);
        assert_eq!((clean.value, clean.hi), (Some(1.0), Some(1.0)));
        assert_eq!(clean.lo, Some(1.0 / 1.5));
        // Nothing found in ten campaigns leaves room for three alerts.
        let missed = rebased(&[[0.0, 1.0]; 10], 0.5, &[7.0], 7.0);
        assert_eq!((missed.value, missed.lo, missed.hi), (Some(0.0), Some(0.0), Some(0.15 / 1.15)));
        let few = rebased(&[[3.0, 1.0]; 9], 0.5, &[4.0, 3.0], 7.0);
        assert_eq!((few.lo, few.hi, few.method.starts_with("no interval: 2")), (None, None, true));
    }
}
