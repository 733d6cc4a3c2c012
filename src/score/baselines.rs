//! What an alerter without any detection would have scored: the floor under every recall.

use super::campaigns::Outcome;
use super::intervals::wilson;
use super::period::Period;
use super::{Baselines, Comparison, Metric};

/// The silent alerter, and a random one with a budget of `alerts`.
pub(super) fn baselines(outcomes: &[Outcome<'_>], period: &Period, alerts: u64) -> Baselines {
    let n = outcomes.len() as u64;
    let silent = Comparison { alerts: 0, recall: wilson(0, n) };
    // Each alert picks one event of the scored period, all alike, and finds the campaign it is of.
    let found = |outcome: &Outcome<'_>| {
        let share = (outcome.campaign.steps.len() as f64 / period.events()).min(1.0);
        1.0 - (1.0 - share).powf(alerts as f64)
    };
    let recall = Metric {
        value: (n > 0).then(|| outcomes.iter().map(found).sum::<f64>() / n as f64),
        n,
        lo: None,
        hi: None,
        method: "expected: as many alerts, each at one event of the scored period drawn with \
                 replacement; mean over campaigns of 1 - (1 - campaign events / events)^alerts"
            .to_owned(),
    };
    Baselines { silent, random: Comparison { alerts, recall } }
}
