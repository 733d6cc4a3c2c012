//! Finds the records of a file in place: its lines, and the elements of its containers.
//!
//! A container is an array; an object with an array under `records` (Event Hub) or `value` (answers of
//! Azure's interfaces); and the answer to a search, `{"hits":{"hits":[..]}}`. Its elements are records,
//! whatever they are; so is any object that is no container. Containers may stand one after another, on
//! a line among others, or go on over many lines. An element may be a container in turn, as where messages
//! of an Event Hub were put into an array: [`Records::inside`] gives its records.
//!
//! Contract: one pass over the bytes, no recursion, constant memory. Records come in file order and do
//! not overlap; whatever lies outside of them is blank or part of a container. What is broken is a
//! record, too, that no parser accepts, or one with a fault: nothing is passed over in silence. Behind it
//! reading goes on at the next line. What a container has beyond its limit is records with a fault, too;
//! they are counted along with where reading stands, so that it does not matter where a file is cut.
//!
//! **Lines.** A file of lines is cut anywhere between two of them, so no document of it may reach over
//! an opening bracket at the start of a line. Only while a file has whole documents of more than one
//! line from its beginning on may they hold such lines. So a broken line costs no other.

mod scan;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub(crate) use self::scan::is_boundary;
use self::scan::{Broken, blanks, string, value};
use super::line::Reason;
use crate::limits::Limits;

/// What some editors and exports put before UTF-8 text.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A record, by where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its bytes, without blanks around them.
    pub bytes: Range<usize>,
    /// What is wrong with it beyond what a parser would say.
    pub fault: Option<Reason>,
}

/// Where reading stands between two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    place: Place,
    reach: Reach,
    /// Elements of the container so far; none between two documents.
    elements: u64,
}

/// What may reach over a line that begins like a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Whatever is well-formed.
    All,
    /// The container that is being read, one of whose elements is broken; not its elements.
    Container,
    /// Nothing.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between two documents.
    Document,
    /// Among the elements of a container's array.
    Elements(Level),
    /// Behind that array, in the object that holds it.
    Members(Level),
}

/// How many objects are open around the elements of a container: none, the document, `hits` in it.
type Level = u8;

const DOCUMENT: Level = 1;
const HITS: Level = 2;

impl State {
    /// At the start of a file.
    pub(crate) const START: Self = Self::between(Reach::All);
    /// Between two lines.
    pub(crate) const LINES: Self = Self::between(Reach::Nothing);

    const fn between(reach: Reach) -> Self {
        Self { place: Place::Document, reach, elements: 0 }
    }
}

/// The records of a file's bytes.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    state: State,
    /// Elements of one container that have no fault for being too many.
    elements_max: u64,
}

/// What a walk along the members of an object has met.
enum Walk {
    /// The array of a container, so deep, and where its elements begin.
    Array(Level, usize),
    /// The end of the document.
    End(usize),
}

