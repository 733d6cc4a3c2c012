//! What is wrong with a scenario file, and where.

use serde::de::DeserializeOwned;

/// A scenario file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ScenarioError {
    /// The name the caller gave the text.
    pub file: String,
    /// Line of the fault, from 1.
    pub line: usize,
    /// Column of the fault in characters, from 1.
    pub column: usize,
    /// Lower-case fragment: what was found, what was expected.
    pub message: String,
}

impl ScenarioError {
    /// An error about the byte range `at` of `text`.
    pub(crate) fn new(file: &str, text: &str, at: usize, message: impl Into<String>) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }
}

impl ScenarioError {
    /// A `noun` that does not exist, with those that do.
    pub(crate) fn unknown_name(
        file: &str,
        text: &str,
        at: usize,
        noun: &str,
        found: &str,
        known: &[&str],
    ) -> Self {
        let list = known.join("`, `");
        let hint = nearest(found, known.iter().copied())
            .map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
        let message = format!("no {noun} `{found}`, expected one of `{list}`{hint}");
        Self::new(file, text, at, message)
    }
}

/// Reads a wire struct, giving the parser's own complaint a place.
pub(crate) fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, ScenarioError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let message = with_suggestion(error.message().trim_end().replace('\n', "; "));
        ScenarioError::new(file, text, at, message)
    })
}

/// Adds the nearest expected name to serde's "unknown field `x`, expected one of `a`, `b`".
fn with_suggestion(message: String) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = message.contains("unknown field") || message.contains("unknown variant");
    let Some(found) = names.next().filter(|_| unknown) else { return message };
    match nearest(found, names) {
        Some(name) => format!("{message} (did you mean `{name}`?)"),
        None => message,
    }
}

/// The name that somebody may have meant.
fn nearest<'a>(found: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let nearest = names.min_by_key(|name| strsim::levenshtein(found, name));
    nearest.filter(|name| strsim::levenshtein(found, name) <= 1 + found.len() / 3)
}
