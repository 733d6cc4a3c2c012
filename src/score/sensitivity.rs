//! How far the headline moves when one of the estate's assumptions does: the same drill with the same
//! seed, one parameter turned, compared with the base.
//!
//! Campaigns are paired by id, which is as far as pairing goes: another estate of the same seed has
//! campaigns of the same names and dials, but not all of the same victims.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CampaignOutcome, Metric, PairedCampaign, Score, recall_difference};

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
    let found = |one: &CampaignOutcome| !one.found_by.is_empty();
    let before: BTreeMap<&str, bool> =
        base.outcomes.iter().map(|one| (one.campaign_id.as_str(), found(one))).collect();
    let pair = |one: &CampaignOutcome| {
        Some(PairedCampaign { before: *before.get(one.campaign_id.as_str())?, now: found(one) })
    };
    let pairs: Vec<PairedCampaign> = turned.outcomes.iter().filter_map(pair).collect();
    recall_difference(&pairs, 1.0)
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
