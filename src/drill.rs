//! A drill: estate, attacks, rules, seed and duration, described in one file.

use serde::{Deserialize, Serialize};

use crate::gate::{GateConfig, GateError};
use crate::rules::Timing;

/// The version of the drill file format this program reads.
const SCHEMA_VERSION: u32 = 1;

/// One reproducible experiment.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    schema_version: u32,
    /// Name, also of the default output directory.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// Estate, by name or file.
    pub estate: String,
    /// `all`, `none`, or attacks by name or file, separated by commas.
    pub attacks: String,
    /// Rule packs, rules or files.
    pub rules: Vec<String>,
    /// Whether rules that have a schedule run on it, or judge as records arrive.
    #[serde(default)]
    pub timing: Timing,
    /// Seed of every random draw.
    pub seed: u64,
    /// Days of traffic, warm-up included.
    pub days: u32,
    /// Days at the start that teach the rules and are not scored.
    pub warmup_days: u32,
    /// Records to generate, within 2 %.
    pub events: u64,
    /// What its score must meet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateConfig>,
}

/// A drill file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// Not TOML, an unknown key or a value of another type.
    #[error("{name}: {message}")]
    Syntax {
        /// The file.
        name: String,
        /// Place, what was expected and what was found.
        message: String,
    },
    /// A value out of range.
    #[error("{name}: {key}: expected {expected}, found {found}")]
    Value {
        /// The file.
        name: String,
        /// The key.
        key: &'static str,
        /// What the key takes.
        expected: &'static str,
        /// What it holds.
        found: u64,
    },
    /// A faulty `[gate]` table.
    #[error("{name}: gate: {source}")]
    Gate {
        /// The file.
        name: String,
        /// What is wrong with it.
        source: Box<GateError>,
    },
}

impl Drill {
    /// Reads a drill from the text of the file called `name`.
    ///
    /// # Errors
    /// [`DrillError`] with the place of the fault.
    pub fn parse(name: &str, text: &str) -> Result<Self, DrillError> {
        let drill: Self = toml::from_str(text).map_err(|error| DrillError::Syntax {
            name: name.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        })?;
        let value = |key, expected, found: u64| DrillError::Value {
            name: name.to_owned(),
            key,
            expected,
            found,
        };
        if drill.schema_version != SCHEMA_VERSION {
            return Err(value("schema_version", "1", drill.schema_version.into()));
        }
        if drill.warmup_days >= drill.days {
            return Err(value("warmup_days", "fewer days than `days`", drill.warmup_days.into()));
        }
        if drill.events == 0 {
            return Err(value("events", "at least 1", drill.events));
        }
        if let Some(gate) = &drill.gate {
            let sound = gate
                .requirements()
                .and_then(|_| gate.waivers(name))
                .and_then(|_| gate.margin(name));
            sound.map_err(|source| DrillError::Gate {
                name: name.to_owned(),
                source: Box::new(source),
            })?;
        }
        Ok(drill)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"
        schema_version = 1
        name = "tiny"
        description = "Small."
        estate = "midsize"
        attacks = "all"
        rules = ["vaultdrill"]
        seed = 1
        days = 21
        warmup_days = 14
        events = 1000
    "#;

    #[test]
    fn a_sound_file_reads_as_written() {
        let drill = Drill::parse("tiny.toml", SOUND).unwrap();
        assert_eq!((drill.days, drill.warmup_days, drill.events), (21, 14, 1000));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_known_keys() {
        let text = SOUND.replace("seed = 1", "sed = 1");
        let message = Drill::parse("tiny.toml", &text).unwrap_err().to_string();
        assert!(message.starts_with("tiny.toml: TOML parse error at line 8"), "{message}");
        assert!(message.contains("unknown field `sed`") && message.contains("`seed`"), "{message}");
    }

    #[test]
    fn a_faulty_requirement_is_refused_with_its_column() {
        let text = format!("{SOUND}\n[gate]\nrequire = [\"recall => 0.9\"]");
        let message = Drill::parse("tiny.toml", &text).unwrap_err().to_string();
        assert!(
            message.starts_with("tiny.toml: gate: requirement: column 8: expected >="),
            "{message}"
        );
    }

    #[test]
    fn a_warm_up_that_leaves_nothing_to_score_is_refused() {
        let text = SOUND.replace("warmup_days = 14", "warmup_days = 21");
        let message = Drill::parse("tiny.toml", &text).unwrap_err().to_string();
        assert_eq!(message, "tiny.toml: warmup_days: expected fewer days than `days`, found 21");
    }
}
