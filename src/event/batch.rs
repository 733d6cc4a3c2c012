//! Events side by side with the text they point into.
//!
//! A [`Batch`] is refilled round after round without giving its memory back, so that parsing
//! allocates nothing once buffers have grown to their working size.

use super::{
    Access, Change, CredentialType, Field, GrantScope, IdentityKind, Key, Outcome, Plane, TickSpan,
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
    /// Data plane: the catalogue's spelling (`SecretGet`); control plane: upper case.
    Operation,
    /// Lower-case object id with dashes; else `user:<name>` (delegated) or `app:<id>` (app-only).
    Identity,
    /// Lower-case application id with dashes.
    App,
    /// Lower-case user principal name.
    User,
    /// Lower-case vault name.
    Vault,
    /// Lower-case `vault/collection/name`.
    Object,
    /// Version of the object, as written.
    ObjectVersion,
    /// Lower-case object ids with dashes, separated by single spaces, sorted.
    Grantee,
    /// Caller address without port.
    SourceIp,
    /// `a.b.c.0/24`, or the IPv6 /48.
    SourceBlock,
    /// Client string, as written.
    Client,
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
}

#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    length: u32,
}

/// One normalized record. Fixed size; its text lives in the batch that holds it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Event {
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
    /// HTTP status; 0 where the record has none.
    pub http_status: u16,
    spans: [Span; TextField::COUNT],
}

impl Event {
    /// Whether the record came after the watermark had passed its time.
    pub fn is_late(&self) -> bool {
        self.time <= self.watermark
    }

    /// How long the record took to arrive.
    pub fn delay(&self) -> TickSpan {
        self.arrival.since(self.time)
    }
}

/// Events in arrival order, and their text.
#[derive(Debug, Default)]
pub struct Batch {
    /// The events, in arrival order.
    pub events: Vec<Event>,
    text: String,
}

impl Batch {
    /// Forgets every event and keeps the memory.
    pub fn clear(&mut self) {
        self.events.clear();
        self.text.clear();
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
        let span = |at: usize| u32::try_from(at).expect("a block holds under 4 GiB of text");
        event.spans[field as usize] =
            Span { start: span(start), length: span(self.text.len() - start) };
    }

    /// The event at `index` together with its text.
    pub fn view(&self, index: usize) -> EventView<'_> {
        EventView { event: &self.events[index], text: &self.text }
    }

    /// An event of this batch together with its text; for events not pushed yet.
    pub fn view_of<'a>(&'a self, event: &'a Event) -> EventView<'a> {
        EventView { event, text: &self.text }
    }

    /// All events with their text, in arrival order.
    pub fn views(&self) -> impl Iterator<Item = EventView<'_>> {
        self.events.iter().map(|event| EventView { event, text: &self.text })
    }
}

/// An event and the text it points into.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    /// The fixed-size part.
    pub event: &'a Event,
    text: &'a str,
}

impl<'a> EventView<'a> {
    /// The text of `field`; empty where the record has none.
    pub fn text(&self, field: TextField) -> &'a str {
        let Span { start, length } = self.event.spans[field as usize];
        &self.text[start as usize..][..length as usize]
    }

    /// The field's value as a word or text; `None` where absent, and for `http_status`, which is a
    /// number.
    pub fn value(&self, field: Field) -> Option<&'a str> {
        let event = self.event;
        let text = match field {
            Field::Plane => return Some(event.plane.word()),
            Field::Access => return Some(event.access.word()),
            Field::Outcome => return Some(event.outcome.word()),
            Field::IdentityKind => return Some(event.identity_kind.word()),
            Field::CredentialType if event.credential_type == CredentialType::None => return None,
            Field::CredentialType => return Some(event.credential_type.word()),
            Field::Change if event.change == Change::None => return None,
            Field::Change => return Some(event.change.word()),
            Field::GrantScope if event.grant_scope == GrantScope::None => return None,
            Field::GrantScope => return Some(event.grant_scope.word()),
            Field::HttpStatus => return None,
            Field::Operation => TextField::Operation,
            Field::Identity => TextField::Identity,
            Field::App => TextField::App,
            Field::User => TextField::User,
            Field::Vault => TextField::Vault,
            Field::Object => TextField::Object,
            Field::ObjectVersion => TextField::ObjectVersion,
            Field::Grantee => TextField::Grantee,
            Field::SourceIp => TextField::SourceIp,
            Field::SourceBlock => TextField::SourceBlock,
            Field::Client => TextField::Client,
            Field::CorrelationId => TextField::CorrelationId,
            Field::ResourceId => TextField::ResourceId,
            Field::Subscription => TextField::Subscription,
        };
        Some(self.text(text)).filter(|value| !value.is_empty())
    }

    /// The key of the field's value; `None` where the record has none.
    pub fn key(&self, field: Field) -> Option<Key> {
        match field {
            Field::HttpStatus if self.event.http_status == 0 => None,
            Field::HttpStatus => Some(Key::of(&self.event.http_status.to_le_bytes())),
            _ => self.value(field).map(|value| Key::of(value.as_bytes())),
        }
    }

    /// The key of the tuple of `fields`; `None` where one is missing, and for no fields the key of
    /// the empty tuple.
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
