//! A value of a record, and one walk over an object's members.
//!
//! Contract: an object is walked once, whatever is not asked for is skipped by its node count, and a
//! key that occurs twice counts as a duplicate whose last value wins. Nothing recurses. An object of a
//! line that was read along a skeleton has only the members that [`keys`] name for it; whoever reads its
//! keys cannot tell the difference.

use simd_json::{Node, StaticNode};

/// A value, or nothing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'t, 'i> {
    /// The nodes of simd-json's tape that start with it; none for nothing.
    Tape(&'t [Node<'i>]),
    /// An object of a line that was read along a skeleton.
    Learned(&'t Learned<'t, 'i>),
}

/// The scalars of a line that was read along a skeleton, as far as somebody may ask for them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Learned<'t, 'i> {
    /// In the order of the line.
    pub(super) values: &'t [Node<'i>],
    /// For each place that a value of interest can have, which of them has it, [`ABSENT`] or [`OBJECT`].
    pub(super) places: &'t [u8],
}

/// The place of a value that the line does not have.
pub(super) const ABSENT: u8 = u8::MAX;

/// The place of an object whose members have places of their own.
pub(super) const OBJECT: u8 = u8::MAX - 1;

impl<'t, 'i> Learned<'t, 'i> {
    /// What stands at `place`.
    pub(super) fn at(&'t self, place: usize) -> Value<'t, 'i> {
        match self.places[place] {
            ABSENT => Value::default(),
            OBJECT => Value::Learned(self),
            value => Value::Tape(std::slice::from_ref(&self.values[usize::from(value)])),
        }
    }
}

impl Learned<'_, '_> {
    /// Whether the line has no value at `place` and those that follow.
    pub(super) fn has_nothing_from(&self, place: usize) -> bool {
        self.places[place..].iter().all(|value| *value == ABSENT)
    }
}

impl Default for Value<'_, '_> {
    fn default() -> Self {
        Self::Tape(&[])
    }
}

impl<'t, 'i> Value<'t, 'i> {
    fn first(self) -> Option<&'t Node<'i>> {
        match self {
            Self::Tape(nodes) => nodes.first(),
            Self::Learned(_) => None,
        }
    }

    pub(super) fn is_present(self) -> bool {
        !matches!(self, Self::Tape([]))
    }

    /// Present, and not `null`.
    pub(super) fn is_stated(self) -> bool {
        !matches!(self, Self::Tape([] | [Node::Static(StaticNode::Null), ..]))
    }

    /// Itself, or `other` if absent.
    pub(super) fn or(self, other: Self) -> Self {
        if self.is_present() { self } else { other }
    }

    pub(super) fn is_object(self) -> bool {
        matches!(self, Self::Tape([Node::Object { .. }, ..]) | Self::Learned(_))
    }

    pub(super) fn is_array(self) -> bool {
        matches!(self.first(), Some(Node::Array { .. }))
    }

    /// The last member of an object with this key; nothing for any other value.
    pub(super) fn member(self, wanted: &str) -> Self {
        let its = self.members().filter(|(key, _)| *key == wanted).last();
        its.map_or_else(Self::default, |(_, value)| value)
    }

