//! Elastic's KQL, feature by feature: what its grammar accepts, and what becomes of it here. Each row is
//! a query with its answer for one record, or with the place and words of its refusal.
//!
//! Beyond Elastic, what its grammar refuses for want of a space is taken: `(a: b)and(c: d)`, `not(a: b)`.

use super::Query;
use super::tests::{batch, event};
use crate::event::{Access, Batch, Outcome, TextField, Ticks};

fn record() -> Batch {
    let denied = event(|event| {
        event.time = Ticks::parse(b"2026-03-02T12:00:00.5Z").unwrap();
        (event.access, event.outcome) = (Access::Reveal, Outcome::Denied);
        event.http_status = 403;
    });
    let texts = [
        (TextField::Vault, "kv-pay"),
        (TextField::Object, r#"kv-pay/secrets/a (b): "c\d" {e}"#),
        (TextField::Client, "Größe two  words and more"),
        (TextField::User, "ada@contoso.example"),
        (TextField::SourceIp, "2001:db8::7"),
    ];
    batch(denied, &texts)
}

/// Rows of a feature, a query and its answer for [`record`].
const SUPPORTED: &[(&str, &str, bool)] = &[
    ("empty", "", true),
    ("empty", " \t\r\n\u{a0}", true),
    ("value", "vault: kv-pay", true),
    ("value", "vault:kv-pay", true),
    ("value", "vault : kv-pay", true),
    ("value", "vault: kv", false),
    ("case: values of canonical fields", "vault: KV-Pay and outcome: DENIED", true),
    ("case: operators", "vault: x OR NOT vault: y AnD user: *", true),
    ("and before or", "vault: kv-pay or vault: x and vault: y", true),
    ("and before or", "(vault: kv-pay or vault: x) and vault: y", false),
    ("not before and", "not vault: x and vault: kv-pay", true),
    ("not before and", "not (vault: x or vault: kv-pay)", false),
    ("nested parentheses", "((vault: x or (((vault: kv-pay)))) and not (not (user: a*)))", true),
    ("list: or", "vault: (x or kv-pay)", true),
    ("list: and, of one value", "vault: (kv-pay and x)", false),
    ("list: and, of patterns", "vault: (kv* and *pay)", true),
    ("list: not", "vault: (kv* and not kv-web)", true),
    ("list: not", "vault: (not kv-pay)", false),
    ("list: nested", "vault: ((x or (kv* and not (y or kv-web))) and *)", true),
    ("list: as in Elastic, `and` before `or`", "vault: (kv-pay or x and y)", true),
    ("list: of one", "vault: (kv-pay)", true),
    ("case: of ASCII only", "client: größE* and not client: GRÖßE*", true),
    ("words side by side", "client: Größe two  words \\and more", true),
    ("words side by side", "client: Größe two words \\and more", false),
    ("quoted phrase", "client: \"Größe two  words and more\"", true),
    ("quoted phrase, a whole value", "client: \"two  words\"", false),
    ("quoted: no wildcard", "vault: \"kv*\"", false),
    ("quoted: name", "\"vault\": kv-pay", true),
    ("quoted: escapes", r#"object: "kv-pay/secrets/a (b): \"c\\d\" {e}""#, true),
    ("quoted: other backslashes", r#"object: "kv-pay/secrets/a (b): \"c\d\" {e}""#, true),
    ("quoted: \\u", r#"client: "\u0047r\u00f6\u00DFe two  words and more""#, true),
    ("quoted: no digits after \\u", r#"client: "\u00" or client: "C:\users" or vault: *"#, true),
    ("escapes", r#"object: kv-pay/secrets/a \(b\)\: \"c\\d\" \{e\}"#, true),
    ("escapes", r"object: *\(b\)\:*", true),
    ("escapes: operators", r"vault: (\and or \OR or \not or kv-pay)", true),
    ("escapes: \\u", r"vault: \u006bv-pay and vault: \u006B*", true),
    ("escapes: \\t, \\n, \\r", r"vault: (a\tb or a\nb or a\rb)", false),
    ("escapes: a star", r"vault: kv\*", false),
    ("wildcard: start, inside, end", "vault: *pay and vault: k*y and vault: kv*", true),
    ("wildcard: several", "user: a*@*o*.*e", true),
    ("wildcard: nothing is anything too", "vault: *kv-pay* and vault: kv**pay", true),
    ("wildcard: pieces do not overlap", "vault: kv-p*-pay", false),
    ("wildcard: ? is itself", "vault: kv?pay", false),
    ("wildcard: in a name", "va*: kv-pay and *ser: ada*", true),
    ("wildcard: in a name", "*: denied", true),
    ("exists", "user: * and http_status: *", true),
    ("exists", "app: * or credential_type: *", false),
    ("exists: of a name with a wildcard", "u*: * and not app*: *", true),
    ("everything", "*: * and *", true),
    ("unicode", "client: Größe* and not vault: ключ", true),
    ("number", "http_status: 403 and http_status: \"403\"", true),
    ("range: number", "http_status >= 400 and http_status < 500", true),
    ("range: number", "http_status>403 or http_status<403", false),
    ("range: list beside it", "http_status: (401 or 403) and http_status <= 403", true),
    ("range: text", "vault > kv-a and vault < \"kv-z\"", true),
    ("range: name with a wildcard", "*_status >= 403", true),
    ("date", "time: 2026-03-02 and @timestamp: 2026", true),
    ("date: range with a quoted bound", "@timestamp > \"2026-03-02T12:00:00.4999999Z\"", true),
    ("date: rounded up, as in Elastic", "@timestamp > 2026-03-02 or time < 2026-03-02", false),
    ("date: rounded up, as in Elastic", "@timestamp <= 2026-03-02 and time >= 2026-03-02", true),
    ("address", "source_ip: \"2001:db8::7\" and source_ip: \"2001:db8:0:0::7\"", true),
    ("address: block", "source_ip: \"2001:db8::/32\" and not source_ip: 10.0.0.0/8", true),
    ("address: range", "source_ip >= \"2001:db8::\" and source_ip < \"2001:db9::\"", true),
    ("no field", "kv-pay", true),
    ("no field: case, patterns, lists by hand", "KV-* and (\"denied\" or nothing)", true),
    ("no field: words side by side", "two  words", false),
    ("no field: words side by side", "*two  words*", true),
    ("no field: quoted name", "\"vault\"", false),
    ("no field: number", "403 and not 200", true),
    ("no field: block", "\"2001:db8::/32\"", true),
    ("beyond Elastic: no spaces", "(vault: kv-pay)and(not(user: b*))", true),
];

/// Rows of a feature, a query, the part that is refused and words of what was expected.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("nested query", "vault: {name: x}", "{", "nested documents"),
    ("nested query", "azure.platformlogs: { properties: { a: x } }", "{", "dotted path"),
    ("empty list", "vault: ()", ")", "a value"),
    ("list without its end", "vault: (a or b", "", "closing parenthesis"),
    ("list: range in it", "http_status: (> 400)", ">", "a value"),
    ("list: field in it", "vault: (a or user: b)", ":", "closing parenthesis"),
    ("empty phrase", "vault: \"\"", "\"\"", "find records without one"),
    (
        "phrase without its end",
        "vault: \"a and user: b",
        "\"a and user: b",
        "closing quotation mark",
    ),
    ("colon in a value", "source_ip: 2001:db8::7", ":", "needs quotes"),
    ("colon in a bound", "time > 2026-03-02T08:00:00Z", ":", "needs quotes"),
    ("operator as a value (Elastic takes it at the end)", "vault: or", "or", "a value"),
    ("operator as a value", "vault: (and)", "and", "a value"),
    ("operator first", "or vault: a", "or", "a field or a value"),
    ("operator last", "vault: a and", "", "a field or a value"),
    ("not not", "not not vault: a", "not", "a field or a value"),
    ("two phrases", "vault: \"a\" \"b\"", "\"b\"", "`and`, `or`"),
    ("closing parenthesis", "vault: a)", ")", "end of the query"),
    ("backslash before a letter", r"vault: \a", r"\a", "special character"),
    ("backslash before a space", r"vault: a\ b", r"\ ", "special character"),
    ("backslash at the end", r"vault: a\", r"\", "special character"),
    ("\\u without digits", r"vault: \u12", r"\u", "four hexadecimal digits"),
    ("\\u and a sign", r"vault: \u+123", r"\u", "four hexadecimal digits"),
    ("\\u and half a character", r"vault: \ud83d\ude00", r"\u", "four hexadecimal digits"),
    ("range: wildcard", "vault > k*", "k*", "without wildcards"),
    ("range: list", "http_status > (400 or 500)", "(", "a value"),
    ("range: of words", "outcome > denied", "outcome", "with an order"),
    ("number: no number", "http_status: 4xx", "4xx", "from 100 to 999"),
    ("number: wildcard", "http_status: 4*", "4*", "from 100 to 999"),
    ("number: fraction", "http_status: 403.5", "403.5", "from 100 to 999"),
    ("address: none", "source.ip: here", "here", "10.0.0.0/8"),
    ("address: prefix too long", "source.ip: 10.0.0.0/33", "10.0.0.0/33", "10.0.0.0/8"),
    ("address: wildcard, as in Elastic", "source.ip: 10.*", "10.*", "10.0.0.0/8"),
    ("date: the clock's", "time > now-1d", "now-1d", "depend on the clock"),
    ("date: arithmetic", "time > 2026-03-02||+1d/d", "2026-03-02||+1d/d", "a date"),
    ("date: wildcard", "time: 2026-*", "2026-*", "a date"),
    ("date: none", "time: 2026-02-29", "2026-02-29", "a date"),
    ("word: none of the field's", "access: reval", "reval", "reveal, use, metadata"),
    ("name: none", "vualt: a", "vualt", "a field"),
    ("name: matches none", "vualt*: a", "vualt*", "a field"),
    ("name: case", "Vault: a", "Vault", "a field"),
    ("name: a star that is no wildcard", r"va\*t: a", r"va\*t", "a field"),
    ("name alone", "vault", "vault", "after the field"),
    (
        "name and value without a colon",
        "access reveal and vault: a",
        "access reveal",
        "after the field",
    ),
    (
        "name and value without a colon",
        "event.outcome success",
        "event.outcome success",
        "after the field",
    ),
];

#[test]
fn what_elastic_accepts_has_its_meaning() {
    let record = record();
    for (feature, source, expected) in SUPPORTED {
        let query =
            Query::parse(source).unwrap_or_else(|error| panic!("{feature}: {source}: {error}"));
        assert_eq!(query.matches(&record.view(0)), *expected, "{feature}: {source}");
    }
}

#[test]
fn what_is_refused_says_where_and_why() {
    for (feature, source, place, words) in REFUSED {
        let error = Query::parse(source).expect_err(feature);
        assert_eq!(&source[error.span.clone()], *place, "{feature}: {source}: {error}");
        assert!(error.to_string().contains(words), "{feature}: {source}: {error}");
    }
}
