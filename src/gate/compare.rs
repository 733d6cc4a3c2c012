//! Two scores of one corpus side by side: what was gained, what was lost, and whether it is chance.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::baseline::{Named, campaigns, check_alike, entities, is_found};
use super::error::GateError;
use crate::rules::Severity;
use crate::score::{
    CampaignOutcome, EntityAlerts, Metric, PairedCampaign, Score, loss_p_value, rate_difference,
    recall_difference,
};

/// Identities listed; all of them are counted.
const ENTITIES_SHOWN: usize = 20;
const SCHEMA_VERSION: u32 = 1;
const KIND: &str = "compare";

/// The shape of compare.json.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CompareReport {
    /// Version of this shape.
    pub schema_version: u32,
    /// `compare`.
    pub kind: String,
    /// The corpus that both are about.
    pub corpus_id: String,
    /// The earlier score.
    pub old: Side,
    /// The later one.
    pub new: Side,
    /// What a reader should know besides.
    pub notes: Vec<String>,
    /// Campaigns found.
    pub recall: RecallChange,
    /// Alerts a day.
    pub alerts_per_day: Figures,
    /// Alerts a day in the clean twin; the difference is null where one side has no twin.
    pub false_alerts_per_day: Figures,
    /// Campaigns that only the later one found.
    pub gained: Vec<CampaignChange>,
    /// Campaigns that only the earlier one found.
    pub lost: Vec<CampaignChange>,
    /// Identities that only the later one alerts on, the loudest first.
    pub newly_alerting: SomeEntities,
    /// Identities that only the earlier one alerts on, likewise.
    pub no_longer_alerting: SomeEntities,
    /// By rule of either side.
    pub by_rule: BTreeMap<String, RuleChange>,
    /// By attack.
    pub by_attack: BTreeMap<String, AttackChange>,
}

/// One of the two scores.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The file.
    pub file: String,
    /// Its rules.
    pub rules_id: String,
}

/// Recall before and now.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct RecallChange {
    /// The figures and their difference, paired by campaign.
    pub figures: Figures,
    /// Campaigns found on both sides.
    pub both: u64,
    /// Only before.
    pub lost: u64,
    /// Only now.
    pub gained: u64,
    /// On neither side.
    pub neither: u64,
    /// McNemar's exact test, one-sided: how likely so many losses are if nothing is worse.
    pub loss_p_value: f64,
}

/// A figure before and now.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Figures {
    /// Before.
    pub old: Metric,
    /// Now.
    pub new: Metric,
    /// Now minus before, paired; null where a side has no figure.
    pub difference: Option<Metric>,
}

/// A campaign that one side found.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct CampaignChange {
    /// Its id.
    pub campaign_id: String,
    /// The attack.
    pub attack: String,
    /// `plain` or `evasive`, as far as truth says.
    pub variant: Option<String>,
    /// As far as truth says.
    pub severity: Option<Severity>,
    /// The rules of the side that found it.
    pub found_by: Vec<String>,
}

/// Some of many.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct SomeEntities {
    /// How many there are.
    pub total: u64,
    /// At most twenty of them.
    pub shown: Vec<AlertsOfEntity>,
}

/// Alerts about one identity on the side that has any.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct AlertsOfEntity {
    /// The identity, or the alert where it names none.
    pub entity: String,
    /// It is an identity.
    pub is_identity: bool,
    /// Its alerts.
    pub alerts: u64,
    /// Its alerts in the clean twin.
    pub false_alerts: u64,
}

/// One rule before and now; null on the side that does not have it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct RuleChange {
    /// Campaigns it found, before and now.
    pub campaigns_found: [Option<u64>; 2],
    /// Its alerts a day.
    pub alerts_per_day: [Option<f64>; 2],
    /// Its alerts a day in the clean twin.
    pub false_alerts_per_day: [Option<f64>; 2],
}

