//! Searches a folder for logs: corpora, blob trees of exports to storage, and single files.
//!
//! Contract: every file below the folder becomes part of an input, is a companion of one (arrival
//! times, truth, manifest), or is counted in [`NotRead`] with the reason. Links are followed to files
//! within the folder only, so that a search ends, and never leaves what was named. Nothing is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::IngestError;
use super::inputs::{Input, corpus, file_input, is_packed_name, is_whole_corpus};
use crate::escaped::escaped;
use crate::own_files::{COMPANIONS, LIST, RESULTS};

const EVENTS_PART_PREFIX: &str = "events-";
const EVENTS_PART_SUFFIX: &str = ".ndjson";
/// A directory of storage containers holds one of these in each of them.
const BLOB_ROOT: &str = "resourceId=";
const BLOB_FILE: &str = "PT1H.json";
/// How the directory of a year begins, the first below a resource.
const YEAR_PREFIX: &str = "y=";
const EVENT_EXTENSIONS: [&str; 5] = ["ndjson", "jsonl", "json", "log", "csv"];
/// How many of the things that were not read are named.
const NAMED_MAX: usize = 5;

/// What folders held, or arguments named again, that was not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotRead {
    /// How many files, folders and others.
    pub count: u64,
    /// The first of them in the order of the search, each with the reason.
    pub first: Vec<String>,
}

impl NotRead {
    pub(super) fn add(&mut self, path: &Path, reason: &str) {
        self.count += 1;
        if self.first.len() < NAMED_MAX {
            self.first.push(format!("{} ({reason})", escaped(&path.display().to_string())));
        }
    }

    /// The count and the first names; nothing if everything was read.
    pub fn summary(&self) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let more = self.count - self.first.len() as u64;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Some(format!("not read: {}{more}", self.first.join(", ")))
    }
}

/// What an entry of a directory is to the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Folder,
    File,
    Neither(&'static str),
}

/// One directory, sorted by name.
struct Listing {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    others: Vec<(PathBuf, &'static str)>,
}

/// Adds the inputs in and below `root` to `inputs`.
///
/// # Errors
/// If a directory cannot be listed, nothing is to be read, or a corpus has parts missing or two forms.
pub(super) fn search(
    root: &Path,
    inputs: &mut Vec<Input>,
    not_read: &mut NotRead,
) -> Result<(), IngestError> {
    let real = root
        .canonicalize()
        .map_err(|source| IngestError::Unreadable { path: root.to_owned(), source })?;
    let mut own = NotRead::default();
    let (before, mut blobs) = (inputs.len(), Vec::new());
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let listing = Listing::of(&folder, &real)?;
        for (path, reason) in &listing.others {
            own.add(path, reason);
        }
        if is_in_tree(&folder, root) {
            listing.add_blobs(&mut blobs, &mut own);
        } else if let Some(files) = listing.corpus_files(&folder)? {
            listing.name_rest(&files, &mut own);
            inputs.push(corpus(folder.display().to_string(), files, &folder));
            continue;
        } else {
            listing.add_files(inputs, &mut own);
        }
        // The first by name is looked at first.
        open.extend(listing.folders.into_iter().rev());
    }
    inputs.extend(resources(blobs));
    if inputs.len() == before {
        return Err(IngestError::NoEventFiles { path: root.to_owned(), not_read: own });
    }
    not_read.count += own.count;
    not_read.first.extend(own.first);
    not_read.first.truncate(NAMED_MAX);
    Ok(())
}

impl Listing {
    fn of(folder: &Path, root: &Path) -> Result<Self, IngestError> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries
            .map_err(|source| IngestError::Unreadable { path: folder.to_owned(), source })?;
        let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
        paths.sort();
        let mut listing = Self { folders: Vec::new(), files: Vec::new(), others: Vec::new() };
        for path in paths {
            match kind_of(&path, root)? {
                Kind::Folder => listing.folders.push(path),
                Kind::File => listing.files.push(path),
                Kind::Neither(reason) => listing.others.push((path, reason)),
            }
        }
        Ok(listing)
    }

    /// The event files of a corpus, in record order, if that is what the folder is.
    fn corpus_files(&self, folder: &Path) -> Result<Option<Vec<PathBuf>>, IngestError> {
        let wholes: Vec<_> = self.files.iter().filter(|path| is_whole_corpus(path)).collect();
        let parts = numbered_parts(folder, &self.files)?;
        let has_blobs = || {
            let inner = self.folders.iter().map(|container| container.join(BLOB_ROOT));
            inner.chain([folder.join(BLOB_ROOT)]).any(|root| root.is_dir())
        };
        let forms = wholes.len() + usize::from(!parts.is_empty());
        if forms > 1 || forms == 1 && has_blobs() {
            return Err(IngestError::TwoForms { path: folder.to_owned() });
        }
        match wholes.first() {
            Some(&whole) => Ok(Some(vec![whole.clone()])),
            None => Ok(Some(parts).filter(|parts| !parts.is_empty())),
        }
    }

    /// Says what a corpus' folder holds that is not the corpus.
    fn name_rest(&self, files: &[PathBuf], not_read: &mut NotRead) {
        let others = self.files.iter().filter(|path| !files.contains(path) && !is_companion(path));
        for path in self.folders.iter().chain(others) {
            not_read.add(path, "beside a corpus");
        }
    }

    fn add_files(&self, inputs: &mut Vec<Input>, not_read: &mut NotRead) {
        let is_corpus = self.files.iter().any(|path| path.ends_with(LIST));
        for path in &self.files {
            if is_corpus && is_companion(path) {
                continue;
            }
            match is_event_file(path) {
                _ if is_result(path) => not_read.add(path, "a result, or part of a corpus"),
                true => inputs.push(file_input(path)),
                false => not_read.add(path, "of no known extension"),
            }
        }
    }

    fn add_blobs(&self, blobs: &mut Vec<PathBuf>, not_read: &mut NotRead) {
        for path in &self.files {
            if is_packed_name(path, BLOB_FILE) {
                blobs.push(path.clone());
            } else if !is_companion(path) {
                not_read.add(path, "no hour of a blob tree");
            }
        }
    }
}

