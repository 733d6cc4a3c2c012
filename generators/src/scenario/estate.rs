//! The file of an estate: vaults, identities, the mix of workloads, their rates and errors, and how
//! records are delivered.
//!
//! What a key means stands beside its value in the file; here are the shapes and the checks.

use serde::Deserialize;
use toml::Spanned;

use super::calibration::Published;
use super::error::{ScenarioError, read};
use super::values::{
    Block, Count, CountLaw, CountRange, DaysRange, Hour, MinutesRange, Ratio, RequestLaw, Seconds,
    SecondsRange, SessionLaw, SessionRate, Share, Sigma,
};
use crate::time::{Ticks, parse_date};

/// The schema this crate reads.
const SCHEMA_VERSION: u32 = 1;

/// A validated estate file.
#[derive(Debug, Clone)]
pub struct Estate {
    pub(crate) name: String,
    pub(crate) start: Ticks,
    pub(crate) wire: Wire,
}

impl Estate {
    /// Reads an estate file; `name` is what errors, the manifest and reports call it.
    ///
    /// # Errors
    /// Unknown or missing keys and values out of bounds, with line and column.
    pub fn parse(name: &str, toml: &str) -> Result<Self, ScenarioError> {
        let wire: Wire = read(name, toml)?;
        check_schema_version(name, toml, &wire.schema_version)?;
        let fail = |at: usize, message: &str| Err(ScenarioError::new(name, toml, at, message));
        let Some(start) = parse_date(wire.start.get_ref()) else {
            return fail(wire.start.span().start, "start is no date, expected YYYY-MM-DD");
        };
        if wire.vaults.count.0 == 0 || wire.subscriptions.0 == 0 || wire.locations.is_empty() {
            return fail(0, "an estate needs at least one subscription, location and vault");
        }
        for user in
            ["poller", "startup", "portal", "command-line", "infrastructure", "pipeline", "backup"]
        {
            if !wire.clients.iter().any(|client| client.used_by.iter().any(|by| by == user)) {
                return fail(0, &format!("no client is used_by `{user}`, expected at least one"));
            }
        }
        for client in &wire.clients {
            if client.agents.get_ref().is_empty() {
                return fail(
                    client.agents.span().start,
                    "a client needs at least one agent string",
                );
            }
        }
        Ok(Self { name: name.to_owned(), start, wire })
    }

    /// The name given to [`Estate::parse`].
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

pub(super) fn check_schema_version(
    file: &str,
    text: &str,
    version: &Spanned<u32>,
) -> Result<(), ScenarioError> {
    if *version.get_ref() == SCHEMA_VERSION {
        return Ok(());
    }
    let message =
        format!("schema_version {} is unknown, expected {SCHEMA_VERSION}", version.get_ref());
    Err(ScenarioError::new(file, text, version.span().start, message))
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wire {
    schema_version: Spanned<u32>,
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
    pub(crate) private_share: Share,
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
    pub(crate) pipelines: Count,
    pub(crate) backups: Count,
    pub(crate) compliance: Count,
    pub(crate) reserves: Count,
    pub(crate) automation: Vec<NamedApp>,
    pub(crate) integrations: Vec<NamedApp>,
    pub(crate) scanners: Vec<NamedApp>,
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
pub(crate) struct Poller {
    pub(crate) events_per_day: RequestLaw,
    pub(crate) objects: CountRange,
    pub(crate) second_vault_share: Share,
    pub(crate) whole_set_share: Share,
    pub(crate) periodic_share: Share,
    pub(crate) other_credentials_share: Share,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Startup {
    pub(crate) restarts_per_day: SessionLaw,
    pub(crate) instances: CountRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Humans {
    pub(crate) sessions_per_day: SessionLaw,
    pub(crate) vaults: CountRange,
    pub(crate) portal_share: Share,
    pub(crate) reads: CountRange,
    pub(crate) command_line: CommandLine,
    pub(crate) writes_per_day: SessionRate,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandLine {
    pub(crate) commands: CountRange,
    pub(crate) gap_seconds: SecondsRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Infrastructure {
    pub(crate) plans_per_day: SessionRate,
    pub(crate) vaults: CountRange,
    pub(crate) reads: CountRange,
    pub(crate) apply_share: Share,
    pub(crate) grant_share: Share,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scanner {
    pub(crate) scans_per_day: SessionRate,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cryptography {
    pub(crate) interval_minutes: MinutesRange,
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
    pub(crate) used_by: Vec<String>,
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
