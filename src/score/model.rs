//! The shape of score.json: a metric's dotted path is its name in gates.
//!
//! Maps are sorted, lists are by start, then id; absent figures are null with the reason in
//! `method`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Class, Nearest, Sensitivity};
use crate::rules::Severity;

/// How well a run's alerts found what truth says was there.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Score {
    /// Version of this shape.
    pub schema_version: u32,
    /// `score`.
    pub kind: String,
    /// The corpus.
    pub corpus_id: String,
    /// The rules.
    pub rules_id: String,
    /// What was scored.
    pub corpus: CorpusFacts,
    /// Attack campaigns, counted.
    pub campaigns: CampaignCounts,
    /// Share of campaigns found: `campaign` over all attacks, then each attack by name.
    pub recall: BTreeMap<String, Metric>,
    /// Recall had no alert been suppressed.
    pub recall_without_suppression: Metric,
    /// Share of alerts that are about an attack.
    pub precision: Precision,
    /// The same questions asked of events.
    pub events: EventScore,
    /// How alerts of another product were matched; absent for our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<Matching>,
    /// Alerts of the scored period, by what they were about.
    pub alerts: AlertCounts,
    /// The same as shares.
    pub alert_shares: AlertShares,
    /// Alerts a day.
    pub alerts_per_day: Metric,
    /// Cases a day: alerts of one identity within 24 h of the first are one case; an alert that
    /// names no identity is a case of its own.
    pub cases_per_day: Metric,
    /// Alerts a day in the clean twin.
    pub false_alerts_per_day: Metric,
    /// The same per million events.
    pub false_alerts_per_million_events: Metric,
    /// Arrival of the first alert minus event time of the campaign's first event.
    pub detection_time_seconds: Delays,
    /// The same minus event time of the first value handed out; negative where the alert came
    /// first.
    pub detection_time_from_reveal_seconds: Delays,
    /// Event time of the first alert minus event time of the first event: what the rules need,
    /// without the pipeline's delay.
    pub event_time_delay_seconds: Delays,
    /// The same from the first value handed out.
    pub event_time_delay_from_reveal_seconds: Delays,
    /// Distinct objects handed out before somebody could know.
    pub objects_revealed_before_alert: ObjectsRevealed,
    /// By pack of rules, each as if it had run alone; the figures above are of all rules together.
    pub by_pack: BTreeMap<String, PackScore>,
    /// By rule id.
    pub by_rule: BTreeMap<String, RuleScore>,
    /// By attack.
    pub by_attack: BTreeMap<String, AttackScore>,
    /// By variant of the adversary (`plain`, `evasive`), as far as truth says: share of the
    /// campaigns found.
    pub by_variant: BTreeMap<String, Metric>,
    /// By kind of identity, as far as truth and alerts name it.
    pub by_identity_kind: BTreeMap<String, KindScore>,
    /// By look-alike.
    pub by_look_alike: BTreeMap<String, LookAlikeScore>,
    /// Rule id, attack, campaigns of it that the rule credits; pairs with none are left out.
    pub matrix: BTreeMap<String, BTreeMap<String, u64>>,
    /// Every scored campaign, and which rules found it.
    pub outcomes: Vec<CampaignOutcome>,
    /// Whom alerts were about, by identity; an alert that names none is one of its own, by its id.
    pub entities: BTreeMap<String, EntityAlerts>,
    /// Campaigns that nothing found.
    pub missed: Vec<CampaignRecord>,
    /// Campaigns that are not scored, and why.
    pub censored: Vec<CampaignRecord>,
    /// Campaigns that left no record, so that no rule could find them: not misses.
    pub unobservable: Vec<CampaignRecord>,
    /// Alerters to compare with.
    pub baselines: Baselines,
    /// The headline with one assumption of the estate turned at a time; empty where that was not
    /// measured.
    #[serde(default)]
    pub sensitivity: Vec<Sensitivity>,
}

