//! What became of each scored campaign: which rules found it, when, and what it had cost by then.
//!
//! Objects are counted by the event time of their reveal against the arrival of the alert: a value
//! is lost at the moment Azure hands it out, and known to be lost when the alert is there.
//! Comparing arrival with arrival would forget reads whose records were still on their way.

use std::collections::BTreeMap;

use super::intervals::wilson;
use super::matching::Judged;
use super::period::Period;
use super::quantiles::quantile;
use super::{
    Campaign, CampaignCounts, CampaignOutcome, CampaignRecord, Class, Delays, Finding, Metric,
    ObjectsRevealed, ScoredAlert, Truth,
};
use crate::event::Ticks;

/// Why a campaign was missed.
const UNSEEN: &str = "no alert holds an event of it";
const MASKED: &str = "the alerts that hold its events fire without them";
const LATE: &str = "its alert came over 48 h after its end";
/// Why a campaign could not be found.
const UNOBSERVABLE: &str = "none of its records is in the corpus";

/// A scored campaign and the alerts that credit it.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    pub(super) campaign: &'a Campaign,
    /// By rule id; rules that did not find it are left out.
    pub(super) rules: BTreeMap<&'a str, Credit>,
    /// Why nothing found it, where nothing did.
    pub(super) missed: &'static str,
}

/// What one rule's alerts are to one campaign.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credit {
    /// Alerts, each shared among the campaigns it credits.
    alerts: f64,
    /// Arrival of the first alert.
    fired_at: Ticks,
    /// Event time of the first alert, which may be another one.
    time: Ticks,
}

impl Outcome<'_> {
    pub(super) fn found(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Alerts that credit it, each shared among the campaigns it credits.
    pub(super) fn alerts(&self) -> f64 {
        self.rules.values().map(|credit| credit.alerts).sum()
    }

    /// What it would be had only the rules run that `wanted` accepts, by id.
    pub(super) fn of_rules(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let own = self.rules.iter().filter(|(rule, _)| wanted(rule));
        let rules = own.map(|(rule, credit)| (*rule, *credit)).collect();
        Self { campaign: self.campaign, rules, missed: self.missed }
    }

    /// Arrival of the first alert.
    fn fired_at(&self) -> Option<Ticks> {
        self.rules.values().map(|credit| credit.fired_at).min()
    }

    /// Event time of the first alert, which may be another one.
    fn time(&self) -> Option<Ticks> {
        self.rules.values().map(|credit| credit.time).min()
    }

    /// Distinct objects handed out before the alert, or all told where there is none.
    fn objects_revealed(&self) -> usize {
        self.campaign.objects_revealed_before(self.fired_at().unwrap_or(Ticks::MAX))
    }
}

impl Credit {
    /// The credit with one more alert, shared among `campaigns`.
    fn and(self, alert: &ScoredAlert, campaigns: usize) -> Self {
        Self {
            alerts: self.alerts + 1.0 / campaigns as f64,
            fired_at: self.fired_at.min(alert.fired_at),
            time: self.time.min(alert.time),
        }
    }
}

/// The outcome of each attack campaign that is scored, by start, then id.
pub(super) fn attacks<'a>(
    truth: &'a Truth,
    period: &Period,
    judged: &[Judged<'a>],
) -> Vec<Outcome<'a>> {
    let scored = |campaign: &Campaign| {
        campaign.class == Class::Malicious
            && period.censoring(campaign).is_none()
            && !campaign.is_unobservable()
    };
    outcomes(truth, judged, scored)
}

/// The outcome of each look-alike that reaches into the scored period and left a record.
pub(super) fn look_alikes<'a>(
    truth: &'a Truth,
    period: &Period,
    judged: &[Judged<'a>],
) -> Vec<Outcome<'a>> {
    let scored = |campaign: &Campaign| {
        campaign.class == Class::LookAlike
            && period.reaches(campaign)
            && !campaign.is_unobservable()
    };
    outcomes(truth, judged, scored)
}

fn outcomes<'a>(
    truth: &'a Truth,
    judged: &[Judged<'a>],
    scored: impl Fn(&Campaign) -> bool,
) -> Vec<Outcome<'a>> {
    let campaigns = truth.campaigns.iter().enumerate().filter(|(_, campaign)| scored(campaign));
    campaigns.map(|(at, campaign)| outcome(at, campaign, judged)).collect()
}

