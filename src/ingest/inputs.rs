//! Resolves the files and directories a user names to inputs: corpora and single files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::IngestError;

/// The corpus' event file when it is one file.
const EVENTS_FILE: &str = "events.ndjson";
const EVENTS_PART_PREFIX: &str = "events-";
const ARRIVALS_FILE: &str = "arrivals.i64";
/// A directory of storage containers holds one of these in each of them.
const BLOB_ROOT: &str = "resourceId=";
const BLOB_FILE: &str = "PT1H.json";
/// How the directory of a year begins, the first below a resource.
const YEAR_PREFIX: &str = "y=";
const EVENT_EXTENSIONS: [&str; 4] = ["ndjson", "jsonl", "json", "log"];

/// One source of records: files that concatenate, and what lies beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The path as the user knows it.
    pub name: String,
    /// Event files, in record order.
    pub files: Vec<PathBuf>,
    /// Arrival times of the records, if the input is a corpus that has them.
    pub arrivals: Option<PathBuf>,
}

/// Resolves each argument: a corpus directory and a file are one input each, an export to storage
/// (`resourceId=/.../y=/m=/d=/h=/m=/PT1H.json`, in a container or a directory of containers) one per
/// resource, any other directory one per event file. Other directories are not searched deeper.
/// Inputs come in path order, whatever the order of the arguments, because that order breaks ties
/// between records of one arrival.
///
/// # Errors
/// If a path does not exist or cannot be listed, or a directory holds no event file, or holds a
/// corpus with missing parts or in two forms.
pub fn resolve_inputs(paths: &[PathBuf]) -> Result<Vec<Input>, IngestError> {
    let mut inputs = Vec::new();
    for path in paths {
        let unreadable = |source| IngestError::Unreadable { path: path.clone(), source };
        if path.metadata().map_err(unreadable)?.is_dir() {
            let (directories, files): (Vec<_>, Vec<_>) =
                listed(path)?.into_iter().partition(|entry| entry.is_dir());
            let blobs = blobs_below(path, &directories)?;
            if blobs.is_empty() {
                inputs.extend(resolve_directory(path, files)?);
            } else if files.contains(&path.join(EVENTS_FILE)) {
                return Err(IngestError::TwoForms { path: path.clone() });
            } else {
                inputs.extend(resources(blobs));
            }
        } else {
            inputs.push(file_input(path));
        }
    }
    inputs.sort_by(|a: &Input, b| a.files.cmp(&b.files));
    Ok(inputs)
}

/// Whether `history` shares no file with `inputs`, under whatever names.
///
/// # Errors
/// [`IngestError::InputAsHistory`] for the first one they share; what cannot be looked at.
pub fn check_history(inputs: &[Input], history: &[Input]) -> Result<(), IngestError> {
    let real = |path: &PathBuf| {
        path.canonicalize().map_err(|source| IngestError::Unreadable { path: path.clone(), source })
    };
    let judged = inputs.iter().flat_map(|input| &input.files).map(real);
    let judged = judged.collect::<Result<BTreeSet<_>, _>>()?;
    for path in history.iter().flat_map(|input| &input.files) {
        if judged.contains(&real(path)?) {
            return Err(IngestError::InputAsHistory { path: path.clone() });
        }
    }
    Ok(())
}

/// What is in a directory, sorted.
fn listed(path: &Path) -> Result<Vec<PathBuf>, IngestError> {
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries =
        entries.map_err(|source| IngestError::Unreadable { path: path.to_owned(), source })?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// Every blob in the containers that `path` is or has among its `directories`, in path order.
fn blobs_below(path: &Path, directories: &[PathBuf]) -> Result<Vec<PathBuf>, IngestError> {
    let roots = std::iter::once(path).chain(directories.iter().map(PathBuf::as_path));
    let mut open: Vec<PathBuf> =
        roots.map(|root| root.join(BLOB_ROOT)).filter(|root| root.is_dir()).collect();
    let mut blobs = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in listed(&directory)? {
            // A link could lead back up.
            if entry.is_dir() && !entry.is_symlink() {
                open.push(entry);
            } else if entry.ends_with(BLOB_FILE) {
                blobs.push(entry);
            }
        }
    }
    blobs.sort();
    Ok(blobs)
}

