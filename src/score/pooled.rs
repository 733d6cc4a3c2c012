//! Several seeds of one drill taken together: what is the drill's, and what was one seed's luck.
//!
//! Seeds are the independent draws. From three of them on a figure has a t-interval over seeds (of the
//! ratio of sums, by its linearised residuals), from [`BOOTSTRAP_SEEDS_MIN`] on a bootstrap over them;
//! two say nothing of how seeds differ. Recall of one attack or one rule has the wider of that and
//! Wilson's interval over the campaigns of all seeds while there are fewer than [`TRUSTED_SEEDS_MIN`]
//! seeds, as campaigns of one seed have an estate in common. Where all seeds agree, recall has
//! Wilson's. The spread between seeds stands beside each.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::intervals::{RULE_OF_THREE, wilson};
use super::lines::SCHEMA_VERSION;
use super::{CampaignCounts, Metric, Score, ScoreError, bootstrap};

/// From so many seeds on they are resampled: with fewer a percentile bootstrap covers too little.
const BOOTSTRAP_SEEDS_MIN: usize = 30;
/// Fewer seeds than this say next to nothing of how seeds differ.
const SEEDS_MIN: usize = 3;
/// From so many seeds with campaigns of an attack on, their own spread is trusted alone.
const TRUSTED_SEEDS_MIN: usize = 5;
/// The two-sided 95 % quantiles of Student's t with 2, 3, ... degrees of freedom.
const STUDENT: [f64; BOOTSTRAP_SEEDS_MIN - SEEDS_MIN] = [
    4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
    2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052,
    2.048,
];

/// The scores of one drill over several seeds.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Replicates {
    /// Version of this shape.
    pub schema_version: u32,
    /// `replicates`.
    pub kind: String,
    /// The rules.
    pub rules_id: String,
    /// Name of the estate.
    pub estate: String,
    /// The seeds, in the order they ran.
    pub seeds: Vec<u64>,
    /// Seeds that had no campaign to score, and are in no figure.
    #[serde(default)]
    pub seeds_left_out: Vec<u64>,
    /// Attack campaigns of all seeds, counted.
    pub campaigns: CampaignCounts,
    /// Share of campaigns found.
    pub recall: Pooled,
    /// Share of alerts that are about an attack.
    pub precision: Pooled,
    /// The same at the declared rate of campaigns: mean over seeds.
    pub precision_rebased: Pooled,
    /// Alerts a day.
    pub alerts_per_day: Pooled,
    /// Cases a day.
    pub cases_per_day: Pooled,
    /// Alerts a day in the clean twin.
    pub false_alerts_per_day: Pooled,
    /// The same per million events.
    pub false_alerts_per_million_events: Pooled,
    /// Median time to alarm: mean over seeds.
    pub median_detection_time_seconds: Pooled,
    /// Each seed's headline.
    pub replicates: Vec<Replicate>,
    /// By attack.
    pub by_attack: BTreeMap<String, PooledAttack>,
    /// By rule id.
    pub by_rule: BTreeMap<String, PooledRule>,
}

/// A figure of all seeds, and how far single seeds are apart.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Pooled {
    /// Of all seeds.
    #[serde(flatten)]
    pub metric: Metric,
    /// Between seeds.
    pub spread: Spread,
}

/// How far apart the figures of single seeds are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Spread {
    /// Seeds that have the figure.
    pub seeds: u64,
    /// The smallest.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
    /// Standard deviation; null with fewer than two seeds.
    pub sd: Option<f64>,
}

/// The headline of one seed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Replicate {
    /// The seed.
    pub seed: u64,
    /// The corpus it gave.
    pub corpus_id: String,
    /// Attack campaigns, counted.
    pub campaigns: CampaignCounts,
    /// As in [`Score`].
    pub recall: Metric,
    /// As in [`Score`].
    pub precision: Metric,
    /// As in [`Score`].
    pub alerts_per_day: Metric,
    /// As in [`Score`].
    pub false_alerts_per_day: Metric,
    /// Median time to alarm.
    pub median_detection_time_seconds: Metric,
}