fn outcome<'a>(at: usize, campaign: &'a Campaign, judged: &[Judged<'a>]) -> Outcome<'a> {
    let mut rules: BTreeMap<&str, Credit> = BTreeMap::new();
    let mut missed = UNSEEN;
    for one in judged.iter().filter(|one| one.held.contains(&at)) {
        if one.campaigns.contains(&at) {
            let Judged { alert, campaigns, .. } = one;
            let none = Credit { alerts: 0.0, fired_at: alert.fired_at, time: alert.time };
            let credit = rules.entry(&alert.rule_id).or_insert(none);
            *credit = credit.and(alert, campaigns.len());
        } else if one.class == Some(campaign.class) {
            missed = LATE;
        } else if missed == UNSEEN {
            missed = MASKED;
        }
    }
    Outcome { campaign, rules, missed }
}

/// Attack campaigns that are not scored, with the reason.
pub(super) fn censored(truth: &Truth, period: &Period) -> Vec<CampaignRecord> {
    let malicious = truth.campaigns.iter().filter(|campaign| campaign.class == Class::Malicious);
    malicious.filter_map(|campaign| Some(record(campaign, period.censoring(campaign)?))).collect()
}

/// Attack campaigns that would be scored, had they left a record.
pub(super) fn unobservable(truth: &Truth, period: &Period) -> Vec<CampaignRecord> {
    let unobservable = |campaign: &&Campaign| {
        campaign.class == Class::Malicious
            && period.censoring(campaign).is_none()
            && campaign.is_unobservable()
    };
    let campaigns = truth.campaigns.iter().filter(unobservable);
    campaigns.map(|campaign| record(campaign, UNOBSERVABLE)).collect()
}

/// A campaign for a list.
pub(super) fn record(campaign: &Campaign, reason: &'static str) -> CampaignRecord {
    CampaignRecord {
        campaign_id: campaign.id.clone(),
        class: campaign.class,
        attack: campaign.attack.clone(),
        technique: campaign.technique.clone(),
        identities: campaign.identities.clone(),
        identity_kind: campaign.identity_kind.clone(),
        vaults: campaign.vaults.clone(),
        start: campaign.start.to_string(),
        end: campaign.end.to_string(),
        events: campaign.steps.len() as u64,
        unobserved: campaign.unobserved,
        objects_revealed: campaign.objects_revealed_before(Ticks::MAX) as u64,
        parameters: campaign.parameters.clone(),
        reason: reason.to_owned(),
        nearest: None,
    }
}

/// What became of a campaign, for score.json.
pub(super) fn outcome_record(outcome: &Outcome<'_>) -> CampaignOutcome {
    let campaign = outcome.campaign;
    let found = |(&rule, credit): (&&str, &Credit)| {
        let Credit { alerts, fired_at, time } = *credit;
        let (time, fired_at) = (time.to_string(), Some(fired_at.to_string()));
        (rule.to_owned(), Finding { alerts, time, fired_at })
    };
    CampaignOutcome {
        campaign_id: campaign.id.clone(),
        attack: campaign.attack.clone(),
        variant: campaign.variant().map(str::to_owned),
        severity: campaign.severity,
        identity_kind: campaign.identity_kind.clone(),
        first_event: campaign.first_event().to_string(),
        last_event: campaign.last_event().to_string(),
        objects_revealed: campaign.objects_revealed_before(Ticks::MAX) as u64,
        objects_revealed_before_alert: Some(outcome.objects_revealed() as u64),
        fired_at: outcome.fired_at().map(|fired_at| fired_at.to_string()),
        found_by: outcome.rules.iter().map(found).collect(),
    }
}

/// Found and missed; and left out, for two reasons.
pub(super) fn counts(
    outcomes: &[&Outcome<'_>],
    censored: usize,
    unobservable: usize,
) -> CampaignCounts {
    let detected = outcomes.iter().filter(|outcome| outcome.found()).count() as u64;
    let scored = outcomes.len() as u64;
    CampaignCounts {
        scored,
        detected,
        missed: scored - detected,
        censored: censored as u64,
        unobservable: unobservable as u64,
    }
}

/// Share of campaigns found; campaigns are drawn independently.
pub(super) fn recall(outcomes: &[&Outcome<'_>]) -> Metric {
    let found = outcomes.iter().filter(|outcome| outcome.found()).count();
    wilson(found as u64, outcomes.len() as u64)
}

/// What a delay is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// Event time of the first event.
    FirstEvent,
    /// Event time of the first value handed out; campaigns that hand out nothing are left out.
    FirstReveal,
}

/// What a delay is measured to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Arrival of the first alert.
    Arrival,
    /// Event time of the first alert.
    EventTime,
}

/// Delays of the campaigns that were found.
pub(super) fn delays(outcomes: &[&Outcome<'_>], since: Since, until: Until) -> Delays {
    let (mut seconds, mut missed) = (Vec::new(), 0);
    for outcome in outcomes {
        let from = match since {
            Since::FirstEvent => Some(outcome.campaign.first_event()),
            Since::FirstReveal => outcome.campaign.first_reveal(),
        };
        let to = match until {
            Until::Arrival => outcome.fired_at(),
            Until::EventTime => outcome.time(),
        };
        match (from, to) {
            (Some(from), Some(to)) => seconds.push(to.since(from).as_seconds_f64()),
            (Some(_), None) => missed += 1,
            (None, _) => {}
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
