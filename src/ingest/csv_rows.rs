//! A CSV export as lines: one JSON object per row, keyed by the header, all cells strings.
//!
//! Empty cells are left out: an export writes what a record lacks so. A column's unit in brackets
//! (`TimeGenerated [UTC]`) is no part of its name. A row with another number of cells than the header
//! becomes a line that says so, which is then counted as a malformed record; so does a row that has not
//! ended after [`ROW_BYTES_MAX`] or with the file, behind whose first line reading then goes on: a quote
//! that nobody closed must not swallow the rows behind it. Memory is bounded by that as well, and what is
//! read again by [`AGAIN_BYTES_MAX`]: beyond it each line of such a row is a malformed record.

use std::io::{self, BufRead};
use std::ops::Range;

use csv_core::{ReadRecordResult, Reader};

use super::dates;

/// Longest row, as long as the longest line that is parsed.
const ROW_BYTES_MAX: usize = super::MAX_LINE_BYTES;
/// Bytes of a file that are read again, behind rows that did not end.
const AGAIN_BYTES_MAX: usize = 64 * ROW_BYTES_MAX;
/// Most columns: more than any table of Log Analytics has.
const COLUMNS_MAX: usize = 4096;
/// Columns that make a table one of logs: one from each list, in any case.
const TIME_COLUMNS: [&str; 1] = ["timegenerated"];
const OPERATION_COLUMNS: [&str; 2] = ["operationname", "operationnamevalue"];

/// Whether the first line of `text` is the header of a table of logs.
pub(super) fn is_header(text: &[u8]) -> bool {
    let line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
    let mut rows = Rows::new();
    let Ok(Some(Row::Cells)) = rows.next(&mut &*line) else { return false };
    let names: Vec<_> = rows.cells().map(|cell| Column::new(cell).name.to_lowercase()).collect();
    let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&name.as_str()));
    has(&TIME_COLUMNS) && has(&OPERATION_COLUMNS)
}

/// Gives `line` each row behind the header as a line with its end.
///
/// # Errors
/// Those of reading, and of `line`.
pub(super) fn convert<E: From<io::Error>>(
    csv: &mut impl BufRead,
    mut line: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut rows = Rows::new();
    let mut text = Vec::new();
    let mut columns = Vec::new();
    while let Some(row) = rows.next(csv)? {
        text.clear();
        match row {
            Row::Cells if columns.is_empty() => {
                columns = rows.cells().map(Column::new).collect::<Vec<_>>();
                continue;
            }
            Row::Cells if rows.ends.len() == columns.len() => object(&columns, &rows, &mut text),
            Row::Cells => {
                let (expected, found) = (columns.len(), rows.ends.len());
                text.extend(format!("csv row: expected {expected} cells, found {found}").bytes());
            }
            Row::Unended => {
                let expected = format!("within {ROW_BYTES_MAX} bytes and {COLUMNS_MAX} cells");
                text.extend(format!("csv row: expected its end {expected}, found none").bytes());
            }
            // Longer than any line that is parsed, and no text that could be taken for a record.
            Row::TooLong => text.resize(ROW_BYTES_MAX + 1, b'.'),
        }
        text.push(b'\n');
        line(&text)?;
    }
    Ok(())
}

/// A name of the header, and whether its cells are times.
struct Column {
    name: String,
    is_utc: bool,
}

impl Column {
    fn new(cell: &[u8]) -> Self {
        let cell = String::from_utf8_lossy(cell);
        let cell = cell.trim_start_matches('\u{feff}').trim();
        let is_utc = cell.ends_with("[UTC]");
        let name = match cell.rsplit_once(" [") {
            Some((name, unit)) if unit.ends_with(']') => name,
            _ => cell,
        };
        Self { name: name.to_owned(), is_utc }
    }
}

/// Appends the row as an object.
fn object(columns: &[Column], rows: &Rows, text: &mut Vec<u8>) {
    text.push(b'{');
    let filled = columns.iter().zip(rows.cells()).filter(|(_, cell)| !cell.is_empty());
    for (place, (column, cell)) in filled.enumerate() {
        if place > 0 {
            text.push(b',');
        }
        string(column.name.as_bytes(), text);
        text.push(b':');
        match dates::from_portal(cell).filter(|_| column.is_utc) {
            Some(time) => string(time.as_bytes(), text),
            None => string(cell, text),
        }
    }
    text.push(b'}');
}

/// Appends a JSON string of these bytes; what is no UTF-8 stays so, and makes the line malformed.
fn string(bytes: &[u8], text: &mut Vec<u8>) {
    text.push(b'"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend([b'\\', byte]),
            b'\n' => text.extend(b"\\n"),
            0..0x20 => text.extend(format!("\\u{byte:04x}").bytes()),
            _ => text.push(byte),
        }
    }
    text.push(b'"');
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// Cells, in [`Rows::cells`].
    Cells,
    /// One line.
    TooLong,
    /// More lines than one, or up to the end of the file: a quote was left open.
    Unended,
}

