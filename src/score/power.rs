//! What a comparison could have seen: the drop it can be expected to notice, and what it would take.
//!
//! Everything is for a one-sided test at 5 % with 80 % power. Drops of recall are those of McNemar's
//! exact test where nothing is gained: five losses are the fewest that are no chance (1 in 32).

use super::intervals::Z;

/// Fewest losses without a gain that are significant: 2^-5 is below 5 %.
const LOSSES_MIN: u64 = 5;
const POWER: f64 = 0.8;
/// Normal quantiles of 95 % and 80 %.
const Z_LEVEL: f64 = 1.644_853_626_951_473;
const Z_POWER: f64 = 0.841_621_233_572_914;
/// More campaigns than anybody will inject.
const CAMPAIGNS_MAX: u64 = 1_000_000;

/// The smallest drop of recall over `n` campaigns that is noticed four times out of five; none where
/// even losing all of them would not be.
pub fn detectable_drop(n: u64) -> Option<f64> {
    if n < LOSSES_MIN {
        return None;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if chance_to_notice(n, middle) < POWER { low = middle } else { high = middle }
    }
    Some(high)
}

/// How many campaigns it takes to notice `drop` four times out of five; none where that is beyond
/// reason.
pub fn campaigns_for_drop(drop: f64) -> Option<u64> {
    let enough = |n: u64| chance_to_notice(n, drop) >= POWER;
    if drop <= 0.0 || !enough(CAMPAIGNS_MAX) {
        return None;
    }
    let (mut low, mut high) = (LOSSES_MIN - 1, CAMPAIGNS_MAX);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if enough(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// How many campaigns it takes to tell a recall of `share` from `limit`.
pub fn campaigns_to_tell(share: f64, limit: f64) -> Option<u64> {
    let spread = |share: f64| (share * (1.0 - share)).max(0.0).sqrt();
    let reach = Z_LEVEL * spread(limit) + Z_POWER * spread(share);
    let n = (reach / (limit - share)).powi(2).ceil();
    (n.is_finite() && n <= CAMPAIGNS_MAX as f64).then_some(n as u64)
}

/// The difference that a figure with a 95 % interval from `lo` to `hi` can be expected to show.
pub fn detectable_difference(lo: f64, hi: f64) -> f64 {
    (Z_LEVEL + Z_POWER) * (hi - lo) / (2.0 * Z)
}

/// P(at least five of `n` campaigns are lost), each with probability `drop`.
fn chance_to_notice(n: u64, drop: f64) -> f64 {
    if drop >= 1.0 {
        return if n >= LOSSES_MIN { 1.0 } else { 0.0 };
    }
    let mut log_mass = n as f64 * (1.0 - drop).ln();
    let odds = (drop / (1.0 - drop)).ln();
    let mut fewer = 0.0;
    for k in 0..LOSSES_MIN.min(n + 1) {
        fewer += log_mass.exp();
        log_mass += ((n - k) as f64 / (k + 1) as f64).ln() + odds;
    }
    1.0 - fewer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_numbers_of_campaigns_come_out() {
        for (drop, campaigns) in [(0.10, 66), (0.05, 134), (0.02, 335)] {
            assert_eq!(campaigns_for_drop(drop), Some(campaigns), "{drop}");
            assert!((detectable_drop(campaigns).unwrap() - drop).abs() < 0.001, "{drop}");
        }
    }

    #[test]
    fn a_handful_of_campaigns_can_show_nothing() {
        assert_eq!((detectable_drop(4), campaigns_for_drop(0.0)), (None, None));
        assert!(detectable_drop(5).unwrap() > 0.9);
    }

    #[test]
    fn a_recall_next_to_its_limit_takes_more_campaigns_than_one_far_below() {
        let near = campaigns_to_tell(0.88, 0.90).unwrap();
        let far = campaigns_to_tell(0.70, 0.90).unwrap();
        assert!(near > 1000 && far < 30, "{near} {far}");
        assert_eq!(campaigns_to_tell(0.9, 0.9), None);
    }
}
