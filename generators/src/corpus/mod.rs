//! The corpus directory: events and arrivals, truth, manifest. Everything is written beside and
//! renamed, the manifest last.

mod blobs;
mod envelopes;
mod events;
mod layout;
mod manifest;
mod part;
mod pipe;
mod renderers;
mod truth;

pub(crate) use events::EventFile;
pub use layout::Layout;
pub(crate) use layout::{EventFiles, Output, Summary};
pub use manifest::Manifest;
pub(crate) use part::{Directory, TRUTH};
pub(crate) use pipe::Pipe;
pub(crate) use renderers::{CHUNK, Rendered, Tally, with_renderers};
pub(crate) use truth::{Told, TruthFile};
