//! Alerts of other products, read into the same log as ours and matched by what they say of
//! themselves.
//!
//! One file per format, each turning its rows into [`Told`]; from there on nothing knows the format.
//! Pure: readers are handed in. What a product does not say is not guessed: figures that need it are
//! null, with the reason in their `method` (`unknown`).

mod columns;
mod elastic;
mod entities;
mod json;
pub(super) mod matching;
mod sentinel;
pub(super) mod unknown;

use std::collections::BTreeSet;
use std::io::BufRead;

pub use columns::Columns;

use super::alerts::AlertValues;
use super::period::CREDIT_SPAN;
use super::{AlertLog, RuleWord, ScoreError, ScoredAlert};
use crate::event::Ticks;

/// More alerts than this in one file are no alerts that anybody reads.
const ALERTS_MAX: usize = 1_000_000;
/// More rules than this have a column for their rule that is none, such as a title of each alert.
const RULES_MAX: usize = 10_000;
/// Longest export read, where it cannot be read line by line.
const BYTES_MAX: u64 = 512 << 20;
/// Characters of an export's own text in an error.
const SHOWN_MAX: usize = 60;

/// How another product writes its alerts down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForeignFormat {
    /// Elastic alert documents, one a line.
    Elastic,
    /// Microsoft Sentinel alerts and incidents, one JSON array.
    Sentinel,
    /// A table with a header row.
    Csv(Columns),
}

/// What is known of all alerts of a foreign log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Every alert says when it was written.
    pub arrival_known: bool,
    /// Every alert says when that happened which it is about.
    pub time_known: bool,
}

/// What an alert of another product says it is about. Ids and names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Event time at which the activity begins.
    pub start: Ticks,
    /// Event time at which it ends.
    pub end: Ticks,
    /// Object ids and user names.
    pub identities: BTreeSet<String>,
    /// Names of vaults.
    pub vaults: BTreeSet<String>,
    /// Correlation ids of the records it rests on.
    pub correlation_ids: BTreeSet<String>,
}

/// One alert as its product tells it; what is absent is not told.
#[derive(Debug, Default)]
struct Told {
    /// Line or row, from 1.
    line: usize,
    id: Option<String>,
    rule_id: Option<String>,
    rule_name: Option<String>,
    start: Option<Ticks>,
    end: Option<Ticks>,
    fired_at: Option<Ticks>,
    identities: Vec<String>,
    vaults: Vec<String>,
    correlation_ids: Vec<String>,
}

impl ForeignFormat {
    /// Its name, which stands for the rules where ours have their digest.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Elastic => "elastic",
            Self::Sentinel => "sentinel",
            Self::Csv(_) => "csv",
        }
    }
}

impl AlertLog {
    /// Reads the alerts of another product from the file called `file`.
    ///
    /// # Errors
    /// A row out of contract, one without any time, an alert id twice, a rule too many, or a
    /// column that is not there.
    pub fn read_foreign(
        file: &str,
        format: &ForeignFormat,
        reader: impl BufRead,
    ) -> Result<Self, ScoreError> {
        let told = match format {
            ForeignFormat::Elastic => elastic::read(file, reader)?,
            ForeignFormat::Sentinel => sentinel::read(file, reader)?,
            ForeignFormat::Csv(columns) => columns::read(file, columns, reader)?,
        };
        let foreign = Foreign {
            arrival_known: told.iter().all(|one| one.fired_at.is_some()),
            time_known: told.iter().all(|one| one.start.or(one.end).is_some()),
        };
        let (mut ids, mut rules) = (BTreeSet::new(), BTreeSet::new());
        let mut alerts = Vec::with_capacity(told.len());
        for one in told {
            let alert = one.into_alert(file, format.word())?;
            if !ids.insert(alert.id.clone()) {
                let place = format!("{file}:{}", alert.line);
                return Err(ScoreError::Duplicate { place, key: "alert id", id: alert.id });
            }
            if rules.insert(alert.rule_id.clone()) && rules.len() > RULES_MAX {
                return Err(ScoreError::Syntax {
                    place: format!("{file}:{}", alert.line),
                    expected: "alerts of at most 10000 rules, each with the same name in all its alerts",
                    found: format!("one rule more, {:?}", shown(&alert.rule_id)),
                });
            }
            alerts.push(alert);
        }
        Ok(Self {
            file: file.to_owned(),
            corpus_id: String::new(),
            rules_id: format.word().to_owned(),
            alerts,
            foreign: Some(foreign),
        })
    }
}

