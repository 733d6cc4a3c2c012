//! Properties of the query language over random texts, queries and events: the compiled form equals a
//! naive evaluator, and printing and parsing are inverse.

use proptest::prelude::*;

use super::Query;
use super::ast::{Comparison, Test, Text, Tree};
use super::parser::parse;
use super::tests::{batch, event};
use crate::event::{
    Access, Batch, Change, CredentialType, EventView, Field, GrantScope, IdentityKind, Outcome,
    Plane, TextField, Ticks,
};

/// What a query means, said without any of the compiled form's shortcuts.
fn naive(tree: &Tree<Test>, view: &EventView<'_>) -> bool {
    match tree {
        Tree::Not(tree) => !naive(tree, view),
        Tree::And(trees) => trees.iter().all(|tree| naive(tree, view)),
        Tree::Or(trees) => trees.iter().any(|tree| naive(tree, view)),
        Tree::Leaf(Test::Values { field, values }) => naive_values(values, field, view),
        Tree::Leaf(Test::Range { field, comparison, bound }) => {
            named(field).into_iter().any(|field| naive_range(field, *comparison, bound, view))
        }
    }
}

fn naive_values(values: &Tree<Text>, name: &Text, view: &EventView<'_>) -> bool {
    match values {
        Tree::Not(tree) => !naive_values(tree, name, view),
        Tree::And(trees) => trees.iter().all(|tree| naive_values(tree, name, view)),
        Tree::Or(trees) => trees.iter().any(|tree| naive_values(tree, name, view)),
        Tree::Leaf(wanted) => {
            let may_be_absent = [Field::CredentialType, Field::Change, Field::GrantScope];
            let is_absent = match named(name).as_slice() {
                [only] if name.literal().is_some() => {
                    may_be_absent.contains(only) && view.display(*only).is_none()
                }
                _ => false,
            };
            let pieces = lower(wanted);
            (is_absent && pieces == ["none"])
                || named(name)
                    .into_iter()
                    .flat_map(|field| texts(field, view))
                    .any(|text| glob(&pieces, &text))
        }
    }
}

fn naive_range(field: Field, comparison: Comparison, bound: &Text, view: &EventView<'_>) -> bool {
    let bound = lower(bound).remove(0);
    texts(field, view).iter().any(|text| {
        let order = match field {
            Field::HttpStatus => text.parse::<u16>().unwrap().cmp(&bound.parse().unwrap()),
            _ if field.text_field().is_some() => text.as_bytes().cmp(bound.as_bytes()),
            _ => return false,
        };
        match comparison {
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    })
}

fn named(name: &Text) -> Vec<Field> {
    let all = Field::ALL.iter().copied();
    all.filter(|field| glob(&name.pieces, field.word())).collect()
}

fn lower(text: &Text) -> Vec<String> {
    text.pieces.iter().map(|piece| piece.to_lowercase()).collect()
}

/// The field's values in lower case.
fn texts(field: Field, view: &EventView<'_>) -> Vec<String> {
    let text = view.display(field).unwrap_or_default().to_lowercase();
    let values = match field {
        Field::Grantee => text.split(' ').map(str::to_owned).collect(),
        _ => vec![text],
    };
    values.into_iter().filter(|value| !value.is_empty()).collect()
}

pub(super) fn glob(pieces: &[String], text: &str) -> bool {
    let Some(rest) = text.strip_prefix(pieces[0].as_str()) else { return false };
    match &pieces[1..] {
        [] => rest.is_empty(),
        later => (0..=rest.len()).any(|skip| rest.get(skip..).is_some_and(|r| glob(later, r))),
    }
}

pub(super) fn text(pieces: Vec<String>) -> Text {
    Text { pieces, span: 0..0 }
}

/// Boolean trees over `leaf`.
pub(super) fn trees<L: Clone + std::fmt::Debug + 'static>(
    leaf: impl Strategy<Value = L> + 'static,
) -> impl Strategy<Value = Tree<L>> {
    leaf.prop_map(Tree::Leaf).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Not(Box::new(tree))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::And),
            prop::collection::vec(inner, 2..4).prop_map(Tree::Or),
        ]
    })
}

/// Pieces between wildcards, as the lexer leaves them: no inner one is empty.
fn pieces(piece: &'static str) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(piece, 1..4).prop_map(|mut pieces| {
        let last = pieces.len() - 1;
        let mut index = 0;
        pieces.retain(|piece| {
            index += 1;
            index == 1 || index == last + 1 || !piece.is_empty()
        });
        pieces
    })
}

/// Tests that are syntactically sound, whatever they mean.
fn any_test() -> impl Strategy<Value = Test> {
    let name = || "[ -~é\n]{1,5}".prop_map(|name| text(vec![name]));
    let value = || trees(pieces("[a-cA-C*\"\\\\ :(){}\n]{0,4}").prop_map(text));
    prop_oneof![
        (name(), value()).prop_map(|(field, values)| Test::Values { field, values }),
        (name(), comparisons(), name()).prop_map(|(field, comparison, bound)| Test::Range {
            field,
            comparison,
            bound
        }),
        value()
            .prop_map(|values| Test::Values { field: text(vec!["a".into(), "b".into()]), values }),
    ]
}

