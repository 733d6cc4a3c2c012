//! Changes of access as text: what the completing record changed, and what had been changed before.
//!
//! Of a change through the Activity Log only the Start says what was asked for; [`source`] finds it.

use serde::Serialize;

use super::reread::Reread;
use crate::detect::{Alert, Evidence};
use crate::event::{
    Access, Change, CredentialType, Event, Field, GrantScope, Origin, Outcome, Plane, TextField,
};
use crate::ingest::{IngestError, Setting, Settings};

/// Settings listed of each change before the alert; the completing record shows all that are kept.
const SETTINGS_OF_RECENT: usize = 4;

/// What the completing record changed.
#[derive(Serialize)]
pub(super) struct Changed {
    /// What about access; `none` for a write that does not say, or changes nothing of the kind.
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    grantee: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_scope: Option<&'static str>,
    resource_id: Option<String>,
    /// Whether the record that says what was asked for had arrived; always so of a vault's own record.
    request_seen: bool,
    /// What was asked for, settings that open a vault first; at most sixteen.
    settings: Vec<SettingLine>,
    /// How many there were.
    settings_total: usize,
}

/// One change before the alert.
#[derive(Serialize)]
pub(super) struct ChangeShown {
    correlation_id: String,
    time: String,
    operation: String,
    change: &'static str,
    by: Option<String>,
    grantee: Option<String>,
    /// The first four, as in [`Changed`].
    settings: Vec<SettingLine>,
    settings_total: usize,
}

#[derive(Serialize)]
pub(super) struct SettingLine {
    name: String,
    value: String,
}

/// Where the record at `origin`, evidence of the alert, says what was asked for: its Start, where
/// that had arrived, else itself.
pub(super) fn source(alert: &Alert, origin: Origin) -> Origin {
    let requests = &alert.triage.changes.requests;
    let its = requests.iter().find(|request| request.done == origin);
    its.map_or(origin, |request| request.start.origin)
}

/// What the completing record changed, where it did.
///
/// # Errors
/// As [`Reread::event`].
pub(super) fn changed(
    reread: &mut Reread<'_>,
    alert: &Alert,
) -> Result<Option<Changed>, IngestError> {
    let source = source(alert, alert.trigger);
    let event = reread.event(source)?;
    if !changes(event.event) {
        return Ok(None);
    }
    let scope = event.event.grant_scope;
    let is_end = event.event.plane == Plane::Control && event.event.outcome != Outcome::Started;
    let mut changed = Changed {
        change: event.event.change.word(),
        grantee: event.display(Field::Grantee),
        grant_scope: (scope != GrantScope::None).then(|| scope.word()),
        resource_id: event.display(Field::ResourceId),
        request_seen: !is_end,
        settings: Vec::new(),
        settings_total: 0,
    };
    let settings = reread.settings(source);
    changed.settings_total = settings.total;
    changed.settings = lines(settings, usize::MAX);
    Ok(Some(changed))
}

/// A change that had arrived before the alert.
///
/// # Errors
/// As [`Reread::event`].
pub(super) fn shown(reread: &mut Reread<'_>, change: Evidence) -> Result<ChangeShown, IngestError> {
    let event = reread.event(change.origin)?;
    let mut shown = ChangeShown {
        correlation_id: event.text(TextField::CorrelationId).to_owned(),
        time: change.time.to_string(),
        operation: event.text(TextField::Operation).to_owned(),
        change: event.event.change.word(),
        by: event.display(Field::Identity),
        grantee: event.display(Field::Grantee),
        settings: Vec::new(),
        settings_total: 0,
    };
    let settings = reread.settings(change.origin);
    shown.settings_total = settings.total;
    shown.settings = lines(settings, SETTINGS_OF_RECENT);
    Ok(shown)
}

/// The first `most` of the settings.
pub(super) fn lines(settings: &Settings, most: usize) -> Vec<SettingLine> {
    let line = |Setting { name, value }: &Setting| SettingLine {
        name: name.clone(),
        value: value.clone(),
    };
    settings.listed.iter().take(most).map(line).collect()
}

/// Whether a record is of a change of access that did not fail, or of a write whose record may say what
/// it set: a vault's own, or Resource Manager's.
fn changes(event: &Event) -> bool {
    let is_write = event.access == Access::Change && event.credential_type == CredentialType::None;
    let has_failed =
        !matches!(event.outcome, Outcome::Success | Outcome::Started | Outcome::Accepted);
    (event.change != Change::None || is_write) && !has_failed
}
