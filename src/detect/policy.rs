//! The log of changes of access, which every partition reads.
//!
//! Grants, network changes and the like are rare, but a read must be judged against those made by
//! somebody else, who may live in another partition. The driver appends each such record once, in
//! arrival order; a partition looks only at what arrived before the event it judges, so it may lag
//! behind the log as far as it likes.
//!
//! A change through the Activity Log is two records of one correlation id, operation and resource:
//! the Start says what was asked for, the Success that it was done. An entry is made when both have
//! arrived, in whichever order, and stands for the Start, which an analyst wants to read. A Success
//! that says by itself what it changes is an entry until its Start arrives and takes its place; so
//! is a record that says both, as on the data plane, for good.
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

/// The one operation whose Success may be that of a change without saying so: what it changes stands
/// in the request body, which only the Start holds. Every other change shows in the operation's name.
const VAULT_WRITE: &str = "MICROSOFT.KEYVAULT/VAULTS/WRITE";

/// Records that changed who may reach a vault, in arrival order.
#[derive(Debug, Default)]
pub struct PolicyLog {
    entries: VecDeque<Entry>,
    /// Starts without a Success so far: what each changes, if anything.
    started: VecDeque<(Key, Option<Entry>)>,
    /// Successes without a Start so far: the sequence of the entry each made, if it did.
    succeeded: VecDeque<(Key, Option<u64>)>,
    dropped: PolicyDrops,
}

/// What a [`PolicyLog`] left out to stay bounded, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyDrops {
    /// Entries forgotten because newer ones filled the log.
    pub entries: u64,
    /// Grantees left out of long lists.
    pub grantees: u64,
    /// Halves of possible changes forgotten before the other half came.
    pub halves: u64,
}

/// One change of access.
#[derive(Clone, Debug)]
struct Entry {
    sequence: u64,
    /// When the Start arrived that has taken the entry's place; later events see that one only.
    replaced: Option<u64>,
    record: Evidence,
    vault: Option<Key>,
    identity: Option<Key>,
    grantees: Vec<Key>,
}

impl PolicyLog {
    /// Whether a record may concern the log: it changes access, or may be half of a change that
    /// does. Cheap, for every event; [`append`](Self::append) looks closer.
    pub fn concerns(event: &Event) -> bool {
        event.change != Change::None
            || (event.plane == Plane::Control && event.access == Access::Change)
    }

    /// Takes in a record at its place in arrival order, if it [concerns](Self::concerns) the log.
    /// Sequences must ascend.
    pub fn append(&mut self, sequence: u64, view: &EventView<'_>) {
        let event = view.event;
        if event.change == Change::None && view.text(TextField::Operation) != VAULT_WRITE {
            return;
        }
        let call = call(view);
        match (event.outcome, call) {
            (Outcome::Started, Some(call)) => self.append_start(sequence, call, view),
            (Outcome::Success, Some(call)) => self.append_success(sequence, call, view),
            (Outcome::Success, None) => {
                self.append_complete(sequence, view);
            }
            (Outcome::Accepted, _) | (_, None) => {}
            // It failed: nothing to wait for.
            (_, Some(call)) => {
                take(&mut self.started, call);
            }
        }
    }

    fn append_start(&mut self, sequence: u64, call: Key, view: &EventView<'_>) {
        let changes = view.event.change != Change::None;
        let start = changes.then(|| self.entry(sequence, view));
        match take(&mut self.succeeded, call) {
            None => self.dropped.halves += wait(&mut self.started, (call, start)),
            Some(success) => {
                let place = success
                    .filter(|_| changes)
                    .and_then(|it| self.entries.binary_search_by_key(&it, |it| it.sequence).ok());
                if let Some(place) = place {
                    self.entries[place].replaced = Some(sequence);
                }
                self.entries.extend(start);
            }
        }
    }

    fn append_success(&mut self, sequence: u64, call: Key, view: &EventView<'_>) {
        match take(&mut self.started, call) {
            Some(Some(start)) => self.entries.push_back(Entry { sequence, ..start }),
            Some(None) => {
                self.append_complete(sequence, view);
            }
            None => {
                let entry = self.append_complete(sequence, view).then_some(sequence);
                self.dropped.halves += wait(&mut self.succeeded, (call, entry));
            }
        }
    }

    /// Makes an entry of a record that says what it changes; gives whether it does.
    fn append_complete(&mut self, sequence: u64, view: &EventView<'_>) -> bool {
        let changes = view.event.change != Change::None;
        if changes {
            let entry = self.entry(sequence, view);
            self.entries.push_back(entry);
        }
        changes
    }

