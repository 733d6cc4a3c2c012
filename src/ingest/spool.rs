//! The temporary file that sources are written to which are not plain bytes of records in a file.
//!
//! It has no name, so that nothing is left of it however the process ends. One file holds many sources,
//! one behind the other. Memory is bounded; what is written in all by [`Budget`].

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::form::{FORM_BYTES, Form};
use super::inputs::STDIN;
use super::packed::{MAGIC_BYTES, Packing};
use super::stamp::Stamp;
use super::{IngestError, csv_rows, table_rows};

/// Bytes copied at a time.
const COPY_BYTES: usize = 1 << 18;

/// What all spools of a run may hold together, and how far they are.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) max_bytes: u64,
    /// How much of its past a compressed frame may refer to.
    pub(super) window_bytes_max: u64,
    /// Bytes written.
    pub(super) written: AtomicU64,
    /// Bytes read of the sources as they are, compressed or not.
    pub(super) read: AtomicU64,
    /// Nobody waits for the result any more.
    pub(super) is_over: AtomicBool,
}

/// A temporary file that is being written.
#[derive(Debug)]
pub(super) struct Spool {
    pub(super) file: File,
    folder: PathBuf,
    end: u64,
    budget: Arc<Budget>,
}

/// Why writing stopped.
enum Stop {
    /// Of the source.
    Read(io::Error),
    /// Of the spool, or of all.
    Other(IngestError),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl Spool {
    pub(super) fn create(folder: &Path, budget: Arc<Budget>) -> Result<Self, IngestError> {
        let file = tempfile::tempfile_in(folder)
            .map_err(|source| IngestError::Spool { folder: folder.to_owned(), source })?;
        Ok(Self { file, folder: folder.to_owned(), end: 0, budget })
    }

    /// Appends the records of `path`, as lines or documents; tells where they are, and what the file was.
    pub(super) fn take(
        &mut self,
        path: &Path,
    ) -> Result<(Range<u64>, Option<Arc<Stamp>>), IngestError> {
        let start = self.end;
        let unreadable = |source| IngestError::Unreadable { path: path.to_owned(), source };
        let stamp = if path.as_os_str() == STDIN {
            self.take_stream(path, io::stdin().lock())?;
            None
        } else {
            let file = File::open(path).map_err(unreadable)?;
            let is_file = file.metadata().map_err(unreadable)?.is_file();
            let stamp = is_file.then(|| Stamp::of(path, &file)).transpose().map_err(unreadable)?;
            self.take_stream(path, file)?;
            stamp.map(Arc::new)
        };
        Ok((start..self.end, stamp))
    }

    fn take_stream(&mut self, path: &Path, source: impl Read) -> Result<(), IngestError> {
        let start = self.end;
        let mut form = "a file";
        let read = Metered { source, budget: Arc::clone(&self.budget) };
        let taken = self.take_content(path, read, &mut form);
        taken.map_err(|stop| match stop {
            Stop::Other(error) => error,
            Stop::Read(source) if form == "a file" => {
                IngestError::Unreadable { path: path.to_owned(), source }
            }
            Stop::Read(source) => IngestError::Damaged {
                path: path.to_owned(),
                form,
                offset: self.end - start,
                source,
            },
        })
    }

    /// `what` is set to what the source turns out to be, unless it is plain.
    fn take_content(
        &mut self,
        path: &Path,
        source: impl Read,
        what: &mut &'static str,
    ) -> Result<(), Stop> {
        let (magic, source) = peeked(source, MAGIC_BYTES)?;
        let packing = Packing::of(&magic);
        if packing != Packing::None {
            *what = packing.form();
        }
        let source = BufReader::with_capacity(COPY_BYTES, source);
        let content = packing.reader(source, self.budget.window_bytes_max);
        let (start, content) = peeked(content, FORM_BYTES)?;
        let mut content = BufReader::with_capacity(COPY_BYTES, content);
        match Form::of(&start) {
            Form::Lines => loop {
                let bytes = content.fill_buf()?;
                let read = bytes.len();
                if read == 0 {
                    return Ok(());
                }
                self.write(path, bytes).map_err(Stop::Other)?;
                content.consume(read);
            },
            Form::Csv => {
                csv_rows::convert(&mut content, |line| self.write(path, line).map_err(Stop::Other))
            }
            Form::Tables => {
                *what = "an answer with tables";
                let mut failed = None;
                let mut line = |line: &[u8]| {
                    self.write(path, line).map_err(|error| {
                        failed = Some(error);
                        io::Error::other("the spool cannot be written")
                    })
                };
                let read = table_rows::convert(&mut content, &mut line);
                read.map_err(|error| failed.map_or(Stop::Read(error), Stop::Other))
            }
        }
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<(), IngestError> {
        let Budget { max_bytes, written, is_over, .. } = &*self.budget;
        let length = bytes.len() as u64;
        if is_over.load(Ordering::Relaxed) {
            return Err(IngestError::Interrupted);
        }
        if written.fetch_add(length, Ordering::Relaxed) + length > *max_bytes {
            let (path, max_bytes) = (path.to_owned(), *max_bytes);
            return Err(IngestError::Unpacked { path, max_bytes });
        }
        self.end += length;
        let folder = || self.folder.clone();
        self.file.write_all(bytes).map_err(|source| IngestError::Spool { folder: folder(), source })
    }
}

/// Whether the source can be mapped as it is: a regular file that is neither compressed nor a table.
///
/// # Errors
/// If it cannot be looked at.
pub(super) fn is_plain(path: &Path) -> Result<bool, IngestError> {
    if path.as_os_str() == STDIN {
        return Ok(false);
    }
    let look = || {
        if !path.metadata()?.is_file() {
            return Ok(false);
        }
        let (start, _) = peeked(File::open(path)?, FORM_BYTES)?;
        Ok(Packing::of(&start) == Packing::None && Form::of(&start) == Form::Lines)
    };
    look().map_err(|source| IngestError::Unreadable { path: path.to_owned(), source })
}

/// The first bytes, up to `bytes` of them, and all of them again.
fn peeked<R: Read>(mut source: R, bytes: usize) -> io::Result<(Vec<u8>, impl Read + use<R>)> {
    let mut start = Vec::new();
    source.by_ref().take(bytes as u64).read_to_end(&mut start)?;
    Ok((start.clone(), io::Cursor::new(start).chain(source)))
}

/// A source that counts what is read of it.
struct Metered<R> {
    source: R,
    budget: Arc<Budget>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(bytes)?;
        self.budget.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
