//! A score beside an earlier one of the same corpus: whether they may be compared, and differences
//! paired by campaign or by identity.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::exposures;
use super::error::GateError;
use super::metrics::{Figure, Found};
use crate::output::RunReport;
use crate::score::{
    CampaignOutcome, EntityAlerts, Metric, PairedCampaign, Score, rate_difference,
    recall_difference, unpaired_difference,
};

/// A score and where it came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub(super) file: &'a str,
    pub(super) score: &'a Score,
}

/// One file's value of a key that two must agree on.
struct Fact {
    key: &'static str,
    now: String,
    before: String,
}

/// Refuses scores of different corpora, or of different parts of one.
pub(super) fn check_alike(now: Named<'_>, before: Named<'_>) -> Result<(), GateError> {
    let (new, old) = (now.score, before.score);
    let ids = |score: &Score| {
        let ids: BTreeSet<_> = score.outcomes.iter().map(|one| one.campaign_id.as_str()).collect();
        ids.into_iter().collect::<Vec<_>>().join(", ")
    };
    let facts = |key, of: fn(&Score) -> String| Fact { key, now: of(new), before: of(old) };
    let facts = [
        facts("corpus_id", |score| score.corpus_id.clone()),
        facts("corpus.estate", |score| score.corpus.estate.clone()),
        facts("corpus.seed", |score| score.corpus.seed.to_string()),
        facts("corpus.events", |score| score.corpus.events.to_string()),
        facts("corpus.warmup_end", |score| score.corpus.warmup_end.clone()),
        facts("corpus.last_time", |score| score.corpus.last_time.clone()),
        facts("campaigns.scored", |score| score.campaigns.scored.to_string()),
    ];
    refuse(now.file, before.file, facts)?;
    check_twins(now, before)?;
    if ids(new) != ids(old) {
        let first = |mine: &Score, theirs: &Score| {
            let theirs: BTreeSet<_> = theirs.outcomes.iter().map(|one| &one.campaign_id).collect();
            let own = mine.outcomes.iter().find(|one| !theirs.contains(&one.campaign_id));
            own.map_or_else(|| "no other".to_owned(), |one| format!("{:?}", one.campaign_id))
        };
        let fact = Fact { key: "outcomes", now: first(new, old), before: first(old, new) };
        return refuse(now.file, before.file, [fact]);
    }
    Ok(())
}

/// Refuses clean twins that are not the same, where both sides have one.
fn check_twins(now: Named<'_>, before: Named<'_>) -> Result<(), GateError> {
    let (new, old) = (&now.score.corpus, &before.score.corpus);
    let days = |days: Option<f64>| days.map(|days| days.to_string());
    let both = [
        ("corpus.clean_twin_id", new.clean_twin_id.clone(), old.clean_twin_id.clone()),
        ("corpus.clean_twin_days", days(new.clean_twin_days), days(old.clean_twin_days)),
    ];
    let both = both
        .into_iter()
        .filter_map(|(key, now, before)| Some(Fact { key, now: now?, before: before? }));
    refuse(now.file, before.file, both)
}

/// Refuses a run that is not the one that was scored.
pub(super) fn check_run(of: Named<'_>, file: &str, run: &RunReport) -> Result<(), GateError> {
    let fact =
        |key, now: &str, before: &str| Fact { key, now: now.to_owned(), before: before.to_owned() };
    let facts = [
        fact("corpus_id", &run.corpus_id, &of.score.corpus_id),
        fact("rules_id", &run.rules_id, &of.score.rules_id),
    ];
    refuse(file, of.file, facts)
}

fn refuse(now: &str, before: &str, facts: impl IntoIterator<Item = Fact>) -> Result<(), GateError> {
    let unlike = facts.into_iter().find(|fact| fact.now != fact.before);
    unlike.map_or(Ok(()), |fact| {
        Err(GateError::Unlike {
            file: now.to_owned(),
            key: fact.key,
            other: before.to_owned(),
            expected: fact.before,
            found: fact.now,
        })
    })
}

