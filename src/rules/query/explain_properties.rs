//! Properties of explanations over random queries and events: the verdict is the compiled query's, and
//! the clauses named are what it takes, no less and no more.

use proptest::prelude::*;

use super::Query;
use super::ast::{Test, Tree};
use super::explain::decide;
use super::properties::{events, sound_test, trees};

/// What the tree comes to, given what each leaf does, in their order.
fn value(tree: &Tree<Test>, leaves: &mut impl Iterator<Item = bool>) -> bool {
    // Every operand is looked at, so that leaves are counted off as they stand.
    let mut of = |trees: &[Tree<Test>]| -> Vec<bool> {
        trees.iter().map(|tree| value(tree, &mut *leaves)).collect()
    };
    match tree {
        Tree::Leaf(_) => leaves.next().expect("a value for each leaf"),
        Tree::Not(tree) => !value(tree, leaves),
        Tree::And(trees) => of(trees).iter().all(|&it| it),
        Tree::Or(trees) => of(trees).iter().any(|&it| it),
    }
}

/// The leaves in their order, each with whether it stands under an odd number of `not`s.
fn leaves(tree: &Tree<Test>, is_negated: bool) -> Vec<(&Test, bool)> {
    match tree {
        Tree::Leaf(test) => vec![(test, is_negated)],
        Tree::Not(tree) => leaves(tree, !is_negated),
        Tree::And(trees) | Tree::Or(trees) => {
            trees.iter().flat_map(|tree| leaves(tree, is_negated)).collect()
        }
    }
}

proptest! {
    /// Whatever the query and the event, the explanation has the compiled query's verdict, and each
    /// clause, asked as a query of its own, has it too.
    #[test]
    fn explanations_have_the_verdict_of_the_compiled_query(
        tree in trees(sound_test()),
        batches in prop::collection::vec(events(), 8),
    ) {
        let query = Query::parse(&tree.to_string()).unwrap();
        for batch in &batches {
            let view = batch.view(0);
            let explanation = query.explain(&view);
            prop_assert_eq!(explanation.matches, query.matches(&view), "{}", tree);
            prop_assert!(!explanation.clauses.is_empty());
            for clause in &explanation.clauses {
                let alone = Query::parse(&clause.text).unwrap();
                prop_assert_eq!(clause.holds, explanation.matches);
                prop_assert_eq!(alone.matches(&view), clause.holds, "{} of {}", clause.text, tree);
            }
        }
    }

    /// The leaves that decide a tree keep its value whatever the others become; if any of them turned,
    /// the others could turn it.
    #[test]
    fn the_leaves_that_decide_are_enough_and_all_needed(
        tree in trees(sound_test()),
        given in prop::collection::vec(any::<bool>(), 64),
        other in prop::collection::vec(any::<bool>(), 64),
    ) {
        let all = leaves(&tree, false);
        prop_assume!(all.len() <= given.len());
        let place = |test: &Test| all.iter().position(|(it, _)| std::ptr::eq(*it, test)).unwrap();
        let (verdict, deciding) = decide(&tree, false, &|test| given[place(test)]);
        prop_assert_eq!(verdict, value(&tree, &mut given.iter().copied()));
        let deciding: Vec<usize> = deciding.iter().map(|(test, _)| place(test)).collect();
        let mixed = (0..all.len()).map(|at| if deciding.contains(&at) { given[at] } else { other[at] });
        prop_assert_eq!(value(&tree, &mut mixed.collect::<Vec<_>>().into_iter()), verdict);
        for turned in &deciding {
            // All others are set against the verdict.
            let against = |at: usize| verdict == all[at].1;
            let stays = |at: &usize| deciding.contains(at) && at != turned;
            let set = (0..all.len()).map(|at| if stays(&at) { given[at] } else { against(at) });
            prop_assert_eq!(value(&tree, &mut set.collect::<Vec<_>>().into_iter()), !verdict);
        }
    }
}
