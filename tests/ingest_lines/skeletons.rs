//! A parser that reads along skeletons and one that has simd-json read everything make the same of any
//! line, whatever the first has learned from: the second is the oracle.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use vaultdrill::event::{Extra, Origin};
use vaultdrill::ingest::{Blocks, LineParser, ParsedBlock, parse_block};

use crate::edits::{any_edit, any_layout, any_line, edited, values};
use crate::random::any_record;
use crate::records::record;

/// Fields of every kind but those with wildcards, for which no line is read along a skeleton.
const EXTRAS: [&str; 11] = [
    "event.outcome",
    "event.category",
    "event.duration",
    "source.ip",
    "azure.resource.name",
    "azure.activitylogs.identity.claims.appid",
    "azure.activitylogs.properties.requestbody.properties.accessPolicies.objectId",
    "azure.platformlogs.identity.claim.upn",
    "properties.httpStatusCode.code",
    "properties.secretProperties.attributes.enabled",
    "properties.properties.networkAcls.defaultAction",
];

fn extras() -> Vec<Extra> {
    EXTRAS.iter().map(|name| Extra::named(name).unwrap()).collect()
}

/// The two parsers, and how many lines the first has read along skeletons.
struct Pair {
    learning: LineParser,
    oracle: LineParser,
    along: u64,
}

impl Pair {
    fn new(extras: &[Extra]) -> Self {
        let oracle = LineParser::extracting(extras).without_skeletons();
        Self { learning: LineParser::extracting(extras), oracle, along: 0 }
    }

    /// One that has learned the layouts of well-formed records.
    fn taught() -> Self {
        let mut pair = Self::new(&extras());
        for n in 0..40 {
            pair.check(record(n).as_bytes()).unwrap();
        }
        pair
    }

    /// Parses a line with both; whether the first read it along a skeleton, or how they differ.
    fn check(&mut self, line: &[u8]) -> Result<bool, String> {
        let (found, along) = outcome(&mut self.learning, line);
        let (expected, none) = outcome(&mut self.oracle, line);
        assert_eq!(none, 0);
        self.along += along;
        if found == expected {
            return Ok(along > 0);
        }
        Err(format!("{}\n{found}\n{expected}", String::from_utf8_lossy(line)))
    }
}

/// Everything that a line becomes, down to where the texts of its event lie.
fn outcome(parser: &mut LineParser, line: &[u8]) -> (String, u64) {
    let (mut batch, before) = (Default::default(), parser.duplicate_keys());
    let along_before = parser.read_along_skeletons();
    let record = parser.parse(line, Origin { file: 1, offset: 2 }, &mut batch);
    let repeated = parser.duplicate_keys() - before;
    (format!("{record:?} {repeated} {batch:?}"), parser.read_along_skeletons() - along_before)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    /// Changed records become the same by both ways, also those that change what has been learned.
    #[test]
    fn changed_records_become_the_same(lines in prop::collection::vec(any_line(), 1..12)) {
        let mut pair = Pair::taught();
        for line in lines.iter().chain(&lines) {
            prop_assert_eq!(pair.check(line).map(|_| ()), Ok(()));
        }
    }

    /// So do records whose every value may be missing, repeated, of the wrong type or in another order,
    /// and what is changed of those.
    #[test]
    fn records_of_any_layout_become_the_same(
        lines in prop::collection::vec(
            (prop_oneof![any_record(), any_layout()], any_edit()),
            1..12,
        ),
    ) {
        for (line, edit) in &lines {
            let mut pair = Pair::new(&extras());
            let other = edited(line.clone().into_bytes(), edit);
            for line in [line.as_bytes(), line.as_bytes(), &other, &other] {
                prop_assert_eq!(pair.check(line).map(|_| ()), Ok(()));
            }
        }
    }
}

/// The properties above are worth something only if many lines are read along skeletons, changed ones
/// and ones of any layout among them, and if many are not.
#[test]
fn many_of_the_random_lines_are_read_along_skeletons() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut pair, mut changed) = (Pair::taught(), 0);
    for n in 0..1000 {
        let line = any_line().new_tree(&mut runner).unwrap().current();
        let is_changed = (0..200).all(|n| record(n).as_bytes() != line);
        let is_along = pair.check(&line).unwrap();
        changed += u64::from(is_changed && is_along);
        // Enough that match for the others to be tried.
        pair.check(record(n).as_bytes()).unwrap();
    }
    assert!((200..700).contains(&changed), "{changed} of 1000 changed lines");

    let mut along = 0;
    for _ in 0..1000 {
        let line = any_layout().new_tree(&mut runner).unwrap().current();
        let mut pair = Pair::new(&extras());
        pair.check(line.as_bytes()).unwrap();
        along += u64::from(pair.check(line.as_bytes()).unwrap());
    }
    assert!((400..950).contains(&along), "{along} of 1000 lines of any layout");
}

/// What the comparison looks at is all that can go wrong: another value anywhere makes another outcome.
#[test]
fn a_wrong_value_would_be_seen() {
    let mut oracle = LineParser::extracting(&extras()).without_skeletons();
    let mut unseen = Vec::new();
    for n in [0, 10, 14, 16] {
        let line = record(n).into_bytes();
        let expected = outcome(&mut oracle, &line);
        for (start, end) in values(&line) {
            let mut other = line.clone();
            // A digit more: the text stays what it was, but for its value.
            other.insert(end - usize::from(line[end - 1] == b'"'), b'1');
            if outcome(&mut oracle, &other) == expected {
                let key = line[..start - 2].rsplit(|&byte| byte == b'"').next().unwrap();
                unseen.push(String::from_utf8_lossy(key).into_owned());
            }
        }
    }
    for key in ["time", "operationName", "oid", "appid", "id", "clientInfo", "resourceId", "upn"] {
        assert!(!unseen.iter().any(|unseen| unseen == key), "{key}");
    }
    assert!(unseen.iter().any(|key| key == "tlsVersion"), "some values are of no interest");
}

