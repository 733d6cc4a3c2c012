//! Records to a stream, and nothing beside them: no arrivals, no truth, no checksums.

use std::io::Write;
use std::path::Path;

use super::Output;
use super::part::io;
use super::renderers::Rendered;
use crate::plan::GenerateError;

/// How errors name the stream.
const NAME: &str = "standard output";

/// A stream of lines.
pub(crate) struct Pipe<'a>(pub(crate) &'a mut dyn Write);

impl Output for Pipe<'_> {
    fn append(&mut self, rendered: &Rendered) -> Result<(), GenerateError> {
        self.0.write_all(&rendered.bytes).map_err(io(Path::new(NAME)))
    }
}
