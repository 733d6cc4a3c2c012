//! Walks a document by the dotted paths of its leaves, and writes members by such paths.
//!
//! Exports write `{"a":{"b":1}}` and `{"a.b":1}` for the same: here both are the leaf `a.b`. Dotted keys
//! come in any order, so what is written by its path is put in order first.
//!
//! Contract: time and memory are linear in the length of all paths, which is bounded.

use std::ops::Range;

use super::json::{Members, push_value};
use crate::ingest::line::Reason;
use crate::ingest::value::Value;

/// Longest that the paths of a record's leaves may be in all. Those of the longest usual record have a
/// tenth of it; more has only a long key above thousands of leaves.
const MAX_PATHS_BYTES: usize = 16 << 20;

/// Leaves of a document in the order of their paths.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    paths: String,
    /// Where the path of each is, and where in the document's tape its value.
    places: Vec<(Range<usize>, usize)>,
}

impl Leaves {
    /// Gathers the leaves of a document whose paths begin with `start`, which is cut off. `path` is memory
    /// for the walk.
    ///
    /// # Errors
    /// If the paths are longer than they may be.
    pub(super) fn gather(
        &mut self,
        document: Value<'_, '_>,
        start: [&str; 2],
        path: &mut String,
    ) -> Result<(), Reason> {
        let Self { paths, places } = self;
        paths.clear();
        places.clear();
        path.clear();
        let mut is_too_long = false;
        leaves(document, 0, path, &mut |path, at, _| {
            let rest = start.iter().try_fold(path, |path, start| path.strip_prefix(start));
            let Some(rest) = rest else { return };
            is_too_long |= rest.len() > MAX_PATHS_BYTES - paths.len();
            if !is_too_long {
                let begin = paths.len();
                paths.push_str(rest);
                places.push((begin..paths.len(), at));
            }
        });
        if is_too_long {
            return Err(Reason::LongPaths);
        }
        // Ranges grow as leaves come: of a repeated path the last value stays the last.
        places.sort_unstable_by(|(one, _), (other, _)| {
            let order = paths[one.clone()].cmp(&paths[other.clone()]);
            order.then(one.start.cmp(&other.start))
        });
        Ok(())
    }

    /// The leaves that were gathered from this document.
    pub(super) fn of<'l, 't, 'i>(
        &'l self,
        document: Value<'t, 'i>,
    ) -> impl Iterator<Item = (&'l str, Value<'t, 'i>)> {
        let nodes = document.nodes();
        let places = self.places.iter();
        places.map(|(path, at)| (&self.paths[path.clone()], Value::Tape(&nodes[*at..])))
    }
}

/// Hands every leaf under `value` to `found`: what is no object, with its path and where it is in the tape
/// in which `value` is at `at`. `path` comes back as it was.
pub(super) fn leaves<'t, 'i>(
    value: Value<'t, 'i>,
    mut at: usize,
    path: &mut String,
    found: &mut dyn FnMut(&str, usize, Value<'t, 'i>),
) {
    // Behind the node of the object itself.
    at += 1;
    for (key, member) in value.members() {
        at += 1;
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(key);
        if member.is_object() {
            leaves(member, at, path, found);
        } else {
            found(path, at, member);
        }
        path.truncate(length);
        at += member.nodes().len();
    }
}

/// Members of an object that are written by their paths: parts of one object come one after another.
pub(super) struct Nested<'o, 'p> {
    out: &'o mut String,
    /// The path of the open object; the one that began it all has none.
    open: &'p mut String,
    /// What parts paths.
    separator: char,
}

impl<'o, 'p> Nested<'o, 'p> {
    pub(super) fn open(
        members: &'o mut Members<'_>,
        key: &str,
        open: &'p mut String,
        separator: char,
    ) -> Self {
        let out = members.key(key);
        out.push('{');
        open.clear();
        Self { out, open, separator }
    }

    /// Where the value of the leaf at `path` is to be written.
    pub(super) fn leaf(&mut self, path: &str) -> &mut String {
        let (parents, key) = path.rsplit_once(self.separator).unwrap_or(("", path));
        self.leave(parents);
        let mut rest = &parents[self.open.len()..];
        self.open.push_str(rest);
        while !rest.is_empty() {
            rest = rest.strip_prefix(self.separator).unwrap_or(rest);
            let part = rest.split(self.separator).next().unwrap_or_default();
            self.key(part);
            self.out.push('{');
            rest = &rest[part.len()..];
        }
        self.key(key);
        self.out
    }

    /// Writes a leaf as it is.
    pub(super) fn value(&mut self, path: &str, value: Value<'_, '_>) {
        push_value(self.leaf(path), value);
    }

