//! What an alerter without any detection would have scored: the floor under every figure.

use super::campaigns::Outcome;
use super::intervals::{Z, wilson};
use super::period::Period;
use super::{Baselines, Comparison, Metric, PackScore};

/// Probability left outside on each side of a 95 % range.
const TAIL: f64 = 0.025;

/// The silent alerter, and a random one with a budget of `alerts`.
pub(super) fn baselines(outcomes: &[Outcome<'_>], period: &Period, alerts: u64) -> Baselines {
    let silent = Comparison {
        alerts: 0,
        recall: wilson(0, outcomes.len() as u64),
        precision: Metric::unknown("no alert"),
        alerts_per_day: exact(0.0, 0),
        false_alerts_per_day: exact(0.0, 0),
    };
    Baselines { silent, random: random(outcomes, period, alerts), packs: Default::default() }
}

/// Each alert picks one event of the scored period, all alike, and finds the campaign it is of.
fn random(outcomes: &[Outcome<'_>], period: &Period, alerts: u64) -> Comparison {
    let (n, budget) = (outcomes.len() as u64, alerts as f64);
    let share =
        |outcome: &Outcome<'_>| (outcome.campaign.steps.len() as f64 / period.events()).min(1.0);
    let found = |outcome: &Outcome<'_>| 1.0 - (1.0 - share(outcome)).powf(budget);
    let chances: Vec<f64> = outcomes.iter().map(found).collect();
    let (lo, hi) = range_of_finds(&chances);
    let of_all = |count: f64| (n > 0).then(|| count / n as f64);
    let mean = chances.iter().sum::<f64>();
    let recall = Metric {
        value: of_all(mean),
        n,
        // Where nearly all such alerters find nothing, the mean lies above what they find.
        lo: of_all(mean.min(lo as f64)),
        hi: of_all(mean.max(hi as f64)),
        method: "expected: as many alerts, each at one event of the scored period drawn with \
                 replacement; mean over campaigns of 1 - (1 - campaign events / events)^alerts; \
                 the range holds at least 95 % of such alerters, campaigns taken as independent"
            .to_owned(),
    };
    let hostile = outcomes.iter().map(share).sum::<f64>().min(1.0);
    let spread = Z * (hostile * (1.0 - hostile) / budget).sqrt();
    let precision = match alerts {
        0 => Metric::unknown("no alert"),
        _ => Metric {
            value: Some(hostile),
            n: alerts,
            lo: Some((hostile - spread).max(0.0)),
            hi: Some((hostile + spread).min(1.0)),
            method:
                "expected: share of events that are a scored campaign's; the range holds about \
                     95 % of such alerters"
                    .to_owned(),
        },
    };
    let rate = exact(budget / period.days(), alerts);
    Comparison {
        alerts,
        recall,
        precision,
        alerts_per_day: rate.clone(),
        // Without attacks there is nothing else for it to hit.
        false_alerts_per_day: rate,
    }
}

impl Comparison {
    /// What a pack of rules scored.
    pub fn of_pack(pack: &PackScore) -> Self {
        Self {
            alerts: pack.alerts.scored,
            recall: pack.recall.clone(),
            precision: pack.precision.clone(),
            alerts_per_day: pack.alerts_per_day.clone(),
            false_alerts_per_day: pack.false_alerts_per_day.clone(),
        }
    }
}

/// A figure that is so by construction.
fn exact(value: f64, n: u64) -> Metric {
    Metric { value: Some(value), n, lo: None, hi: None, method: "given, not measured".to_owned() }
}

/// Between which two numbers of finds 95 % of all draws lie, where each campaign is found by its own
/// chance and on its own.
fn range_of_finds(chances: &[f64]) -> (usize, usize) {
    let mut mass = vec![1.0];
    for &chance in chances {
        mass.push(0.0);
        for count in (0..mass.len()).rev() {
            let one_less = if count > 0 { mass[count - 1] } else { 0.0 };
            mass[count] = mass[count] * (1.0 - chance) + one_less * chance;
        }
    }
    let first_beyond = |share: f64| {
        let mut below = 0.0;
        let reached = mass.iter().position(|mass| {
            below += mass;
            below >= share
        });
        reached.unwrap_or(chances.len())
    };
    (first_beyond(TAIL), first_beyond(1.0 - TAIL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_finds_is_that_of_the_binomial_law_where_all_chances_are_alike() {
        // Tables: of 20 throws of a fair coin, 95 % give 6 to 14 heads.
        assert_eq!(range_of_finds(&[0.5; 20]), (6, 14));
        assert_eq!(range_of_finds(&[0.0; 20]), (0, 0));
        assert_eq!(range_of_finds(&[1.0; 20]), (20, 20));
        // One that is always found only moves the range.
        let one_sure: Vec<f64> = [0.5; 20].into_iter().chain([1.0]).collect();
        assert_eq!(range_of_finds(&one_sure), (7, 15));
    }
}
