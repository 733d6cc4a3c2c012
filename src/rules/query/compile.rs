//! From the tree to the compiled form: fields and words are looked up, literals made ready.

use super::QueryError;
use super::ast::{Test, Tree};
use super::leaf::{range_test, value_test};
use super::node::Node;
use super::target::Target;

/// The compiled form of `tree`, or the first name or value in it that means nothing.
pub(super) fn compile(tree: &Tree<Test>) -> Result<Node, QueryError> {
    fold(tree, &compile_test)
}

/// As [`compile`], of one condition.
pub(super) fn compile_test(test: &Test) -> Result<Node, QueryError> {
    match test {
        Test::Values { field, values } => {
            let target = Target::resolve(field)?;
            fold(values, &|value| value_test(&target, value))
        }
        Test::Range { field, comparison, bound } => {
            range_test(&Target::resolve(field)?, field, *comparison, bound)
        }
    }
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