    /// Closes objects until the open one is `path`, or holds it.
    fn leave(&mut self, path: &str) {
        let (open, path) = (self.open.as_bytes(), path.as_bytes());
        let same = open.iter().zip(path).take_while(|(one, other)| one == other).count();
        let parts = |byte: &u8| char::from(*byte) == self.separator;
        let ends = |path: &[u8]| path.get(same).is_none_or(parts);
        let kept = if ends(open) && ends(path) {
            same
        } else {
            open[..same].iter().rposition(parts).unwrap_or(0)
        };
        let closed = self.levels(self.open) - self.levels(&self.open[..kept]);
        self.open.truncate(kept);
        self.out.extend(std::iter::repeat_n('}', closed));
    }

    /// How many objects are open where the open one has this path.
    fn levels(&self, path: &str) -> usize {
        let is_one_more = !path.is_empty() && !path.starts_with(self.separator);
        path.matches(self.separator).count() + usize::from(is_one_more)
    }

    fn key(&mut self, key: &str) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        super::json::push_string(self.out, key);
        self.out.push(':');
    }

    pub(super) fn close(mut self) {
        self.leave("");
        self.out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::tape::Document;
    use proptest::prelude::*;
    use serde_json::{Map, Value as Json};

    fn rewritten_as(text: &str) -> Result<String, Reason> {
        let (mut out, mut path, mut open) = (String::new(), String::new(), String::new());
        let mut gathered = Leaves::default();
        let written = Document::new().parse(text.as_bytes(), |root| {
            gathered.gather(root, ["", ""], &mut path)?;
            let mut members = Members::open(&mut out);
            let mut nested = Nested::open(&mut members, "r", &mut open, '.');
            gathered.of(root).for_each(|(path, leaf)| nested.value(path, leaf));
            nested.close();
            members.close();
            Ok(())
        });
        written.unwrap().map(|()| out)
    }

    fn rewritten(text: &str) -> String {
        rewritten_as(text).unwrap()
    }

    #[test]
    fn dotted_and_nested_keys_are_the_same() {
        let nested = r#"{"a":{"b":{"c":1,"d":[{"x":2}]},"e":"{"},"ab":{"f":null},"g":{}}"#;
        let dotted = r#"{"ab.f":null,"a.b.d":[{"x":2}],"a.e":"{","a.b":{"c":1}}"#;
        let expected = r#"{"r":{"a":{"b":{"c":1,"d":[{"x":2}]},"e":"{"},"ab":{"f":null}}}"#;
        assert_eq!((rewritten(nested).as_str(), rewritten(dotted).as_str()), (expected, expected));
        assert_eq!(rewritten("{}"), r#"{"r":{}}"#);
        assert_eq!(rewritten(r#"{"a.b.c":1}"#), r#"{"r":{"a":{"b":{"c":1}}}}"#);
        assert_eq!(rewritten(r#"{"a.b":1,"a":{"b":2}}"#), r#"{"r":{"a":{"b":1,"b":2}}}"#);
        let odd = rewritten(r#"{".":1,"..a":2,"a.":3,"":4,"..":{"b":5,"":6}}"#);
        serde_json::from_str::<Json>(&odd).unwrap();
    }

    #[test]
    fn a_long_key_above_many_leaves_has_paths_that_are_too_long() {
        let document = |leaves: usize| {
            let leaves = (0..leaves).map(|name| format!("\"{name:05}\":0")).collect::<Vec<_>>();
            format!("{{\"{}\":{{{}}}}}", "k".repeat(400_000), leaves.join(","))
        };
        assert!(rewritten_as(&document(10)).is_ok());
        assert_eq!(rewritten_as(&document(50_000)), Err(Reason::LongPaths));
    }

    /// An object whose objects are not empty, so that its leaves say all.
    fn any_object() -> impl Strategy<Value = Json> {
        let leaf = any::<u8>().prop_map(Json::from);
        leaf.prop_recursive(4, 24, 4, |inner| {
            let key = prop::sample::select(vec!["a", "b", "ab", "a-", "a\"", "\u{e9}", "\u{e8}"]);
            prop::collection::btree_map(key.prop_map(str::to_owned), inner, 1..4)
                .prop_map(|members| Json::Object(members.into_iter().collect()))
        })
        .prop_filter("no leaf", Json::is_object)
    }

    fn dotted(path: &str, object: &Map<String, Json>, out: &mut Vec<(String, Json)>) {
        for (key, value) in object {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match value {
                Json::Object(members) => dotted(&path, members, out),
                leaf => out.push((path, leaf.clone())),
            }
        }
    }

    proptest! {
        /// Dotted keys make the object they were made of, whatever their order.
        #[test]
        fn shuffled_keys_lose_nothing(
            (object, keys) in any_object().prop_flat_map(|object| {
                let mut keys = Vec::new();
                dotted("", object.as_object().unwrap(), &mut keys);
                (Just(object), Just(keys).prop_shuffle())
            }),
        ) {
            let keys: Vec<_> =
                keys.iter().map(|(key, leaf)| format!("{}:{leaf}", Json::from(key.as_str()))).collect();
            let text = rewritten(&format!("{{{}}}", keys.join(",")));
            let found: Json = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&found["r"], &object, "{}", text);
        }
    }
}
