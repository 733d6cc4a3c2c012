//! The sums of files, and the id that follows from the events' bytes.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::Xxh3;

use super::{EXAMPLES, Stated, compare, some};
use crate::ingest::Input;
use crate::records::{TRUTH, each_line, hex};

/// The list of a tree's files, in whose place its own sum stands in the manifest.
const LIST: &str = "files.sha256";
const READ_BYTES: usize = 1 << 18;

/// The files that the manifest vouches for, and their sums; those of its list included. It must vouch for
/// the events, for arrivals, and for truth where there are campaigns.
pub(super) fn listed(
    directory: &Path,
    stated: &Stated,
    inputs: &[Input],
) -> Result<Vec<(PathBuf, String)>, String> {
    let sums = stated.members.get("sha256").and_then(Value::as_object);
    let sums = sums
        .filter(|sums| !sums.is_empty())
        .ok_or("expected sha256 in the manifest, found none")?;
    let mut listed = Vec::new();
    for (name, sum) in sums {
        let mut parts = Path::new(name).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
            return Err(format!("expected sums of files of the corpus, found one of {name}"));
        }
        listed.push((directory.join(name), sum.as_str().unwrap_or_default().to_owned()));
    }
    if sums.contains_key(LIST) {
        let (mut outside, path) = (None, directory.join(LIST));
        regular(&path)?;
        let read = each_line(&path, &mut |_, line| {
            if let Some((sum, name)) = line.split_once("  ") {
                let mut parts = Path::new(name).components();
                if !parts.all(|part| matches!(part, Component::Normal(_))) {
                    outside.get_or_insert_with(|| name.to_owned());
                }
                listed.push((directory.join(name), sum.to_owned()));
            }
            Ok(())
        });
        read.map_err(|error| error.to_string())?;
        if let Some(name) = outside {
            return Err(format!("expected sums of files of the corpus, found one of {name}"));
        }
    }
    complete(directory, stated, inputs, &listed)?;
    Ok(listed)
}

/// Whether every file is listed that makes the corpus what it is.
fn complete(
    directory: &Path,
    stated: &Stated,
    inputs: &[Input],
    listed: &[(PathBuf, String)],
) -> Result<(), String> {
    let known: BTreeSet<&Path> = listed.iter().map(|(path, _)| path.as_path()).collect();
    let arrivals = inputs.iter().filter_map(|input| input.arrivals.as_deref());
    let truth = directory.join(TRUTH);
    let has_truth = stated.campaigns() > 0 || truth.exists();
    let truth = Some(truth.as_path()).filter(|_| has_truth);
    let mut needed = super::files(inputs).chain(arrivals).chain(truth);
    needed
        .find(|path| !known.contains(path))
        .map_or(Ok(()), |path| Err(format!("expected a sum of {}, found none", path.display())))
}

/// Whether there is a plain file: reading another one might never end.
pub(super) fn regular(path: &Path) -> Result<(), String> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(format!("{}: expected a plain file, found something else", path.display())),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Whether every file has its sum.
pub(super) fn check(
    listed: &[(PathBuf, String)],
    advance: &mut dyn FnMut(u64),
) -> Result<String, String> {
    let (mut wrong, mut examples) = (0, Vec::new());
    for (path, sum) in listed {
        let mut sha256 = Sha256::new();
        let read = regular(path).and_then(|()| {
            each_chunk(path, &mut |chunk| {
                sha256.update(chunk);
                advance(chunk.len() as u64);
            })
        });
        let compared = read.and_then(|()| compare("SHA-256", sum, &hex(sha256)));
        if let Err(fault) = compared {
            wrong += 1;
            if examples.len() < EXAMPLES {
                examples.push(format!("{}: {fault}", path.display()));
            }
        }
    }
    if wrong == 0 { Ok(format!("{} files", listed.len())) } else { Err(some(&examples, wrong)) }
}

/// Whether the manifest's id is that of the events.
pub(super) fn corpus_id(
    inputs: &[Input],
    stated: &Stated,
    advance: &mut dyn FnMut(u64),
) -> Result<String, String> {
    let mut digests = Vec::new();
    for input in inputs {
        let mut digest = Xxh3::new();
        for path in &input.files {
            each_chunk(path, &mut |chunk| {
                digest.update(chunk);
                advance(chunk.len() as u64);
            })?;
        }
        digests.push(digest.digest128());
    }
    let id = match digests.as_slice() {
        [only] => *only,
        several => {
            let mut whole = Xxh3::new();
            several.iter().for_each(|digest| whole.update(&digest.to_le_bytes()));
            whole.digest128()
        }
    };
    let expected = stated.members.get("corpus_id").and_then(Value::as_str).unwrap_or("none");
    compare("corpus_id", expected, &format!("{id:032x}"))
}

/// Hands over the bytes of a file, piece by piece.
fn each_chunk(path: &Path, take: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let fault = |error: std::io::Error| format!("{}: {error}", path.display());
    let (mut file, mut buffer) = (File::open(path).map_err(fault)?, vec![0; READ_BYTES]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => take(&buffer[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(fault(error)),
        }
    }
}
