//! Which attacks there are, and how their files are read.

use serde::de::DeserializeOwned;

use super::{bulk_extraction, novel_accessor, unauthorized_vault_write};
use crate::scenario::{CampaignFile, ScenarioError, read_name};
use crate::script::Script;
use crate::staging::{Kind, Staging};

/// A validated attack file.
#[derive(Debug, Clone)]
pub struct Attack(pub(crate) Staging);

/// The attack a file names, with its parameters.
#[derive(Debug, Clone)]
pub(crate) enum AttackKind {
    BulkExtraction(bulk_extraction::Parameters),
    NovelAccessor(novel_accessor::Parameters),
    UnauthorizedVaultWrite(unauthorized_vault_write::Parameters),
}

const NAMES: &str = "`bulk-extraction`, `novel-accessor` or `unauthorized-vault-write`";

impl Attack {
    /// Reads an attack file; errors carry `name` as the file's.
    ///
    /// # Errors
    /// An unknown attack, unknown or missing keys, values out of bounds: with line and column.
    pub fn parse(name: &str, toml: &str) -> Result<Self, ScenarioError> {
        let (attack, at) = read_name(name, toml)?;
        let staging = match attack.as_str() {
            "bulk-extraction" => stage(name, toml, AttackKind::BulkExtraction),
            "novel-accessor" => stage(name, toml, AttackKind::NovelAccessor),
            "unauthorized-vault-write" => stage(name, toml, AttackKind::UnauthorizedVaultWrite),
            _ => Err(ScenarioError::new(
                name,
                toml,
                at,
                format!("no attack `{attack}`, expected {NAMES}"),
            )),
        };
        staging.map(Self)
    }

    /// The attack's name, as in truth.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl AttackKind {
    pub(crate) fn stage(&self, script: &mut Script<'_>, number: usize) {
        match self {
            Self::BulkExtraction(parameters) => parameters.stage(script, number),
            Self::NovelAccessor(parameters) => parameters.stage(script, number),
            Self::UnauthorizedVaultWrite(parameters) => parameters.stage(script, number),
        }
    }
}

fn stage<P: DeserializeOwned>(
    name: &str,
    toml: &str,
    kind: impl FnOnce(P) -> AttackKind,
) -> Result<Staging, ScenarioError> {
    Ok(Staging::of(CampaignFile::parse(name, toml)?, |parameters| Kind::Attack(kind(parameters))))
}
