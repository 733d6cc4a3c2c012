//! Alerts counted: by what they were about, per day, as cases, and in traffic without attacks.

use std::collections::{BTreeMap, BTreeSet};

use super::bootstrap;
use super::matching::Judged;
use super::period::Period;
use super::{
    AlertCounts, AlertShares, Class, CleanTwin, EntityAlerts, Metric, ScoreError, ScoredAlert,
};
use crate::event::TickSpan;

/// Alerts of one identity closer than this to the first are one piece of work.
const CASE_SPAN: TickSpan = TickSpan::hours(24);
pub(super) const IDENTITIES: &str = "identities";

/// Counts alerts by what they were about.
pub(super) fn counts(judged: &[&Judged<'_>]) -> AlertCounts {
    let mut counts = AlertCounts { scored: judged.len() as u64, ..AlertCounts::default() };
    for one in judged {
        *match one.class {
            Some(Class::Malicious) => &mut counts.malicious,
            Some(Class::LookAlike) => &mut counts.look_alike,
            Some(Class::Authorised) => &mut counts.authorised,
            None => &mut counts.spurious,
        } += 1;
        counts.too_late += u64::from(one.too_late);
        counts.evidence_cut += u64::from(one.alert.evidence_cut > 0);
        counts.suppressed += one.alert.suppressed;
    }
    counts
}

/// Share of alerts of `class`; `None` is spurious.
pub(super) fn share(judged: &[&Judged<'_>], class: Option<Class>) -> Metric {
    let mut clusters: BTreeMap<_, [f64; 2]> = BTreeMap::new();
    for one in judged {
        let [hits, total] = clusters.entry(one.alert.cluster()).or_default();
        *hits += f64::from(u8::from(one.class == class));
        *total += 1.0;
    }
    bootstrap::ratio(&clusters.into_values().collect::<Vec<_>>(), IDENTITIES)
}

/// All four shares.
pub(super) fn shares(judged: &[&Judged<'_>]) -> AlertShares {
    AlertShares {
        malicious: share(judged, Some(Class::Malicious)),
        look_alike: share(judged, Some(Class::LookAlike)),
        authorised: share(judged, Some(Class::Authorised)),
        spurious: share(judged, None),
    }
}

/// Alerts per `exposure` (days, or millions of events).
pub(super) fn alerts_per<'a>(
    alerts: impl Iterator<Item = &'a ScoredAlert>,
    exposure: f64,
) -> Metric {
    bootstrap::rate(&by_identity(alerts), exposure, IDENTITIES)
}

/// Cases per day.
pub(super) fn cases_per_day<'a>(
    alerts: impl Iterator<Item = &'a ScoredAlert>,
    days: f64,
) -> Metric {
    let mut times: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for alert in alerts {
        times.entry(alert.cluster()).or_default().insert(alert.time);
    }
    let cases = times.into_values().map(|times| {
        let (mut count, mut opened) = (0.0, None);
        for time in times {
            if opened.is_none_or(|opened| time.since(opened) >= CASE_SPAN) {
                (count, opened) = (count + 1.0, Some(time));
            }
        }
        count
    });
    bootstrap::rate(&cases.collect::<Vec<_>>(), days, IDENTITIES)
}

/// Alerts by whom they are about, here and in the clean twin.
pub(super) fn entities<'a>(
    alerts: impl Iterator<Item = &'a ScoredAlert>,
    noise: &Noise<'_>,
) -> BTreeMap<String, EntityAlerts> {
    let mut entities: BTreeMap<String, EntityAlerts> = BTreeMap::new();
    let mut of = |alert: &ScoredAlert, alerts, false_alerts| {
        let (is_identity, name) = alert.cluster();
        let entity = entities.entry(name.to_owned()).or_default();
        entity.is_identity = is_identity;
        entity.alerts += alerts;
        entity.false_alerts += false_alerts;
    };
    alerts.for_each(|alert| of(alert, 1, 0));
    noise.alerts().for_each(|alert| of(alert, 0, 1));
    entities
}

pub(super) fn by_identity<'a>(alerts: impl Iterator<Item = &'a ScoredAlert>) -> Vec<f64> {
    let mut clusters: BTreeMap<_, f64> = BTreeMap::new();
    for alert in alerts {
        *clusters.entry(alert.cluster()).or_default() += 1.0;
    }
    clusters.into_values().collect()
}

/// What fires in traffic without attacks; every figure is unknown without a clean twin.
#[derive(Debug)]
pub(super) struct Noise<'a> {
    twin: Option<(Period, Vec<&'a ScoredAlert>)>,
}

pub(super) const NO_TWIN: &str = "not known: no clean twin was given";

impl<'a> Noise<'a> {
    pub(super) fn of(twin: Option<&'a CleanTwin>) -> Result<Self, ScoreError> {
        let Some(twin) = twin else { return Ok(Self { twin: None }) };
        let period = Period::of(&twin.manifest);
        period.check(&twin.alerts)?;
        let alerts = twin.alerts.alerts.iter().filter(|alert| period.holds(alert)).collect();
        Ok(Self { twin: Some((period, alerts)) })
    }

    pub(super) fn per_day(&self) -> Metric {
        self.per(|_| true, Period::days)
    }

    pub(super) fn per_million_events(&self) -> Metric {
        let mut metric = self.per(|_| true, |period| period.events() / 1e6);
        if metric.value.is_some() {
            metric.method.push_str("; events of the scored period by its share of the time");
        }
        metric
    }

    /// By rule id, of those that fired there; see [`Self::silent_per_day`] for the others.
    pub(super) fn per_day_by_rule(&self) -> BTreeMap<&'a str, Metric> {
        let Some((period, alerts)) = &self.twin else { return BTreeMap::new() };
        let mut by_rule: BTreeMap<&str, Vec<&ScoredAlert>> = BTreeMap::new();
        for alert in alerts {
            by_rule.entry(&alert.rule_id).or_default().push(alert);
        }
        let rate = |alerts: Vec<&ScoredAlert>| alerts_per(alerts.into_iter(), period.days());
        by_rule.into_iter().map(|(rule, alerts)| (rule, rate(alerts))).collect()
    }

    /// Of a rule that did not fire there.
    pub(super) fn silent_per_day(&self) -> Metric {
        self.per(|_| false, Period::days)
    }

    /// Of the rules that `wanted` accepts, by id.
    pub(super) fn per_day_of_rules(&self, wanted: impl Fn(&str) -> bool) -> Metric {
        self.per(|alert| wanted(&alert.rule_id), Period::days)
    }

    /// The alerts.
    pub(super) fn alerts(&self) -> impl Iterator<Item = &'a ScoredAlert> {
        self.twin.iter().flat_map(|(_, alerts)| alerts).copied()
    }

    /// Precision at `campaigns_per_day`, where `campaigns` are `[alerts, 1]` each.
    pub(super) fn rebased(&self, campaigns: &[[f64; 2]], campaigns_per_day: f64) -> Metric {
        let Some((period, alerts)) = &self.twin else { return Metric::unknown(NO_TWIN) };
        let noise = by_identity(alerts.iter().copied());
        bootstrap::rebased(campaigns, campaigns_per_day, &noise, period.days())
    }

    fn per(
        &self,
        wanted: impl Fn(&ScoredAlert) -> bool,
        exposure: impl Fn(&Period) -> f64,
    ) -> Metric {
        let Some((period, alerts)) = &self.twin else { return Metric::unknown(NO_TWIN) };
        alerts_per(alerts.iter().copied().filter(|alert| wanted(alert)), exposure(period))
    }
}
