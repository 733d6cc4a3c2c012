//! An event whose field keys are computed once, however many rules ask for them.

use std::cell::Cell;

use crate::event::{Event, EventView, Field, Key};

/// An event, its text, and the keys of its fields, computed when first asked for.
#[derive(Debug)]
pub(super) struct Keyed<'a> {
    pub(super) event: &'a Event,
    pub(super) text: EventView<'a>,
    keys: [Cell<Key>; Field::ALL.len()],
    /// One bit per field: whether its key is computed, and whether it has one.
    computed: Cell<u32>,
    present: Cell<u32>,
}

impl<'a> Keyed<'a> {
    pub(super) fn new(text: EventView<'a>) -> Self {
        Self {
            event: text.event,
            text,
            keys: [const { Cell::new(Key(0)) }; Field::ALL.len()],
            computed: Cell::new(0),
            present: Cell::new(0),
        }
    }

    /// The key of the field's value; `None` where the event has none.
    pub(super) fn key(&self, field: Field) -> Option<Key> {
        let (place, bit) = (field as usize, 1 << field as u32);
        if self.computed.get() & bit == 0 {
            self.computed.set(self.computed.get() | bit);
            if let Some(key) = self.text.key(field) {
                self.present.set(self.present.get() | bit);
                self.keys[place].set(key);
            }
        }
        (self.present.get() & bit != 0).then(|| self.keys[place].get())
    }

    /// The key of the tuple of `fields`, as [`EventView::tuple_key`].
    pub(super) fn tuple_key(&self, fields: &[Field]) -> Option<Key> {
        self.prefix_and_tuple(fields, 0).map(|(_, tuple)| tuple)
    }

    /// The keys of the first `known` fields (none for 0) and of all fields; `None` where a field is
    /// missing.
    pub(super) fn prefix_and_tuple(
        &self,
        fields: &[Field],
        known: usize,
    ) -> Option<(Option<Key>, Key)> {
        let (mut prefix, mut tuple) = (None, Key::default());
        for (place, &field) in fields.iter().enumerate() {
            let key = self.key(field)?;
            tuple = if place == 0 { key } else { tuple.then(key) };
            if place + 1 == known {
                prefix = Some(tuple);
            }
        }
        Some((prefix, tuple))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Batch, Event, TextField};

    #[test]
    fn keys_are_those_of_the_view() {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        batch.set_text(&mut event, TextField::Identity, "amy");
        batch.set_text(&mut event, TextField::Vault, "red");
        let view = batch.view_of(&event);
        let keyed = Keyed::new(view);
        for fields in [&[][..], &[Field::Identity], &[Field::Identity, Field::Vault, Field::Plane]]
        {
            assert_eq!(keyed.tuple_key(fields), view.tuple_key(fields));
            for known in 1..=fields.len() {
                let keys = keyed.prefix_and_tuple(fields, known);
                assert_eq!(keys.and_then(|keys| keys.0), view.tuple_key(&fields[..known]));
            }
        }
        assert_eq!(keyed.tuple_key(&[Field::Identity, Field::Object]), None);
    }
}
