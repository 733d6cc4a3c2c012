//! Microsoft Sentinel alerts and incidents: one JSON document, an array of rows or `{"value": [...]}`.
//!
//! Rows of the `SecurityAlert` and `SecurityIncident` tables have the column names of the Azure
//! Monitor table reference (`TimeGenerated` and `CreatedTime` are when they were written); incidents
//! of the Security Insights API have `name` and `properties` (`title`, `createdTimeUtc`,
//! `firstActivityTimeUtc`, `lastActivityTimeUtc`). Correlation ids come from a rule's custom details,
//! which `ExtendedProperties` holds as JSON in a string. The tables log every change of a row anew:
//! export the newest row of each id, or the second is refused.

use std::io::{BufRead, Read};

use serde_json::Value;

use super::entities::{self, Named};
use super::json::{first, texts};
use super::{BYTES_MAX, Told, bounded, time, vault_of};
use crate::score::ScoreError;

const EXPECTED: &str = "a JSON array of alerts or incidents, or an object whose `value` is one";
const IDS: [&str; 3] = ["SystemAlertId", "IncidentName", "name"];
const RULES: [&str; 3] = ["AlertName", "Title", "properties.title"];
const STARTS: [&str; 3] = ["StartTime", "FirstActivityTime", "properties.firstActivityTimeUtc"];
const ENDS: [&str; 3] = ["EndTime", "LastActivityTime", "properties.lastActivityTimeUtc"];
/// An incident's row has the time of its last change in `TimeGenerated`.
const WRITTEN: [&str; 3] = ["CreatedTime", "properties.createdTimeUtc", "TimeGenerated"];

pub(super) fn read(file: &str, reader: impl BufRead) -> Result<Vec<Told>, ScoreError> {
    let fault =
        |found: String| ScoreError::Syntax { place: file.to_owned(), expected: EXPECTED, found };
    let mut text = Vec::new();
    let read = reader.take(BYTES_MAX + 1).read_to_end(&mut text);
    read.map_err(|source| ScoreError::Read { place: file.to_owned(), source })?;
    if text.len() as u64 > BYTES_MAX {
        return Err(fault(format!("more than {BYTES_MAX} bytes")));
    }
    let document: Value =
        serde_json::from_slice(&text).map_err(|error| fault(error.to_string()))?;
    let rows = document.get("value").unwrap_or(&document);
    let rows = rows.as_array().ok_or_else(|| fault("something else".to_owned()))?;
    bounded(file, rows.len(), rows.len().saturating_sub(1))?;
    (1..).zip(rows).map(|(number, row)| one(file, number, row)).collect()
}

fn one(file: &str, number: usize, row: &Value) -> Result<Told, ScoreError> {
    let place = format!("{file}:{number}");
    let rule = first(row, &RULES).ok_or_else(|| ScoreError::Syntax {
        place: place.clone(),
        expected: "a row with AlertName, Title or properties.title",
        found: "none".to_owned(),
    })?;
    let at = |paths: &[&str]| {
        let text = first(row, paths);
        text.map(|text| time(&place, "a time as RFC 3339 has it", &text)).transpose()
    };
    let Named { identities, resources } = entities::named(row);
    let resources = resources.into_iter().chain(texts(row, "ResourceId"));
    Ok(Told {
        line: number,
        id: first(row, &IDS),
        rule_id: None,
        rule_name: Some(rule),
        start: at(&STARTS)?,
        end: at(&ENDS)?,
        fired_at: at(&WRITTEN)?,
        identities,
        vaults: resources.filter_map(|id| vault_of(&id)).collect(),
        correlation_ids: entities::correlation_ids(row),
    })
}
