//! A file that appears under its name only once it is complete.

use std::fs::{self, File};
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
    /// Those of creating a file, naming its path.
    pub fn create(target: &Path) -> io::Result<Self> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(PARTIAL_SUFFIX);
        let partial = target.with_file_name(name);
        let file = File::create(&partial).map_err(|error| at(&partial, error))?;
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
        if let Some(mut writer) = self.writer.take() {
            writer.flush().map_err(|error| at(&self.partial, error))?;
        }
        fs::rename(&self.partial, &self.target).map_err(|error| at(&self.target, error))
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
        // After `finish` there is no such file, and before it nobody is left to tell.
        let _ = fs::remove_file(&self.partial);
    }
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
