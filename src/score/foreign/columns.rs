//! Alerts in a table: CSV with a header row, and a mapping of its columns.
//!
//! `time` is when that happened which the alert is about, `fired_at` when it was written; one of them
//! must be there. `identity`, `vault` and `correlation_id` cells may hold several, separated by spaces
//! or semicolons. A key that is not mapped is looked for under its own name.

use std::collections::BTreeMap;
use std::io::Read;

use csv::{ReaderBuilder, StringRecord};

use super::{BYTES_MAX, Told, bounded, shown, time};
use crate::nearest::nearest;
use crate::score::ScoreError;

/// What a column can hold.
const KEYS: [&str; 7] = ["time", "fired_at", "rule", "id", "identity", "vault", "correlation_id"];

/// Columns of a table that an error names.
const COLUMNS_SHOWN: usize = 30;

/// Which column holds what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(BTreeMap<&'static str, String>);

impl Columns {
    /// Reads `key=column` pairs separated by commas.
    ///
    /// # Errors
    /// What is wrong with them, in a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut columns = BTreeMap::new();
        for pair in text.split(',') {
            let (key, column) = pair
                .split_once('=')
                .map(|(key, column)| (key.trim(), column.trim()))
                .filter(|(_, column)| !column.is_empty())
                .ok_or_else(|| format!("expected key=column, found `{pair}`"))?;
            let known = KEYS.into_iter().find(|known| *known == key).ok_or_else(|| {
                let keys = KEYS.join(", ");
                format!("expected one of {keys} before `=`, found `{key}`{}", hint(key))
            })?;
            if columns.insert(known, column.to_owned()).is_some() {
                return Err(format!("expected each key once, found `{key}` twice"));
            }
        }
        Ok(Self(columns))
    }
}

fn hint(key: &str) -> String {
    nearest(key, KEYS).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// Where each key's column is.
struct Places(BTreeMap<&'static str, usize>);

impl Places {
    fn of(file: &str, columns: &Columns, header: &StringRecord) -> Result<Self, ScoreError> {
        let place = |name: &str| header.iter().position(|column| column.trim() == name);
        let missing = |column: &str| ScoreError::Column {
            file: file.to_owned(),
            column: column.to_owned(),
            found: header.iter().take(COLUMNS_SHOWN).map(shown).collect::<Vec<_>>().join(", "),
        };
        let mut places = BTreeMap::new();
        for key in KEYS {
            let found = match columns.0.get(key) {
                Some(column) => Some(place(column).ok_or_else(|| missing(column))?),
                None => place(key),
            };
            places.extend(found.map(|at| (key, at)));
        }
        if !places.contains_key("time") && !places.contains_key("fired_at") {
            return Err(missing("time or fired_at"));
        }
        Ok(Self(places))
    }

    fn cell<'a>(&self, row: &'a StringRecord, key: &str) -> Option<&'a str> {
        let cell = row.get(*self.0.get(key)?)?.trim();
        (!cell.is_empty()).then_some(cell)
    }

    fn cells(&self, row: &StringRecord, key: &str) -> Vec<String> {
        let cell = self.cell(row, key).unwrap_or_default();
        let parts = cell.split(|c: char| c == ';' || c.is_whitespace());
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }
}

pub(super) fn read(
    file: &str,
    columns: &Columns,
    reader: impl Read,
) -> Result<Vec<Told>, ScoreError> {
    let mut table = ReaderBuilder::new().from_reader(reader.take(BYTES_MAX));
    let fault = |error: csv::Error| ScoreError::Syntax {
        place: file.to_owned(),
        expected: "rows of as many cells as the header has, in UTF-8",
        found: error.to_string(),
    };
    let header = table.headers().map_err(fault)?.clone();
    if header.is_empty() {
        return Err(ScoreError::Empty { file: file.to_owned() });
    }
    let places = Places::of(file, columns, &header)?;
    let mut told = Vec::new();
    for row in table.records() {
        let row = row.map_err(fault)?;
        let line = row.position().map_or(0, |position| position.line() as usize);
        bounded(file, line, told.len())?;
        let place = format!("{file}:{line}");
        let at = |key| {
            let cell = places.cell(&row, key);
            cell.map(|text| time(&place, "a time as RFC 3339 has it", text)).transpose()
        };
        let owned = |key| places.cell(&row, key).map(str::to_owned);
        let when = at("time")?;
        told.push(Told {
            line,
            id: owned("id"),
            rule_id: owned("rule"),
            rule_name: None,
            start: when,
            end: when,
            fired_at: at("fired_at")?,
            identities: places.cells(&row, "identity"),
            vaults: places.cells(&row, "vault"),
            correlation_ids: places.cells(&row, "correlation_id"),
        });
    }
    if table.get_ref().limit() == 0 {
        return Err(ScoreError::Syntax {
            place: file.to_owned(),
            expected: "a shorter table",
            found: format!("{BYTES_MAX} bytes or more"),
        });
    }
    Ok(told)
}
