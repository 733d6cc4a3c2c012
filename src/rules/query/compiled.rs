//! A query that is ready to be asked.

use std::collections::BTreeSet;

use super::QueryError;
use super::compile::compile;
use super::node::Node;
use super::parser::parse;
use crate::event::{Event, EventView, Extra};

/// A compiled query.
///
/// ```
/// use vaultdrill::rules::Query;
///
/// assert!(Query::parse("access: (reveal or use) and not http_status >= 400").is_ok());
/// let error = Query::parse("outcome: succes").unwrap_err();
/// assert_eq!((error.span, error.nearest), (9..15, Some("success")));
/// ```
#[derive(Clone, Debug)]
pub struct Query {
    source: String,
    root: Node,
}

impl Query {
    /// Compiles `source`; an empty text matches every event.
    ///
    /// # Errors
    /// [`QueryError`] where the text is no query: it points at the first fault in it, a fault of
    /// syntax before one of names and values.
    pub fn parse(source: &str) -> Result<Self, QueryError> {
        let root = parse(source)?.as_ref().map_or(Ok(Node::All), compile)?;
        Ok(Self { source: source.to_owned(), root })
    }

    /// Whether the event matches, if its batch holds the query's [`extras`](Self::extras). Allocates
    /// nothing.
    pub fn matches(&self, event: &EventView<'_>) -> bool {
        self.root.matches(event)
    }

    /// The answer for every event that has `event`'s plane, access and outcome; `None` where the
    /// other fields matter.
    pub(in crate::rules) fn decide(&self, event: &Event) -> Option<bool> {
        self.root.decide(event)
    }

    /// Adds to `fields` those that the parser must extract for this query.
    pub fn extras(&self, fields: &mut BTreeSet<Extra>) {
        self.root.extras(fields);
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }
}
