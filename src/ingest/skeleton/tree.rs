//! The skeletons learned so far, as a tree: layouts that begin alike share what they begin with.
//!
//! A node is a literal piece of text and the scalar that follows it, or the end of the line; which nodes
//! can follow it are its alternatives, those met most often first, so that a branch costs about one
//! comparison. Bounded by [`MAX_NODES`] and [`MAX_SKELETONS`]; when one is reached, nothing more is
//! learned.

use simd_json::{Node as Scalar, StaticNode};

use super::scan::Quotes;
use super::trace::{PIECE, Slot, SlotKind, Trace};
use crate::ingest::sight::looks_like_json;

/// Most nodes: half a megabyte.
const MAX_NODES: usize = 1 << 13;

/// Most skeletons: a year of one tenant's logs has a few hundred.
const MAX_SKELETONS: usize = 1 << 10;

/// Most alternatives that are looked at: those met most often come first, and a parser costs less than to
/// look at them all.
const MAX_LOOKS: usize = 64;

/// Most digits of a number: as many as fit any number of the parser's.
const MAX_DIGITS: usize = 15;

/// Marks the bytes that count: to be taken from where there are so many left as do.
const MARKS: [u8; 2 * PIECE] = {
    let mut marks = [0; 2 * PIECE];
    let mut at = 0;
    while at < PIECE {
        marks[at] = u8::MAX;
        at += 1;
    }
    marks
};

/// A literal, and what follows it.
#[derive(Clone, Debug)]
struct Node {
    /// Filled up with zeros.
    literal: [u8; PIECE],
    /// At most [`PIECE`].
    length: usize,
    slot: Slot,
    /// How often it was met, where there are others in its place.
    hits: u32,
    /// The first of those that can follow it, or at the end of the line the places of the values.
    then: u32,
    /// The next one that can stand in its place.
    or: u32,
}

/// No node: the first of all, which is the root, follows none.
const NONE: u32 = 0;

/// All skeletons.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// By skeleton: the place of each value.
    places: Vec<Vec<u8>>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node::new(b"", Slot::END)], places: Vec::new() }
    }
}

impl Tree {
    pub(super) fn is_full(&self) -> bool {
        self.nodes.len() >= MAX_NODES || self.places.len() >= MAX_SKELETONS
    }

