//! Resolves what a user names to inputs: files, folders, patterns, pipes and standard input.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fs::FileType;
use std::path::{Path, PathBuf};

use super::IngestError;
use super::folder::{NotRead, search};

/// Stands for standard input.
pub(super) const STDIN: &str = "-";
/// The corpus' event file when it is one file.
const EVENTS_FILE: &str = "events.ndjson";
const ARRIVALS_FILE: &str = "arrivals.i64";
/// Endings of compressed files; what they hold is told by content, not by these.
const PACKED_EXTENSIONS: [&str; 2] = ["gz", "zst"];
/// What makes a name that does not exist a pattern.
const PATTERN_CHARACTERS: [char; 3] = ['*', '?', '['];

/// One source of records: files that concatenate, and what lies beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The path as the user knows it.
    pub name: String,
    /// Event files, in record order; `-` is standard input.
    pub files: Vec<PathBuf>,
    /// Arrival times of the records, if the input is a corpus that has them.
    pub arrivals: Option<PathBuf>,
}

/// What arguments were resolved to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The inputs, in path order.
    pub inputs: Vec<Input>,
    /// What the folders among the arguments held beside them.
    pub not_read: NotRead,
}

/// As [`resolve`], without what was not read.
///
/// # Errors
/// As there.
pub fn resolve_inputs(paths: &[PathBuf]) -> Result<Vec<Input>, IngestError> {
    Ok(resolve(paths)?.inputs)
}

/// Resolves each argument. A file, a pipe and standard input (`-`) are one input each; a folder, which
/// is searched below, has one per corpus (`events.ndjson` or numbered parts of it, also compressed),
/// one per resource of an export to storage (`resourceId=/.../y=/m=/d=/h=/m=/PT1H.json`), and one per
/// event file otherwise. A name that does not exist and has one of `*?[` in it is a pattern for such.
/// Inputs come in path order, whatever the order of the arguments, because that order breaks ties
/// between records of one arrival. A file that has several names, of arguments that overlap or of links, is
/// read once, by the first of them, or by that of an input of more files.
///
/// # Errors
/// If a path does not exist or cannot be listed, a pattern fits nothing, a folder holds no event file,
/// or a corpus with missing parts or in two forms; standard input named twice.
pub fn resolve(paths: &[PathBuf]) -> Result<Resolved, IngestError> {
    let mut resolved = Resolved::default();
    let mut has_stdin = false;
    for path in paths {
        if path.as_os_str() == STDIN {
            if std::mem::replace(&mut has_stdin, true) {
                return Err(IngestError::StdinTwice);
            }
            resolved.inputs.push(file_input(path));
            continue;
        }
        match path.to_str().filter(|text| text.contains(PATTERN_CHARACTERS)) {
            Some(pattern) if !path.exists() => {
                for path in matches(pattern)? {
                    resolved.add(&path)?;
                }
            }
            _ => resolved.add(path)?,
        }
    }
    resolved.inputs.sort_by(|a, b| a.files.cmp(&b.files));
    resolved.name_once()?;
    Ok(resolved)
}

impl Resolved {
    fn add(&mut self, path: &Path) -> Result<(), IngestError> {
        let found = path.metadata();
        let found =
            found.map_err(|source| IngestError::Unreadable { path: path.to_owned(), source })?;
        if found.is_dir() {
            return search(path, &mut self.inputs, &mut self.not_read);
        }
        if let Some(found) = unreadable_kind(found.file_type()) {
            return Err(IngestError::Special { path: path.to_owned(), found });
        }
        self.inputs.push(file_input(path));
        Ok(())
    }

