//! Properties over texts that nobody meant: random bytes, rows of tokens, and sound queries that were
//! damaged. Each is either refused with a place in it, or a query that means the same once printed and
//! read again.

use proptest::prelude::*;

use super::Query;
use super::parser::parse;
use super::properties::{events, sound_test, trees};
use crate::event::Batch;

/// Queries of every form, to be damaged.
const SOUND: [&str; 12] = [
    "access: (reveal or use) and not http_status >= 400",
    r#"client: "two \"words\" \\ and \u00e9\t" or client: a\*b\:*c\ud7ff"#,
    "vault: (a or (b and not c*)) AND source_ip: 10.0.0.0/8",
    "@timestamp > 2026-03-02 and time <= \"2026-03-02T08:12:33.1234567Z\"",
    "event.outcome: Success and azure.platformlogs.properties.*: * or \"wörds\"",
    "properties.requestbody.a > 1.5e3 or *.upn: ada@*",
    "not (plane: data or not (identity: *))",
    "grant*: none or *: denied and reveal*",
    "source.ip >= 203.0.113.9 and event.duration < 17",
    r"user: \and or user: \or and user: \not or user: x",
    "* or \"quoted\" or two words",
    "time: 9999 and time: 0000-12",
];

/// One way of damaging a text, at a place and over a length given in characters.
#[derive(Clone, Debug)]
enum Damage {
    Cut,
    Double,
    Reverse,
    Insert(char),
    SwapCase,
}

fn damaged(text: &str, damages: &[(Damage, usize, usize)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (damage, at, length) in damages {
        let at = at % (characters.len() + 1);
        let end = (at + length).min(characters.len());
        let part: Vec<char> = characters[at..end].to_vec();
        let new: Vec<char> = match damage {
            Damage::Cut => Vec::new(),
            Damage::Double => [part.as_slice(), &part].concat(),
            Damage::Reverse => part.into_iter().rev().collect(),
            Damage::Insert(character) => [&[*character], part.as_slice()].concat(),
            Damage::SwapCase => part.into_iter().map(flipped).collect(),
        };
        characters.splice(at..end, new);
    }
    characters.into_iter().collect()
}

fn flipped(one: char) -> char {
    if one.is_ascii_lowercase() { one.to_ascii_uppercase() } else { one.to_ascii_lowercase() }
}

fn damages() -> impl Strategy<Value = Vec<(Damage, usize, usize)>> {
    let special = "()*\"\\: \t<>={}\u{a0}é𝔞.*0".chars().collect::<Vec<_>>();
    let damage = prop_oneof![
        2 => Just(Damage::Cut),
        2 => Just(Damage::Double),
        1 => Just(Damage::Reverse),
        3 => prop::sample::select(special).prop_map(Damage::Insert),
        1 => Just(Damage::SwapCase),
    ];
    prop::collection::vec((damage, 0..80_usize, 0..12_usize), 0..5)
}

/// Random bytes and characters, random rows of what queries are made of, damaged queries.
fn texts_like_queries() -> impl Strategy<Value = String> {
    let words = [
        "vault",
        "time",
        "source_ip",
        "http_status",
        "ac*",
        ":",
        " ",
        "(",
        ")",
        "and",
        "or",
        "not",
        "*",
        "\"",
        "\\",
        ">",
        "<=",
        "a",
        "2026-03",
        "403",
        "10.0.0.0/8",
        "{",
        "\u{a0}",
        "\\u00e9",
    ];
    let sound = prop_oneof![
        prop::sample::select(SOUND.to_vec()).prop_map(str::to_owned),
        trees(sound_test()).prop_map(|tree| tree.to_string()),
    ];
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        2 => bytes.prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        5 => (sound, damages()).prop_map(|(query, damages)| damaged(&query, &damages)),
        2 => "[a-z:()*\"\\\\ <>=é{}]{0,24}",
        3 => prop::collection::vec(prop::sample::select(words.to_vec()), 0..16)
            .prop_map(|row| row.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// No text makes the parser panic; an error's span lies within the text; and what is a query
    /// means the same once it has been printed and read again.
    #[test]
    fn any_text_is_refused_with_a_place_or_means_what_it_prints(
        source in texts_like_queries(),
        batches in prop::collection::vec(events(), 4),
    ) {
        let query = match Query::parse(&source) {
            Ok(query) => query,
            Err(error) => {
                prop_assert!(source.get(error.span).is_some());
                prop_assert!(!error.expected.is_empty() && !error.found.is_empty());
                return Ok(());
            }
        };
        let tree = parse(&source).unwrap();
        let printed = tree.as_ref().map(ToString::to_string).unwrap_or_default();
        prop_assert_eq!(parse(&printed), Ok(tree), "{}", printed);
        let again = Query::parse(&printed).unwrap();
        for batch in batches.iter().chain([&Batch::default()]) {
            let event = batch.events.first().copied().unwrap_or_default();
            let view = batch.view_of(&event);
            let answer = query.matches(&view);
            prop_assert_eq!(again.matches(&view), answer, "{}", printed);
            prop_assert!(query.decide(&view).is_none_or(|decided| decided == answer));
        }
    }
}

#[test]
fn sound_queries_are_sound() {
    for source in SOUND {
        Query::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    }
}
