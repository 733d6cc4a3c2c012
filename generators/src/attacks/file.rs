//! The file of one attack: what every staged file has, and the adversary's dials.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::adversary::{Adversary, Dials};
use crate::audit::Field;
use crate::scenario::{ScenarioError, Schedule, Share, check_head, read};

/// How bad a campaign is when it succeeds; a gate may ask for the severe ones only.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// The word in files and in truth.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A validated file: `P` holds the parameters of its attack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttackFile<P> {
    schema_version: Spanned<u32>,
    /// What the campaigns are called in truth.
    pub(super) name: String,
    /// ATT&CK techniques.
    pub(super) technique: Spanned<Vec<String>>,
    pub(super) severity: Severity,
    /// Fields of the leakage self-test that may separate it from benign traffic.
    #[serde(default)]
    pub(super) defined_by: Vec<Field>,
    /// Of the campaigns.
    evasive_share: Share,
    pub(super) schedule: Schedule,
    pub(super) parameters: P,
    plain: Dials,
    evasive: Dials,
}

impl<P: DeserializeOwned> AttackFile<P> {
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let parsed: Self = read(file, text)?;
        check_head(file, text, &parsed.schema_version, &parsed.technique)?;
        if parsed.schedule.recurring {
            let at = text.find("recurring").unwrap_or_default();
            let message = "an attack is no habit, expected no `recurring`";
            return Err(ScenarioError::new(file, text, at, message));
        }
        Ok(parsed)
    }
}

impl<P> AttackFile<P> {
    pub(super) fn adversary(&self) -> Adversary {
        Adversary { evasive_share: self.evasive_share, plain: self.plain, evasive: self.evasive }
    }
}
