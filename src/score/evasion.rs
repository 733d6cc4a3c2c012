//! The evasion frontier: what is still found of an attack as one quality of the attacker is turned
//! towards care, by every rule and by all of them together.
//!
//! Campaigns of one level are independent draws, hence Wilson's intervals. What a level really was
//! (objects taken, accounts, hours) is read from truth, because vaults may hold less than was wanted
//! and an estate may have fewer accounts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::intervals::wilson;
use super::lines::SCHEMA_VERSION;
use super::{Campaign, Metric, Score, Truth};
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
    /// Levels asked for whose campaigns would have lasted longer than the drill scores.
    pub too_long: Vec<f64>,
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
    /// Share found by any rule.
    pub recall: Metric,
    /// Share found by each rule that found one at some level.
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
    /// The frontier of `dial` whose `levels` (the most careless first) `score` and `truth` hold, each
    /// as an attack of its own; levels without a scored campaign are left out.
    pub fn new(
        dial: Dial,
        levels: &[Level],
        too_long: Vec<f64>,
        score: &Score,
        truth: &Truth,
    ) -> Self {
        let rules: BTreeSet<&String> = score.matrix.keys().collect();
        let levels: Vec<EvasionLevel> =
            levels.iter().filter_map(|level| evasion_level(level, &rules, score, truth)).collect();
        let withstands = |recall: &dyn Fn(&EvasionLevel) -> Option<f64>| {
            Withstands::along(levels.iter().map(|level| (level.value, recall(level))))
        };
        let by_rule = rules.iter().map(|&rule| {
            let recall = |level: &EvasionLevel| level.by_rule.get(rule).and_then(|one| one.value);
            (rule.clone(), withstands(&recall))
        });
        Self {
            dial,
            corpus_id: score.corpus_id.clone(),
            pack: withstands(&|level| level.recall.value),
            by_rule: by_rule.collect(),
            too_long,
            levels,
        }
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
    score: &Score,
    truth: &Truth,
) -> Option<EvasionLevel> {
    let counts = score.by_attack.get(&level.attack)?.campaigns;
    let found = |rule: &String| {
        let row = score.matrix.get(rule).and_then(|row| row.get(&level.attack));
        wilson(row.copied().unwrap_or(0), counts.scored)
    };
    let scored: BTreeSet<&str> = score
        .outcomes
        .iter()
        .filter(|outcome| outcome.attack == level.attack)
        .map(|outcome| outcome.campaign_id.as_str())
        .collect();
    let campaigns = truth.campaigns.iter().filter(|one| scored.contains(one.id.as_str()));
    let campaigns: Vec<&Campaign> = campaigns.collect();
    let hours =
        |one: &Campaign| one.last_event().since(one.first_event()).as_seconds_f64() / 3600.0;
    (counts.scored > 0).then(|| EvasionLevel {
        value: level.value,
        attack: level.attack.clone(),
        n: counts.scored,
        gap_seconds: level.gap_seconds,
        objects_p50: median(&campaigns, |one| one.objects_revealed_before(Ticks::MAX) as f64),
        identities_p50: median(&campaigns, |one| one.identities.len() as f64),
        hours_p50: median(&campaigns, hours),
        recall: wilson(counts.detected, counts.scored),
        by_rule: rules.iter().map(|&rule| (rule.clone(), found(rule))).collect(),
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
