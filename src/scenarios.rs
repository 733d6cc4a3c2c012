//! The scenario files embedded in the program, and the way from a name or a path to a text.
//!
//! `tests/scenarios.rs` holds that every file under `scenarios/` is embedded.

use std::fs;
use std::io;
use std::path::Path;

use crate::nearest::nearest;

/// A scenario file as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioText {
    /// Path it was read from, or its embedded name.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// What a scenario file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A synthetic tenant.
    Estate,
    /// A kind of hostile behaviour.
    Attack,
    /// A benign burst that resembles an attack.
    LookAlike,
    /// A reproducible experiment.
    Drill,
}

/// A name that is neither embedded nor a readable file.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioLookupError {
    /// Nothing of that name.
    #[error("expected {expected} by name ({known}) or file, found {name:?}{}", hint(.nearest.as_deref()))]
    Unknown {
        /// What was looked for.
        expected: &'static str,
        /// The names there are.
        known: String,
        /// The name given.
        name: String,
        /// The nearest of them.
        nearest: Option<String>,
    },
    /// The file cannot be read.
    #[error("{name}: {source}")]
    Read {
        /// The path.
        name: String,
        /// Why.
        source: io::Error,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(" (did you mean {name:?}?)"))
}

macro_rules! embedded {
    ($($folder:literal: $($stem:literal),+;)+) => {
        /// Folder, stem and text of every embedded file that is no rule.
        const EMBEDDED: &[(&str, &str, &str)] = &[$($((
            $folder,
            $stem,
            include_str!(concat!("../scenarios/", $folder, "/", $stem, ".toml")),
        ),)+)+];
    };
}

embedded! {
    "estates": "ci-heavy", "enterprise", "midsize", "small";
    "attacks": "backup-exfiltration", "bulk-extraction", "deleted-secret-recovery",
        "distributed-extraction", "key-ransom", "log-blinding", "low-and-slow", "manual-extraction",
        "network-opening", "novel-accessor", "pipeline-abuse", "purge-ransom", "reconnaissance",
        "token-replay", "unauthorized-vault-write", "vault-persistence";
    "look-alikes": "administrator-change", "backup-job", "backup-service", "break-glass",
        "compliance-inventory", "compliance-read", "egress-change", "ephemeral-vault",
        "external-secrets-find", "failover-drill", "identity-recreated", "integration-settings",
        "key-copy", "load-all-start", "maintenance-window", "mass-rotation", "misconfigured-loop",
        "node-upgrade", "offboarding", "pipeline-dump", "portal-browsing", "reference-refetch",
        "role-migration", "scale-up", "scripted-change", "secret-rotation", "security-test",
        "self-grant", "service-onboarding", "settings-scan", "team-change", "terraform-plan",
        "travel", "vault-migration", "wrong-tenant";
    "drills": "ci", "packs", "quickstart";
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Estate, Self::Attack, Self::LookAlike, Self::Drill];

    /// The folder under `scenarios/`.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Estate => "estates",
            Self::Attack => "attacks",
            Self::LookAlike => "look-alikes",
            Self::Drill => "drills",
        }
    }

    const fn with_article(self) -> &'static str {
        match self {
            Self::Estate => "an estate",
            Self::Attack => "an attack",
            Self::LookAlike => "a look-alike",
            Self::Drill => "a drill",
        }
    }

    /// The names of the embedded files of this kind.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let of_kind = EMBEDDED.iter().filter(move |(folder, ..)| *folder == self.folder());
        of_kind.map(|(_, stem, _)| *stem)
    }

    /// The text of the scenario that `name` names: an embedded one, or a file.
    ///
    /// # Errors
    /// [`ScenarioLookupError`] with the names there are and the nearest of them.
    pub fn load(self, name: &str) -> Result<ScenarioText, ScenarioLookupError> {
        let is_meant =
            |(folder, stem, _): &&(&str, &str, &str)| *folder == self.folder() && *stem == name;
        if let Some((_, stem, text)) = EMBEDDED.iter().find(is_meant) {
            return Ok(ScenarioText { name: (*stem).to_owned(), text: (*text).to_owned() });
        }
        if Path::new(name).extension().is_some() || name.contains(std::path::MAIN_SEPARATOR) {
            let text = fs::read_to_string(name)
                .map_err(|source| ScenarioLookupError::Read { name: name.to_owned(), source })?;
            return Ok(ScenarioText { name: name.to_owned(), text });
        }
        let known: Vec<&str> = self.names().collect();
        Err(ScenarioLookupError::Unknown {
            expected: self.with_article(),
            nearest: nearest(name, known.iter().copied()).map(str::to_owned),
            known: known.join(", "),
            name: name.to_owned(),
        })
    }

    /// All embedded scenarios of this kind.
    pub fn load_all(self) -> Vec<ScenarioText> {
        self.names().filter_map(|name| self.load(name).ok()).collect()
    }
}

impl ScenarioText {
    /// The first sentence of the comment that opens the file.
    pub fn summary(&self) -> &str {
        let first = self.text.lines().next().unwrap_or_default();
        first.trim_start_matches(['#', ' '])
    }
}
