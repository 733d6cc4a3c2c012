//! How records of the logs are laid out: which members they have, and in which order.
//!
//! Contract: what is fitted keeps its values; it loses the members that no record of its sort has in the
//! logs, and has the others in their order. A sort is an operation with an outcome, or, where that is
//! rare, all operations of the plane with that outcome, or the whole plane; where even that is rare
//! nothing is changed.

use std::collections::BTreeMap;

use crate::event::{EventView, Plane, TextField};

/// Records of a sort that show what it has: some members are there only now and then.
const LEAST_RECORDS: u64 = 20;
/// Sorts that are told apart; other records are not learned from.
const MOST_SORTS: usize = 1_024;
/// Members of one object that are told apart; an object with more keeps all of its own.
const MOST_MEMBERS: usize = 128;
/// Objects that are looked into, by their path.
const OBJECTS: [&str; 7] = [
    "",
    "/identity",
    "/identity/claim",
    "/identity/claims",
    "/identity/authorization",
    "/identity/authorization/evidence",
    "/properties",
];
/// Members of a record that stay whatever the logs have: truth names records by them, and logs without
/// errors say nothing of what describes one.
const KEPT: [&str; 5] =
    ["\"time\"", "\"category\"", "\"operationName\"", "\"correlationId\"", "\"resultDescription\""];

/// The layouts of sorts of records.
#[derive(Clone, Debug, Default)]
pub(super) struct Shapes {
    sorts: BTreeMap<String, Shape>,
}

/// The layout of one sort.
#[derive(Clone, Debug, Default)]
struct Shape {
    records: u64,
    /// Keys with their quotes, in the order of the logs, by the index of [`OBJECTS`].
    keys: [Vec<String>; OBJECTS.len()],
}

impl Shapes {
    /// Learns from a record in resource-log form.
    pub(super) fn learn(&mut self, view: &EventView<'_>, text: &str) {
        for sort in sorts(view) {
            if !self.sorts.contains_key(&sort) && self.sorts.len() >= MOST_SORTS {
                continue;
            }
            let shape = self.sorts.entry(sort).or_default();
            shape.records += 1;
            shape.learn(0, text);
        }
    }

    /// Appends the record laid out as those of its sort.
    pub(super) fn fit(&self, view: &EventView<'_>, text: &str, out: &mut String) {
        let mut known = sorts(view).into_iter().filter_map(|sort| self.sorts.get(&sort));
        match known.find(|shape| shape.records >= LEAST_RECORDS) {
            Some(shape) => shape.fit(0, text, out),
            None => out.push_str(text),
        }
    }
}

/// The sorts of a record, the narrower one first.
fn sorts(view: &EventView<'_>) -> [String; 3] {
    let event = view.event;
    let plane = if event.plane == Plane::Control { "control" } else { "data" };
    let (operation, outcome) = (view.text(TextField::Operation), event.outcome.word());
    [format!("{operation} {outcome}"), format!("{plane} {outcome}"), plane.to_owned()]
}

impl Shape {
    fn learn(&mut self, object: usize, text: &str) {
        let keys = &mut self.keys[object];
        let mut next = 0;
        for (key, _) in members(text) {
            // Most records have the keys where the last one had them.
            let found = match keys.get(next) {
                Some(known) if known == key => Some(next),
                _ => keys.iter().position(|known| known == key),
            };
            next = match found {
                Some(at) => at + 1,
                None if keys.len() <= MOST_MEMBERS => {
                    keys.insert(next, key.to_owned());
                    next + 1
                }
                None => next,
            };
        }
        for (key, value) in members(text) {
            if let Some(inner) = inner(object, key, value) {
                self.learn(inner, value);
            }
        }
    }

    fn fit(&self, object: usize, text: &str, out: &mut String) {
        let keys = &self.keys[object];
        let is_known = !keys.is_empty() && keys.len() <= MOST_MEMBERS;
        let place = |key: &str| keys.iter().position(|known| known == key);
        let mut kept: Vec<(&str, &str)> = members(text).collect();
        if is_known {
            kept.retain(|(key, _)| place(key).is_some() || (object == 0 && KEPT.contains(key)));
            kept.sort_by_key(|(key, _)| place(key));
        }
        out.push('{');
        for (index, (key, value)) in kept.into_iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push_str(key);
            out.push(':');
            match inner(object, key, value) {
                Some(inner) => self.fit(inner, value, out),
                None => out.push_str(value),
            }
        }
        out.push('}');
    }
}

/// The index of the object that is the member `key` of `object`, if it is looked into.
fn inner(object: usize, key: &str, value: &str) -> Option<usize> {
    let key = key.trim_matches('"');
    let is = |path: &&str| {
        path.strip_prefix(OBJECTS[object]).and_then(|rest| rest.strip_prefix('/')) == Some(key)
    };
    value.starts_with('{').then(|| OBJECTS.iter().position(is))?
}

/// The members of an object of a JSON text: keys with their quotes and values, as they are written.
fn members(object: &str) -> impl Iterator<Item = (&str, &str)> {
    const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
    let mut rest = object.trim_start_matches(BLANKS).strip_prefix('{').unwrap_or_default();
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(BLANKS);
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start_matches(BLANKS);
        let (key, behind) = rest.split_at(string_end(rest)?);
        let value = behind.trim_start_matches(BLANKS).strip_prefix(':')?.trim_start_matches(BLANKS);
        let (value, behind) = value.split_at(value_end(value)?);
        rest = behind;
        Some((key, value.trim_end_matches(BLANKS)))
    })
}

/// Where the string ends that a text starts with.
fn string_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Where the value ends that a text starts with: before a comma or bracket of what it stands in.
fn value_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match bytes.get(at)? {
            b'"' => {
                at += string_end(&text[at..])?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b',' if depth == 0 => return Some(at),
            b'}' | b']' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_as_they_are_written() {
        let text = r#" {"a" : 1 , "b\"}":"x,}\\" ,"c":[1,{"d":2}],"e":{"f":"]"}}"#;
        let found: Vec<(&str, &str)> = members(text).collect();
        let expected = [
            (r#""a""#, "1"),
            (r#""b\"}""#, r#""x,}\\""#),
            (r#""c""#, r#"[1,{"d":2}]"#),
            (r#""e""#, r#"{"f":"]"}"#),
        ];
        assert_eq!(found, expected);
        for text in ["", "[]", "{", "{}", r#"{"a"#, r#"{"a":"#] {
            assert_eq!(members(text).count(), 0, "{text}");
        }
    }

    #[test]
    fn what_no_record_has_is_left_out_and_the_rest_is_in_their_order() {
        let mut shape = Shape::default();
        shape.learn(0, r#"{"properties":{"b":1,"a":2},"time":"t","level":4}"#);
        shape.learn(0, r#"{"properties":{"b":1,"c":3,"a":2},"time":"t","x":{"y":1}}"#);
        let mut out = String::new();
        let planted = r#"{"correlationId":"i","time":"u","new":0,"properties":{"a":"1","z":2,"c":3},"x":{"q":1}}"#;
        shape.fit(0, planted, &mut out);
        assert_eq!(
            out,
            r#"{"correlationId":"i","properties":{"c":3,"a":"1"},"time":"u","x":{"q":1}}"#
        );
    }
}
