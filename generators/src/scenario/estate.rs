//! The file of an estate: vaults, identities, the mix of workloads, their rates and errors, and how
//! records are delivered.
//!
//! What a key means stands beside its value in the file; here are the shapes and the checks.

use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::calibration::Published;
use super::error::{ScenarioError, nearest};
use super::habits::{
    AppServices, BackupServices, Certificates, Cryptography, Ephemeral, ExternalSecrets, Humans,
    Infrastructure, Pipelines, Poller, Rotation, Scanner, SecretsStore, Startup,
};
use super::overlay::Sources;
use super::values::{
    Block, Count, CountLaw, CountRange, DaysRange, Hour, MinutesRange, Ratio, Seconds, Share, Sigma,
};
use crate::cast::Cast;
use crate::time::{Ticks, parse_date};

/// The schema this crate reads.
const SCHEMA_VERSION: u32 = 1;
/// What clients can be for; each needs at least one. An application that the estate declares by
/// name can have a client of its own.
const CLIENT_USERS: [&str; 17] = [
    "poller",
    "startup",
    "portal",
    "command-line",
    "script",
    "infrastructure",
    "integration",
    "pipeline",
    "backup",
    "compliance",
    "scanner",
    "cryptography",
    "secrets-store",
    "external-secrets",
    "app-service",
    "certificates",
    "rotation",
];

/// A validated estate file.
#[derive(Debug, Clone)]
pub struct Estate {
    pub(crate) name: String,
    pub(crate) start: Ticks,
    pub(crate) wire: Wire,
    /// Who and what there is, where it is not to be drawn.
    pub(crate) cast: Option<Arc<Cast>>,
}

impl Estate {
    /// Reads an estate file that says everything itself; `name` is what errors, the manifest and
    /// reports call it.
    ///
    /// # Errors
    /// As [`Estate::parse_with`]; a file that builds on another is refused.
    pub fn parse(name: &str, toml: &str) -> Result<Self, ScenarioError> {
        Self::parse_with(name, toml, |base| {
            Err(format!("`{base}` is not at hand, expected a file that extends nothing"))
        })
    }