impl<'a> Records<'a> {
    /// All records of a file.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::resume(bytes, 0, State::START)
    }

    /// Those from `at` on in a file's bytes, where reading stood so.
    pub(crate) fn resume(bytes: &'a [u8], at: usize, state: State) -> Self {
        // A byte order mark is no part of the first record.
        let has_mark = at == 0 && bytes.starts_with(BYTE_ORDER_MARK);
        let at = if has_mark { BYTE_ORDER_MARK.len() } else { at };
        Self { bytes, at, state, elements_max: Limits::DEFAULT.envelope_records }
    }

    /// Those that a record holds which is a container itself; the record, where it is none.
    pub(crate) fn inside(bytes: &'a [u8], record: Range<usize>) -> Self {
        let elements_max = Limits::DEFAULT.envelope_records;
        let bytes = &bytes[..record.end];
        Self { bytes, at: record.start, state: State::START, elements_max }
    }

    /// Those from the line at `at` on in a piece of a file.
    pub(super) fn of_lines(bytes: &'a [u8], at: usize) -> Self {
        let elements_max = Limits::DEFAULT.envelope_records;
        Self { bytes, at, state: State::LINES, elements_max }
    }

    /// The same where a container may have so many records.
    pub(crate) fn within(self, elements_max: u64) -> Self {
        Self { elements_max, ..self }
    }

    /// Where the next record is looked for, and how reading stands.
    pub(crate) fn reached(&self) -> (usize, State) {
        (self.at, self.state)
    }

    /// Whether the next record is looked for at the beginning of a line that stands for itself.
    pub(super) fn is_between_lines(&self) -> bool {
        self.state == State::LINES && (self.at == 0 || self.bytes[self.at - 1] == b'\n')
    }

    /// Whether a document may begin there that has nothing to do with those before it.
    pub(crate) fn is_at_boundary(&self) -> bool {
        self.state == State::LINES && is_boundary(self.bytes, self.at)
    }

    /// Whether what follows is a document that has to be read from its beginning: it goes on behind its
    /// line, at the start of a file.
    pub(crate) fn is_over_lines(&mut self) -> bool {
        if self.state == State::START {
            let blank = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace());
            let start = self.at + blank.count();
            let end = self.line_end(start);
            let opens = matches!(self.bytes.get(start), Some(b'{' | b'['));
            let goes_on = || opens && value(&self.bytes[..end], start, false) == Err(Broken(end));
            // Where nothing follows, nothing can be told.
            if start < self.bytes.len() && !goes_on() {
                self.state = State::LINES;
            }
        }
        self.state != State::LINES
    }

    /// Whether a file begins with a document of several lines, or part of one; one that is broken is none.
    pub(crate) fn has_documents(mut self) -> bool {
        self.is_over_lines() && self.next().is_some() && self.state != State::LINES
    }

    /// A document, or the line on which there is none; nothing where a container begins.
    fn document(&mut self) -> Option<Found> {
        let is_over_lines = self.is_over_lines();
        let Ok(start) = blanks(self.bytes, self.at, false) else { return None };
        self.at = start;
        if self.is_marked_line(start) {
            self.at += BYTE_ORDER_MARK.len();
            return None;
        }
        match self.bytes.get(start)? {
            b'[' => {
                self.state.place = Place::Elements(0);
                self.at += 1;
                None
            }
            b'{' => match self.walk(start + 1, DOCUMENT) {
                Ok(Walk::Array(level, at)) => {
                    (self.state.place, self.at) = (Place::Elements(level), at);
                    None
                }
                Ok(Walk::End(end)) => {
                    self.end_document(end);
                    Some(Found { bytes: start..end, fault: None })
                }
                // With lines like its first one in it, it was no document, but a line that is broken.
                Err(_) if is_over_lines => {
                    self.state = State::LINES;
                    None
                }
                Err(broken) => Some(self.give_up(start, broken)),
            },
            _ => Some(self.give_up(start, Broken(start))),
        }
    }

    /// Whether a line begins with a byte order mark: files put one after another keep theirs.
    fn is_marked_line(&self, at: usize) -> bool {
        self.bytes[at..].starts_with(BYTE_ORDER_MARK) && (at == 0 || self.bytes[at - 1] == b'\n')
    }

    /// An element of a container; nothing where they end.
    fn element(&mut self, level: Level) -> Option<Found> {
        let is_bounded = self.is_bounded();
        let mut at = self.at;
        if is_bounded && is_boundary(self.bytes, at) {
            return Some(self.cut_off(at, Broken(at)));
        }
        loop {
            match blanks(self.bytes, at, is_bounded) {
                Ok(next) if self.bytes.get(next) == Some(&b',') => at = next + 1,
                Ok(next) => {
                    at = next;
                    break;
                }
                Err(broken) => return Some(self.cut_off(at, broken)),
            }
        }
        match self.bytes.get(at) {
            None => Some(self.cut_off(at, Broken(at))),
            Some(b']') if level == 0 => {
                self.end_document(at + 1);
                None
            }
            Some(b']') => {
                (self.state.place, self.at) = (Place::Members(level), at + 1);
                None
            }
            Some(_) => match value(self.bytes, at, self.state.reach != Reach::All) {
                Ok(end) => {
                    self.at = end;
                    Some(Found { bytes: at..end, fault: None })
                }
                // Once more, lest it cost those behind it.
                Err(_) if self.state.reach == Reach::All => {
                    self.state.reach = Reach::Container;
                    None
                }
                Err(broken) if self.is_cut_off(broken) => Some(self.cut_off(at, broken)),
                Err(broken) => Some(self.give_up(at, broken)),
            },
        }
    }

    /// Counts an element, unless it is what a container is cut off with; one too many has a fault.
    fn counted(&mut self, found: Found) -> Found {
        if self.state.place == Place::Document {
            return found;
        }
        self.state.elements += 1;
        let is_too_many = self.state.elements > self.elements_max;
        Found { fault: found.fault.or(is_too_many.then_some(Reason::TooMany)), ..found }
    }

    /// The rest of a container behind its elements; nothing where that is as it should be.
    fn members(&mut self, level: Level) -> Option<Found> {
        match self.walk(self.at, level) {
            Ok(Walk::Array(level, at)) => {
                (self.state.place, self.at) = (Place::Elements(level), at);
                None
            }
            Ok(Walk::End(end)) => {
                self.end_document(end);
                None
            }
            Err(broken) if self.is_cut_off(broken) => Some(self.cut_off(self.at, broken)),
            Err(broken) => {
                self.state = State::LINES;
                Some(self.give_up(self.at, broken))
            }
        }
    }

    /// Goes along the members of an object from `at` on, up to the array of a container.
    fn walk(&self, mut at: usize, mut level: Level) -> Result<Walk, Broken> {
        let (bytes, is_bounded) = (self.bytes, self.is_bounded());
        loop {
            at = blanks(bytes, at, is_bounded)?;
            match bytes.get(at) {
                Some(b',') => at += 1,
                Some(b'}') if level == DOCUMENT => return Ok(Walk::End(at + 1)),
                Some(b'}') => (at, level) = (at + 1, DOCUMENT),
                Some(b'"') => {
                    let end = string(bytes, at)?;
                    let key = &bytes[at + 1..end - 1];
                    at = blanks(bytes, end, is_bounded)?;
                    if bytes.get(at) != Some(&b':') {
                        return Err(Broken(at));
                    }
                    at = blanks(bytes, at + 1, is_bounded)?;
                    match (bytes.get(at), level, key) {
                        (Some(b'['), DOCUMENT, b"records" | b"value")
                        | (Some(b'['), HITS, b"hits") => {
                            return Ok(Walk::Array(level, at + 1));
                        }
                        (Some(b'{'), DOCUMENT, b"hits") => (at, level) = (at + 1, HITS),
                        _ => at = value(bytes, at, is_bounded)?,
                    }
                }
                _ => return Err(Broken(at)),
            }
        }
    }

    /// Goes on behind a document, on the next line if nothing more is on this one.
    fn end_document(&mut self, mut at: usize) {
        while self.bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
            if self.bytes[at - 1] == b'\n' {
                break;
            }
        }
        (self.state.place, self.state.elements, self.at) = (Place::Document, 0, at);
        if self.state.reach == Reach::Container {
            self.state = State::LINES;
        }
    }

    /// Whether lines that begin like a document are not passed.
    fn is_bounded(&self) -> bool {
        self.state.reach == Reach::Nothing
    }

    /// Whether a container ends there without being closed.
    fn is_cut_off(&self, Broken(at): Broken) -> bool {
        at == self.bytes.len() || (self.is_bounded() && is_boundary(self.bytes, at))
    }

    /// The rest of a container that is not closed.
    fn cut_off(&mut self, start: usize, Broken(at): Broken) -> Found {
        (self.state, self.at) = (State::LINES, at);
        Found { bytes: self.trimmed(start, at), fault: Some(Reason::Unclosed) }
    }

    /// What is broken: from `start` to the end of the line that shows it, or if that begins with what
    /// cannot follow, to its beginning.
    fn give_up(&mut self, start: usize, Broken(at): Broken) -> Found {
        let line_start = memchr::memrchr(b'\n', &self.bytes[start..at]).map(|it| start + it + 1);
        let begins_line = |from: usize| self.bytes[from..at].iter().all(u8::is_ascii_whitespace);
        let end = match line_start {
            Some(line_start) if at < self.bytes.len() && begins_line(line_start) => line_start,
            _ => self.line_end(at),
        };
        self.at = end + usize::from(self.bytes.get(end) == Some(&b'\n'));
        Found { bytes: self.trimmed(start, end), fault: None }
    }

    /// Where the line ends that goes on at `at`.
    fn line_end(&self, at: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |length| at + length)
    }

    fn trimmed(&self, start: usize, end: usize) -> Range<usize> {
        let text = &self.bytes[start..end];
        let start = start + (text.len() - text.trim_ascii_start().len());
        start..start + text.trim_ascii().len()
    }
}

impl Iterator for Records<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let is_at_end = self.at == self.bytes.len();
            let found = match self.state.place {
                Place::Document if is_at_end => return None,
                Place::Document => self.document(),
                Place::Elements(level) => {
                    let element = self.element(level);
                    element.map(|found| self.counted(found))
                }
                Place::Members(level) => self.members(level),
            };
            // Blanks alone, behind which a container goes on as it should not, are no record: what follows is.
            if found.as_ref().is_some_and(|found| found.fault.is_some() || !found.bytes.is_empty())
            {
                return found;
            }
        }
    }
}

/// The record that begins at `at` in a file's bytes: one value, or what is left of the line if that is
/// broken.
pub(crate) fn record_at(bytes: &[u8], at: usize) -> &[u8] {
    let end = value(bytes, at, false).unwrap_or_else(|_| {
        memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length)
    });
    &bytes[at..end]
}
