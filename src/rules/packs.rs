//! The packs of rules that the binary carries: our own, and one for each peer whose published Key
//! Vault detections are written down as rules of ours, to be judged beside it.
//!
//! A peer's logic is taken as fact, blind spots included. What no kind of rule can express is not
//! approximated: it stands in the pack's `inexpressible.toml`, with the reason.
//! `tests/scenarios.rs` holds that every file is embedded and sound.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::embedded::{EMBEDDED, PACK};
use super::fault::{Fault, File};
use super::wire::{SCHEMA_VERSION, Word};

/// The name that stands for every embedded pack.
pub const ALL_PACKS: &str = "all";

/// The file of a pack's folder that is no rule.
pub const INEXPRESSIBLE_FILE: &str = "inexpressible.toml";

/// Rules that are embedded together.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    /// Name by which it is loaded.
    pub name: &'static str,
    /// Whose detections it holds, in a sentence.
    pub summary: &'static str,
    /// Folder of its files below `scenarios/rules`.
    pub folder: &'static str,
    /// Id and file text of each rule, ordered by id.
    pub rules: &'static [(&'static str, &'static str)],
    inexpressible: Option<&'static str>,
}

/// A published detection that no kind of rule can express.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inexpressible {
    /// What its publisher calls it.
    pub name: String,
    /// Where it is published.
    pub source: String,
    /// Why it cannot be expressed.
    pub reason: String,
}

macro_rules! peer {
    ($name:literal, $summary:literal, $inexpressible:expr, [$($id:literal),+ $(,)?]) => {
        Pack {
            name: $name,
            summary: $summary,
            folder: concat!("peers/", $name),
            rules: &[$((
                $id,
                include_str!(concat!("../../scenarios/rules/peers/", $name, "/", $id, ".toml")),
            ),)+],
            inexpressible: $inexpressible,
        }
    };
}

macro_rules! inexpressible {
    ($name:literal) => {
        Some(include_str!(concat!("../../scenarios/rules/peers/", $name, "/inexpressible.toml")))
    };
}

/// Every embedded pack, our own first.
pub const PACKS: &[Pack] = &[
    Pack {
        name: PACK,
        summary: "Our own: both detections this project began with, and what neither has.",
        folder: PACK,
        rules: EMBEDDED,
        inexpressible: None,
    },
    peer!(
        "community",
        "Hunting queries that a practitioner publishes for Sentinel's tables.",
        inexpressible!("community"),
        [
            "community-address-allowed",
            "community-first-app",
            "community-first-user",
            "community-policy-added",
            "community-sensitive",
        ]
    ),
    peer!(
        "defender",
        "What Microsoft says that Defender for Key Vault looks for, with numbers of ours.",
        inexpressible!("defender"),
        [
            "defender-denied-many-vaults",
            "defender-list-then-read",
            "defender-policy-then-read",
            "defender-unusual-app",
            "defender-unusual-pair",
            "defender-unusual-user",
        ]
    ),
    peer!(
        "elastic",
        "Elastic's published rules, in their present form and in that of 2020.",
        inexpressible!("elastic"),
        [
            "elastic-administrator-role",
            "elastic-diagnostics-deleted",
            "elastic-excessive-retrieval",
            "elastic-unusual-key-usage",
            "elastic-vault-modified",
            "elastic-vault-modified-2020",
        ]
    ),
    peer!(
        "panther",
        "Panther's published rules over the Activity Log.",
        None,
        [
            "panther-certificate-read",
            "panther-key-purged",
            "panther-key-read",
            "panther-secret-read",
            "panther-vault-deleted",
            "panther-vault-purged",
        ]
    ),
    peer!(
        "sentinel",
        "Microsoft Sentinel's published analytic rules and a hunting query.",
        inexpressible!("sentinel"),
        [
            "sentinel-mass-retrieval",
            "sentinel-nrt-sensitive",
            "sentinel-policy-add-remove",
            "sentinel-policy-remove-add",
            "sentinel-policy-replaced",
            "sentinel-sensitive",
        ]
    ),
    peer!(
        "sigma",
        "The Sigma project's published rules over the Activity Log.",
        None,
        ["sigma-key-changed", "sigma-secret-changed", "sigma-vault-changed"]
    ),
    peer!(
        "sumo",
        "Sumo Logic's published rules of its Cloud SIEM.",
        None,
        [
            "sumo-excessive-get",
            "sumo-key-deleted",
            "sumo-key-purged",
            "sumo-secret-backup",
            "sumo-secret-deleted",
            "sumo-secret-purged",
            "sumo-vault-deleted",
        ]
    ),
];

impl Pack {
    /// The embedded pack of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PACKS.iter().find(|pack| pack.name == name)
    }

    /// The published detections that it does without, in the order of its file.
    ///
    /// # Errors
    /// [`RuleFileError`](super::RuleFileError) for the first fault of its file.
    pub fn inexpressible(&self) -> Result<Vec<Inexpressible>, Fault> {
        let Some(text) = self.inexpressible else { return Ok(Vec::new()) };
        let name = format!("{}/{INEXPRESSIBLE_FILE}", self.name);
        let file = File { name: &name, text };
        let wire: WireFile = toml::from_str(text).map_err(|error| file.toml_fault(&error))?;
        if *wire.schema_version.get_ref() != SCHEMA_VERSION {
            let expected = format!("schema_version {SCHEMA_VERSION}");
            return Err(file.unexpected(&wire.schema_version, &expected));
        }
        let one = |wire: &WireInexpressible| {
            Ok(Inexpressible {
                name: file.sentence(&wire.name)?,
                source: file.sentence(&wire.source)?,
                reason: file.sentence(&wire.reason)?,
            })
        };
        wire.rule.iter().map(one).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFile {
    schema_version: Spanned<u32>,
    rule: Vec<WireInexpressible>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireInexpressible {
    name: Word,
    source: Word,
    reason: Word,
}
