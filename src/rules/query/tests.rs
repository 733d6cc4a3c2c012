//! The query language: precedence, errors that point at the fault, and agreement with a naive
//! evaluator on random queries and events.

use proptest::prelude::*;

use super::ast::{Comparison, Test, Text, Tree};
use super::parser::parse;
use super::{Query, QueryError};
use crate::event::{
    Access, Batch, Change, CredentialType, Event, EventView, Field, GrantScope, IdentityKind,
    Outcome, Plane, TextField,
};

fn tree(source: &str) -> String {
    parse(source).unwrap().unwrap().to_string()
}

fn error(source: &str) -> QueryError {
    Query::parse(source).unwrap_err()
}

fn event(fill: impl FnOnce(&mut Event)) -> Event {
    let mut event = Event::default();
    fill(&mut event);
    event
}

/// One event with the texts given.
fn batch(event: Event, texts: &[(TextField, &str)]) -> Batch {
    let mut batch = Batch::default();
    let mut event = event;
    for (field, value) in texts {
        batch.set_text(&mut event, *field, value);
    }
    batch.events.push(event);
    batch
}

fn matches(source: &str, batch: &Batch) -> bool {
    Query::parse(source).unwrap().matches(&batch.view(0))
}

#[test]
fn not_binds_tighter_than_and_and_and_tighter_than_or() {
    let mixed = "vault: a or not vault: b AND (vault: c Or vault: d)";
    let same = "(vault: a) or ((not (vault: b)) and (vault: c or vault: d))";
    assert_eq!(parse(mixed).unwrap(), parse(same).unwrap());
    assert_eq!(tree(mixed), "vault: a or (not vault: b and (vault: c or vault: d))");
    assert_eq!(tree("vault: (a or b and not c)"), "vault: (a or (b and not c))");
}

