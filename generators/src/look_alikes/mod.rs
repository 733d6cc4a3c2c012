//! Look-alikes: benign work that resembles an attack, one file each.

mod administrator_change;
mod backup_job;
mod break_glass;
mod cast;
mod catalogue;
mod compliance_inventory;
mod compliance_read;
mod egress_change;
mod failover_drill;
mod identity_recreated;
mod integration_settings;
mod key_copy;
mod maintenance_window;
mod mass_rotation;
mod offboarding;
mod pipeline_dump;
mod role_migration;
mod scale_up;
mod scripted_change;
mod security_test;
mod self_grant;
mod service_onboarding;
mod team_change;
mod travel;
mod vault_migration;
mod wrong_tenant;

pub use catalogue::LookAlike;
pub(crate) use catalogue::LookAlikeKind;