/// One attack over all seeds.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PooledAttack {
    /// Its campaigns, counted.
    pub campaigns: CampaignCounts,
    /// Share of them that were found.
    pub recall: Pooled,
}

/// One rule over all seeds.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PooledRule {
    /// Campaigns that it found.
    pub campaigns_found: u64,
    /// Share of all campaigns.
    pub recall: Pooled,
    /// Its alerts a day in the clean twin.
    pub false_alerts_per_day: Pooled,
}

/// Takes the scores of several seeds of one drill together; the seeds `left_out` had nothing to score.
///
/// # Errors
/// [`ScoreError::Unlike`] where they are not of one estate and the same rules,
/// [`ScoreError::Duplicate`] where a seed stands twice; an empty list is [`ScoreError::Empty`].
pub fn pool(scores: &[Score], left_out: &[u64]) -> Result<Replicates, ScoreError> {
    let Some(first) = scores.first() else {
        return Err(ScoreError::Empty { file: "scores of replicates".to_owned() });
    };
    check(first, scores)?;
    let recalls = scores.iter().map(|score| counted(score.campaigns));
    let alerts = scores.iter().map(|score| [score.alerts.malicious, score.alerts.scored]);
    let days: f64 = scores.iter().map(|score| score.corpus.scored_days).sum();
    let rate = |of: fn(&Score) -> &Metric| {
        let metrics: Vec<&Metric> = scores.iter().map(of).collect();
        pooled_rate(&metrics, days)
    };
    let mean = |of: fn(&Score) -> &Metric| {
        let metrics: Vec<&Metric> = scores.iter().map(of).collect();
        pooled_mean(&metrics)
    };
    Ok(Replicates {
        schema_version: SCHEMA_VERSION,
        kind: "replicates".to_owned(),
        rules_id: first.rules_id.clone(),
        estate: first.corpus.estate.clone(),
        seeds: scores.iter().map(|score| score.corpus.seed).collect(),
        seeds_left_out: left_out.to_vec(),
        campaigns: sum(scores.iter().map(|score| score.campaigns)),
        recall: pooled_recall(&recalls.collect::<Vec<_>>()),
        precision: pooled_share(&alerts.collect::<Vec<_>>()),
        precision_rebased: mean(|score| &score.precision.rebased),
        alerts_per_day: rate(|score| &score.alerts_per_day),
        cases_per_day: rate(|score| &score.cases_per_day),
        false_alerts_per_day: rate(|score| &score.false_alerts_per_day),
        false_alerts_per_million_events: mean(|score| &score.false_alerts_per_million_events),
        median_detection_time_seconds: mean(|score| &score.detection_time_seconds.p50),
        replicates: scores.iter().map(replicate).collect(),
        by_attack: by_attack(scores),
        by_rule: by_rule(scores, days),
    })
}

fn check(first: &Score, scores: &[Score]) -> Result<(), ScoreError> {
    let name = |score: &Score| format!("the score of seed {}", score.corpus.seed);
    let mut seeds = BTreeSet::new();
    for score in scores {
        if !seeds.insert(score.corpus.seed) {
            let id = score.corpus.seed.to_string();
            return Err(ScoreError::Duplicate { place: name(score), key: "seed", id });
        }
        for (key, expected, found) in [
            ("rules_id", &first.rules_id, &score.rules_id),
            ("estate", &first.corpus.estate, &score.corpus.estate),
        ] {
            if expected != found {
                return Err(ScoreError::Unlike {
                    file: name(score),
                    key,
                    other: name(first),
                    expected: expected.clone(),
                    found: found.clone(),
                });
            }
        }
    }
    Ok(())
}

fn replicate(score: &Score) -> Replicate {
    let unknown = || Metric::unknown("no campaign");
    Replicate {
        seed: score.corpus.seed,
        corpus_id: score.corpus_id.clone(),
        campaigns: score.campaigns,
        recall: score.recall.get("campaign").cloned().unwrap_or_else(unknown),
        precision: score.precision.alert.clone(),
        alerts_per_day: score.alerts_per_day.clone(),
        false_alerts_per_day: score.false_alerts_per_day.clone(),
        median_detection_time_seconds: score.detection_time_seconds.p50.clone(),
    }
}

