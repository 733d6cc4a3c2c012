//! The few figures that settings of one rule are chosen by, over many runs on one corpus.
//!
//! Contract: with nothing left out they are those of [`score`](super::score) over the same alerts. A
//! [`Referee`] reads truth once; what each run found is a [`Tally`], and tallies of several corpora add up.
//!
//! With some left out: an alert belongs to the campaigns of its class whose events it holds, and to the traffic
//! where it is spurious. One all of whose campaigns are left out is not counted; one about a kept campaign
//! is, and credits it. So that traffic, which all of a corpus is measured in, is not held against a part of its
//! campaigns, alerts about kept attacks (and look-alikes) weigh as many times more as there
//! are fewer of those than the corpus has: precision and alerts a day estimate those of the whole corpus.

use std::collections::{BTreeMap, BTreeSet};

use super::matching::{Judged, judge_one};
use super::period::Period;
use super::{
    AlertLog, Campaign, Class, EventId, Manifest, Metric, ScoreError, ScoredAlert, Truth,
    bootstrap, campaigns, intervals, rates,
};
use crate::event::Ticks;

/// Truth of one corpus, ready to judge the alerts of many runs.
#[derive(Debug)]
pub struct Referee<'a> {
    truth: &'a Truth,
    period: Period,
    index: BTreeMap<&'a EventId, Vec<usize>>,
    times: BTreeSet<Ticks>,
}

/// What one run over one or more corpora found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Attack campaigns scored.
    pub campaigns: u64,
    /// How many of them an alert credits.
    pub found: u64,
    /// Days scored.
    pub days: f64,
    /// Of each identity in each corpus: weights of the alerts about an attack, and of all alerts.
    alerts: Vec<[f64; 2]>,
    /// Alerts counted, whatever their weight.
    counted: u64,
    /// Some weigh more than one, for what is left out.
    is_weighted: bool,
    /// Alerts beyond the most that a run keeps, in corpora and clean twins; none of the figures has them.
    pub alerts_dropped: u64,
    /// Days of traffic without attacks.
    pub clean_days: f64,
    /// Of each identity in each clean twin: alerts.
    noise: Vec<f64>,
}

impl<'a> Referee<'a> {
    /// The referee of a corpus.
    ///
    /// # Errors
    /// Where truth and manifest are of different corpora.
    pub fn new(truth: &'a Truth, manifest: &Manifest) -> Result<Self, ScoreError> {
        if truth.corpus_id != manifest.corpus_id {
            return Err(ScoreError::Unlike {
                file: truth.file.clone(),
                key: "corpus_id",
                other: manifest.file.clone(),
                expected: manifest.corpus_id.clone(),
                found: truth.corpus_id.clone(),
            });
        }
        let index = truth.by_event();
        let times = index.keys().map(|id| id.time).collect();
        Ok(Self { truth, period: Period::of(manifest), index, times })
    }

