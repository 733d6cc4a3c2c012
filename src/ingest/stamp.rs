//! What a file was when it was opened, to tell afterwards whether it was still that.
//!
//! By length, time of modification and identity, and of a longer one by whether the bytes it had begin and
//! end as they did: a file that was written to and then given its old time again is not noticed, nor one
//! that grew and was written to far from both ends.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use xxhash_rust::xxh3::Xxh3;

use super::IngestError;

/// Bytes compared at each end: writing in place what is longer moves the last of them, at least.
const END_BYTES: u64 = 64 << 10;

/// A file at some instant.
#[derive(Debug)]
pub(super) struct Stamp {
    path: PathBuf,
    len_bytes: u64,
    modified: Option<SystemTime>,
    identity: Option<(u64, u64)>,
    ends: u128,
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
            ends: ends(file, found.len())?,
        })
    }

    /// What the file was called.
    pub(super) fn path(&self) -> &Path {
        &self.path
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
            len if len > self.len_bytes => {
                let unreadable =
                    |source| IngestError::Unreadable { path: self.path.clone(), source };
                let file = File::open(&self.path).map_err(unreadable)?;
                let is_as_it_was = ends(&file, self.len_bytes).map_err(unreadable)? == self.ends;
                if is_as_it_was { Ok(Change::Grown) } else { changed("rewritten") }
            }
            _ if found.modified().ok() != self.modified => changed("rewritten"),
            _ => Ok(Change::None),
        }
    }
}

/// Digest of the first and the last bytes of so many; the file is then at its beginning.
fn ends(mut file: &File, len_bytes: u64) -> io::Result<u128> {
    let (mut digest, mut bytes) = (Xxh3::new(), Vec::new());
    for start in [0, len_bytes.saturating_sub(END_BYTES)] {
        bytes.clear();
        file.seek(SeekFrom::Start(start))?;
        file.take(END_BYTES.min(len_bytes - start)).read_to_end(&mut bytes)?;
        digest.update(&bytes);
    }
    file.rewind()?;
    Ok(digest.digest128())
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
        change_of(b"0123456789", what)
    }

    fn change_of(bytes: &[u8], what: impl FnOnce(&Path)) -> Result<Change, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.ndjson");
        fs::write(&path, bytes).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
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

    /// In place, with more than it had: as an editor or `cp` does.
    #[test]
    fn a_file_that_is_rewritten_and_longer_has_not_just_grown() {
        let longer = change_after(|path| fs::write(path, "9876543210, and more").unwrap());
        assert!(longer.unwrap_err().contains("rewritten"));
        let lines: Vec<u8> = (0..100_000_u32).flat_map(|n| format!("{n}\n").into_bytes()).collect();
        let append = |path: &Path| {
            File::options().append(true).open(path).unwrap().write_all(b"more").unwrap()
        };
        assert_eq!(change_of(&lines, append), Ok(Change::Grown));
        let without_first = |path: &Path| fs::write(path, [&lines[2..], &lines].concat()).unwrap();
        assert!(change_of(&lines, without_first).unwrap_err().contains("rewritten"));
        // As long a beginning: only the end tells.
        let inserted = [&lines[..200_000], b"x\n", &lines[200_000..]].concat();
        let insert = |path: &Path| fs::write(path, &inserted).unwrap();
        assert!(change_of(&lines, insert).unwrap_err().contains("rewritten"));
    }
}
