//! simd-json's tape with reused memory, and one walk over an object's members.
//!
//! Contract: an object is walked once, whatever is not asked for is skipped by its node count, and a
//! key that occurs twice counts as a duplicate whose last value wins. Nothing recurses. Text is parsed in
//! padded scratch: without padding, simd-json copies it a second time (about 5 % of a line).

use std::{fmt, mem};

use simd_json::{Buffers, ErrorType, INPUT_PADDING, Node, StaticNode, Tape};

use super::line::{MAX_DEPTH, Reason};

/// The memory to parse one text after another.
pub(super) struct Document {
    scratch: Vec<u8>,
    buffers: Buffers,
    tape: Tape<'static>,
}

impl Document {
    pub(super) fn new() -> Self {
        let buffers = Buffers::with_max_depth(0, MAX_DEPTH);
        Self { scratch: Vec::new(), buffers, tape: Tape(Vec::new()) }
    }

    /// Parses `text` and hands the root to `read`.
    pub(super) fn parse<R>(
        &mut self,
        text: &[u8],
        read: impl FnOnce(Value<'_, '_>) -> R,
    ) -> Result<R, Reason> {
        self.scratch.clear();
        self.scratch.extend_from_slice(text);
        self.scratch.extend_from_slice(&[b' '; INPUT_PADDING]);
        let mut tape = mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let filled = simd_json::fill_tape_padded(
            &mut self.scratch,
            text.len(),
            &mut self.buffers,
            &mut tape,
        );
        let outcome = match filled {
            Ok(()) => Ok(read(Value(&tape.0))),
            Err(_) if std::str::from_utf8(text).is_err() => Err(Reason::NotUtf8),
            Err(error) if *error.error() == ErrorType::DepthLimitExceeded => Err(Reason::TooDeep),
            Err(_) => Err(Reason::NotJson),
        };
        self.tape = tape.reset();
        outcome
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").finish_non_exhaustive()
    }
}

/// A value on the tape, or nothing: the nodes that start with it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Value<'t, 'i>(&'t [Node<'i>]);

impl<'t, 'i> Value<'t, 'i> {
    pub(super) fn is_present(self) -> bool {
        !self.0.is_empty()
    }

    /// Present, and not `null`.
    pub(super) fn is_stated(self) -> bool {
        !matches!(self.0.first(), None | Some(Node::Static(StaticNode::Null)))
    }

    /// Itself, or `other` if absent.
    pub(super) fn or(self, other: Self) -> Self {
        if self.is_present() { self } else { other }
    }

    pub(super) fn is_object(self) -> bool {
        matches!(self.0.first(), Some(Node::Object { .. }))
    }

    pub(super) fn is_array(self) -> bool {
        matches!(self.0.first(), Some(Node::Array { .. }))
    }

    /// The last member of an object with this key; nothing for any other value.
    pub(super) fn member(self, wanted: &str) -> Self {
        let its = self.members().filter(|(key, _)| *key == wanted).last();
        its.map_or_else(Self::default, |(_, value)| value)
    }

    /// The string; empty for any other value.
    pub(super) fn text(self) -> &'i str {
        match self.0.first() {
            Some(Node::String(text)) => text,
            _ => "",
        }
    }

    /// Whether it is anything but an empty string.
    pub(super) fn text_is_not_empty(self) -> bool {
        !matches!(self.0.first(), Some(Node::String("")))
    }

    pub(super) fn boolean(self) -> Option<bool> {
        if let Some(Node::Static(StaticNode::Bool(boolean))) = self.0.first() {
            Some(*boolean)
        } else {
            None
        }
    }

    /// The whole number.
    pub(super) fn whole(self) -> Option<i128> {
        match *self.0.first()? {
            Node::Static(StaticNode::U64(number)) => Some(number.into()),
            Node::Static(StaticNode::I64(number)) => Some(number.into()),
            _ => None,
        }
    }

    /// The number, whole or not.
    pub(super) fn number(self) -> Option<f64> {
        match *self.0.first()? {
            Node::Static(StaticNode::U64(number)) => Some(number as f64),
            Node::Static(StaticNode::I64(number)) => Some(number as f64),
            Node::Static(StaticNode::F64(number)) => Some(number),
            _ => None,
        }
    }

    /// The number, where it is a whole one or a string of digits.
    pub(super) fn whole_number(self) -> Option<u64> {
        match *self.0.first()? {
            Node::Static(StaticNode::U64(number)) => Some(number),
            Node::Static(StaticNode::I64(number)) => u64::try_from(number).ok(),
            Node::Static(StaticNode::F64(number)) if number.fract() == 0.0 && number >= 0.0 => {
                Some(number as u64)
            }
            Node::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The members of an object, in order; none for any other value.
    pub(super) fn members(self) -> impl Iterator<Item = (&'i str, Self)> {
        let mut rest = match self.0.split_first() {
            Some((Node::Object { count, .. }, rest)) => &rest[..*count],
            _ => &[],
        };
        std::iter::from_fn(move || {
            let (Node::String(key), values) = rest.split_first()? else { return None };
            let (value, others) = values.split_at_checked(size(values.first()?))?;
            rest = others;
            Some((*key, Self(value)))
        })
    }

    /// The elements of an array; any other value is its own only element, and nothing has none.
    pub(super) fn elements(self) -> impl Iterator<Item = Self> {
        let mut rest = match self.0.split_first() {
            Some((Node::Array { count, .. }, rest)) => &rest[..*count],
            Some((node, _)) => &self.0[..size(node)],
            None => &[],
        };
        std::iter::from_fn(move || {
            let (value, others) = rest.split_at_checked(size(rest.first()?))?;
            rest = others;
            Some(Self(value))
        })
    }
}

/// How many nodes a value takes.
fn size(node: &Node<'_>) -> usize {
    match node {
        Node::Object { count, .. } | Node::Array { count, .. } => count + 1,
        Node::String(_) | Node::Static(_) => 1,
    }
}

/// Declares a struct with one value per key of interest, and reads it in one walk over an object. Keys
/// are bytes: patterns of those are told apart by their length first, strings are compared one by one.
macro_rules! keys {
    ($(#[$doc:meta])* $name:ident { $($field:ident = $key:pat,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default)]
        pub(super) struct $name<'t, 'i> {
            $(pub(super) $field: $crate::ingest::tape::Value<'t, 'i>,)+
        }

        impl<'t, 'i> $name<'t, 'i> {
            /// Picks the members; a repeated key adds to `duplicates`, and its last value wins.
            pub(super) fn read(
                object: $crate::ingest::tape::Value<'t, 'i>,
                duplicates: &mut u64,
            ) -> Self {
                let mut found = Self::default();
                for (key, value) in object.members() {
                    let slot = match key.as_bytes() {
                        $($key => &mut found.$field,)+
                        _ => continue,
                    };
                    *duplicates += u64::from(slot.is_present());
                    *slot = value;
                }
                found
            }
        }
    };
}
pub(super) use keys;