fn by_attack(scores: &[Score]) -> BTreeMap<String, PooledAttack> {
    let attacks: BTreeSet<&String> = scores.iter().flat_map(|one| one.by_attack.keys()).collect();
    let pooled = |attack: &String| {
        let own = || scores.iter().filter_map(|score| score.by_attack.get(attack));
        let counts: Vec<[u64; 2]> = own().map(|one| counted(one.campaigns)).collect();
        let campaigns = sum(own().map(|one| one.campaigns));
        PooledAttack { campaigns, recall: pooled_part(&counts) }
    };
    attacks.into_iter().map(|attack| (attack.clone(), pooled(attack))).collect()
}

fn by_rule(scores: &[Score], days: f64) -> BTreeMap<String, PooledRule> {
    let rules: BTreeSet<&String> = scores.iter().flat_map(|one| one.by_rule.keys()).collect();
    let silent = |score: &Score| match score.false_alerts_per_day.value {
        Some(_) => Metric { value: Some(0.0), n: 0, ..score.false_alerts_per_day.clone() },
        None => score.false_alerts_per_day.clone(),
    };
    let pooled = |rule: &String| {
        // A rule that no file of a seed names did not fire there.
        let own = || scores.iter().map(|score| (score, score.by_rule.get(rule)));
        let found = own()
            .map(|(score, one)| [one.map_or(0, |one| one.campaigns_found), score.campaigns.scored]);
        let found: Vec<[u64; 2]> = found.collect();
        let noise = own().map(|(score, one)| {
            one.map_or_else(|| silent(score), |one| one.false_alerts_per_day.clone())
        });
        let noise: Vec<Metric> = noise.collect();
        PooledRule {
            campaigns_found: found.iter().map(|[found, _]| found).sum(),
            recall: pooled_part(&found),
            false_alerts_per_day: pooled_rate(&noise.iter().collect::<Vec<_>>(), days),
        }
    };
    rules.into_iter().map(|rule| (rule.clone(), pooled(rule))).collect()
}

fn counted(campaigns: CampaignCounts) -> [u64; 2] {
    [campaigns.detected, campaigns.scored]
}

fn sum(counts: impl Iterator<Item = CampaignCounts>) -> CampaignCounts {
    let zero = CampaignCounts { scored: 0, detected: 0, missed: 0, censored: 0, unobservable: 0 };
    counts.fold(zero, |a, b| CampaignCounts {
        scored: a.scored + b.scored,
        detected: a.detected + b.detected,
        missed: a.missed + b.missed,
        censored: a.censored + b.censored,
        unobservable: a.unobservable + b.unobservable,
    })
}

fn shares(counts: &[[u64; 2]]) -> Vec<f64> {
    let with_any = counts.iter().filter(|[_, of]| *of > 0);
    with_any.map(|&[hits, of]| hits as f64 / of as f64).collect()
}

/// All campaigns of all seeds as if they were independent.
fn over_campaigns(counts: &[[u64; 2]], reason: &str) -> Metric {
    let [hits, of] = [0, 1].map(|at| counts.iter().map(|count| count[at]).sum());
    let mut metric = wilson(hits, of);
    if metric.value.is_some() {
        metric.method += &format!(" over campaigns as if independent: {reason}");
    }
    metric
}

/// Recall of all campaigns.
fn pooled_recall(counts: &[[u64; 2]]) -> Pooled {
    let pooled = pooled_share(counts);
    let is_agreed = pooled.metric.value.is_some() && pooled.metric.lo.is_none();
    if is_agreed && counts.len() >= SEEDS_MIN {
        return Pooled { metric: over_campaigns(counts, "all seeds agree"), ..pooled };
    }
    pooled
}

/// Recall of one attack or one rule, of which a seed may have few campaigns or none.
fn pooled_part(counts: &[[u64; 2]]) -> Pooled {
    let counts: Vec<[u64; 2]> = counts.iter().copied().filter(|[_, of]| *of > 0).collect();
    let over_seeds = pooled_recall(&counts);
    if counts.len() >= TRUSTED_SEEDS_MIN {
        return over_seeds;
    }
    let campaigns = over_campaigns(&counts, "wider than an interval over so few seeds");
    let width = |metric: &Metric| Some(metric.hi? - metric.lo?);
    match width(&campaigns) > width(&over_seeds.metric) {
        true => Pooled { metric: campaigns, ..over_seeds },
        false => over_seeds,
    }
}

