//! Events side by side with the text they point into.
//!
//! A [`Batch`] is refilled round after round without giving its memory back, so that parsing
//! allocates nothing once buffers have grown to their working size.

use super::{
    Access, Change, CredentialType, Extra, Field, GrantScope, IdentityKind, Key, Outcome, Plane,
    Ticks,
};

/// Where a record starts: input file by its place in the run's list, and byte offset in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Index of the file in the run's list of inputs.
    pub file: u32,
    /// Byte offset of the record's first byte (of the decompressed text).
    pub offset: u64,
}

/// The fields of an event that hold text, each normalized as noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum TextField {
    /// Lower-case object id with dashes; else `user:<name>` (delegated) or `app:<id>` (app-only).
    Identity,
    /// Lower-case vault name.
    Vault,
    /// Lower-case `vault/collection/name`.
    Object,
    /// `a.b.c.0/24`, or the IPv6 /48.
    SourceBlock,
    /// Client string, as written.
    Client,
    /// Data plane: the catalogue's spelling (`SecretGet`); control plane: upper case.
    Operation,
    /// Lower-case application id with dashes.
    App,
    /// Lower-case user principal name.
    User,
    /// Version of the object, as written.
    ObjectVersion,
    /// Lower-case object ids with dashes, separated by single spaces, sorted.
    Grantee,
    /// Caller address without port.
    SourceIp,
    /// Lower-case correlation id.
    CorrelationId,
    /// Lower-case Azure resource id.
    ResourceId,
    /// Lower-case subscription id.
    Subscription,
}

impl TextField {
    /// How many text fields an event has.
    pub const COUNT: usize = Self::Subscription as usize + 1;

    /// Every text field, in declaration order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Identity,
        Self::Vault,
        Self::Object,
        Self::SourceBlock,
        Self::Client,
        Self::Operation,
        Self::App,
        Self::User,
        Self::ObjectVersion,
        Self::Grantee,
        Self::SourceIp,
        Self::CorrelationId,
        Self::ResourceId,
        Self::Subscription,
    ];

    /// The first so many fields have their keys computed with their text: rules and profiles ask for
    /// them of nearly every event, when the text is no longer at hand.
    pub const KEYED: usize = Self::Client as usize + 1;
}

#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    length: u32,
}

/// A value of a field that is not canonical.
#[derive(Clone, Copy, Debug)]
struct ExtraValue {
    field: Extra,
    span: Span,
}

/// One normalized record. Fixed size; its text lives in the batch that holds it.
///
/// What routing and judging read comes first, so that they touch two lines of the cache and not four.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub struct Event {
    keys: [Key; TextField::KEYED],
    /// Event time.
    pub time: Ticks,
    /// Arrival time at the collector.
    pub arrival: Ticks,
    /// The watermark W(r) of this record; events at or before it are late.
    pub watermark: Ticks,
    /// Where the record starts.
    pub origin: Origin,
    /// Which log.
    pub plane: Plane,
    /// What the operation does.
    pub access: Access,
    /// How the call ended.
    pub outcome: Outcome,
    /// Who called.
    pub identity_kind: IdentityKind,
    /// Kind of object concerned.
    pub credential_type: CredentialType,
    /// What it changes about access.
    pub change: Change,
    /// How wide a grant reaches.
    pub grant_scope: GrantScope,
    /// A bit for each field with a key that has a value.
    keyed: u8,
    /// HTTP status; 0 where the record has none.
    pub http_status: u16,
    spans: [Span; TextField::COUNT],
    /// Which of its batch's extra values are its own.
    extras: Span,
}

const _: () = assert!(std::mem::offset_of!(Event, http_status) == 128, "see the layout of Event");

impl Event {
    /// The arrival of a record that does not say when it arrived, until it is known otherwise.
    pub const NO_ARRIVAL: Ticks = Ticks::MIN;

    /// Whether the record came after the watermark had passed its time.
    #[inline]
    pub fn is_late(&self) -> bool {
        self.time <= self.watermark
    }
}

/// A Success that the Start among a batch's events has completed: it arrived before the Start, which
/// says what was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Completed {
    /// Place of the Start among the batch's events.
    pub start: u32,
    /// The Success as its record has it.
    pub before: Event,
    /// The Success with what the Start adds, as of the Start's arrival.
    pub event: Event,
}

/// Events in arrival order, and their text.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The events, in arrival order.
    pub events: Vec<Event>,
    /// What the events complete, by the place of the Start.
    pub completed: Vec<Completed>,
    text: String,
    extras: Vec<ExtraValue>,
}

impl Batch {
    /// Forgets every event and keeps the memory.
    pub fn clear(&mut self) {
        self.events.clear();
        self.completed.clear();
        self.text.clear();
        self.extras.clear();
    }

