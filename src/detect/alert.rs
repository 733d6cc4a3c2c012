//! What a rule emits: the condition that held, its evidence, and what an analyst asks first.
//!
//! An alert in the core refers to records by their origin; the engine reads their text again when
//! it writes files.

use super::judged::CUT_EVIDENCE;
use crate::event::{CredentialType, Field, Key, Origin, Ticks};

/// One alert as the core emits it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Index of the rule in the run's rule list.
    pub rule: usize,
    /// Event time: the end of the qualifying window (of a sequence its last event), or the event's own
    /// time.
    pub time: Ticks,
    /// Arrival time of the completing record; of a rule on a schedule, when it ran.
    pub fired_at: Ticks,
    /// The completing record; where that is a Start, whose Success had arrived before, the Success. Of
    /// a rule on a schedule, the newest record of the condition.
    pub trigger: Origin,
    /// First and last event time of the window that qualified; equal for one event.
    pub window: (Ticks, Ticks),
    /// The group, as field and value; for `new_terms` the terms.
    pub group: Vec<(Field, String)>,
    /// Key of the group's tuple.
    pub group_key: Key,
    /// The numbers of the condition.
    pub values: Values,
    /// Of a sequence, the numbers of each step; empty for other kinds.
    pub steps: Vec<StepValues>,
    /// The events that the condition rests on, by event time, then origin: all of them, or the
    /// completing record and the newest where the rule had kept its fill (see
    /// [`RuleStats::evidence_cut`](super::RuleStats::evidence_cut)).
    pub evidence: Vec<Evidence>,
    /// How many events the condition rests on.
    pub evidence_total: u32,
    /// What an analyst asks first.
    pub triage: Triage,
}

impl Alert {
    /// About what it takes in memory, its evidence included, whatever room its lists were given.
    pub fn size_bytes(&self) -> usize {
        let texts = self.group.iter().map(|(_, value)| value.len() + size_of::<(Field, String)>());
        let Triage { subject, usual_hours, credential_types, changes, .. } = &self.triage;
        let Triage { source_blocks, clients, counterparts, .. } = &self.triage;
        let records =
            self.evidence.len() + source_blocks.len() + clients.len() + counterparts.len();
        // An allocation has a header, and is rounded up.
        size_of::<Self>()
            + texts.sum::<usize>()
            + (records + changes.recent.len()) * size_of::<Evidence>()
            + changes.requests.len() * size_of::<Request>()
            + self.steps.len() * size_of::<StepValues>()
            + subject.as_ref().map_or(0, |subject| subject.name.len())
            + usual_hours.len()
            + credential_types.len()
            + 12 * 24
    }

    /// Leaves of the evidence the completing record and the newest others; gives how many went.
    pub(crate) fn cut_evidence(&mut self) -> u64 {
        let excess = self.evidence.len().saturating_sub(CUT_EVIDENCE);
        let trigger = self.evidence[..excess].iter().find(|event| event.origin == self.trigger);
        let kept: Vec<_> = trigger.into_iter().chain(&self.evidence[excess..]).copied().collect();
        let cut = self.evidence.len() - kept.len();
        self.evidence = kept;
        cut as u64
    }
}

/// The vault by which a group is found, among others perhaps.
pub(crate) fn vault_of(group: &[(Field, String)]) -> Option<&str> {
    group.iter().find(|(field, _)| *field == Field::Vault).map(|(_, value)| value.as_str())
}

/// One event that an alert's condition rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// Event time.
    pub time: Ticks,
    /// Where its record starts.
    pub origin: Origin,
}

/// The numbers of the condition; what does not apply to the rule's kind is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Values {
    /// Events in the window.
    pub count: Option<u32>,
    /// Distinct values in the window.
    pub distinct: Option<u32>,
    /// Least value (the distinct one where the rule has one, else the count) that would have fired,
    /// the group's own baseline included.
    pub threshold: Option<u32>,
    /// Least number of events beside it, where the rule asks for events and distinct values both.
    pub count_threshold: Option<u32>,
    /// The group's baseline, where it had enough days of history.
    pub baseline: Option<f64>,
    /// `new_terms`: when the tuple was last seen before its history ran out; remembered for twice
    /// that history.
    pub last_seen: Option<Ticks>,
}

