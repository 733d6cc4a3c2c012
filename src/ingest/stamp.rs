//! What a file was when it was opened, to tell afterwards whether it was still that.
//!
//! By length, time of modification and identity: a file that was written to and then given its old time
//! again is not noticed.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::IngestError;

/// A file at some instant.
#[derive(Debug)]
pub(super) struct Stamp {
    path: PathBuf,
    len_bytes: u64,
    modified: Option<SystemTime>,
    identity: Option<(u64, u64)>,
}

/// What may become of a file that is read, without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing, or it was removed or replaced by another: what was opened stays readable.
    None,
    /// It has more bytes now; those it had were read.
    Grown,
}

impl Stamp {
    /// That of an open file called `path`.
    pub(super) fn of(path: &Path, file: &File) -> io::Result<Self> {
        let found = file.metadata()?;
        Ok(Self {
            path: path.to_owned(),
            len_bytes: found.len(),
            modified: found.modified().ok(),
            identity: identity(&found),
        })
    }

    /// What the file of that name is now, compared with then.
    pub(super) fn change(&self) -> Result<Change, IngestError> {
        let Ok(found) = self.path.metadata() else { return Ok(Change::None) };
        if identity(&found) != self.identity {
            return Ok(Change::None);
        }
        let changed = |found| Err(IngestError::Changed { path: self.path.clone(), found });
        match found.len() {
            len if len < self.len_bytes => changed("cut short"),
            len if len > self.len_bytes => Ok(Change::Grown),
            _ if found.modified().ok() != self.modified => changed("rewritten"),
            _ => Ok(Change::None),
        }
    }
}

/// Device and number, where the system has such.
#[cfg(unix)]
fn identity(found: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_found: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;
    use std::time::Duration;

    /// Of a file of ten bytes, after `what` was done to it.
    fn change_after(what: impl FnOnce(&Path)) -> Result<Change, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.ndjson");
        fs::write(&path, "0123456789").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
        let stamp = Stamp::of(&path, &file).unwrap();
        what(&path);
        stamp.change().map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_may_grow_vanish_or_be_replaced_but_not_shrink_or_be_rewritten() {
        assert_eq!(change_after(|_| ()), Ok(Change::None));
        assert_eq!(change_after(|path| fs::remove_file(path).unwrap()), Ok(Change::None));
        let append = |path: &Path| {
            let mut file = File::options().append(true).open(path).unwrap();
            file.write_all(b"more").unwrap();
        };
        assert_eq!(change_after(append), Ok(Change::Grown));
        let replace = |path: &Path| {
            fs::write(path.with_extension("new"), "x").unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        };
        assert_eq!(change_after(replace), Ok(Change::None));
        let cut = change_after(|path| {
            File::options().write(true).open(path).unwrap().set_len(3).unwrap()
        });
        assert!(cut.unwrap_err().contains("cut short"));
        let rewritten = change_after(|path| fs::write(path, "9876543210").unwrap());
        assert!(rewritten.unwrap_err().contains("rewritten"));
    }
}
