//! Differences between two sets of rules on one corpus: the same campaigns, the same identities.
//!
//! Pairing takes out what both have in common, which is most of the uncertainty of either. All
//! differences are now minus `factor` times before, so that "at least 0.95 of the baseline" is a
//! difference, too.

use super::Metric;
use super::bootstrap::{method, percentiles, resample};
use super::intervals::Z;

/// Whether one campaign was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairedCampaign {
    /// By the rules before.
    pub before: bool,
    /// By the rules now.
    pub now: bool,
}

/// Recall now minus `factor` times recall before, over the same campaigns.
///
/// The interval is Wald's with half a campaign added to each of the four outcomes (Agresti and Min),
/// which keeps its coverage where few campaigns differ.
pub fn recall_difference(campaigns: &[PairedCampaign], factor: f64) -> Metric {
    if campaigns.is_empty() {
        return Metric::unknown("no campaigns");
    }
    let count = |before, now| {
        let same = |one: &&PairedCampaign| one.before == before && one.now == now;
        campaigns.iter().filter(same).count() as f64
    };
    let outcomes = [(true, true), (true, false), (false, true), (false, false)];
    let weighed = outcomes.map(|(before, now)| {
        let difference = f64::from(u8::from(now)) - factor * f64::from(u8::from(before));
        (difference, count(before, now))
    });
    let n = campaigns.len() as f64;
    let total = n + 2.0;
    let moment = |power: i32| {
        let sum: f64 = weighed.iter().map(|(it, count)| it.powi(power) * (count + 0.5)).sum();
        sum / total
    };
    let centre = moment(1);
    let half = Z * ((moment(2) - centre * centre).max(0.0) / total).sqrt();
    Metric {
        value: Some(weighed.iter().map(|(difference, count)| difference * count).sum::<f64>() / n),
        n: campaigns.len() as u64,
        lo: Some(centre - half),
        hi: Some(centre + half),
        method: "paired by campaign, Agresti-Min 95 %".to_owned(),
    }
}

/// McNemar's exact test, one-sided: how likely at least `lost` of all campaigns that differ were lost
/// if rules before and now were equally good.
pub fn loss_p_value(lost: u64, gained: u64) -> f64 {
    let n = lost + gained;
    let mut chance = 0.5_f64.ln() * n as f64;
    let mut sum = 0.0;
    for k in 0..=gained {
        sum += chance.exp();
        chance += ((n - k) as f64 / (k + 1) as f64).ln();
    }
    sum.min(1.0)
}

/// Alerts per `exposure` now minus `factor` times before; `identities` are `[before, now]` each, those
/// of either side.
pub fn rate_difference(identities: &[[f64; 2]], exposure: f64, factor: f64) -> Metric {
    let differences: Vec<[f64; 1]> =
        identities.iter().map(|[before, now]| [now - factor * before]).collect();
    let value = differences.iter().map(|[difference]| difference).sum::<f64>() / exposure;
    let n = identities.len() as u64;
    if differences.iter().all(|[difference]| difference.abs() <= f64::EPSILON) {
        let method = "no identity differs".to_owned();
        return Metric { value: Some(0.0), n, lo: Some(0.0), hi: Some(0.0), method };
    }
    let draws = resample(&differences, 0).into_iter().map(|[difference]| difference / exposure);
    let (lo, hi) = percentiles(differences.len(), draws);
    let method = format!("paired; {}", method(differences.len(), "identities"));
    Metric { value: Some(value), n, lo, hi, method }
}

