//! The log of changes of access, which every partition reads.
//!
//! Grants, network changes and the like are rare, but a read must be judged against those made by
//! somebody else, who may live in another partition. The driver appends each such record once, in
//! arrival order; a partition looks only at what arrived before the event it judges, so it may lag
//! behind the log as far as it likes.
//!
//! A change through the Activity Log is two records of one correlation id: the Start says what was
//! asked for, the Success that it was done. An entry is made when both have arrived, in whichever
//! order, and stands for the Start, which an analyst wants to read. A record that says both, as on
//! the data plane, is an entry by itself.
//!
//! Contract: an event sees the newest [`VISIBLE`] entries before it, however rounds are cut: the log
//! may hold more until [`PolicyLog::trim`].

use std::collections::VecDeque;

use super::Evidence;
use crate::event::{Access, Change, Event, EventView, Field, Key, Outcome, Plane, TextField};

/// How many entries an event can see: weeks of a large tenant's changes, and little enough to scan
/// for every alert.
const VISIBLE: usize = 4096;

/// How many grantees of one record are remembered: templates grant a handful at once.
const GRANTEES: usize = 16;

/// How many changes an alert lists: what an analyst reads, not an archive.
const LISTED: usize = 8;

/// How many halves of changes wait for the other one: those of the twenty minutes by which Activity
/// Log records may be apart, in a large tenant.
const WAITING: usize = 1024;

/// Records that changed who may reach a vault, in arrival order.
#[derive(Debug, Default)]
pub struct PolicyLog {
    entries: VecDeque<Entry>,
    /// Starts without a Success so far, by correlation id.
    started: VecDeque<(Key, Entry)>,
    /// Successes without a Start so far.
    succeeded: VecDeque<Key>,
    trimmed: u64,
    grantees_dropped: u64,
}

/// One change of access.
#[derive(Clone, Debug)]
struct Entry {
    sequence: u64,
    record: Evidence,
    vault: Option<Key>,
    identity: Option<Key>,
    grantees: Vec<Key>,
}

impl PolicyLog {
    /// Whether a record may concern the log: it changes access, or may be the Success of one that
    /// does.
    pub fn concerns(event: &Event) -> bool {
        event.change != Change::None
            || (event.plane == Plane::Control && event.access == Access::Change)
    }

    /// Takes in a record at its place in arrival order, if it [concerns](Self::concerns) the log.
    /// Sequences must ascend.
    pub fn append(&mut self, sequence: u64, view: &EventView<'_>) {
        let event = view.event;
        let correlation = view.key(Field::CorrelationId).filter(|_| event.plane == Plane::Control);
        match (event.outcome, correlation) {
            (Outcome::Started, Some(id)) if event.change != Change::None => {
                let entry = self.entry(sequence, view);
                match self.succeeded.iter().position(|&other| other == id) {
                    Some(place) => {
                        self.succeeded.remove(place);
                        self.entries.push_back(entry);
                    }
                    None => wait(&mut self.started, (id, entry)),
                }
            }
            (Outcome::Success, Some(id)) => {
                match self.started.iter().position(|(other, _)| *other == id) {
                    Some(place) => {
                        let start = self.started.remove(place);
                        let start = start.map(|(_, start)| Entry { sequence, ..start });
                        self.entries.extend(start);
                    }
                    None => {
                        wait(&mut self.succeeded, id);
                        self.append_complete(sequence, view);
                    }
                }
            }
            (Outcome::Success, None) => self.append_complete(sequence, view),
            _ => {}
        }
    }

    /// A record that needs no other.
    fn append_complete(&mut self, sequence: u64, view: &EventView<'_>) {
        if view.event.change != Change::None {
            let entry = self.entry(sequence, view);
            self.entries.push_back(entry);
        }
    }

    fn entry(&mut self, sequence: u64, view: &EventView<'_>) -> Entry {
        let mut ids = view.text(TextField::Grantee).split_ascii_whitespace();
        let grantees = ids.by_ref().take(GRANTEES).map(|id| Key::of(id.as_bytes())).collect();
        self.grantees_dropped += ids.count() as u64;
        Entry {
            sequence,
            record: Evidence { time: view.event.time, origin: view.event.origin },
            vault: view.key(Field::Vault),
            identity: view.key(Field::Identity),
            grantees,
        }
    }

    /// Forgets what no later event can see; call when every partition has read up to the newest
    /// entry.
    pub fn trim(&mut self) {
        let excess = self.entries.len().saturating_sub(VISIBLE);
        self.trimmed += excess as u64;
        self.entries.drain(..excess);
    }

    /// Entries forgotten because newer ones filled the log, and grantees left out of long lists.
    pub fn dropped(&self) -> (u64, u64) {
        (self.trimmed, self.grantees_dropped)
    }