    /// Reads an estate file that may build on another (`extends = "midsize"`) and then says only
    /// what differs: `load` turns the other's name into its text, or says why it cannot.
    ///
    /// # Errors
    /// An unknown base, unknown or missing keys, values out of bounds, references to workloads that
    /// do not exist: with the line and column of the file at fault.
    pub fn parse_with(
        name: &str,
        toml: &str,
        load: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<Self, ScenarioError> {
        let sources = Sources::find(name, toml, load)?;
        let wire: Wire = sources.read()?;
        check_schema_version(&wire.schema_version, |at, message| sources.error(at, message))?;
        let Some(start) = parse_date(wire.start.get_ref()) else {
            let message = "start is no date, expected YYYY-MM-DD";
            return Err(sources.error(wire.start.span().start, message));
        };
        check_size(&wire, &sources)?;
        check_shares(&wire, &sources)?;
        check_clients(&wire, &sources)?;
        Ok(Self { name: name.to_owned(), start, wire, cast: None })
    }

    /// The same estate with the vaults and identities of `cast` instead of drawn ones.
    #[must_use]
    pub fn with_cast(mut self, cast: Cast) -> Self {
        self.cast = Some(Arc::new(cast));
        self
    }

    /// The name given to [`Estate::parse`].
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn check_size(wire: &Wire, sources: &Sources<'_>) -> Result<(), ScenarioError> {
    if wire.vaults.count.0 == 0 || wire.subscriptions.0 == 0 || wire.locations.is_empty() {
        let message = "an estate needs at least one subscription, location and vault";
        return Err(sources.error(0, message));
    }
    Ok(())
}

fn check_shares(wire: &Wire, sources: &Sources<'_>) -> Result<(), ScenarioError> {
    let arrivals = &wire.poller.arrivals;
    if arrivals.get_ref().weights().iter().sum::<f64>() <= 0.0 {
        let message = "all arrivals are 0, expected a share above 0";
        return Err(sources.error(arrivals.span().start, message));
    }
    let private = wire.vaults.private_share.get_ref().0;
    if private + wire.vaults.firewalled_share.0 > 1.0 {
        let message = format!(
            "private_share {private:?} and firewalled_share {:?} are more than all vaults",
            wire.vaults.firewalled_share.0
        );
        return Err(sources.error(wire.vaults.private_share.span().start, message));
    }
    Ok(())
}

fn check_clients(wire: &Wire, sources: &Sources<'_>) -> Result<(), ScenarioError> {
    let apps = &wire.identities;
    let declared = [&apps.automation, &apps.integrations, &apps.scanners]
        .into_iter()
        .chain([&apps.backup_services, &apps.front_doors]);
    let names = declared.flatten().map(|app| app.name.as_str());
    let known: Vec<&str> = CLIENT_USERS.into_iter().chain(names).collect();
    for client in &wire.clients {
        if client.agents.get_ref().is_empty() {
            let message = "a client needs at least one agent string";
            return Err(sources.error(client.agents.span().start, message));
        }
        for user in &client.used_by {
            let name = user.get_ref().as_str();
            if !known.contains(&name) {
                let users = CLIENT_USERS.join("`, `");
                let message = format!(
                    "no workload `{name}`, expected one of `{users}` or a declared application{}",
                    nearest(name, known.iter().copied())
                );
                return Err(sources.error(user.span().start, message));
            }
        }
    }
    for user in CLIENT_USERS {
        let used = |client: &ClientSpec| client.used_by.iter().any(|by| by.get_ref() == user);
        if !wire.clients.iter().any(used) {
            let message = format!("no client is used_by `{user}`, expected at least one");
            return Err(sources.error(0, message));
        }
    }
    Ok(())
}

pub(super) fn check_schema_version(
    version: &Spanned<u32>,
    refuse: impl FnOnce(usize, String) -> ScenarioError,
) -> Result<(), ScenarioError> {
    if *version.get_ref() == SCHEMA_VERSION {
        return Ok(());
    }
    let message =
        format!("schema_version {} is unknown, expected {SCHEMA_VERSION}", version.get_ref());
    Err(refuse(version.span().start, message))
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wire {
    schema_version: Spanned<u32>,
    /// Read before everything else; here only so that it is a known key.
    #[serde(rename = "extends")]
    _extends: Option<String>,
    start: Spanned<String>,
    pub(crate) domain: String,
    pub(crate) subscriptions: Count,
    pub(crate) locations: Vec<String>,
    pub(crate) vaults: Vaults,
    pub(crate) identities: Identities,
    pub(crate) poller: Poller,
    pub(crate) startup: Startup,
    pub(crate) humans: Humans,
    pub(crate) infrastructure: Infrastructure,
    pub(crate) scanner: Scanner,
    pub(crate) cryptography: Cryptography,
    pub(crate) secrets_store: SecretsStore,
    pub(crate) external_secrets: ExternalSecrets,
    pub(crate) app_services: AppServices,
    pub(crate) pipelines: Pipelines,
    pub(crate) certificates: Certificates,
    pub(crate) rotation: Rotation,
    pub(crate) backup_services: BackupServices,
    pub(crate) ephemeral: Ephemeral,
    pub(crate) rhythm: Rhythm,
    pub(crate) errors: Errors,
    pub(crate) novelty: Novelty,
    pub(crate) addresses: Addresses,
    pub(crate) delivery: Delivery,
    pub(crate) clients: Vec<ClientSpec>,
    #[serde(default, deserialize_with = "super::calibration::distinct")]
    pub(crate) calibration: Vec<Published>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vaults {
    pub(crate) count: Count,
    pub(crate) access_policy_share: Share,
    pub(crate) firewalled_share: Share,
    pub(crate) private_share: Spanned<Share>,
    /// Vaults that nobody has told to log.
    pub(crate) unlogged_share: Share,
    pub(crate) secrets: CountLaw,
    pub(crate) keys_share: Share,
    pub(crate) keys: CountRange,
    pub(crate) certificates_share: Share,
    pub(crate) certificates: CountRange,
    pub(crate) rotation_days: DaysRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identities {
    pub(crate) administrators: Vec<String>,
    pub(crate) users: Count,
    pub(crate) guests: Count,
    pub(crate) groups: Count,
    pub(crate) pollers: Count,
    pub(crate) startups: Count,
    pub(crate) cryptography: Count,
    pub(crate) secrets_stores: Count,
    pub(crate) external_secrets: Count,
    pub(crate) app_services: Count,
    pub(crate) gateways: Count,
    pub(crate) rotations: Count,
    pub(crate) pipelines: Count,
    pub(crate) backups: Count,
    pub(crate) compliance: Count,
    pub(crate) reserves: Count,
    pub(crate) automation: Vec<NamedApp>,
    pub(crate) integrations: Vec<NamedApp>,
    pub(crate) scanners: Vec<NamedApp>,
    pub(crate) backup_services: Vec<NamedApp>,
    pub(crate) front_doors: Vec<NamedApp>,
    /// Managed ones that are deleted and made again, under a new object id.
    pub(crate) recreated_share: Share,
}

/// An application whose id is the same for every seed, so that a rule's exception can name it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedApp {
    pub(crate) name: String,
    pub(crate) app_id: AppId,
}

/// A GUID.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct AppId(pub(crate) u128);

impl TryFrom<String> for AppId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.replace('-', "");
        match u128::from_str_radix(&digits, 16) {
            Ok(value) if digits.len() == 32 && crate::json::guid(value) == text => Ok(Self(value)),
            _ => Err(format!("`{text}` is no application id, expected a lower-case GUID")),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rhythm {
    pub(crate) workload_peak_to_trough: Ratio,
    pub(crate) workload_weekend: Share,
    pub(crate) human_peak_to_trough: Ratio,
    pub(crate) human_weekend: Share,
    pub(crate) peak_hour: Hour,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Errors {
    pub(crate) denied_share: Share,
    pub(crate) not_found_share: Share,
    pub(crate) throttled_share: Share,
    pub(crate) misconfigured_share: Share,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Novelty {
    pub(crate) late_identities_share: Share,
    pub(crate) new_vault_edges_per_day: Share,
    pub(crate) new_object_edges_per_day: Share,
    pub(crate) address_days: DaysRange,
    pub(crate) travel_share: Share,
    pub(crate) client_days: DaysRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Addresses {
    pub(crate) offices: Block,
    pub(crate) homes: Block,
    pub(crate) cloud: Block,
    pub(crate) hosted_agents: Block,
    pub(crate) private: Block,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delivery {
    pub(crate) data: Delay,
    pub(crate) control: Delay,
    pub(crate) flush_seconds: Seconds,
    pub(crate) duplicate_share: Share,
    pub(crate) late_hours_per_vault_day: Share,
    pub(crate) late_minutes: MinutesRange,
    /// Copies that never arrive; none unless the file says so.
    #[serde(default)]
    pub(crate) loss_share: Share,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delay {
    pub(crate) floor_seconds: Seconds,
    pub(crate) median_seconds: Seconds,
    pub(crate) sigma: Sigma,
    pub(crate) max_seconds: Seconds,
}

/// A kind of client: its strings in the order of their releases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientSpec {
    pub(crate) used_by: Vec<Spanned<String>>,
    pub(crate) agents: Spanned<Vec<String>>,
    pub(crate) api_version: String,
    pub(crate) tls: String,
    /// How often a request sequence begins with the anonymous 401.
    pub(crate) challenge: Share,
    /// The public application through which people use it; workloads have their own.
    pub(crate) app_id: Option<AppId>,
    pub(crate) arm_agent: Option<String>,
    /// The public application that people's management calls come from, where it is another one.
    pub(crate) arm_app_id: Option<AppId>,
    pub(crate) arm_api_version: String,
}
