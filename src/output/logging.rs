//! Whether the vault of an alert still logs, as far as its records tell.
//!
//! A vault may have several diagnostic settings, and records tell only of changes: that none was seen
//! is no proof that there is a setting. A setting takes up to an hour and a half to work, and records
//! arrive minutes late (Azure Monitor's documentation), so that "not since" may mean "not yet".

use serde::Serialize;

use super::changes::{SettingLine, lines};
use super::reread::Reread;
use crate::detect::{Alert, vault_of};
use crate::event::{EventView, Field, Plane, TextField, Ticks};
use crate::ingest::IngestError;

/// Settings listed of the change.
const SETTINGS: usize = 8;

/// What is known of the log of the alert's vault when it fired: of the completing record's, or of the
/// group's where that record names none.
#[derive(Serialize)]
pub(super) struct Logging {
    vault: String,
    /// `deleted` or `written`: the newest change of a diagnostic setting by event time; `none_seen`
    /// where no record told of one.
    last_change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<LoggingChange>,
    /// Event time of the vault's newest data-plane record that the alert knows: of its evidence, and of
    /// the vault's profile where facts are of the vault.
    newest_record: Option<String>,
    /// Whether that record is newer than the change; null without either.
    logs_since_change: Option<bool>,
}

#[derive(Serialize)]
struct LoggingChange {
    time: String,
    by: Option<String>,
    correlation_id: String,
    /// The first eight that were asked for.
    settings: Vec<SettingLine>,
}

/// The newest data-plane record of the alert's vault among its evidence.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// The completing record's vault, or else the group's; empty where there is none.
    vault: String,
    time: Option<Ticks>,
}

impl Newest {
    /// Nothing seen yet of the vault of the alert.
    ///
    /// # Errors
    /// As [`Reread::event`].
    pub(super) fn of_alert(reread: &mut Reread<'_>, alert: &Alert) -> Result<Self, IngestError> {
        let own = reread.event(alert.trigger)?.display(Field::Vault);
        let of_group = || vault_of(&alert.group).map(str::to_owned);
        let vault = own.or_else(of_group).unwrap_or_default();
        Ok(Self { vault, time: alert.triage.newest_data_record })
    }

    pub(super) fn add(&mut self, event: &EventView<'_>) {
        let is_its = event.event.plane == Plane::Data && event.text(TextField::Vault) == self.vault;
        self.time = self.time.max(Some(event.event.time).filter(|_| is_its));
    }

    /// None where neither the completing record nor the group names a vault.
    ///
    /// # Errors
    /// As [`Reread::event`].
    pub(super) fn into_logging(
        self,
        reread: &mut Reread<'_>,
        alert: &Alert,
    ) -> Result<Option<Logging>, IngestError> {
        if self.vault.is_empty() {
            return Ok(None);
        }
        let (mut last_change, mut changed) = ("none_seen", None);
        let change = alert.triage.changes.logging;
        if let Some(change) = change {
            let event = reread.event(change.origin)?;
            let deletes = event.text(TextField::Operation).ends_with("/DELETE");
            last_change = if deletes { "deleted" } else { "written" };
            let by = event.display(Field::Identity);
            let correlation_id = event.text(TextField::CorrelationId).to_owned();
            let settings = lines(reread.settings(change.origin), SETTINGS);
            changed =
                Some(LoggingChange { time: change.time.to_string(), by, correlation_id, settings });
        }
        Ok(Some(Logging {
            vault: self.vault,
            last_change,
            changed,
            newest_record: self.time.map(|time| time.to_string()),
            logs_since_change: self.time.zip(change).map(|(time, change)| time > change.time),
        }))
    }
}
