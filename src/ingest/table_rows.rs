//! The answer to a Log Analytics query as lines: one JSON object per row, its values as they are.
//!
//! The answer is `{"tables":[{"name":..,"columns":[{"name":..}],"rows":[[..]]}]}`, or of the service's first
//! version `{"Tables":[{"Columns":[{"ColumnName":..}],"Rows":[[..]]}]}`. Rows are read one at a
//! time. Nulls are left out. A row that is no array, or of another length than there are columns,
//! becomes a line that says so, and is counted as a malformed record. The document itself must be whole:
//! of one that is cut off nobody knows how many rows it had.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::form::TABLES;
use super::splitter::BYTE_ORDER_MARK;

/// Largest row, and largest part of the answer that is no row: four of the longest lines.
const ROW_BYTES_MAX: usize = 4 * super::MAX_LINE_BYTES;

/// Gives `line` each row of every table as a line with its end.
///
/// # Errors
/// Those of reading, with the line and column of a fault in the answer, and what `line` says.
pub(super) fn convert(
    answer: &mut impl BufRead,
    line: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    if answer.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
        answer.consume(BYTE_ORDER_MARK.len());
    }
    let left = Cell::new(ROW_BYTES_MAX);
    let mut failed = None;
    let mut deserializer = serde_json::Deserializer::from_reader(Bounded { answer, left: &left });
    let mut out = Out { line, left: &left, failed: &mut failed, text: Vec::new() };
    let read = Part::Answer(&mut out).deserialize(&mut deserializer);
    let read = read.and_then(|()| deserializer.end());
    match failed {
        Some(error) => Err(error),
        None => read.map_err(io::Error::from),
    }
}

/// Reads no more than is left until a row ends.
struct Bounded<'a, R> {
    answer: R,
    left: &'a Cell<usize>,
}

impl<R: BufRead> Read for Bounded<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let most = bytes.len().min(self.left.get());
        if most == 0 && !bytes.is_empty() {
            let error = format!("a row of more than {ROW_BYTES_MAX} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        let read = self.answer.read(&mut bytes[..most])?;
        self.left.set(self.left.get() - read);
        Ok(read)
    }
}

/// Where rows go.
struct Out<'a> {
    line: &'a mut dyn FnMut(&[u8]) -> io::Result<()>,
    left: &'a Cell<usize>,
    failed: &'a mut Option<io::Error>,
    text: Vec<u8>,
}

impl Out<'_> {
    fn row<E: Error>(&mut self, columns: &[Column], row: &Value) -> Result<(), E> {
        self.left.set(ROW_BYTES_MAX);
        self.text.clear();
        match row {
            Value::Array(cells) if cells.len() == columns.len() => {
                let filled = columns.iter().zip(cells).filter(|(_, cell)| !cell.is_null());
                let object = filled.map(|(column, cell)| (&column.name, cell));
                let object = object.collect::<std::collections::BTreeMap<_, _>>();
                serde_json::to_writer(&mut self.text, &object).map_err(E::custom)?;
            }
            Value::Array(cells) => {
                let (expected, found) = (columns.len(), cells.len());
                self.text
                    .extend(format!("table row: expected {expected} cells, found {found}").bytes());
            }
            _ => self.text.extend(b"table row: expected an array"),
        }
        self.text.push(b'\n');
        (self.line)(&self.text).map_err(|error| {
            *self.failed = Some(error);
            E::custom("the row could not be kept")
        })
    }
}

#[derive(Deserialize)]
struct Column {
    #[serde(alias = "ColumnName")]
    name: String,
}

/// A part of the answer that is walked rather than kept.
enum Part<'a, 'b> {
    Answer(&'a mut Out<'b>),
    Tables(&'a mut Out<'b>),
    Table(&'a mut Out<'b>),
    Rows(&'a mut Out<'b>, &'a [Column]),
}

impl<'de> DeserializeSeed<'de> for Part<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match self {
            Self::Answer(_) | Self::Table(_) => from.deserialize_map(self),
            Self::Tables(_) | Self::Rows(..) => from.deserialize_seq(self),
        }
    }
}

