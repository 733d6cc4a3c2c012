//! The blob tree of a storage account: one directory per sender and hour of arrival, each with its
//! `PT1H.json` of lines, as Azure's export to storage files them.
//!
//! Beside the hours of a sender lies `arrivals.i64`, one arrival per record over its blobs in path
//! order: each sender is one input of a replay. Bytes of an hour are buffered and appended with a
//! bounded amount of memory and one open file at a time, however many senders there are; digests
//! are kept per sender. `files.sha256` lists every file of the tree, for `sha256sum -c`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::Xxh3;

use super::part::{ARRIVALS, Directory, LIST, Part, TREES, Tree, hex};
use super::renderers::Rendered;
use super::{Output, Summary};
use crate::delivery::Sender;
use crate::json::guid;
use crate::plan::GenerateError;
use crate::tenant::Tenant;
use crate::time::{HOUR, Ticks, format_rfc3339};

/// Bytes held back at most before they go to their files.
const MOST_BUFFERED: usize = 32 << 20;

/// The tree while it grows.
pub(crate) struct BlobTree<'a> {
    tenant: &'a Tenant,
    tree: Tree,
    list: Part,
    list_sha256: Sha256,
    branches: BTreeMap<Sender, Branch>,
    /// The hour of arrival that is being filled, since the epoch.
    hour: Option<Ticks>,
    buffered: usize,
    bytes: u64,
}

/// What one sender has sent.
struct Branch {
    /// Below the corpus directory.
    path: PathBuf,
    /// Of all its blobs, one after the other.
    corpus: Xxh3,
    arrivals_sha256: Sha256,
    /// Not in its file yet.
    arrivals: Vec<u8>,
    blob: Option<Blob>,
}

/// The open hour of a branch.
#[derive(Default)]
struct Blob {
    sha256: Sha256,
    /// Not in its file yet.
    bytes: Vec<u8>,
}

impl<'a> BlobTree<'a> {
    pub(super) fn create(directory: &Directory, tenant: &'a Tenant) -> Result<Self, GenerateError> {
        Ok(Self {
            tenant,
            tree: directory.tree()?,
            list: directory.part(LIST)?,
            list_sha256: Sha256::new(),
            branches: BTreeMap::new(),
            hour: None,
            buffered: 0,
            bytes: 0,
        })
    }

    pub(super) fn finish(&mut self) -> Result<Summary, GenerateError> {
        self.close_hour()?;
        let branches = std::mem::take(&mut self.branches);
        // Replay reads the senders as inputs of their own, in path order.
        let mut branches: Vec<Branch> = branches.into_values().collect();
        branches.sort_by(|a, b| a.path.cmp(&b.path));
        let mut corpus = Xxh3::new();
        let mut lines = String::new();
        for branch in &branches {
            list(&mut lines, &branch.path.join(ARRIVALS), &branch.arrivals_sha256);
            corpus.update(&branch.corpus.digest128().to_le_bytes());
        }
        self.write_list(&lines)?;
        let corpus_id = match branches.as_slice() {
            [only] => only.corpus.digest128(),
            _ => corpus.digest128(),
        };
        Ok(Summary {
            corpus_id: format!("{corpus_id:032x}"),
            bytes: self.bytes,
            sha256: BTreeMap::from([(LIST.to_owned(), hex(self.list_sha256.clone()))]),
        })
    }

    /// The list first: a tree without it is not taken for ours.
    pub(super) fn keep(self) -> Result<(), GenerateError> {
        self.list.keep()?;
        self.tree.keep()
    }

    /// Ends the blobs of the hour.
    fn close_hour(&mut self) -> Result<(), GenerateError> {
        let Some(hour) = self.hour.take() else { return Ok(()) };
        let name = blob_path(hour);
        self.flush(&name)?;
        let mut lines = String::new();
        for branch in self.branches.values_mut() {
            if let Some(blob) = branch.blob.take() {
                list(&mut lines, &branch.path.join(&name), &blob.sha256);
            }
        }
        self.write_list(&lines)
    }

    /// Appends what is buffered to its files: blobs to those called `name`.
    fn flush(&mut self, name: &str) -> Result<(), GenerateError> {
        for branch in self.branches.values_mut() {
            let Some(blob) = &mut branch.blob else { continue };
            self.tree.append(&branch.path.join(name), &blob.bytes)?;
            self.tree.append(&branch.path.join(ARRIVALS), &branch.arrivals)?;
            blob.sha256.update(&blob.bytes);
            branch.corpus.update(&blob.bytes);
            branch.arrivals_sha256.update(&branch.arrivals);
            blob.bytes.clear();
            branch.arrivals.clear();
        }
        self.buffered = 0;
        Ok(())
    }

    fn write_list(&mut self, lines: &str) -> Result<(), GenerateError> {
        self.list_sha256.update(lines.as_bytes());
        self.list.file.write_all(lines.as_bytes()).map_err(self.list.fail())
    }
}

impl Output for BlobTree<'_> {
    fn append(&mut self, rendered: &Rendered) -> Result<(), GenerateError> {
        for (record, line) in rendered.lines() {
            let hour = record.arrival.div_euclid(HOUR);
            if self.hour != Some(hour) {
                self.close_hour()?;
                self.hour = Some(hour);
            }
            let tenant = self.tenant;
            let branch = self
                .branches
                .entry(record.sender)
                .or_insert_with(|| Branch::new(branch_path(tenant, record.sender)));
            branch.blob.get_or_insert_default().bytes.extend_from_slice(line);
            branch.arrivals.extend_from_slice(&record.arrival.to_le_bytes());
            self.buffered += line.len();
            self.bytes += line.len() as u64;
            if self.buffered >= MOST_BUFFERED {
                self.flush(&blob_path(hour))?;
            }
        }
        Ok(())
    }
}

impl Branch {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            corpus: Xxh3::new(),
            arrivals_sha256: Sha256::new(),
            arrivals: Vec::new(),
            blob: None,
        }
    }
}

/// Where a sender's hours are, below the corpus directory: resource ids are upper case there.
fn branch_path(tenant: &Tenant, sender: Sender) -> PathBuf {
    let [audit, activity] = TREES;
    let subscription =
        |index: usize| format!("SUBSCRIPTIONS/{}", guid(tenant.subscriptions[index]));
    let resource = match sender {
        Sender::Vault(vault) => {
            let vault = &tenant.vaults[usize::from(vault)];
            let resource = format!(
                "{}/RESOURCEGROUPS/{}/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{}",
                subscription(vault.subscription),
                vault.resource_group,
                vault.name
            );
            format!("{audit}/resourceId=/{}", resource.to_uppercase())
        }
        Sender::Subscription(index) => {
            format!("{activity}/resourceId=/{}", subscription(usize::from(index)).to_uppercase())
        }
    };
    PathBuf::from(resource)
}

/// Where an hour's blob is, below its sender.
fn blob_path(hour: Ticks) -> String {
    let text = format_rfc3339(hour.saturating_mul(HOUR));
    let (year, month, day, hour) = (&text[..4], &text[5..7], &text[8..10], &text[11..13]);
    format!("y={year}/m={month}/d={day}/h={hour}/m=00/PT1H.json")
}

/// A line of the list, as `sha256sum` writes and checks it.
fn list(lines: &mut String, path: &Path, sha256: &Sha256) {
    writeln!(lines, "{}  {}", hex(sha256.clone()), path.display())
        .expect("a string takes every line");
}
