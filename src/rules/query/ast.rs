//! The query as written: names are not looked up yet, so that any syntactically sound text has one.
//!
//! Printing gives a text that parses to an equal tree; spans take no part in equality.

use std::fmt::{self, Display};
use std::ops::Range;

/// `and`, `or` and `not` over leaves: tests in a query, values in a value list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree<L> {
    Leaf(L),
    Not(Box<Self>),
    /// At least two.
    And(Vec<Self>),
    /// At least two.
    Or(Vec<Self>),
}

/// One condition on one field; a value alone is one on the field `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Values { field: Text, values: Tree<Text> },
    Range { field: Text, comparison: Comparison, bound: Text },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A field name or value: the pieces between its wildcards, escapes resolved.
#[derive(Clone, Debug, Eq)]
pub(super) struct Text {
    /// At least one; exactly one where there is no wildcard. No inner piece is empty.
    pub(super) pieces: Vec<String>,
    /// Where it stands in the query, quotes included.
    pub(super) span: Range<usize>,
}

impl Text {
    /// The text, unless it has a wildcard.
    pub(super) fn literal(&self) -> Option<&str> {
        if let [only] = self.pieces.as_slice() { Some(only) } else { None }
    }

    /// Whether it is a lone `*`.
    pub(super) fn is_any(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.pieces == other.pieces
    }
}

impl Display for Tree<Test> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(Test::Values { field, values: values @ Tree::Leaf(_) }) => {
                write!(f, "{field}: {values}")
            }
            Self::Leaf(Test::Values { field, values }) => write!(f, "{field}: ({values})"),
            Self::Leaf(Test::Range { field, comparison, bound }) => {
                write!(f, "{field} {comparison} {bound}")
            }
            operator => fmt_operator(operator, f),
        }
    }
}

impl Display for Tree<Text> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(value) => value.fmt(f),
            operator => fmt_operator(operator, f),
        }
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

/// Bare where every character is harmless there, quoted otherwise; a text with wildcards is never
/// quoted, so its other special characters and its spaces are escaped.
impl Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.literal() {
            Some(text) if is_harmless(text) => f.write_str(text),
            Some(text) => {
                write!(f, "\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
            }
            None => {
                let escaped = self.pieces.iter().map(|piece| escape(piece));
                f.write_str(&escaped.collect::<Vec<_>>().join("*"))
            }
        }
    }
}

fn fmt_operator<L>(tree: &Tree<L>, f: &mut fmt::Formatter<'_>) -> fmt::Result
where
    Tree<L>: Display,
{
    let (word, operands) = match tree {
        Tree::Not(operand) if matches!(**operand, Tree::Leaf(_)) => {
            return write!(f, "not {operand}");
        }
        Tree::Not(operand) => return write!(f, "not ({operand})"),
        Tree::And(operands) => (" and ", operands),
        Tree::Or(operands) => (" or ", operands),
        Tree::Leaf(_) => unreachable!("callers print leaves themselves"),
    };
    for (index, operand) in operands.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { word })?;
        match operand {
            Tree::And(_) | Tree::Or(_) => write!(f, "({operand})")?,
            _ => write!(f, "{operand}")?,
        }
    }
    Ok(())
}

fn is_harmless(text: &str) -> bool {
    let keyword = ["and", "or", "not"].iter().any(|word| text.eq_ignore_ascii_case(word));
    !text.is_empty() && !keyword && !text.chars().any(super::lexer::is_special)
}

fn escape(piece: &str) -> String {
    let mut escaped = String::new();
    for character in piece.chars() {
        match character {
            _ if character.is_whitespace() => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ if super::lexer::is_special(character) => escaped.extend(['\\', character]),
            _ => escaped.push(character),
        }
    }
    escaped
}
