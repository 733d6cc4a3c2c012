//! The shape of sweep.json.
//!
//! Keys may be added, never renamed. Settings are named by their place in `settings`; figures that do
//! not exist are null, with the reason in `method`, as in score.json.

use serde::{Deserialize, Serialize};

use crate::score::Metric;

/// What one rule would have found and cost at each of many settings.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Sweep {
    /// Version of this shape.
    pub schema_version: u32,
    /// `sweep`.
    pub kind: String,
    /// The command line that made it.
    pub command: String,
    /// The rule.
    pub rule_id: String,
    /// Its name for people.
    pub rule_name: String,
    /// Its kind.
    pub rule_kind: String,
    /// What was varied, in the order of each setting's `values`.
    pub parameters: Vec<SweptParameter>,
    /// How the settings were chosen.
    pub sampling: Sampling,
    /// What settings are chosen on.
    pub tuning: Part,
    /// What the choice is reported on.
    pub held_out: Part,
    /// How many alerts a day may be spent.
    pub budget: Budget,
    /// Every setting; the rule file's own comes first.
    pub settings: Vec<Setting>,
    /// The rule file's own setting.
    pub present: Present,
    /// Settings that no other beats on the tuning part, by their cost, then recall: another with as
    /// much recall costs more, and another as cheap finds less.
    pub frontier: Vec<usize>,
    /// One curve per parameter, the others at the values of the rule file.
    pub curves: Vec<Curve>,
    /// The setting to take; null where none keeps the budget and finds something.
    pub recommended: Option<Recommendation>,
    /// The conclusion in a sentence or two.
    pub verdict: String,
}

/// One parameter that was varied.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct SweptParameter {
    /// Key path in the rule file, such as `threshold.distinct.values`.
    pub name: String,
    /// Its values are seconds, written as a duration in the rule file.
    pub is_duration: bool,
    /// The rule file's own value.
    pub present: f64,
    /// Values tried, ascending, the rule file's own among them.
    pub steps: Vec<f64>,
    /// What moving it does, as the rule says; empty where the rule does not.
    pub effect: String,
}

/// How the settings were chosen.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Sampling {
    /// Every combination of the steps was tried; else each parameter alone and a sample of the rest.
    pub is_full_grid: bool,
    /// How many combinations there are.
    pub combinations: u64,
    /// Seed of the sample.
    pub seed: u64,
    /// The same in words.
    pub method: String,
}

/// What figures are made from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Part {
    /// Its corpora, such as `midsize, seed 1`.
    pub corpora: Vec<String>,
    /// Attack campaigns that are scored.
    pub campaigns: u64,
    /// Days that are scored, all corpora together.
    pub scored_days: f64,
    /// Days of traffic without attacks; 0 where there is no clean twin.
    pub clean_days: f64,
    /// What was left out, in words; empty where nothing was.
    pub left_out: Vec<String>,
}

/// How many alerts a day may be spent.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Budget {
    /// The most, per day.
    pub per_day: f64,
    /// Which figure it is compared with: `false_alerts_per_day`, or `alerts_per_day` where there is no
    /// clean twin.
    pub figure: String,
    /// It is what the rule file's own setting costs, as none was given.
    pub is_default: bool,
}

/// One setting and what came of it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Setting {
    /// Values of the parameters, in their order; seconds where a parameter is a duration.
    pub values: Vec<f64>,
    /// The same as in a rule file, such as `threshold.window = "10m"`, those that differ from the rule
    /// file's own only.
    pub changes: Vec<String>,
    /// On the tuning part.
    pub tuning: Figures,
    /// On the held-out part.
    pub held_out: Figures,
    /// It compares with, or only learns for, more past than the warm-up holds: it is in neither frontier nor
    /// choice.
    #[serde(default)]
    pub history_exceeds_warm_up: bool,
}

/// How good a setting is.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Figures {
    /// Share of the campaigns found; `n` are the campaigns.
    pub recall: Metric,
    /// Share of the alerts that are about an attack; `n` are the alerts. Where the part leaves campaigns out,
    /// each kept one stands for as many of its class as the corpus has for it, and `method` says so.
    pub precision: Metric,
    /// Alerts a day, likewise.
    pub alerts_per_day: Metric,
    /// Alerts a day in the clean twin, those about every look-alike among them.
    pub false_alerts_per_day: Metric,
    /// Alerts beyond the most that a run keeps; none of the figures has them.
    #[serde(default)]
    pub alerts_dropped: u64,
}

/// The rule file's own setting.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Present {
    /// Its place in `settings`.
    pub setting: usize,
    /// How much better its recall is on the tuning part than on the other.
    pub optimism_gap: Gap,
}

/// Settings along one parameter: precision over recall, and recall over alerts a day, are read from
/// their figures, bands from the intervals.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Curve {
    /// Name of the parameter.
    pub parameter: String,
    /// Places in `settings`, by ascending value of the parameter.
    pub settings: Vec<usize>,
}

/// The setting to take.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Recommendation {
    /// Its place in `settings`: the simplest within one standard error of `best`.
    pub setting: usize,
    /// The setting with the best recall that keeps the budget on the tuning part.
    pub best: usize,
    /// Least recall on the tuning part that counts as within one standard error of the best.
    pub recall_at_least: f64,
    /// How many settings keep the budget and have that recall.
    pub candidates: u64,
    /// How much better its recall is on the tuning part than on the other.
    pub optimism_gap: Gap,
    /// The rule file with that setting, relative to sweep.json.
    pub file: String,
}

/// Recall on the tuning part minus recall on the held-out part, with a 95 % interval.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Gap {
    /// The difference; null where a part has no campaign.
    pub value: Option<f64>,
    /// Lower end of the interval.
    pub lo: Option<f64>,
    /// Upper end.
    pub hi: Option<f64>,
    /// How the interval was made.
    pub method: String,
}
