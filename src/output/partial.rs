//! A file that appears under its name only once it is complete.
//!
//! Until then it is locked: of two runs into one directory at a time the second fails, and neither writes
//! into, or gives a name to, the other's half file. What a killed run left is locked by nobody, and is
//! written over.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

/// What the name of a file ends with until it is complete.
pub(crate) const PARTIAL_SUFFIX: &str = ".partial";

/// Writes beside the target and renames on [`PartialFile::finish`]; dropped before, it leaves
/// nothing.
#[derive(Debug)]
pub struct PartialFile {
    target: PathBuf,
    partial: PathBuf,
    writer: Option<BufWriter<File>>,
}

impl PartialFile {
    /// Starts to write `target`, whose directory must exist.
    ///
    /// # Errors
    /// Those of creating a file, naming its path; another process that writes it.
    pub fn create(target: &Path) -> io::Result<Self> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(PARTIAL_SUFFIX);
        let partial = target.with_file_name(name);
        let file = locked(&partial).map_err(|error| at(&partial, error))?;
        let writer = Some(BufWriter::with_capacity(1 << 18, file));
        Ok(Self { target: target.to_owned(), partial, writer })
    }

    /// Writes `value` as indented JSON to `target`.
    ///
    /// # Errors
    /// Those of writing, naming the path.
    pub fn write_json(target: &Path, value: &impl Serialize) -> io::Result<()> {
        Self::json(target, value)?.finish()
    }

    /// As [`write_json`](Self::write_json), but for the name, which [`finish`](Self::finish) gives.
    ///
    /// # Errors
    /// Those of writing, naming the path.
    pub fn json(target: &Path, value: &impl Serialize) -> io::Result<Self> {
        let mut file = Self::create(target)?;
        serde_json::to_writer_pretty(&mut file, value)?;
        file.write_all(b"\n")?;
        file.flush()?;
        Ok(file)
    }

    /// Flushes and gives the file its name.
    ///
    /// # Errors
    /// Those of writing and renaming, naming the path.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        fs::rename(&self.partial, &self.target).map_err(|error| at(&self.target, error))?;
        // Its lock goes only now: before, another might have taken the file.
        self.writer = None;
        Ok(())
    }
}

impl Write for PartialFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.writer {
            Some(writer) => writer.write(bytes).map_err(|error| at(&self.partial, error)),
            None => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.writer.as_mut().map_or(Ok(()), Write::flush);
        flushed.map_err(|error| at(&self.partial, error))
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        // After `finish` such a file is another's, and before it nobody is left to tell.
        if self.writer.is_some() {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// An empty file of that name which nobody else writes.
fn locked(path: &Path) -> io::Result<File> {
    loop {
        let file = File::options().write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::ResourceBusy,
                    "expected nobody else to write here, found another run that does",
                ));
            }
            // Some file systems know no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        // Whoever had it locked may have given it its name, or removed it, since it was opened.
        if is_called(&file, path)? {
            file.set_len(0)?;
            return Ok(file);
        }
    }
}

/// Whether an open file is the one of that name.
#[cfg(unix)]
fn is_called(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let id = |found: fs::Metadata| (found.dev(), found.ino());
    Ok(fs::metadata(path).ok().map(id) == Some(id(file.metadata()?)))
}

#[cfg(not(unix))]
fn is_called(_file: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_being_written_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("run.json");
        fs::write(folder.path().join("run.json.partial"), "of a killed run").unwrap();
        let mut first = PartialFile::create(&target).unwrap();
        first.write_all(b"first").unwrap();
        let second = PartialFile::create(&target).unwrap_err().to_string();
        assert!(second.contains("run.json.partial") && second.contains("another run"), "{second}");
        first.finish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"first");
        let mut third = PartialFile::create(&target).unwrap();
        third.write_all(b"3").unwrap();
        third.finish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"3");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_file_appears_whole_on_finish_and_not_at_all_without() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("alerts.ndjson");

        let mut abandoned = PartialFile::create(&target).unwrap();
        abandoned.write_all(b"half").unwrap();
        drop(abandoned);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let mut finished = PartialFile::create(&target).unwrap();
        finished.write_all(b"whole").unwrap();
        assert!(!target.exists());
        finished.finish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