    /// The string, if it is one.
    pub(super) fn string(self) -> Option<&'i str> {
        match self.first() {
            Some(Node::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The string; empty for any other value.
    pub(super) fn text(self) -> &'i str {
        self.string().unwrap_or_default()
    }

    /// Whether it is anything but an empty string.
    pub(super) fn text_is_not_empty(self) -> bool {
        !matches!(self.first(), Some(Node::String("")))
    }

    pub(super) fn boolean(self) -> Option<bool> {
        if let Some(Node::Static(StaticNode::Bool(boolean))) = self.first() {
            Some(*boolean)
        } else {
            None
        }
    }

    /// The whole number.
    pub(super) fn whole(self) -> Option<i128> {
        match *self.first()? {
            Node::Static(StaticNode::U64(number)) => Some(number.into()),
            Node::Static(StaticNode::I64(number)) => Some(number.into()),
            _ => None,
        }
    }

    /// The number, whole or not.
    pub(super) fn number(self) -> Option<f64> {
        match *self.first()? {
            Node::Static(StaticNode::U64(number)) => Some(number as f64),
            Node::Static(StaticNode::I64(number)) => Some(number as f64),
            Node::Static(StaticNode::F64(number)) => Some(number),
            _ => None,
        }
    }

    /// The number, where it is a whole one or a string of digits.
    pub(super) fn whole_number(self) -> Option<u64> {
        match *self.first()? {
            Node::Static(StaticNode::U64(number)) => Some(number),
            Node::Static(StaticNode::I64(number)) => u64::try_from(number).ok(),
            Node::Static(StaticNode::F64(number)) if number.fract() == 0.0 && number >= 0.0 => {
                Some(number as u64)
            }
            Node::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The nodes that make it; none of nothing, nor of a learned object.
    pub(super) fn nodes(self) -> &'t [Node<'i>] {
        match self {
            Self::Tape(nodes @ [node, ..]) => &nodes[..size(node)],
            _ => &[],
        }
    }

    /// The members of an object, in order; none for any other value, nor for a learned object, whose
    /// members are read by their keys.
    pub(super) fn members(self) -> impl Iterator<Item = (&'i str, Self)> {
        let mut rest = match self {
            Self::Tape([Node::Object { count, .. }, rest @ ..]) => &rest[..*count],
            _ => &[],
        };
        std::iter::from_fn(move || {
            let (Node::String(key), values) = rest.split_first()? else { return None };
            let (value, others) = values.split_at_checked(size(values.first()?))?;
            rest = others;
            Some((*key, Self::Tape(value)))
        })
    }

    /// The elements of an array; any other value is its own only element, and nothing has none.
    pub(super) fn elements(self) -> impl Iterator<Item = Self> {
        let mut rest = match self {
            Self::Tape([Node::Array { count, .. }, rest @ ..]) => &rest[..*count],
            Self::Tape(nodes @ [node, ..]) => &nodes[..size(node)],
            _ => &[],
        };
        std::iter::from_fn(move || {
            let (value, others) = rest.split_at_checked(size(rest.first()?))?;
            rest = others;
            Some(Self::Tape(value))
        })
    }
}

/// How many nodes a value takes.
pub(super) fn size(node: &Node<'_>) -> usize {
    match node {
        Node::Object { count, .. } | Node::Array { count, .. } => count + 1,
        Node::String(_) | Node::Static(_) => 1,
    }
}

/// Declares a struct with one value per key of interest, and reads it in one walk over an object. Keys
/// are bytes: patterns of those are told apart by their length first, strings are compared one by one.
/// With `at`, its values have places from there on in records that are read along a skeleton.
macro_rules! keys {
    ($(#[$doc:meta])* $name:ident { $($field:ident = $key:pat,)+ }) => {
        keys!(@walk $(#[$doc])* $name { $($field = $key,)+ });

        impl<'t, 'i> $name<'t, 'i> {
            /// Picks the members; a repeated key adds to `duplicates`, and its last value wins.
            pub(super) fn read(
                object: $crate::ingest::value::Value<'t, 'i>,
                duplicates: &mut u64,
            ) -> Self {
                Self::walk(object, duplicates)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident at $first:expr, { $($field:ident = $key:pat,)+ }) => {
        keys!(@walk $(#[$doc])* $name { $($field = $key,)+ });

        impl<'t, 'i> $name<'t, 'i> {
            /// The first place behind those of its values.
            pub(super) const END: usize = $first + [$(stringify!($field)),+].len();

            /// The place of the member with this key.
            pub(super) fn place_of(key: &str) -> Option<usize> {
                let mut places = [$(matches!(key.as_bytes(), $key)),+].into_iter();
                places.position(|is_it| is_it).map(|place| $first + place)
            }

            /// Picks the members; a repeated key adds to `duplicates`, and its last value wins.
            pub(super) fn read(
                object: $crate::ingest::value::Value<'t, 'i>,
                duplicates: &mut u64,
            ) -> Self {
                if let $crate::ingest::value::Value::Learned(learned) = object {
                    let mut places = $first..;
                    let mut next = || learned.at(places.next().unwrap_or_default());
                    return Self { $($field: next(),)+ };
                }
                Self::walk(object, duplicates)
            }
        }
    };
    (@walk $(#[$doc:meta])* $name:ident { $($field:ident = $key:pat,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default)]
        pub(super) struct $name<'t, 'i> {
            $(pub(super) $field: $crate::ingest::value::Value<'t, 'i>,)+
        }

        impl<'t, 'i> $name<'t, 'i> {
            fn walk(
                object: $crate::ingest::value::Value<'t, 'i>,
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
