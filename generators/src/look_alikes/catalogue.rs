//! Which look-alikes there are, and how their files are read.
//!
//! The table below is the only list: a new look-alike is its module, its line here, and its file
//! under `scenarios/look-alikes`.

use serde::de::DeserializeOwned;

use crate::scenario::{CampaignFile, ScenarioError, ScheduledFile, read_name};
use crate::script::Script;
use crate::staging::{Kind, Staging};

/// A validated look-alike file.
#[derive(Debug, Clone)]
pub struct LookAlike(pub(crate) Staging);

macro_rules! look_alikes {
    ($($name:literal => $kind:ident($module:ident),)+) => {
        /// The look-alike a file names, with its parameters.
        #[derive(Debug, Clone)]
        pub(crate) enum LookAlikeKind {
            $($kind(super::$module::Parameters),)+
        }

        const NAMES: &[&str] = &[$($name),+];

        impl LookAlikeKind {
            pub(crate) fn stage(&self, script: &mut Script<'_>, number: usize) {
                match self {
                    $(Self::$kind(parameters) => parameters.stage(script, number),)+
                }
            }
        }

        /// Reads the file as that of `look_alike`, if there is such a one.
        fn read_as(
            look_alike: &str,
            name: &str,
            toml: &str,
        ) -> Option<Result<Staging, ScenarioError>> {
            match look_alike {
                $($name => Some(stage(name, toml, LookAlikeKind::$kind)),)+
                _ => None,
            }
        }
    };
}

look_alikes! {
    "administrator-change" => AdministratorChange(administrator_change),
    "backup-job" => BackupJob(backup_job),
    "break-glass" => BreakGlass(break_glass),
    "compliance-inventory" => ComplianceInventory(compliance_inventory),
    "compliance-read" => ComplianceRead(compliance_read),
    "egress-change" => EgressChange(egress_change),
    "failover-drill" => FailoverDrill(failover_drill),
    "identity-recreated" => IdentityRecreated(identity_recreated),
    "integration-settings" => IntegrationSettings(integration_settings),
    "key-copy" => KeyCopy(key_copy),
    "maintenance-window" => MaintenanceWindow(maintenance_window),
    "mass-rotation" => MassRotation(mass_rotation),
    "offboarding" => Offboarding(offboarding),
    "role-migration" => RoleMigration(role_migration),
    "scale-up" => ScaleUp(scale_up),
    "scripted-change" => ScriptedChange(scripted_change),
    "security-test" => SecurityTest(security_test),
    "self-grant" => SelfGrant(self_grant),
    "service-onboarding" => ServiceOnboarding(service_onboarding),
    "team-change" => TeamChange(team_change),
    "travel" => Travel(travel),
    "vault-migration" => VaultMigration(vault_migration),
    "wrong-tenant" => WrongTenant(wrong_tenant),
}

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
        let staging = read_as(&look_alike, name, toml).unwrap_or_else(|| {
            Err(ScenarioError::unknown_name(name, toml, at, "look-alike", &look_alike, NAMES))
        });
        staging.map(Self)
    }

    /// The look-alike's name, as in truth.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

fn stage<P: DeserializeOwned>(
    name: &str,
    toml: &str,
    kind: impl FnOnce(P) -> LookAlikeKind,
) -> Result<Staging, ScenarioError> {
    let file = CampaignFile::parse(name, toml)?;
    let class = file.benign_class();
    Ok(Staging::of(file, |parameters| Kind::LookAlike(class, kind(parameters))))
}
