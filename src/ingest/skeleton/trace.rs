//! Takes a line apart into a skeleton: literal pieces, the scalars between them, and who wants those.
//!
//! Contract: the line is plain, and simd-json has accepted it. It has no skeleton if something of it
//! could mean anything but what a value at each place says: a repeated key, an array or an object where
//! a scalar is read, two values of one field, a number that is not short and whole. Whether a scalar is
//! wanted follows from what precedes it in the line, so that layouts can share their beginnings. Nothing
//! is allocated once buffers have grown, whether or not a line has a skeleton.

use std::ops::Range;

use super::scope::Scope;
use super::tree::bare;
use crate::event::{Reading, Source};
use crate::ingest::extract::FIRST_EXTRA;
use crate::ingest::sight::Step;
use crate::ingest::value::{ABSENT, OBJECT};

/// Most pieces of a line: several times those of Azure's records.
const MAX_PIECES: usize = 1 << 8;

/// Most of them that are wanted, so that the number of one fits a byte beside [`ABSENT`] and [`OBJECT`].
const MAX_WANTED: u8 = 200;

/// Most keys of one object, each of which is compared with those before it.
const MAX_KEYS: usize = 1 << 8;

/// Longest literal that is compared at once; longer ones are several.
pub(super) const PIECE: usize = 32;

/// Marks a path that ends at the value to come.
const THERE: usize = usize::MAX;

/// What follows a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) kind: SlotKind,
    /// Whether its value has a place.
    pub(super) is_wanted: bool,
    /// Whether a wanted path goes on inside, should the string hold JSON.
    pub(super) may_go_on: bool,
}

/// What kind of scalar follows a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotKind {
    /// A string; its quotes belong to the literals.
    Text,
    /// A number, `true`, `false` or `null`.
    Bare,
    /// None: the literal goes on.
    Literal,
    /// None: the line ends.
    End,
}

impl Slot {
    pub(super) const LITERAL: Self = Self::nothing(SlotKind::Literal);
    pub(super) const END: Self = Self::nothing(SlotKind::End);

    const fn nothing(kind: SlotKind) -> Self {
        Self { kind, is_wanted: false, may_go_on: false }
    }
}

/// A line's skeleton.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trace<'a> {
    pub(super) line: &'a str,
    /// Literals, by where they are in the line, each with what follows it.
    pub(super) pieces: &'a [(Range<usize>, Slot)],
    /// For each place, which of the wanted scalars has it, [`ABSENT`] or [`OBJECT`].
    pub(super) places: &'a [u8],
}

/// What traces lines, with memory that it keeps from one to the next.
#[derive(Debug)]
pub(super) struct Tracer {
    /// The paths of wanted fields, and whether an object at their end has a value.
    paths: Vec<(String, bool)>,
    pieces: Vec<(Range<usize>, Slot)>,
    places: Vec<u8>,
    wanted: u8,
    frames: Vec<Frame>,
    /// Keys of the open objects.
    keys: Vec<Range<usize>>,
    /// Paths that lead into the open objects and arrays, and how far each has been gone.
    ahead: Vec<(usize, usize)>,
    /// The value to come.
    coming: Coming,
    opened: [bool; Scope::COUNT],
}

/// An open object or array.
#[derive(Clone, Copy, Debug)]
struct Frame {
    is_object: bool,
    expects_key: bool,
    scope: Scope,
    first_key: usize,
    first_ahead: usize,
    last_ahead: usize,
}

/// A value to come: the object in which it has a key, what it is if an object, and the paths to it.
#[derive(Clone, Copy, Debug)]
struct Coming {
    places: [Option<usize>; 2],
    scope: Scope,
    first_ahead: usize,
}

const UNKNOWN: Coming = Coming { places: [None; 2], scope: Scope::Other, first_ahead: 0 };

impl Tracer {
    pub(super) fn new(sources: &[Source]) -> Self {
        let takes_objects =
            |source: &Source| matches!(source.reading, Reading::Claim(_) | Reading::Fixed(_));
        let paths = sources.iter().map(|source| (source.path.clone(), takes_objects(source)));
        Self {
            paths: paths.collect(),
            pieces: Vec::new(),
            places: Vec::new(),
            wanted: 0,
            frames: Vec::new(),
            keys: Vec::new(),
            ahead: Vec::new(),
            coming: UNKNOWN,
            opened: [false; Scope::COUNT],
        }
    }

