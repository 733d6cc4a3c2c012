//! Tells from its beginning whether a source is lines or a form that becomes lines in a spool.

use super::csv_rows;
use super::splitter::BYTE_ORDER_MARK;

/// Bytes looked at: more than any header of a table that Log Analytics exports.
pub(super) const FORM_BYTES: usize = 64 << 10;

/// The key of an answer's tables: of today's service, and of its first version.
pub(super) const TABLES: [&[u8]; 2] = [b"tables", b"Tables"];

/// Keys of a document that are looked at for it.
const KEYS_MAX: usize = 8;

/// How the records of a source are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines or JSON documents, whose records are found in place.
    Lines,
    /// A table with a header.
    Csv,
    /// `{"tables":[{"columns":..,"rows":..}]}`, the answer to a query, other keys before it or not.
    Tables,
}

impl Form {
    /// That of a source which begins with these bytes.
    pub(super) fn of(start: &[u8]) -> Self {
        let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start).trim_ascii_start();
        match text.first() {
            Some(b'{') if is_answer(text) => Self::Tables,
            None | Some(b'{' | b'[') => Self::Lines,
            Some(_) if csv_rows::is_header(text) => Self::Csv,
            Some(_) => Self::Lines,
        }
    }
}

/// Whether one of an object's first keys is `tables`, with an array of objects: an answer may say first
/// how it came about.
fn is_answer(object: &[u8]) -> bool {
    let mut rest = object;
    for _ in 0..KEYS_MAX {
        // An opening brace or a comma, and the key.
        let Some((key, behind)) = string(rest[1..].trim_ascii_start()) else { return false };
        let Some(value) = behind.trim_ascii_start().strip_prefix(b":") else { return false };
        let value = value.trim_ascii_start();
        if TABLES.contains(&key) {
            let first = value.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
            return first.is_some_and(|first| matches!(first.first(), Some(b'{' | b']')));
        }
        rest = behind_value(value);
        if rest.first() != Some(&b',') {
            return false;
        }
    }
    false
}

/// The string that `text` begins with, as it is spelt, and what is behind it.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', text.get(from..)?)?;
        if text[at] == b'"' {
            return Some((&text[..at], &text[at + 1..]));
        }
        from = at + 2;
    }
}

/// What comes behind the value that `text` begins with: from the comma or bracket on; nothing if it is
/// cut off.
fn behind_value(text: &[u8]) -> &[u8] {
    let (mut rest, mut depth) = (text, 0_usize);
    while let Some(&byte) = rest.first() {
        match byte {
            b'"' => match string(rest) {
                Some((_, behind)) => {
                    rest = behind;
                    continue;
                }
                None => return &[],
            },
            b',' | b'}' | b']' if depth == 0 => return rest,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        rest = &rest[1..];
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_how_they_begin() {
        let cases: [(&[u8], Form); 19] = [
            (b"", Form::Lines),
            (b"\xef\xbb\xbf{\"time\":1}", Form::Lines),
            (b"[{}]", Form::Lines),
            (b" \n{ \"tables\" : [ {", Form::Tables),
            (b"{\"tables\":{}", Form::Lines),
            (b"{\"statistics\":{\"a\":[1,\"]\\\"}\"]} , \"tables\":[]}", Form::Tables),
            (b"{\"Tables\":[{\"TableName\":", Form::Tables),
            (b"{\"n\":1,\"s\":\"x\",\"tables\":[{", Form::Tables),
            (b"{\"tables\":[1", Form::Lines),
            (b"{\"a\":{\"tables\":[{}]}}\n{\"tables\":[{", Form::Lines),
            (b"{\"a\":\"tables\":[{", Form::Lines),
            (b"{\"a\":[[", Form::Lines),
            (b"{", Form::Lines),
            (b"{\"records\":[", Form::Lines),
            (b"\xef\xbb\xbf\"TimeGenerated [UTC]\",OperationName\n1,2", Form::Csv),
            (b"OperationNameValue,Level,timegenerated\r\n", Form::Csv),
            (b"TimeGenerated\n", Form::Lines),
            (b"time,operation\n", Form::Lines),
            (b"TimeGenerated OperationName said somebody\n", Form::Lines),
        ];
        for (start, form) in cases {
            assert_eq!(Form::of(start), form, "{}", String::from_utf8_lossy(start));
        }
    }
}
