//! One value or bound of a query, made ready for the field that it is about.
//!
//! In a word field a literal must be one of its words (`none` included), and a pattern must match one
//! of those that stand for a value. Where a name has wildcards, fields that could never hold the value
//! are left out instead.

use super::QueryError;
use super::ast::{Comparison, Text};
use super::dates::period;
use super::node::Node;
use super::target::{ExtraTarget, Target, error};
use super::values::{Addresses, Bound, ValueTest, as_number};
use super::words::WordField;
use crate::event::{Kind, Pattern, Plane, TextField, Ticks};

const ADDRESS: &str = "an address or a block such as 10.0.0.0/8";

/// `target: value`.
pub(super) fn value_test(target: &Target, value: &Text) -> Result<Node, QueryError> {
    if value.literal() == Some("") {
        let expected = "a value (`not` and `field: *` find records without one)";
        return Err(error(value, expected, []));
    }
    match target {
        Target::Words(field) => word_test(*field, value),
        Target::Status => status_test(value),
        Target::Time => time_test(value),
        Target::Text(field) => Ok(Node::Text { field: *field, test: text_test(*field, value) }),
        Target::Extra(target) => {
            extra_test(target.kind, value).map(|test| extra_node(*target, test))
        }
        Target::Constant(values) => {
            extra_test(Kind::Keyword, value).map(|test| constant_node(*values, &test))
        }
        Target::Any(targets) => {
            let tests = targets.iter().filter_map(|target| value_test(target, value).ok());
            Ok(Node::or(tests.filter_map(present).collect()))
        }
    }
}

/// `target >= bound` and the like; `name` is the target as written.
pub(super) fn range_test(
    target: &Target,
    name: &Text,
    comparison: Comparison,
    bound: &Text,
) -> Result<Node, QueryError> {
    if bound.literal().is_none_or(str::is_empty) {
        return Err(error(bound, "a bound without wildcards", []));
    }
    match target {
        Target::Words(_) => Err(error(name, "a field with an order (this one holds words)", [])),
        Target::Status => status_range(comparison, bound),
        Target::Time => time_range(comparison, bound),
        Target::Text(field) => text_range(*field, comparison, bound),
        Target::Extra(target) => {
            extra_range(target.kind, comparison, bound).map(|test| extra_node(*target, test))
        }
        Target::Constant(values) => {
            extra_range(Kind::Keyword, comparison, bound).map(|test| constant_node(*values, &test))
        }
        Target::Any(targets) => {
            let tests = targets
                .iter()
                .filter_map(|target| range_test(target, name, comparison, bound).ok());
            Ok(Node::or(tests.collect()))
        }
    }
}

/// The test without the words that mean the absence of a value; `None` if nothing is left.
fn present(test: Node) -> Option<Node> {
    let Node::Words { field, set } = test else { return Some(test) };
    Some(set & !field.absent()).filter(|&set| set != 0).map(|set| Node::Words { field, set })
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
            let pattern = Pattern::new(&value.pieces, true);
            set(&|word| pattern.as_ref().is_some_and(|it| it.matches(word))) & !field.absent()
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

fn status_range(comparison: Comparison, bound: &Text) -> Result<Node, QueryError> {
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

fn time_test(value: &Text) -> Result<Node, QueryError> {
    if value.is_any() {
        return Ok(Node::All);
    }
    let (least, most) = date(value)?;
    Ok(Node::Time { least, most })
}

/// As in Elastic, a date stands for all of its day, its year, and so on.
fn time_range(comparison: Comparison, bound: &Text) -> Result<Node, QueryError> {
    let (first, last) = date(bound)?;
    let before = |time: Ticks| Ticks(time.0.saturating_sub(1));
    let after = |time: Ticks| Ticks(time.0.saturating_add(1));
    let (least, most) = match comparison {
        Comparison::Less => (Ticks::MIN, before(first)),
        Comparison::LessOrEqual => (Ticks::MIN, last),
        Comparison::Greater => (after(last), Ticks::MAX),
        Comparison::GreaterOrEqual => (first, Ticks::MAX),
    };
    Ok(Node::Time { least, most })
}

fn date(value: &Text) -> Result<(Ticks, Ticks), QueryError> {
    let expected = "a date such as 2026-03-02 or \"2026-03-02T08:12:33Z\" (nothing relative to \
                    `now`: a result must not depend on the clock)";
    value.literal().and_then(period).ok_or_else(|| error(value, expected, []))
}

fn text_test(field: TextField, value: &Text) -> ValueTest {
    let literal = value.literal().unwrap_or_default();
    match Pattern::new(&value.pieces, true) {
        _ if value.is_any() => ValueTest::Exists,
        Some(pattern) => ValueTest::Pattern(pattern),
        None => match Addresses::parse(literal).filter(|_| field == TextField::SourceIp) {
            Some(addresses) => ValueTest::Within(addresses),
            None => ValueTest::Spells(literal.to_owned()),
        },
    }
}

fn text_range(field: TextField, comparison: Comparison, bound: &Text) -> Result<Node, QueryError> {
    let literal = bound.literal().unwrap_or_default();
    let to = if field == TextField::SourceIp {
        let address = literal.parse().map_err(|_| error(bound, ADDRESS, []))?;
        Bound::Address(address)
    } else {
        Bound::Folded(literal.to_owned())
    };
    Ok(Node::Text { field, test: ValueTest::Range { comparison, to } })
}

fn extra_test(kind: Kind, value: &Text) -> Result<ValueTest, QueryError> {
    let literal = value.literal().unwrap_or_default();
    Ok(match (kind, Pattern::new(&value.pieces, false)) {
        _ if value.is_any() => ValueTest::Exists,
        (Kind::Address, _) => {
            let addresses = Addresses::parse(literal).ok_or_else(|| error(value, ADDRESS, []))?;
            ValueTest::Within(addresses)
        }
        (Kind::Number, _) => ValueTest::Number(number(value)?),
        (Kind::Keyword | Kind::Path, Some(pattern)) => ValueTest::Pattern(pattern),
        (Kind::Keyword | Kind::Path, None) => ValueTest::Equals(literal.to_owned()),
    })
}

fn extra_range(kind: Kind, comparison: Comparison, bound: &Text) -> Result<ValueTest, QueryError> {
    let literal = bound.literal().unwrap_or_default();
    let to = match kind {
        Kind::Address => Bound::Address(literal.parse().map_err(|_| error(bound, ADDRESS, []))?),
        Kind::Number => Bound::Number(number(bound)?),
        Kind::Keyword => Bound::Text(literal.to_owned()),
        Kind::Path => match number(bound) {
            Ok(number) => Bound::NumberOrText(number, literal.to_owned()),
            Err(_) => Bound::Text(literal.to_owned()),
        },
    };
    Ok(ValueTest::Range { comparison, to })
}

fn number(value: &Text) -> Result<f64, QueryError> {
    value.literal().and_then(as_number).ok_or_else(|| error(value, "a number", []))
}

fn extra_node(ExtraTarget { field, planes, .. }: ExtraTarget, test: ValueTest) -> Node {
    Node::Extra { field, planes, test }
}

/// What is the same for all records of a log is settled here.
fn constant_node(values: [&str; 2], test: &ValueTest) -> Node {
    let planes = Plane::ALL.iter().filter(|&&plane| test.matches(values[plane as usize]));
    let set = planes.fold(0, |set, &plane| set | 1 << plane as u16);
    Node::Words { field: WordField::Plane, set }
}
