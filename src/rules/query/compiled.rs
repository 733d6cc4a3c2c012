//! A query that is ready to be asked.

use std::collections::BTreeSet;

use super::QueryError;
use super::ast::{Test, Tree};
use super::compile::compile;
use super::node::Node;
use super::parser::parse;
use crate::event::{EventView, Extra};

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
    /// What the text means; none for an empty one.
    tree: Option<Tree<Test>>,
    root: Node,
}

impl Query {
    /// Compiles `source`; an empty text matches every event.
    ///
    /// # Errors
    /// [`QueryError`] where the text is no query: it points at the first fault in it, a fault of
    /// syntax before one of names and values.
    pub fn parse(source: &str) -> Result<Self, QueryError> {
        let tree = parse(source)?;
        let root = tree.as_ref().map_or(Ok(Node::All), compile)?;
        Ok(Self { source: source.to_owned(), tree, root })
    }

    /// What any of `queries` matches. Joined as compiled: the text may nest one level deeper than
    /// [`parse`](Self::parse) takes.
    pub(in crate::rules) fn any(queries: &[&Self]) -> Self {
        let source = queries.iter().map(|query| format!("({})", query.source));
        let trees: Option<Vec<_>> = queries.iter().map(|query| query.tree.clone()).collect();
        Self {
            source: source.collect::<Vec<_>>().join(" or "),
            // An empty one matches everything, and so do they together.
            tree: trees.map(Tree::Or),
            root: Node::or(queries.iter().map(|query| query.root.clone()).collect()),
        }
    }

    /// What both match, joined as in [`any`](Self::any).
    pub(in crate::rules) fn and(self, other: &Self) -> Self {
        let (Some(own), Some(tree)) = (&self.tree, &other.tree) else {
            return if self.tree.is_none() { other.clone() } else { self };
        };
        Self {
            source: format!("{} and ({})", self.source, other.source.trim()),
            tree: Some(Tree::And(vec![own.clone(), tree.clone()])),
            root: Node::and(vec![self.root, other.root.clone()]),
        }
    }

    /// Whether the event matches, if its batch holds the query's [`extras`](Self::extras). Allocates
    /// nothing.
    pub fn matches(&self, event: &EventView<'_>) -> bool {
        self.root.matches(event)
    }

    /// The answer for every event of `event`'s kind (see [`Evaluator`](crate::rules::Evaluator)); `None`
    /// where its other fields matter.
    pub(in crate::rules) fn decide(&self, event: &EventView<'_>) -> Option<bool> {
        self.root.decide(event)
    }

    /// Adds to `fields` those that the parser must extract for this query.
    pub fn extras(&self, fields: &mut BTreeSet<Extra>) {
        self.root.extras(fields);
    }

    /// What it was compiled from; none for an empty text.
    pub(super) fn tree(&self) -> Option<&Tree<Test>> {
        self.tree.as_ref()
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }
}
