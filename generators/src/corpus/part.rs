//! Files and trees that appear whole or not at all.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::plan::GenerateError;

/// Names in a corpus directory.
pub(crate) const EVENTS: &str = "events.ndjson";
pub(crate) const ARRIVALS: &str = "arrivals.i64";
pub(crate) const TRUTH: &str = "truth.ndjson";
pub(crate) const MANIFEST: &str = "manifest.json";
/// Names every file of the trees with its SHA-256.
pub(super) const LIST: &str = "files.sha256";
/// Containers of resource logs and of the Activity Log, as Azure names them.
pub(crate) const TREES: [&str; 2] = ["insights-logs-auditevent", "insights-activity-logs"];
/// Every file there can be, whatever the layout; the manifest, which vouches for the others, first.
const FILES: [&str; 5] = [MANIFEST, EVENTS, ARRIVALS, TRUTH, LIST];
/// Where trees grow.
const TREE_PART: &str = ".tree.part";

/// A corpus directory that may be written.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// Makes the directory; refuses one that holds a corpus unless `force` is set, and always one
    /// with a tree that no corpus has listed: those are somebody's logs. Clears away what a killed
    /// run left.
    pub(crate) fn claim(path: &Path, force: bool) -> Result<Self, GenerateError> {
        fs::create_dir_all(path).map_err(io(path))?;
        for file in FILES.map(|name| path.join(name)) {
            if !force && fs::metadata(&file).is_ok_and(|found| found.len() > 0) {
                return Err(GenerateError::Exists { path: file });
            }
        }
        let ours = force && path.join(LIST).exists();
        for tree in TREES.map(|name| path.join(name)) {
            if !ours && tree.exists() {
                return Err(if force {
                    GenerateError::Foreign { path: tree }
                } else {
                    GenerateError::Exists { path: tree }
                });
            }
        }
        for name in FILES {
            remove(&part_path(path, name))?;
        }
        remove(&path.join(TREE_PART))?;
        Ok(Self(path.to_owned()))
    }

    /// Takes away the corpus that is being replaced, of whatever layout, its manifest first:
    /// without it, no mixture can be taken for whole.
    pub(crate) fn clear(&self) -> Result<(), GenerateError> {
        remove(&self.0.join(MANIFEST))?;
        for tree in TREES {
            remove(&self.0.join(tree))?;
        }
        // The list last: it says that the trees were ours.
        FILES.iter().try_for_each(|name| remove(&self.0.join(name)))
    }

    pub(crate) fn part(&self, name: &str) -> Result<Part, GenerateError> {
        let path = part_path(&self.0, name);
        let target = self.0.join(name);
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(io(&target))?;
        Ok(Part { file, target, path, kept: false })
    }

    pub(super) fn tree(&self) -> Result<Tree, GenerateError> {
        let path = self.0.join(TREE_PART);
        fs::create_dir_all(&path).map_err(io(&path))?;
        Ok(Tree { path, target: self.0.clone() })
    }
}

/// A file under a temporary name; dropped, it goes.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) file: File,
    path: PathBuf,
    target: PathBuf,
    kept: bool,
}

impl Part {
    /// Gives the file its name.
    pub(crate) fn keep(mut self) -> Result<(), GenerateError> {
        fs::rename(&self.path, &self.target).map_err(io(&self.target))?;
        self.kept = true;
        Ok(())
    }

    /// An error about this file.
    pub(crate) fn fail(&self) -> impl FnOnce(std::io::Error) -> GenerateError + use<> {
        io(&self.target)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing can be done about a temporary file that does not go.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Trees under a temporary name; dropped, what has not been kept goes.
#[derive(Debug)]
pub(super) struct Tree {
    path: PathBuf,
    target: PathBuf,
}

impl Tree {
    /// Appends to a file below, which need not be there.
    pub(super) fn append(&self, below: &Path, bytes: &[u8]) -> Result<(), GenerateError> {
        let path = self.path.join(below);
        let open = || File::options().append(true).create(true).open(&path);
        let opened = open().or_else(|error| match (error.kind(), path.parent()) {
            (ErrorKind::NotFound, Some(parent)) => fs::create_dir_all(parent).and_then(|()| open()),
            _ => Err(error),
        });
        let written = opened.and_then(|mut file| file.write_all(bytes));
        written.map_err(io(&self.target.join(below)))
    }

    /// Gives the trees their names.
    pub(super) fn keep(self) -> Result<(), GenerateError> {
        for tree in TREES {
            let (from, to) = (self.path.join(tree), self.target.join(tree));
            if from.exists() {
                fs::rename(from, &to).map_err(io(&to))?;
            }
        }
        Ok(())
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // Nothing can be done about temporary files that do not go.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A finished SHA-256 in lower-case hex.
pub(super) fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> GenerateError + use<> {
    let path = path.to_owned();
    move |source| GenerateError::Io { path, source }
}

fn part_path(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!(".{name}.part"))
}

/// Removes a file or a tree; what is not there need not go.
fn remove(path: &Path) -> Result<(), GenerateError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    removed.map_err(io(path))
}
