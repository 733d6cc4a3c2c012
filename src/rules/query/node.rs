//! The compiled query: what is evaluated for each event, without allocating.

use std::collections::BTreeSet;

use super::values::ValueTest;
use super::words::WordField;
use crate::event::{EventView, Extra, TextField, Ticks};

#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Every event.
    All,
    /// The value is one of a set of words.
    Words {
        field: WordField,
        set: u16,
    },
    /// The HTTP status lies between the two, inclusive; absent ones (0) never do.
    Status {
        least: u16,
        most: u16,
    },
    /// The event's time lies between the two, inclusive.
    Time {
        least: Ticks,
        most: Ticks,
    },
    /// One of the field's values passes.
    Text {
        field: TextField,
        test: ValueTest,
    },
    /// One of the field's values passes, in records of one of the planes.
    Extra {
        field: Extra,
        planes: u16,
        test: ValueTest,
    },
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

impl Node {
    /// `not node`.
    pub(super) fn not(node: Self) -> Self {
        match node {
            Self::Words { field, set } => Self::Words { field, set: field.all() & !set },
            node => Self::Not(Box::new(node)),
        }
    }

    /// All of `nodes`: words of one field in one test, cheap tests first.
    pub(super) fn and(nodes: Vec<Self>) -> Self {
        let join = |one: &mut Self, other: Self| match (one, other) {
            (Self::Words { field, set }, Self::Words { field: same, set: more })
                if *field == same =>
            {
                *set &= more;
                None
            }
            (_, other) => Some(other),
        };
        merge(nodes, join, Self::And)
    }

    /// Any of `nodes`: values of one field in one test, cheap tests first.
    pub(super) fn or(nodes: Vec<Self>) -> Self {
        let join = |one: &mut Self, other: Self| match (one, other) {
            (Self::Words { field, set }, Self::Words { field: same, set: more })
                if *field == same =>
            {
                *set |= more;
                None
            }
            (Self::Text { field, test }, Self::Text { field: same, test: more })
                if *field == same =>
            {
                test.or(more);
                None
            }
            (Self::Extra { field, test, .. }, Self::Extra { field: same, test: more, .. })
                if *field == same =>
            {
                test.or(more);
                None
            }
            (_, other) => Some(other),
        };
        merge(nodes, join, Self::Or)
    }

    pub(super) fn matches(&self, view: &EventView<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Words { field, set } => field.bit(view.event) & set != 0,
            Self::Status { least, most } => {
                let status = view.event.http_status;
                status != 0 && (*least..=*most).contains(&status)
            }
            Self::Time { least, most } => (*least..=*most).contains(&view.event.time),
            // The one field that holds several values.
            Self::Text { field: TextField::Grantee, test } => {
                view.text(TextField::Grantee).split(' ').any(|one| test.matches(one))
            }
            Self::Text { field, test } => test.matches(view.text(*field)),
            Self::Extra { field, planes, test } => {
                WordField::Plane.bit(view.event) & planes != 0
                    && view.extras(*field).any(|value| test.matches(value))
            }
            Self::Not(node) => !node.matches(view),
            Self::And(nodes) => nodes.iter().all(|node| node.matches(view)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(view)),
        }
    }

    /// The answer for every event of `view`'s kind, if that settles it.
    pub(super) fn decide(&self, view: &EventView<'_>) -> Option<bool> {
        match self {
            Self::Time { .. } => None,
            Self::Text { field, .. } if *field != TextField::Operation => None,
            Self::Extra { planes, .. } => {
                let may_pass = view.has_extras() && WordField::Plane.bit(view.event) & planes != 0;
                if may_pass { None } else { Some(false) }
            }
            Self::Not(node) => node.decide(view).map(|answer| !answer),
            Self::And(nodes) => settle(nodes, view, false),
            Self::Or(nodes) => settle(nodes, view, true),
            Self::All | Self::Words { .. } | Self::Status { .. } | Self::Text { .. } => {
                Some(self.matches(view))
            }
        }
    }

    /// Adds to `fields` those of the node that are not canonical.
    pub(super) fn extras(&self, fields: &mut BTreeSet<Extra>) {
        match self {
            Self::Extra { field, .. } => {
                fields.insert(*field);
            }
            Self::Not(node) => node.extras(fields),
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().for_each(|one| one.extras(fields)),
            Self::All | Self::Words { .. } | Self::Status { .. } => {}
            Self::Time { .. } | Self::Text { .. } => {}
        }
    }

    /// Cheap tests first: an order for tests that are pure, so any order gives the same answer.
    fn cost(&self) -> u32 {
        match self {
            Self::All | Self::Words { .. } | Self::Status { .. } | Self::Time { .. } => 0,
            Self::Text { test, .. } => test.cost(),
            Self::Extra { test, .. } => 4 + test.cost(),
            Self::Not(node) => node.cost(),
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().map(Self::cost).sum(),
        }
    }
}

/// `settling` if one node says so, its opposite if all say that.
fn settle(nodes: &[Node], view: &EventView<'_>, settling: bool) -> Option<bool> {
    let mut answer = Some(!settling);
    for node in nodes {
        match node.decide(view) {
            Some(one) if one == settling => return Some(settling),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}

/// `nodes` under one operator; `join` adds a node to an earlier one, or gives it back.
fn merge(
    nodes: Vec<Node>,
    join: impl Fn(&mut Node, Node) -> Option<Node>,
    wrap: fn(Vec<Node>) -> Node,
) -> Node {
    let mut merged: Vec<Node> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let left = merged.iter_mut().try_fold(node, |left, earlier| join(earlier, left));
        merged.extend(left);
    }
    if merged.len() == 1 {
        return merged.remove(0);
    }
    merged.sort_by_key(Node::cost);
    wrap(merged)
}
