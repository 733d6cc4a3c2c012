//! What a field name in a query means.

use super::QueryError;
use super::ast::Text;
use super::pattern::Pattern;
use super::words::WordField;
use crate::event::{Field, TextField};
use crate::nearest::nearest;

/// The other name of the event's time, in Elastic.
const TIMESTAMP: &str = "@timestamp";
const TIME: &str = "time";

/// Where the values are that a test is about.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Words(WordField),
    Status,
    Time,
    Text(TextField),
    /// Any of several: a name with a wildcard.
    Any(Vec<Self>),
}

impl Target {
    /// What `name` means.
    pub(super) fn resolve(name: &Text) -> Result<Self, QueryError> {
        let target = match name.literal() {
            Some(literal) => Self::named(literal),
            None => Self::matching(&Pattern::new(&name.pieces, false)),
        };
        target.ok_or_else(|| error(name, "a field", names()))
    }

    fn named(name: &str) -> Option<Self> {
        if matches!(name, TIME | TIMESTAMP) {
            return Some(Self::Time);
        }
        Field::from_word(name).map(Self::of)
    }

    fn matching(pattern: &Pattern) -> Option<Self> {
        let fields = Field::ALL.iter().filter(|field| pattern.matches(field.word()));
        let mut targets: Vec<_> = fields.map(|&field| Self::of(field)).collect();
        if pattern.matches(TIME) {
            targets.push(Self::Time);
        }
        (!targets.is_empty()).then_some(Self::Any(targets))
    }

    fn of(field: Field) -> Self {
        if let Some(words) = WordField::of(field) {
            return Self::Words(words);
        }
        // The one field that is neither word nor text.
        field.text_field().map_or(Self::Status, Self::Text)
    }
}

/// Every name that can be meant by a misspelt one.
fn names() -> impl Iterator<Item = &'static str> {
    Field::ALL.iter().map(|field| field.word()).chain([TIME, TIMESTAMP])
}

/// What stands at `at` is not what was `expected`.
pub(super) fn error(
    at: &Text,
    expected: &str,
    candidates: impl IntoIterator<Item = &'static str>,
) -> QueryError {
    let found = at.pieces.join("*");
    QueryError {
        span: at.span.clone(),
        expected: expected.to_owned(),
        nearest: nearest(&found, candidates),
        found: format!("`{found}`"),
    }
}
