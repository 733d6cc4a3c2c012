//! A fault in a rule file: where it is, what was expected, what was found.

use std::ops::Range;

use miette::{Diagnostic, NamedSource, SourceSpan};

use crate::nearest::nearest;

/// A fault in a rule file. Its message says what was expected and what was found, its help names the
/// nearest valid word, its label covers the offending value.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{file}:{line}:{column}: {message}")]
pub struct RuleFileError {
    /// The file as it was named.
    pub file: String,
    /// Line of the fault, from 1.
    pub line: usize,
    /// Column of the fault in characters, from 1.
    pub column: usize,
    /// What was expected and what was found.
    pub message: String,
    /// What to do about it.
    #[help]
    pub help: Option<String>,
    /// Bytes of the file at fault.
    #[label]
    pub span: SourceSpan,
    #[source_code]
    text: NamedSource<String>,
}

/// A rule file's name and text: what a fault needs to point into it.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

/// Boxed, because it holds the file's text and results are passed about a lot.
pub(super) type Fault = Box<RuleFileError>;

impl File<'_> {
    /// A fault at `span`; a span of several lines is cut to its first.
    pub(super) fn fault(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        nearest: Option<&str>,
    ) -> Fault {
        let start = span.start.min(self.text.len());
        let covered = self.text.get(start..span.end).unwrap_or_default();
        let length = covered.find('\n').unwrap_or(covered.len());
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Box::new(RuleFileError {
            file: self.name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
            help: nearest.map(|word| format!("did you mean `{word}`?")),
            span: (start, length).into(),
            text: NamedSource::new(self.name, self.text.to_owned()),
        })
    }

    /// What serde and the TOML parser object to, in this module's terms.
    pub(super) fn toml_fault(&self, error: &toml::de::Error) -> Fault {
        let span = error.span().unwrap_or(0..0);
        let message = error.message();
        let quoted: Vec<_> = message.split('`').skip(1).step_by(2).collect();
        match *quoted.as_slice() {
            [found, ref keys @ ..] if message.starts_with("unknown field") => {
                let message =
                    format!("expected a key of this table ({}), found `{found}`", keys.join(", "));
                self.fault(span, message, nearest(found, keys.iter().copied()))
            }
            [key] if message.starts_with("missing field") => {
                self.fault(span, format!("expected the key `{key}`, found none"), None)
            }
            _ => self.fault(span, message, None),
        }
    }

    /// The bytes of the file that stand for the bytes `inner` of the string written at `literal`.
    pub(super) fn within_string(&self, literal: Range<usize>, inner: Range<usize>) -> Range<usize> {
        let raw = &self.text[literal.clone()];
        literal.start + place(raw, inner.start)..literal.start + place(raw, inner.end)
    }
}

/// Where in a TOML string, as written with its quotes, the decoded byte `offset` comes from.
fn place(raw: &str, offset: usize) -> usize {
    let long = raw.starts_with("'''") || raw.starts_with("\"\"\"");
    let mut at = if long { 3 } else { 1 };
    if long {
        // A line end right after the opening quotes is no part of the string.
        let body = &raw[at..];
        at += body
            .strip_prefix("\r\n")
            .or(body.strip_prefix('\n'))
            .map_or(0, |b| body.len() - b.len());
    }
    let mut decoded = 0;
    while decoded < offset {
        let rest = &raw[at..];
        let Some(first) = rest.chars().next() else { break };
        let (written, meant) = match first {
            '\\' if raw.starts_with('"') => escape(rest),
            _ => (first.len_utf8(), first.len_utf8()),
        };
        at += written;
        decoded += meant;
    }
    at
}

/// Length of the escape that `rest` starts with, and of what it stands for.
fn escape(rest: &str) -> (usize, usize) {
    let hexadecimal = |digits: usize| {
        let code = rest.get(2..2 + digits).and_then(|code| u32::from_str_radix(code, 16).ok());
        (2 + digits, code.and_then(char::from_u32).map_or(1, char::len_utf8))
    };
    match rest.as_bytes().get(1) {
        Some(b'x') => hexadecimal(2),
        Some(b'u') => hexadecimal(4),
        Some(b'U') => hexadecimal(8),
        Some(byte) if byte.is_ascii_whitespace() => {
            (rest.len() - rest[1..].trim_start_matches([' ', '\t', '\r', '\n']).len(), 0)
        }
        _ => (2, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_string_are_found_behind_quotes_escapes_and_line_ends() {
        for raw in [
            "'ab succes'",
            "'''\nab succes'''",
            "'''\r\nab succes'''",
            r#""\u0061b succes""#,
            "\"\"\"\nab \\\n   succes\"\"\"",
            r#""\x61\t succes""#,
        ] {
            let text = format!("query = {raw}\n");
            let file = File { name: "a.toml", text: &text };
            let literal = 8..8 + raw.len();
            let found = file.within_string(literal, 3..9);
            assert!(text[found.clone()].ends_with("succes"), "{raw}: {}", &text[found]);
        }
    }
}