    /// Reads a line whose quotes are known: its wanted scalars go to `values`. Gives where each is, if
    /// there is a skeleton for the line.
    pub(super) fn walk<'i>(
        &mut self,
        line: &'i str,
        quotes: &Quotes,
        values: &mut Vec<Scalar<'i>>,
    ) -> Option<&[u8]> {
        let bytes = line.as_bytes();
        let (mut at, mut place) = (0, self.nodes[0].then as usize);
        if place == NONE as usize {
            return None;
        }
        loop {
            place = self.find(bytes, quotes, at, place)?;
            let Node { length, slot, then, .. } = &self.nodes[place];
            at += length;
            let end = match slot.kind {
                SlotKind::Text => {
                    let end = quotes.next(at)?;
                    if slot.is_wanted {
                        let text = line.get(at..end)?;
                        if slot.may_go_on && looks_like_json(text) {
                            return None;
                        }
                        values.push(Scalar::String(text));
                    }
                    end
                }
                SlotKind::Bare => {
                    let (value, length) = bare(bytes.get(at..)?)?;
                    if slot.is_wanted {
                        values.push(Scalar::Static(value));
                    }
                    at + length
                }
                SlotKind::Literal => at,
                SlotKind::End if at == bytes.len() => return Some(&self.places[*then as usize]),
                SlotKind::End => return None,
            };
            (at, place) = (end, *then as usize);
        }
    }

    /// The node that fits at `at`: the one in the place, or one of its alternatives.
    #[inline]
    fn find(&mut self, line: &[u8], quotes: &Quotes, at: usize, first: usize) -> Option<usize> {
        let text = match line.get(at..).and_then(|rest| rest.first_chunk()) {
            Some(text) => text,
            None => quotes.tail(at)?,
        };
        let node = &mut self.nodes[first];
        if node.fits(text) {
            node.hits = node.hits.saturating_add(u32::from(node.or != NONE));
            return Some(first);
        }
        self.find_other(text, first)
    }

    fn find_other(&mut self, text: &[u8; PIECE], first: usize) -> Option<usize> {
        let (mut before, mut place) = (first, self.nodes[first].or as usize);
        for _ in 0..MAX_LOOKS {
            if place == NONE as usize {
                break;
            }
            let node = &mut self.nodes[place];
            if node.fits(text) {
                node.hits = node.hits.saturating_add(1);
                if node.hits <= self.nodes[before].hits {
                    return Some(place);
                }
                // It moves up; the order of the places stays.
                self.nodes.swap(before, place);
                let (one, other) = (self.nodes[before].or, self.nodes[place].or);
                (self.nodes[before].or, self.nodes[place].or) = (other, one);
                return Some(before);
            }
            (before, place) = (place, node.or as usize);
        }
        None
    }

    /// Adds a skeleton; whether there was room, and it was not known.
    pub(super) fn add(&mut self, trace: Trace<'_>) -> bool {
        let needed = self.nodes.len() + trace.pieces.len();
        let Ok(skeleton) = u32::try_from(self.places.len()) else { return false };
        if self.is_full() || needed > MAX_NODES {
            return false;
        }
        let (mut place, mut is_new) = (0, false);
        for (literal, slot) in trace.pieces {
            let literal = &trace.line.as_bytes()[literal.clone()];
            let mut next = self.nodes[place].then as usize;
            while next != NONE as usize && !self.is(next, literal, *slot) {
                next = self.nodes[next].or as usize;
            }
            if next == NONE as usize {
                next = self.nodes.len();
                self.nodes.push(Node::new(literal, *slot));
                is_new = true;
                // In front: it will be met before long, or sink.
                self.nodes[next].or = self.nodes[place].then;
                self.nodes[place].then = next as u32;
            }
            place = next;
        }
        if is_new {
            self.nodes[place].then = skeleton;
            self.places.push(trace.places.to_vec());
        }
        is_new
    }

    fn is(&self, place: usize, literal: &[u8], slot: Slot) -> bool {
        let node = &self.nodes[place];
        node.slot == slot && node.literal.get(..node.length) == Some(literal)
    }
}

impl Node {
    /// `literal` is no longer than [`PIECE`].
    fn new(literal: &[u8], slot: Slot) -> Self {
        let mut filled = [0; PIECE];
        filled[..literal.len()].copy_from_slice(literal);
        Self { literal: filled, length: literal.len(), slot, hits: 0, then: NONE, or: NONE }
    }

    /// Whether the text starts with the literal, and can go on with what follows it. Where a number or
    /// a word follows, a string, an object or an array in its place, or an array's end, is another layout.
    #[inline(always)]
    fn fits(&self, text: &[u8; PIECE]) -> bool {
        let marks = MARKS.get(PIECE - self.length..).and_then(|marks| marks.first_chunk::<PIECE>());
        let Some(marks) = marks else { return false };
        // Without a way out on the way, the whole is a few vector instructions.
        let mut differs = 0;
        for at in 0..PIECE {
            differs |= (text[at] ^ self.literal[at]) & marks[at];
        }
        differs == 0
            && (self.slot.kind != SlotKind::Bare
                || !matches!(text.get(self.length), Some(b'"' | b'{' | b'[' | b']')))
    }
}

/// Reads a word or a short whole number at the start of `text`, and how long it is. What follows it is
/// the next literal's affair: a fraction or an exponent fits none.
#[inline]
pub(super) fn bare(text: &[u8]) -> Option<(StaticNode, usize)> {
    match text.first()? {
        b'0'..=b'9' => {
            let digits = text.iter().take(MAX_DIGITS + 1).take_while(|byte| byte.is_ascii_digit());
            let (mut number, mut length) = (0, 0);
            for digit in digits {
                number = 10 * number + u64::from(digit - b'0');
                length += 1;
            }
            let is_plain = length <= MAX_DIGITS && (length == 1 || text[0] != b'0');
            is_plain.then_some((StaticNode::U64(number), length))
        }
        b't' if text.starts_with(b"true") => Some((StaticNode::Bool(true), 4)),
        b'f' if text.starts_with(b"false") => Some((StaticNode::Bool(false), 5)),
        b'n' if text.starts_with(b"null") => Some((StaticNode::Null, 4)),
        _ => None,
    }
}