#[test]
fn operators_are_values_when_quoted_or_escaped() {
    assert_eq!(tree(r#"vault: ("or" or \and or \not or or\*)"#).matches('"').count(), 8);
    assert!(matches(r"vault: \not", &batch(Event::default(), &[(TextField::Vault, "not")])));
    assert_eq!(error("vault: or").found, "`or`");
}

#[test]
fn escapes_and_wildcards_have_their_meaning_outside_and_inside_quotes() {
    let starred = batch(Event::default(), &[(TextField::Client, r#"a*b "c" \d"#)]);
    assert!(matches(r#"client: "A*B \"C\" \\D""#, &starred));
    assert!(matches(r"client: a\*b*d", &starred));
    assert!(matches(r#"client: "\u0061*b \u0022c\u0022 \\d""#, &starred));
    assert!(!matches(r#"client: "a*""#, &starred));
    let plain = batch(Event::default(), &[(TextField::Client, "axb")]);
    assert!(matches("client: A*b", &plain) && matches("client: *x*", &plain));
    assert!(!matches("client: ax*xb", &plain));
}

#[test]
fn a_star_asks_whether_the_record_has_the_field() {
    let bare = batch(Event::default(), &[]);
    let full = event(|event| {
        event.credential_type = CredentialType::Key;
        event.http_status = 403;
    });
    let full = batch(full, &[(TextField::User, "ada@contoso.example")]);
    for query in ["credential_type: *", "http_status: *", "user: *", "user: a*"] {
        assert!(matches(query, &full) && !matches(query, &bare), "{query}");
    }
    assert!(matches("credential_type: none and not http_status < 500", &bare));
    assert!(matches("identity_kind: *", &bare), "`none` says that nobody is named");
}

#[test]
fn ranges_hold_at_their_bounds() {
    let denied = batch(event(|event| event.http_status = 403), &[]);
    for (query, expected) in [
        ("http_status >= 403 and http_status <= 403 and http_status: 403", true),
        ("http_status > 403", false),
        ("http_status < 403", false),
        ("http_status: (401 or not 200)", true),
    ] {
        assert_eq!(matches(query, &denied), expected, "{query}");
    }
}

#[test]
fn each_grantee_of_a_record_is_a_value() {
    let granted = batch(Event::default(), &[(TextField::Grantee, "aaa bbb")]);
    assert!(matches("grantee: bbb and grantee: A*A", &granted));
    assert!(!matches("grantee: a*b", &granted));
}

#[test]
fn an_empty_query_matches_every_event() {
    assert!(matches("  ", &batch(Event::default(), &[])));
}

#[test]
fn errors_point_at_the_fault_and_name_the_nearest_word() {
    for (source, at, nearest) in [
        ("outcome: succes", "succes", Some("success")),
        ("plane: data and acces: reveal", "acces", Some("access")),
        ("access: (reveal or lits)", "lits", Some("list")),
        ("Outcome: success", "Outcome", Some("outcome")),
        ("access: x*", "x*", None),
        ("user: \"\"", "\"\"", None),
        ("http_status: 2*", "2*", None),
        ("http_status >= 40", "40", None),
        ("vault > 3", "vault", None),
        ("client: two words", "words", None),
        ("vault: (a or b", "", None),
        ("vault: a)", ")", None),
        ("not not vault: a", "not", None),
        ("vault", "", None),
        ("vault: {a: b}", "{", None),
        ("vault: \"a", "\"a", None),
        (r"vault: \u12zz", r"\u", None),
    ] {
        let error = error(source);
        assert_eq!(
            (&source[error.span.clone()], error.nearest),
            (at, nearest),
            "{source}: {error}"
        );
    }
}

#[test]
fn an_error_says_what_was_expected_and_found() {
    assert_eq!(
        error("plane: dta").to_string(),
        "expected one of data, control, found `dta` (did you mean `data`?)"
    );
}

#[test]
fn hostile_nesting_is_refused_before_the_stack_ends() {
    let deep = format!("{}vault: a{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(error(&deep).expected, "at most 32 nested parentheses");
}

/// What a query means, said without any of the compiled form's shortcuts.
fn naive(tree: &Tree<Test>, view: &EventView<'_>) -> bool {
    match tree {
        Tree::Not(tree) => !naive(tree, view),
        Tree::And(trees) => trees.iter().all(|tree| naive(tree, view)),
        Tree::Or(trees) => trees.iter().any(|tree| naive(tree, view)),
        Tree::Leaf(Test::Values { field, values }) => {
            naive_value(values, Field::from_word(&field.pieces[0]).unwrap(), view)
        }
        Tree::Leaf(Test::Range { comparison, bound, .. }) => {
            let (status, bound) = (view.event.http_status, bound.pieces[0].parse().unwrap());
            status != 0
                && match comparison {
                    Comparison::Less => status < bound,
                    Comparison::LessOrEqual => status <= bound,
                    Comparison::Greater => status > bound,
                    Comparison::GreaterOrEqual => status >= bound,
                }
        }
    }
}

fn naive_value(values: &Tree<Text>, field: Field, view: &EventView<'_>) -> bool {
    match values {
        Tree::Not(tree) => !naive_value(tree, field, view),
        Tree::And(trees) => trees.iter().all(|tree| naive_value(tree, field, view)),
        Tree::Or(trees) => trees.iter().any(|tree| naive_value(tree, field, view)),
        Tree::Leaf(wanted) => {
            let pieces: Vec<_> = wanted.pieces.iter().map(|piece| piece.to_lowercase()).collect();
            let text = view.display(field).map(|text| text.to_lowercase());
            let values = text.iter().flat_map(|text| match field {
                Field::Grantee => text.split(' ').collect(),
                _ => vec![text.as_str()],
            });
            let says_none = pieces == ["none"] && text.is_none();
            let is_word =
                matches!(field, Field::CredentialType | Field::Change | Field::GrantScope);
            (says_none && is_word) || values.into_iter().any(|text| glob(&pieces, text))
        }
    }
}

fn glob(pieces: &[String], text: &str) -> bool {
    let Some(rest) = text.strip_prefix(pieces[0].as_str()) else { return false };
    match &pieces[1..] {
        [] => rest.is_empty(),
        later => (0..=rest.len()).any(|skip| rest.get(skip..).is_some_and(|r| glob(later, r))),
    }
}

fn text(pieces: Vec<String>) -> Text {
    Text { pieces, span: 0..0 }
}

/// Boolean trees over `leaf`.
fn trees<L: Clone + std::fmt::Debug + 'static>(
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
    ]
}

fn comparisons() -> impl Strategy<Value = Comparison> {
    prop::sample::select(vec![
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

/// Tests that mean something, often true of [`events`].
fn sound_test() -> impl Strategy<Value = Test> {
    let choose = |field: Field, values: &'static [&'static str]| {
        let value = prop::sample::select(values)
            .prop_map(|value| text(value.split('*').map(str::to_owned).collect()));
        trees(value)
            .prop_map(move |values| Test::Values { field: text(vec![field.word().into()]), values })
    };
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
        (comparisons(), prop::sample::select(vec!["199", "200", "403"])).prop_map(
            |(comparison, bound)| Test::Range {
                field: text(vec!["http_status".into()]),
                comparison,
                bound: text(vec![bound.into()]),
            }
        ),
    ]
}

fn events() -> impl Strategy<Value = Batch> {
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

    /// The compiled query and the naive evaluator agree on every event; what plane, access and
    /// outcome decide alone, they decide rightly.
    #[test]
    fn compiled_queries_agree_with_the_naive_evaluator(
        tree in trees(sound_test()),
        batches in prop::collection::vec(events(), 16),
    ) {
        let query = Query::parse(&tree.to_string()).unwrap();
        for batch in &batches {
            let view = batch.view(0);
            prop_assert_eq!(query.matches(&view), naive(&tree, &view), "{} on {:?}", tree, view);
            let decided = query.decide(view.event);
            prop_assert!(decided.is_none_or(|answer| answer == naive(&tree, &view)));
        }
    }

    /// No text makes the parser panic, and an error's span lies within the text.
    #[test]
    fn any_text_is_parsed_or_refused(source in "[a-z:()*\"\\\\ <>=é{}]{0,24}") {
        if let Err(error) = Query::parse(&source) {
            prop_assert!(source.get(error.span).is_some());
        }
    }
}