/// The numbers of one step of a sequence. The evidence, in its order, is that of the first step, then
/// that of the second, and so on: as many events of each as this says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepValues {
    /// Events counted.
    pub count: u32,
    /// Distinct values among them, where the step asks for such.
    pub distinct: Option<u32>,
    /// Least of them (distinct values where the step asks for such, else events) that it takes.
    pub threshold: u32,
}

/// What an analyst asks first, answered from what had arrived before the completing record; of a rule
/// on a schedule, by its run, that record included. What is new of that record (the four `new_` facts)
/// is in either case what was new when it arrived.
///
/// The habits (everything up to `newest_data_record`) are those of [`subject`](Self::subject), the
/// value by which the alert's group is found first; all zero and empty where there is none, and where
/// the subject was not seen before. "Now" is the time of the completing record; days and hours are
/// those of UTC. What is there to see is bounded: 90 days of silence make a subject one never seen, 64
/// active days and 64 values of each kind are remembered, and lists show the five newest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Triage {
    /// Whose habits these are.
    pub subject: Option<Subject>,
    /// Event time of the subject's first event within the memory of the profile.
    pub first_seen: Option<Ticks>,
    /// Event time of the newest of its events.
    pub last_seen: Option<Ticks>,
    /// Active days before today, of the 64 newest.
    pub active_days: u32,
    /// Mean events per active day before today.
    pub daily_events: f64,
    /// Events of the busiest of those days.
    pub busiest_day_events: u32,
    /// Events of today so far.
    pub events_today: u32,
    /// Share of the events before the subject's newest day (before today, where that is later) that
    /// fell in this hour of the day.
    pub hour_share: f64,
    /// The fewest hours of the day that hold nine tenths of those events, ascending.
    pub usual_hours: Vec<u8>,
    /// Denied calls in this hour and the 23 before it.
    pub denied_24h: u32,
    /// Counterparts whose newest denied call lies in those hours.
    pub denied_counterparts_24h: u32,
    /// The completing record is the subject's, and its address block was not seen with it before.
    pub new_source_block: bool,
    /// The same of its client string.
    pub new_client: bool,
    /// The same of its type of credential.
    pub new_credential_type: bool,
    /// The same of its counterpart: an identity's vault, a vault's identity.
    pub new_counterpart: bool,
    /// Types of credential seen, in declaration order.
    pub credential_types: Vec<CredentialType>,
    /// Records that show the address blocks seen last, one each, newest first.
    pub source_blocks: Vec<Evidence>,
    /// Records that show the clients seen last, one each, newest first.
    pub clients: Vec<Evidence>,
    /// Records that show the counterparts seen last, one each, newest first.
    pub counterparts: Vec<Evidence>,
    /// Distinct address blocks remembered.
    pub known_source_blocks: u32,
    /// Distinct client strings remembered.
    pub known_clients: u32,
    /// Distinct counterparts remembered.
    pub known_counterparts: u32,
    /// Of a vault: event time of its newest record of the data plane.
    pub newest_data_record: Option<Ticks>,
    /// What had been changed, whatever the group.
    pub changes: Changes,
}

/// Whose habits an alert tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What it is.
    pub class: KeyClass,
    /// The identity (of the caller, or of whom something was granted to) or the vault.
    pub name: String,
}

/// What profiles are kept of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyClass {
    /// Identities, whose counterparts are vaults.
    Identity,
    /// Vaults, whose counterparts are identities.
    Vault,
}

impl KeyClass {
    /// The word used in alerts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Vault => "vault",
        }
    }
}

/// Changes of access that an alert names, as far as they had arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The eight newest before the completing record that touch its identity or vault or the alert's
    /// subject, oldest first. A change through the Activity Log is shown by its Start, if that has
    /// arrived.
    pub recent: Vec<Evidence>,
    /// The requests behind the evidence, of the eight that became known last; newest first.
    pub requests: Vec<Request>,
    /// The newest change, by event time, of where the log of the completing record's vault goes, or of
    /// the group's where that record names none; that record's own included.
    pub logging: Option<Evidence>,
}

/// A change through the Activity Log, and the record that says what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The Success.
    pub done: Origin,
    /// Its Start.
    pub start: Evidence,
}