    /// Stores `value` as `field` of `event`, which need not be in the batch yet.
    ///
    /// # Panics
    /// If the batch would hold 4 GiB of text; a block is bounded far below that.
    #[inline]
    pub fn set_text(&mut self, event: &mut Event, field: TextField, value: &str) {
        self.set_text_with(event, field, |text| text.push_str(value));
    }

    /// Stores as `field` of `event` what `write` appends to the batch's text.
    ///
    /// # Panics
    /// As [`Batch::set_text`].
    #[inline]
    pub fn set_text_with(
        &mut self,
        event: &mut Event,
        field: TextField,
        write: impl FnOnce(&mut String),
    ) {
        let start = self.text.len();
        write(&mut self.text);
        let end = u32::try_from(self.text.len()).expect("a block holds under 4 GiB of text");
        event.spans[field as usize] = Span { start: start as u32, length: end - start as u32 };
        if let Some(key) = event.keys.get_mut(field as usize) {
            let value = &self.text.as_bytes()[start..];
            *key = Key::of(value);
            event.keyed &= !(1 << field as u8);
            event.keyed |= u8::from(!value.is_empty()) << field as u8;
        }
    }

    /// Adds to the values of `field` of `event` what `write` appends to the batch's text, unless that
    /// is nothing. All values of an event are added before those of the next.
    ///
    /// # Panics
    /// As [`Batch::set_text`].
    pub fn add_extra(&mut self, event: &mut Event, field: Extra, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        let end = u32::try_from(self.text.len()).expect("a block holds under 4 GiB of text");
        if end as usize == start {
            return;
        }
        if event.extras.length == 0 {
            event.extras.start =
                u32::try_from(self.extras.len()).expect("every value has a byte of text");
        }
        event.extras.length += 1;
        let span = Span { start: start as u32, length: end - start as u32 };
        self.extras.push(ExtraValue { field, span });
    }

    /// A copy, with its text in this batch, of an event of another; for the caller to put somewhere.
    pub fn adopt(&mut self, view: &EventView<'_>) -> Event {
        let mut event = Event { extras: Span::default(), ..*view.event };
        for field in TextField::ALL {
            self.set_text(&mut event, field, view.text(field));
        }
        for (field, value) in view.all_extras() {
            self.add_extra(&mut event, field, |text| text.push_str(value));
        }
        event
    }

    /// Bytes held.
    pub fn size_bytes(&self) -> usize {
        self.events.capacity() * size_of::<Event>()
            + self.completed.capacity() * size_of::<Completed>()
            + self.text.capacity()
            + self.extras.capacity() * size_of::<ExtraValue>()
    }

    /// The event at `index` together with its text.
    #[inline]
    pub fn view(&self, index: usize) -> EventView<'_> {
        self.view_of(&self.events[index])
    }

    /// An event of this batch together with its text; for events not pushed yet.
    #[inline]
    pub fn view_of<'a>(&'a self, event: &'a Event) -> EventView<'a> {
        EventView { event, text: &self.text, extras: &self.extras }
    }

    /// All events with their text, in arrival order.
    pub fn views(&self) -> impl Iterator<Item = EventView<'_>> {
        self.events.iter().map(|event| self.view_of(event))
    }
}

/// An event and the text it points into.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    /// The fixed-size part.
    pub event: &'a Event,
    text: &'a str,
    extras: &'a [ExtraValue],
}

