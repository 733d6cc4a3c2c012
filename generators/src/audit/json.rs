//! JSON with its keys in the order of the text, which [`serde_json::Value`] forgets.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// One value.
#[derive(Debug, PartialEq)]
pub(crate) enum Node {
    Object(Vec<(String, Self)>),
    Array(Vec<Self>),
    Text(String),
    Number(f64),
    Flag(bool),
    Null,
}

impl Node {
    /// Bytes of the texts in it, keys left out.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Object(pairs) => pairs.iter().map(|(_, value)| value.text_bytes()).sum(),
            Self::Array(items) => items.iter().map(Self::text_bytes).sum(),
            Self::Text(text) => text.len(),
            Self::Number(_) | Self::Flag(_) | Self::Null => 0,
        }
    }

    /// The value of a key; nothing where this is no object or has no such key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.pairs().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Keys and values of an object.
    pub(crate) fn pairs(&self) -> &[(String, Self)] {
        match self {
            Self::Object(pairs) => pairs,
            _ => &[],
        }
    }

    /// The keys of an object, joined.
    pub(crate) fn keys(&self) -> String {
        let keys: Vec<&str> = self.pairs().iter().map(|(key, _)| key.as_str()).collect();
        keys.join(",")
    }

    /// The text of a key; empty where there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        match self.get(key) {
            Some(Self::Text(text)) => text,
            _ => "",
        }
    }

    /// The number of a key, also one that is written as text.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Node::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = entries.next_entry()? {
            pairs.push(pair);
        }
        Ok(Node::Object(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_numbers_may_be_text() {
        let node: Node =
            serde_json::from_str(r#"{"b":"12","a":{"z":null,"y":[true,2.5]},"b2":-3}"#).unwrap();
        assert_eq!(node.keys(), "b,a,b2");
        assert_eq!(node.get("a").map(Node::keys).as_deref(), Some("z,y"));
        assert_eq!((node.number("b"), node.number("b2")), (Some(12.0), Some(-3.0)));
        assert_eq!((node.text("b"), node.text("none")), ("12", ""));
    }
}