/// One attack before and now.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct AttackChange {
    /// Campaigns scored.
    pub scored: u64,
    /// Campaigns found, before and now.
    pub found: [u64; 2],
    /// Found before and not now.
    pub lost: u64,
    /// Found now and not before.
    pub gained: u64,
}

/// Compares the score in the file `old.0` with the later one in `new.0`.
///
/// # Errors
/// [`GateError::Unlike`] where the two are not about the same corpus and campaigns.
pub fn compare(old: (&str, &Score), new: (&str, &Score)) -> Result<CompareReport, GateError> {
    let (before, now) = (old.1, new.1);
    check_alike(Named { file: new.0, score: now }, Named { file: old.0, score: before })?;
    let both = campaigns(now, before);
    let only = |is_side: fn(bool, bool) -> bool,
                of: fn((&CampaignOutcome, &CampaignOutcome)) -> CampaignChange| {
        let one_side = both.iter().filter(|(old, new)| is_side(is_found(old), is_found(new)));
        one_side.map(|&pair| of(pair)).collect::<Vec<_>>()
    };
    let gained = only(|old, new| !old && new, |(_, new)| CampaignChange::of(new));
    let lost = only(|old, new| old && !new, |(old, _)| CampaignChange::of(old));
    let alerting = entities(now, before);
    let side = |file: &str, score: &Score| Side {
        file: file.to_owned(),
        rules_id: score.rules_id.clone(),
    };
    Ok(CompareReport {
        schema_version: SCHEMA_VERSION,
        kind: KIND.to_owned(),
        corpus_id: now.corpus_id.clone(),
        notes: notes(before, now),
        recall: recall(before, now, &both),
        alerts_per_day: rates([before, now], &alerting, |it| &it.alerts_per_day, |it| it.alerts),
        false_alerts_per_day: rates(
            [before, now],
            &alerting,
            |it| &it.false_alerts_per_day,
            |it| it.false_alerts,
        ),
        newly_alerting: only_on(&alerting, 1),
        no_longer_alerting: only_on(&alerting, 0),
        by_rule: by_rule(before, now),
        by_attack: by_attack(&both),
        old: side(old.0, before),
        new: side(new.0, now),
        gained,
        lost,
    })
}

impl CampaignChange {
    fn of(outcome: &CampaignOutcome) -> Self {
        Self {
            campaign_id: outcome.campaign_id.clone(),
            attack: outcome.attack.clone(),
            variant: outcome.variant.clone(),
            severity: outcome.severity,
            found_by: outcome.found_by.keys().cloned().collect(),
        }
    }
}

fn notes(before: &Score, now: &Score) -> Vec<String> {
    let mut notes = Vec::new();
    if before == now {
        notes.push("Both scores are the same.".to_owned());
    } else if let Some(note) = same_rules(before, now) {
        notes.push(note.to_owned());
    }
    notes
}

fn recall(
    before: &Score,
    now: &Score,
    both: &[(&CampaignOutcome, &CampaignOutcome)],
) -> RecallChange {
    let pair = |(old, new): &(&CampaignOutcome, &CampaignOutcome)| PairedCampaign {
        before: is_found(old),
        now: is_found(new),
    };
    let pairs: Vec<PairedCampaign> = both.iter().map(pair).collect();
    let count = |before, now| {
        pairs.iter().filter(|it| **it == PairedCampaign { before, now }).count() as u64
    };
    let (lost, gained) = (count(true, false), count(false, true));
    let figure = |score: &Score| {
        let missing =
            || Metric { value: None, n: 0, lo: None, hi: None, method: "absent".to_owned() };
        score.recall.get("campaign").cloned().unwrap_or_else(missing)
    };
    RecallChange {
        figures: Figures {
            old: figure(before),
            new: figure(now),
            difference: Some(recall_difference(&pairs, 1.0)),
        },
        both: count(true, true),
        neither: count(false, false),
        loss_p_value: loss_p_value(lost, gained),
        lost,
        gained,
    }
}

