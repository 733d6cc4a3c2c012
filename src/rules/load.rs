//! From the names on a command line to the rules of a run. The one place of `rules` that reads files.

use std::fs;
use std::path::{Path, PathBuf};

use miette::Diagnostic;

use super::elastic::parse_elastic_rule;
use super::fault::{Fault, File};
use super::packs::{ALL_PACKS, INEXPRESSIBLE_FILE, PACKS};
use super::validate::parse_rule;
use super::{ElasticRule, Pack, Rule, RuleFileError, RuleSet, RuleSetError};
use crate::nearest::nearest;

/// Largest rule file that is read, in bytes: hundreds of times the longest of the pack.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What is said of TOML that is no rule at all.
const NO_FORM: &str = "expected a rule: the key `schema_version` of vaultdrill's own, or the table \
                       [rule] of Elastic's, found neither";

/// The pack of rules from a directory that is named by its place only, such as `..`.
const NAMELESS_PACK: &str = "rules";

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
    #[error(
        "expected `{ALL_PACKS}`, a pack ({}), the id of an embedded rule, a file or a directory, \
         found `{name}`",
        pack_names()
    )]
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
    /// Files that may be skipped, and nothing beside them.
    #[error("expected a rule that can be run, found {refused} that cannot (the first: {first})")]
    AllRefused {
        /// How many there are.
        refused: usize,
        /// Why the first cannot be run.
        first: Box<RuleFileError>,
    },
    /// A directory without rules.
    #[error("{}: expected files ending in .toml, found none", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
}

/// The rules of a run, and what was left out of it.
#[derive(Debug)]
pub struct Loaded {
    /// The rules.
    pub rules: RuleSet,
    /// Files in the directories named that were skipped.
    pub refused: Vec<Refused>,
}

/// What becomes of each rule file, in the order of the names and files.
#[derive(Debug)]
pub struct Checked {
    /// Rules that can be run, by id.
    pub accepted: Vec<Accepted>,
    /// Files that cannot.
    pub refused: Vec<Refused>,
}

/// A rule that can be run.
#[derive(Debug)]
pub struct Accepted {
    /// The file it is from.
    pub file: String,
    /// What the file says; none for one that is in Elastic's form.
    pub text: Option<String>,
    /// The rule.
    pub rule: Rule,
    /// What runs differently than where the rule comes from, one sentence each.
    pub notes: Vec<String>,
    /// What it had better not say, one sentence each.
    pub warnings: Vec<String>,
}

/// A file that is no rule that can be run.
#[derive(Debug)]
pub struct Refused {
    /// The file.
    pub file: String,
    /// Why not, and where.
    pub fault: Box<RuleFileError>,
    /// Whether others may be run without it: it is in a directory, and a rule of Elastic's or TOML that
    /// has the form of no rule. A file of ours with a fault, or one that is no TOML (whose rule it would
    /// have been, nobody can say), stops the load.
    pub may_be_skipped: bool,
}

/// Loads the rules that `names` stand for: an embedded pack, `all` of them, an embedded rule's id, a
/// file, or a directory (its `.toml` files, not those below it), rules of Elastic's among them. An
/// embedded name wins over a path; `./name` is always a path. The pack of a rule that is not embedded
/// is the file or directory that was named; one that is called like an embedded pack, by its path.
///
/// # Errors
/// As [`load_all`].
pub fn load<S: AsRef<str>>(names: &[S]) -> Result<RuleSet, LoadError> {
    load_all(names).map(|loaded| loaded.rules)
}

/// As [`load`], and says which files in the directories named were skipped.
///
/// # Errors
/// [`LoadError`] for the first name, file or rule at fault, where two rules share an id, and where
/// nothing can be run. A file that [may be skipped](Refused::may_be_skipped) is a fault if it is named.
pub fn load_all<S: AsRef<str>>(names: &[S]) -> Result<Loaded, LoadError> {
    let Checked { accepted, mut refused } = check(names)?;
    if let Some(at) = refused.iter().position(|one| !one.may_be_skipped) {
        return Err(refused.swap_remove(at).fault.into());
    }
    if accepted.is_empty() && !refused.is_empty() {
        let count = refused.len();
        return Err(LoadError::AllRefused { refused: count, first: refused.swap_remove(0).fault });
    }
    let rules = accepted.into_iter().map(|one| one.rule).collect();
    Ok(Loaded { rules: RuleSet::new(rules)?, refused })
}

