//! The tables of an estate file that say how workloads behave. What a key means stands beside its
//! value in the file.

use serde::Deserialize;
use toml::Spanned;

use super::values::{
    Count, CountRange, HoursRange, MinutesRange, Number, RequestLaw, Seconds, SecondsRange,
    SessionLaw, SessionRate, Share,
};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Poller {
    pub(crate) events_per_day: RequestLaw,
    pub(crate) objects: CountRange,
    pub(crate) vaults: VaultLaw,
    pub(crate) whole_set_share: Share,
    /// Exponent of the popularity of its objects where it fetches one at a time.
    pub(crate) popularity_exponent: Exponent,
    pub(crate) arrivals: Spanned<Arrivals>,
    pub(crate) other_credentials_share: Share,
}

/// The exponent of a Zipf law.
pub(crate) type Exponent = Number<4>;

/// How many vaults an identity is at home in: one, or by a Zipf law up to `most`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VaultLaw {
    pub(crate) one_share: Share,
    pub(crate) exponent: Exponent,
    pub(crate) most: Count,
}

/// Shares of identities by the regularity of their fetches: bands of the coefficient of variation
/// of the gaps. They are weights, their sum need not be 1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arrivals {
    /// At most 0.14.
    pub(crate) periodic: Share,
    /// To 1.
    pub(crate) jittered: Share,
    /// To 2.
    pub(crate) random: Share,
    /// To 4.
    pub(crate) clustered: Share,
    /// To 10.
    pub(crate) bursty: Share,
    /// Beyond.
    pub(crate) extreme: Share,
}

impl Arrivals {
    /// In the order of the bands.
    pub(crate) fn weights(&self) -> [f64; 6] {
        let Self { periodic, jittered, random, clustered, bursty, extreme } = self;
        [periodic, jittered, random, clustered, bursty, extreme].map(|share| share.0)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Startup {
    pub(crate) restarts_per_day: SessionLaw,
    pub(crate) instances: CountRange,
    /// Services that load everything again by the clock.
    pub(crate) refresh_share: Share,
    pub(crate) refresh_minutes: MinutesRange,
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
    /// Storage accounts; the rest are the two below.
    pub(crate) interval_minutes: MinutesRange,
    pub(crate) database_share: Share,
    pub(crate) database_minutes: MinutesRange,
    pub(crate) disk_share: Share,
    pub(crate) disk_minutes: MinutesRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretsStore {
    pub(crate) poll_seconds: Seconds,
    pub(crate) objects: CountRange,
    pub(crate) pods: CountRange,
    /// Every pod is placed anew, and mounts everything again.
    pub(crate) upgrades_per_day: SessionRate,
    /// Pods that an upgrade places, in all of the cluster.
    pub(crate) upgrade_pods: CountRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalSecrets {
    pub(crate) interval_minutes: MinutesRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppServices {
    pub(crate) references: CountRange,
    pub(crate) instances: CountRange,
    pub(crate) changes_per_day: SessionRate,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pipelines {
    pub(crate) runs_per_day: SessionLaw,
    /// Reads at once.
    pub(crate) width: CountRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certificates {
    pub(crate) gateway_minutes: MinutesRange,
    pub(crate) front_door_minutes: MinutesRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// Between the steps of one rotation.
    pub(crate) gap_seconds: SecondsRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupServices {
    /// When the daily job begins.
    pub(crate) hours: HoursRange,
    /// Vaults with the keys and secrets of encrypted machines.
    pub(crate) vaults: CountRange,
    /// Objects of each.
    pub(crate) objects: CountRange,
    pub(crate) gap_seconds: SecondsRange,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ephemeral {
    pub(crate) vaults_per_day: SessionRate,
    pub(crate) secrets: CountRange,
    pub(crate) lifetime_minutes: MinutesRange,
}
