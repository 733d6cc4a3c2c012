//! Records one after another, for tools that read logs in order and write logs again.
//!
//! Contract: a [`Reader`] gives every record of its inputs exactly once, events in the order in which a
//! run of the engine judges them, whatever the inputs' shapes. Memory does not grow with the inputs'
//! size. What is written is a corpus in raw form that appears whole or not at all. Deliberately left to
//! others: duplicates and watermarks, which are the engine's affair.

mod companions;
mod corpus;
mod error;
mod reader;
mod rewrite;
mod tally;

pub use companions::{Companions, write_truth};
pub(crate) use companions::{each_line, read_manifest};
pub use corpus::{Corpus, CorpusWriter, WriteTruth};
pub(crate) use corpus::{MANIFEST, TRUTH, hex};
pub use error::RecordsError;
pub use reader::{Opened, Reader, Record, What};
pub use rewrite::{NotJson, Rewrite, rewrite};
pub use tally::Tally;
