//! Attacks: one file each, over one shared adversary with its dials. Every address, client and pace
//! they use has benign carriers.

mod adversary;
mod apart;
mod backup_exfiltration;
mod bulk_extraction;
mod campaign;
mod cast;
mod catalogue;
mod deleted_secret_recovery;
mod distributed_extraction;
mod entry;
mod extraction;
mod file;
mod intruder;
mod key_ransom;
mod log_blinding;
mod low_and_slow;
mod manual_extraction;
mod moment;
mod network_opening;
mod novel_accessor;
mod pipeline_abuse;
mod purge_ransom;
mod reconnaissance;
mod recruiter;
mod targets;
mod token_replay;
mod unauthorized_vault_write;
mod vault_persistence;

pub(crate) use apart::allot;
pub(crate) use campaign::Conduct;
pub use catalogue::Attack;
pub(crate) use file::Severity;
