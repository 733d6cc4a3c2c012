//! The layouts of a corpus: the same records in the same order, filed differently.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::blobs::BlobTree;
use super::envelopes::Envelopes;
use super::events::EventFile;
use super::part::Directory;
use super::renderers::Rendered;
use crate::delivery::flush;
use crate::plan::GenerateError;
use crate::tenant::Tenant;

/// How the records of a corpus are filed; it changes no record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `events.ndjson`, one record a line, and `arrivals.i64`.
    #[default]
    Lines,
    /// The same files with one Event Hub envelope a line: 1 to 100 records of one hub in
    /// `{"records":[...]}`; arrivals still count records.
    EventHub,
    /// The tree of an export to storage: `PT1H.json` by sender and hour of arrival, `arrivals.i64`
    /// by sender.
    Blobs,
}

/// Takes finished records, in arrival order.
pub(crate) trait Output {
    fn append(&mut self, rendered: &Rendered) -> Result<(), GenerateError>;
}

/// What is known of event files once they are complete.
#[derive(Debug)]
pub(crate) struct Summary {
    /// xxh3-128 of the event bytes; of a tree, of its senders' in path order.
    pub(crate) corpus_id: String,
    /// Of the event files.
    pub(crate) bytes: u64,
    /// By file.
    pub(crate) sha256: BTreeMap<String, String>,
}

/// The event files of a corpus while they grow.
pub(crate) enum EventFiles<'a> {
    File(Box<EventFile>),
    Tree(Box<BlobTree<'a>>),
}

impl<'a> EventFiles<'a> {
    pub(crate) fn create(
        directory: &Directory,
        layout: Layout,
        tenant: &'a Tenant,
    ) -> Result<Self, GenerateError> {
        let envelopes = || Envelopes::new(flush(&tenant.estate.wire.delivery));
        Ok(match layout {
            Layout::Lines => Self::File(Box::new(EventFile::create(directory, None)?)),
            Layout::EventHub => {
                Self::File(Box::new(EventFile::create(directory, Some(envelopes()))?))
            }
            Layout::Blobs => Self::Tree(Box::new(BlobTree::create(directory, tenant)?)),
        })
    }

    /// Completes the files, still under their temporary names.
    pub(crate) fn finish(&mut self) -> Result<Summary, GenerateError> {
        match self {
            Self::File(file) => file.finish(),
            Self::Tree(tree) => tree.finish(),
        }
    }

    /// Gives the files their names.
    pub(crate) fn keep(self) -> Result<(), GenerateError> {
        match self {
            Self::File(file) => file.keep(),
            Self::Tree(tree) => tree.keep(),
        }
    }
}

impl Output for EventFiles<'_> {
    fn append(&mut self, rendered: &Rendered) -> Result<(), GenerateError> {
        match self {
            Self::File(file) => file.append(rendered),
            Self::Tree(tree) => tree.append(rendered),
        }
    }
}
