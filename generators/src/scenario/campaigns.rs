//! The file of one look-alike: what it is, when its instances happen, and the ranges its parameters
//! are drawn from; and what files of attacks have in common with it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::error::{ScenarioError, read};
use super::values::{Count, HoursRange};

/// A validated file: `P` holds the parameters of its kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignFile<P> {
    schema_version: Spanned<u32>,
    /// What the instances are called in truth.
    pub(crate) name: Spanned<String>,
    /// ATT&CK techniques; for a look-alike, those that it resembles.
    pub(crate) technique: Spanned<Vec<String>>,
    class: Option<Spanned<BenignClass>>,
    pub(crate) schedule: Schedule,
    pub(crate) parameters: P,
}

/// What truth calls the instances of a look-alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BenignClass {
    LookAlike,
    /// Hostile in all but intent: a security test.
    Authorised,
}

/// When instances happen.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    /// How many fall into the scored days of a drill.
    pub(crate) instances: Count,
    /// Hours of the UTC day in which they begin.
    pub(crate) hours: HoursRange,
    pub(crate) days: Days,
    /// A habit: it happens during warm-up as well, as often as in the scored days.
    #[serde(default)]
    pub(crate) recurring: bool,
}

impl Schedule {
    /// Nothing is staged.
    pub(crate) const NEVER: Self = Self {
        instances: Count(0),
        hours: HoursRange { low: 0.0, high: 24.0 },
        days: Days::Any,
        recurring: false,
    };
}

/// The days on which instances begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Days {
    Any,
    Workdays,
    Sunday,
}

/// Only the name, to know which parameters the rest must have.
#[derive(Deserialize)]
struct Head {
    name: Spanned<String>,
}

/// The name in a file, and its place for an error about it.
pub(crate) fn read_name(file: &str, text: &str) -> Result<(String, usize), ScenarioError> {
    let head: Head = read(file, text)?;
    let at = head.name.span().start;
    Ok((head.name.into_inner(), at))
}

impl<P: DeserializeOwned> CampaignFile<P> {
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let parsed: Self = read(file, text)?;
        check_head(file, text, &parsed.schema_version, &parsed.technique)?;
        Ok(parsed)
    }

    /// Its class in truth.
    pub(crate) fn benign_class(&self) -> BenignClass {
        self.class.as_ref().map_or(BenignClass::LookAlike, |class| *class.get_ref())
    }
}

/// What every such file begins with.
pub(crate) fn check_head(
    file: &str,
    text: &str,
    schema_version: &Spanned<u32>,
    technique: &Spanned<Vec<String>>,
) -> Result<(), ScenarioError> {
    let refuse = |at, message| ScenarioError::new(file, text, at, message);
    super::estate::check_schema_version(schema_version, refuse)?;
    check_technique(file, text, technique)
}

pub(super) fn check_technique(
    file: &str,
    text: &str,
    technique: &Spanned<Vec<String>>,
) -> Result<(), ScenarioError> {
    let malformed =
        |id: &&String| !id.starts_with('T') || !id.contains(|c: char| c.is_ascii_digit());
    let Some(id) = technique.get_ref().iter().find(malformed) else { return Ok(()) };
    let message = format!("`{id}` is no ATT&CK technique, expected T1234 or T1234.001");
    Err(ScenarioError::new(file, text, technique.span().start, message))
}
