//! Pseudonyms for logs that are to be shared.
//!
//! Contract: under one key a value has the same pseudonym in every file and every run, whatever its
//! spelling; under another key another one. GUIDs stay GUIDs, names stay names of their length, addresses
//! keep their blocks, and JSON in strings is entered. What is kept is on lists of what identifies nobody; everything else is
//! replaced, fields that nobody knows included. Numbers that are not in strings, and times, stay. Pure: the
//! same key and text give the same text.

mod addresses;
mod fields;
mod guids;
mod key;
mod names;
mod tokens;
mod words;

use std::borrow::Cow;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

pub use key::{MIN_KEY_BYTES, ShortKey};

use crate::records::{NotJson, Rewrite, rewrite};
use fields::{Form, Treatment};
use key::Keyed;
use tokens::Kind;

/// How many texts are remembered before all are forgotten: most of a log repeats.
const MAX_KNOWN: usize = 1 << 16;

/// Longest text that is remembered, in bytes.
const MAX_KNOWN_BYTES: usize = 512;

/// How many strings with JSON in strings with JSON are entered; below that they are text.
const MAX_ENTERED: usize = 4;

/// Replaces what identifies somebody.
#[derive(Debug)]
pub struct Scrubber {
    keyed: Keyed,
    known: HashMap<(u8, String), String, RandomState>,
}

impl Scrubber {
    /// A scrubber with that key.
    ///
    /// # Errors
    /// [`ShortKey`] if the key has fewer than [`MIN_KEY_BYTES`] bytes.
    pub fn new(key: &[u8]) -> Result<Self, ShortKey> {
        let known = HashMap::with_hasher(RandomState::default());
        Ok(Self { keyed: Keyed::new(key)?, known })
    }

    /// A record in resource-log form, with pseudonyms.
    ///
    /// # Errors
    /// [`NotJson`].
    pub fn record(&mut self, record: &str) -> Result<String, NotJson> {
        self.rewritten(record, Form::Record, 0)
    }

    /// A line of truth, with pseudonyms.
    ///
    /// # Errors
    /// [`NotJson`].
    pub fn truth(&mut self, line: &str) -> Result<String, NotJson> {
        self.rewritten(line, Form::Truth, 0)
    }

    /// A value on its own: an id, a name, an address, or a text with them.
    pub fn text(&mut self, text: &str) -> String {
        self.replaced(text, Kind::Plain)
    }

    fn rewritten(&mut self, text: &str, form: Form, entered: usize) -> Result<String, NotJson> {
        let mut out = String::with_capacity(text.len());
        rewrite(text, &mut Visitor { scrubber: self, form, entered }, &mut out)?;
        Ok(out)
    }

    fn replaced(&mut self, text: &str, kind: Kind) -> String {
        if text.len() > MAX_KNOWN_BYTES {
            return tokens::scrubbed(&self.keyed, text, kind);
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        let Self { keyed, known } = self;
        let entry = known.entry((kind as u8, text.to_owned()));
        entry.or_insert_with(|| tokens::scrubbed(keyed, text, kind)).clone()
    }
}

/// Decides value by value.
struct Visitor<'s> {
    scrubber: &'s mut Scrubber,
    form: Form,
    /// How many strings deep it is.
    entered: usize,
}

impl Rewrite for Visitor<'_> {
    fn key(&mut self, path: &[Cow<'_, str>], key: &str) -> Option<String> {
        (!fields::is_kept_key(path, key)).then(|| self.scrubber.text(key))
    }

    fn text(&mut self, path: &[Cow<'_, str>], text: &str) -> Option<String> {
        if text.trim_start().starts_with(['{', '[']) && self.entered < MAX_ENTERED {
            let inner = self.scrubber.rewritten(text, self.form, self.entered + 1);
            if let Ok(inner) = inner {
                return Some(inner);
            }
        }
        match fields::of_text(self.form, path, text) {
            Treatment::Keep => None,
            Treatment::Scrub(kind) => Some(self.scrubber.replaced(text, kind)),
        }
    }
}