/// Reads row after row into memory of bounded size.
struct Rows {
    reader: Reader,
    /// The cells of the row one behind the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// The row as it is in the file.
    raw: Vec<u8>,
    /// What was read before and comes again before the rest of the file, and how far that is.
    again: Vec<u8>,
    again_at: usize,
    again_in_all: usize,
    /// Lines that are given as rows that did not end.
    lost: usize,
}

impl Rows {
    fn new() -> Self {
        Self {
            reader: Reader::new(),
            bytes: Vec::new(),
            ends: Vec::new(),
            raw: Vec::new(),
            again: Vec::new(),
            again_at: 0,
            again_in_all: 0,
            lost: 0,
        }
    }

    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ranges = starts.zip(&self.ends).map(|(start, &end)| Range { start, end });
        ranges.map(|cell| &self.bytes[cell])
    }

    fn next(&mut self, csv: &mut impl BufRead) -> io::Result<Option<Row>> {
        if self.lost > 0 {
            self.lost -= 1;
            return Ok(Some(Row::Unended));
        }
        let (mut bytes, mut ends) = (0, 0);
        self.ends.resize(COLUMNS_MAX, 0);
        self.raw.clear();
        loop {
            if self.bytes.len() - bytes < ROW_BYTES_MAX / 16 {
                self.bytes
                    .resize((self.bytes.len() * 2).clamp(ROW_BYTES_MAX / 8, ROW_BYTES_MAX), 0);
            }
            let is_again = self.again_at < self.again.len();
            let input = if is_again { &self.again[self.again_at..] } else { csv.fill_buf()? };
            let is_end = input.is_empty();
            // A line's end ends the last row as the file's end would, unless it is in an open quote.
            let input = if is_end { b"\n" } else { input };
            let (result, read, written, ended) =
                self.reader.read_record(input, &mut self.bytes[bytes..], &mut self.ends[ends..]);
            (bytes, ends) = (bytes + written, ends + ended);
            if !is_end {
                append_row(&mut self.raw, &input[..read]);
                if is_again { self.again_at += read } else { csv.consume(read) }
            }
            match result {
                ReadRecordResult::InputEmpty if is_end && bytes == 0 => return Ok(None),
                ReadRecordResult::InputEmpty if !is_end => {}
                ReadRecordResult::OutputFull if self.bytes.len() < ROW_BYTES_MAX => {}
                ReadRecordResult::Record => {
                    self.ends.truncate(ends);
                    return Ok(Some(Row::Cells));
                }
                _ => return self.unended(csv, is_end).map(Some),
            }
        }
    }

    /// Goes on behind the first line of a row that does not end.
    fn unended(&mut self, csv: &mut impl BufRead, is_end: bool) -> io::Result<Row> {
        self.reader.reset();
        let Some(first) = memchr::memchr(b'\n', &self.raw) else {
            self.skip_line(csv)?;
            return Ok(if is_end { Row::Unended } else { Row::TooLong });
        };
        let behind = &self.raw[first + 1..];
        if self.again_in_all + behind.len() <= AGAIN_BYTES_MAX {
            self.again_in_all += behind.len();
            drop(self.again.splice(..self.again_at, behind.iter().copied()));
            self.again_at = 0;
        } else {
            self.lost = memchr::memchr_iter(b'\n', behind).count();
            if !matches!(behind.last(), None | Some(b'\n')) {
                self.lost += 1;
                self.skip_line(csv)?;
            }
        }
        Ok(Row::Unended)
    }

    /// Past the line that is being read.
    fn skip_line(&mut self, csv: &mut impl BufRead) -> io::Result<()> {
        match memchr::memchr(b'\n', &self.again[self.again_at..]) {
            Some(end) => self.again_at += end + 1,
            None => {
                self.again_at = self.again.len();
                csv.skip_until(b'\n')?;
            }
        }
        Ok(())
    }
}

