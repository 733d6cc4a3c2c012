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
mod evasion;
mod evasion_text;
mod inputs;
mod intervals;
mod lines;
mod matching;
mod model;
mod packs;
mod period;
mod pooled;
mod pooled_text;
mod quantiles;
mod rates;
mod sensitivity;
mod summary;
mod summary_compared;
mod summary_tables;
mod truth;

pub use alerts::{AlertLog, AlertValues, EvidenceEvent, RuleWord, ScoredAlert, StepThreshold};
pub use assemble::score;
pub use error::ScoreError;
pub use evasion::{DialFrontier, Evasion, EvasionLevel, Withstands};
pub use evasion_text::evasion_text;
pub use inputs::{
    CleanTwin, DEFAULT_CAMPAIGNS_PER_DAY, Inputs, Manifest, Run, RunHistory, RunRule,
};
pub use model::{
    AlertCounts, AlertShares, AttackScore, Baselines, CampaignCounts, CampaignOutcome,
    CampaignRecord, Comparison, CorpusFacts, Delays, EntityAlerts, Finding, KindScore,
    LookAlikeScore, Metric, ObjectsRevealed, PackScore, Precision, RuleScore, Score,
};
pub use pooled::{Pooled, PooledAttack, PooledRule, Replicate, Replicates, Spread, pool};
pub use pooled_text::replicates_text;
pub use sensitivity::Sensitivity;
pub use summary::text;
pub use truth::{Campaign, Class, EventId, Step, Truth};