/// A figure, what it rests on, and how far it can be trusted.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Metric {
    /// The figure; null where there is none.
    pub value: Option<f64>,
    /// How many units it is made from.
    pub n: u64,
    /// Lower end of the 95 % interval.
    pub lo: Option<f64>,
    /// Upper end.
    pub hi: Option<f64>,
    /// How the interval was made, or why there is no figure.
    pub method: String,
}

/// What was scored.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct CorpusFacts {
    /// Name of the estate.
    pub estate: String,
    /// Seed of the corpus.
    pub seed: u64,
    /// Events of the whole corpus.
    pub events: u64,
    /// Event time of the first one.
    pub first_time: String,
    /// Start of the scored period.
    pub warmup_end: String,
    /// Its end.
    pub last_time: String,
    /// Its length.
    pub scored_days: f64,
    /// Evidence events of scored alerts.
    pub evidence_events: u64,
    /// How many of them truth knows; none at all points to ids that do not match.
    pub evidence_events_in_truth: u64,
    /// The clean twin's corpus id; null without one.
    #[serde(default)]
    pub clean_twin_id: Option<String>,
    /// Days of it that are scored; null likewise.
    #[serde(default)]
    pub clean_twin_days: Option<f64>,
}

/// Attack campaigns, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct CampaignCounts {
    /// In the scored period.
    pub scored: u64,
    /// Credited by at least one alert.
    pub detected: u64,
    /// Credited by none.
    pub missed: u64,
    /// Left out for when they were.
    pub censored: u64,
    /// Left out because the corpus holds no record of them.
    pub unobservable: u64,
}

/// Share of alerts that are about an attack.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Precision {
    /// In this corpus, with as many attacks as were injected.
    pub alert: Metric,
    /// At the declared rate of campaigns, against the clean twin's alerts.
    pub rebased: Metric,
    /// The declared rate.
    pub declared_campaigns_per_day: f64,
}

/// Events that alerts rest on.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct EventScore {
    /// Share of the events of scored campaigns that lie in an alert which credits their campaign.
    pub recall: Metric,
    /// Share of the events that alerts rest on, each counted once, that are of an attack.
    pub precision: Metric,
}

/// How alerts of another product were matched with truth: alerts of the scored period, counted.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Matching {
    /// By the correlation ids they name.
    pub by_event: u64,
    /// By identity and time.
    pub by_identity: u64,
    /// By vault and time: they name no identity, and are the weakest matches.
    pub by_vault: u64,
    /// With nothing in truth.
    pub unmatched: u64,
    /// How many of those name neither event nor identity nor vault.
    pub names_nothing: u64,
    /// Campaigns that count as found by matches by vault only.
    pub campaigns_by_vault_only: u64,
    /// Share of alerts that match an attack campaign once these are moved by seven days: what chance
    /// matches, to be held against `precision.alert`.
    pub shifted_match_rate: Metric,
}

/// Alerts by what they were about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct AlertCounts {
    /// In the scored period.
    pub scored: u64,
    /// An attack, one that is censored or that ended too long ago to credit included.
    pub malicious: u64,
    /// Benign traffic that was made to resemble an attack.
    pub look_alike: u64,
    /// A security test.
    pub authorised: u64,
    /// Ordinary traffic.
    pub spurious: u64,
    /// Alerts that held events of an attack that ended over 48 h earlier, which credit nothing.
    pub too_late: u64,
    /// Alerts some of whose evidence the run had to leave out, judged as if that were ordinary.
    pub evidence_cut: u64,
    /// Alerts that scored ones absorbed.
    pub suppressed: u64,
    /// Not scored: before the end of warm-up.
    pub before_scored_period: u64,
}

/// Shares of the scored alerts.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct AlertShares {
    /// An attack.
    pub malicious: Metric,
    /// A look-alike.
    pub look_alike: Metric,
    /// A security test.
    pub authorised: Metric,
    /// Ordinary traffic.
    pub spurious: Metric,
}

