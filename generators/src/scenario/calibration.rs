//! The `[[calibration]]` tables of an estate file: what has been published about traffic of its
//! kind, and how far a corpus may be from it.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::values::Number;
use crate::describe::Statistic;

/// Larger figures are no rates, bytes or ratios of a corpus.
type Figure = Number<10_000_000>;

/// One published figure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Published {
    pub(crate) statistic: Statistic,
    pub(crate) published: Figure,
    /// Largest difference allowed, in the statistic's own unit.
    pub(crate) tolerance: Figure,
    /// Compared only where the busiest workload reaches so many events a day: `--events` and the
    /// estate's own maximum cut the busiest first.
    #[serde(default = "any_rate")]
    pub(crate) needs_rate: Figure,
    /// Where the figure comes from; reports repeat it.
    pub(crate) source: String,
}

fn any_rate() -> Figure {
    Number(0.0)
}

/// Reads the tables; a statistic can be published once.
pub(super) fn distinct<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Published>, D::Error> {
    let published = Vec::<Published>::deserialize(deserializer)?;
    let mut names = BTreeSet::new();
    match published.iter().find(|entry| !names.insert(entry.statistic)) {
        Some(twice) => {
            let name = twice.statistic.name();
            Err(D::Error::custom(format!("`{name}` has two tables, expected one")))
        }
        None => Ok(published),
    }
}
