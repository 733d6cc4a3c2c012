//! Writes a corpus: events.ndjson, arrivals.i64, truth.ndjson and manifest.json.
//!
//! Contract: every file appears whole or not at all, the manifest, which vouches for the others, last;
//! a corpus that is replaced loses its manifest first. Lines go out as they come in, so that memory does
//! not grow with the corpus.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::Xxh3;

use super::RecordsError;
use crate::event::Ticks;
use crate::output::{PARTIAL_SUFFIX, PartialFile, SCHEMA_VERSION};

/// The events of a corpus of this form, one raw record a line.
pub(crate) const EVENTS: &str = "events.ndjson";
/// When each of them arrived.
pub(crate) const ARRIVALS: &str = "arrivals.i64";
/// What was planted.
pub(crate) const TRUTH: &str = "truth.ndjson";
/// What the corpus is.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The files that a corpus of this form may have; the manifest, which vouches for the others, first.
const FILES: [&str; 4] = [MANIFEST, EVENTS, ARRIVALS, TRUTH];

/// Writes truth, for a corpus of that id.
pub type WriteTruth<'a, E> = &'a mut dyn FnMut(&mut dyn Write, &str) -> Result<(), E>;

/// A corpus that is being written.
#[derive(Debug)]
pub struct CorpusWriter {
    directory: PathBuf,
    events: Hashed,
    arrivals: Hashed,
    corpus: Box<Hasher>,
    known: Corpus,
}

/// What is known of a corpus once its events are written.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    /// xxh3-128 of the event bytes, in lower-case hex.
    pub corpus_id: String,
    /// Lines written.
    pub events: u64,
    /// Bytes of events.
    pub bytes: u64,
    /// SHA-256 by file, in lower-case hex.
    pub sha256: BTreeMap<String, String>,
    /// Earliest and latest event time.
    pub times: Option<(Ticks, Ticks)>,
}

/// A file and the hash of what was written to it.
#[derive(Debug)]
struct Hashed {
    file: PartialFile,
    sha256: Sha256,
}

impl CorpusWriter {
    /// Starts a corpus in `directory`, which is made if it is not there. It must be empty, or, with
    /// `force`, hold nothing but a corpus, which is replaced.
    ///
    /// # Errors
    /// [`RecordsError::InUse`]; what the system says.
    pub fn create(directory: &Path, force: bool) -> Result<Self, RecordsError> {
        claim(directory, force)?;
        Ok(Self {
            directory: directory.to_owned(),
            events: Hashed::create(&directory.join(EVENTS))?,
            arrivals: Hashed::create(&directory.join(ARRIVALS))?,
            corpus: Box::default(),
            known: Corpus::default(),
        })
    }

    /// Takes away the manifest of the corpus that is replaced: from now on nothing vouches for what is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn withdraw(&self) -> Result<(), RecordsError> {
        Ok(remove(&self.directory.join(MANIFEST))?)
    }

    /// Adds a record: one line of JSON without its end, its event time and its arrival.
    ///
    /// # Errors
    /// Those of writing.
    pub fn push(&mut self, line: &str, time: Ticks, arrival: Ticks) -> Result<(), RecordsError> {
        for bytes in [line.as_bytes(), b"\n"] {
            self.events.write_all(bytes)?;
            self.corpus.0.update(bytes);
            self.known.bytes += bytes.len() as u64;
        }
        self.arrivals.write_all(&arrival.0.to_le_bytes())?;
        self.known.events += 1;
        let (first, last) = self.known.times.unwrap_or((time, time));
        self.known.times = Some((first.min(time), last.max(time)));
        Ok(())
    }

    /// Completes the events, and, where `truth` writes something, truth: the writer and the corpus' id
    /// are given to it. Then `manifest` is written with the keys that follow from the events in place of
    /// its own: `schema_version`, `tool_version`, `layout`, `corpus_id`, `events`, `bytes`, `sha256`,
    /// `first_time` and `last_time`. Where it does not state a seed, an estate, attacks, look-alikes or the
    /// end of warm-up, it gets those of logs that nobody generated: 0, `own-logs`, none, none and the
    /// first event.
    ///
    /// # Errors
    /// Those of writing, and those of `truth`.
    pub fn finish<E: From<RecordsError>>(
        self,
        manifest: Map<String, Value>,
        truth: Option<WriteTruth<'_, E>>,
    ) -> Result<Corpus, E> {
        let Self { directory, events, arrivals, corpus, mut known } = self;
        known.corpus_id = format!("{:032x}", corpus.0.digest128());
        let mut files = vec![(EVENTS, events), (ARRIVALS, arrivals)];
        if let Some(write) = truth {
            let path = directory.join(TRUTH);
            let mut file = Hashed::create(&path).map_err(RecordsError::Write)?;
            write(&mut file, &known.corpus_id)?;
            files.push((TRUTH, file));
        }
        // Without a manifest, no mixture of old and new can be taken for a corpus.
        for name in FILES {
            remove(&directory.join(name)).map_err(RecordsError::Write)?;
        }
        for (name, Hashed { file, sha256 }) in files {
            known.sha256.insert(name.to_owned(), hex(sha256));
            file.finish().map_err(RecordsError::Write)?;
        }
        let manifest = complete(manifest, &known);
        let written = PartialFile::write_json(&directory.join(MANIFEST), &manifest);
        written.map_err(RecordsError::Write)?;
        Ok(known)
    }
}

/// A manifest with what follows from the events.
fn complete(mut manifest: Map<String, Value>, known: &Corpus) -> Map<String, Value> {
    let (first, last) = known.times.unwrap_or_default();
    let own = json!({
        "schema_version": SCHEMA_VERSION,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "layout": "lines",
        "corpus_id": known.corpus_id,
        "events": known.events,
        "bytes": known.bytes,
        "sha256": known.sha256,
        "first_time": first.to_string(),
        "last_time": last.to_string(),
    });
    // What a generator would have stated; of logs that none has written it says as much.
    let defaults = json!({
        "seed": 0,
        "estate": "own-logs",
        "attacks": [],
        "look_alikes": [],
        "warmup_end": first.to_string(),
    });
    if let (Value::Object(own), Value::Object(defaults)) = (own, defaults) {
        for (key, value) in defaults {
            manifest.entry(key).or_insert(value);
        }
        manifest.extend(own);
    }
    manifest
}

/// Makes the directory, and makes sure that nothing else is overwritten or mixed with a corpus.
fn claim(directory: &Path, force: bool) -> Result<(), RecordsError> {
    fs::create_dir_all(directory).map_err(|error| at(directory, error))?;
    let entries = fs::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| at(directory, error))?;
    let mut names: Vec<_> = entries.into_iter().map(|entry| entry.file_name()).collect();
    names.sort();
    // A run that was killed leaves files under their temporary names.
    let is_ours = |name: &OsString| {
        let name = name.to_string_lossy();
        FILES.contains(&name.strip_suffix(PARTIAL_SUFFIX).unwrap_or(&name))
    };
    let found = names.iter().find(|name| !(force && is_ours(name)));
    found.map_or(Ok(()), |name| {
        let found = name.to_string_lossy().into_owned();
        Err(RecordsError::InUse { path: directory.to_owned(), found, forced: force })
    })
}

impl Hashed {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: PartialFile::create(path)?, sha256: Sha256::new() })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The corpus id in the making.
#[derive(Default)]
struct Hasher(Xxh3);

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").finish_non_exhaustive()
    }
}

/// A digest in lower-case hex.
pub(crate) fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path, error)),
        _ => Ok(()),
    }
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
