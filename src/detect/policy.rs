//! The log of changes of access, which every partition reads.
//!
//! Grants, network changes and the like are rare, but a read must be judged against those made by
//! somebody else, who may live in another partition. The driver appends each such record once, in
//! arrival order; a partition looks only at what arrived before the event it judges, so it may lag
//! behind the log as far as it likes.
//!
//! Contract: an event sees the newest [`VISIBLE`] entries before it, however rounds are cut: the log
//! may hold more until [`PolicyLog::trim`].

use std::collections::VecDeque;

use super::Evidence;
use crate::event::{Change, EventView, Field, Key, Outcome, TextField};

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
    trimmed: u64,
    grantees_dropped: u64,
}

/// One change of access.
#[derive(Debug)]
struct Entry {
    sequence: u64,
    record: Evidence,
    vault: Option<Key>,
    identity: Option<Key>,
    grantees: Vec<Key>,
}

impl PolicyLog {
    /// Takes in a record at its place in arrival order; remembers it if it changed access and
    /// succeeded. Sequences must ascend.
    pub fn append(&mut self, sequence: u64, view: &EventView<'_>) {
        let event = view.event;
        if event.change == Change::None || event.outcome != Outcome::Success {
            return;
        }
        let mut ids = view.text(TextField::Grantee).split_ascii_whitespace();
        let grantees = ids.by_ref().take(GRANTEES).map(|id| Key::of(id.as_bytes())).collect();
        self.grantees_dropped += ids.count() as u64;
        self.entries.push_back(Entry {
            sequence,
            record: Evidence { time: event.time, origin: event.origin },
            vault: view.key(Field::Vault),
            identity: view.key(Field::Identity),
            grantees,
        });
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