/// Quantiles over the campaigns that were found, and how many were not.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Delays {
    /// Median.
    pub p50: Metric,
    /// Ninetieth percentile.
    pub p90: Metric,
    /// Ninety-ninth percentile.
    pub p99: Metric,
    /// Campaigns that the quantiles are over.
    pub detected: u64,
    /// Campaigns that were never found, and so are in no quantile.
    pub missed: u64,
}

/// Distinct objects handed out, per campaign.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ObjectsRevealed {
    /// Median over the campaigns that were found.
    pub p50: Metric,
    /// Ninetieth percentile.
    pub p90: Metric,
    /// Campaigns that the quantiles are over.
    pub detected: u64,
    /// Campaigns that were never found, and so are in no quantile.
    pub missed: u64,
    /// Objects that those handed out, all told.
    pub objects_in_missed: u64,
}

/// One pack of rules.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PackScore {
    /// Its rules: those that the run lists; without the run's file, those that alerted.
    pub rules: u64,
    /// How many of them alerted in the scored period.
    pub rules_that_alerted: u64,
    /// Their alerts.
    pub alerts: AlertCounts,
    /// Campaigns that at least one of them found.
    pub campaigns_found: u64,
    /// Campaigns that no other pack found.
    pub found_alone: u64,
    /// Share of the campaigns that they found.
    pub recall: Metric,
    /// Share of their alerts that are about an attack.
    pub precision: Metric,
    /// Their alerts a day.
    pub alerts_per_day: Metric,
    /// As in [`Score`], of their alerts.
    pub cases_per_day: Metric,
    /// Their alerts a day in the clean twin.
    pub false_alerts_per_day: Metric,
    /// How many of them compare with more past than warm-up has; null where the run's file is not at
    /// hand.
    pub rules_whose_history_exceeds_warm_up: Option<u64>,
}

impl PackScore {
    /// Some of its rules compare with more past than warm-up has.
    pub(super) fn exceeds_warm_up(&self) -> bool {
        self.rules_whose_history_exceeds_warm_up.is_some_and(|rules| rules > 0)
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct RuleScore {
    /// Its name for people; empty where it never fired.
    pub name: String,
    /// Its alerts.
    pub alerts: AlertCounts,
    /// Share of its alerts that are about an attack.
    pub precision: Metric,
    /// Its alerts a day.
    pub alerts_per_day: Metric,
    /// Its alerts a day in the clean twin.
    pub false_alerts_per_day: Metric,
    /// Campaigns that it found.
    pub campaigns_found: u64,
    /// Share of the campaigns that it found.
    pub recall: Metric,
    /// The same by variant of the adversary.
    pub by_variant: BTreeMap<String, Metric>,
    /// Campaigns that no other rule found.
    pub found_alone: u64,
    /// As in [`Score`], with its own first alert; the campaigns it missed are its own misses.
    pub detection_time_seconds: Delays,
    /// Likewise.
    pub detection_time_from_reveal_seconds: Delays,
    /// Likewise.
    pub objects_revealed_before_alert: ObjectsRevealed,
    /// It compares with more past than warm-up has, so that its figures are no ranking; null where
    /// the run's file does not say.
    pub history_exceeds_warm_up: Option<bool>,
}

/// One attack.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct AttackScore {
    /// Its campaigns.
    pub campaigns: CampaignCounts,
    /// Share of them that were found.
    pub recall: Metric,
    /// The same by variant of the adversary.
    pub by_variant: BTreeMap<String, Metric>,
    /// Alerts a day that credit a campaign of it, one that is censored included; an alert that
    /// credits several attacks counts for each.
    pub alerts_per_day: Metric,
    /// Alerts per campaign found; an alert that credits several campaigns is shared among them.
    pub alerts_per_campaign_found: Metric,
    /// As in [`Score`].
    pub detection_time_seconds: Delays,
    /// As in [`Score`].
    pub detection_time_from_reveal_seconds: Delays,
    /// As in [`Score`].
    pub objects_revealed_before_alert: ObjectsRevealed,
}

/// One kind of identity.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct KindScore {
    /// Alerts that name an identity of the kind.
    pub alerts: AlertCounts,
    /// Share of them that are about an attack.
    pub precision: Metric,
    /// Share of the campaigns by such identities that were found.
    pub recall: Metric,
}

