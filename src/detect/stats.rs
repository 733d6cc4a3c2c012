//! What a detector counts beside its alerts, for run.json. Sums over partitions with `+=`.

use std::ops::AddAssign;

use super::KeySizes;

/// Counters of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleStats {
    /// Events that matched the rule and were not duplicates.
    pub matched: u64,
    /// Of these, late: not seen by `threshold` and `new_terms`, unless on a schedule.
    pub late: u64,
    /// Of these, without one of the group's or tuple's fields: judged by `query` rules only.
    pub ungrouped: u64,
    /// Alerts.
    pub alerts: u64,
    /// Events on which the condition held but an earlier alert absorbed it.
    pub suppressed: u64,
    /// On a schedule: what runs found and left out because of the rule's `max_signals`. What is found
    /// again by another run counts again.
    pub over_max_signals: u64,
    /// On a schedule: records that no run's window held, those that had to make room before one
    /// included.
    pub unseen: u64,
    /// Evidence events kept with the alerts.
    pub evidence_kept: u64,
    /// Evidence events left out of alerts because the rule's earlier ones in the same partition had
    /// kept their fill; zero means that every alert holds all of its evidence.
    pub evidence_cut: u64,
    /// What the rule remembers.
    pub state: StateStats,
}

/// Size of what is remembered, and what was forgotten to bound it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateStats {
    /// Keys held now: groups, tuples or identities.
    pub keys: u64,
    /// Most keys that can be held.
    pub cap: u64,
    /// Bytes held now: the tables', and what their values own.
    pub size_bytes: u64,
    /// How these bytes spread over the keys: what a key's value owns, and its share of the table. Records
    /// of a rule on a schedule are not among them.
    pub key_sizes: KeySizes,
    /// Things forgotten because a bound was reached, since the start; zero means exact results.
    pub evictions: u64,
}

impl AddAssign for RuleStats {
    fn add_assign(&mut self, other: Self) {
        self.matched += other.matched;
        self.late += other.late;
        self.ungrouped += other.ungrouped;
        self.alerts += other.alerts;
        self.suppressed += other.suppressed;
        self.over_max_signals += other.over_max_signals;
        self.unseen += other.unseen;
        self.evidence_kept += other.evidence_kept;
        self.evidence_cut += other.evidence_cut;
        self.state += other.state;
    }
}

impl AddAssign for StateStats {
    fn add_assign(&mut self, other: Self) {
        self.keys += other.keys;
        self.cap += other.cap;
        self.size_bytes += other.size_bytes;
        self.key_sizes += other.key_sizes;
        self.evictions += other.evictions;
    }
}
