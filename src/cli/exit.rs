//! Exit codes, and the failures that carry them.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use super::terminal::printable;

/// Success.
pub const PASS: u8 = 0;
/// Something failed that should not have.
pub const UNEXPECTED: u8 = 1;
/// Wrong usage or a faulty configuration file.
pub const USAGE: u8 = 2;
/// Input, truth or corpus is missing or invalid.
pub const INPUT: u8 = 3;
/// Nothing to score: no campaign in the scored period.
pub const NOTHING_TO_SCORE: u8 = 4;
/// A quality gate failed: a requirement of `gate`, an audit, a comparison with published figures, a
/// rule's own examples.
pub const QUALITY: u8 = 10;
/// A requirement about speed or memory failed.
pub const PERFORMANCE: u8 = 11;
/// Both kinds of requirement failed.
pub const QUALITY_AND_PERFORMANCE: u8 = 12;
/// The data cannot tell whether a requirement is met.
pub const INCONCLUSIVE: u8 = 20;

/// Ended by an interrupt (Ctrl-C), with what had been done by then.
pub const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM, likewise.
pub const TERMINATED: u8 = 143;

/// Why a command failed, and the exit code that says so.
#[derive(Debug)]
pub struct Failure {
    /// One of this module's codes.
    pub code: u8,
    error: anyhow::Error,
}

impl Failure {
    /// A failure that exits with `code`.
    pub(crate) fn new(code: u8, error: impl Into<anyhow::Error>) -> Self {
        Self { code, error: error.into() }
    }

    /// A failure about a file, whose path the error itself does not say.
    pub(crate) fn at(code: u8, path: &Path, error: &io::Error) -> Self {
        Self::new(code, anyhow::anyhow!("{}: {error}", path.display()))
    }

    /// Whether somebody who read what was written went away.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        let causes = self.error.chain();
        causes
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Prints the error and its causes to standard error; the exit code says it to those who do not
    /// listen there.
    pub fn report(&self) {
        let error = chain(self.error.as_ref());
        let _ = writeln!(io::stderr(), "error: {}", printable(error.trim_end()));
    }
}

/// The message and its causes, each said once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

/// Anything without a code of its own is unexpected.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { code: UNEXPECTED, error: error.into() }
    }
}

/// Gives errors their exit code.
pub(crate) trait OrExit<T> {
    /// The value, or a failure that exits with `code`.
    fn or_exit(self, code: u8) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for Result<T, E> {
    fn or_exit(self, code: u8) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(code, error))
    }
}