/// One input per resource: its hours in order, and the arrivals that lie beside its years.
fn resources(blobs: Vec<PathBuf>) -> Vec<Input> {
    let mut by_resource: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for blob in blobs {
        let is_year = |path: &&Path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(YEAR_PREFIX))
        };
        let below = blob.ancestors().find(is_year).unwrap_or(&blob);
        let resource = below.parent().unwrap_or(below).to_owned();
        by_resource.entry(resource).or_default().push(blob);
    }
    let inputs = by_resource.into_iter();
    inputs.map(|(path, blobs)| corpus(path.display().to_string(), blobs, &path)).collect()
}

fn resolve_directory(path: &Path, entries: Vec<PathBuf>) -> Result<Vec<Input>, IngestError> {
    let whole = path.join(EVENTS_FILE);
    let parts = numbered_parts(path, &entries)?;
    let files = match (entries.contains(&whole), parts.is_empty()) {
        (true, true) => vec![whole],
        (false, false) => parts,
        (true, false) => return Err(IngestError::TwoForms { path: path.to_owned() }),
        (false, true) => {
            let inputs: Vec<_> = entries
                .iter()
                .filter(|path| is_event_file(path))
                .map(|path| file_input(path))
                .collect();
            if inputs.is_empty() {
                return Err(IngestError::NoEventFiles { path: path.to_owned() });
            }
            return Ok(inputs);
        }
    };
    Ok(vec![corpus(path.display().to_string(), files, path)])
}

/// The files `events-<number>.ndjson` in number order, which must count up from zero.
fn numbered_parts(directory: &Path, entries: &[PathBuf]) -> Result<Vec<PathBuf>, IngestError> {
    let mut parts: Vec<(usize, &PathBuf)> =
        entries.iter().filter_map(|path| Some((part_number(path)?, path))).collect();
    parts.sort();
    for (expected, &(found, _)) in parts.iter().enumerate() {
        if expected != found {
            return Err(IngestError::MissingPart { path: directory.to_owned(), expected, found });
        }
    }
    Ok(parts.into_iter().map(|(_, path)| path.clone()).collect())
}

fn part_number(path: &Path) -> Option<usize> {
    let digits =
        path.file_name()?.to_str()?.strip_prefix(EVENTS_PART_PREFIX)?.strip_suffix(".ndjson")?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn is_event_file(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EVENT_EXTENSIONS.contains(&extension))
}

/// A single file; a corpus' only event file brings what lies beside it.
fn file_input(path: &Path) -> Input {
    let name = path.display().to_string();
    let files = vec![path.to_owned()];
    match path.parent() {
        Some(directory) if path.ends_with(EVENTS_FILE) => corpus(name, files, directory),
        _ => Input { name, files, arrivals: None },
    }
}

