//! Workloads: the behaviour models of identities. Each expands what one identity begins within one
//! slice of time, from a stream of its own.

mod app_service;
mod arrival;
mod backup_service;
mod certificates;
mod chores;
mod cryptography;
mod external_secrets;
mod habit;
mod human;
mod infrastructure;
mod moment;
mod pipeline;
mod poller;
mod rhythm;
mod rotation;
mod scanner;
mod secrets_store;
mod short_lived;
mod startup;
mod work;

pub(crate) use app_service::AppService;
pub(crate) use arrival::Arrival;
pub(crate) use backup_service::BackupService;
pub(crate) use certificates::Certificates;
pub(crate) use cryptography::Cryptography;
pub(crate) use external_secrets::ExternalSecrets;
pub(crate) use habit::{Habit, Hire};
pub(crate) use human::Human;
pub(crate) use infrastructure::Infrastructure;
pub(crate) use moment::{Moment, Trouble};
pub(crate) use pipeline::Pipeline;
pub(crate) use poller::{Poller, Target, bent};
pub(crate) use rhythm::Rhythms;
pub(crate) use rotation::Rotation;
pub(crate) use scanner::Scanner;
pub(crate) use secrets_store::SecretsStore;
pub(crate) use startup::Startup;
pub(crate) use work::{Burst, Work, Workload};
