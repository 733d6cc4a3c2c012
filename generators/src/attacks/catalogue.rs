//! Which attacks there are, and how their files are read.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::campaign::{Conduct, Steps};
use super::file::AttackFile;
use super::{
    backup_exfiltration, bulk_extraction, deleted_secret_recovery, distributed_extraction,
    key_ransom, log_blinding, low_and_slow, manual_extraction, network_opening, novel_accessor,
    pipeline_abuse, purge_ransom, reconnaissance, token_replay, unauthorized_vault_write,
    vault_persistence,
};
use crate::scenario::{ScenarioError, read_name};
use crate::staging::{Kind, Staging};

/// A validated attack file.
#[derive(Debug, Clone)]
pub struct Attack(pub(crate) Staging);

/// Reads the text of one file.
type Reader = fn(&str, &str) -> Result<Staging, ScenarioError>;

/// Every attack by its name.
const ATTACKS: [(&str, Reader); 16] = [
    ("backup-exfiltration", staged::<backup_exfiltration::Parameters>),
    ("bulk-extraction", staged::<bulk_extraction::Parameters>),
    ("deleted-secret-recovery", staged::<deleted_secret_recovery::Parameters>),
    ("distributed-extraction", staged::<distributed_extraction::Parameters>),
    ("key-ransom", staged::<key_ransom::Parameters>),
    ("log-blinding", staged::<log_blinding::Parameters>),
    ("low-and-slow", staged::<low_and_slow::Parameters>),
    ("manual-extraction", staged::<manual_extraction::Parameters>),
    ("network-opening", staged::<network_opening::Parameters>),
    ("novel-accessor", staged::<novel_accessor::Parameters>),
    ("pipeline-abuse", staged::<pipeline_abuse::Parameters>),
    ("purge-ransom", staged::<purge_ransom::Parameters>),
    ("reconnaissance", staged::<reconnaissance::Parameters>),
    ("token-replay", staged::<token_replay::Parameters>),
    ("unauthorized-vault-write", staged::<unauthorized_vault_write::Parameters>),
    ("vault-persistence", staged::<vault_persistence::Parameters>),
];

impl Attack {
    /// Reads an attack file; errors carry `name` as the file's.
    ///
    /// # Errors
    /// An unknown attack, unknown or missing keys, values out of bounds: with line and column.
    pub fn parse(name: &str, toml: &str) -> Result<Self, ScenarioError> {
        let (attack, at) = read_name(name, toml)?;
        let Some((_, read)) = ATTACKS.iter().find(|(known, _)| *known == attack) else {
            return Err(ScenarioError::new(name, toml, at, unknown(&attack)));
        };
        read(name, toml).map(Self)
    }

    /// The same attack under another name, so that several settings of its dials can be told apart
    /// in one corpus. The name is part of what is drawn, so other campaigns come of it, but nothing
    /// keeps two names from the same victim: see [`Attack::kept_apart`].
    #[must_use]
    pub fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.0.name);
        self
    }

    /// The same attack with victims of its own: no account is used by two campaigns of those attacks of
    /// a plan that are kept apart. Where the estate has too few accounts there are fewer campaigns, as
    /// many of each attack; none of an attack that not even one campaign can be had of.
    #[must_use]
    pub fn kept_apart(mut self) -> Self {
        if let Kind::Attack(conduct) = &mut self.0.kind {
            conduct.apart = Some(Vec::new());
        }
        self
    }

    /// The attack's name, as in truth.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

fn staged<P: DeserializeOwned + Steps + 'static>(
    name: &str,
    toml: &str,
) -> Result<Staging, ScenarioError> {
    let file = AttackFile::<P>::parse(name, toml)?;
    let adversary = file.adversary();
    let steps = Arc::new(file.parameters);
    Ok(Staging {
        name: file.name,
        technique: file.technique.into_inner(),
        severity: Some(file.severity),
        defined_by: file.defined_by,
        schedule: file.schedule,
        kind: Kind::Attack(Box::new(Conduct { adversary, steps, apart: None })),
    })
}

fn unknown(attack: &str) -> String {
    let names: Vec<String> = ATTACKS.iter().map(|(name, _)| format!("`{name}`")).collect();
    let distance = |name: &str| strsim::levenshtein(attack, name);
    let nearest = ATTACKS.iter().map(|(name, _)| *name).min_by_key(|name| distance(name));
    let hint = match nearest.filter(|name| distance(name) <= 1 + attack.len() / 3) {
        Some(name) => format!(" (did you mean `{name}`?)"),
        None => String::new(),
    };
    format!("no attack `{attack}`, expected one of {}{hint}", names.join(", "))
}