fn corpus(name: String, files: Vec<PathBuf>, directory: &Path) -> Input {
    let beside = |name| Some(directory.join(name)).filter(|path| path.is_file());
    Input { name, files, arrivals: beside(ARRIVALS_FILE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            std::fs::write(dir.path().join(file), "").unwrap();
        }
        dir
    }

    fn resolve(path: &Path) -> Result<Vec<Input>, IngestError> {
        resolve_inputs(&[path.to_owned()])
    }

    #[test]
    fn a_corpus_is_one_input_with_what_lies_beside_it() {
        let dir = directory(&["events.ndjson", "arrivals.i64", "manifest.json", "truth.ndjson"]);
        let inputs = resolve(dir.path()).unwrap();
        assert_eq!(inputs.len(), 1);
        assert_eq!(inputs[0].files, [dir.path().join("events.ndjson")]);
        assert_eq!(inputs[0].arrivals, Some(dir.path().join("arrivals.i64")));

        let by_file = resolve(&dir.path().join("events.ndjson")).unwrap();
        assert_eq!(by_file[0].arrivals, inputs[0].arrivals);
    }

    #[test]
    fn parts_of_a_corpus_concatenate_in_number_order() {
        let dir = directory(&["events-00001.ndjson", "events-00000.ndjson", "events-2.ndjson"]);
        let inputs = resolve(dir.path()).unwrap();
        let names: Vec<_> = inputs[0]
            .files
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["events-00000.ndjson", "events-00001.ndjson", "events-2.ndjson"]);
        assert_eq!(inputs[0].arrivals, None);
    }

    #[test]
    fn a_corpus_with_a_gap_or_in_two_forms_is_refused() {
        let gap = directory(&["events-00000.ndjson", "events-00002.ndjson"]);
        let error = resolve(gap.path()).unwrap_err().to_string();
        assert!(error.contains("expected part 1") && error.contains("found part 2"), "{error}");
        let both = directory(&["events.ndjson", "events-00000.ndjson"]);
        assert!(matches!(resolve(both.path()), Err(IngestError::TwoForms { .. })));
    }

    #[test]
    fn any_other_directory_gives_one_input_per_event_file() {
        let dir = directory(&["b.log", "a.jsonl", "c.txt", "PT1H.json", "arrivals.i64"]);
        let inputs = resolve(dir.path()).unwrap();
        let names: Vec<_> = inputs.iter().map(|input| &input.name).collect();
        let expected: Vec<_> = ["PT1H.json", "a.jsonl", "b.log"]
            .map(|name| dir.path().join(name).display().to_string())
            .into();
        assert_eq!(names, expected.iter().collect::<Vec<_>>());
        assert!(inputs.iter().all(|input| input.arrivals.is_none()));
    }

    #[test]
    fn an_export_to_storage_gives_one_input_per_resource_with_its_hours_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let audit = dir.path().join("insights-logs-auditevent");
        let vault = |name| audit.join("resourceId=/SUBSCRIPTIONS/S/VAULTS").join(name);
        let hour = |name, day: u8, hour: u8| {
            vault(name).join(format!("y=2026/m=03/d={day:02}/h={hour:02}/m=00/PT1H.json"))
        };
        let blobs = [hour("A", 9, 23), hour("A", 10, 0), hour("B", 9, 1)];
        for blob in &blobs {
            std::fs::create_dir_all(blob.parent().unwrap()).unwrap();
            std::fs::write(blob, "").unwrap();
        }
        std::fs::write(vault("A").join("arrivals.i64"), "").unwrap();
        let inputs = resolve(dir.path()).unwrap();
        assert_eq!(inputs, resolve(&audit).unwrap());
        let files: Vec<_> = inputs.iter().map(|input| input.files.as_slice()).collect();
        assert_eq!(files, [&blobs[..2], &blobs[2..]]);
        assert_eq!(inputs[0].name, vault("A").display().to_string());
        assert_eq!(inputs[0].arrivals, Some(vault("A").join("arrivals.i64")));
        assert_eq!(inputs[1].arrivals, None);

        std::fs::write(dir.path().join("events.ndjson"), "").unwrap();
        assert!(matches!(resolve(dir.path()), Err(IngestError::TwoForms { .. })));
    }

    #[test]
    fn nothing_to_read_is_an_error_that_says_what_was_expected() {
        let empty = directory(&["notes.txt"]);
        let error = resolve(empty.path()).unwrap_err().to_string();
        assert!(error.contains("events.ndjson") && error.contains("found none"), "{error}");
        let missing = resolve(&empty.path().join("absent")).unwrap_err().to_string();
        assert!(missing.contains("absent"), "{missing}");
    }
}
