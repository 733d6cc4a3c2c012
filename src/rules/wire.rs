//! The form of a rule file: syntax only. `validate` decides what makes sense.
//!
//! Values that can be wrong in themselves keep their place in the file, so that a fault can point at
//! them.

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::examples::WireExample;

/// The one version of the form there is.
pub(super) const SCHEMA_VERSION: u32 = 1;

pub(super) type Word = Spanned<String>;
pub(super) type Words = Spanned<Vec<Word>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireRule {
    pub(super) schema_version: Spanned<u32>,
    pub(super) id: Word,
    pub(super) name: Word,
    pub(super) severity: Word,
    pub(super) risk_score: Spanned<u32>,
    pub(super) kind: Word,
    /// Every kind but `sequence`, whose steps have their own, needs one.
    pub(super) query: Option<Word>,
    pub(super) group_by: Option<Words>,
    pub(super) suppress: Option<Word>,
    pub(super) threshold: Option<Spanned<WireThreshold>>,
    pub(super) new_terms: Option<Spanned<WireNewTerms>>,
    pub(super) sequence: Option<Spanned<WireSequence>>,
    pub(super) schedule: Option<Spanned<WireSchedule>>,
    #[serde(default)]
    pub(super) exceptions: Vec<Spanned<WireException>>,
    pub(super) threat: Vec<WireThreat>,
    pub(super) guidance: WireGuidance,
    #[serde(default)]
    pub(super) tunables: Vec<WireTunable>,
    #[serde(default)]
    pub(super) examples: Vec<WireExample>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireThreshold {
    pub(super) window: Word,
    pub(super) buckets: Option<Word>,
    pub(super) count: Option<Spanned<u32>>,
    pub(super) distinct: Option<WireDistinct>,
    pub(super) adaptive: Option<WireAdaptive>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireDistinct {
    pub(super) fields: Words,
    pub(super) values: Spanned<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireAdaptive {
    pub(super) multiple: Spanned<f64>,
    pub(super) quantile: Spanned<f64>,
    pub(super) history_days: Spanned<u32>,
    pub(super) min_days: Spanned<u32>,
    pub(super) learn: Word,
    pub(super) hard_cap: Option<Spanned<u32>>,
    pub(super) of: Option<Words>,
    pub(super) new_group: Option<Spanned<bool>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireNewTerms {
    pub(super) terms: Words,
    pub(super) known: Option<Spanned<usize>>,
    pub(super) history: Word,
    pub(super) learn: Word,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireSequence {
    pub(super) by: Words,
    pub(super) max_span: Word,
    pub(super) steps: Spanned<Vec<WireStep>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireStep {
    pub(super) query: Word,
    pub(super) by: Option<Words>,
    pub(super) count: Option<Spanned<u32>>,
    pub(super) distinct: Option<WireDistinct>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireSchedule {
    pub(super) interval: Word,
    pub(super) lookback: Word,
    pub(super) max_signals: Option<Spanned<u32>>,
    pub(super) clock: Option<Word>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireException {
    pub(super) query: Option<Word>,
    pub(super) expires: Option<Spanned<Datetime>>,
    #[serde(default)]
    pub(super) frames: Vec<WireFrame>,
    pub(super) reason: Word,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireFrame {
    pub(super) weekdays: Words,
    pub(super) from: Word,
    pub(super) to: Word,
    pub(super) zone: Word,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireThreat {
    pub(super) tactic: Word,
    pub(super) techniques: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireGuidance {
    pub(super) catches: Word,
    pub(super) misses: Word,
    pub(super) false_positives: Words,
    pub(super) investigate: Words,
    pub(super) respond: Words,
    pub(super) impact: Word,
    pub(super) references: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireTunable {
    pub(super) name: Word,
    /// A number, or a duration where the parameter is one.
    pub(super) low: Spanned<toml::Value>,
    /// As `low`.
    pub(super) high: Spanned<toml::Value>,
    pub(super) effect: Word,
}
