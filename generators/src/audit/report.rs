//! What an audit says, for people and programs.

use serde::Serialize;

use super::auc::Auc;
use super::field::Field;

/// No undeclared field may separate better.
pub const FIELD_BOUND: f64 = 0.60;
/// Neither may a tree of depth three over all undeclared fields.
pub const TREE_BOUND: f64 = 0.65;
/// Fewer campaigns prove nothing.
pub const LEAST_CAMPAIGNS: usize = 50;

/// The whole self-test.
#[derive(Debug, Serialize)]
pub struct Audit {
    /// Of this report.
    pub schema_version: u32,
    /// The estate's name.
    pub estate: String,
    /// Of every random draw.
    pub seed: u64,
    /// [`FIELD_BOUND`].
    pub field_bound: f64,
    /// [`TREE_BOUND`].
    pub tree_bound: f64,
    /// By name.
    pub attacks: Vec<AttackAudit>,
}

impl Audit {
    /// Whether nothing gives any attack away.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.attacks.iter().all(|attack| attack.violations.is_empty())
    }
}

/// One attack against benign traffic.
#[derive(Debug, Serialize)]
pub struct AttackAudit {
    /// Its name.
    pub attack: String,
    /// Campaigns staged that left a record.
    pub campaigns: usize,
    /// Their records that were compared.
    pub records: usize,
    /// Benign records they were compared with.
    pub benign_records: usize,
    /// Identities that those came from.
    pub benign_identities: usize,
    /// Part of the attack that has enough benign company to be compared at all.
    pub judged_share: f64,
    /// Every field, the strongest undeclared one first, declared ones last.
    pub fields: Vec<FieldAudit>,
    /// The tree over all undeclared fields.
    pub tree: Option<Auc>,
    /// Fields that its trees ask for.
    pub tree_fields: Vec<Field>,
    /// Calls that nobody benign makes.
    pub hostile_only: Vec<CallShare>,
    /// Calls that too few benign identities make.
    pub thin: Vec<CallShare>,
    /// What is out of bounds, in words; empty where the attack passes.
    pub violations: Vec<String>,
}

impl AttackAudit {
    /// The undeclared field that separates best.
    #[must_use]
    pub fn strongest(&self) -> Option<&FieldAudit> {
        self.fields.iter().find(|field| !field.declared)
    }
}

/// How well one field separates.
#[derive(Debug, Serialize)]
pub struct FieldAudit {
    /// Which.
    pub field: Field,
    /// How well.
    pub auc: Auc,
    /// Whether the attack's file says that it is defined by this field.
    pub declared: bool,
    /// The value that separates most.
    pub value: Option<Telltale>,
}

/// A value more common among hostile records.
#[derive(Debug, Serialize)]
pub struct Telltale {
    /// The text, or a tenth of the benign numbers with its range.
    pub value: String,
    /// Share of the hostile records that have it.
    pub hostile_share: f64,
    /// Share of the benign records, weighed alike.
    pub benign_share: f64,
}

/// A call, and how many campaigns make it.
#[derive(Debug, Serialize)]
pub struct CallShare {
    /// Operation, outcome and kind of identity.
    pub call: String,
    /// Share of the campaigns.
    pub campaign_share: f64,
    /// Benign identities that make it.
    pub benign_identities: usize,
}
