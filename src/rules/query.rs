//! The query language. (Placeholder until its engineer lands it: matches every event.)

use crate::event::EventView;

/// A compiled query.
#[derive(Clone, Debug)]
pub struct Query {
    source: String,
}

/// Why a text is no query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a query")]
pub struct QueryError;

impl Query {
    /// Compiles `source`.
    ///
    /// # Errors
    /// [`QueryError`] where the text is no query.
    pub fn parse(source: &str) -> Result<Self, QueryError> {
        Ok(Self { source: source.to_owned() })
    }

    /// Whether the event matches.
    pub fn matches(&self, _event: &EventView<'_>) -> bool {
        true
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }
}
