//! Duplicates: records that agree with an earlier one in every normalized field.
//!
//! Contract: a record is a duplicate iff it has a correlation id, is not late, and one that arrived
//! earlier agrees with it in every normalized field. Agreeing includes the event time, so the
//! earlier one was not late either, and a key whose time the watermark has passed can be forgotten:
//! its next bearer would be late. Origin and arrival time are no normalized fields.

use super::table::Table;
use crate::event::{EventView, Key, TextField, Ticks};
use crate::limits::Caps;

/// Remembers records by their keys, as long as a duplicate could arrive in time.
#[derive(Debug)]
pub struct Dedupe {
    seen: Table<Ticks>,
}

impl Default for Dedupe {
    fn default() -> Self {
        Self::new(Caps::DUPLICATE_KEYS)
    }
}

impl Dedupe {
    /// Nothing seen yet, for at most `capacity` keys.
    pub fn new(capacity: usize) -> Self {
        Self { seen: Table::new(capacity) }
    }

    /// Whether the record repeats one that was shown before; remembers it otherwise.
    ///
    /// `time` and `watermark` are the record's own; a late record is never a duplicate and is not
    /// remembered.
    pub fn is_duplicate(&mut self, key: Key, time: Ticks, watermark: Ticks) -> bool {
        if time <= watermark {
            return false;
        }
        let mut is_new = false;
        let make = || {
            is_new = true;
            time
        };
        self.seen.get_or_insert_with(key, |&time| time <= watermark, |_, _| (), make);
        !is_new
    }

    /// How many keys were forgotten early because the memory was full.
    pub fn evictions(&self) -> u64 {
        self.seen.evictions()
    }
}

/// The key by which a record is compared with others; `None` without a correlation id. `scratch` is
/// working memory to reuse.
pub fn record_key(view: &EventView<'_>, scratch: &mut Vec<u8>) -> Option<Key> {
    if view.text(TextField::CorrelationId).is_empty() {
        return None;
    }
    let event = view.event;
    scratch.clear();
    scratch.extend_from_slice(&event.time.0.to_le_bytes());
    scratch.extend_from_slice(&event.http_status.to_le_bytes());
    scratch.extend_from_slice(&[
        event.plane as u8,
        event.access as u8,
        event.outcome as u8,
        event.identity_kind as u8,
        event.credential_type as u8,
        event.change as u8,
        event.grant_scope as u8,
    ]);
    // A key that is there already stands for its text.
    let (keyed, others) = TextField::ALL.split_at(TextField::KEYED);
    for &field in keyed {
        scratch.extend_from_slice(&view.text_key(field).unwrap_or_default().0.to_le_bytes());
    }
    for text in others.iter().map(|&field| view.text(field).as_bytes()) {
        // The length before the text keeps ("ab", "c") apart from ("a", "bc").
        scratch.extend_from_slice(&(text.len() as u32).to_le_bytes());
        scratch.extend_from_slice(text);
    }
    Some(Key::of(scratch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Batch, Event, Outcome};

    fn key(edit: impl FnOnce(&mut Batch, &mut Event)) -> Option<Key> {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        event.time = Ticks(9);
        batch.set_text(&mut event, TextField::CorrelationId, "c1");
        batch.set_text(&mut event, TextField::Vault, "ab");
        edit(&mut batch, &mut event);
        record_key(&batch.view_of(&event), &mut Vec::new())
    }

    #[test]
    fn every_normalized_field_takes_part_and_nothing_else() {
        let base = key(|_, _| ());
        assert!(base.is_some());
        for field in TextField::ALL {
            assert_ne!(
                key(|batch, event| batch.set_text(event, field, "other")),
                base,
                "{field:?}"
            );
        }
        assert_ne!(key(|_, event| event.time = Ticks(10)), base);
        assert_ne!(key(|_, event| event.outcome = Outcome::Denied), base);
        assert_ne!(key(|_, event| event.http_status = 200), base);
        assert_eq!(key(|_, event| event.arrival = Ticks(77)), base);
        assert_eq!(key(|_, event| event.origin.offset = 77), base);
    }

    #[test]
    fn text_does_not_leak_from_one_field_into_the_next() {
        let split = |vault: &'static str, object: &'static str| {
            key(|batch, event| {
                batch.set_text(event, TextField::Vault, vault);
                batch.set_text(event, TextField::Object, object);
            })
        };
        assert_ne!(split("ab", "c"), split("a", "bc"));
    }

    #[test]
    fn a_record_without_correlation_id_is_never_compared() {
        assert_eq!(key(|batch, event| batch.set_text(event, TextField::CorrelationId, "")), None);
    }

    #[test]
    fn a_late_record_is_no_duplicate() {
        let mut dedupe = Dedupe::default();
        assert!(!dedupe.is_duplicate(Key(1), Ticks(10), Ticks(0)));
        assert!(dedupe.is_duplicate(Key(1), Ticks(10), Ticks(9)));
        assert!(!dedupe.is_duplicate(Key(1), Ticks(10), Ticks(10)));
    }
}
