//! Pseudonyms for logs that are to be shared.
//!
//! Contract: under one key a value has the same pseudonym in every file and every run, whatever its
//! spelling; under another key another one. GUIDs stay GUIDs, names stay names of their length, addresses
//! keep their blocks, and JSON in strings is entered. What is kept is on lists of what identifies nobody;
//! everything else is replaced, fields that nobody knows and long numbers included; of tags nothing is kept.
//! Pure: the same key and text give the same text. The work is linear in the text.

mod addresses;
mod fields;
mod guids;
mod key;
mod names;
mod numbers;
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
        self.rewritten(record, Form::Record, &[], 0)
    }

    /// A line of truth, with pseudonyms.
    ///
    /// # Errors
    /// [`NotJson`].
    pub fn truth(&mut self, line: &str) -> Result<String, NotJson> {
        self.rewritten(line, Form::Truth, &[], 0)
    }

    /// A value on its own: an id, a name, an address, or a text with them.
    pub fn text(&mut self, text: &str) -> String {
        self.replaced(text, Kind::Plain)
    }

    fn rewritten(
        &mut self,
        text: &str,
        form: Form,
        above: &[Cow<'_, str>],
        entered: usize,
    ) -> Result<String, NotJson> {
        let mut out = String::with_capacity(text.len());
        rewrite(text, &mut Visitor { scrubber: self, form, above, entered }, &mut out)?;
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
    /// The path of the string that is entered; that of the record is empty.
    above: &'s [Cow<'s, str>],
    /// How many strings deep it is.
    entered: usize,
}

impl Rewrite for Visitor<'_> {
    fn key(&mut self, path: &[Cow<'_, str>], key: &str) -> Option<String> {
        let path = joined(self.above, path);
        if fields::is_kept_key(self.form, &path, key) {
            return None;
        }
        let kind = if fields::is_named(&path) { Kind::Own } else { Kind::Plain };
        Some(self.scrubber.replaced(key, kind))
    }

    fn text(&mut self, path: &[Cow<'_, str>], text: &str) -> Option<String> {
        let path = joined(self.above, path);
        if text.trim_start().starts_with(['{', '[']) && self.entered < MAX_ENTERED {
            let inner = self.scrubber.rewritten(text, self.form, &path, self.entered + 1);
            if let Ok(inner) = inner {
                return Some(inner);
            }
        }
        match fields::of_text(self.form, &path, text) {
            Treatment::Keep => None,
            Treatment::Scrub(kind) => Some(self.scrubber.replaced(text, kind)),
        }
    }

    fn number(&mut self, path: &[Cow<'_, str>], number: &str) -> Option<String> {
        let is_kept = fields::is_kept_number(self.form, &joined(self.above, path), number);
        (!is_kept).then(|| numbers::pseudonym(&self.scrubber.keyed, number))
    }
}

/// A path below another one.
fn joined<'p>(above: &'p [Cow<'_, str>], path: &'p [Cow<'_, str>]) -> Vec<Cow<'p, str>> {
    above.iter().chain(path).map(|key| Cow::Borrowed(key.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_callers_wrote_gets_through() {
        let body = r#"{"tags":"{\"owner\":\"Payroll Ada\",\"costcenter\":\"4711\",\"born\":\"1978-05-17\",\"level\":7}","properties":{"family":"Lovelace","category":"Payroll Ada Lovelace","level":"adalovelace","enabled":true,"days":90,"networkAcls":{"defaultAction":"Deny","ipRules":[{"value":"2a01:111:f100::/48"}]}}}"#;
        let record = serde_json::json!({
            "resultType": "Success",
            "Tags2": {"adalovelace": {"x": "Ada", "family": "Lovelace"}},
            "properties": {"requestbody": body, "phone": 15_551_234_567_u64, "tags": {"a": {"lovelace": 1}}},
        });
        let mut scrubber = Scrubber::new(&[7; 16]).unwrap();
        let new = scrubber.record(&record.to_string()).unwrap();
        for secret in
            ["ada", "lovelace", "payroll", "4711", "1978-05-17", "15551234567", "owner", "f100"]
        {
            assert!(!new.to_lowercase().contains(secret), "{secret} is left in {new}");
        }
        let new: serde_json::Value = serde_json::from_str(&new).unwrap();
        assert_eq!(new["resultType"], "Success");
        let body = new["properties"]["requestbody"].as_str().unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["properties"]["networkAcls"]["defaultAction"], "Deny");
        assert_eq!(
            (&body["properties"]["enabled"], &body["properties"]["days"]),
            (&true.into(), &90.into())
        );
        let block = body["properties"]["networkAcls"]["ipRules"][0]["value"].as_str().unwrap();
        assert!(
            block.parse::<std::net::Ipv6Addr>().is_err() && block.ends_with("::/48"),
            "{block}"
        );
    }
}
