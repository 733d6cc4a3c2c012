//! What lies beside the events of a corpus: its truth and its manifest, for tools that write it anew.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::corpus::{EVENTS, MANIFEST, TRUTH};
use super::{NotJson, RecordsError};
use crate::output::SCHEMA_VERSION;

/// Longest line of truth, and largest manifest, that is read, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// What a manifest says that does not follow from the events; nothing else of it is carried over.
const CARRIED: [&str; 8] =
    ["seed", "estate", "attacks", "look_alikes", "warmup_end", "days", "warmup_days", "campaigns"];

/// The truth and the manifest of a corpus, as far as it has them.
#[derive(Clone, Debug, Default)]
pub struct Companions {
    /// The truth.
    pub truth: Option<PathBuf>,
    /// What the manifest says that does not follow from the events.
    pub manifest: Map<String, Value>,
}

impl Companions {
    /// Those of the corpus that `paths` name, which is the only input there is; none of anything else.
    ///
    /// # Errors
    /// A manifest that cannot be read.
    pub fn of(paths: &[PathBuf]) -> Result<Self, RecordsError> {
        let [path] = paths else { return Ok(Self::default()) };
        let directory = match path.parent() {
            Some(parent) if path.ends_with(EVENTS) => parent,
            _ => path.as_path(),
        };
        let truth = Some(directory.join(TRUTH)).filter(|path| path.is_file());
        let manifest = directory.join(MANIFEST);
        let manifest = if manifest.is_file() { read_manifest(&manifest)? } else { Map::new() };
        let carried = manifest.into_iter().filter(|(key, _)| CARRIED.contains(&key.as_str()));
        Ok(Self { truth, manifest: carried.collect() })
    }
}

/// A manifest as it stands.
///
/// # Errors
/// If it cannot be read, or is no JSON object.
pub(crate) fn read_manifest(path: &Path) -> Result<Map<String, Value>, RecordsError> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut text));
    read.map_err(|error| faulty(path, 0, "a manifest", error.to_string()))?;
    serde_json::from_slice(&text)
        .map_err(|error| faulty(path, error.line(), "a manifest", error.to_string()))
}

/// Writes the truth at `path` to `out`, for a corpus of that id: the header anew, every other line as
/// `rewritten` has it.
///
/// # Errors
/// If the truth cannot be read, or a line of it is no JSON; those of writing.
pub fn write_truth(
    path: &Path,
    corpus_id: &str,
    rewritten: &mut dyn FnMut(&str) -> Result<String, NotJson>,
    out: &mut dyn Write,
) -> Result<(), RecordsError> {
    let header = json!({"schema_version": SCHEMA_VERSION, "kind": "truth", "corpus_id": corpus_id});
    writeln!(out, "{header}")?;
    each_line(path, &mut |number, line| {
        if number == 1 {
            return Ok(());
        }
        let line = rewritten(line)
            .map_err(|error| faulty(path, number, "a line of truth", error.to_string()))?;
        Ok(writeln!(out, "{line}")?)
    })
}

/// Hands the lines of a file that are not blank to `take`, with their numbers.
///
/// # Errors
/// If the file cannot be read, or a line is too long or no text; those of `take`.
pub(crate) fn each_line(
    path: &Path,
    take: &mut dyn FnMut(usize, &str) -> Result<(), RecordsError>,
) -> Result<(), RecordsError> {
    let expected = "text in lines of at most 16 MiB";
    let file = File::open(path).map_err(|error| faulty(path, 0, expected, error.to_string()))?;
    let (mut reader, mut line) = (BufReader::new(file), Vec::new());
    for number in 1.. {
        line.clear();
        let read = (&mut reader).take(MAX_BYTES).read_until(b'\n', &mut line);
        let length = read.map_err(|error| faulty(path, number, expected, error.to_string()))?;
        if length == 0 {
            break;
        }
        let is_cut = length as u64 == MAX_BYTES && !line.ends_with(b"\n");
        let text = std::str::from_utf8(&line).ok().filter(|_| !is_cut);
        let text =
            text.ok_or_else(|| faulty(path, number, expected, "something else".to_owned()))?;
        if !text.trim().is_empty() {
            take(number, text.trim_end())?;
        }
    }
    Ok(())
}

fn faulty(path: &Path, line: usize, expected: &'static str, found: String) -> RecordsError {
    let place =
        if line > 0 { format!("{}:{line}", path.display()) } else { path.display().to_string() };
    RecordsError::Faulty { place, expected, found }
}