pub(super) fn comparisons() -> impl Strategy<Value = Comparison> {
    prop::sample::select(vec![
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

/// Tests that mean something, often true of [`events`].
pub(super) fn sound_test() -> impl Strategy<Value = Test> {
    let split = |value: &str| text(value.split('*').map(str::to_owned).collect());
    let choose_of = move |name: &'static str, values: &'static [&'static str]| {
        let value = prop::sample::select(values).prop_map(split);
        trees(value).prop_map(move |values| Test::Values { field: split(name), values })
    };
    let choose = |field: Field, values: &'static [&'static str]| choose_of(field.word(), values);
    prop_oneof![
        choose(Field::Plane, &["data", "CONTROL", "*", "d*"]),
        choose(Field::Access, &["reveal", "Recover", "re*", "*e", "list", "*"]),
        choose(Field::Outcome, &["success", "denied", "*ed", "*"]),
        choose(Field::CredentialType, &["none", "key", "*e*", "*"]),
        choose(Field::Change, &["none", "grant", "model", "*"]),
        choose(Field::GrantScope, &["none", "vault", "*"]),
        choose(Field::IdentityKind, &["none", "user", "*e*", "*"]),
        choose(Field::HttpStatus, &["200", "403", "*"]),
        choose(Field::Vault, &["a", "AB", "a*", "*b", "a*b*a", "*"]),
        choose(Field::Grantee, &["a", "AB", "a*", "*b", "a*b*a", "*"]),
        choose_of("*", &["a", "list", "*b", "data", "200", "none"]),
        choose_of("*a*t*", &["a", "b", "a*b*", "denied", "vault"]),
        (
            prop::sample::select(vec!["http_status", "*s"]),
            comparisons(),
            prop::sample::select(vec!["199", "200", "403"])
        )
            .prop_map(move |(name, comparison, bound)| Test::Range {
                field: split(name),
                comparison,
                bound: split(bound),
            }),
        (
            prop::sample::select(vec!["vault", "grantee", "*e", "*t"]),
            comparisons(),
            prop::sample::select(vec!["a", "B", "ab", "ba"])
        )
            .prop_map(move |(name, comparison, bound)| Test::Range {
                field: split(name),
                comparison,
                bound: split(bound),
            }),
    ]
}

pub(super) fn events() -> impl Strategy<Value = Batch> {
    let any = |count: usize| 0..count;
    let words = (
        any(Plane::ALL.len()),
        any(Access::ALL.len()),
        any(Outcome::ALL.len()),
        any(IdentityKind::ALL.len()),
        any(CredentialType::ALL.len()),
        any(Change::ALL.len()),
        any(GrantScope::ALL.len()),
    );
    let texts = ("[abAB]{0,4}", "([abAB]{1,3}( [abAB]{1,3})?)?");
    (words, prop::sample::select(vec![0_u16, 200, 401, 403]), texts).prop_map(
        |((plane, access, outcome, kind, credential, change, scope), http_status, texts)| {
            let event = event(|event| {
                event.plane = Plane::ALL[plane];
                event.access = Access::ALL[access];
                event.outcome = Outcome::ALL[outcome];
                event.identity_kind = IdentityKind::ALL[kind];
                event.credential_type = CredentialType::ALL[credential];
                event.change = Change::ALL[change];
                event.grant_scope = GrantScope::ALL[scope];
                event.http_status = http_status;
            });
            batch(event, &[(TextField::Vault, &texts.0), (TextField::Grantee, &texts.1)])
        },
    )
}

proptest! {
    /// What is printed parses to the tree that was printed.
    #[test]
    fn printing_and_parsing_are_inverse(tree in trees(any_test())) {
        let printed = tree.to_string();
        prop_assert_eq!(parse(&printed), Ok(Some(tree)), "{}", printed);
    }

    /// The compiled query and the naive evaluator agree on every event; what the kind of an event decides
    /// alone, seen in another one of its kind, it decides rightly.
    #[test]
    fn compiled_queries_agree_with_the_naive_evaluator(
        tree in trees(sound_test()),
        batches in prop::collection::vec(events(), 16),
    ) {
        let query = Query::parse(&tree.to_string()).unwrap();
        for batch in &batches {
            let view = batch.view(0);
            prop_assert_eq!(query.matches(&view), naive(&tree, &view), "{} on {:?}", tree, view);
            let (mut other, mut event) = (Batch::default(), *view.event);
            event.time = Ticks(0);
            for field in TextField::ALL {
                let is_of_kind = field == TextField::Operation;
                other.set_text(&mut event, field, if is_of_kind { view.text(field) } else { "" });
            }
            let decided = query.decide(&other.view_of(&event));
            prop_assert!(decided.is_none_or(|answer| answer == naive(&tree, &view)));
        }
    }
}
