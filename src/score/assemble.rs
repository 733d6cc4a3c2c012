//! Puts a score together: check, judge, count.

use std::collections::BTreeMap;

use super::campaigns::{self, Outcome, Since, Until};
use super::inputs::KIND;
use super::lines::SCHEMA_VERSION;
use super::matching::{Judged, judge};
use super::period::Period;
use super::rates::{self, Noise};
use super::{
    AlertCounts, AlertLog, AttackScore, CampaignRecord, Class, CorpusFacts, Inputs, Metric,
    Precision, Score, ScoreError, baselines, breakdown, events, foreign, packs,
};

/// What the figures are made from.
struct Parts<'a> {
    period: Period,
    /// Alerts of the scored period.
    judged: Vec<Judged<'a>>,
    /// Alerts before it.
    early: u64,
    outcomes: Vec<Outcome<'a>>,
    look_alikes: Vec<Outcome<'a>>,
    censored: Vec<CampaignRecord>,
    unobservable: Vec<CampaignRecord>,
    noise: Noise<'a>,
}

/// Scores the alerts of one run against truth.
///
/// # Errors
/// [`ScoreError::NothingToScore`] where no attack campaign lies in the scored period; any other
/// variant where the inputs are faulty or do not belong together.
pub fn score(inputs: &Inputs) -> Result<Score, ScoreError> {
    inputs.check()?;
    let truth = &inputs.truth;
    let period = Period::of(&inputs.manifest);
    period.check(&inputs.alerts)?;
    let (judged, early): (Vec<_>, Vec<_>) =
        judge(truth, &inputs.alerts)?.into_iter().partition(|one| period.holds(one.alert));
    let parts = Parts {
        outcomes: campaigns::attacks(truth, &period, &judged),
        look_alikes: campaigns::look_alikes(truth, &period, &judged),
        censored: campaigns::censored(truth, &period),
        unobservable: campaigns::unobservable(truth, &period),
        noise: Noise::of(inputs.clean_twin.as_ref())?,
        early: early.len() as u64,
        judged,
        period,
    };
    if parts.outcomes.is_empty() {
        return Err(ScoreError::NothingToScore {
            file: truth.file.clone(),
            start: period.start.to_string(),
            end: period.end.to_string(),
            censored: parts.censored.len(),
            unobservable: parts.unobservable.len(),
        });
    }
    Ok(assemble(inputs, &parts))
}

