//! Why a text is no query, and where.

use std::fmt;
use std::ops::Range;

/// Why a text is no query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct QueryError {
    /// Bytes of the query at fault; empty at its end.
    pub span: Range<usize>,
    /// What may stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
    /// The valid field or word that is most like what stands there.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)?;
        self.nearest.map_or(Ok(()), |word| write!(f, " (did you mean `{word}`?)"))
    }
}
