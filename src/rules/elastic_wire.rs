//! The form of Elastic's detection-rule files, as far as it decides what a rule matches and says. What
//! else such a file holds is Elastic's business, and skipped.

use serde::Deserialize;
use toml::Spanned;

use super::wire::{Word, Words};

#[derive(Debug, Deserialize)]
pub(super) struct WireElasticFile {
    pub(super) rule: WireElasticRule,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireElasticRule {
    pub(super) rule_id: Word,
    pub(super) name: Word,
    pub(super) severity: Word,
    pub(super) risk_score: Spanned<u32>,
    #[serde(rename = "type")]
    pub(super) kind: Word,
    pub(super) language: Option<Word>,
    pub(super) query: Option<Word>,
    pub(super) index: Option<Words>,
    pub(super) data_view_id: Option<String>,
    pub(super) from: Option<Word>,
    pub(super) to: Option<Word>,
    pub(super) interval: Option<Word>,
    pub(super) max_signals: Option<Spanned<u32>>,
    pub(super) timestamp_override: Option<Word>,
    pub(super) filters: Option<Spanned<Vec<toml::Value>>>,
    pub(super) threshold: Option<WireElasticThreshold>,
    pub(super) new_terms: Option<WireElasticNewTerms>,
    pub(super) alert_suppression: Option<WireSuppression>,
    pub(super) exceptions_list: Option<Vec<toml::Value>>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) false_positives: Vec<String>,
    #[serde(default)]
    pub(super) references: Vec<String>,
    #[serde(default)]
    pub(super) threat: Vec<WireElasticThreat>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireElasticThreshold {
    /// One name or several; none for all events together.
    pub(super) field: Spanned<toml::Value>,
    pub(super) value: Spanned<u32>,
    #[serde(default)]
    pub(super) cardinality: Vec<WireCardinality>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireCardinality {
    pub(super) field: Word,
    pub(super) value: Spanned<u32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireElasticNewTerms {
    pub(super) value: Words,
    pub(super) history_window_start: Spanned<Vec<WireHistory>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireHistory {
    pub(super) value: Word,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireSuppression {
    pub(super) group_by: Option<Words>,
    pub(super) duration: Option<WireSuppressionTime>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireSuppressionTime {
    pub(super) value: Spanned<i64>,
    pub(super) unit: Word,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireElasticThreat {
    pub(super) tactic: WireTactic,
    #[serde(default)]
    pub(super) technique: Vec<WireTechnique>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireTactic {
    pub(super) id: Word,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireTechnique {
    pub(super) id: Word,
    #[serde(default)]
    pub(super) subtechnique: Vec<WireTactic>,
}
