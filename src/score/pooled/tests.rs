//! Pooled figures by hand, and how often their intervals cover what they should.

use super::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

#[test]
fn three_seeds_give_the_interval_that_a_table_of_t_gives() {
    // 40, 50 and 60 of 100: mean 0.5, standard deviation 0.1, 4.303 * 0.1 / sqrt(3) = 0.248.
    let pooled = pooled_share(&[[40, 100], [50, 100], [60, 100]]);
    let Metric { value, n, lo, hi, method } = pooled.metric;
    assert_eq!((value, n, method.as_str()), (Some(0.5), 300, "t-interval over 3 seeds, 95 %"));
    assert!((lo.unwrap() - 0.2516).abs() < 1e-3 && (hi.unwrap() - 0.7484).abs() < 1e-3);
    let Spread { seeds, min, max, sd } = pooled.spread;
    assert_eq!((seeds, min, max), (3, Some(0.4), Some(0.6)));
    assert!((sd.unwrap() - 0.1).abs() < 1e-12);
}

#[test]
fn seeds_of_unlike_size_weigh_by_their_size() {
    let pooled = pooled_share(&[[9, 10], [10, 100], [11, 110]]);
    assert_eq!(pooled.metric.value, Some(30.0 / 220.0));
    assert!(pooled.metric.lo >= Some(0.0) && pooled.metric.hi <= Some(1.0));
}

#[test]
fn two_seeds_and_seeds_that_agree_have_no_interval_and_say_so() {
    let two = pooled_share(&[[40, 100], [60, 100]]).metric;
    assert_eq!((two.value, two.lo, two.hi), (Some(0.5), None, None));
    assert!(two.method.contains("2 seeds are too few"), "{}", two.method);
    let agreeing = pooled_share(&[[5, 5], [7, 7], [6, 6]]).metric;
    assert_eq!((agreeing.value, agreeing.lo, agreeing.hi), (Some(1.0), None, None));
    assert_eq!(agreeing.method, "no interval: all seeds agree");
}

#[test]
fn recall_on_which_all_seeds_agree_has_wilsons_interval_and_says_over_what() {
    let agreeing = pooled_recall(&[[100, 100]; 3]).metric;
    assert_eq!((agreeing.value, agreeing.hi), (Some(1.0), Some(1.0)));
    assert!((agreeing.lo.unwrap() - 0.9874).abs() < 1e-4, "{agreeing:?}");
    assert!(agreeing.method.starts_with("Wilson 95 % over campaigns"), "{}", agreeing.method);
    let two = pooled_recall(&[[100, 100], [99, 100]]).metric;
    assert_eq!(two.lo, None);
}

#[test]
fn an_attack_has_the_wider_interval_until_there_are_five_seeds() {
    // Seeds nearly agree: as if independent is the wider; they differ: the one over seeds is.
    for (counts, said) in [
        (vec![[5, 10], [5, 10], [6, 10]], "Wilson"),
        (vec![[1, 10], [9, 10], [5, 10]], "t-interval over 3 seeds"),
        (vec![[5, 10], [6, 10]], "Wilson"),
        (vec![[5, 10], [5, 10], [6, 10], [5, 10], [6, 10]], "t-interval over 5 seeds"),
        (vec![[5, 10], [0, 0], [6, 10], [5, 10], [6, 10]], "Wilson"),
        (vec![[10, 10]; 6], "Wilson"),
    ] {
        let metric = pooled_part(&counts).metric;
        assert!(metric.method.starts_with(said), "{counts:?}: {}", metric.method);
        assert!(metric.lo < metric.value || metric.hi > metric.value);
    }
    assert_eq!(pooled_part(&[[0, 0]]).metric.value, None);
}

#[test]
fn no_alert_on_any_seed_still_bounds_the_rate() {
    let zero = Metric { value: Some(0.0), ..wilson(0, 1) };
    let rate = pooled_rate(&[&zero, &zero], 14.0).metric;
    assert_eq!((rate.lo, rate.hi), (Some(0.0), Some(3.0 / 14.0)));
    let unknown = Metric::unknown("no clean twin");
    let none = pooled_rate(&[&zero, &unknown], 14.0).metric;
    assert!(none.value.is_none() && none.method.ends_with("no clean twin"), "{none:?}");
}

/// A seed's own recall lies around the drill's: campaigns of one seed have an estate in common.
fn counts(rng: &mut ChaCha8Rng, recall: f64, seeds: usize) -> Vec<[u64; 2]> {
    let mut unit = || f64::from(rng.next_u32()) / f64::from(u32::MAX);
    let mut seed = || {
        let own = recall + 0.12 * (unit() + unit() + unit() - 1.5);
        let of = 110 + (unit() * 40.0) as u64;
        [(0..of).filter(|_| unit() < own).count() as u64, of]
    };
    (0..seeds).map(|_| seed()).collect()
}

/// Ten campaigns a seed, as an attack has: half the variance is the seed's own.
#[test]
fn the_interval_of_an_attack_covers_although_its_campaigns_share_an_estate() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut unit = || f64::from(rng.next_u32()) / f64::from(u32::MAX);
    for (seeds, trials) in [(3, 1000), (5, 1000), (12, 600)] {
        let covered = (0..trials).filter(|_| {
            let mut seed = || {
                let own = 0.6 + 0.35 * (unit() + unit() + unit() - 1.5);
                [(0..10).filter(|_| unit() < own).count() as u64, 10]
            };
            let counts: Vec<[u64; 2]> = (0..seeds).map(|_| seed()).collect();
            let interval = pooled_part(&counts).metric;
            interval.lo.unwrap() <= 0.6 && 0.6 <= interval.hi.unwrap()
        });
        let coverage = covered.count() as f64 / f64::from(trials);
        assert!((0.92..=0.995).contains(&coverage), "{seeds} seeds: {coverage}");
    }
}

#[test]
fn the_interval_over_seeds_covers_the_drills_recall_in_about_95_percent_of_draws() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for (seeds, trials) in [(3, 1500), (5, 1500), (12, 1000), (40, 300)] {
        let covered = (0..trials).filter(|_| {
            let interval = pooled_share(&counts(&mut rng, 0.75, seeds)).metric;
            interval.lo.unwrap() <= 0.75 && 0.75 <= interval.hi.unwrap()
        });
        let coverage = covered.count() as f64 / f64::from(trials);
        assert!((0.92..=0.98).contains(&coverage), "{seeds} seeds: {coverage}");
    }
}
