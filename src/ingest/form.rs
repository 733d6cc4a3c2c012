//! Tells from its beginning whether a source is lines or a form that becomes lines in a spool.

use super::csv_rows;
use super::splitter::BYTE_ORDER_MARK;

/// Bytes looked at: more than any header of a table that Log Analytics exports.
pub(super) const FORM_BYTES: usize = 64 << 10;

/// How the records of a source are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines or JSON documents, whose records are found in place.
    Lines,
    /// A table with a header.
    Csv,
    /// `{"tables":[{"columns":..,"rows":..}]}`, the answer to a query.
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

/// Whether an object's first key is `tables`, with an array.
fn is_answer(object: &[u8]) -> bool {
    let mut rest = object;
    for token in [&b"{"[..], b"\"tables\"", b":", b"["] {
        match rest.trim_ascii_start().strip_prefix(token) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_how_they_begin() {
        let cases: [(&[u8], Form); 11] = [
            (b"", Form::Lines),
            (b"\xef\xbb\xbf{\"time\":1}", Form::Lines),
            (b"[{}]", Form::Lines),
            (b" \n{ \"tables\" : [", Form::Tables),
            (b"{\"tables\":{}", Form::Lines),
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
