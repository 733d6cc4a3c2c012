//! Synthetic Azure Key Vault traffic with labelled attacks and look-alikes.
//!
//! An estate file becomes a tenant, its identities' workloads become compact descriptors, delivery
//! gives them an arrival, and workers render them as the raw records Azure would have written.
//! Attacks and look-alikes speak through the same scripts as everybody else; truth beside the
//! events says which were theirs.
//!
//! Contract: the same [`Plan`] gives the same bytes, whatever its `threads`; taking attacks out
//! changes no benign byte; a layout changes no record; memory follows rates and delivery delays, not the number of events. This
//! crate reads no scenario file, knows no rule and shares nothing with the parser: Azure's
//! documented format is where they meet.

mod attacks;
mod audit;
mod bursts;
mod calibrate;
mod cast;
mod corpus;
mod delivery;
mod describe;
mod drawn;
mod event;
mod flow;
mod generate;
mod injection;
mod json;
mod look_alikes;
mod operation;
mod plan;
mod random;
mod rehearsal;
mod render;
mod scenario;
mod script;
mod staging;
mod tenant;
mod time;
mod transit;
mod workloads;

pub use attacks::Attack;
pub use audit::{
    AUDIT_CAMPAIGNS, AttackAudit, Auc, Audit, CallShare, FIELD_BOUND, Field, FieldAudit,
    LEAST_CAMPAIGNS, TREE_BOUND, Telltale, audit,
};
pub use cast::{
    Cast, CastClient, CastIdentity, CastObject, CastVault, IdentityKind, Network, OpaqueClaim,
    Position,
};
pub use corpus::{Layout, Manifest};
pub use describe::{ACTIVATION_SECONDS, Description, Figure, Statistic, Verdict, describe};
pub use generate::{expected_events, generate, generate_while, stream};
pub use injection::{Injection, InjectionPlan, LeftOut, Splice};
pub use look_alikes::LookAlike;
pub use plan::{GenerateError, Plan, Progress};
pub use rehearsal::Rehearsal;
pub use scenario::{Assumption, Estate, ScenarioError};
