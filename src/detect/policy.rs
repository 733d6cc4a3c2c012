//! The log of changes of access, which every partition reads.
//!
//! Grants, network changes and the like are rare, but a read must be judged against those made by
//! somebody else, who may live in another partition. The driver appends each such record once, in
//! arrival order; a partition looks only at what arrived before the event it judges, so it may lag
//! behind the log as far as it likes.
//!
//! An entry is a change that was done, or a vault write that is not known to be one. Of one made
//! through the Activity Log it stands for the Start, which an analyst wants to read, once
//! [`Joins`](super::Joins) has found it; a Success that says by itself what it changes is an entry
//! until its Start arrives and takes its place.
//!
//! Contract: an event sees the newest [`VISIBLE`] entries before it, however rounds are cut: the log
//! may hold more until [`PolicyLog::trim`].

use std::collections::VecDeque;

use super::judged::Finding;
use super::{Changes, Evidence, KeyClass, Request};
use crate::event::{Access, Change, Event, EventView, Field, Key, Outcome, Plane, TextField};

/// How many entries an event can see: weeks of a large tenant's changes, and little enough to scan
/// for every alert.
const VISIBLE: usize = 4096;

/// How many grantees of one record are remembered: templates grant a handful at once.
const GRANTEES: usize = 16;

/// How many changes, and how many requests behind its evidence, an alert lists: what an analyst reads,
/// not an archive.
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
    /// What the Success says, with what its Start adds.
    change: Change,
    /// The record that says it was done.
    done: Evidence,
    /// When the Start arrived that has taken the entry's place; later events see that one only.
    replaced: Option<u64>,
    /// The record that says what was done.
    record: Evidence,
    vault: Option<Key>,
    identity: Option<Key>,
    grantees: Vec<Key>,
}

