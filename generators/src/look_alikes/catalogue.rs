//! Which look-alikes there are, and how their files are read.

use serde::de::DeserializeOwned;

use super::{
    administrator_change, backup_job, compliance_read, integration_settings, maintenance_window,
    service_onboarding,
};
use crate::scenario::{CampaignFile, ScenarioError, ScheduledFile, read_name};
use crate::script::Script;
use crate::staging::{Kind, Staging};

/// A validated look-alike file.
#[derive(Debug, Clone)]
pub struct LookAlike(pub(crate) Staging);

/// The look-alike a file names, with its parameters.
#[derive(Debug, Clone)]
pub(crate) enum LookAlikeKind {
    BackupJob(backup_job::Parameters),
    ComplianceRead(compliance_read::Parameters),
    ServiceOnboarding(service_onboarding::Parameters),
    AdministratorChange(administrator_change::Parameters),
    IntegrationSettings(integration_settings::Parameters),
    MaintenanceWindow(maintenance_window::Parameters),
}

const NAMES: &str = "`backup-job`, `compliance-read`, `service-onboarding`, \
                     `administrator-change`, `integration-settings` or `maintenance-window`";

impl LookAlike {
    /// Reads a look-alike file, of one that is injected or of one that a workload's schedule makes;
    /// errors carry `name` as the file's.
    ///
    /// # Errors
    /// An unknown look-alike, unknown or missing keys, values out of bounds: with line and column.
    pub fn parse(name: &str, toml: &str) -> Result<Self, ScenarioError> {
        if let Some(file) = ScheduledFile::parse(name, toml)? {
            return Ok(Self(Staging::scheduled(file)));
        }
        let (look_alike, at) = read_name(name, toml)?;
        let staging = match look_alike.as_str() {
            "backup-job" => stage(name, toml, LookAlikeKind::BackupJob),
            "compliance-read" => stage(name, toml, LookAlikeKind::ComplianceRead),
            "service-onboarding" => stage(name, toml, LookAlikeKind::ServiceOnboarding),
            "administrator-change" => stage(name, toml, LookAlikeKind::AdministratorChange),
            "integration-settings" => stage(name, toml, LookAlikeKind::IntegrationSettings),
            "maintenance-window" => stage(name, toml, LookAlikeKind::MaintenanceWindow),
            _ => {
                let message = format!("no look-alike `{look_alike}`, expected {NAMES}");
                Err(ScenarioError::new(name, toml, at, message))
            }
        };
        staging.map(Self)
    }

    /// The look-alike's name, as in truth.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl LookAlikeKind {
    pub(crate) fn stage(&self, script: &mut Script<'_>, number: usize) {
        match self {
            Self::BackupJob(parameters) => parameters.stage(script, number),
            Self::ComplianceRead(parameters) => parameters.stage(script, number),
            Self::ServiceOnboarding(parameters) => parameters.stage(script, number),
            Self::AdministratorChange(parameters) => parameters.stage(script, number),
            Self::IntegrationSettings(parameters) => parameters.stage(script, number),
            Self::MaintenanceWindow(parameters) => parameters.stage(script, number),
        }
    }
}

fn stage<P: DeserializeOwned>(
    name: &str,
    toml: &str,
    kind: impl FnOnce(P) -> LookAlikeKind,
) -> Result<Staging, ScenarioError> {
    Ok(Staging::of(CampaignFile::parse(name, toml)?, |parameters| {
        Kind::LookAlike(kind(parameters))
    }))
}
