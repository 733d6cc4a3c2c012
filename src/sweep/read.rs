//! Reads a sweep.json: the version and the kind are checked, unknown keys are allowed.

use super::Sweep;
use super::lab::{KIND, SCHEMA_VERSION};
use crate::score::ScoreError;

impl Sweep {
    /// Reads the sweep.json called `file`.
    ///
    /// # Errors
    /// Text out of contract, or a file of another kind or version.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScoreError> {
        let sweep: Self = serde_json::from_str(text).map_err(|error| ScoreError::Syntax {
            place: format!("{file}:{}", error.line()),
            expected: "a sweep",
            found: error.to_string(),
        })?;
        let header = |key, expected: String, found: String| {
            Err(ScoreError::Header { place: file.to_owned(), key, expected, found })
        };
        if sweep.kind != KIND {
            return header("kind", KIND.to_owned(), sweep.kind);
        }
        if sweep.schema_version != SCHEMA_VERSION {
            let found = sweep.schema_version.to_string();
            return header("schema_version", SCHEMA_VERSION.to_string(), found);
        }
        Ok(sweep)
    }
}
