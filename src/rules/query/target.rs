//! What a field name in a query means.

use super::QueryError;
use super::ast::Text;
use super::words::WordField;
use crate::event::{
    Extra, Field, Kind, Pattern, Plane, Recipe, TextField, envelope_names, stored_names,
};
use crate::nearest::nearest;

/// The other name of the event's time, in Elastic.
const TIMESTAMP: &str = "@timestamp";
const TIME: &str = "time";

/// The parts of a record that hold most of what has no name of its own.
const CONTAINERS: [&str; 2] = ["identity", "properties"];

/// Where the values are that a test is about.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Words(WordField),
    Status,
    Time,
    Text(TextField),
    Extra(ExtraTarget),
    /// By plane, a value that every record has; empty for none.
    Constant([&'static str; 2]),
    /// Any of several: a name with a wildcard.
    Any(Vec<Self>),
}

/// A field that is not canonical.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExtraTarget {
    pub(super) field: Extra,
    pub(super) kind: Kind,
    /// The logs whose records can have it, as a set of planes.
    pub(super) planes: u16,
}

/// The field of a group or tuple that `name` means.
pub(in crate::rules) fn group_field(name: &str) -> Result<Field, QueryError> {
    let text = Text { pieces: vec![name.to_owned()], span: 0..name.len() };
    if name.contains('*') {
        return Err(error(&text, "a field (several, as a wildcard means, are no group)", []));
    }
    if let Some(field) = Field::from_word(name) {
        return Ok(field);
    }
    match Target::resolve(&text)? {
        Target::Extra(ExtraTarget { field, .. }) => Ok(Field::Extra(field)),
        Target::Constant(_) => {
            Err(error(&text, "a field (this one is the same in all records of a log)", []))
        }
        _ => Err(error(&text, "a field (moments are no group)", [])),
    }
}

impl Target {
    /// What `name` means.
    pub(super) fn resolve(name: &Text) -> Result<Self, QueryError> {
        match name.literal() {
            Some(literal) => Self::named(name, literal),
            None => Self::matching(name),
        }
    }

    /// Whether `word` is the name of a field that is known one by one.
    pub(super) fn is_name(word: &str) -> bool {
        let canonical = Field::ALL.iter().map(|field| field.word()).chain([TIME, TIMESTAMP]);
        canonical.chain(envelope_names()).chain(stored_names()).any(|name| name == word)
    }

    fn named(at: &Text, name: &str) -> Result<Self, QueryError> {
        if matches!(name, TIME | TIMESTAMP) {
            return Ok(Self::Time);
        }
        if let Some(field) = Field::from_word(name) {
            return Ok(Self::of(field));
        }
        // An asterisk that is no wildcard is in no name of Azure's.
        let Some(recipe) = Recipe::of(name).filter(|_| !name.contains('*')) else {
            return Err(unknown(at, name));
        };
        if recipe.sources.is_empty() {
            return Ok(Self::Constant(recipe.fallbacks));
        }
        let planes = Plane::ALL.iter().filter(|&&plane| recipe.concerns(plane));
        let planes = planes.fold(0, |set, &plane| set | 1 << plane as u16);
        Ok(Self::Extra(ExtraTarget { field: extra(at, name)?, kind: recipe.kind, planes }))
    }

    fn matching(name: &Text) -> Result<Self, QueryError> {
        let written = name.pieces.join("*");
        if written.contains('.') {
            let planes = WordField::Plane.all();
            let field = extra(name, &written)?;
            return Ok(Self::Extra(ExtraTarget { field, kind: Kind::Path, planes }));
        }
        let matches = |word: &str| {
            let pattern = Pattern::new(&name.pieces, false);
            pattern.is_some_and(|pattern| pattern.matches(word))
        };
        let fields = Field::ALL.iter().filter(|field| matches(field.word()));
        let mut targets: Vec<_> = fields.map(|&field| Self::of(field)).collect();
        if matches(TIME) {
            targets.push(Self::Time);
        }
        if targets.is_empty() { Err(unknown(name, &written)) } else { Ok(Self::Any(targets)) }
    }

    /// What a canonical field is.
    fn of(field: Field) -> Self {
        if let Some(words) = WordField::of(field) {
            return Self::Words(words);
        }
        // The one canonical field that is neither word nor text.
        field.text_field().map_or(Self::Status, Self::Text)
    }
}

fn extra(at: &Text, name: &str) -> Result<Extra, QueryError> {
    if let Some(container) = misspelt(name) {
        let expected = "a path that begins with a part of Azure's records";
        return Err(QueryError { nearest: Some(container), ..error(at, expected, []) });
    }
    let expected = "a shorter name, or fewer different ones in one process";
    Extra::named(name).ok_or_else(|| error(at, expected, []))
}

/// The container that a path begins with but for one letter in five. Any other beginning may be one of
/// a record, and so may another case.
fn misspelt(path: &str) -> Option<&'static str> {
    let (first, _) = path.split_once('.')?;
    let is_close = |container: &&str| {
        let wrong = strsim::damerau_levenshtein(&first.to_ascii_lowercase(), container);
        (1..=container.len() / 5).contains(&wrong)
    };
    CONTAINERS.into_iter().find(is_close)
}

/// There is no field of this name.
fn unknown(at: &Text, name: &str) -> QueryError {
    if name.contains('.') {
        let expected =
            "a field that Elastic's pipelines store for Azure's logs, or a path of the record";
        return error(at, expected, stored_names());
    }
    let canonical = Field::ALL.iter().map(|field| field.word());
    error(at, "a field", canonical.chain([TIME, TIMESTAMP]).chain(envelope_names()))
}

/// What stands at `at` is not what was `expected`.
pub(super) fn error(
    at: &Text,
    expected: &str,
    candidates: impl IntoIterator<Item = &'static str>,
) -> QueryError {
    let found = at.pieces.join("*");
    QueryError {
        span: at.span.clone(),
        expected: expected.to_owned(),
        nearest: nearest(&found, candidates),
        found: format!("`{found}`"),
    }
}
