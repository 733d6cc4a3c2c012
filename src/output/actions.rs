//! What to do about an alert, by name: objects to rotate, grants to revoke, addresses to restrict,
//! and whether somebody touched the vault's logging.
//!
//! Lists of names are bounded for reading, with their totals; the evidence file has everything.

use std::collections::BTreeSet;

use serde::Serialize;

use super::reread::Reread;
use crate::detect::Alert;
use crate::event::{Access, Change, EventView, Field, Outcome, TickSpan};

/// Names listed of each kind: one screen.
const LISTED: usize = 20;

/// How old a change may be and still be somebody's doing now.
const RECENT: TickSpan = TickSpan::days(7);

/// What the evidence of one alert touched.
#[derive(Debug, Default)]
pub(super) struct Touched {
    objects: BTreeSet<String>,
    /// Objects whose value was handed out.
    revealed: BTreeSet<String>,
    addresses: BTreeSet<String>,
    grants: Vec<Grant>,
    logging_changed: bool,
}

#[derive(Serialize)]
pub(super) struct Actions {
    /// Objects of the evidence.
    objects: Listed,
    /// Those whose value was handed out: rotate them.
    rotate: Listed,
    /// Addresses of the evidence: restrict them, or the vault to others.
    restrict: Listed,
    /// Grants of the evidence, and those of the last seven days that touch the identity or the
    /// vault: revoke what nobody can explain.
    revoke: Vec<Grant>,
    /// One of them, or of the evidence, changed where the vault's log goes: confirm that it still
    /// logs.
    logging_changed: bool,
}

#[derive(Serialize)]
struct Listed {
    /// In order of the alphabet, cut at the bound.
    names: Vec<String>,
    total: usize,
}

#[derive(Debug, PartialEq, Serialize)]
struct Grant {
    grantee: String,
    scope: &'static str,
    vault: Option<String>,
    time: String,
}

impl Touched {
    pub(super) fn add(&mut self, event: &EventView<'_>) {
        if let Some(object) = event.display(Field::Object) {
            let reveals = event.event.access == Access::Reveal;
            if reveals && event.event.outcome == Outcome::Success {
                self.revealed.insert(object.clone());
            }
            self.objects.insert(object);
        }
        self.addresses.extend(event.display(Field::SourceIp));
        self.add_change(event);
    }

    fn add_change(&mut self, event: &EventView<'_>) {
        self.logging_changed |= event.event.change == Change::Diagnostics;
        let Some(grantee) = event.display(Field::Grantee) else { return };
        let grant = Grant {
            grantee,
            scope: event.event.grant_scope.word(),
            vault: event.display(Field::Vault),
            time: event.event.time.to_string(),
        };
        if event.event.change == Change::Grant && !self.grants.contains(&grant) {
            self.grants.push(grant);
        }
    }

    pub(super) fn into_actions(mut self, reread: &mut Reread<'_>, alert: &Alert) -> Actions {
        let recent = alert.time - RECENT;
        for change in alert.triage.recent_changes.iter().filter(|change| change.time >= recent) {
            self.add_change(&reread.event(change.origin));
        }
        Actions {
            objects: listed(self.objects),
            rotate: listed(self.revealed),
            restrict: listed(self.addresses),
            revoke: self.grants,
            logging_changed: self.logging_changed,
        }
    }
}

fn listed(names: BTreeSet<String>) -> Listed {
    let total = names.len();
    Listed { names: names.into_iter().take(LISTED).collect(), total }
}
