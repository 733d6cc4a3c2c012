//! Property of queries over fields of the record: extraction by compiled paths and compiled tests
//! together equal a naive evaluator that lists every leaf of the record with its path.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Query;
use super::ast::{Comparison, Test, Text, Tree};
use super::properties::{comparisons, glob, text, trees};
use crate::event::{Batch, Origin};
use crate::ingest::{LineParser, Record};

/// Path and text of every leaf, strings that hold JSON entered twice at most.
fn leaves(value: &Value, path: &str, embedded: usize, found: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (key, member) in members {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(member, &path, embedded, found);
            }
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| leaves(element, path, embedded, found));
        }
        Value::String(text) => {
            found.push((path.to_owned(), text.clone()));
            enter(value, path, embedded, found);
        }
        other => found.push((path.to_owned(), other.to_string())),
    }
}

/// What a string holds: a path goes on in objects only, but through any arrays and strings.
fn enter(value: &Value, path: &str, embedded: usize, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(_) => leaves(value, path, embedded, found),
        Value::Array(elements) => {
            elements.iter().for_each(|element| enter(element, path, embedded, found));
        }
        Value::String(text) => {
            if let (Ok(inner), 0..2) = (serde_json::from_str(text), embedded) {
                enter(&inner, path, embedded + 1, found);
            }
        }
        _ => {}
    }
}

/// The values of the field or fields that `name` means.
fn values(record: &Value, name: &Text) -> Vec<String> {
    let mut all = Vec::new();
    leaves(record, "", 0, &mut all);
    let is_named = |path: &String| {
        glob(&name.pieces, path) || glob(&name.pieces, &format!("azure.platformlogs.{path}"))
    };
    let its = all.into_iter().filter(|(path, text)| is_named(path) && !text.is_empty());
    its.map(|(_, text)| text).collect()
}

fn naive(tree: &Tree<Test>, record: &Value) -> bool {
    match tree {
        Tree::Not(tree) => !naive(tree, record),
        Tree::And(trees) => trees.iter().all(|tree| naive(tree, record)),
        Tree::Or(trees) => trees.iter().any(|tree| naive(tree, record)),
        Tree::Leaf(Test::Values { field, values: wanted }) => {
            naive_values(wanted, &values(record, field))
        }
        Tree::Leaf(Test::Range { field, comparison, bound }) => {
            // Elastic's flattened fields hold text; a path of the record holds what it holds.
            let is_text = field.literal().is_some_and(|name| name.starts_with("azure."));
            let bound = &bound.pieces[0];
            values(record, field).iter().any(|value| {
                let order = match (value.parse::<f64>(), bound.parse::<f64>()) {
                    (Ok(value), Ok(bound)) if !is_text => value.total_cmp(&bound),
                    _ => value.as_bytes().cmp(bound.as_bytes()),
                };
                match comparison {
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    Comparison::GreaterOrEqual => order.is_ge(),
                }
            })
        }
    }
}

fn naive_values(wanted: &Tree<Text>, values: &[String]) -> bool {
    match wanted {
        Tree::Not(tree) => !naive_values(tree, values),
        Tree::And(trees) => trees.iter().all(|tree| naive_values(tree, values)),
        Tree::Or(trees) => trees.iter().any(|tree| naive_values(tree, values)),
        Tree::Leaf(wanted) => values.iter().any(|value| glob(&wanted.pieces, value)),
    }
}

fn split(text_with_stars: &str) -> Text {
    text(text_with_stars.split('*').map(str::to_owned).collect())
}

fn tests() -> impl Strategy<Value = Test> {
    let names = [
        "properties.a",
        "properties.a.b",
        "properties.b.a.b",
        "azure.platformlogs.properties.a.b",
        "azure.platformlogs.properties.b",
        "properties.*",
        "*.a.b",
        "azure.*.a",
        "azure.platformlogs.properties.*b",
    ];
    let name = || prop::sample::select(names.to_vec()).prop_map(split);
    let value = ["x", "X", "x*", "*y", "1", "1.5", "true", "*", "*a*", "false"];
    let value = prop::sample::select(value.to_vec()).prop_map(split);
    let bound = prop::sample::select(vec!["1", "x", "10", "1.5", "X"]).prop_map(split);
    prop_oneof![
        (name(), trees(value)).prop_map(|(field, values)| Test::Values { field, values }),
        (name(), comparisons(), bound).prop_map(|(field, comparison, bound)| Test::Range {
            field,
            comparison,
            bound
        }),
    ]
}

/// A read of a secret whose properties are anything.
fn records() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![0_i64, 1, 2, 10, -1]).prop_map(Value::from),
        Just(json!(1.5)),
        prop::sample::select(vec!["", "x", "X", "xy", "1", "9", "{", "[]"]).prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(5, 40, 4, |inner| {
        let key = prop::sample::select(vec!["a", "b", "a.b", "c"]);
        let object = prop::collection::btree_map(key, inner.clone(), 0..4).prop_map(|members| {
            Value::Object(Map::from_iter(members.into_iter().map(|(k, v)| (k.to_owned(), v))))
        });
        prop_oneof![
            4 => object.clone(),
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            1 => object.prop_map(|object| Value::String(object.to_string())),
            1 => prop::collection::vec(inner, 0..3)
                .prop_map(|elements| Value::String(Value::Array(elements).to_string())),
        ]
    });
    value.prop_map(|properties| {
        json!({
            "time": "2026-03-02T08:12:33Z",
            "category": "AuditEvent",
            "operationName": "SecretGet",
            "resourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
            "properties": properties,
        })
    })
}

proptest! {
    /// Whatever the record and the query, the compiled query finds what a search of all leaves finds.
    #[test]
    fn compiled_queries_over_records_agree_with_a_search_of_all_leaves(
        tree in trees(tests()),
        records in prop::collection::vec(records(), 8),
    ) {
        let query = Query::parse(&tree.to_string()).unwrap();
        let mut extras = BTreeSet::new();
        query.extras(&mut extras);
        let mut parser = LineParser::extracting(&extras.into_iter().collect::<Vec<_>>());
        let mut batch = Batch::default();
        for (index, record) in records.iter().enumerate() {
            let line = record.to_string();
            let parsed = parser.parse(line.as_bytes(), Origin::default(), &mut batch);
            prop_assert_eq!(parsed, Ok(Record::Event));
            let view = batch.view(index);
            prop_assert_eq!(query.matches(&view), naive(&tree, record), "{} on {}", tree, record);
            let decided = query.decide(&view);
            prop_assert!(decided.is_none_or(|answer| answer == query.matches(&view)));
        }
    }
}