/// How far into the log an alert sees.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reach {
    /// Up to the record at that place, which completes it.
    Through(u64),
    /// Up to the record at that place, which has not arrived yet.
    Before(u64),
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
        let is_of_interest = event.change != Change::None || start.is_some();
        if !is_of_interest || event.outcome != Outcome::Success {
            return;
        }
        let done = Evidence { time: event.time, origin: event.origin };
        let mut newest_first = self.entries.iter_mut().rev();
        if start.is_some()
            && let Some(before) = newest_first.find(|entry| entry.done == done)
        {
            before.replaced = Some(sequence);
        }
        let mut ids = view.text(TextField::Grantee).split_ascii_whitespace();
        let grantees = ids.by_ref().take(GRANTEES).map(|id| Key::of(id.as_bytes())).collect();
        self.dropped.grantees += ids.count() as u64;
        self.entries.push_back(Entry {
            sequence,
            change: event.change,
            done,
            replaced: None,
            record: start.unwrap_or(done),
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

    /// What an alert names of the log whose completing record is `view`: the own change of the record
    /// that it sees through counts as the request and the logging it is, but not as a recent change.
    pub(super) fn changes(
        &self,
        reach: Reach,
        view: &EventView<'_>,
        subject: Option<(KeyClass, Key)>,
        finding: &Finding,
    ) -> Changes {
        let key_of = |class| subject.filter(|of| of.0 == class).map(|of| of.1);
        let identities = [view.key(Field::Identity), key_of(KeyClass::Identity)];
        let vaults = [view.key(Field::Vault), key_of(KeyClass::Vault)];
        // A grant of wider scope completes a sequence by vault and names none.
        let of_group = || super::vault_of(&finding.group).map(|name| Key::of(name.as_bytes()));
        let logged = vaults[0].or_else(of_group);
        let mut found = Changes::default();
        let (Reach::Through(sequence) | Reach::Before(sequence)) = reach;
        for entry in self.visible(reach) {
            if entry.sequence < sequence
                && entry.change != Change::None
                && found.recent.len() < LISTED
                && entry.touches(&identities, &vaults)
            {
                found.recent.push(entry.record);
            }
            if entry.change == Change::Diagnostics && logged.is_some() && entry.vault == logged {
                found.logging = found.logging.max(Some(entry.record));
            }
            if entry.has_start() && found.requests.len() < LISTED && finding.rests_on(entry.done) {
                found.requests.push(Request { done: entry.done.origin, start: entry.record });
            }
        }
        found.recent.sort_unstable();
        found
    }

    /// The entries that stand when all within reach has been taken in, newest first: the newest
    /// [`VISIBLE`] before the record that it names, and that record's own where it has arrived.
    fn visible(&self, reach: Reach) -> impl Iterator<Item = &Entry> {
        let (Reach::Through(sequence) | Reach::Before(sequence)) = reach;
        let own = self.entries.partition_point(|entry| entry.sequence < sequence);
        let end = match reach {
            Reach::Through(_) => self.entries.partition_point(|entry| entry.sequence <= sequence),
            Reach::Before(_) => own,
        };
        let visible = self.entries.range(own.saturating_sub(VISIBLE)..end);
        visible.rev().filter(move |entry| entry.replaced.is_none_or(|start| start >= sequence))
    }
}

impl Entry {
    /// Whether the change was made to one of the vaults, or by or for one of the identities.
    fn touches(&self, identities: &[Option<Key>; 2], vaults: &[Option<Key>; 2]) -> bool {
        let is_among = |key: Key, those: &[Option<Key>; 2]| those.contains(&Some(key));
        self.vault.is_some_and(|vault| is_among(vault, vaults))
            || self.identity.is_some_and(|identity| is_among(identity, identities))
            || self.grantees.iter().any(|&grantee| is_among(grantee, identities))
    }

    fn has_start(&self) -> bool {
        self.record != self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::StepValues;
    use crate::event::{Batch, Origin, Ticks};

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
        log.append(sequence, &batch.view_of(&event), start.map(record));
    }

    fn append(log: &mut PolicyLog, sequence: u64, vault: &str, by: &str, to: &str, ok: bool) {
        let outcome = if ok { Outcome::Success } else { Outcome::Denied };
        grant(log, sequence, (vault, by, to), (outcome, sequence, None));
    }

    /// What an alert names that a record of that identity and vault completes.
    fn changes(
        log: &PolicyLog,
        sequence: u64,
        (identity, vault): (&str, &str),
        evidence: Vec<Evidence>,
    ) -> Changes {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        batch.set_text(&mut event, TextField::Identity, identity);
        batch.set_text(&mut event, TextField::Vault, vault);
        let finding = Finding { evidence, ..Finding::default() };
        log.changes(Reach::Through(sequence), &batch.view_of(&event), None, &finding)
    }

    fn recent(log: &PolicyLog, sequence: u64, identity: &str, vault: &str) -> Vec<i64> {
        let changes = changes(log, sequence, (identity, vault), Vec::new());
        changes.recent.iter().map(|found| found.time.0).collect()
    }

    fn record(offset: u64) -> Evidence {
        Evidence { time: Ticks(offset as i64), origin: Origin { file: 0, offset } }
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
    fn a_change_touches_whom_the_alert_is_about_whoever_completes_it() {
        let mut log = PolicyLog::default();
        append(&mut log, 1, "v1", "boss", "amy", true);
        let (batch, event) = (Batch::default(), Event::default());
        let recent = |class, name: &str| {
            let subject = Some((class, Key::of(name.as_bytes())));
            let view = batch.view_of(&event);
            log.changes(Reach::Through(9), &view, subject, &Finding::default()).recent.len()
        };
        assert_eq!([recent(KeyClass::Identity, "amy"), recent(KeyClass::Vault, "v1")], [1, 1]);
        assert_eq!([recent(KeyClass::Identity, "v1"), recent(KeyClass::Vault, "amy")], [0, 0]);
    }

    #[test]
    fn a_request_is_named_for_evidence_once_its_start_has_arrived() {
        let mut log = PolicyLog::default();
        grant(&mut log, 4, ("v1", "", ""), (Outcome::Success, 4, None));
        grant(&mut log, 6, ("v1", "", "amy"), (Outcome::Success, 4, Some(6)));
        grant(&mut log, 8, ("v2", "", "ben"), (Outcome::Success, 8, Some(7)));
        let requests = |sequence| {
            let evidence = vec![record(2), record(4), record(8)];
            changes(&log, sequence, ("", ""), evidence).requests
        };
        let request =
            |done: u64, start| Request { done: record(done).origin, start: record(start) };
        assert_eq!(requests(5), []);
        assert_eq!(requests(6), [request(4, 6)]);
        assert_eq!(requests(8), [request(8, 7), request(4, 6)]);
        assert_eq!(changes(&log, 9, ("", ""), vec![record(5)]).requests, []);
    }

    #[test]
    fn requests_are_found_among_the_evidence_of_every_step() {
        let step = |count| StepValues { count, distinct: None, threshold: 1 };
        let finding = Finding {
            steps: vec![step(2), step(1)],
            evidence: vec![record(5), record(9), record(2)],
            ..Finding::default()
        };
        let found: Vec<u64> = (0..11).filter(|&at| finding.rests_on(record(at))).collect();
        assert_eq!(found, [2, 5, 9]);
    }

    #[test]
    fn a_write_that_changes_no_access_is_a_request_but_no_change() {
        let mut log = PolicyLog::default();
        let (mut batch, mut event) = (Batch::default(), Event::default());
        batch.set_text(&mut event, TextField::Vault, "v1");
        log.append(1, &batch.view_of(&event), None);
        event.origin.offset = 2;
        log.append(2, &batch.view_of(&event), Some(record(1)));
        let found = changes(&log, 3, ("", "v1"), vec![Evidence { time: Ticks(0), ..record(2) }]);
        assert_eq!((found.recent.len(), found.requests.len(), log.entries.len()), (0, 1, 1));
    }

    #[test]
    fn the_newest_change_of_logging_is_that_of_the_vault_by_event_time() {
        let mut log = PolicyLog::default();
        let (mut batch, mut event) = (Batch::default(), Event::default());
        event.change = Change::Diagnostics;
        for (sequence, time, vault) in [(1, 5, "v1"), (2, 3, "v1"), (3, 9, "v2"), (4, 7, "v1")] {
            (event.time, event.origin.offset) = (Ticks(time), sequence);
            batch.set_text(&mut event, TextField::Vault, vault);
            log.append(sequence, &batch.view_of(&event), None);
        }
        for sequence in 5..40 {
            append(&mut log, sequence, "v1", "boss", "amy", true);
        }
        let logging = |sequence, vault| {
            let found = changes(&log, sequence, ("boss", vault), Vec::new()).logging;
            found.map(|record| record.time.0)
        };
        assert_eq!(
            [logging(3, "v1"), logging(4, "v1"), logging(99, "v1")],
            [Some(5), Some(7), Some(7)]
        );
        assert_eq!([logging(9, "v2"), logging(9, "v3"), logging(9, "")], [Some(9), None, None]);
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
