//! How far the headline moves when one of the estate's assumptions does: the same drill with the same
//! seed, one parameter turned, compared with the base.
//!
//! Campaigns are paired by id, which is as far as pairing goes: another estate of the same seed has
//! campaigns of the same names and dials, but not all of the same victims.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::intervals::RULE_OF_THREE;
use super::{CampaignOutcome, Metric, Score, bootstrap};

/// The headline with one assumption turned, and its distance from the base; all of one seed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Sensitivity {
    /// What was turned.
    pub parameter: String,
    /// Times the estate's own value.
    pub factor: f64,
    /// What that comes to, for people.
    pub value: String,
    /// Share of campaigns found.
    pub recall: Metric,
    /// Share of alerts that are about an attack.
    pub precision: Metric,
    /// Alerts a day in the clean twin.
    pub false_alerts_per_day: Metric,
    /// Change of recall, over the campaigns that both have.
    pub recall_change: Metric,
    /// Change of precision.
    pub precision_change: Metric,
    /// Change of the false alerts a day.
    pub false_alerts_per_day_change: Metric,
}

impl Sensitivity {
    /// What `turned`, a score with `parameter` at `factor` times its value, says beside `base`.
    pub fn new(parameter: &str, factor: f64, value: String, base: &Score, turned: &Score) -> Self {
        let recall = |score: &Score| {
            let known = score.recall.get("campaign").cloned();
            known.unwrap_or_else(|| Metric::unknown("no campaign"))
        };
        Self {
            parameter: parameter.to_owned(),
            factor,
            value,
            recall: recall(turned),
            precision: turned.precision.alert.clone(),
            false_alerts_per_day: turned.false_alerts_per_day.clone(),
            recall_change: recall_change(base, turned),
            precision_change: change(&base.precision.alert, &turned.precision.alert),
            false_alerts_per_day_change: change(
                &base.false_alerts_per_day,
                &turned.false_alerts_per_day,
            ),
        }
    }
}

/// Campaigns gained less campaigns lost, as a share of those that both scores have.
fn recall_change(base: &Score, turned: &Score) -> Metric {
    let found = |one: &CampaignOutcome| i8::from(!one.found_by.is_empty());
    let before: BTreeMap<&str, i8> =
        base.outcomes.iter().map(|one| (one.campaign_id.as_str(), found(one))).collect();
    let changes: Vec<f64> = turned
        .outcomes
        .iter()
        .filter_map(|one| Some(f64::from(found(one) - before.get(one.campaign_id.as_str())?)))
        .collect();
    if !changes.is_empty() && changes.iter().all(|change| change.abs() < 0.5) {
        let bound = (RULE_OF_THREE / changes.len() as f64).min(1.0);
        return Metric {
            value: Some(0.0),
            n: changes.len() as u64,
            lo: Some(-bound),
            hi: Some(bound),
            method: "no campaign changed sides; rule of three".to_owned(),
        };
    }
    bootstrap::mean(&changes, "campaigns that both have")
}

/// A difference without an interval: identities and alerts of two estates cannot be paired.
fn change(base: &Metric, turned: &Metric) -> Metric {
    match base.value.zip(turned.value) {
        None => Metric::unknown("not known: one of the two is not"),
        Some((before, after)) => Metric {
            value: Some(after - before),
            n: turned.n,
            lo: None,
            hi: None,
            method: "difference of one seed's two figures; no interval: the two estates' \
                     identities cannot be paired"
                .to_owned(),
        },
    }
}