/// A share whose draws within a seed may have much in common.
fn pooled_share(counts: &[[u64; 2]]) -> Pooled {
    let pairs: Vec<[f64; 2]> = counts.iter().map(|count| count.map(|one| one as f64)).collect();
    let n = counts.iter().map(|[_, of]| of).sum();
    let mut metric = over_seeds(&pairs, n);
    metric.hi = metric.hi.map(|hi| hi.min(1.0));
    Pooled { metric, spread: Spread::of(&shares(counts)) }
}

/// The mean over seeds of a rate that each has over the same number of days; all come to `days`.
fn pooled_rate(metrics: &[&Metric], days: f64) -> Pooled {
    let mut pooled = pooled_mean(metrics);
    pooled.metric.n = metrics.iter().map(|metric| metric.n).sum();
    if pooled.metric.value.is_some_and(|rate| rate <= 0.0) {
        pooled.metric.lo = Some(0.0);
        pooled.metric.hi = Some(RULE_OF_THREE / days);
        pooled.metric.method = "rule of three over the days of all seeds".to_owned();
    }
    pooled
}

/// The mean over seeds; unknown where a seed has no figure.
fn pooled_mean(metrics: &[&Metric]) -> Pooled {
    let known: Vec<f64> = metrics.iter().filter_map(|metric| metric.value).collect();
    let spread = Spread::of(&known);
    if let Some(unknown) = metrics.iter().find(|metric| metric.value.is_none()) {
        let metric = Metric::unknown(&format!("not known of every seed: {}", unknown.method));
        return Pooled { metric, spread };
    }
    let pairs: Vec<[f64; 2]> = known.iter().map(|&value| [value, 1.0]).collect();
    Pooled { metric: over_seeds(&pairs, known.len() as u64), spread }
}

/// The ratio of the sums of `[numerator, denominator]` of each seed, with an interval over seeds.
fn over_seeds(pairs: &[[f64; 2]], n: u64) -> Metric {
    let [above, below] = [0, 1].map(|at| pairs.iter().map(|pair| pair[at]).sum::<f64>());
    if below <= 0.0 {
        return Metric::unknown("nothing to take a share of");
    }
    let (seeds, ratio) = (pairs.len(), above / below);
    let metric = |lo, hi, method| Metric { value: Some(ratio), n, lo, hi, method };
    if seeds < SEEDS_MIN {
        let are = if seeds == 1 { "seed is" } else { "seeds are" };
        let method = format!("no interval: {seeds} {are} too few, {SEEDS_MIN} are needed");
        return metric(None, None, method);
    }
    // What each seed is off by, in units of the ratio.
    let mean_below = below / seeds as f64;
    let residuals: Vec<f64> =
        pairs.iter().map(|pair| (pair[0] - ratio * pair[1]) / mean_below).collect();
    if residuals.iter().all(|residual| residual.abs() < 1e-12) {
        return metric(None, None, "no interval: all seeds agree".to_owned());
    }
    let Some(&quantile) = STUDENT.get(seeds - SEEDS_MIN) else {
        let (lo, hi) = bootstrap::ratio_interval(pairs);
        return metric(lo, hi, format!("Poisson bootstrap over {seeds} seeds, 95 %"));
    };
    let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
    let half = quantile * (squares / (seeds - 1) as f64 / seeds as f64).sqrt();
    let method = format!("t-interval over {seeds} seeds, 95 %");
    metric(Some((ratio - half).max(0.0)), Some(ratio + half), method)
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        let seeds = values.len();
        let mean = values.iter().sum::<f64>() / seeds as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self {
            seeds: seeds as u64,
            min: values.iter().copied().min_by(f64::total_cmp),
            max: values.iter().copied().max_by(f64::total_cmp),
            sd: (seeds > 1).then(|| (squares / (seeds - 1) as f64).sqrt()),
        }
    }
}

#[cfg(test)]
mod tests;
