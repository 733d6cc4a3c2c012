//! The evasion frontier: what is still found of an attack as one quality of the attacker is turned
//! towards care, by every rule and by all of them together.
//!
//! All levels of a dial share a corpus, but no account: campaigns are independent draws, hence Wilson's
//! intervals. Where they still meet in one alert, as in a vault's, only that campaign is found which
//! would have fired the rule without the others. What a level really was (objects taken, accounts,
//! hours) is read from truth, because vaults may hold less than was wanted.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::intervals::wilson;
use super::lines::SCHEMA_VERSION;
use super::{Campaign, Inputs, Metric, Score, ScoreError, Truth, found_alone};
use crate::evasion::{ATTACK, Dial, GAP_SECONDS, Level, NearestThreshold, OBJECTS};
use crate::event::Ticks;

/// Below this share a rule no longer stands in an attacker's way.
const HALF: f64 = 0.5;

/// Recall against the attacker's care, one dial at a time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Evasion {
    /// Version of this shape.
    pub schema_version: u32,
    /// `evasion`.
    pub kind: String,
    /// The rules.
    pub rules_id: String,
    /// Name of the estate.
    pub estate: String,
    /// Seed of the corpora.
    pub seed: u64,
    /// The attack whose dials were turned.
    pub attack: String,
    /// Seconds between two reads at slowness 1.
    pub gap_seconds: f64,
    /// Objects taken where volume is not turned.
    pub objects: u32,
    /// What volume is a multiple of.
    pub nearest_threshold: NearestThreshold,
    /// One frontier per dial.
    pub dials: Vec<DialFrontier>,
}

/// Recall along one dial.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct DialFrontier {
    /// Which.
    pub dial: Dial,
    /// The corpus that holds all its levels.
    pub corpus_id: String,
    /// The most careless first.
    pub levels: Vec<EvasionLevel>,
    /// Campaigns of each level that were asked for.
    pub campaigns_asked: u64,
    /// Campaigns of each level that the estate has accounts for, none used by two campaigns.
    pub campaigns_staged: u64,
    /// Levels asked for whose campaigns would have lasted longer than the drill scores.
    pub too_long: Vec<f64>,
    /// Levels asked for that the estate has too few accounts for, even for one campaign.
    pub too_few_accounts: Vec<f64>,
    /// All rules together.
    pub pack: Withstands,
    /// Each rule that found a campaign of some level, by id.
    pub by_rule: BTreeMap<String, Withstands>,
}

/// One level of a dial.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct EvasionLevel {
    /// Where the dial stood: times the gap, accounts, or times the nearest threshold.
    pub value: f64,
    /// What its campaigns are called in truth.
    pub attack: String,
    /// Campaigns scored.
    pub n: u64,
    /// Seconds between two reads, as asked.
    pub gap_seconds: f64,
    /// Median of the distinct objects handed out.
    pub objects_p50: f64,
    /// Median of the accounts used.
    pub identities_p50: f64,
    /// Median hours from the first to the last event.
    pub hours_p50: f64,
    /// Share that any rule would have found had each campaign been the only one.
    pub recall: Metric,
    /// The same of each rule that found one at some level.
    pub by_rule: BTreeMap<String, Metric>,
}

/// How far along a dial something finds at least half.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Withstands {
    /// The last level before which, and at which, recall never was below one half; null where it is
    /// below from the first level on.
    pub holds_to: Option<f64>,
    /// The first level at which recall is below one half; null where there is none.
    pub below_half_at: Option<f64>,
}

impl Evasion {
    /// An empty frontier for `rules_id` on an estate.
    pub fn new(rules_id: &str, estate: &str, seed: u64, nearest: NearestThreshold) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            kind: "evasion".to_owned(),
            rules_id: rules_id.to_owned(),
            estate: estate.to_owned(),
            seed,
            attack: ATTACK.to_owned(),
            gap_seconds: GAP_SECONDS,
            objects: OBJECTS,
            nearest_threshold: nearest,
            dials: Vec::new(),
        }
    }
}

