//! The log of changes of access, which every partition reads.
//!
//! Grants, network changes and the like are rare, but a read must be judged against those made by
//! somebody else, who may live in another partition. The driver appends each such record once, in
//! arrival order; a partition looks only at what arrived before the event it judges, so it may lag
//! behind the log as far as it likes.
//!
//! An entry is a change that was done. Of one made through the Activity Log it stands for the Start,
//! which an analyst wants to read, once [`Joins`](super::Joins) has found it; a Success that says by
//! itself what it changes is an entry until its Start arrives and takes its place.
//!
//! Contract: an event sees the newest [`VISIBLE`] entries before it, however rounds are cut: the log
//! may hold more until [`PolicyLog::trim`].

use std::collections::VecDeque;

use super::Evidence;
use crate::event::{
    Access, Change, Event, EventView, Field, Key, Origin, Outcome, Plane, TextField,
};

/// How many entries an event can see: weeks of a large tenant's changes, and little enough to scan
/// for every alert.
const VISIBLE: usize = 4096;

/// How many grantees of one record are remembered: templates grant a handful at once.
const GRANTEES: usize = 16;

/// How many changes an alert lists: what an analyst reads, not an archive.
const LISTED: usize = 8;

/// Records that changed who may reach a vault, in arrival order.
#[derive(Debug, Default)]
pub struct PolicyLog {
    entries: VecDeque<Entry>,
    dropped: PolicyDrops,
}

/// What a [`PolicyLog`] left out to stay bounded, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyDrops {
    /// Entries forgotten because newer ones filled the log.
    pub entries: u64,
    /// Grantees left out of long lists.
    pub grantees: u64,
}

/// One change of access.
#[derive(Clone, Debug)]
struct Entry {
    sequence: u64,
    /// The record that says it was done.
    done: Origin,
    /// When the Start arrived that has taken the entry's place; later events see that one only.
    replaced: Option<u64>,
    /// The record that says what was done.
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

    /// Takes in a record that [concerns](Self::concerns) the log, at its place in arrival order: with
    /// its Start where that has arrived, and at the place of the Start where that came later.
    /// Sequences must ascend.
    pub fn append(&mut self, sequence: u64, view: &EventView<'_>, start: Option<Evidence>) {
        let event = view.event;
        if event.change == Change::None || event.outcome != Outcome::Success {
            return;
        }
        let mut newest_first = self.entries.iter_mut().rev();
        if start.is_some()
            && let Some(before) = newest_first.find(|entry| entry.done == event.origin)
        {
            before.replaced = Some(sequence);
        }
        let mut ids = view.text(TextField::Grantee).split_ascii_whitespace();
        let grantees = ids.by_ref().take(GRANTEES).map(|id| Key::of(id.as_bytes())).collect();
        self.dropped.grantees += ids.count() as u64;
        self.entries.push_back(Entry {
            sequence,
            done: event.origin,
            replaced: None,
            record: start.unwrap_or(Evidence { time: event.time, origin: event.origin }),
            vault: view.key(Field::Vault),
            identity: view.key(Field::Identity),
            grantees,
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Batch, Ticks};

    /// Appends a grant whose record lies at its sequence unless `done` and `start` say otherwise.
    fn grant(
        log: &mut PolicyLog,
        sequence: u64,
        (vault, by, to): (&str, &str, &str),
        (outcome, done, start): (Outcome, u64, Option<u64>),
    ) {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        (event.time, event.origin.offset) = (Ticks(done as i64), done);
        (event.change, event.outcome) = (Change::Grant, outcome);
        batch.set_text(&mut event, TextField::Vault, vault);
        batch.set_text(&mut event, TextField::Identity, by);
        batch.set_text(&mut event, TextField::Grantee, to);
        let start = start.map(|offset| Evidence {
            time: Ticks(offset as i64),
            origin: Origin { file: 0, offset },
        });
        log.append(sequence, &batch.view_of(&event), start);
    }

    fn append(log: &mut PolicyLog, sequence: u64, vault: &str, by: &str, to: &str, ok: bool) {
        let outcome = if ok { Outcome::Success } else { Outcome::Denied };
        grant(log, sequence, (vault, by, to), (outcome, sequence, None));
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

    #[test]
    fn an_entry_stands_for_its_start_once_that_has_arrived() {
        let mut log = PolicyLog::default();
        grant(&mut log, 2, ("v1", "", "amy"), (Outcome::Success, 2, Some(1)));
        assert_eq!((recent(&log, 2, "", "v1"), recent(&log, 3, "", "v1")), (vec![], vec![1]));
        grant(&mut log, 4, ("v2", "", ""), (Outcome::Success, 4, None));
        grant(&mut log, 6, ("v2", "", "amy"), (Outcome::Success, 4, Some(6)));
        for (sequence, vault, grantee) in [(4, vec![], vec![1]), (6, vec![4], vec![1])] {
            assert_eq!(recent(&log, sequence, "", "v2"), vault, "before {sequence}");
            assert_eq!(recent(&log, sequence, "amy", ""), grantee, "before {sequence}");
        }
        assert_eq!((recent(&log, 7, "", "v2"), recent(&log, 7, "amy", "")), (vec![6], vec![1, 6]));
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
