//! From the tree to the compiled form: fields and words are looked up, literals made ready.
//!
//! In a word field a literal must be one of its words (`none` included), and a pattern must match one
//! of those that stand for a value; `field: *` holds where the record has the field.

use super::QueryError;
use super::ast::{Comparison, Test, Text, Tree};
use super::node::{Node, TextTest};
use super::pattern::Pattern;
use super::words::WordField;
use crate::event::{Field, TextField};
use crate::nearest::nearest;

/// The compiled form of `tree`, or the first name or value in it that means nothing.
pub(super) fn compile(tree: &Tree<Test>) -> Result<Node, QueryError> {
    fold(tree, &|test| match test {
        Test::Values { field, values } => {
            let field = resolve(field)?;
            fold(values, &|value| value_test(field, value))
        }
        Test::Range { field, comparison, bound } => range(field, *comparison, bound),
    })
}

fn fold<L>(
    tree: &Tree<L>,
    leaf: &impl Fn(&L) -> Result<Node, QueryError>,
) -> Result<Node, QueryError> {
    let all =
        |trees: &[Tree<L>]| trees.iter().map(|tree| fold(tree, leaf)).collect::<Result<_, _>>();
    Ok(match tree {
        Tree::Leaf(value) => leaf(value)?,
        Tree::Not(tree) => Node::not(fold(tree, leaf)?),
        Tree::And(trees) => Node::and(all(trees)?),
        Tree::Or(trees) => Node::or(all(trees)?),
    })
}

fn resolve(name: &Text) -> Result<Field, QueryError> {
    let field = name.literal().and_then(Field::from_word);
    field.ok_or_else(|| {
        let words = Field::ALL.iter().map(|field| field.word());
        error(name, "a field", words)
    })
}

fn value_test(field: Field, value: &Text) -> Result<Node, QueryError> {
    if value.literal() == Some("") {
        let expected = format!("a value (`not {}: *` finds records without one)", field.word());
        return Err(error(value, &expected, []));
    }
    match Kind::of(field) {
        Kind::Words(field) => word_test(field, value),
        Kind::Status => status_test(value),
        Kind::Text(field) => Ok(Node::Text { field, test: text_test(value) }),
    }
}

fn word_test(field: WordField, value: &Text) -> Result<Node, QueryError> {
    let words = field.words();
    let set = |wanted: &dyn Fn(&str) -> bool| {
        let places = words.iter().enumerate().filter(|(_, word)| wanted(word));
        places.fold(0, |set, (place, _)| set | 1 << place)
    };
    let set: u16 = match value.literal() {
        Some(literal) => set(&|word| word.eq_ignore_ascii_case(literal)),
        None => {
            let pattern = Pattern::new(&value.pieces);
            set(&|word| pattern.matches(word)) & !field.absent()
        }
    };
    if set == 0 {
        let expected = format!("one of {}", words.join(", "));
        return Err(error(value, &expected, words));
    }
    Ok(Node::Words { field, set })
}

fn status_test(value: &Text) -> Result<Node, QueryError> {
    if value.is_any() {
        return Ok(Node::Status { least: 1, most: u16::MAX });
    }
    status(value).map(|code| Node::Status { least: code, most: code })
}

fn text_test(value: &Text) -> TextTest {
    match value.literal() {
        _ if value.is_any() => TextTest::Exists,
        Some(literal) => TextTest::Equals(literal.to_ascii_lowercase()),
        None => TextTest::Pattern(Pattern::new(&value.pieces)),
    }
}

fn range(name: &Text, comparison: Comparison, bound: &Text) -> Result<Node, QueryError> {
    if resolve(name)? != Field::HttpStatus {
        return Err(error(name, "`http_status`, the one field that is a number", []));
    }
    let code = status(bound)?;
    let (least, most) = match comparison {
        Comparison::Less => (0, code - 1),
        Comparison::LessOrEqual => (0, code),
        Comparison::Greater => (code + 1, u16::MAX),
        Comparison::GreaterOrEqual => (code, u16::MAX),
    };
    Ok(Node::Status { least, most })
}

/// Three digits are all that HTTP knows; 0 would be the mark of an absent status.
fn status(value: &Text) -> Result<u16, QueryError> {
    let code = value.literal().and_then(|text| text.parse().ok());
    code.filter(|code| (100..1000).contains(code))
        .ok_or_else(|| error(value, "an HTTP status from 100 to 999", []))
}

enum Kind {
    Words(WordField),
    Status,
    Text(TextField),
}

impl Kind {
    fn of(field: Field) -> Self {
        if let Some(words) = WordField::of(field) {
            return Self::Words(words);
        }
        // The one field that is neither word nor text.
        field.text_field().map_or(Self::Status, Self::Text)
    }
}

fn error(
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
