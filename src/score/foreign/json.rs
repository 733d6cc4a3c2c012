//! Texts at a path of a JSON document, however its keys are nested.
//!
//! Elastic writes `user.id` as one key or as an object in an object, within one document even, and
//! its search API makes an array of every value.

use serde_json::Value;

/// Every text or number at `path`; keys may be joined by dots or nested, arrays are entered.
pub(super) fn texts(value: &Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    visit(value, path, &mut |value| match value {
        Value::String(text) if !text.is_empty() => found.push(text.clone()),
        Value::Number(number) => found.push(number.to_string()),
        _ => {}
    });
    found
}

/// The first text at one of `paths`, the earlier path before the later.
pub(super) fn first(value: &Value, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| texts(value, path).into_iter().next())
}

/// Every text at any of `paths`.
pub(super) fn all(value: &Value, paths: &[&str]) -> Vec<String> {
    paths.iter().flat_map(|path| texts(value, path)).collect()
}

/// Calls `visitor` for each value at `path` that is not an array. The path's length bounds the depth.
pub(super) fn visit<'a>(value: &'a Value, path: &str, visitor: &mut impl FnMut(&'a Value)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, path, visitor)),
        _ if path.is_empty() => visitor(value),
        Value::Object(members) => {
            let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
            for end in ends {
                if let Some(member) = members.get(&path[..end]) {
                    visit(member, path.get(end + 1..).unwrap_or_default(), visitor);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_found_flat_nested_and_both() {
        let document = json!({
            "a.b": {"c": "one"}, "a": {"b.c": ["two", 3], "b": {"c": [["four"]]}}, "a.b.c": "five",
        });
        assert_eq!(texts(&document, "a.b.c"), ["four", "two", "3", "one", "five"]);
        assert_eq!(first(&document, &["x", "a.b.c"]).as_deref(), Some("four"));
        assert!(texts(&document, "a.b").is_empty() && texts(&document, "a.b.c.d").is_empty());
    }
}
