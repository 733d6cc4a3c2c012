//! Rewrites the values of a JSON text and leaves everything else of it as it is.
//!
//! Contract: key order, repeated keys, numbers, escapes and blanks that nobody changes stay byte for byte;
//! what comes out is JSON if what went in is. Half a surrogate pair is read as U+FFFD. Nesting is bounded.

use std::borrow::Cow;

/// Deepest nesting that is walked, as deep as a record may be allowed to be.
const MAX_DEPTH: usize = crate::limits::Limits::MOST_DEPTH;

/// The text is no JSON, or nested too deeply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected JSON nested no deeper than {MAX_DEPTH}, found something else")]
pub struct NotJson;

/// Says what becomes of keys and values; `None` leaves one as it is.
///
/// The path of a value is made of the keys above it, its own included; arrays have none.
pub trait Rewrite {
    /// The key of a member of the object at `path`.
    fn key(&mut self, path: &[Cow<'_, str>], key: &str) -> Option<String> {
        let _ = (path, key);
        None
    }

    /// A string.
    fn text(&mut self, path: &[Cow<'_, str>], text: &str) -> Option<String>;

    /// A number, as written; what is returned is JSON.
    fn number(&mut self, path: &[Cow<'_, str>], number: &str) -> Option<String> {
        let _ = (path, number);
        None
    }
}

/// Appends `text` to `out` as `visitor` has it.
///
/// # Errors
/// [`NotJson`]; `out` then holds a part.
pub fn rewrite(text: &str, visitor: &mut dyn Rewrite, out: &mut String) -> Result<(), NotJson> {
    let mut walk = Walk { text, at: 0, path: Vec::new(), visitor, out };
    walk.blanks();
    walk.value(0).ok_or(NotJson)?;
    walk.blanks();
    if walk.at == text.len() { Ok(()) } else { Err(NotJson) }
}

struct Walk<'t, 'v> {
    text: &'t str,
    at: usize,
    path: Vec<Cow<'t, str>>,
    visitor: &'v mut dyn Rewrite,
    out: &'v mut String,
}

impl<'t> Walk<'t, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Copies what comes next up to `end`.
    fn copy(&mut self, end: usize) {
        self.out.push_str(&self.text[self.at..end]);
        self.at = end;
    }

    fn blanks(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
        self.copy(self.at + length);
    }

    /// Copies `byte` if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.copy(self.at + 1);
        }
        found
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'{' | b'[' if depth >= MAX_DEPTH => None,
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => {
                let (raw, text) = self.string()?;
                let new = self.visitor.text(&self.path, &text);
                self.put(raw, new.as_deref())
            }
            b'-' | b'0'..=b'9' => {
                let rest = &self.text.as_bytes()[self.at..];
                let length = rest.iter().take_while(|byte| is_of_number(**byte)).count();
                let raw = &self.text[self.at..self.at + length];
                self.at += length;
                match self.visitor.number(&self.path, raw) {
                    Some(new) => self.out.push_str(&new),
                    None => self.out.push_str(raw),
                }
                Some(())
            }
            _ => {
                let words = ["true", "false", "null"];
                let word = words.iter().find(|word| self.text[self.at..].starts_with(**word))?;
                self.copy(self.at + word.len());
                Some(())
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.take(b'{');
        self.blanks();
        if self.take(b'}') {
            return Some(());
        }
        loop {
            let (raw, key) = self.string()?;
            let new = self.visitor.key(&self.path, &key);
            self.put(raw, new.as_deref())?;
            self.blanks();
            self.take(b':').then_some(())?;
            self.blanks();
            self.path.push(key);
            self.value(depth + 1)?;
            self.path.pop();
            self.blanks();
            if self.take(b'}') {
                return Some(());
            }
            self.take(b',').then_some(())?;
            self.blanks();
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.take(b'[');
        self.blanks();
        if self.take(b']') {
            return Some(());
        }
        loop {
            self.value(depth + 1)?;
            self.blanks();
            if self.take(b']') {
                return Some(());
            }
            self.take(b',').then_some(())?;
            self.blanks();
        }
    }

    /// Takes a string off the text: as written, quotes included, and what it says.
    fn string(&mut self) -> Option<(&'t str, Cow<'t, str>)> {
        let (text, start) = (self.text, self.at);
        let rest = text.as_bytes()[start..].strip_prefix(b"\"")?;
        let mut length = 0;
        loop {
            length += memchr::memchr2(b'"', b'\\', &rest[length..])?;
            if rest[length] == b'"' {
                break;
            }
            length += 2;
            rest.get(length - 1)?;
        }
        self.at = start + length + 2;
        let inside = text.get(start + 1..start + 1 + length)?;
        let said = if inside.contains('\\') {
            Cow::Owned(unescaped(inside)?)
        } else {
            Cow::Borrowed(inside)
        };
        Some((&text[start..self.at], said))
    }

    /// Writes a string: the new one, or as it was.
    fn put(&mut self, raw: &str, new: Option<&str>) -> Option<()> {
        match new {
            Some(new) => self.out.push_str(&serde_json::to_string(new).ok()?),
            None => self.out.push_str(raw),
        }
        Some(())
    }
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || b"+-.eE".contains(&byte)
}

/// What is between the quotes of a string with escapes.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = *rest.as_bytes().get(at + 1)?;
        rest = rest.get(at + 2..)?;
        match escape {
            b'u' => {
                let unit = code_unit(rest)?;
                rest = &rest[4..];
                let low = rest.strip_prefix("\\u").and_then(code_unit);
                let pair = low.and_then(|low| char::decode_utf16([unit, low]).next()?.ok());
                let whole = char::from_u32(u32::from(unit));
                if let (None, Some(pair)) = (whole, pair) {
                    rest = &rest[6..];
                    out.push(pair);
                } else {
                    out.push(whole.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'"' | b'\\' | b'/' => out.push(char::from(escape)),
            _ => return None,
        }
    }
    out.push_str(rest);
    Some(out)
}

fn code_unit(text: &str) -> Option<u16> {
    let digits =
        text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// Doubles numbers, and turns strings around; keys too.
    struct Turned;

    impl Rewrite for Turned {
        fn key(&mut self, _: &[Cow<'_, str>], key: &str) -> Option<String> {
            Some(key.chars().rev().collect())
        }
        fn text(&mut self, _: &[Cow<'_, str>], text: &str) -> Option<String> {
            Some(text.chars().rev().collect())
        }
        fn number(&mut self, _: &[Cow<'_, str>], number: &str) -> Option<String> {
            Some((number.parse::<i64>().ok()? * 2).to_string())
        }
    }

    /// Writes down what it is shown, and changes nothing.
    #[derive(Default)]
    struct Watching(Vec<(String, String)>);

    impl Rewrite for Watching {
        fn text(&mut self, path: &[Cow<'_, str>], text: &str) -> Option<String> {
            self.0.push((path.join("|"), text.to_owned()));
            None
        }
    }

    fn turned(value: &Value) -> Value {
        let reversed = |text: &str| text.chars().rev().collect::<String>();
        match value {
            Value::String(text) => json!(reversed(text)),
            Value::Number(number) => json!(number.as_i64().unwrap() * 2),
            Value::Array(items) => items.iter().map(turned).collect(),
            Value::Object(members) => {
                members.iter().map(|(key, value)| (reversed(key), turned(value))).collect()
            }
            other => other.clone(),
        }
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-1000_i64..1000).prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("[a-z\\u{e9}\"\\\\]{0,6}", inner, 0..4)
                    .prop_map(Value::from_iter),
            ]
        })
    }

    fn rewritten(text: &str, visitor: &mut dyn Rewrite) -> Result<String, NotJson> {
        let mut out = String::new();
        rewrite(text, visitor, &mut out).map(|()| out)
    }

    proptest! {
        /// Rewriting the text is rewriting the document; and nobody's changes leave every byte.
        #[test]
        fn the_text_changes_as_the_document_does(value in document(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = text.unwrap();
            prop_assert_eq!(&rewritten(&text, &mut Watching::default()).unwrap(), &text);
            let new: Value = serde_json::from_str(&rewritten(&text, &mut Turned).unwrap()).unwrap();
            prop_assert_eq!(new, turned(&value));
        }

        /// Any text is rewritten or refused.
        #[test]
        fn no_text_panics(text in "[\\[\\]{}\",:\\\\u0-9a-f tru-]{0,40}") {
            let _ = rewritten(&text, &mut Turned);
        }
    }

    #[test]
    fn escapes_are_read_repeated_keys_kept_and_paths_told() {
        let text = r#"{"a":{"b":["x\ty","\ud83d\ude00","\ud83d","\ud83dA"]},"a":"\u00e9"}"#;
        let mut seen = Watching::default();
        assert_eq!(rewritten(text, &mut seen).unwrap(), text);
        let found: Vec<_> =
            seen.0.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let expected =
            [("a|b", "x\ty"), ("a|b", "😀"), ("a|b", "\u{fffd}"), ("a|b", "\u{fffd}A"), ("a", "é")];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_refused() {
        for text in ["", "{", "{\"a\"}", "[1,]", "\"\\", "\"\\u12\"", "{} x", "nul", "{\"a\":1,}"] {
            assert_eq!(rewritten(text, &mut Turned), Err(NotJson), "{text}");
        }
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(rewritten(&nested(MAX_DEPTH), &mut Turned).is_ok());
        assert_eq!(rewritten(&nested(MAX_DEPTH + 1), &mut Turned), Err(NotJson));
    }
}