fn rates(
    [before, now]: [&Score; 2],
    alerting: &BTreeMap<&str, [EntityAlerts; 2]>,
    figure: fn(&Score) -> &Metric,
    count: fn(&EntityAlerts) -> u64,
) -> Figures {
    let (old, new) = (figure(before).clone(), figure(now).clone());
    let is_known = old.value.is_some() && new.value.is_some();
    let pairs: Vec<[f64; 2]> = alerting
        .values()
        .map(|pair| pair.map(|alerts| count(&alerts) as f64))
        .filter(|pair| pair[0] + pair[1] > 0.0)
        .collect();
    let difference = is_known.then(|| rate_difference(&pairs, exposures([&old, &new]), 1.0));
    Figures { old, new, difference }
}

/// What each of two rates is per, days for example: its count over it. A side without any alert has
/// nothing to be divided, and takes that of the other.
pub(super) fn exposures(rates: [&Metric; 2]) -> [f64; 2] {
    let of =
        |rate: &Metric| rate.value.filter(|&value| value > 0.0).map(|value| rate.n as f64 / value);
    let [one, other] = rates.map(of);
    [one.or(other).unwrap_or(1.0), other.or(one).unwrap_or(1.0)]
}

/// Says where scores of the same rules may differ from; exports of other products do not say which
/// rules they are of.
pub(super) fn same_rules(before: &Score, now: &Score) -> Option<&'static str> {
    let is_known = before.matching.is_none() && now.matching.is_none();
    (is_known && before.rules_id == now.rules_id).then_some(
        "Both have the same rules: what differs comes from how they were run, such as history, \
         lateness or timing.",
    )
}

/// Identities that alert on `side` (0 before, 1 now) only.
fn only_on(alerting: &BTreeMap<&str, [EntityAlerts; 2]>, side: usize) -> SomeEntities {
    let is_silent = |one: &EntityAlerts| one.alerts + one.false_alerts == 0;
    let only =
        alerting.iter().filter(|(_, pair)| is_silent(&pair[1 - side]) && !is_silent(&pair[side]));
    let mut only: Vec<AlertsOfEntity> = only
        .map(|(entity, pair)| AlertsOfEntity {
            entity: (*entity).to_owned(),
            is_identity: pair[side].is_identity,
            alerts: pair[side].alerts,
            false_alerts: pair[side].false_alerts,
        })
        .collect();
    only.sort_by_key(|one| std::cmp::Reverse(one.alerts + one.false_alerts));
    let total = only.len() as u64;
    only.truncate(ENTITIES_SHOWN);
    SomeEntities { total, shown: only }
}

fn by_rule(before: &Score, now: &Score) -> BTreeMap<String, RuleChange> {
    let rules: BTreeSet<&String> = before.by_rule.keys().chain(now.by_rule.keys()).collect();
    let change = |rule: &String| {
        let sides = [before, now].map(|score| score.by_rule.get(rule));
        RuleChange {
            campaigns_found: sides.map(|side| side.map(|it| it.campaigns_found)),
            alerts_per_day: sides.map(|side| side.and_then(|it| it.alerts_per_day.value)),
            false_alerts_per_day: sides
                .map(|side| side.and_then(|it| it.false_alerts_per_day.value)),
        }
    };
    rules.into_iter().map(|rule| (rule.clone(), change(rule))).collect()
}

fn by_attack(both: &[(&CampaignOutcome, &CampaignOutcome)]) -> BTreeMap<String, AttackChange> {
    let mut attacks: BTreeMap<String, AttackChange> = BTreeMap::new();
    for (old, new) in both {
        let empty = AttackChange { scored: 0, found: [0, 0], lost: 0, gained: 0 };
        let attack = attacks.entry(new.attack.clone()).or_insert(empty);
        let (before, now) = (is_found(old), is_found(new));
        attack.scored += 1;
        attack.found[0] += u64::from(before);
        attack.found[1] += u64::from(now);
        attack.lost += u64::from(before && !now);
        attack.gained += u64::from(now && !before);
    }
    attacks
}