/// Parses `line` after `learned` and its like; whether it was read along a skeleton.
fn is_along(learned: &str, line: &[u8]) -> bool {
    let mut pair = Pair::new(&extras());
    (0..3).for_each(|_| assert!(pair.check(learned.as_bytes()).is_ok()));
    assert_eq!(pair.along, 2, "{learned}");
    pair.check(line).unwrap()
}

#[test]
fn other_values_of_the_same_kind_keep_the_layout() {
    let line = record(14);
    for (from, to) in [
        ("\"SecretList\"", "\"\""),
        ("\"SecretList\"", "\"KeyList\u{e9}\""),
        (":200,", ":0,"),
        (":200,", ":123456789012345,"),
        (":200,", ":null,"),
        (":true,", ":false,"),
        (":true,", ":7,"),
        ("\"203.0.113.14\"", "\"2001:db8::1 and what else a string may hold: {[,]}\""),
        ("\"AuditEvent\"", "\"Other\""),
        ("\"OK\",\"durationMs\":\"14\"}", "\"OK\",\"durationMs\":\"14\"}\r"),
    ] {
        let other = line.replacen(from, to, 1);
        assert_ne!(other, line, "{from}");
        assert!(is_along(&line, other.as_bytes()), "{from} to {to}");
    }
}

#[test]
fn what_is_not_plainly_the_same_is_left_to_the_parser() {
    let line = record(14);
    for (from, to) in [
        ("\"SecretList\"", "\"Secret\\u004cist\""),
        ("\"SecretList\"", "\"Secret\tList\""),
        ("\"SecretList\"", "null"),
        ("\"SecretList\"", "{}"),
        (":200,", ":\"200\","),
        (":200,", ":00,"),
        (":200,", ":0200,"),
        (":200,", ":-200,"),
        (":200,", ":200.0,"),
        (":200,", ":2e2,"),
        (":200,", ":1234567890123456,"),
        (":200,", ":{},"),
        (":true,", ":tru,"),
        (":true,", ":truer,"),
        ("\"category\":", "\"category\": "),
        ("\"category\"", "\"Category\""),
        ("\"durationMs\":\"14\"}", "\"durationMs\":\"14\"} "),
        ("\"durationMs\":\"14\"}", "\"durationMs\":\"14\"}}"),
        ("\"durationMs\":\"14\"}", "\"durationMs\":\"14\""),
        ("\"durationMs\":\"14\"}", "\"durationMs\":\"14\",\"time\":\"x\"}"),
    ] {
        let other = line.replacen(from, to, 1);
        assert_ne!(other, line, "{from}");
        assert!(!is_along(&line, other.as_bytes()), "{from} to {to}");
    }
    let invalid: Vec<u8> =
        line.bytes().map(|byte| if byte == b'L' { 0xff } else { byte }).collect();
    assert!(!is_along(&line, &invalid));
}

#[test]
fn what_could_be_read_in_two_ways_is_not_learned() {
    let line = record(14);
    for more in [
        r#","time":"x""#,
        r#","CallerIpAddress":"x""#,
        r#","a":{"b":1,"b":2}"#,
        r#","a":1.5"#,
        r#","a":-1"#,
        r#","properties":null"#,
        r#","Properties":{"x":[1.5]}"#,
    ] {
        let other = format!("{}{more}}}", &line[..line.len() - 1]);
        let mut pair = Pair::new(&extras());
        (0..300).for_each(|_| assert!(pair.check(other.as_bytes()).is_ok()));
        assert_eq!(pair.along, 0, "{more}");
    }
}

#[test]
fn a_string_that_may_hold_json_is_entered_where_a_path_goes_on() {
    let with = |value: &str| {
        record(14).replace("\"tlsVersion\"", &format!("\"properties\":{value},\"tlsVersion\""))
    };
    let line = with("\"none\"");
    assert!(is_along(&line, with("\"other\"").as_bytes()));
    for value in ["\"{}\"", "\" [1,2]\"", "\"\u{2003}{oops\""] {
        assert!(!is_along(&line, with(value).as_bytes()), "{value}");
    }
}

#[test]
fn fields_with_wildcards_leave_every_line_to_the_parser() {
    let mut parser = LineParser::extracting(&[Extra::named("*.upn").unwrap()]);
    let (mut block, text) = (ParsedBlock::default(), (record(14) + "\n").repeat(50));
    parse_block(&mut parser, text.as_bytes(), 0, 0, &mut block);
    assert_eq!((block.records, block.read_along_skeletons), (50, 0));
}

/// Lines of no layout are soon not tried any more, and lines that have one are found again.
#[test]
fn a_log_without_layouts_is_given_up_and_one_with_layouts_is_not() {
    let layout = |n: u64| format!(r#"{{"category":"Administrative","k{n}":1}}"#);
    let mut parser = LineParser::new();
    let mut along = |text: &str| {
        let mut block = ParsedBlock::default();
        let mut sum = 0;
        for range in Blocks::new(text.as_bytes(), 1 << 16) {
            parse_block(&mut parser, &text.as_bytes()[range], 0, 0, &mut block);
            sum += block.read_along_skeletons;
        }
        sum
    };
    let endless: String = (0..20_000).map(|n| layout(n) + "\n").collect();
    assert_eq!(along(&endless), 0);
    let records: String = (0..20_000).map(|n| record(n) + "\n").collect();
    let found = along(&records);
    assert!(found > 10_000, "{found}");
}
