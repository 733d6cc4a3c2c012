//! Why a query matches an event, or does not: the clauses that decide it.
//!
//! Contract: the verdict is that of the compiled query. The clauses named are enough for it: as long
//! as they stay as they are, whatever becomes of all others changes nothing, and none of them could be
//! left out. Where several would do, the first as written is named. A clause under a `not` is given
//! with it, so that every clause named holds if the query matches, and fails if it does not.
//! `explain_properties` tests all of this.

use super::Query;
use super::ast::{Test, Text, Tree};
use super::compile::compile_test;
use super::target::Target;
use crate::event::{EventView, Field, Pattern};

/// How many values of a clause's field are given: what a person reads.
const VALUES_GIVEN: usize = 8;

/// A verdict and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether the query matches.
    pub matches: bool,
    /// The clauses that decide it, in the order of the query; none for a query without clauses.
    pub clauses: Vec<Clause>,
}

/// One condition of a query on one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The condition as in the query, but for spaces and for quotes that it does not need.
    pub text: String,
    /// Whether it holds: the same for all clauses of an explanation.
    pub holds: bool,
    /// What the record has there, as field and value: one field unless its name has a wildcard, and
    /// several values where it holds a list. Empty where the record has nothing.
    pub found: Vec<(String, String)>,
    /// How many more values there are.
    pub left_out: usize,
}

impl Query {
    /// Says which clauses decide whether the event matches.
    pub fn explain(&self, event: &EventView<'_>) -> Explanation {
        let Some(tree) = self.tree() else {
            return Explanation { matches: true, clauses: Vec::new() };
        };
        let (matches, deciding) =
            decide(tree, false, &|test| compile_test(test).is_ok_and(|node| node.matches(event)));
        let clauses = deciding.into_iter().map(|(test, is_negated)| {
            let not = if is_negated { "not " } else { "" };
            let (found, left_out) = found(test, event);
            let text = format!("{not}{}", Tree::Leaf(test.clone()));
            Clause { text, holds: matches, found, left_out }
        });
        Explanation { matches, clauses: clauses.collect() }
    }
}

/// What `tree`, or if `is_negated` its opposite, comes to, and the leaves that decide that, each with
/// whether it stands under an odd number of `not`s.
pub(super) fn decide<'a>(
    tree: &'a Tree<Test>,
    is_negated: bool,
    holds: &impl Fn(&'a Test) -> bool,
) -> (bool, Vec<(&'a Test, bool)>) {
    let (operands, settling) = match tree {
        Tree::Leaf(test) => return (holds(test) != is_negated, vec![(test, is_negated)]),
        Tree::Not(tree) => return decide(tree, !is_negated, holds),
        // One operand that fails settles a conjunction, one that holds a disjunction; `not` turns the
        // one into the other.
        Tree::And(operands) => (operands, is_negated),
        Tree::Or(operands) => (operands, !is_negated),
    };
    let mut all = Vec::new();
    for operand in operands {
        let (verdict, leaves) = decide(operand, is_negated, holds);
        if verdict == settling {
            return (verdict, leaves);
        }
        all.extend(leaves);
    }
    (!settling, all)
}

/// The values that a test is about, up to [`VALUES_GIVEN`], and how many more there are.
fn found(test: &Test, event: &EventView<'_>) -> (Vec<(String, String)>, usize) {
    let (Test::Values { field, .. } | Test::Range { field, .. }) = test;
    let name = field.pieces.join("*");
    let mut values = match Target::resolve(field) {
        Ok(Target::Any(_)) => canonical_values(field, event),
        Ok(Target::Time) => vec![(name, event.event.time.to_string())],
        Ok(Target::Extra(target)) => {
            let values = event.extras(target.field);
            values.map(|value| (name.clone(), value.to_owned())).collect()
        }
        Ok(Target::Constant(values)) => vec![(name, values[event.event.plane as usize].to_owned())],
        _ => Field::from_word(&name).map_or_else(Vec::new, |field| values_of(field, event)),
    };
    values.retain(|(_, value)| !value.is_empty());
    let left_out = values.len().saturating_sub(VALUES_GIVEN);
    values.truncate(VALUES_GIVEN);
    (values, left_out)
}

/// The values of all canonical fields that a name with a wildcard stands for.
fn canonical_values(name: &Text, event: &EventView<'_>) -> Vec<(String, String)> {
    let Some(pattern) = Pattern::new(&name.pieces, false) else { return Vec::new() };
    let fields = Field::ALL.iter().filter(|field| pattern.matches(field.word()));
    fields.flat_map(|&field| values_of(field, event)).collect()
}

fn values_of(field: Field, event: &EventView<'_>) -> Vec<(String, String)> {
    let text = event.display(field).unwrap_or_default();
    let one = |value: &str| (field.word().to_owned(), value.to_owned());
    // The one canonical field that holds several values.
    if field == Field::Grantee { text.split(' ').map(one).collect() } else { vec![one(&text)] }
}
