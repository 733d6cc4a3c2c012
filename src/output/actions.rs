//! What to do about an alert, by name: objects to rotate, grants to revoke, addresses to restrict,
//! and whether the vault still logs.
//!
//! Lists are bounded for reading, with their totals; the evidence file has everything.

use std::collections::BTreeSet;

use serde::Serialize;

use super::changes::source;
use super::logging::{Logging, Newest};
use super::reread::Reread;
use crate::detect::Alert;
use crate::event::{Access, Change, EventView, Field, Origin, Outcome, TickSpan, Ticks};
use crate::ingest::IngestError;

/// Names, or grants, listed of each kind: one screen.
const LISTED: usize = 20;

/// How old a change may be and still be somebody's doing now.
const RECENT: TickSpan = TickSpan::days(7);

/// What the evidence of one alert touched.
#[derive(Debug)]
pub(super) struct Touched {
    objects: BTreeSet<String>,
    /// Objects whose value was handed out.
    revealed: BTreeSet<String>,
    addresses: BTreeSet<String>,
    identities: BTreeSet<String>,
    vaults: BTreeSet<String>,
    grants: BTreeSet<Grant>,
    logging_changed: bool,
    newest: Newest,
}

#[derive(Serialize)]
pub(super) struct Actions {
    /// Objects of the evidence.
    objects: Listed,
    /// Those whose value was handed out: rotate them.
    rotate: Listed,
    /// Addresses of the evidence: restrict them, or the vault to others.
    restrict: Listed,
    /// Who made the calls of the evidence: end their sessions.
    identities: Listed,
    /// Vaults of the evidence.
    vaults: Listed,
    /// Grants of the evidence, and those of the last seven days that touch the alert's identity or
    /// vault: revoke what nobody can explain. The twenty newest, oldest first.
    revoke: Vec<Grant>,
    /// How many there were.
    revoke_total: usize,
    /// One of the changes looked at, or the evidence, changed where a vault's log goes: confirm that it
    /// still logs.
    logging_changed: bool,
    /// What is known of that; null where neither the completing record nor the group names a vault.
    logging: Option<Logging>,
}

#[derive(Serialize)]
struct Listed {
    /// In order of the alphabet, cut at the bound.
    names: Vec<String>,
    total: usize,
}

/// What one record grants to one grantee; ordered by time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Grant {
    time: String,
    grantee: String,
    scope: &'static str,
    vault: Option<String>,
    /// The permissions of an access policy, or the role, where the record says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    allows: Option<String>,
    by: Option<String>,
    correlation_id: Option<String>,
}

impl Touched {
    /// Nothing yet, of an alert's evidence.
    ///
    /// # Errors
    /// As [`Reread::event`].
    pub(super) fn new(reread: &mut Reread<'_>, alert: &Alert) -> Result<Self, IngestError> {
        let none = BTreeSet::new;
        Ok(Self {
            objects: none(),
            revealed: none(),
            addresses: none(),
            identities: none(),
            vaults: none(),
            grants: BTreeSet::new(),
            logging_changed: false,
            newest: Newest::of_alert(reread, alert)?,
        })
    }

    /// Adds one event of the evidence, but for [what it changed](Self::add_change).
    pub(super) fn add(&mut self, event: &EventView<'_>) {
        let reveals =
            event.event.access == Access::Reveal && event.event.outcome == Outcome::Success;
        let object = event.value(Field::Object);
        add_name(&mut self.revealed, object.filter(|_| reveals));
        add_name(&mut self.objects, object);
        add_name(&mut self.addresses, event.value(Field::SourceIp));
        add_name(&mut self.identities, event.value(Field::Identity));
        add_name(&mut self.vaults, event.value(Field::Vault));
        self.newest.add(event);
    }

    /// Adds what the record at `origin` changed about access; failures changed nothing.
    ///
    /// # Errors
    /// As [`Reread::event`].
    pub(super) fn add_change(
        &mut self,
        reread: &mut Reread<'_>,
        origin: Origin,
    ) -> Result<(), IngestError> {
        let event = reread.event(origin)?;
        if !matches!(event.event.outcome, Outcome::Success | Outcome::Started | Outcome::Accepted) {
            return Ok(());
        }
        self.logging_changed |= event.event.change == Change::Diagnostics;
        let Some(grantees) = event.display(Field::Grantee) else { return Ok(()) };
        if event.event.change != Change::Grant {
            return Ok(());
        }
        let (time, scope) = (event.event.time.to_string(), event.event.grant_scope.word());
        let (vault, by) = (event.display(Field::Vault), event.display(Field::Identity));
        let correlation_id = event.display(Field::CorrelationId);
        let allowed = &reread.settings(origin).grants;
        for grantee in grantees.split_ascii_whitespace() {
            let its = allowed.iter().find(|allowed| allowed.grantee == grantee);
            self.grants.insert(Grant {
                time: time.clone(),
                grantee: grantee.to_owned(),
                scope,
                vault: vault.clone(),
                allows: its.map(|allowed| allowed.what.clone()),
                by: by.clone(),
                correlation_id: correlation_id.clone(),
            });
        }
        Ok(())
    }

    /// # Errors
    /// As [`Reread::event`].
    pub(super) fn into_actions(
        mut self,
        reread: &mut Reread<'_>,
        alert: &Alert,
    ) -> Result<Actions, IngestError> {
        let oldest: Ticks = alert.time - RECENT;
        for change in alert.triage.changes.recent.iter().filter(|change| change.time >= oldest) {
            self.add_change(reread, change.origin)?;
        }
        let revoke_total = self.grants.len();
        let mut revoke: Vec<Grant> = self.grants.into_iter().collect();
        // Stable: of one record's grantees the first by name stay.
        revoke.sort_by(|a, b| b.time.cmp(&a.time));
        revoke.truncate(LISTED);
        revoke.sort_unstable();
        Ok(Actions {
            objects: listed(self.objects),
            rotate: listed(self.revealed),
            restrict: listed(self.addresses),
            identities: listed(self.identities),
            vaults: listed(self.vaults),
            revoke_total,
            revoke,
            logging_changed: self.logging_changed,
            logging: self.newest.into_logging(reread, alert)?,
        })
    }
}

/// Gathers what the evidence of an alert touched; `each` is shown every event of it in turn.
///
/// # Errors
/// As [`Reread::event`]; those of `each`.
pub(super) fn touched<E: From<IngestError>>(
    reread: &mut Reread<'_>,
    alert: &Alert,
    mut each: impl FnMut(usize, &EventView<'_>) -> Result<(), E>,
) -> Result<Touched, E> {
    let mut touched = Touched::new(reread, alert)?;
    for (place, evidence) in alert.evidence.iter().enumerate() {
        let event = reread.event(evidence.origin)?;
        touched.add(&event);
        let is_change = event.event.change != Change::None;
        each(place, &event)?;
        let source = source(alert, evidence.origin);
        if is_change || source != evidence.origin {
            touched.add_change(reread, source)?;
        }
    }
    Ok(touched)
}

/// Copies a name only where it is new: most of an alert's evidence repeats a few.
fn add_name(names: &mut BTreeSet<String>, name: Option<&str>) {
    if let Some(name) = name
        && !names.contains(name)
    {
        names.insert(name.to_owned());
    }
}

fn listed(names: BTreeSet<String>) -> Listed {
    let total = names.len();
    Listed { names: names.into_iter().take(LISTED).collect(), total }
}
