//! What became of each scored campaign: which rules found it, when, and what it had cost by then.
//!
//! Objects are counted by the event time of their reveal against the arrival of the alert: a value
//! is lost at the moment Azure hands it out, and known to be lost when the alert is there.
//! Comparing arrival with arrival would forget reads whose records were still on their way.

use std::collections::BTreeSet;

use super::intervals::wilson;
use super::matching::Judged;
use super::period::Period;
use super::quantiles::quantile;
use super::{
    Campaign, CampaignCounts, CampaignRecord, Class, Delays, Metric, ObjectsRevealed, Truth,
};
use crate::event::Ticks;

/// A scored campaign and the alerts that credit it.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    pub(super) campaign: &'a Campaign,
    pub(super) rules: BTreeSet<&'a str>,
    /// Alerts, each shared among the campaigns it credits.
    pub(super) alerts: f64,
    /// Arrival and event time of the first alert, which may be two alerts.
    first: Option<(Ticks, Ticks)>,
}

impl Outcome<'_> {
    pub(super) fn found(&self) -> bool {
        self.first.is_some()
    }

    /// Distinct objects handed out before the alert, or all told where there is none.
    fn objects_revealed(&self) -> usize {
        let limit = self.first.map_or(Ticks::MAX, |(fired_at, _)| fired_at);
        self.campaign.objects_revealed_before(limit)
    }
}

/// The outcome of each campaign of `class` in the scored period, by start, then id.
pub(super) fn outcomes<'a>(
    truth: &'a Truth,
    class: Class,
    period: &Period,
    judged: &[Judged<'a>],
) -> Vec<Outcome<'a>> {
    let scored =
        truth.campaigns.iter().enumerate().filter(|(_, campaign)| {
            campaign.class == class && period.censoring(campaign).is_none()
        });
    scored
        .map(|(at, campaign)| {
            let mut outcome =
                Outcome { campaign, rules: BTreeSet::new(), alerts: 0.0, first: None };
            for one in judged {
                if one.class == Some(class) && one.campaigns.contains(&at) {
                    outcome.rules.insert(&one.alert.rule_id);
                    outcome.alerts += 1.0 / one.campaigns.len() as f64;
                    let seen = (one.alert.fired_at, one.alert.time);
                    let (fired_at, time) = outcome.first.unwrap_or(seen);
                    outcome.first = Some((fired_at.min(seen.0), time.min(seen.1)));
                }
            }
            outcome
        })
        .collect()
}

/// Attack campaigns that are not scored, with the reason.
pub(super) fn censored(truth: &Truth, period: &Period) -> Vec<CampaignRecord> {
    let malicious = truth.campaigns.iter().filter(|campaign| campaign.class == Class::Malicious);
    malicious.filter_map(|campaign| Some(record(campaign, period.censoring(campaign)?))).collect()
}

/// A campaign for a list.
pub(super) fn record(campaign: &Campaign, reason: &'static str) -> CampaignRecord {
    CampaignRecord {
        campaign_id: campaign.id.clone(),
        class: campaign.class,
        attack: campaign.attack.clone(),
        technique: campaign.technique.clone(),
        identities: campaign.identities.clone(),
        vaults: campaign.vaults.clone(),
        start: campaign.start.to_string(),
        end: campaign.end.to_string(),
        events: campaign.steps.len() as u64,
        objects_revealed: campaign.objects_revealed_before(Ticks::MAX) as u64,
        parameters: campaign.parameters.clone(),
        reason,
    }
}

/// Found, missed and censored.
pub(super) fn counts(outcomes: &[&Outcome<'_>], censored: usize) -> CampaignCounts {
    let detected = outcomes.iter().filter(|outcome| outcome.found()).count() as u64;
    let scored = outcomes.len() as u64;
    CampaignCounts { scored, detected, missed: scored - detected, censored: censored as u64 }
}

/// Share of campaigns found; campaigns are drawn independently.
pub(super) fn recall(outcomes: &[&Outcome<'_>]) -> Metric {
    let found = outcomes.iter().filter(|outcome| outcome.found()).count();
    wilson(found as u64, outcomes.len() as u64)
}

/// From when to when a delay is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct DelayOf {
    /// From the first value handed out instead of the first event; campaigns that hand out nothing
    /// are left out.
    pub(super) from_reveal: bool,
    /// To the alert's event time instead of its arrival.
    pub(super) event_time: bool,
}

/// Delays of the campaigns that were found.
pub(super) fn delays(outcomes: &[&Outcome<'_>], of: DelayOf) -> Delays {
    let (mut seconds, mut missed) = (Vec::new(), 0);
    for outcome in outcomes {
        let campaign = outcome.campaign;
        let from = match of.from_reveal {
            true => campaign.first_reveal(),
            false => Some(campaign.first_event()),
        };
        let Some(from) = from else { continue };
        match outcome.first {
            Some((_, time)) if of.event_time => seconds.push(time.since(from).as_seconds_f64()),
            Some((fired_at, _)) => seconds.push(fired_at.since(from).as_seconds_f64()),
            None => missed += 1,
        }
    }
    seconds.sort_by(f64::total_cmp);
    Delays {
        p50: quantile(&seconds, 0.5),
        p90: quantile(&seconds, 0.9),
        p99: quantile(&seconds, 0.99),
        detected: seconds.len() as u64,
        missed,
    }
}

/// Objects handed out before the alert, over the campaigns that were found.
pub(super) fn objects_revealed(outcomes: &[&Outcome<'_>]) -> ObjectsRevealed {
    let of = |found: bool| {
        outcomes
            .iter()
            .filter(move |outcome| outcome.found() == found)
            .map(|one| one.objects_revealed())
    };
    let mut objects: Vec<f64> = of(true).map(|count| count as f64).collect();
    objects.sort_by(f64::total_cmp);
    ObjectsRevealed {
        p50: quantile(&objects, 0.5),
        p90: quantile(&objects, 0.9),
        detected: objects.len() as u64,
        missed: of(false).count() as u64,
        objects_in_missed: of(false).sum::<usize>() as u64,
    }
}
