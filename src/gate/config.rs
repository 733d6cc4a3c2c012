//! The `[gate]` table of a drill file: what the drill's score must meet.

use serde::{Deserialize, Serialize};

use super::error::GateError;
use super::requirement::Requirement;
use super::waivers::{self, Waiver, WaiverWire};

/// The table as written.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GateConfig {
    /// Requirements, as on the command line.
    require: Vec<String>,
    /// Largest drop of recall that may go unnoticed, in points of a share (0 to 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    margin: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waivers: Vec<WaiverWire>,
}

impl GateConfig {
    /// The requirements.
    ///
    /// # Errors
    /// [`GateError`] with the place of the fault.
    pub fn requirements(&self) -> Result<Vec<Requirement>, GateError> {
        self.require.iter().map(|text| Ok(Requirement::parse(text)?)).collect()
    }

    /// Its waivers; `name` is the file.
    ///
    /// # Errors
    /// [`GateError`] with the place of the fault.
    pub fn waivers(&self, name: &str) -> Result<Vec<Waiver>, GateError> {
        waivers::validate(name, &self.waivers)
    }

    /// The margin.
    ///
    /// # Errors
    /// [`GateError`] for one that is no share.
    pub fn margin(&self, name: &str) -> Result<Option<f64>, GateError> {
        match self.margin {
            Some(margin) if !(margin > 0.0 && margin < 1.0) => Err(GateError::Config {
                place: format!("{name}: gate: margin"),
                expected: "a share between 0 and 1",
                found: margin.to_string(),
            }),
            margin => Ok(margin),
        }
    }
}