impl Told {
    fn into_alert(self, file: &str, format: &str) -> Result<ScoredAlert, ScoreError> {
        let Some((start, end)) = self.activity() else {
            return Err(ScoreError::Syntax {
                place: format!("{file}:{}", self.line),
                expected: "an alert with a time",
                found: "none".to_owned(),
            });
        };
        if start > end {
            return Err(ScoreError::Order {
                place: format!("{file}:{}", self.line),
                expected: "an activity that starts before it ends",
                found: format!("start {start} and end {end}"),
            });
        }
        let name = self.rule_name.or_else(|| self.rule_id.clone());
        let name = name.unwrap_or_else(|| format.to_owned());
        let identity = self.identities.first().map(|one| one.to_lowercase());
        let claims = Claims {
            start,
            end,
            identities: lower(self.identities),
            vaults: lower(self.vaults),
            correlation_ids: lower(self.correlation_ids),
        };
        let rule_id = self.rule_id.unwrap_or_else(|| name.clone());
        // The line alone would name another alert in every other export.
        let id = self.id.unwrap_or_else(|| format!("{rule_id} at {end}, line {}", self.line));
        Ok(ScoredAlert {
            line: self.line,
            id,
            rule_id,
            rule_name: name,
            pack: format.to_owned(),
            kind: RuleWord::Foreign,
            time: end,
            fired_at: self.fired_at.unwrap_or(end),
            identity,
            identity_kind: None,
            values: AlertValues::default(),
            evidence_total: claims.correlation_ids.len() as u64,
            evidence_cut: 0,
            suppressed: 0,
            evidence: Vec::new(),
            claims: Some(claims),
        })
    }

    /// Begin and end of what it is about. An alert that says only when it was written is about
    /// something within as long before that as a campaign can be found in.
    fn activity(&self) -> Option<(Ticks, Ticks)> {
        let told = self.start.or(self.end).zip(self.end.or(self.start));
        told.or_else(|| self.fired_at.map(|fired_at| (fired_at - CREDIT_SPAN, fired_at)))
    }
}

/// Refuses more alerts than a file may have.
fn bounded(file: &str, line: usize, alerts: usize) -> Result<(), ScoreError> {
    if alerts < ALERTS_MAX {
        return Ok(());
    }
    Err(ScoreError::Syntax {
        place: format!("{file}:{line}"),
        expected: "at most a million alerts",
        found: "more".to_owned(),
    })
}

/// A time as RFC 3339 writes it.
fn time(place: &str, expected: &'static str, text: &str) -> Result<Ticks, ScoreError> {
    Ticks::parse(text.trim().as_bytes()).map_err(|error| ScoreError::Syntax {
        place: place.to_owned(),
        expected,
        found: format!("{} ({error})", shown(text)),
    })
}

/// Text of an export, short enough for an error.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_MAX).collect()
}

/// The vault of an Azure resource id, where it has one.
fn vault_of(resource_id: &str) -> Option<String> {
    let mut parts = resource_id.split('/');
    parts.find(|part| part.eq_ignore_ascii_case("vaults"))?;
    parts.next().filter(|name| !name.is_empty()).map(str::to_owned)
}

fn lower(texts: Vec<String>) -> BTreeSet<String> {
    let texts = texts.into_iter().map(|text| text.trim().to_lowercase());
    texts.filter(|text| !text.is_empty()).collect()
}
