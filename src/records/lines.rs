//! Where the records of a file are: its lines, blank ones left out.

use std::ops::Range;

use crate::ingest::Reason;

/// What some editors and exports put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The ranges of the records of a file, in order.
#[derive(Clone, Debug)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    start: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let start = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        Self { bytes, start }
    }
}

impl Iterator for Records<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        while self.start < self.bytes.len() {
            let rest = &self.bytes[self.start..];
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = self.start..self.start + length;
            self.start += length + 1;
            if !self.bytes[line.clone()].iter().all(u8::is_ascii_whitespace) {
                return Some(line);
            }
        }
        None
    }
}

/// The record in resource-log form, on one line.
pub(super) fn canonical(record: &[u8]) -> Result<Option<&str>, Reason> {
    std::str::from_utf8(record.trim_ascii()).map(Some).map_err(|_| Reason::NotUtf8)
}
