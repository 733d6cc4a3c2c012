//! What a rule emits: the condition that held, its evidence, and what an analyst asks first.
//!
//! An alert in the core refers to records by their origin; the engine reads their text again when
//! it writes files.

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
    /// Facts about the caller before this alert.
    pub triage: Triage,
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

/// What an analyst asks about the caller, answered from what had arrived before the alert.
///
/// Facts are those of the identity of the completing record; all zero and empty without one, and for
/// rules grouped first by another field, whose alerts arise where the identity is not known. Only
/// `recent_changes` is always there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Triage {
    /// Event time of the identity's first event within the memory of the profile.
    pub first_seen: Option<Ticks>,
    /// Active UTC days of the identity before the alert's day, of the 64 newest.
    pub active_days: u32,
    /// Mean events per active day before the alert's day.
    pub daily_events: f64,
    /// Events of the identity in the alert's UTC day so far.
    pub events_today: u32,
    /// Share of the identity's events before its newest day that fell in the alert's hour of the UTC
    /// day.
    pub hour_share: f64,
    /// The fewest hours of the UTC day that hold nine tenths of those events, ascending.
    pub usual_hours: Vec<u8>,
    /// Denied calls of the identity in the hour of the alert and the 23 before it.
    pub denied_24h: u32,
    /// The completing record's address block was not seen for this identity before.
    pub new_source_block: bool,
    /// The completing record's client string was not seen for this identity before.
    pub new_client: bool,
    /// The completing record concerns a type of credential not seen for this identity before.
    pub new_credential_type: bool,
    /// Types of credential the identity has used, in declaration order.
    pub credential_types: Vec<CredentialType>,
    /// Records that show the address blocks seen last, one each, newest first.
    pub source_blocks: Vec<Evidence>,
    /// Records that show the clients seen last, one each, newest first.
    pub clients: Vec<Evidence>,
    /// Distinct address blocks, clients and vaults the profile remembers.
    pub known_source_blocks: u32,
    /// Distinct client strings.
    pub known_clients: u32,
    /// Distinct vaults.
    pub known_vaults: u32,
    /// The newest changes of access that touch the identity or the vault, oldest first.
    pub recent_changes: Vec<Evidence>,
}