/// What `path` is; links are looked through if they stay below `root`, a canonical path.
fn kind_of(path: &Path, root: &Path) -> Result<Kind, IngestError> {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    if name.starts_with(b".") {
        return Ok(Kind::Neither("hidden"));
    }
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Kind::Neither("gone")),
        found => found
            .map_err(|source| IngestError::Unreadable { path: path.to_owned(), source })?
            .file_type(),
    };
    if !found.is_symlink() {
        return Ok(match found {
            found if found.is_dir() => Kind::Folder,
            found if found.is_file() => Kind::File,
            _ => Kind::Neither("neither a file nor a folder"),
        });
    }
    let Ok(real) = path.canonicalize() else {
        return Ok(Kind::Neither("a link that leads nowhere"));
    };
    Ok(match real {
        real if real.is_dir() => Kind::Neither("a link to a folder"),
        real if !real.starts_with(root) => Kind::Neither("a link out of the folder"),
        real if real.is_file() => Kind::File,
        _ => Kind::Neither("neither a file nor a folder"),
    })
}

fn is_in_tree(folder: &Path, root: &Path) -> bool {
    let below = folder.strip_prefix(root).unwrap_or(folder);
    root.ends_with(BLOB_ROOT) || below.components().any(|part| part.as_os_str() == BLOB_ROOT)
}

fn is_companion(path: &Path) -> bool {
    path.file_name().is_some_and(|name| COMPANIONS.iter().any(|companion| name == *companion))
}

fn is_result(path: &Path) -> bool {
    let is_named = |name: &std::ffi::OsStr| RESULTS.iter().any(|result| name == *result);
    path.file_name().is_some_and(is_named)
}

fn is_event_file(path: &Path) -> bool {
    let extension = |path: &Path| path.extension().and_then(|it| it.to_str()).map(str::to_owned);
    let plain = match extension(path).as_deref() {
        Some("gz" | "zst") => path.with_extension(""),
        _ => path.to_owned(),
    };
    extension(&plain).is_some_and(|extension| EVENT_EXTENSIONS.contains(&extension.as_str()))
}

/// One input per resource: its hours in order, and the arrivals that lie beside its years.
fn resources(mut blobs: Vec<PathBuf>) -> Vec<Input> {
    blobs.sort();
    let mut by_resource: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for blob in blobs {
        let is_year = |path: &&Path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(YEAR_PREFIX))
        };
        let below = blob.ancestors().find(is_year).unwrap_or(&blob);
        let resource = below.parent().unwrap_or(below).to_owned();
        by_resource.entry(resource).or_default().push(blob);
    }
    let inputs = by_resource.into_iter();
    inputs.map(|(path, blobs)| corpus(path.display().to_string(), blobs, &path)).collect()
}

/// The files `events-<number>.ndjson`, packed or not, in number order, which must count up from zero.
fn numbered_parts(directory: &Path, entries: &[PathBuf]) -> Result<Vec<PathBuf>, IngestError> {
    let parts: BTreeSet<(usize, &PathBuf)> =
        entries.iter().filter_map(|path| Some((part_number(path)?, path))).collect();
    for (expected, &(found, _)) in parts.iter().enumerate() {
        if expected != found {
            return Err(IngestError::MissingPart { path: directory.to_owned(), expected, found });
        }
    }
    Ok(parts.into_iter().map(|(_, path)| path.clone()).collect())
}

fn part_number(path: &Path) -> Option<usize> {
    let name = path.file_name()?.to_str()?;
    let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(name);
    let digits = name.strip_prefix(EVENTS_PART_PREFIX)?.strip_suffix(EVENTS_PART_SUFFIX)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}
