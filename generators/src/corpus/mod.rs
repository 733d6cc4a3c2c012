//! The corpus directory: events and arrivals, truth, manifest. Everything is written beside and
//! renamed, the manifest last.

mod events;
mod manifest;
mod part;
mod renderers;
mod truth;

pub(crate) use events::EventFiles;
pub use manifest::{FileHashes, Manifest};
pub(crate) use part::Directory;
pub(crate) use renderers::with_renderers;
pub(crate) use truth::TruthFile;