/// Judges each rule file on its own.
///
/// # Errors
/// [`LoadError`] for a name that stands for nothing, a file that cannot be read, and two rules of one
/// id.
pub fn check<S: AsRef<str>>(names: &[S]) -> Result<Checked, LoadError> {
    let mut checked = Checked { accepted: Vec::new(), refused: Vec::new() };
    for name in names {
        check_one(name.as_ref(), &mut checked)?;
    }
    checked.accepted.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
    let mut pairs = checked.accepted.windows(2);
    if let Some([a, b]) = pairs.find(|pair| pair[0].rule.id == pair[1].rule.id) {
        let [id, first, second] = [&a.rule.id, &a.file, &b.file].map(String::clone);
        return Err(LoadError::Repeated { id, first, second });
    }
    Ok(checked)
}

/// Adds what one name stands for.
fn check_one(name: &str, checked: &mut Checked) -> Result<(), LoadError> {
    let mut is_embedded = false;
    for pack in PACKS {
        let is_whole = name == ALL_PACKS || name == pack.name;
        for (id, text) in pack.rules.iter().filter(|&&(id, _)| is_whole || name == id) {
            checked.add(pack.name, format!("{}/{id}.toml", pack.name), text, false);
            is_embedded = true;
        }
    }
    if is_embedded {
        return Ok(());
    }
    let path = Path::new(name);
    let pack = pack_of(name);
    if path.is_dir() {
        for file in files_of(path)? {
            checked.add(&pack, file.display().to_string(), &text_of(&file)?, true);
        }
    } else if path.is_file() {
        checked.add(&pack, path.display().to_string(), &text_of(path)?, false);
    } else {
        let ids = PACKS.iter().flat_map(|pack| pack.rules).map(|&(id, _)| id);
        let packs = PACKS.iter().map(|pack| pack.name).chain([ALL_PACKS]);
        let help = nearest(name, packs.chain(ids)).map(|word| format!("did you mean `{word}`?"));
        return Err(LoadError::Unknown { name: name.to_owned(), help });
    }
    Ok(())
}

/// What the rules of the file or directory at `path` are called together: never as an embedded pack is,
/// for a name is all that tells packs apart from here on.
fn pack_of(path: &str) -> String {
    let place = Path::new(path);
    let name = if place.is_dir() { place.file_name() } else { place.file_stem() };
    let name = name.map_or(NAMELESS_PACK.into(), |name| name.to_string_lossy());
    // The path differs from the name, or it would have meant the embedded pack.
    if Pack::named(&name).is_some() { path.to_owned() } else { name.into_owned() }
}

fn pack_names() -> String {
    let names: Vec<_> = PACKS.iter().map(|pack| pack.name).collect();
    names.join(", ")
}

impl Checked {
    fn add(&mut self, pack: &str, file: String, text: &str, in_directory: bool) {
        let form = Form::of(text);
        match form.parse(&file, text) {
            Ok(ElasticRule { mut rule, notes }) => {
                pack.clone_into(&mut rule.pack);
                let warnings = rule.risks();
                let text = (form == Form::Ours).then(|| text.to_owned());
                self.accepted.push(Accepted { file, text, rule, notes, warnings });
            }
            Err(fault) => {
                let may_be_skipped = in_directory && form != Form::Ours;
                self.refused.push(Refused { file, fault, may_be_skipped });
            }
        }
    }
}

/// Whose form a file has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Ours, or no TOML.
    Ours,
    Elastic,
    Neither,
}

impl Form {
    fn of(text: &str) -> Self {
        let Ok(table) = toml::from_str::<toml::Table>(text) else { return Self::Ours };
        match (table.contains_key("schema_version"), table.contains_key("rule")) {
            (true, _) => Self::Ours,
            (false, true) => Self::Elastic,
            (false, false) => Self::Neither,
        }
    }

    fn parse(self, name: &str, text: &str) -> Result<ElasticRule, Fault> {
        match self {
            Self::Ours => Ok(ElasticRule { rule: parse_rule(name, text)?, notes: Vec::new() }),
            Self::Elastic => parse_elastic_rule(name, text),
            Self::Neither => Err(File { name, text }.fault(0..0, NO_FORM, None)),
        }
    }
}

fn files_of(directory: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let cannot_read = |source| LoadError::Read { path: directory.to_owned(), source };
    let entries = fs::read_dir(directory).map_err(cannot_read)?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(cannot_read)?.path();
        let is_rule = path.file_name().is_some_and(|name| name != INEXPRESSIBLE_FILE);
        if is_rule && path.extension().is_some_and(|extension| extension == "toml") {
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

fn text_of(path: &Path) -> Result<String, LoadError> {
    let cannot_read = |source| LoadError::Read { path: path.to_owned(), source };
    let bytes = fs::metadata(path).map_err(cannot_read)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(LoadError::TooLarge { path: path.to_owned(), bytes });
    }
    fs::read_to_string(path).map_err(cannot_read)
}