impl<'de> Visitor<'de> for Part<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer(_) => "an answer with tables",
            Self::Tables(_) => "an array of tables",
            Self::Table(_) => "a table with columns and rows",
            Self::Rows(..) => "an array of rows",
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (out, is_table) = match self {
            Self::Answer(out) => (out, false),
            Self::Table(out) => (out, true),
            Self::Tables(_) | Self::Rows(..) => return Err(A::Error::custom("expected an array")),
        };
        let mut columns: Option<Vec<Column>> = None;
        while let Some(key) = map.next_key::<String>()? {
            match (key.as_str(), is_table) {
                (key, false) if TABLES.contains(&key.as_bytes()) => {
                    map.next_value_seed(Part::Tables(out))?
                }
                ("columns" | "Columns", true) => columns = Some(map.next_value()?),
                ("rows" | "Rows", true) => {
                    let missing = || A::Error::custom("expected columns before rows");
                    let columns = columns.as_deref().ok_or_else(missing)?;
                    map.next_value_seed(Part::Rows(out, columns))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        match self {
            Self::Tables(out) => while seq.next_element_seed(Part::Table(out))?.is_some() {},
            Self::Rows(out, columns) => {
                while let Some(row) = seq.next_element::<Value>()? {
                    out.row(columns, &row)?;
                }
            }
            Self::Answer(_) | Self::Table(_) => return Err(A::Error::custom("expected an object")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(answer: &str) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        let mut keep = |line: &[u8]| {
            lines.push(String::from_utf8_lossy(line).trim_end().to_owned());
            Ok(())
        };
        convert(&mut answer.as_bytes(), &mut keep)?;
        Ok(lines)
    }

    #[test]
    fn every_row_of_every_table_becomes_an_object_with_its_values() {
        let answer = json!({"tables": [
            {"name": "PrimaryResult",
             "columns": [{"name": "TimeGenerated", "type": "datetime"}, {"name": "HttpStatusCode", "type": "int"},
                         {"name": "Identity", "type": "dynamic"}],
             "rows": [["2026-03-09T00:00:00Z", 200, null], ["x", 403, {"claim": {"oid": "a"}}], ["short"], 7]},
            {"name": "Other", "columns": [{"name": "a"}], "rows": [[true]]},
        ], "statistics": {"query": [1, 2]}});
        let found = lines(&format!("\u{feff} {answer:#}")).unwrap();
        assert_eq!(found[0], r#"{"HttpStatusCode":200,"TimeGenerated":"2026-03-09T00:00:00Z"}"#);
        assert!(found[1].contains(r#""Identity":{"claim":{"oid":"a"}}"#), "{}", found[1]);
        assert_eq!(found[2], "table row: expected 3 cells, found 1");
        assert_eq!(found[3], "table row: expected an array");
        assert_eq!(found[4], r#"{"a":true}"#);
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn an_answer_of_the_first_version_is_read_likewise() {
        let answer = r#"{"Tables":[{"TableName":"Table_0","Columns":[
            {"ColumnName":"TimeGenerated","DataType":"DateTime"},{"ColumnName":"n"}],"Rows":[["t",1]]}]}"#;
        assert_eq!(lines(answer).unwrap(), [r#"{"TimeGenerated":"t","n":1}"#]);
    }

    #[test]
    fn an_answer_that_is_not_whole_is_an_error() {
        let whole = r#"{"tables":[{"columns":[{"name":"a"}],"rows":[["1"],["2"]]}]}"#;
        assert_eq!(lines(whole).unwrap().len(), 2);
        for cut in 1..whole.len() {
            assert!(lines(&whole[..cut]).is_err(), "{}", &whole[..cut]);
        }
        assert!(lines(&format!("{whole} {{}}")).is_err());
        let swapped =
            lines(r#"{"tables":[{"rows":[["1"]],"columns":[{"name":"a"}]}]}"#).unwrap_err();
        assert!(swapped.to_string().contains("columns before rows"), "{swapped}");
        let deep = format!(r#"{{"tables":[{{"columns":[],"rows":{}"#, "[".repeat(100_000));
        assert!(lines(&deep).is_err());
    }

    #[test]
    fn a_row_without_end_is_refused_before_it_fills_memory() {
        let mut answer = String::from(r#"{"tables":[{"columns":[{"name":"a"}],"rows":[[""#);
        answer.extend(std::iter::repeat_n('x', 2 * ROW_BYTES_MAX));
        let error = lines(&answer).unwrap_err().to_string();
        assert!(error.contains("a row of more than"), "{error}");
    }
}
