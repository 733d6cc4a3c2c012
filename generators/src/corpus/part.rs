//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::plan::GenerateError;

/// Names in a corpus directory.
pub(crate) const EVENTS: &str = "events.ndjson";
pub(crate) const ARRIVALS: &str = "arrivals.i64";
pub(crate) const TRUTH: &str = "truth.ndjson";
pub(crate) const MANIFEST: &str = "manifest.json";

/// A corpus directory that may be written.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// Makes the directory; refuses one that holds a corpus unless `force` is set.
    pub(crate) fn claim(path: &Path, force: bool) -> Result<Self, GenerateError> {
        fs::create_dir_all(path).map_err(io(path))?;
        for name in [MANIFEST, EVENTS, ARRIVALS, TRUTH] {
            let file = path.join(name);
            if !force && fs::metadata(&file).is_ok_and(|found| found.len() > 0) {
                return Err(GenerateError::Exists { path: file });
            }
        }
        Ok(Self(path.to_owned()))
    }

    /// Takes the old manifest away before the other files change: without it, a corpus that is
    /// being replaced cannot be taken for whole.
    pub(crate) fn retire_manifest(&self) -> Result<(), GenerateError> {
        let manifest = self.0.join(MANIFEST);
        match fs::remove_file(&manifest) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(io(&manifest)(error)),
            _ => Ok(()),
        }
    }

    pub(crate) fn part(&self, name: &str) -> Result<Part, GenerateError> {
        let path = self.0.join(format!(".{name}.part"));
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(io(&path))?;
        Ok(Part { file, target: self.0.join(name), path, kept: false })
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

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> GenerateError + use<> {
    let path = path.to_owned();
    move |source| GenerateError::Io { path, source }
}