/// The difference of two figures that cannot be paired, its interval made of both (the square root of
/// the squares of their arms); too wide where the two have their uncertainty in common.
pub fn unpaired_difference(now: &Metric, before: &Metric, factor: f64) -> Metric {
    let (Some(value), Some(base)) = (now.value, before.value) else {
        return Metric::unknown("a figure is missing on one side");
    };
    let difference = value - factor * base;
    let arm = |mine: Option<f64>, theirs: Option<f64>| {
        Some((value - mine?).hypot(factor * (base - theirs?)))
    };
    Metric {
        value: Some(difference),
        n: now.n.min(before.n),
        lo: arm(now.lo, before.hi).map(|arm| difference - arm),
        hi: arm(now.hi, before.lo).map(|arm| difference + arm),
        method: "not paired: both intervals combined".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    fn pairs(both: usize, lost: usize, gained: usize, neither: usize) -> Vec<PairedCampaign> {
        let outcome = |count, before, now| vec![PairedCampaign { before, now }; count];
        let parts = [
            outcome(both, true, true),
            outcome(lost, true, false),
            outcome(gained, false, true),
            outcome(neither, false, false),
        ];
        parts.concat()
    }

    #[test]
    fn five_losses_without_a_gain_are_the_first_that_exclude_equality() {
        let excluded = |lost| recall_difference(&pairs(100 - lost, lost, 0, 31), 1.0).hi.unwrap();
        assert!(excluded(5) < 0.0 && excluded(4) > 0.0);
        assert!(loss_p_value(5, 0) < 0.05 && loss_p_value(4, 0) > 0.05);
    }

    #[test]
    fn the_exact_test_is_a_coin_tossed_for_each_campaign_that_differs() {
        assert!((loss_p_value(5, 0) - 1.0 / 32.0).abs() < 1e-12);
        assert!((loss_p_value(3, 1) - 5.0 / 16.0).abs() < 1e-12);
        assert!((loss_p_value(0, 0) - 1.0).abs() < 1e-12);
        assert!((loss_p_value(0, 7) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn differences_are_counted_by_hand() {
        let difference = recall_difference(&pairs(5, 3, 1, 1), 1.0);
        assert_eq!((difference.value, difference.n), (Some(-0.2), 10));
        let scaled = recall_difference(&pairs(6, 2, 0, 2), 0.5);
        assert!((scaled.value.unwrap() - (0.6 - 0.5 * 0.8)).abs() < 1e-12);
        let rate = rate_difference(&[[4.0, 6.0], [0.0, 2.0], [1.0, 0.0]], 2.0, 1.0);
        assert_eq!((rate.value, rate.lo, rate.hi), (Some(1.5), None, None));
        let same = rate_difference(&[[4.0, 4.0], [1.0, 1.0]], 2.0, 1.0);
        assert_eq!((same.value, same.lo, same.hi), (Some(0.0), Some(0.0), Some(0.0)));
    }

    fn covers(metric: &Metric, truth: f64) -> bool {
        metric.lo.unwrap() <= truth && truth <= metric.hi.unwrap()
    }

    #[test]
    fn intervals_of_recall_differences_cover_the_truth() {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        // Shares of campaigns lost and gained, and found on both sides; campaigns; factor.
        for (lost, gained, both, n, factor) in
            [(10, 5, 70, 130, 1.0), (15, 15, 50, 60, 1.0), (8, 4, 70, 130, 0.9)]
        {
            let truth = f64::from(both + gained) / 100.0 - factor * f64::from(both + lost) / 100.0;
            let trials = 2000;
            let mut covered = 0;
            for _ in 0..trials {
                let draw = |rng: &mut ChaCha8Rng| {
                    let it = rng.next_u32() % 100;
                    let before = it < lost || (lost + gained..lost + gained + both).contains(&it);
                    PairedCampaign { before, now: (lost..lost + gained + both).contains(&it) }
                };
                let campaigns: Vec<_> = (0..n).map(|_| draw(&mut rng)).collect();
                covered += u32::from(covers(&recall_difference(&campaigns, factor), truth));
            }
            let coverage = f64::from(covered) / f64::from(trials);
            assert!((0.92..=0.98).contains(&coverage), "{lost} {gained} of {n}: {coverage}");
        }
    }

    /// Identities that alert 1 to 8 times before; `more` percent of them alert twice as often now,
    /// and as many half as often.
    fn identities(rng: &mut ChaCha8Rng, n: u32, more: u32, less: u32) -> Vec<[f64; 2]> {
        let identity = |rng: &mut ChaCha8Rng| {
            let before = f64::from(2 * (1 + rng.next_u32() % 4));
            match rng.next_u32() % 100 {
                it if it < more => [before, before * 2.0],
                it if it < more + less => [before, before / 2.0],
                _ => [before, before],
            }
        };
        (0..n).map(|_| identity(rng)).collect()
    }

    #[test]
    fn intervals_of_rate_differences_cover_the_truth_of_clustered_alerts() {
        let mut rng = ChaCha8Rng::seed_from_u64(12);
        // A mean of 5 alerts per identity; 30 % gain 5 each, 20 % lose 2.5 each: 80 more in ten days.
        let trials = 150;
        let covered = (0..trials)
            .filter(|_| {
                let identities = identities(&mut rng, 80, 30, 20);
                covers(&rate_difference(&identities, 10.0, 1.0), 8.0)
            })
            .count();
        let coverage = covered as f64 / f64::from(trials);
        assert!((0.92..=0.98).contains(&coverage), "{coverage}");
    }

    #[test]
    fn a_change_that_changes_nothing_on_average_seldom_excludes_zero() {
        let mut rng = ChaCha8Rng::seed_from_u64(13);
        let trials = 200;
        let noisier = (0..trials)
            .filter(|_| {
                // 20 % gain 5 each, 40 % lose 2.5 each: nothing on average.
                let identities = identities(&mut rng, 60, 20, 40);
                rate_difference(&identities, 10.0, 1.0).lo.unwrap() > 0.0
            })
            .count();
        assert!(noisier as f64 / f64::from(trials) <= 0.05, "{noisier} of {trials}");
        let losses = (0..trials)
            .filter(|_| {
                let lost = (0..30).filter(|_| rng.next_u32() % 10 == 0).count();
                let gained = (0..30).filter(|_| rng.next_u32() % 10 == 0).count();
                let pairs = pairs(60, lost, gained, 30 - lost);
                recall_difference(&pairs, 1.0).hi.unwrap() < 0.0
            })
            .count();
        assert!(losses as f64 / f64::from(trials) <= 0.05, "{losses} of {trials}");
    }
}