/// Every campaign, before and now.
pub(super) fn campaigns<'a>(
    now: &'a Score,
    before: &'a Score,
) -> Vec<(&'a CampaignOutcome, &'a CampaignOutcome)> {
    let old: BTreeMap<_, _> =
        before.outcomes.iter().map(|one| (one.campaign_id.as_str(), one)).collect();
    let both = now.outcomes.iter().filter_map(|new| Some((*old.get(&*new.campaign_id)?, new)));
    both.collect()
}

/// Something alerted on it.
pub(super) fn is_found(outcome: &CampaignOutcome) -> bool {
    !outcome.found_by.is_empty()
}

/// Every identity that alerts on either side, before and now.
pub(super) fn entities<'a>(
    now: &'a Score,
    before: &'a Score,
) -> BTreeMap<&'a str, [EntityAlerts; 2]> {
    let mut both: BTreeMap<&str, [EntityAlerts; 2]> = BTreeMap::new();
    for (side, score) in [before, now].into_iter().enumerate() {
        for (entity, alerts) in &score.entities {
            let pair = both.entry(entity).or_default();
            pair[side] = *alerts;
            for one in pair {
                one.is_identity |= alerts.is_identity;
            }
        }
    }
    both
}

/// A figure now minus `factor` times before, with the interval of the pairing where there is one.
pub(super) fn difference(now: (&Score, &Found), before: (&Score, &Found), factor: f64) -> Metric {
    let ((new, found), (old, base)) = (now, before);
    match (&found.figure, &base.figure) {
        (Figure::Metric(figure), Figure::Metric(old_figure)) => {
            let paired = paired_recall(found, new, old, factor)
                .or_else(|| paired_rate(found, [figure, old_figure], [new, old], factor));
            paired.unwrap_or_else(|| unpaired_difference(figure, old_figure, factor))
        }
        (now, before) => {
            let value = now.value() - factor * before.value();
            let method = "taken literally".to_owned();
            Metric { value: Some(value), n: 0, lo: Some(value), hi: Some(value), method }
        }
    }
}

/// Shares of campaigns that both scores have the campaigns of.
fn paired_recall(found: &Found, now: &Score, before: &Score, factor: f64) -> Option<Metric> {
    let path: Vec<&str> = found.path.iter().map(String::as_str).collect();
    let all = campaigns(now, before);
    let pairs = |wanted: &dyn Fn(&CampaignOutcome) -> bool,
                 is_found: &dyn Fn(&CampaignOutcome) -> bool| {
        let wanted = all.iter().filter(|(_, new)| wanted(new));
        let pair = |(old, new): &(&CampaignOutcome, &CampaignOutcome)| PairedCampaign {
            before: is_found(old),
            now: is_found(new),
        };
        recall_difference(&wanted.map(pair).collect::<Vec<_>>(), factor)
    };
    Some(match path[..] {
        ["recall", "campaign"] => pairs(&|_| true, &is_found),
        ["recall", attack] | ["by_attack", attack, "recall"] => {
            pairs(&|one| one.attack == attack, &is_found)
        }
        ["by_variant", variant] => pairs(&|one| one.variant.as_deref() == Some(variant), &is_found),
        ["by_identity_kind", kind, "recall"] => {
            pairs(&|one| one.identity_kind.as_deref() == Some(kind), &is_found)
        }
        ["by_rule", rule, "recall"] => pairs(&|_| true, &|one| one.found_by.contains_key(rule)),
        _ => return None,
    })
}

/// Alerts per something, of all rules together.
fn paired_rate(
    found: &Found,
    figures: [&Metric; 2],
    [now, before]: [&Score; 2],
    factor: f64,
) -> Option<Metric> {
    let [key] = &found.path[..] else { return None };
    let count: fn(&EntityAlerts) -> f64 = match key.as_str() {
        "alerts_per_day" => |entity| entity.alerts as f64,
        "false_alerts_per_day" | "false_alerts_per_million_events" => {
            |entity| entity.false_alerts as f64
        }
        _ => return None,
    };
    let pairs: Vec<[f64; 2]> =
        entities(now, before).values().map(|[old, new]| [count(old), count(new)]).collect();
    let pairs: Vec<[f64; 2]> = pairs.into_iter().filter(|pair| pair[0] + pair[1] > 0.0).collect();
    Some(rate_difference(&pairs, exposures([figures[1], figures[0]]), factor))
}