impl DialFrontier {
    /// The frontier of `dial` whose `levels` (the most careless first), of `campaigns_asked` campaigns
    /// each, `score` and `inputs` hold, each as an attack of its own; levels without a scored campaign
    /// are left out.
    ///
    /// # Errors
    /// Faulty `inputs`.
    pub fn new(
        dial: Dial,
        levels: &[Level],
        campaigns_asked: u64,
        score: &Score,
        inputs: &Inputs,
    ) -> Result<Self, ScoreError> {
        let truth = &inputs.truth;
        let found = found_alone(inputs)?;
        let rules: BTreeSet<&String> = found.values().flatten().collect();
        let staged = |level: &Level| {
            truth.campaigns.iter().filter(|one| one.attack == level.attack).count() as u64
        };
        let without = levels.iter().filter(|level| staged(level) == 0);
        let too_few_accounts = without.map(|level| level.value).collect();
        let campaigns_staged = levels.iter().map(staged).max().unwrap_or(0);
        let levels: Vec<EvasionLevel> = levels
            .iter()
            .filter_map(|level| evasion_level(level, &rules, &found, score, truth))
            .collect();
        let withstands = |recall: &dyn Fn(&EvasionLevel) -> Option<f64>| {
            Withstands::along(levels.iter().map(|level| (level.value, recall(level))))
        };
        let by_rule = rules.iter().map(|&rule| {
            let recall = |level: &EvasionLevel| level.by_rule.get(rule).and_then(|one| one.value);
            (rule.clone(), withstands(&recall))
        });
        Ok(Self {
            dial,
            corpus_id: score.corpus_id.clone(),
            pack: withstands(&|level| level.recall.value),
            by_rule: by_rule.collect(),
            campaigns_asked,
            campaigns_staged,
            too_long: Vec::new(),
            too_few_accounts,
            levels,
        })
    }
}

impl Withstands {
    /// Along pairs of a level and the recall there.
    fn along(levels: impl Iterator<Item = (f64, Option<f64>)>) -> Self {
        let mut holds_to = None;
        for (level, recall) in levels {
            if recall.is_none_or(|recall| recall < HALF) {
                return Self { holds_to, below_half_at: Some(level) };
            }
            holds_to = Some(level);
        }
        Self { holds_to, below_half_at: None }
    }
}

fn evasion_level(
    level: &Level,
    rules: &BTreeSet<&String>,
    found: &BTreeMap<String, BTreeSet<String>>,
    score: &Score,
    truth: &Truth,
) -> Option<EvasionLevel> {
    let outcomes = score.outcomes.iter().filter(|outcome| outcome.attack == level.attack);
    let scored: BTreeSet<&str> = outcomes.map(|outcome| outcome.campaign_id.as_str()).collect();
    let campaigns = truth.campaigns.iter().filter(|one| scored.contains(one.id.as_str()));
    let campaigns: Vec<&Campaign> = campaigns.collect();
    let n = campaigns.len() as u64;
    let share = |wanted: &dyn Fn(&BTreeSet<String>) -> bool| {
        let is_found = |one: &&&Campaign| found.get(&one.id).is_some_and(wanted);
        wilson(campaigns.iter().filter(is_found).count() as u64, n)
    };
    let by_rule = |rule: &String| share(&|own: &BTreeSet<String>| own.contains(rule));
    let hours =
        |one: &Campaign| one.last_event().since(one.first_event()).as_seconds_f64() / 3600.0;
    (n > 0).then(|| EvasionLevel {
        value: level.value,
        attack: level.attack.clone(),
        n,
        gap_seconds: level.gap_seconds,
        objects_p50: median(&campaigns, |one| one.objects_revealed_before(Ticks::MAX) as f64),
        identities_p50: median(&campaigns, |one| one.identities.len() as f64),
        hours_p50: median(&campaigns, hours),
        recall: share(&|_| true),
        by_rule: rules.iter().map(|&rule| (rule.clone(), by_rule(rule))).collect(),
    })
}

/// The upper median.
fn median(campaigns: &[&Campaign], of: impl Fn(&Campaign) -> f64) -> f64 {
    let mut values: Vec<f64> = campaigns.iter().map(|&one| of(one)).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(recalls: &[f64]) -> (Option<f64>, Option<f64>) {
        let levels = recalls.iter().enumerate();
        let one = Withstands::along(levels.map(|(at, &recall)| (at as f64, Some(recall))));
        (one.holds_to, one.below_half_at)
    }

    #[test]
    fn a_rule_holds_until_it_first_finds_less_than_half() {
        assert_eq!(along(&[1.0, 0.5, 0.4, 0.9]), (Some(1.0), Some(2.0)));
        assert_eq!(along(&[0.4, 0.9]), (None, Some(0.0)));
        assert_eq!(along(&[1.0, 0.6]), (Some(1.0), None));
        assert_eq!(along(&[]), (None, None));
    }
}
