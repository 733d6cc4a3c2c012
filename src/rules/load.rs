//! From the names on a command line to the rules of a run. The one place of `rules` that reads files.

use std::fs;
use std::path::{Path, PathBuf};

use miette::Diagnostic;

use super::embedded::{EMBEDDED, PACK};
use super::validate::parse_rule;
use super::{Rule, RuleFileError, RuleSet, RuleSetError};
use crate::nearest::nearest;

/// Largest rule file that is read, in bytes: hundreds of times the longest of the pack.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Why rules could not be loaded.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum LoadError {
    /// A file with a fault in it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] Box<RuleFileError>),
    /// Rules that do not fit into one run.
    #[error(transparent)]
    Set(#[from] RuleSetError),
    /// Two files with rules of one id, or one file given twice.
    #[error("expected rule ids to be unique, found `{id}` in {first} and in {second}")]
    Repeated {
        /// The id they share.
        id: String,
        /// The file given first.
        first: String,
        /// The other.
        second: String,
    },
    /// Neither embedded nor a path.
    #[error("expected `{PACK}`, the id of an embedded rule, a file or a directory, found `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The embedded name most like it.
        #[help]
        help: Option<String>,
    },
    /// A path that cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file no one can have written by hand.
    #[error("{}: expected at most {MAX_FILE_BYTES} bytes, found {bytes}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A directory without rules.
    #[error("{}: expected files ending in .toml, found none", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
}

/// Loads the rules that `names` stand for: the embedded pack (`vaultdrill`), an embedded rule's id, a
/// file, or a directory (its `.toml` files, not those below it). An embedded name wins over a path;
/// `./name` is always a path.
///
/// # Errors
/// [`LoadError`] for the first name, file or rule at fault, and where two rules share an id.
pub fn load<S: AsRef<str>>(names: &[S]) -> Result<RuleSet, LoadError> {
    let mut rules = Vec::new();
    for name in names {
        load_one(name.as_ref(), &mut rules)?;
    }
    rules.sort_by(|(_, a), (_, b)| a.id.cmp(&b.id));
    if let Some(pair) = rules.windows(2).find(|pair| pair[0].1.id == pair[1].1.id) {
        let [id, first, second] = [&pair[0].1.id, &pair[0].0, &pair[1].0].map(String::clone);
        return Err(LoadError::Repeated { id, first, second });
    }
    Ok(RuleSet::new(rules.into_iter().map(|(_, rule)| rule).collect())?)
}

/// Adds the rules of one name, each with the file it is from.
fn load_one(name: &str, rules: &mut Vec<(String, Rule)>) -> Result<(), LoadError> {
    let chosen = EMBEDDED.iter().filter(|&&(id, _)| name == PACK || name == id);
    let before = rules.len();
    for (id, text) in chosen {
        let file = format!("{PACK}/{id}.toml");
        let rule = parse_rule(&file, text)?;
        rules.push((file, rule));
    }
    if rules.len() > before {
        return Ok(());
    }
    let path = Path::new(name);
    if path.is_dir() {
        for file in files_of(path)? {
            rules.push(load_file(&file)?);
        }
    } else if path.is_file() {
        rules.push(load_file(path)?);
    } else {
        let known = EMBEDDED.iter().map(|&(id, _)| id).chain([PACK]);
        let help = nearest(name, known).map(|word| format!("did you mean `{word}`?"));
        return Err(LoadError::Unknown { name: name.to_owned(), help });
    }
    Ok(())
}

fn files_of(directory: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let cannot_read = |source| LoadError::Read { path: directory.to_owned(), source };
    let entries = fs::read_dir(directory).map_err(cannot_read)?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(cannot_read)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(LoadError::Empty { path: directory.to_owned() });
    }
    // Directory order differs between machines, and the first fault is the one reported.
    files.sort();
    Ok(files)
}

fn load_file(path: &Path) -> Result<(String, Rule), LoadError> {
    let cannot_read = |source| LoadError::Read { path: path.to_owned(), source };
    let bytes = fs::metadata(path).map_err(cannot_read)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(LoadError::TooLarge { path: path.to_owned(), bytes });
    }
    let text = fs::read_to_string(path).map_err(cannot_read)?;
    let file = path.display().to_string();
    let rule = parse_rule(&file, &text)?;
    Ok((file, rule))
}