    /// Leaves out inputs whose files all belong to another one.
    fn name_once(&mut self) -> Result<(), IngestError> {
        let mut places: Vec<usize> = (0..self.inputs.len()).collect();
        places.sort_by_key(|&place| Reverse(self.inputs[place].files.len()));
        let (mut seen, mut again) = (BTreeSet::new(), BTreeSet::new());
        for place in places {
            let its = self.inputs[place]
                .files
                .iter()
                .map(|path| real(path))
                .collect::<Result<Vec<_>, _>>()?;
            if its.iter().all(|path| seen.contains(path)) {
                again.insert(place);
            }
            seen.extend(its);
        }
        let mut place = 0..;
        self.inputs.retain(|input| {
            let is_again = place.next().is_some_and(|place| again.contains(&place));
            if is_again {
                self.not_read.add(&input.files[0], "the same file again");
            }
            !is_again
        });
        Ok(())
    }
}

/// The file that a path leads to.
fn real(path: &Path) -> Result<PathBuf, IngestError> {
    match path.as_os_str() == STDIN {
        true => Ok(path.to_owned()),
        false => path
            .canonicalize()
            .map_err(|source| IngestError::Unreadable { path: path.to_owned(), source }),
    }
}

/// What fits a pattern, as a shell would have it.
fn matches(pattern: &str) -> Result<Vec<PathBuf>, IngestError> {
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
    let paths = glob::glob_with(pattern, options)
        .map_err(|source| IngestError::Pattern { pattern: pattern.to_owned(), source })?;
    let found: Vec<PathBuf> = paths
        .map(|path| {
            path.map_err(|error| IngestError::Unreadable {
                path: error.path().to_owned(),
                source: error.into(),
            })
        })
        .collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err(IngestError::NoMatch { pattern: pattern.to_owned() });
    }
    Ok(found)
}

/// What something that cannot be read from beginning to end is.
#[cfg(unix)]
fn unreadable_kind(found: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    let kinds = [(found.is_socket(), "a socket"), (found.is_block_device(), "a disk")];
    kinds.into_iter().find_map(|(is_its, name)| is_its.then_some(name))
}

#[cfg(not(unix))]
fn unreadable_kind(_found: FileType) -> Option<&'static str> {
    None
}

/// Whether `history` shares no file with `inputs`, under whatever names.
///
/// # Errors
/// [`IngestError::InputAsHistory`] for the first one they share; what cannot be looked at.
pub fn check_history(inputs: &[Input], history: &[Input]) -> Result<(), IngestError> {
    let judged = inputs.iter().flat_map(|input| &input.files).map(|path| real(path));
    let judged = judged.collect::<Result<BTreeSet<_>, _>>()?;
    for path in history.iter().flat_map(|input| &input.files) {
        if judged.contains(&real(path)?) {
            return Err(IngestError::InputAsHistory { path: path.clone() });
        }
    }
    Ok(())
}

/// Whether the file is called `name`, or so with the ending of a compressed file.
pub(super) fn is_packed_name(path: &Path, name: &str) -> bool {
    path.ends_with(name)
        || PACKED_EXTENSIONS.iter().any(|it| path.ends_with(format!("{name}.{it}")))
}

/// Whether the file holds all events of a corpus.
pub(super) fn is_whole_corpus(path: &Path) -> bool {
    is_packed_name(path, EVENTS_FILE)
}

/// A single file; a corpus' only event file brings what lies beside it.
pub(super) fn file_input(path: &Path) -> Input {
    let name = path.display().to_string();
    let files = vec![path.to_owned()];
    match path.parent() {
        Some(directory) if is_whole_corpus(path) => corpus(name, files, directory),
        _ => Input { name, files, arrivals: None },
    }
}