    /// The skeleton of a line, if it has one.
    pub(super) fn trace<'a>(&'a mut self, line: &'a str) -> Option<Trace<'a>> {
        self.restart();
        let bytes = line.as_bytes();
        let (mut at, mut literal) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b' ' | b':' => at += 1,
                b',' => {
                    let frame = self.frames.last_mut()?;
                    frame.expects_key = frame.is_object;
                    at += 1;
                }
                b'{' | b'[' => {
                    self.open(*byte == b'{')?;
                    at += 1;
                }
                b'}' | b']' => {
                    self.close()?;
                    at += 1;
                }
                b'"' => {
                    let end = at + 1 + memchr::memchr(b'"', &bytes[at + 1..])?;
                    if self.frames.last()?.expects_key {
                        self.key(line, at + 1..end)?;
                    } else {
                        self.scalar(literal..at + 1, SlotKind::Text)?;
                        literal = end;
                    }
                    at = end + 1;
                }
                _ => {
                    let (_, length) = bare(&bytes[at..])?;
                    let end = at + length;
                    if !matches!(bytes.get(end)?, b',' | b'}' | b']' | b' ') {
                        return None;
                    }
                    self.scalar(literal..at, SlotKind::Bare)?;
                    (at, literal) = (end, end);
                }
            }
        }
        self.push(literal..at, Slot::END);
        Some(Trace { line, pieces: &self.pieces, places: &self.places })
    }

    fn restart(&mut self) {
        self.pieces.clear();
        self.places.clear();
        self.places.resize(FIRST_EXTRA + self.paths.len(), ABSENT);
        self.frames.clear();
        self.keys.clear();
        self.ahead.clear();
        self.ahead.extend((0..self.paths.len()).map(|path| (path, 0)));
        self.coming = Coming { scope: Scope::Envelope, ..UNKNOWN };
        self.wanted = 0;
        self.opened = [false; Scope::COUNT];
    }

    /// Notes a key of the innermost object, and what is known of its value.
    fn key(&mut self, line: &str, key: Range<usize>) -> Option<()> {
        let frame = self.frames.last_mut()?;
        let text = &line[key.clone()];
        let known = &self.keys[frame.first_key..];
        if known.len() >= MAX_KEYS || known.iter().any(|known| &line[known.clone()] == text) {
            return None;
        }
        self.keys.push(key);
        frame.expects_key = false;
        let mut places = frame.scope.places_of(text);
        self.coming = Coming {
            places: [places.next(), places.next()],
            scope: frame.scope.within(text),
            first_ahead: frame.last_ahead,
        };
        for index in frame.first_ahead..frame.last_ahead {
            let (path, gone) = self.ahead[index];
            if gone == THERE {
                continue;
            }
            match Step::along(&self.paths[path].0[gone..], text) {
                Some(Step::On) => self.ahead.push((path, gone + text.len() + 1)),
                Some(Step::There) => self.ahead.push((path, THERE)),
                None => {}
            }
        }
        Some(())
    }

    /// What is known of the value to come; an element of an array stands where the array does.
    fn coming(&self) -> Coming {
        match self.frames.last() {
            Some(frame) if !frame.is_object => Coming { first_ahead: frame.first_ahead, ..UNKNOWN },
            _ => self.coming,
        }
    }

    fn open(&mut self, is_object: bool) -> Option<()> {
        let Coming { places, scope, first_ahead } = self.coming();
        let is_known = places.iter().any(Option::is_some);
        if is_object && scope != Scope::Other {
            // Two objects with the same places would be mixed up.
            if std::mem::replace(&mut self.opened[scope as usize], true) {
                return None;
            }
            for place in places.into_iter().flatten() {
                self.fill(place, OBJECT)?;
            }
        } else if is_known || self.frames.is_empty() {
            return None;
        }
        if self.ahead[first_ahead..]
            .iter()
            .any(|(path, gone)| *gone == THERE && self.paths[*path].1)
        {
            return None;
        }
        self.frames.push(Frame {
            is_object,
            expects_key: is_object,
            scope: if is_object { scope } else { Scope::Other },
            first_key: self.keys.len(),
            first_ahead,
            last_ahead: self.ahead.len(),
        });
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        let frame = self.frames.pop()?;
        self.keys.truncate(frame.first_key);
        self.end_value();
        Some(())
    }

    fn scalar(&mut self, literal: Range<usize>, kind: SlotKind) -> Option<()> {
        let Coming { places, first_ahead, .. } = self.coming();
        if self.frames.is_empty() || self.pieces.len() >= MAX_PIECES || self.wanted == MAX_WANTED {
            return None;
        }
        let mut slot = Slot::nothing(kind);
        for place in places.into_iter().flatten() {
            self.fill(place, self.wanted)?;
            slot.is_wanted = true;
        }
        for index in first_ahead..self.ahead.len() {
            let (path, gone) = self.ahead[index];
            if gone == THERE {
                self.fill(FIRST_EXTRA + path, self.wanted)?;
                slot.is_wanted = true;
            } else if kind == SlotKind::Text {
                (slot.is_wanted, slot.may_go_on) = (true, true);
            }
        }
        self.wanted += u8::from(slot.is_wanted);
        self.push(literal, slot);
        self.end_value();
        Some(())
    }

    fn push(&mut self, mut literal: Range<usize>, slot: Slot) {
        while literal.len() > PIECE {
            self.pieces.push((literal.start..literal.start + PIECE, Slot::LITERAL));
            literal.start += PIECE;
        }
        self.pieces.push((literal, slot));
    }

    /// Fills a place, unless it has a value.
    fn fill(&mut self, place: usize, value: u8) -> Option<()> {
        let is_free = self.places[place] == ABSENT;
        self.places[place] = value;
        is_free.then_some(())
    }

    /// The paths that led to a member of an object lead no further; those to an array lead to all of it.
    fn end_value(&mut self) {
        if let Some(frame) = self.frames.last() {
            self.ahead.truncate(frame.last_ahead);
        }
    }
}
