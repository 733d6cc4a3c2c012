//! Scoring: joins alerts with truth and says how good the alarms were, with an interval each.
//!
//! The only place that sees truth and alerts together. Pure: readers and text are handed in,
//! nothing is written, no clock is read; the same inputs give the same bytes. `tests/score_suite`
//! holds the definitions, the unit tests of `intervals`, `quantiles` and `bootstrap` hold the
//! coverage.

mod alerts;
mod alone;
mod assemble;
mod baselines;
mod bootstrap;
mod breakdown;
mod campaigns;
mod error;
mod evasion;
mod evasion_text;
mod events;
mod foreign;
mod inputs;
mod intervals;
mod lines;
mod matching;
mod model;
mod nearest;
mod nearest_text;
mod packs;
mod paired;
mod period;
mod pooled;
mod pooled_text;
mod power;
mod quantiles;
mod rates;
mod sensitivity;
mod summary;
mod summary_compared;
mod summary_foreign;
mod summary_matrix;
mod summary_tables;
mod tally;
mod truth;

pub use alerts::{AlertLog, AlertValues, EvidenceEvent, RuleWord, ScoredAlert, StepThreshold};
pub use alone::found_alone;
pub use assemble::score;
pub use error::ScoreError;
pub use evasion::{DialFrontier, Evasion, EvasionLevel, Withstands};
pub use evasion_text::evasion_text;
pub use foreign::{Claims, Columns, Foreign, ForeignFormat};
pub use inputs::{
    CleanTwin, DEFAULT_CAMPAIGNS_PER_DAY, Inputs, Manifest, Run, RunHistory, RunRule,
};
pub(crate) use intervals::wilson;
pub use model::{
    AlertCounts, AlertShares, AttackScore, Baselines, CampaignCounts, CampaignOutcome,
    CampaignRecord, Comparison, CorpusFacts, Delays, EntityAlerts, EventScore, Finding, KindScore,
    LookAlikeScore, Matching, Metric, ObjectsRevealed, PackScore, Precision, RuleScore, Score,
};
pub use nearest::{Nearest, NearestStep, Obstacle, tell_nearest, watch_for};
pub use paired::{
    PairedCampaign, loss_p_value, rate_difference, recall_difference, unpaired_difference,
};
pub use pooled::{Pooled, PooledAttack, PooledRule, Replicate, Replicates, Spread, pool};
pub use pooled_text::replicates_text;
pub use power::{campaigns_for_drop, campaigns_to_tell, detectable_difference, detectable_drop};
pub use sensitivity::Sensitivity;
pub use summary::text;
pub(crate) use summary::{Page, counted};
pub(crate) use summary_tables::table;
pub use tally::{Referee, Tally};
pub use truth::{Campaign, Class, EventId, Step, Truth};

/// How the summary writes figures, so that other reports write them alike.
pub(crate) mod figures {
    pub(crate) use super::summary::{
        bare_percent, counted, duration, interval, percent, percent_with_interval,
        rate_with_interval,
    };
}