    /// The newest changes before `sequence` that were made to the vault, or by or for the identity;
    /// by event time, then origin.
    pub(super) fn recent(
        &self,
        sequence: u64,
        identity: Option<Key>,
        vault: Option<Key>,
    ) -> Vec<Evidence> {
        let end = self.entries.partition_point(|entry| entry.sequence < sequence);
        let touches = |entry: &&Entry| {
            vault.is_some() && entry.vault == vault
                || identity
                    .is_some_and(|who| entry.identity == Some(who) || entry.grantees.contains(&who))
        };
        let visible = self.entries.range(end.saturating_sub(VISIBLE)..end);
        let mut found: Vec<_> =
            visible.rev().filter(touches).take(LISTED).map(|entry| entry.record).collect();
        found.sort_unstable();
        found
    }
}

/// Queues one more half; the oldest makes room.
fn wait<T>(queue: &mut VecDeque<T>, half: T) {
    if queue.len() == WAITING {
        queue.pop_front();
    }
    queue.push_back(half);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Batch, Event, Ticks};

    fn append(log: &mut PolicyLog, sequence: u64, vault: &str, by: &str, to: &str, ok: bool) {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        event.time = Ticks(sequence as i64);
        event.change = Change::Grant;
        event.outcome = if ok { Outcome::Success } else { Outcome::Denied };
        batch.set_text(&mut event, TextField::Vault, vault);
        batch.set_text(&mut event, TextField::Identity, by);
        batch.set_text(&mut event, TextField::Grantee, to);
        log.append(sequence, &batch.view_of(&event));
    }

    fn recent(log: &PolicyLog, sequence: u64, identity: &str, vault: &str) -> Vec<i64> {
        let key = |text: &str| Some(Key::of(text.as_bytes())).filter(|_| !text.is_empty());
        log.recent(sequence, key(identity), key(vault)).iter().map(|found| found.time.0).collect()
    }

    #[test]
    fn a_change_is_seen_through_its_vault_its_maker_and_its_grantees() {
        let mut log = PolicyLog::default();
        append(&mut log, 1, "v1", "boss", "amy ben", true);
        append(&mut log, 2, "", "boss", "ben", true);
        append(&mut log, 3, "v1", "boss", "amy", false);
        assert_eq!(recent(&log, 9, "amy", ""), [1]);
        assert_eq!(recent(&log, 9, "ben", ""), [1, 2]);
        assert_eq!(recent(&log, 9, "boss", "v9"), [1, 2]);
        assert_eq!(recent(&log, 9, "", "v1"), [1]);
        assert_eq!(recent(&log, 9, "", ""), [] as [i64; 0]);
    }

    /// One half of a change through the Activity Log.
    fn half(log: &mut PolicyLog, sequence: u64, id: &str, outcome: Outcome, to: &str) {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        event.time = Ticks(sequence as i64);
        (event.plane, event.access, event.outcome) = (Plane::Control, Access::Change, outcome);
        event.change = if outcome == Outcome::Started { Change::Grant } else { Change::None };
        batch.set_text(&mut event, TextField::CorrelationId, id);
        batch.set_text(&mut event, TextField::Vault, "v1");
        batch.set_text(&mut event, TextField::Grantee, to);
        assert!(PolicyLog::concerns(&event));
        log.append(sequence, &batch.view_of(&event));
    }

    #[test]
    fn a_start_counts_once_its_success_has_arrived_in_either_order() {
        let (started, succeeded) = (Outcome::Started, Outcome::Success);
        let mut log = PolicyLog::default();
        half(&mut log, 1, "a", started, "amy");
        half(&mut log, 2, "b", succeeded, "");
        assert_eq!(recent(&log, 9, "amy", "v1"), [] as [i64; 0]);
        half(&mut log, 3, "a", succeeded, "");
        assert_eq!(recent(&log, 4, "amy", ""), [1]);
        assert_eq!(recent(&log, 3, "amy", ""), [] as [i64; 0], "seen before it was confirmed");
        half(&mut log, 5, "b", started, "ben");
        assert_eq!(recent(&log, 6, "ben", ""), [5]);
        half(&mut log, 6, "c", Outcome::Denied, "");
        half(&mut log, 7, "c", started, "eve");
        assert_eq!(recent(&log, 9, "eve", ""), [] as [i64; 0]);
    }

    #[test]
    fn an_event_never_sees_its_own_or_later_changes() {
        let mut log = PolicyLog::default();
        append(&mut log, 1, "v1", "", "", true);
        append(&mut log, 2, "v1", "", "", true);
        assert_eq!(recent(&log, 2, "", "v1"), [1]);
        assert_eq!(recent(&log, 1, "", "v1"), [] as [i64; 0]);
    }

    #[test]
    fn trimming_changes_nothing_that_a_later_event_sees() {
        let mut log = PolicyLog::default();
        append(&mut log, 0, "early", "", "", true);
        for sequence in 1..=VISIBLE as u64 {
            append(&mut log, sequence, "other", "", "", true);
        }
        let next = VISIBLE as u64 + 1;
        assert_eq!(recent(&log, next - 1, "", "early"), [0]);
        assert_eq!(recent(&log, next, "", "early"), [] as [i64; 0]);
        log.trim();
        assert_eq!(recent(&log, next, "", "early"), [] as [i64; 0]);
        assert_eq!(log.dropped(), (1, 0));
    }
}
