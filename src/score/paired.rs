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

/// What an exact test calls chance: one-sided.
const SIGNIFICANT: f64 = 0.05;
/// Exposures are ratios of rounded figures; what differs by less, as a share, is alike.
const ROUNDING: f64 = 1e-9;

/// Recall now minus `factor` times recall before, over the same campaigns.
///
/// The interval is Wald's with half a campaign added to each of the four outcomes (Agresti and Min),
/// which keeps its coverage where few campaigns differ. Alone it calls three losses of three campaigns
/// more than chance, so it is held to [`loss_p_value`]: where that calls what was lost (or gained)
/// chance, the interval is widened to hold the difference of rules that find as much as before, which
/// is (1 - `factor`) times recall before.
pub fn recall_difference(campaigns: &[PairedCampaign], factor: f64) -> Metric {
    if campaigns.is_empty() {
        return Metric::unknown("no campaigns");
    }
    let count = |before, now| {
        let same = |one: &&PairedCampaign| one.before == before && one.now == now;
        campaigns.iter().filter(same).count() as f64
    };
    let [both, lost, gained, neither] =
        [(true, true), (true, false), (false, true), (false, false)]
            .map(|(before, now)| count(before, now));
    let n = campaigns.len() as f64;
    let total = n + 2.0;
    let weighed = [(1.0 - factor, both), (-factor, lost), (1.0, gained), (0.0, neither)];
    let moment = |power: i32| {
        let sum: f64 = weighed.iter().map(|(it, count)| it.powi(power) * (count + 0.5)).sum();
        sum / total
    };
    let centre = moment(1);
    let half = Z * ((moment(2) - centre * centre).max(0.0) / total).sqrt();
    let (mut lo, mut hi) = ((centre - half).max(-factor), (centre + half).min(1.0));
    let unchanged = (1.0 - factor) * (both + lost) / n;
    if loss_p_value(lost as u64, gained as u64) > SIGNIFICANT {
        hi = hi.max(unchanged);
    }
    if loss_p_value(gained as u64, lost as u64) > SIGNIFICANT {
        lo = lo.min(unchanged);
    }
    Metric {
        // Whole campaigns, divided once: 18 of 20 is exactly 0.9 times 20 of 20.
        value: Some(((both + gained) - factor * (both + lost)) / n),
        n: campaigns.len() as u64,
        lo: Some(lo),
        hi: Some(hi),
        method: "paired by campaign, Agresti-Min 95 %, held to the exact test".to_owned(),
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

/// Alerts per unit of exposure now minus `factor` times before; `identities` are counts
/// `[before, now]` each, those of either side, `exposures` what the counts of each side are per.
///
/// Only identities that differ are clusters: those that do not say nothing of how changes spread, and
/// would make few changes look like many. A `factor` above one makes all differ alike, and so they
/// are still those whose own rate changed; one below one asks all to change.
pub fn rate_difference(identities: &[[f64; 2]], exposures: [f64; 2], factor: f64) -> Metric {
    let n = identities.len() as u64;
    let rates = identities.iter().map(|it| [it[0] / exposures[0], it[1] / exposures[1]]);
    let rates: Vec<[f64; 2]> = rates.collect();
    let total = |side: usize| identities.iter().map(|it| it[side]).sum::<f64>() / exposures[side];
    let value = Some(total(1) - factor * total(0));
    let differing = |factor: f64| {
        let differs = |[before, now]: &&[f64; 2]| {
            (now - factor * before).abs() > ROUNDING * now.max(factor * before)
        };
        rates.iter().filter(differs).count()
    };
    if differing(1.0) == 0 {
        return Metric { value, n, lo: value, hi: value, method: "no identity differs".to_owned() };
    }
    let clusters = if factor < 1.0 { differing(factor) } else { differing(1.0) };
    let scaled: Vec<[f64; 1]> = rates.iter().map(|it| [it[1] - factor * it[0]]).collect();
    let draws = resample(&scaled, 0).into_iter().map(|[difference]| difference);
    let (lo, hi) = percentiles(clusters, draws);
    let method = format!("paired; {}", method(clusters, "identities that differ"));
    Metric { value, n, lo, hi, method }
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
        let rate = rate_difference(&[[4.0, 6.0], [0.0, 2.0], [1.0, 0.0]], [2.0; 2], 1.0);
        assert_eq!((rate.value, rate.lo, rate.hi), (Some(1.5), None, None));
        let same = rate_difference(&[[4.0, 4.0], [1.0, 1.0]], [2.0; 2], 1.0);
        assert_eq!((same.value, same.lo, same.hi), (Some(0.0), Some(0.0), Some(0.0)));
    }

    /// Given how many campaigns differ, each is lost or gained by a coin's toss: all tosses, weighed.
    #[test]
    fn rules_that_are_equally_good_seldom_fail_however_few_the_campaigns() {
        for n in 3..=20_usize {
            for differ in 0..=n {
                let mut ways = 1.0;
                let mut fails = 0.0;
                for lost in 0..=differ {
                    let pairs = pairs(n - differ, lost, differ - lost, 0);
                    let difference = recall_difference(&pairs, 1.0);
                    let (lo, hi) = (difference.lo.unwrap(), difference.hi.unwrap());
                    assert!(-1.0 <= lo && lo <= hi && hi <= 1.0, "{n} {lost}: {difference:?}");
                    if hi < 0.0 {
                        fails += ways * 0.5_f64.powi(differ as i32);
                    }
                    ways *= (differ - lost) as f64 / (lost + 1) as f64;
                }
                assert!(fails <= 0.05, "{differ} of {n} differ: {fails}");
            }
        }
    }

    #[test]
    fn a_share_of_the_baseline_is_not_missed_by_what_may_be_chance() {
        let unsure = recall_difference(&pairs(0, 4, 0, 0), 0.9);
        assert!(unsure.value.unwrap() < 0.0 && unsure.hi.unwrap() > 0.0, "{unsure:?}");
        let sure = recall_difference(&pairs(2, 8, 0, 0), 0.9);
        assert!(sure.hi.unwrap() < 0.0, "{sure:?}");
        assert_eq!(recall_difference(&pairs(18, 2, 0, 0), 0.9).value, Some(0.0));
    }

    #[test]
    fn four_that_differ_stay_four_beside_sixty_that_do_not() {
        let mut sparse = vec![[3.0, 3.0]; 60];
        sparse.extend([[1.0, 2.0]; 4]);
        let four = rate_difference(&sparse, [7.0; 2], 1.0);
        assert_eq!((four.n, four.lo, four.hi), (64, None, None));
        let more = rate_difference(&[&sparse[..], &[[0.0, 9.0]; 30]].concat(), [7.0; 2], 1.1);
        assert!(more.lo.unwrap() > 0.0, "{more:?}");
        // Each side is per its own time: twice the alerts in twice the days are no more.
        let same = rate_difference(&[[2.0, 4.0], [3.0, 6.0]], [7.0, 14.0], 1.0);
        assert_eq!((same.value, same.lo), (Some(0.0), Some(0.0)));
        // None of what should have become half as much has.
        let still = rate_difference(&[[2.0, 2.0]; 3], [1.0; 2], 0.5);
        assert_eq!((still.value, still.lo), (Some(3.0), Some(3.0)));
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
                covers(&rate_difference(&identities, [10.0; 2], 1.0), 8.0)
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
                rate_difference(&identities, [10.0; 2], 1.0).lo.unwrap() > 0.0
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
