//! The same figures apart: by rule, attack, kind of identity and look-alike, and rule by attack.

use std::collections::{BTreeMap, BTreeSet};

use super::bootstrap;
use super::campaigns::{self, Outcome, Since, Until};
use super::matching::Judged;
use super::period::Period;
use super::rates::{self, Noise};
use super::{
    AttackScore, CampaignRecord, Class, KindScore, LookAlikeScore, Metric, RuleScore, Run, Truth,
};

/// Campaigns found by rule and attack.
pub(super) type Matrix = BTreeMap<String, BTreeMap<String, u64>>;

/// By rule: those that fired, in the twin or here, and those that the run lists.
pub(super) fn by_rule(
    judged: &[&Judged<'_>],
    outcomes: &[Outcome<'_>],
    noise: &Noise<'_>,
    run: Option<&Run>,
    period: &Period,
) -> BTreeMap<String, RuleScore> {
    let mut alerts: BTreeMap<&str, Vec<&Judged<'_>>> = BTreeMap::new();
    let listed = run.iter().flat_map(|run| &run.rules).map(|rule| rule.rule_id.as_str());
    let mut noise_by_rule = noise.per_day_by_rule();
    for rule_id in listed.chain(noise_by_rule.keys().copied()) {
        alerts.entry(rule_id).or_default();
    }
    for one in judged {
        alerts.entry(&one.alert.rule_id).or_default().push(one);
    }
    let score = |(rule_id, alerts): (&str, Vec<&Judged<'_>>)| {
        let false_alerts = noise_by_rule.remove(rule_id);
        let own: Vec<_> = outcomes.iter().map(|one| one.of_rules(|rule| rule == rule_id)).collect();
        let own: Vec<_> = own.iter().collect();
        let alone = outcomes
            .iter()
            .filter(|outcome| outcome.rules.len() == 1 && outcome.rules.contains_key(rule_id));
        let score = RuleScore {
            name: alerts.first().map(|one| one.alert.rule_name.clone()).unwrap_or_default(),
            alerts: rates::counts(&alerts),
            precision: rates::share(&alerts, Some(Class::Malicious)),
            alerts_per_day: rates::alerts_per(alerts.iter().map(|one| one.alert), period.days()),
            false_alerts_per_day: false_alerts.unwrap_or_else(|| noise.silent_per_day()),
            campaigns_found: campaigns::counts(&own, 0, 0).detected,
            recall: campaigns::recall(&own),
            by_variant: by_variant(&own),
            found_alone: alone.count() as u64,
            detection_time_seconds: campaigns::delays(&own, Since::FirstEvent, Until::Arrival),
            detection_time_from_reveal_seconds: campaigns::delays(
                &own,
                Since::FirstReveal,
                Until::Arrival,
            ),
            objects_revealed_before_alert: campaigns::objects_revealed(&own),
            history_exceeds_warm_up: run.and_then(|run| run.exceeds(rule_id, period.warm_up)),
        };
        (rule_id.to_owned(), score)
    };
    alerts.into_iter().map(score).collect()
}

/// By attack; attacks whose campaigns are all `[censored, unobservable]` included.
pub(super) fn by_attack(
    truth: &Truth,
    judged: &[&Judged<'_>],
    outcomes: &[Outcome<'_>],
    left_out: [&[CampaignRecord]; 2],
    period: &Period,
) -> BTreeMap<String, AttackScore> {
    let scored = outcomes.iter().map(|outcome| &outcome.campaign.attack);
    let attacks: BTreeSet<&String> =
        scored.chain(left_out.into_iter().flatten().map(|record| &record.attack)).collect();
    let score = |attack: &String| {
        let own: Vec<_> = outcomes.iter().filter(|one| one.campaign.attack == *attack).collect();
        let [censored, unobservable] = left_out
            .map(|records| records.iter().filter(|record| record.attack == *attack).count());
        let about = |one: &&&Judged<'_>| {
            let mut campaigns = one.campaigns.iter().map(|&at| &truth.campaigns[at]);
            campaigns.any(|one| one.class == Class::Malicious && one.attack == *attack)
        };
        let alerts = judged.iter().filter(about).map(|one| one.alert);
        let shares: Vec<f64> =
            own.iter().filter(|one| one.found()).map(|one| one.alerts()).collect();
        AttackScore {
            campaigns: campaigns::counts(&own, censored, unobservable),
            recall: campaigns::recall(&own),
            by_variant: by_variant(&own),
            alerts_per_day: rates::alerts_per(alerts, period.days()),
            alerts_per_campaign_found: bootstrap::mean(&shares, "campaigns found"),
            detection_time_seconds: campaigns::delays(&own, Since::FirstEvent, Until::Arrival),
            detection_time_from_reveal_seconds: campaigns::delays(
                &own,
                Since::FirstReveal,
                Until::Arrival,
            ),
            objects_revealed_before_alert: campaigns::objects_revealed(&own),
        }
    };
    attacks.into_iter().map(|attack| (attack.clone(), score(attack))).collect()
}

/// By variant of the adversary; campaigns of which truth does not say it are left out.
pub(super) fn by_variant(outcomes: &[&Outcome<'_>]) -> BTreeMap<String, Metric> {
    let mut variants: BTreeMap<&str, Vec<&Outcome<'_>>> = BTreeMap::new();
    for &outcome in outcomes {
        if let Some(variant) = outcome.campaign.variant() {
            variants.entry(variant).or_default().push(outcome);
        }
    }
    let recall = |(variant, own): (&str, Vec<_>)| (variant.to_owned(), campaigns::recall(&own));
    variants.into_iter().map(recall).collect()
}

/// By kind of identity, as far as truth or alerts name one.
pub(super) fn by_identity_kind(
    judged: &[&Judged<'_>],
    outcomes: &[Outcome<'_>],
) -> BTreeMap<String, KindScore> {
    let of_alerts = judged.iter().filter_map(|one| one.alert.identity_kind.as_ref());
    let of_truth = outcomes.iter().filter_map(|one| one.campaign.identity_kind.as_ref());
    let kinds: BTreeSet<&String> = of_alerts.chain(of_truth).collect();
    let score = |kind: &String| {
        let alerts: Vec<_> = judged
            .iter()
            .copied()
            .filter(|one| one.alert.identity_kind.as_ref() == Some(kind))
            .collect();
        let own: Vec<_> = outcomes
            .iter()
            .filter(|one| one.campaign.identity_kind.as_ref() == Some(kind))
            .collect();
        KindScore {
            alerts: rates::counts(&alerts),
            precision: rates::share(&alerts, Some(Class::Malicious)),
            recall: campaigns::recall(&own),
        }
    };
    kinds.into_iter().map(|kind| (kind.clone(), score(kind))).collect()
}

/// How many instances of each look-alike raised an alert.
pub(super) fn by_look_alike(outcomes: &[Outcome<'_>]) -> BTreeMap<String, LookAlikeScore> {
    let mut scores: BTreeMap<String, LookAlikeScore> = BTreeMap::new();
    for outcome in outcomes {
        let score = scores
            .entry(outcome.campaign.attack.clone())
            .or_insert(LookAlikeScore { instances: 0, alerted: 0 });
        score.instances += 1;
        score.alerted += u64::from(outcome.found());
    }
    scores
}

/// How many campaigns of each attack each rule found.
pub(super) fn matrix(outcomes: &[Outcome<'_>]) -> Matrix {
    let mut matrix = Matrix::new();
    for outcome in outcomes {
        for &rule in outcome.rules.keys() {
            let row = matrix.entry(rule.to_owned()).or_default();
            *row.entry(outcome.campaign.attack.clone()).or_default() += 1;
        }
    }
    matrix
}
