//! A CSV export as lines: one JSON object per row, keyed by the header, all cells strings.
//!
//! Empty cells are left out: an export writes what a record lacks so. A column's unit in brackets
//! (`TimeGenerated [UTC]`) is no part of its name. A row with another number of cells than the header
//! becomes a line that says so, which is then counted as a malformed record; so does a row of more than
//! [`ROW_BYTES_MAX`], of which only its beginning is kept and after which reading goes on at the next
//! line: a quote that nobody closed must not swallow the file. Memory is bounded by that as well.

use std::io::{self, BufRead};
use std::ops::Range;

use csv_core::{ReadRecordResult, Reader};

use super::dates;

/// Longest row, as long as the longest line that is parsed.
const ROW_BYTES_MAX: usize = super::MAX_LINE_BYTES;
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
    TooLong,
}

/// Reads row after row into memory of bounded size.
struct Rows {
    reader: Reader,
    /// The cells of the row one behind the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    is_over: bool,
}

impl Rows {
    fn new() -> Self {
        Self { reader: Reader::new(), bytes: Vec::new(), ends: Vec::new(), is_over: false }
    }

    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ranges = starts.zip(&self.ends).map(|(start, &end)| Range { start, end });
        ranges.map(|cell| &self.bytes[cell])
    }

    fn next(&mut self, csv: &mut impl BufRead) -> io::Result<Option<Row>> {
        if self.is_over {
            return Ok(None);
        }
        let (mut bytes, mut ends) = (0, 0);
        self.ends.resize(COLUMNS_MAX, 0);
        loop {
            if self.bytes.len() - bytes < ROW_BYTES_MAX / 16 {
                self.bytes
                    .resize((self.bytes.len() * 2).clamp(ROW_BYTES_MAX / 8, ROW_BYTES_MAX), 0);
            }
            let input = csv.fill_buf()?;
            let (result, read, written, ended) =
                self.reader.read_record(input, &mut self.bytes[bytes..], &mut self.ends[ends..]);
            csv.consume(read);
            (bytes, ends) = (bytes + written, ends + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.bytes.len() < ROW_BYTES_MAX => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    self.skip_line(csv)?;
                    return Ok(Some(Row::TooLong));
                }
                ReadRecordResult::Record => {
                    self.ends.truncate(ends);
                    return Ok(Some(Row::Cells));
                }
                ReadRecordResult::End => {
                    self.is_over = true;
                    return Ok(None);
                }
            }
        }
    }

    /// Starts afresh behind the line that is being read.
    fn skip_line(&mut self, csv: &mut impl BufRead) -> io::Result<()> {
        self.reader.reset();
        csv.skip_until(b'\n').map(drop)
    }
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

    /// Every row counts, and the one after a row that is too long is read again.
    #[test]
    fn a_quote_that_nobody_closes_costs_a_row_and_not_the_file() {
        let mut csv = b"TimeGenerated,OperationName\na,b\nc,\"open ".to_vec();
        csv.extend(
            std::iter::repeat_n(&b"0123456789abcde\n"[..], ROW_BYTES_MAX / 16 + 9).flatten(),
        );
        csv.extend(b"x,y\n");
        let found = lines(&csv);
        assert_eq!(found[0], r#"{"TimeGenerated":"a","OperationName":"b"}"#);
        assert!(found[1].len() > super::super::MAX_LINE_BYTES, "{}", found[1].len());
        assert_eq!(found.last().unwrap(), r#"{"TimeGenerated":"x","OperationName":"y"}"#);
    }
}
