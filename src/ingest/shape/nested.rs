//! Walks a document by the dotted paths of its leaves, and writes members by such paths.
//!
//! Exports write `{"a":{"b":1}}` and `{"a.b":1}` for the same: here both are the leaf `a.b`.

use super::json::{Members, push_value};
use crate::ingest::value::Value;

/// Hands every leaf under `value` to `found`: what is no object, with its path. `path` comes back as it was.
pub(super) fn leaves<'t, 'i>(
    value: Value<'t, 'i>,
    path: &mut String,
    found: &mut dyn FnMut(&str, Value<'t, 'i>),
) {
    for (key, member) in value.members() {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(key);
        if member.is_object() {
            leaves(member, path, found);
        } else {
            found(path, member);
        }
        path.truncate(length);
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
        while !rest.is_empty() {
            rest = rest.strip_prefix(self.separator).unwrap_or(rest);
            let part = rest.split(self.separator).next().unwrap_or_default();
            self.key(part);
            self.out.push('{');
            rest = &rest[part.len()..];
        }
        self.open.clear();
        self.open.push_str(parents);
        self.key(key);
        self.out
    }

    /// Writes a leaf as it is.
    pub(super) fn value(&mut self, path: &str, value: Value<'_, '_>) {
        push_value(self.leaf(path), value);
    }

    /// Closes objects until the open one is `path`, or holds it.
    fn leave(&mut self, path: &str) {
        let holds = |open: &str| {
            let rest = path.strip_prefix(open);
            open.is_empty()
                || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(self.separator))
        };
        while !holds(self.open) {
            let length = self.open.rfind(self.separator).unwrap_or(0);
            self.open.truncate(length);
            self.out.push('}');
        }
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

    fn rewritten(text: &str) -> String {
        let (mut out, mut path, mut open) = (String::new(), String::new(), String::new());
        Document::new()
            .parse(text.as_bytes(), |root| {
                let mut members = Members::open(&mut out);
                let mut nested = Nested::open(&mut members, "r", &mut open, '.');
                leaves(root, &mut path, &mut |path, leaf| nested.value(path, leaf));
                nested.close();
                members.close();
            })
            .unwrap();
        out
    }

    #[test]
    fn dotted_and_nested_keys_are_the_same() {
        let nested = r#"{"a":{"b":{"c":1,"d":[{"x":2}]},"e":"{"},"ab":{"f":null},"g":{}}"#;
        let dotted = r#"{"a.b":{"c":1},"a.b.d":[{"x":2}],"a.e":"{","ab.f":null}"#;
        let expected = r#"{"r":{"a":{"b":{"c":1,"d":[{"x":2}]},"e":"{"},"ab":{"f":null}}}"#;
        assert_eq!((rewritten(nested).as_str(), rewritten(dotted).as_str()), (expected, expected));
        assert_eq!(rewritten("{}"), r#"{"r":{}}"#);
        assert_eq!(rewritten(r#"{"a.b.c":1}"#), r#"{"r":{"a":{"b":{"c":1}}}}"#);
        let odd = rewritten(r#"{".":1,"..a":2,"a.":3,"":4}"#);
        serde_json::from_str::<serde_json::Value>(&odd).unwrap();
    }
}
