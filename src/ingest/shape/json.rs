//! Writes JSON, one line and without blanks, from values of a tape.
//!
//! Contract: what is written is valid JSON with the same values, whatever the strings hold; control
//! characters are escaped. Nothing is allocated once the text has grown.

use std::fmt::Write;

use crate::ingest::reading::write_scalar;
use crate::ingest::value::Value;

/// Appends a value.
pub(super) fn push_value(out: &mut String, value: Value<'_, '_>) {
    if value.is_object() {
        let mut members = Members::open(out);
        for (key, member) in value.members() {
            members.value(key, member);
        }
        members.close();
    } else if value.is_array() {
        out.push('[');
        for (place, element) in value.elements().enumerate() {
            if place > 0 {
                out.push(',');
            }
            push_value(out, element);
        }
        out.push(']');
    } else if let Some(text) = value.string() {
        push_string(out, text);
    } else if let (None, Some(number)) = (value.whole(), value.number()) {
        push_float(out, number);
    } else if value.is_stated() {
        write_scalar(value, out);
    } else {
        out.push_str("null");
    }
}

/// Appends a number so that it can be read again: whole ones of many digits are more than parsers take.
fn push_float(out: &mut String, number: f64) {
    const PLAIN: std::ops::Range<f64> = 1e-5..1e15;
    let is_plain = PLAIN.contains(&number.abs()) || number.abs() < f64::MIN_POSITIVE;
    let written = if is_plain { write!(out, "{number}") } else { write!(out, "{number:e}") };
    written.expect("writing to a String cannot fail");
}

/// Appends a string in quotes.
pub(super) fn push_string(out: &mut String, text: &str) {
    push_parts(out, &[text]);
}

/// Appends a string in quotes that is made of parts.
fn push_parts(out: &mut String, parts: &[&str]) {
    out.push('"');
    parts.iter().for_each(|part| push_escaped(out, part));
    out.push('"');
}

fn push_escaped(out: &mut String, text: &str) {
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        // These bytes are characters of their own.
        out.push_str(&text[done..at]);
        done = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => write!(out, "\\u{byte:04x}").expect("writing to a String cannot fail"),
        }
    }
    out.push_str(&text[done..]);
}

/// Appends a scalar; a text that spells a truth value becomes one.
pub(super) fn push_scalar(out: &mut String, value: Value<'_, '_>) {
    let truth = [("true", "true"), ("false", "false")];
    let spelled = truth.iter().find(|(word, _)| word.eq_ignore_ascii_case(value.text()));
    match spelled {
        Some((_, truth)) => out.push_str(truth),
        None => push_value(out, value),
    }
}

/// Appends a number; a text that spells one becomes one, without a fraction where that is nothing.
pub(super) fn push_number(out: &mut String, value: Value<'_, '_>) {
    match value.text().parse::<f64>().ok().filter(|number| number.is_finite()) {
        Some(number) => push_float(out, number),
        None => push_value(out, value),
    }
}

/// Writes a member whose text is in capitals, as raw records have resource ids and operations of
/// Resource Manager; nothing if it is empty.
pub(super) fn push_upper(members: &mut Members<'_>, key: &str, text: &str) {
    if !text.is_empty() {
        let out = members.key(key);
        let start = out.len();
        push_string(out, text);
        // What is escaped has the code of a control character, whose digits may be in capitals as well;
        // the letters of other escapes may not.
        if out[start..].contains('\\') {
            return;
        }
        out[start..].make_ascii_uppercase();
    }
}

/// The members of an object that is being written.
pub(super) struct Members<'o> {
    out: &'o mut String,
    is_first: bool,
}

impl<'o> Members<'o> {
    pub(super) fn open(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, is_first: true }
    }

    pub(super) fn close(self) {
        self.out.push('}');
    }

    /// Writes a key; the value must follow.
    pub(super) fn key(&mut self, key: &str) -> &mut String {
        self.key_of(&[key])
    }

    fn comma(&mut self) {
        if !self.is_first {
            self.out.push(',');
        }
        self.is_first = false;
    }

    /// Writes a key that is made of parts; the value must follow.
    pub(super) fn key_of(&mut self, parts: &[&str]) -> &mut String {
        self.comma();
        push_parts(self.out, parts);
        self.out.push(':');
        self.out
    }

    pub(super) fn value(&mut self, key: &str, value: Value<'_, '_>) {
        push_value(self.key(key), value);
    }

    /// Writes a value that a text may stand for.
    pub(super) fn scalar(&mut self, key: &str, value: Value<'_, '_>) {
        push_scalar(self.key(key), value);
    }

    /// Writes a number that a text may stand for.
    pub(super) fn number(&mut self, key: &str, value: Value<'_, '_>) {
        push_number(self.key(key), value);
    }

    /// Writes a scalar as text, unless there is none.
    pub(super) fn scalar_text(&mut self, key: &str, value: Value<'_, '_>) {
        if value.string().is_some() {
            self.text(key, value.text());
        } else if value.is_stated() {
            let out = self.key(key);
            out.push('"');
            write_scalar(value, out);
            out.push('"');
        }
    }

    /// Writes a string that is made of parts.
    pub(super) fn text_of(&mut self, key: &str, parts: &[&str]) {
        push_parts(self.key(key), parts);
    }

    /// Writes a string, unless it is empty.
    pub(super) fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            push_string(self.key(key), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::tape::Document;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        Document::new().parse(text.as_bytes(), |root| push_value(&mut out, root)).unwrap();
        out
    }

    #[test]
    fn values_are_written_as_they_were() {
        let compact = r#"{"a":[1,-2,true,null,"x",[],{}],"b":{"":""},"c":0.5}"#;
        assert_eq!(written(compact), compact);
        assert_eq!(written("[1e300,-2.5e-9,0.0]"), "[1e300,-2.5e-9,0]");
        assert_eq!(written(" [ 1.0 ,\n\"\\u0041\\/\" ] "), "[1,\"A/\"]");
    }

    proptest! {
        /// A string reads back as it was, and is one line.
        #[test]
        fn strings_read_back(text in any::<String>()) {
            let mut out = String::new();
            push_string(&mut out, &text);
            prop_assert!(!out.bytes().any(|byte| byte < b' '));
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }
}