    /// The attack campaigns that are scored, whatever finds them.
    pub fn scored(&self) -> impl Iterator<Item = &'a Campaign> {
        campaigns::attacks(self.truth, &self.period, &[]).into_iter().map(|one| one.campaign)
    }

    /// Whether an event of that time may be one of truth's. An alert none of whose evidence may be can
    /// be handed in without it.
    pub fn may_know(&self, time: Ticks) -> bool {
        self.times.contains(&time)
    }

    /// What the alerts of a run found of the campaigns and look-alikes that `keeps` lets through.
    ///
    /// # Errors
    /// As [`score`](super::score).
    pub fn tally(
        &self,
        log: &AlertLog,
        keeps: impl Fn(&Campaign) -> bool,
    ) -> Result<Tally, ScoreError> {
        let judged = self.judged(log)?;
        // Most alerts hold no event of truth and need not be asked for each campaign.
        let (plain, holding): (Vec<_>, Vec<_>) =
            judged.into_iter().partition(|one| one.held.is_empty());
        let outcomes = campaigns::attacks(self.truth, &self.period, &holding);
        let outcomes: Vec<_> = outcomes.iter().filter(|one| keeps(one.campaign)).collect();
        let weights = self.weights(&keeps);
        let counted = plain.iter().chain(holding.iter().filter(|one| self.counts(one, &keeps)));
        let mut clusters: BTreeMap<_, [f64; 2]> = BTreeMap::new();
        let mut alerts = 0;
        for one in counted {
            let weight = one.class.and_then(|class| weights.get(&class)).copied().unwrap_or(1.0);
            let [hits, total] = clusters.entry(one.alert.cluster()).or_default();
            *hits += if one.class == Some(Class::Malicious) { weight } else { 0.0 };
            *total += weight;
            alerts += 1;
        }
        Ok(Tally {
            campaigns: outcomes.len() as u64,
            found: outcomes.iter().filter(|one| one.found()).count() as u64,
            days: self.period.days(),
            alerts: clusters.into_values().collect(),
            counted: alerts,
            is_weighted: weights.values().any(|weight| *weight > 1.0),
            ..Tally::default()
        })
    }

    /// What a run over the clean twin cost, whose truth this is. All its alerts are noise, and none
    /// is left out: who pays for alerts pays for those about every look-alike.
    ///
    /// # Errors
    /// As [`score`](super::score).
    pub fn noise(&self, log: &AlertLog) -> Result<Tally, ScoreError> {
        let judged = self.judged(log)?;
        let noise = rates::by_identity(judged.iter().map(|one| one.alert));
        Ok(Tally { clean_days: self.period.days(), noise, ..Tally::default() })
    }

    fn judged<'b>(&self, log: &'b AlertLog) -> Result<Vec<Judged<'b>>, ScoreError> {
        self.period.check(log)?;
        let in_period = log.alerts.iter().filter(|alert| self.period.holds(alert));
        in_period.map(|alert| self.judge(log, alert)).collect()
    }

    fn judge<'b>(&self, log: &AlertLog, alert: &'b ScoredAlert) -> Result<Judged<'b>, ScoreError> {
        if alert.evidence.is_empty() {
            return Ok(Judged::spurious(alert));
        }
        judge_one(self.truth, &self.index, log, alert)
    }

    /// Whether an alert is about something kept: a campaign of its class, or plain traffic.
    fn counts(&self, one: &Judged<'_>, keeps: &impl Fn(&Campaign) -> bool) -> bool {
        let held = one.held.iter().map(|&at| &self.truth.campaigns[at]);
        one.class.is_none_or(|class| held.filter(|its| its.class == class).any(keeps))
    }

    /// How many campaigns of each class that reach into the scored period stand behind each kept one.
    fn weights(&self, keeps: &impl Fn(&Campaign) -> bool) -> BTreeMap<Class, f64> {
        let mut counts: BTreeMap<Class, [f64; 2]> = BTreeMap::new();
        for one in self.truth.campaigns.iter().filter(|one| self.period.reaches(one)) {
            let [kept, all] = counts.entry(one.class).or_default();
            *kept += f64::from(u8::from(keeps(one)));
            *all += 1.0;
        }
        counts.into_iter().map(|(class, [kept, all])| (class, all / kept.max(1.0))).collect()
    }
}

impl Tally {
    /// Adds what was found elsewhere: other campaigns, other identities, more days.
    pub fn add(&mut self, other: Self) {
        self.campaigns += other.campaigns;
        self.found += other.found;
        self.days += other.days;
        self.alerts.extend(other.alerts);
        self.counted += other.counted;
        self.is_weighted |= other.is_weighted;
        self.alerts_dropped += other.alerts_dropped;
        self.clean_days += other.clean_days;
        self.noise.extend(other.noise);
    }

    /// Share of the campaigns found.
    pub fn recall(&self) -> Metric {
        intervals::wilson(self.found, self.campaigns)
    }

    /// Share of the alerts that are about an attack.
    pub fn precision(&self) -> Metric {
        self.weighted(bootstrap::ratio(&self.alerts, rates::IDENTITIES))
    }

    /// Alerts a day.
    pub fn alerts_per_day(&self) -> Metric {
        let alerts: Vec<f64> = self.alerts.iter().map(|[_, total]| *total).collect();
        self.weighted(bootstrap::rate(&alerts, self.days, rates::IDENTITIES))
    }

    /// Says so where alerts stand for others, which are none that were seen.
    fn weighted(&self, metric: Metric) -> Metric {
        if !self.is_weighted || metric.value.is_none() {
            return metric;
        }
        let method = format!("{}; kept campaigns stand for those left out", metric.method);
        Metric { n: self.counted, method, ..metric }
    }

    /// Alerts a day in the clean twins.
    pub fn false_alerts_per_day(&self) -> Metric {
        if self.clean_days <= 0.0 {
            return Metric::unknown(rates::NO_TWIN);
        }
        bootstrap::rate(&self.noise, self.clean_days, rates::IDENTITIES)
    }
}