    fn entry(&mut self, sequence: u64, view: &EventView<'_>) -> Entry {
        let mut ids = view.text(TextField::Grantee).split_ascii_whitespace();
        let grantees = ids.by_ref().take(GRANTEES).map(|id| Key::of(id.as_bytes())).collect();
        self.dropped.grantees += ids.count() as u64;
        Entry {
            sequence,
            replaced: None,
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
        self.dropped.entries += excess as u64;
        self.entries.drain(..excess);
    }

    /// What was left out so far.
    pub fn dropped(&self) -> PolicyDrops {
        self.dropped
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
        let stands = |entry: &&Entry| entry.replaced.is_none_or(|start| start >= sequence);
        let touches = |entry: &&Entry| {
            vault.is_some() && entry.vault == vault
                || identity
                    .is_some_and(|who| entry.identity == Some(who) || entry.grantees.contains(&who))
        };
        let visible = self.entries.range(end.saturating_sub(VISIBLE)..end);
        let found = visible.rev().filter(stands).filter(touches).take(LISTED);
        let mut found: Vec<_> = found.map(|entry| entry.record).collect();
        found.sort_unstable();
        found
    }
}

/// What the halves of one change have in common. A deployment runs many operations under one
/// correlation id, so that alone would join what does not belong together.
fn call(view: &EventView<'_>) -> Option<Key> {
    let id = view.key(Field::CorrelationId).filter(|_| view.event.plane == Plane::Control)?;
    let part = |field| view.key(field).unwrap_or_default();
    Some(id.then(part(Field::Operation)).then(part(Field::ResourceId)))
}

/// Queues one more half; the oldest makes room. Gives how many had to go.
fn wait<T>(queue: &mut VecDeque<T>, half: T) -> u64 {
    let gone = if queue.len() == WAITING { queue.pop_front() } else { None };
    queue.push_back(half);
    u64::from(gone.is_some())
}

/// Takes the oldest half of that call out of the queue.
fn take<T>(queue: &mut VecDeque<(Key, T)>, call: Key) -> Option<T> {
    let place = queue.iter().position(|(other, _)| *other == call)?;
    queue.remove(place).map(|(_, half)| half)
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

    /// One half of a vault write, of which only the Start says what it changes.
    fn half(log: &mut PolicyLog, sequence: u64, id: &str, outcome: Outcome, to: &str) {
        let change = if outcome == Outcome::Started { Change::Grant } else { Change::None };
        record(log, sequence, (id, VAULT_WRITE), (outcome, change), to);
    }

    fn record(
        log: &mut PolicyLog,
        sequence: u64,
        (id, operation): (&str, &str),
        (outcome, change): (Outcome, Change),
        to: &str,
    ) {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        event.time = Ticks(sequence as i64);
        (event.plane, event.access) = (Plane::Control, Access::Change);
        (event.outcome, event.change) = (outcome, change);
        batch.set_text(&mut event, TextField::CorrelationId, id);
        batch.set_text(&mut event, TextField::Operation, operation);
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
    fn a_success_that_says_what_it_changes_stands_until_its_start_arrives() {
        let (started, succeeded) = (Outcome::Started, Outcome::Success);
        let call = |id| (id, "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE");
        let mut log = PolicyLog::default();
        record(&mut log, 1, call("a"), (succeeded, Change::Grant), "");
        record(&mut log, 3, call("a"), (started, Change::Grant), "amy");
        for (sequence, vault, grantee) in
            [(1, vec![], vec![]), (3, vec![1], vec![]), (4, vec![3], vec![3])]
        {
            assert_eq!(recent(&log, sequence, "", "v1"), vault, "before {sequence}");
            assert_eq!(recent(&log, sequence, "amy", ""), grantee, "before {sequence}");
        }
        record(&mut log, 5, call("b"), (started, Change::Grant), "ben");
        record(&mut log, 6, call("b"), (succeeded, Change::Grant), "");
        assert_eq!(recent(&log, 7, "ben", "v1"), [3, 5]);
    }

    #[test]
    fn halves_of_different_calls_under_one_correlation_id_are_not_joined() {
        let mut log = PolicyLog::default();
        half(&mut log, 1, "a", Outcome::Success, "");
        let other = ("a", "MICROSOFT.KEYVAULT/VAULTS/ACCESSPOLICIES/WRITE");
        record(&mut log, 2, other, (Outcome::Started, Change::Grant), "amy");
        assert_eq!(recent(&log, 9, "amy", "v1"), [] as [i64; 0]);
    }

    #[test]
    fn only_halves_of_possible_changes_wait_and_those_pushed_out_are_counted() {
        let (started, succeeded) = (Outcome::Started, Outcome::Success);
        let mut log = PolicyLog::default();
        half(&mut log, 0, "a", started, "amy");
        half(&mut log, 1, "b", succeeded, "");
        for sequence in 2..4 * WAITING as u64 {
            let id = sequence.to_string();
            let unrelated = (id.as_str(), "MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE");
            record(&mut log, sequence, unrelated, (succeeded, Change::None), "");
            // A call that failed, and one that changes nothing, are settled by their second half.
            half(&mut log, sequence, &id, started, "eve");
            half(&mut log, sequence, &id, Outcome::Denied, "");
            let harmless = (id.as_str(), VAULT_WRITE);
            record(&mut log, sequence, harmless, (started, Change::None), "");
            record(&mut log, sequence, harmless, (succeeded, Change::None), "");
        }
        assert_eq!(log.dropped(), PolicyDrops::default());
        half(&mut log, 10_000, "a", succeeded, "");
        half(&mut log, 10_001, "b", started, "ben");
        assert_eq!(recent(&log, 10_002, "", "v1"), [0, 10_001]);
        for sequence in 20_000..=20_000 + WAITING as u64 {
            half(&mut log, sequence, &sequence.to_string(), succeeded, "");
        }
        assert_eq!(log.dropped(), PolicyDrops { halves: 1, ..PolicyDrops::default() });
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
        assert_eq!(log.dropped(), PolicyDrops { entries: 1, ..PolicyDrops::default() });
    }
}
