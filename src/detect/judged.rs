//! One event before one rule: what every kind of rule is given, and how it makes an alert of it.

use super::alert::{Alert, Evidence, Values};
use super::policy::PolicyLog;
use super::profile::Profiles;
use super::suppress::Fired;
use super::{Output, RuleStats};
use crate::event::{EventView, Field, Key, Origin, TickSpan, Ticks};

/// An event that matched a rule, and what surrounds it.
#[derive(Clone, Copy)]
pub(super) struct Judged<'a> {
    pub(super) rule: usize,
    pub(super) suppress: TickSpan,
    pub(super) view: EventView<'a>,
    pub(super) sequence: u64,
    pub(super) corpus_start: Ticks,
    /// Profiles of identities, where the event came by its identity.
    pub(super) profiles: Option<&'a Profiles>,
    pub(super) policy: &'a PolicyLog,
}

/// Where the verdict goes.
pub(super) struct Sink<'a> {
    pub(super) out: &'a mut Output,
    pub(super) stats: &'a mut RuleStats,
}

/// What an alert is about, as the kind of rule found it.
pub(super) struct Finding<'a> {
    /// Event times of the first and last event of the condition, the alert's own time last.
    pub(super) window: (Ticks, Ticks),
    pub(super) fields: &'a [Field],
    pub(super) key: Key,
    pub(super) values: Values,
    pub(super) evidence: Vec<Evidence>,
}

/// How many records an alert absorbed; reported once, when it can absorb no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absorbed {
    /// Index of the rule in the run's rule list.
    pub rule: usize,
    /// The key under which it suppressed: the group's, or for `new_terms` with a known prefix that
    /// prefix's.
    pub group_key: Key,
    /// The completing record of the alert, which with the rule names it.
    pub trigger: Origin,
    /// Records on which the condition held.
    pub count: u32,
}

impl Judged<'_> {
    /// The event itself as evidence.
    pub(super) fn evidence(&self) -> Evidence {
        Evidence { time: self.view.event.time, origin: self.view.event.origin }
    }

    /// Emits an alert.
    pub(super) fn fire(&self, finding: Finding<'_>, sink: &mut Sink<'_>) {
        let event = self.view.event;
        let display = |&field: &Field| Some((field, self.view.display(field)?));
        let triage = self.profiles.map(|profiles| profiles.triage(&self.view)).unwrap_or_default();
        let (identity, vault) = (self.view.key(Field::Identity), self.view.key(Field::Vault));
        let recent_changes = self.policy.recent(self.sequence, identity, vault);
        sink.stats.alerts += 1;
        sink.out.alerts.push(Alert {
            rule: self.rule,
            time: finding.window.1,
            fired_at: event.arrival,
            trigger: event.origin,
            window: finding.window,
            group: finding.fields.iter().filter_map(display).collect(),
            group_key: finding.key,
            values: finding.values,
            evidence: finding.evidence,
            triage: super::Triage { recent_changes, ..triage },
        });
    }
}

impl Fired {
    /// Reports what the alert absorbed, now that it is forgotten.
    pub(super) fn report(self, rule: usize, group_key: Key, out: &mut Output) {
        if self.absorbed > 0 {
            let (trigger, count) = (self.trigger, self.absorbed);
            out.absorbed.push(Absorbed { rule, group_key, trigger, count });
        }
    }
}