impl<'a> EventView<'a> {
    /// The text of `field`; empty where the record has none.
    #[inline]
    pub fn text(&self, field: TextField) -> &'a str {
        self.at(self.event.spans[field as usize])
    }

    /// The values of a field that is not canonical, in the order of the record; none where the record
    /// has none, and where nobody asked the parser for the field.
    pub fn extras(&self, field: Extra) -> impl Iterator<Item = &'a str> {
        let Span { start, length } = self.event.extras;
        let (view, its) = (*self, &self.extras[start as usize..][..length as usize]);
        its.iter().filter(move |value| value.field.is(field)).map(move |value| view.at(value.span))
    }

    /// Every value of a field that is not canonical, with its field.
    fn all_extras(&self) -> impl Iterator<Item = (Extra, &'a str)> {
        let Span { start, length } = self.event.extras;
        let (view, its) = (*self, &self.extras[start as usize..][..length as usize]);
        its.iter().map(move |value| (value.field, view.at(value.span)))
    }

    /// Whether the record has a value of any field that is not canonical and that was asked for.
    pub fn has_extras(&self) -> bool {
        self.event.extras.length > 0
    }

    #[inline]
    fn at(&self, Span { start, length }: Span) -> &'a str {
        &self.text[start as usize..][..length as usize]
    }

    /// The field's value as a word or text, the first of several; `None` where absent, and for
    /// `http_status`, which is a number.
    #[inline]
    pub fn value(&self, field: Field) -> Option<&'a str> {
        match (field.text_field(), field) {
            (Some(text), _) => Some(self.text(text)).filter(|value| !value.is_empty()),
            (None, Field::Extra(extra)) => self.extras(extra).next(),
            (None, _) => self.word(field),
        }
    }

    /// The word of an enum field; `None` where absent, and for other fields.
    fn word(&self, field: Field) -> Option<&'static str> {
        let event = self.event;
        let (word, is_absent) = match field {
            Field::Plane => (event.plane.word(), false),
            Field::Access => (event.access.word(), false),
            Field::Outcome => (event.outcome.word(), false),
            Field::IdentityKind => (event.identity_kind.word(), false),
            Field::CredentialType => {
                (event.credential_type.word(), event.credential_type == CredentialType::None)
            }
            Field::Change => (event.change.word(), event.change == Change::None),
            Field::GrantScope => (event.grant_scope.word(), event.grant_scope == GrantScope::None),
            _ => return None,
        };
        Some(word).filter(|_| !is_absent)
    }

    /// The key of the field's value; `None` where the record has none.
    #[inline]
    pub fn key(&self, field: Field) -> Option<Key> {
        match field.text_field() {
            Some(text) => self.text_key(text),
            None => self.word_key(field),
        }
    }

    /// The key of the field's text; `None` where the record has none.
    #[inline]
    pub fn text_key(&self, field: TextField) -> Option<Key> {
        let place = field as usize;
        if place < TextField::KEYED {
            return (self.event.keyed >> place & 1 == 1).then(|| self.event.keys[place]);
        }
        Some(self.text(field)).filter(|text| !text.is_empty()).map(|text| Key::of(text.as_bytes()))
    }

    fn word_key(&self, field: Field) -> Option<Key> {
        match field {
            Field::HttpStatus if self.event.http_status == 0 => None,
            Field::HttpStatus => Some(Key::of(&self.event.http_status.to_le_bytes())),
            _ => self.value(field).map(|value| Key::of(value.as_bytes())),
        }
    }

    /// The key of the tuple of `fields`; `None` where one is missing, and for no fields the key of
    /// the empty tuple.
    #[inline]
    pub fn tuple_key(&self, fields: &[Field]) -> Option<Key> {
        let Some((first, rest)) = fields.split_first() else { return Some(Key::default()) };
        rest.iter().try_fold(self.key(*first)?, |key, field| Some(key.then(self.key(*field)?)))
    }

    /// The field's value as text for a person or a report.
    pub fn display(&self, field: Field) -> Option<String> {
        match field {
            Field::HttpStatus => {
                Some(self.event.http_status).filter(|&code| code != 0).map(|code| code.to_string())
            }
            _ => self.value(field).map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_that_of_the_text_whether_computed_early_or_late() {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        batch.set_text(&mut event, TextField::Identity, "first");
        batch.set_text(&mut event, TextField::Identity, "amy");
        batch.set_text(&mut event, TextField::User, "amy");
        let view = batch.view_of(&event);
        let amy = Some(Key::of(b"amy"));
        assert_eq!((view.key(Field::Identity), view.key(Field::User)), (amy, amy));
        assert_eq!((view.key(Field::Vault), view.key(Field::App)), (None, None));
        assert_eq!(view.key(Field::Plane), Some(Key::of(b"data")));
        assert_eq!(view.key(Field::CredentialType), None);
    }

    #[test]
    fn extra_values_stay_with_their_event_and_field() {
        let field = |name| Extra::named(name).unwrap();
        let mut batch = Batch::default();
        for (index, values) in [&["a", "", "b"][..], &[], &["c"]].into_iter().enumerate() {
            let mut event = Event::default();
            for value in values {
                batch.add_extra(&mut event, field("tested.one"), |text| text.push_str(value));
            }
            batch.add_extra(&mut event, field("tested.two"), |text| text.push('z'));
            batch.events.push(event);
            let view = batch.view(index);
            assert!(
                view.extras(field("tested.one"))
                    .eq(values.iter().copied().filter(|v| !v.is_empty()))
            );
            assert!(view.extras(field("tested.two")).eq(["z"]));
            assert_eq!(view.extras(field("tested.three")).count(), 0);
            let key = view.key(Field::Extra(field("tested.one")));
            assert_eq!(key, values.first().map(|value| Key::of(value.as_bytes())));
        }
        assert_eq!(batch.view(2).display(Field::Extra(field("tested.one"))), Some("c".to_owned()));
        batch.clear();
        assert_eq!(batch.view_of(&Event::default()).extras(field("tested.one")).count(), 0);
    }

    #[test]
    fn a_tuple_has_a_key_only_if_every_field_has_one() {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        batch.set_text(&mut event, TextField::Identity, "amy");
        batch.set_text(&mut event, TextField::Vault, "red");
        let view = batch.view_of(&event);
        let both = Key::of(b"amy").then(Key::of(b"red"));
        assert_eq!(view.tuple_key(&[Field::Identity, Field::Vault]), Some(both));
        assert_eq!(view.tuple_key(&[Field::Identity, Field::Object]), None);
        assert_eq!(view.tuple_key(&[]), Some(Key::default()));
    }
}
