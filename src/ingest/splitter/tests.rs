//! The splitter against serde_json: what it finds in files that are well-formed, and what it makes of
//! those that are not.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// The records of a file as text, faults marked.
fn found(text: &str) -> Vec<String> {
    let records = Records::new(text.as_bytes());
    let mark = |found: Found| match found.fault {
        Some(reason) => format!("{reason}: {}", &text[found.bytes]),
        None => text[found.bytes].to_owned(),
    };
    records.map(mark).collect()
}

/// The naive oracle: the records of a document that serde_json has read.
fn elements(document: &Value) -> Vec<Value> {
    let array = match document {
        Value::Array(elements) => Some(elements),
        Value::Object(members) => members.iter().find_map(|(key, value)| match key.as_str() {
            "records" | "value" => value.as_array(),
            "hits" => value.get("hits").and_then(Value::as_array),
            _ => None,
        }),
        _ => None,
    };
    array.cloned().unwrap_or_else(|| vec![document.clone()])
}

#[test]
fn containers_are_split_wherever_they_stand() {
    for (text, expected) in [
        ("{\"a\":1}\n{\"a\":2}", &["{\"a\":1}", "{\"a\":2}"][..]),
        ("\u{feff}[1,{},\"x]\",[2]]", &["1", "{}", "\"x]\"", "[2]"]),
        ("{\"n\":[3],\"records\":[{\"a\":1},{}],\"x\":{\"records\":[4]}}", &["{\"a\":1}", "{}"]),
        ("{\"value\":[{}],\"nextLink\":\"]\"}{\"value\":[7]}", &["{}", "7"]),
        (
            "{\"took\":1,\"hits\":{\"total\":{\"value\":2},\"hits\":[{\"_id\":1},{}]}}",
            &["{\"_id\":1}", "{}"],
        ),
        ("[\n{\"a\":1},\n{\"a\":2}\n]\n\n{\"a\":\n3}", &["{\"a\":1}", "{\"a\":2}", "{\"a\":\n3}"]),
        ("{}\r\n{\r\n \"a\": 1\r\n}\r\n", &["{}", "{\r\n \"a\": 1\r\n}"]),
        ("[]\n{\"records\":[]}\n  \n", &[]),
        ("{\"records\":1,\"hits\":{\"hits\":2}}", &["{\"records\":1,\"hits\":{\"hits\":2}}"]),
        ("{\"a\":{\"records\":[{}]}}", &["{\"a\":{\"records\":[{}]}}"]),
        ("{\"a\":\"}\\\"]\\\\\"}", &["{\"a\":\"}\\\"]\\\\\"}"]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn what_is_broken_is_a_record_and_costs_no_other() {
    for (text, expected) in [
        // Lines.
        ("{\"a\n{\"b\":1}\nx\n{}", &["{\"a", "{\"b\":1}", "x", "{}"][..]),
        ("{\"a\":\n{\"b\":1}\n{}", &["{\"a\":", "{\"b\":1}", "{}"]),
        ("{} }\n{},\n", &["{}", "}", "{}", ","]),
        ("{}\n[{},\n{}\n", &["{}", "{}", "not closed: ", "{}"]),
        ("{}\n[}\n{}\n", &["{}", "}", "not closed: ", "{}"]),
        // Containers.
        ("[{\"a\":1},{\"a\":2", &["{\"a\":1}", "not closed: {\"a\":2"]),
        ("{\"records\":[{\"a\":1}", &["{\"a\":1}", "not closed: "]),
        ("{\"records\":[{\"a\":1}]", &["{\"a\":1}", "not closed: "]),
        ("[{}, x, {}]", &["{}", "x", "{}"]),
        ("[\n{\"a\":\n{\"b\":1},\n{\"c\":2}\n]\n", &["{\"a\":", "{\"b\":1}", "{\"c\":2}"]),
        ("[\n {},\n }\n {}\n]", &["{}", "}", "{}"]),
        ("{\"records\":[{}] ]\n{}", &["{}", "]", "{}"]),
        ("[\n{\"a\n{\"b\":2}\n", &["{\"a", "{\"b\":2}", "not closed: "]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn depth_and_size_cost_no_memory_and_no_recursion() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = [open.repeat(100_000), "1".to_owned(), close.repeat(100_000)].concat();
        let text = format!("{{\"a\":{deep}}}\n{{}}");
        let records: Vec<_> = Records::new(text.as_bytes()).collect();
        assert_eq!(records.len(), 2);
        assert_eq!(records[1].bytes, text.len() - 2..text.len());
        let open = format!("[{}\n{{}}", open.repeat(100_000));
        assert!(Records::new(open.as_bytes()).count() <= 3);
    }
    let many = format!("[{}]", "{},".repeat(200_000));
    assert_eq!(Records::new(many.as_bytes()).count(), 200_000);
}

#[test]
fn elements_beyond_the_limit_of_their_container_have_a_fault() {
    let faults = |text: &str, most: u64| -> Vec<bool> {
        let records = Records::new(text.as_bytes()).within(most);
        records.map(|found| found.fault == Some(Reason::TooMany)).collect()
    };
    // Each container has its own count, and all arrays of one share it.
    let text = "[{},{},{}]\n{\"records\":[{},x\n,{}],\"value\":[{}]}\n{}\n{}\n{}\n[{},{}]";
    let expected = [0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0].map(|it| it == 1);
    assert_eq!(faults(text, 2), expected);
    assert!(faults(text, 4).iter().all(|is_too_many| !is_too_many));
    // What ends a container that is not closed says so.
    let open: Vec<_> = Records::new(b"[{},{},{").within(1).map(|found| found.fault).collect();
    assert_eq!(open, [None, Some(Reason::TooMany), Some(Reason::Unclosed)]);
}

/// A JSON value whose keys are those that make containers, too.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(vec!["", "}", "]\"", "\\", "[{", "\n", ",", "é"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop::sample::select(vec!["records", "value", "hits", "a", "b", "\"", "{"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.prop_map(str::to_owned), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A document: only objects and arrays stand for themselves.
fn any_document() -> impl Strategy<Value = Value> {
    any_value().prop_filter("no scalar", |value| value.is_object() || value.is_array())
}

/// Whether a document has arrays for containers in one place only: the oracle looks at one.
fn is_plain(document: &Value) -> bool {
    let arrays = document.as_object().map_or(0, |members| {
        let is_one = |(key, value): &(&String, &Value)| match key.as_str() {
            "records" | "value" => value.is_array(),
            "hits" => value.get("hits").is_some_and(Value::is_array),
            _ => false,
        };
        members.iter().filter(is_one).count()
    });
    arrays < 2
}

fn written(document: &Value, is_pretty: bool) -> String {
    if is_pretty { format!("{document:#}") } else { document.to_string() }
}

/// What holds for any bytes: records follow each other.
fn check_order(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut end = 0;
    for found in Records::new(bytes) {
        prop_assert!(found.bytes.start >= end && found.bytes.end >= found.bytes.start);
        end = found.bytes.end;
        prop_assert!(end <= bytes.len());
        let text = &bytes[found.bytes];
        prop_assert_eq!(text.trim_ascii(), text);
        prop_assert!(found.fault.is_some() || !text.is_empty());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Of well-formed documents, one after another, the records are those of each as serde_json reads it.
    #[test]
    fn well_formed_files_have_the_records_of_their_documents(
        documents in prop::collection::vec((any_document(), any::<bool>()), 0..5),
        separator in prop::sample::select(vec!["\n", "\r\n", "\n\n  \n"]),
    ) {
        prop_assume!(documents.iter().all(|(document, _)| is_plain(document)));
        let texts: Vec<_> = documents.iter().map(|(it, is_pretty)| written(it, *is_pretty)).collect();
        let text = texts.join(separator);
        let expected: Vec<_> = documents.iter().flat_map(|(document, _)| elements(document)).collect();
        let mut records = Vec::new();
        for found in Records::new(text.as_bytes()) {
            prop_assert_eq!(found.fault, None);
            records.push(serde_json::from_str::<Value>(&text[found.bytes]).unwrap());
        }
        prop_assert_eq!(records, expected, "{}", text);
    }

    /// A broken line among lines costs none of the others.
    #[test]
    fn a_broken_line_costs_no_other(
        before in prop::collection::vec(any_value(), 0..4),
        broken in prop::sample::select(vec![
            "{", "[", "{\"a", "{\"a\":", "{\"a\":[", "[{\"a\":", "{\"records\":[", "]", "}", "x", "\"",
            "{\"a\":\"\\", "{\"hits\":{\"hits\":[{\"b\":[1,", "{}}", "[]]", "{\"records\":[{}],",
        ]),
        behind in prop::collection::vec(any_value(), 1..4),
    ) {
        let line = |value: &Value| json!({ "k": value }).to_string();
        let others: Vec<_> = before.iter().chain(&behind).map(line).collect();
        let mut lines = others.clone();
        lines.insert(before.len(), broken.to_owned());
        let text = lines.join("\n");
        let records = found(&text);
        let kept: Vec<_> = records.iter().filter(|record| others.contains(record)).cloned().collect();
        prop_assert_eq!(kept, others, "{}", text);
        prop_assert!(records.len() > lines.len() - 1);
    }

    /// Whatever the bytes, records are in order and apart, and reading ends; resumed anywhere between two of
    /// them it gives the same.
    #[test]
    fn any_bytes_have_records_in_order(
        documents in prop::collection::vec((any_document(), any::<bool>()), 0..4),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_usize..3), 0..4),
        most in 0_u64..4,
    ) {
        let texts: Vec<_> = documents.iter().map(|(it, is_pretty)| written(it, *is_pretty)).collect();
        let mut bytes = texts.join("\n").into_bytes();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len() + 1);
            let structural = b"{}[]\",:\n\\"[usize::from(byte) % 9];
            match kind {
                0 => bytes.insert(at, structural),
                1 => bytes.truncate(at),
                _ if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.push(byte),
            }
        }
        check_order(&bytes)?;
        let all: Vec<_> = Records::new(&bytes).within(most).collect();
        let mut records = Records::new(&bytes).within(most);
        for place in 0..all.len() {
            let (at, state) = records.reached();
            let rest: Vec<_> = Records::resume(&bytes, at, state).within(most).collect();
            prop_assert_eq!(&rest[..], &all[place..]);
            records.next();
        }
    }

    /// Structure alone, without a thought of sense.
    #[test]
    fn hostile_bytes_have_records_in_order(
        bytes in prop::collection::vec(prop::sample::select(&b"{}[]\",:\n\\ a1"[..]), 0..80),
    ) {
        check_order(&bytes)?;
    }
}
