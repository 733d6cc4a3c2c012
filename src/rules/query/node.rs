//! The compiled query: what is evaluated for each event, without allocating.

use super::pattern::Pattern;
use super::words::WordField;
use crate::event::{Event, EventView, TextField};

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
    /// The text passes.
    Text {
        field: TextField,
        test: TextTest,
    },
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

#[derive(Clone, Debug)]
pub(super) enum TextTest {
    Exists,
    /// Equal, ignoring ASCII case, to a literal that is not empty.
    Equals(String),
    Pattern(Pattern),
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
        merge(nodes, |one, other| one & other, Self::And)
    }

    /// Any of `nodes`: words of one field in one test, cheap tests first.
    pub(super) fn or(nodes: Vec<Self>) -> Self {
        merge(nodes, |one, other| one | other, Self::Or)
    }

    pub(super) fn matches(&self, view: &EventView<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Words { field, set } => field.bit(view.event) & set != 0,
            Self::Status { least, most } => {
                let status = view.event.http_status;
                status != 0 && (*least..=*most).contains(&status)
            }
            Self::Text { field, test } => test.matches(*field, view.text(*field)),
            Self::Not(node) => !node.matches(view),
            Self::And(nodes) => nodes.iter().all(|node| node.matches(view)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(view)),
        }
    }

    /// The answer for every event with `event`'s plane, access and outcome, if they settle it.
    pub(super) fn decide(&self, event: &Event) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Words {
                field: field @ (WordField::Plane | WordField::Access | WordField::Outcome),
                set,
            } => Some(field.bit(event) & set != 0),
            Self::Words { .. } | Self::Status { .. } | Self::Text { .. } => None,
            Self::Not(node) => node.decide(event).map(|answer| !answer),
            Self::And(nodes) => settle(nodes, event, false),
            Self::Or(nodes) => settle(nodes, event, true),
        }
    }

    /// Cheap tests first: an order for tests that are pure, so any order gives the same answer.
    fn cost(&self) -> u32 {
        match self {
            Self::All | Self::Words { .. } | Self::Status { .. } => 0,
            Self::Text { test: TextTest::Exists, .. } => 1,
            Self::Text { test: TextTest::Equals(_), .. } => 2,
            Self::Text { test: TextTest::Pattern(_), .. } => 8,
            Self::Not(node) => node.cost(),
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().map(Self::cost).sum(),
        }
    }
}

impl TextTest {
    fn matches(&self, field: TextField, text: &str) -> bool {
        match self {
            Self::Exists => !text.is_empty(),
            // The one field that holds several values: any of them may match.
            _ if field == TextField::Grantee => text.split(' ').any(|one| self.matches_one(one)),
            _ => self.matches_one(text),
        }
    }

    fn matches_one(&self, text: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::Equals(literal) => literal.eq_ignore_ascii_case(text),
            Self::Pattern(pattern) => !text.is_empty() && pattern.matches(text),
        }
    }
}

/// `settling` if one node says so, its opposite if all say that.
fn settle(nodes: &[Node], event: &Event, settling: bool) -> Option<bool> {
    let mut answer = Some(!settling);
    for node in nodes {
        match node.decide(event) {
            Some(one) if one == settling => return Some(settling),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}

fn merge(nodes: Vec<Node>, join: fn(u16, u16) -> u16, wrap: fn(Vec<Node>) -> Node) -> Node {
    let mut merged: Vec<Node> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let same = merged.iter_mut().find_map(|earlier| match (earlier, &node) {
            (Node::Words { field, set }, Node::Words { field: other, set: more })
                if field == other =>
            {
                Some((set, *more))
            }
            _ => None,
        });
        match same {
            Some((set, more)) => *set = join(*set, more),
            None => merged.push(node),
        }
    }
    if merged.len() == 1 {
        return merged.remove(0);
    }
    merged.sort_by_key(Node::cost);
    wrap(merged)
}
