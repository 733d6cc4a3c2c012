//! Why a gate cannot decide, which is never a pass.

use std::fmt::{self, Display, Formatter};

/// An expression that cannot be read, with the place of the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// The expression as given.
    pub text: String,
    /// Where, in characters from 1.
    pub column: usize,
    /// What could stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
    /// The valid word most like it.
    pub nearest: Option<String>,
}

impl Display for ExpressionError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { text, column, expected, found, nearest } = self;
        write!(f, "requirement: column {column}: expected {expected}, found {found}")?;
        if let Some(nearest) = nearest {
            write!(f, " (did you mean `{nearest}`?)")?;
        }
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "\n  {text}\n  {:>column$}", "^")
    }
}

impl std::error::Error for ExpressionError {}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// A faulty expression or an unknown name in it.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// No requirement at all, which nothing could fail.
    #[error("expected at least one requirement (--require, or [gate] in the drill), found none")]
    Empty,
    /// The figure is null.
    #[error("`{requirement}`: expected a figure for {metric} in {file}, found none: {reason}")]
    NoValue {
        /// The requirement.
        requirement: String,
        /// Path of the figure.
        metric: String,
        /// The side that lacks it.
        file: &'static str,
        /// Why there is none.
        reason: String,
    },
    /// A requirement needs a file that was not given.
    #[error("`{requirement}`: expected {expected}, found none")]
    Needs {
        /// The requirement.
        requirement: String,
        /// The option that gives it.
        expected: &'static str,
    },
    /// The unit does not fit the figure.
    #[error("`{requirement}`: expected {expected}, found {found}")]
    WrongUnit {
        /// The requirement.
        requirement: String,
        /// What the figure is measured in.
        expected: &'static str,
        /// The limit.
        found: String,
    },
    /// A name of an attack or variant that the score does not have.
    #[error("`{requirement}`: expected {expected}, found {found:?}{}", hint(.nearest.as_deref()))]
    UnknownName {
        /// The requirement.
        requirement: String,
        /// What is named.
        expected: &'static str,
        /// The name.
        found: String,
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// A faulty waiver or value of a file.
    #[error("{place}: expected {expected}, found {found}")]
    Config {
        /// The file, and where in it.
        place: String,
        /// What it takes.
        expected: &'static str,
        /// What it holds.
        found: String,
    },
    /// Two files that are not about the same thing.
    #[error(
        "{file}: {key}: expected {expected} as in {other}, found {found}: unlike things are not compared"
    )]
    Unlike {
        /// The file that disagrees.
        file: String,
        /// What they differ in.
        key: &'static str,
        /// The file it disagrees with.
        other: String,
        /// The other's value.
        expected: String,
        /// This one's value.
        found: String,
    },
}

impl GateError {
    /// Whether files are at fault, not the configuration.
    pub const fn is_input(&self) -> bool {
        matches!(self, Self::Unlike { .. })
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(" (did you mean {name:?}?)"))
}
