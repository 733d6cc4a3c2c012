//! Scoring: joins alerts with truth and says how good the alarms were, with an interval each.
//!
//! The only place that sees truth and alerts together. Pure: readers and text are handed in,
//! nothing is written, no clock is read; the same inputs give the same bytes. `tests/score_suite`
//! holds the definitions, the unit tests of `intervals`, `quantiles` and `bootstrap` hold the
//! coverage.

mod alerts;
mod assemble;
mod baselines;
mod bootstrap;
mod breakdown;
mod campaigns;
mod error;
mod events;
mod foreign;
mod inputs;
mod intervals;
mod lines;
mod matching;
mod model;
mod packs;
mod period;
mod quantiles;
mod rates;
mod summary;
mod summary_foreign;
mod summary_matrix;
mod summary_tables;
mod truth;

pub use alerts::{AlertLog, AlertValues, EvidenceEvent, RuleWord, ScoredAlert, StepThreshold};
pub use assemble::score;
pub use error::ScoreError;
pub use foreign::{Claims, Columns, Foreign, ForeignFormat};
pub use inputs::{
    CleanTwin, DEFAULT_CAMPAIGNS_PER_DAY, Inputs, Manifest, Run, RunHistory, RunRule,
};
pub use model::{
    AlertCounts, AlertShares, AttackScore, Baselines, CampaignCounts, CampaignOutcome,
    CampaignRecord, Comparison, CorpusFacts, Delays, EntityAlerts, EventScore, Finding, KindScore,
    LookAlikeScore, Matching, Metric, ObjectsRevealed, PackScore, Precision, RuleScore, Score,
};
pub use summary::text;
pub use truth::{Campaign, Class, EventId, Step, Truth};
