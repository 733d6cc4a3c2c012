//! Reads NDJSON files line by line, line numbers kept; the project's own have a header line first.

use std::io::{BufRead, Read};

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use super::ScoreError;
use crate::event::Ticks;

/// The version of every file this module reads.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// Longest line read, so that a file without line ends cannot fill the memory. An alert with its
/// capped evidence stays far below.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// The first line of every file.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    schema_version: u32,
    kind: String,
    pub(super) corpus_id: String,
    #[serde(default)]
    pub(super) rules_id: String,
}

/// One file, line by line.
pub(super) struct Lines<'a, R> {
    file: &'a str,
    reader: R,
    line: usize,
    buffer: Vec<u8>,
}

impl<'a, R: BufRead> Lines<'a, R> {
    /// A file of another product, which has no header.
    pub(super) fn headless(file: &'a str, reader: R) -> Self {
        Self { file, reader, line: 0, buffer: Vec::new() }
    }

    /// Opens the file called `file` and checks that its header says `kind`.
    pub(super) fn open(file: &'a str, kind: &str, reader: R) -> Result<(Header, Self), ScoreError> {
        let mut lines = Self::headless(file, reader);
        let header: Header = lines
            .next("a header {schema_version, kind, corpus_id}")?
            .ok_or_else(|| ScoreError::Empty { file: file.to_owned() })?;
        let wrong = |key, expected: String, found: String| ScoreError::Header {
            place: lines.place(),
            key,
            expected,
            found,
        };
        if header.schema_version != SCHEMA_VERSION {
            let found = header.schema_version.to_string();
            return Err(wrong("schema_version", SCHEMA_VERSION.to_string(), found));
        }
        if header.kind != kind {
            return Err(wrong("kind", kind.to_owned(), header.kind));
        }
        Ok((header, lines))
    }

    /// The next line that is not blank, as a `T`; `None` at the end.
    pub(super) fn next<T: DeserializeOwned>(
        &mut self,
        expected: &'static str,
    ) -> Result<Option<T>, ScoreError> {
        loop {
            self.buffer.clear();
            self.line += 1;
            let mut bounded = (&mut self.reader).take(LINE_BYTES_MAX);
            let read = bounded.read_until(b'\n', &mut self.buffer);
            let length = read.map_err(|source| ScoreError::Read { place: self.place(), source })?;
            if length == 0 {
                return Ok(None);
            }
            if !self.buffer.trim_ascii().is_empty() {
                return serde_json::from_slice(&self.buffer).map(Some).map_err(|error| {
                    let found = error.to_string();
                    ScoreError::Syntax { place: self.place(), expected, found }
                });
            }
        }
    }

    /// Number of the line read last, from 1.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// File and line, for an error.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// Reads an RFC 3339 time.
pub(super) fn ticks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ticks, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ticks::parse(text.as_bytes()).map_err(|error| D::Error::custom(format!("{error}, not {text}")))
}

/// Reads an RFC 3339 time where there is one.
pub(super) fn optional_ticks<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Ticks>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let parsed = Ticks::parse(text.as_bytes());
    parsed.map(Some).map_err(|error| D::Error::custom(format!("{error}, not {text}")))
}
