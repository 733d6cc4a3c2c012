//! Waivers: a named person takes a failed requirement or a lost campaign upon himself, until a day.
//!
//! They are shown and counted, never silent; past their day they do not count.

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use super::error::GateError;
use super::model::{WaiverRecord, WaiverState};
use super::requirement::Requirement;

/// Longest text of a waiver's own words.
const TEXT_BYTES_MAX: usize = 2_000;

/// A file of waivers, or what a drill's `[gate]` holds of them, as written.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WaiverFile {
    #[serde(default)]
    waivers: Vec<WaiverWire>,
}

/// One waiver as written.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaiverWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<String>,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(deserialize_with = "day")]
    until: String,
}

/// A day as text, with or without quotes in the file.
fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Day {
        Text(String),
        Toml(Datetime),
    }
    Ok(match Day::deserialize(deserializer)? {
        Day::Text(text) => text,
        Day::Toml(datetime) => datetime.to_string(),
    })
}

/// A sound waiver.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    of: Of,
    reason: String,
    owner: Option<String>,
    until: jiff::civil::Date,
}

#[derive(Clone, Debug, PartialEq)]
enum Of {
    Requirement(Requirement),
    Campaign(String),
}

impl WaiverFile {
    /// Reads the waivers in the text of the TOML file called `name`.
    ///
    /// # Errors
    /// [`GateError`] with the place of the fault.
    pub fn parse(name: &str, text: &str) -> Result<Vec<Waiver>, GateError> {
        let file: Self = toml::from_str(text).map_err(|error| GateError::Config {
            place: name.to_owned(),
            expected: "[[waivers]] with requirement or campaign_id, reason, owner, until",
            found: error.to_string().trim_end().to_owned(),
        })?;
        validate(name, &file.waivers)
    }
}

/// The waivers that `wire` spells, which stand in the file called `name`.
pub(super) fn validate(name: &str, wire: &[WaiverWire]) -> Result<Vec<Waiver>, GateError> {
    wire.iter().zip(1..).map(|(wire, number)| Waiver::new(name, wire, number)).collect()
}

impl Waiver {
    fn new(name: &str, wire: &WaiverWire, number: usize) -> Result<Self, GateError> {
        let wrong = |key: &str, expected, found: &str| GateError::Config {
            place: format!("{name}: waiver {number}: {key}"),
            expected,
            found: format!("{found:?}"),
        };
        let of = match (&wire.requirement, &wire.campaign_id) {
            (Some(text), None) => Of::Requirement(Requirement::parse(text)?),
            (None, Some(id)) => Of::Campaign(id.clone()),
            _ => {
                let expected = "either requirement or campaign_id";
                let found = if wire.requirement.is_some() { "both" } else { "neither" };
                return Err(wrong("of", expected, found));
            }
        };
        if wire.reason.trim().is_empty() || wire.reason.len() > TEXT_BYTES_MAX {
            return Err(wrong("reason", "a reason of 1 to 2000 bytes", &wire.reason));
        }
        let until = wire.until.parse();
        let until = until.map_err(|_| wrong("until", "a day such as 2026-12-31", &wire.until))?;
        Ok(Self { of, reason: wire.reason.clone(), owner: wire.owner.clone(), until })
    }

    /// The same with its state.
    pub(super) fn record(&self, state: WaiverState) -> WaiverRecord {
        WaiverRecord {
            of: match &self.of {
                Of::Requirement(requirement) => requirement.to_string(),
                Of::Campaign(id) => id.clone(),
            },
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            until: self.until.to_string(),
            state,
        }
    }

    /// It counts to the end of its last day.
    pub(super) fn is_expired(&self, today: jiff::civil::Date) -> bool {
        today > self.until
    }

    /// Whether it is about that requirement.
    pub(super) fn is_of(&self, requirement: &Requirement) -> bool {
        matches!(&self.of, Of::Requirement(of) if of == requirement)
    }

    /// Whether it is about that campaign.
    pub(super) fn is_of_campaign(&self, campaign_id: &str) -> bool {
        matches!(&self.of, Of::Campaign(id) if id == campaign_id)
    }
}
