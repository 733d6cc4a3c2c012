//! Look-alikes: benign work that resembles an attack, one file each.

mod administrator_change;
mod backup_job;
mod catalogue;
mod compliance_read;
mod integration_settings;
mod maintenance_window;
mod service_onboarding;

pub use catalogue::LookAlike;
pub(crate) use catalogue::LookAlikeKind;
