//! `manifest.json`: what a corpus is, and the hashes that say it is whole.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

use super::Layout;
use super::part::{Directory, MANIFEST};
use crate::plan::GenerateError;

/// The manifest of a corpus. Times are RFC 3339 with seven fraction digits, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file's shape.
    pub schema_version: u32,
    /// Version of the generator.
    pub tool_version: String,
    /// How the records are filed.
    pub layout: Layout,
    /// xxh3-128 of the event bytes in file order, in lower-case hex. Of blobs: of the digests of
    /// each sender's bytes, sixteen little-endian bytes each, in path order, which is what a replay
    /// of the tree comes to.
    pub corpus_id: String,
    /// The plan's seed.
    pub seed: u64,
    /// Name of the estate.
    pub estate: String,
    /// Names of the attacks injected.
    pub attacks: Vec<String>,
    /// Names of the look-alikes injected.
    pub look_alikes: Vec<String>,
    /// Records, duplicates included.
    pub events: u64,
    /// Size of the event files.
    pub bytes: u64,
    /// SHA-256 of the other files by name, in lower-case hex. Blobs and their arrivals are in a list
    /// of their own, `files.sha256`, which stands here.
    pub sha256: BTreeMap<String, String>,
    /// Earliest event time.
    pub first_time: String,
    /// Latest event time.
    pub last_time: String,
    /// Scored from here.
    pub warmup_end: String,
    /// Days covered.
    pub days: u32,
    /// Those before `warmup_end`.
    pub warmup_days: u32,
    /// Campaigns by attack, and instances by look-alike, warm-up included.
    pub campaigns: BTreeMap<String, u64>,
}

impl Manifest {
    pub(crate) fn write(&self, directory: &Directory) -> Result<(), GenerateError> {
        let mut part = directory.part(MANIFEST)?;
        let mut text =
            serde_json::to_vec_pretty(self).expect("strings and numbers are always JSON");
        text.push(b'\n');
        part.file.write_all(&text).map_err(part.fail())?;
        part.keep()
    }
}