/// One look-alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct LookAlikeScore {
    /// Instances that reach into the scored period, the last two days included.
    pub instances: u64,
    /// Instances that raised an alert.
    pub alerted: u64,
}

/// What became of one scored campaign.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct CampaignOutcome {
    /// Its id.
    pub campaign_id: String,
    /// The attack.
    pub attack: String,
    /// `plain` or `evasive`, as far as truth says.
    pub variant: Option<String>,
    /// How bad it is when it succeeds, as far as truth says.
    pub severity: Option<Severity>,
    /// Kind of the acting identity, as far as truth says.
    pub identity_kind: Option<String>,
    /// Event time of its first event.
    pub first_event: String,
    /// Event time of its last event.
    pub last_event: String,
    /// Distinct objects that it handed out.
    pub objects_revealed: u64,
    /// How many of them before the first alert arrived, all where there is none; null where it was
    /// found and nobody knows when.
    pub objects_revealed_before_alert: Option<u64>,
    /// Arrival of the first alert; null where nothing found it, or nobody knows when.
    pub fired_at: Option<String>,
    /// The rules that found it, by id.
    pub found_by: BTreeMap<String, Finding>,
}

impl CampaignOutcome {
    /// Whether at least one rule found it.
    pub fn is_found(&self) -> bool {
        !self.found_by.is_empty()
    }
}

/// What one rule made of one campaign.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Finding {
    /// Its alerts, each shared among the campaigns it credits.
    pub alerts: f64,
    /// Event time of the first one.
    pub time: String,
    /// Arrival of the first one, which may be another; null where not known.
    pub fired_at: Option<String>,
}

/// Alerts about one identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct EntityAlerts {
    /// It is an identity; else an alert that names none.
    pub is_identity: bool,
    /// Alerts of the scored period.
    pub alerts: u64,
    /// Alerts in the clean twin.
    pub false_alerts: u64,
}

/// One campaign, for a list.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct CampaignRecord {
    /// Its id.
    pub campaign_id: String,
    /// What it is meant to be.
    pub class: Class,
    /// The attack.
    pub attack: String,
    /// ATT&CK techniques.
    pub technique: Vec<String>,
    /// Who acts.
    pub identities: Vec<String>,
    /// What kind of identity that is, as far as truth says.
    pub identity_kind: Option<String>,
    /// Where.
    pub vaults: Vec<String>,
    /// Event time of its start.
    pub start: String,
    /// Event time of its end.
    pub end: String,
    /// Its events.
    pub events: u64,
    /// Records of it that the corpus does not hold.
    pub unobserved: u64,
    /// Distinct objects that it handed out.
    pub objects_revealed: u64,
    /// Parameters drawn for it, as far as truth says.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Why it is in the list.
    pub reason: String,
    /// Of a missed one, the step nearest to detection; null where that is not known.
    pub nearest: Option<Nearest>,
}

/// Alerters to compare with.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Baselines {
    /// Never fires.
    pub silent: Comparison,
    /// Fires as often as the rules did, at random.
    pub random: Comparison,
    /// Other packs of rules as they stand, over the same records; empty where they were not run.
    #[serde(default)]
    pub packs: BTreeMap<String, Comparison>,
}

/// What an alerter would have scored.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Comparison {
    /// Alerts in the scored period.
    pub alerts: u64,
    /// Share of the campaigns found.
    pub recall: Metric,
    /// Share of the alerts that are about an attack.
    pub precision: Metric,
    /// Alerts a day.
    pub alerts_per_day: Metric,
    /// Alerts a day in the clean twin.
    pub false_alerts_per_day: Metric,
}