/// Appends what was read to a row as it is in the file: blank lines before it are none of its.
fn append_row(row: &mut Vec<u8>, read: &[u8]) {
    let blank = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = if row.is_empty() { read.iter().position(|byte| !blank(byte)) } else { Some(0) };
    row.extend(start.map_or(&[][..], |start| &read[start..]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn lines(csv: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut reader = io::BufReader::with_capacity(7, csv);
        let line = |line: &[u8]| {
            lines.push(String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap()).into_owned());
            Ok::<_, io::Error>(())
        };
        convert(&mut reader, line).unwrap();
        lines
    }

    #[test]
    fn a_row_becomes_an_object_of_strings_without_empty_cells() {
        let csv = "\u{feff}\"TimeGenerated [UTC]\",OperationName,Identity,HttpStatusCode,\"_ResourceId\"\r\n\
                   \"3/9/2026, 10:04:05.123 PM\",SecretGet,\"{\"\"claim\"\":{\"\"oid\"\":\"\"a\\\\b\"\"}}\",200,\r\n\
                   2026-03-09T00:00:00Z,\"a\nb\",,,x\r\n";
        let found: Vec<Value> =
            lines(csv.as_bytes()).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let expected = [
            json!({
                "TimeGenerated": "2026-03-09T22:04:05.123Z", "OperationName": "SecretGet",
                "Identity": "{\"claim\":{\"oid\":\"a\\\\b\"}}", "HttpStatusCode": "200",
            }),
            json!({"TimeGenerated": "2026-03-09T00:00:00Z", "OperationName": "a\nb", "_ResourceId": "x"}),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_broken_row_is_passed_on_as_a_line_that_is_no_record() {
        let found = lines(b"TimeGenerated,OperationName\na,b,c\nonly\nx,y\n");
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], "csv row: expected 2 cells, found 3");
        assert!(found[1].contains("found 1"));
        assert_eq!(found[2], r#"{"TimeGenerated":"x","OperationName":"y"}"#);
    }

    /// Every line counts, and those behind the quote are read as if it were not there.
    #[test]
    fn a_quote_that_nobody_closes_costs_a_row_and_not_the_file() {
        let behind = ROW_BYTES_MAX / 16 + 9;
        let mut csv = b"TimeGenerated,OperationName\na,b\nc,\"open ".to_vec();
        csv.extend(std::iter::repeat_n(&b"0123456789abcde\n"[..], behind).flatten());
        csv.extend(b"x,y\n");
        let found = lines(&csv);
        assert_eq!(found.len(), behind + 2);
        assert_eq!(found[0], r#"{"TimeGenerated":"a","OperationName":"b"}"#);
        assert!(found[1].starts_with("csv row: expected its end within"), "{}", found[1]);
        assert_eq!(found[2], "csv row: expected 2 cells, found 1");
        assert_eq!(found.last().unwrap(), r#"{"TimeGenerated":"x","OperationName":"y"}"#);
    }

    #[test]
    fn a_line_that_is_too_long_becomes_one_that_is_not_parsed() {
        let mut csv = b"TimeGenerated,OperationName\nc,".to_vec();
        csv.extend(std::iter::repeat_n(b'c', ROW_BYTES_MAX + 9));
        csv.extend(b"\nx,y\n");
        let found = lines(&csv);
        assert_eq!(found.len(), 2);
        assert!(found[0].len() > super::super::MAX_LINE_BYTES, "{}", found[0].len());
        assert_eq!(found[1], r#"{"TimeGenerated":"x","OperationName":"y"}"#);
    }

    /// Whether a row has ended at the end of a file is told however it ends.
    #[test]
    fn a_quote_that_is_open_at_the_end_costs_its_line_and_not_those_behind_it() {
        let good = r#"{"TimeGenerated":"x","OperationName":"y"}"#;
        let found = lines(b"TimeGenerated,OperationName\nx,y\n\r\na,\"open\r\nx,y\r\n\nx,y");
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[1].starts_with("csv row: expected its end within"), "{}", found[1]);
        assert!([0, 2, 3].iter().all(|&at| found[at] == good), "{found:?}");
        for end in ["x,y", "x,y\n", "x,\"y\"", "\"x\",y\r", "x,y\n\n\n"] {
            assert_eq!(lines(format!("TimeGenerated,OperationName\n{end}").as_bytes()), [good]);
        }
        let last = lines(b"TimeGenerated,OperationName\nx,y\nx,\"");
        assert!(last.len() == 2 && last[1].starts_with("csv row"), "{last:?}");
        let two = lines(b"TimeGenerated,OperationName\na,\"open\nb,\"\"open\nx,y\n");
        assert_eq!(two.len(), 3, "{two:?}");
        assert_eq!(two[2], good);
    }

    /// Each line closes the quote of the one before and opens another, so that each could be read
    /// thousands of times.
    #[test]
    fn what_is_read_again_is_bounded_and_every_line_counts_all_the_same() {
        let lines_written = 2 * AGAIN_BYTES_MAX / (6 * COLUMNS_MAX / 2);
        let mut csv = b"TimeGenerated,OperationName\n".to_vec();
        csv.extend(std::iter::repeat_n(&b"x\",\"\n"[..], lines_written).flatten());
        let mut counted = 0;
        let line = |line: &[u8]| {
            assert!(line.starts_with(b"csv row"));
            counted += 1;
            Ok::<_, io::Error>(())
        };
        convert(&mut csv.as_slice(), line).unwrap();
        assert_eq!(counted, lines_written);
    }
}