fn assemble(inputs: &Inputs, parts: &Parts<'_>) -> Score {
    let Parts { period, outcomes, censored, unobservable, noise, .. } = parts;
    let all: Vec<_> = outcomes.iter().collect();
    let judged: Vec<_> = parts.judged.iter().collect();
    let alerts = AlertCounts { before_scored_period: parts.early, ..rates::counts(&judged) };
    let scored_alerts = || judged.iter().map(|one| one.alert);
    let by_attack =
        breakdown::by_attack(&inputs.truth, &judged, outcomes, [censored, unobservable], period);
    let missed = outcomes.iter().filter(|outcome| !outcome.found());
    let delays = |since, until| campaigns::delays(&all, since, until);
    let matching = || foreign::matching::matching(&inputs.truth, &judged, period);
    let mut score = Score {
        schema_version: SCHEMA_VERSION,
        kind: KIND.to_owned(),
        corpus_id: inputs.manifest.corpus_id.clone(),
        rules_id: inputs.alerts.rules_id.clone(),
        corpus: corpus_facts(inputs, period, &judged),
        campaigns: campaigns::counts(&all, censored.len(), unobservable.len()),
        recall: recall(&all, &by_attack),
        recall_without_suppression: without_suppression(&all, &inputs.alerts),
        precision: Precision {
            alert: rates::share(&judged, Some(Class::Malicious)),
            rebased: rebased(outcomes, noise, inputs.campaigns_per_day),
            declared_campaigns_per_day: inputs.campaigns_per_day,
        },
        events: events::events(&inputs.truth, &inputs.alerts, &judged, outcomes),
        matching: inputs.alerts.foreign.map(|_| matching()),
        alerts,
        alert_shares: rates::shares(&judged),
        alerts_per_day: rates::alerts_per(scored_alerts(), period.days()),
        cases_per_day: rates::cases_per_day(scored_alerts(), period.days()),
        false_alerts_per_day: noise.per_day(),
        false_alerts_per_million_events: noise.per_million_events(),
        detection_time_seconds: delays(Since::FirstEvent, Until::Arrival),
        detection_time_from_reveal_seconds: delays(Since::FirstReveal, Until::Arrival),
        event_time_delay_seconds: delays(Since::FirstEvent, Until::EventTime),
        event_time_delay_from_reveal_seconds: delays(Since::FirstReveal, Until::EventTime),
        objects_revealed_before_alert: campaigns::objects_revealed(&all),
        by_pack: packs::by_pack(&judged, outcomes, noise, inputs.run.as_ref(), period),
        by_rule: breakdown::by_rule(&judged, outcomes, noise, inputs.run.as_ref(), period),
        by_attack,
        by_variant: breakdown::by_variant(&all),
        by_identity_kind: breakdown::by_identity_kind(&judged, outcomes),
        by_look_alike: breakdown::by_look_alike(&parts.look_alikes),
        matrix: breakdown::matrix(outcomes),
        outcomes: outcomes.iter().map(campaigns::outcome_record).collect(),
        entities: rates::entities(scored_alerts(), noise),
        missed: missed.map(|one| campaigns::record(one.campaign, one.missed)).collect(),
        censored: censored.clone(),
        unobservable: unobservable.clone(),
        baselines: baselines::baselines(outcomes, period, judged.len() as u64),
        sensitivity: Vec::new(),
    };
    foreign::unknown::blank(&mut score, &inputs.alerts);
    score
}

fn corpus_facts(inputs: &Inputs, period: &Period, judged: &[&Judged<'_>]) -> CorpusFacts {
    let manifest = &inputs.manifest;
    let twin = inputs.clean_twin.as_ref().map(|twin| &twin.manifest);
    CorpusFacts {
        estate: manifest.estate.clone(),
        seed: manifest.seed,
        events: manifest.events,
        first_time: period.first.to_string(),
        warmup_end: period.start.to_string(),
        last_time: period.end.to_string(),
        scored_days: period.days(),
        evidence_events: judged.iter().map(|one| one.alert.evidence_total).sum(),
        evidence_events_in_truth: judged.iter().map(|one| one.labelled).sum(),
        clean_twin_id: twin.map(|twin| twin.corpus_id.clone()),
        clean_twin_days: twin.map(|twin| Period::of(twin).days()),
    }
}

fn recall(
    all: &[&Outcome<'_>],
    by_attack: &BTreeMap<String, AttackScore>,
) -> BTreeMap<String, Metric> {
    let attacks = by_attack.iter().map(|(attack, score)| (attack.clone(), score.recall.clone()));
    attacks.chain([("campaign".to_owned(), campaigns::recall(all))]).collect()
}

/// Where nothing was absorbed, recall is the same; else nothing is known, because an alert counts
/// what it absorbed and does not say which events.
fn without_suppression(all: &[&Outcome<'_>], log: &AlertLog) -> Metric {
    // An alert of the last hours of warm-up may have absorbed one of the scored period.
    let suppressed: u64 = log.alerts.iter().map(|alert| alert.suppressed).sum();
    if suppressed == 0 {
        return campaigns::recall(all);
    }
    Metric::unknown(&format!(
        "not known: alerts.ndjson counts {suppressed} absorbed alerts, but no file of the run says \
         which events they held"
    ))
}

fn rebased(outcomes: &[Outcome<'_>], noise: &Noise<'_>, campaigns_per_day: f64) -> Metric {
    let campaigns: Vec<_> = outcomes.iter().map(|outcome| [outcome.alerts(), 1.0]).collect();
    noise.rebased(&campaigns, campaigns_per_day)
}