pub(super) fn corpus(name: String, files: Vec<PathBuf>, directory: &Path) -> Input {
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
    fn folders_are_searched_below_and_what_is_not_read_is_said() {
        let dir = directory(&["a.log", "notes.txt", "run.json", ".hidden.json", "c.csv.gz"]);
        let corpus = dir.path().join("x/corpus");
        std::fs::create_dir_all(corpus.join("below")).unwrap();
        for file in ["events.ndjson.zst", "truth.ndjson", "manifest.json", "other.log"] {
            std::fs::write(corpus.join(file), "").unwrap();
        }
        std::fs::create_dir(dir.path().join("y")).unwrap();
        std::fs::write(dir.path().join("y/b.json"), "").unwrap();
        let Resolved { inputs, not_read } = super::resolve(&[dir.path().to_owned()]).unwrap();
        let files: Vec<_> = inputs.iter().flat_map(|input| &input.files).collect();
        let expected = ["a.log", "c.csv.gz", "x/corpus/events.ndjson.zst", "y/b.json"];
        assert_eq!(files, expected.map(|name| dir.path().join(name)).iter().collect::<Vec<_>>());
        let said = not_read.summary().unwrap();
        let names = ["notes.txt (of no", "run.json (a result", ".hidden.json (hidden)"];
        let beside = ["corpus/below (beside", "corpus/other.log (beside"];
        for name in names.iter().chain(&beside) {
            assert!(said.contains(name), "{name}: {said}");
        }
        assert_eq!(not_read.count, 5);
    }

    #[test]
    fn a_pattern_is_one_only_if_no_such_file_exists() {
        let dir = directory(&["a1.log", "a2.log", "[a1].log"]);
        let pattern = |text: &str| resolve(&dir.path().join(text));
        assert_eq!(pattern("a?.log").unwrap().len(), 2);
        assert_eq!(pattern("*.log").unwrap().len(), 3);
        assert_eq!(pattern("[a1].log").unwrap()[0].files, [dir.path().join("[a1].log")]);
        let none = pattern("b*.log").unwrap_err().to_string();
        assert!(none.contains("b*.log") && none.contains("found none"), "{none}");
        assert!(matches!(pattern("a[.log"), Err(IngestError::Pattern { .. })));
    }

    #[test]
    fn standard_input_is_named_once() {
        let stdin = || PathBuf::from("-");
        assert_eq!(resolve_inputs(&[stdin()]).unwrap()[0].files, [stdin()]);
        assert!(matches!(resolve_inputs(&[stdin(), stdin()]), Err(IngestError::StdinTwice)));
        let named = resolve_inputs(&[stdin()]).unwrap();
        assert!(matches!(check_history(&named, &named), Err(IngestError::InputAsHistory { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_files_of_the_folder_only_and_never_in_circles() {
        use std::os::unix::fs::symlink;
        let outside = directory(&["secret.log"]);
        let dir = directory(&["a.log"]);
        symlink(outside.path().join("secret.log"), dir.path().join("out.log")).unwrap();
        symlink(outside.path(), dir.path().join("tree")).unwrap();
        symlink(dir.path(), dir.path().join("circle")).unwrap();
        symlink("self.log", dir.path().join("self.log")).unwrap();
        symlink("absent.log", dir.path().join("lost.log")).unwrap();
        symlink("a.log", dir.path().join("b.log")).unwrap();
        let Resolved { inputs, not_read } = super::resolve(&[dir.path().to_owned()]).unwrap();
        let names: Vec<_> =
            inputs.iter().map(|input| input.files[0].file_name().unwrap()).collect();
        assert_eq!(names, ["a.log"]);
        assert_eq!(not_read.count, 6);
    }

    #[test]
    fn a_file_of_several_names_is_one_input() {
        let dir = directory(&["a.log", "b.log"]);
        let corpus = directory(&["events-00000.ndjson", "events-00001.ndjson"]);
        let part = corpus.path().join("events-00000.ndjson");
        let dotted = dir.path().join(".").join("a.log");
        let paths = [dir.path().to_owned(), dotted, part, corpus.path().to_owned()];
        let Resolved { inputs, not_read } = super::resolve(&paths).unwrap();
        let mut files: Vec<_> = inputs.iter().map(|input| input.files.len()).collect();
        files.sort_unstable();
        assert_eq!(files, [1, 1, 2], "{inputs:?}");
        assert_eq!(not_read.count, 2, "{not_read:?}");
        assert!(not_read.first.iter().all(|said| said.contains("the same file again")));
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
