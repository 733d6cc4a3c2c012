//! The query language, form by form: what matches, and errors that point at the fault.

use super::parser::parse;
use super::{Query, QueryError};
use crate::event::{Batch, CredentialType, Event, TextField, Ticks};

fn tree(source: &str) -> String {
    parse(source).unwrap().unwrap().to_string()
}

fn error(source: &str) -> QueryError {
    Query::parse(source).unwrap_err()
}

pub(super) fn event(fill: impl FnOnce(&mut Event)) -> Event {
    let mut event = Event::default();
    fill(&mut event);
    event
}

/// One event with the texts given.
pub(super) fn batch(event: Event, texts: &[(TextField, &str)]) -> Batch {
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
    let starred = batch(Event::default(), &[(TextField::Client, r#"a*b "c" (\d) {x:1}<>"#)]);
    for query in [
        r#"client: "A*B \"C\" (\\D) {x:1}<>""#,
        r#"client: "a*b \"c\" (\d) {x:1}<>""#,
        r#"client: "\u0061*b \u0022c\u0022 (\d) {x:1}<>""#,
        r#"client: a\*b \"c\" \(\\d\) \{x\:1\}\<\>"#,
        r"client: a\*b*\<\>",
        r"client: *\(\\*",
    ] {
        assert!(matches(query, &starred), "{query}");
    }
    assert!(!matches(r#"client: "a*""#, &starred));
    assert!(!matches(r"client: a\*", &starred));
    let plain = batch(Event::default(), &[(TextField::Client, "axb")]);
    assert!(matches("client: A*b", &plain) && matches("client: *x*", &plain));
    assert!(!matches("client: ax*xb", &plain));
}

#[test]
fn unquoted_words_side_by_side_are_one_value() {
    let spaced = batch(Event::default(), &[(TextField::Client, "two  words or more")]);
    for query in [
        r"client: two  words \or more",
        "client:(two*  words* or nothing)",
        "client: * words* and client: *more",
        "not client: two words",
        r#"client: "two  words or more" and client: two*"#,
    ] {
        assert!(matches(query, &spaced), "{query}");
    }
    assert_eq!(tree("client: a  b AND vault: c"), "client: \"a  b\" and vault: c");
    assert_eq!(tree("client: nor and\tvault:\u{a0}anders"), "client: nor and vault: anders");
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
fn dates_stand_for_all_that_they_leave_open() {
    let noon = event(|event| event.time = Ticks::parse(b"2026-03-02T12:00:00.5Z").unwrap());
    let noon = batch(noon, &[]);
    for (query, expected) in [
        ("time: 2026-03-02", true),
        ("@timestamp: \"2026-03-02T12:00:00\" and time: *", true),
        ("time: 2026-03-01", false),
        ("time > 2026-03-02", false),
        ("time >= 2026-03-02", true),
        ("time < 2026-03-02", false),
        ("time <= 2026-03-02", true),
        (
            r"@timestamp > 2026-03-02T12\:00\:00.4Z and @timestamp < 2026-03-02T13\:00\:00+01\:00",
            false,
        ),
        (
            r"@timestamp > 2026-03-02T12\:00\:00.4Z and @timestamp < 2026-03-02T13\:00\:01+01\:00",
            true,
        ),
    ] {
        assert_eq!(matches(query, &noon), expected, "{query}");
    }
}

#[test]
fn addresses_are_compared_as_addresses_and_other_text_by_its_bytes() {
    let texts = [(TextField::SourceIp, "203.0.113.9"), (TextField::Vault, "kv-9")];
    let record = batch(Event::default(), &texts);
    for (query, expected) in [
        ("source_ip: 203.0.113.0/24", true),
        ("source_ip: (198.51.100.0/24 or 203.0.113.9)", true),
        ("source_ip: 203.0.113.10/32", false),
        ("source_ip: 203.0.*", true),
        ("source_ip < 203.0.113.10 and source_ip >= 203.0.113.9", true),
        (r#"source_ip: "::ffff:203.0.113.9""#, true),
        ("vault < kv-10", false),
        ("vault > KV-10", true),
        ("user < z", false),
    ] {
        assert_eq!(matches(query, &record), expected, "{query}");
    }
}

#[test]
fn a_wildcard_in_a_name_asks_every_canonical_field_that_could_hold_the_value() {
    let texts = [(TextField::SourceIp, "203.0.113.9"), (TextField::Vault, "denied")];
    let status = event(|event| event.http_status = 403);
    let record = batch(status, &texts);
    for (query, expected) in [
        ("source*: 203.0.113.9", true),
        ("source_*: 203.0.113.0/24", true),
        ("*: denied", true),
        ("out*: denied", false),
        ("*: 403", true),
        ("*status >= 400", true),
        ("*: none", true),
        ("c*: none", false),
        ("grant*: *", false),
    ] {
        assert_eq!(matches(query, &record), expected, "{query}");
    }
}

#[test]
fn each_grantee_of_a_record_is_a_value() {
    let granted = batch(Event::default(), &[(TextField::Grantee, "aaa bbb")]);
    assert!(matches("grantee: bbb and grantee: A*A", &granted));
    assert!(!matches("grantee: a*b", &granted));
}

#[test]
fn a_value_alone_is_one_of_any_canonical_field() {
    for (alone, with_name) in
        [("kv-*", "*: kv-*"), ("not \"vault\"", "not *: vault"), ("*", "*: *")]
    {
        assert_eq!(parse(alone).unwrap(), parse(with_name).unwrap(), "{alone}");
    }
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
        ("access > list", "access", None),
        ("vault > a*", "a*", None),
        ("source_ip > here", "here", None),
        ("time > now-1d", "now-1d", None),
        ("vualt*: x", "vualt*", Some("vault")),
        (r"client: a\d", r"\d", None),
        ("client: \"a\" b", "b", None),
        ("plane data and access: list", "plane data", None),
        ("vault: (a or b", "", None),
        ("vault: a)", ")", None),
        ("not not vault: a", "not", None),
        ("vault", "vault", None),
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
fn trees_differ_where_texts_do_and_only_parentheses_within_each_other_are_nested() {
    assert_ne!(parse("vault: a").unwrap(), parse("vault: b").unwrap());
    assert_eq!(parse("vault: a***b").unwrap(), parse("vault: a*b").unwrap());
    assert_ne!(parse("vault: a*").unwrap(), parse(r"vault: a\*").unwrap());
    let row = vec!["(vault: (a))"; 100].join(" or ");
    assert_eq!(parse(&row).unwrap().unwrap().to_string().matches("vault: a").count(), 100);
}

#[test]
fn hostile_nesting_is_refused_before_the_stack_ends() {
    let deep = format!("{}vault: a{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(error(&deep).expected, "at most 32 nested parentheses");
}
