//! Attacks: one file each. Every address, client and pace they use has benign carriers.

mod bulk_extraction;
mod catalogue;
mod intruder;
mod novel_accessor;
mod unauthorized_vault_write;

pub use catalogue::Attack;
pub(crate) use catalogue::AttackKind;
