//! Draws known rates, clustered, and counts how often their intervals hold the truth: 92 to 98 % must.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::super::intervals::wilson;
use super::*;

/// Share of `trials` whose interval holds `truth`; trials without an interval do not count.
fn coverage(trials: u64, truth: f64, mut draw: impl FnMut(&mut ChaCha8Rng) -> Metric) -> f64 {
    let (mut covered, mut counted) = (0_u32, 0_u32);
    for trial in 0..trials {
        let metric = draw(&mut ChaCha8Rng::seed_from_u64(trial));
        if let (Some(lo), Some(hi)) = (metric.lo, metric.hi) {
            counted += 1;
            covered += u32::from(lo <= truth && truth <= hi);
        }
    }
    assert!(u64::from(counted) * 10 >= trials * 9, "{counted} of {trials} have an interval");
    f64::from(covered) / f64::from(counted)
}

fn assert_covers(coverage: f64) {
    assert!((0.92..=0.98).contains(&coverage), "{coverage}");
}

/// Above zero and below one.
fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    (f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0
}

/// One, and as many more as there are draws in a row that go on.
fn geometric(rng: &mut ChaCha8Rng, goes_on: f64) -> f64 {
    let mut count = 1.0;
    while uniform(rng) < goes_on {
        count += 1.0;
    }
    count
}

/// How many of many rare things happen, `mean` on average.
fn rare(rng: &mut ChaCha8Rng, mean: f64) -> usize {
    (0..400).filter(|_| uniform(rng) < mean / 400.0).count()
}

/// Joehnk's way to draw from a beta distribution, quick where both parameters are below one.
fn beta(rng: &mut ChaCha8Rng, a: f64, b: f64) -> f64 {
    loop {
        let (x, y) = (uniform(rng).powf(1.0 / a), uniform(rng).powf(1.0 / b));
        if x + y <= 1.0 && x + y > 0.0 {
            return x / (x + y);
        }
    }
}

/// Share of alerts about attacks: those of an identity agree with each other.
#[test]
fn ratios_of_clustered_draws_are_covered_where_wilson_fails() {
    let clusters = |rng: &mut ChaCha8Rng| -> Vec<[f64; 2]> {
        let cluster = |rng: &mut ChaCha8Rng| {
            let size = f64::from(1 + rng.next_u32() % 8);
            [if uniform(rng) < 0.4 { size } else { 0.0 }, size]
        };
        (0..25).map(|_| cluster(rng)).collect()
    };
    assert_covers(coverage(300, 0.4, |rng| ratio(&clusters(rng), "identities")));
    let naive = coverage(300, 0.4, |rng| {
        let [hits, total] = sum(&clusters(rng));
        wilson(hits as u64, total as u64)
    });
    assert!(naive < 0.8, "alerts taken as independent {naive}");
}

/// Recall of events: twenty large campaigns, in which a rule sees nearly all or next to nothing.
#[test]
fn event_recall_over_large_campaigns_is_covered() {
    // Intraclass correlation 0.7, mean 0.6.
    let spread = (1.0 - 0.7) / 0.7;
    let campaigns = |rng: &mut ChaCha8Rng| -> Vec<[f64; 2]> {
        let campaign = |rng: &mut ChaCha8Rng| {
            let (seen, size) = (beta(rng, 0.6 * spread, 0.4 * spread), 5 + rng.next_u32() % 100);
            let hits = (0..size).filter(|_| uniform(rng) < seen).count();
            [hits as f64, f64::from(size)]
        };
        (0..20).map(|_| campaign(rng)).collect()
    };
    assert_covers(coverage(300, 0.6, |rng| ratio(&campaigns(rng), "campaigns")));
    let naive = coverage(300, 0.6, |rng| {
        let [hits, total] = sum(&campaigns(rng));
        wilson(hits as u64, total as u64)
    });
    assert!(naive < 0.5, "events taken as independent {naive}");
}

/// Alerts a day of forty identities of four hundred: that the others are silent is not seen.
#[test]
fn rates_of_clustered_counts_are_covered_although_silent_identities_are_unseen() {
    let draw = |rng: &mut ChaCha8Rng| {
        let alerting = rare(rng, 40.0);
        let counts: Vec<f64> = (0..alerting).map(|_| f64::from(1 + rng.next_u32() % 8)).collect();
        rate(&counts, 10.0, "identities")
    };
    assert_covers(coverage(200, 18.0, draw));
}

/// The same of a dozen, some of which never stop: where plain percentiles hold the truth in 91 %.
#[test]
fn rates_of_few_identities_are_covered() {
    let draw = |rng: &mut ChaCha8Rng| {
        let alerting = rare(rng, 12.0);
        let counts: Vec<f64> = (0..alerting).map(|_| geometric(rng, 0.75)).collect();
        rate(&counts, 10.0, "identities")
    };
    assert_covers(coverage(400, 4.8, draw));
}

/// Alerts per campaign found.
#[test]
fn means_of_skewed_values_are_covered() {
    let draw = |rng: &mut ChaCha8Rng| {
        let values: Vec<f64> = (0..25).map(|_| geometric(rng, 0.5)).collect();
        mean(&values, "campaigns")
    };
    assert_covers(coverage(400, 2.0, draw));
}

/// A quarter of the campaigns raises no alert, the others two on average; fifteen identities raise three
/// false alerts each in ten days.
#[test]
fn rebased_precision_is_covered() {
    let per_day = 0.5;
    let truth = per_day * 1.5 / (per_day * 1.5 + 4.5);
    let draw = |rng: &mut ChaCha8Rng| {
        let alerts = |rng: &mut ChaCha8Rng| match uniform(rng) < 0.25 {
            true => 0.0,
            false => geometric(rng, 0.5),
        };
        let campaigns: Vec<[f64; 2]> = (0..20).map(|_| [alerts(rng), 1.0]).collect();
        let noise: Vec<f64> = (0..rare(rng, 15.0)).map(|_| geometric(rng, 2.0 / 3.0)).collect();
        rebased(&campaigns, per_day, &noise, 10.0)
    };
    assert_covers(coverage(300, truth, draw));
}
