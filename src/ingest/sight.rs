//! Where the paths of the wanted fields lead in a record, found in one walk for all of them.
//!
//! Contract: what is found is what following each path alone finds, or the walk says that it cannot tell:
//! where a path has several values, where it could go on inside a string, and where a key is repeated.
//! Those are rare, and left to the slower way. Nothing is allocated once buffers have grown.

use simd_json::Node;

use super::value::{Value, size};
use crate::event::Source;

/// The root, which no path leads to, stands for nothing.
const NOWHERE: u32 = 0;

/// What one walk has found, by the source's place in the list.
#[derive(Debug)]
pub(super) struct Sight {
    /// Which node stands at the path.
    found: Vec<u32>,
    /// A stack of the paths that lead on.
    ahead: Vec<Ahead>,
}

/// A path that leads into the value that is walked.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    /// The source's place in the list.
    place: usize,
    /// How much of the path lies behind.
    gone: usize,
    /// Whether it went on already.
    is_taken: bool,
}

/// Paths whose values one walk cannot tell.
struct Unclear;

impl Sight {
    pub(super) fn new(sources: &[Source]) -> Self {
        Self { found: vec![NOWHERE; sources.len()], ahead: Vec::new() }
    }

    /// Follows the paths through a record; whether all that they lead to is found.
    pub(super) fn look(&mut self, nodes: &[Node<'_>], sources: &[Source]) -> bool {
        self.found.fill(NOWHERE);
        self.ahead.clear();
        let all = (0..sources.len()).map(|place| Ahead { place, gone: 0, is_taken: false });
        self.ahead.extend(all);
        sources.is_empty() || self.walk(nodes, 0, 0, sources).is_ok()
    }

    /// Whether no path leads anywhere.
    pub(super) fn is_empty(&self) -> bool {
        self.found.iter().all(|found| *found == NOWHERE)
    }

    /// What stands at the source in the place.
    pub(super) fn at<'t, 'i>(&self, nodes: &'t [Node<'i>], place: usize) -> Value<'t, 'i> {
        let start = self.found[place] as usize;
        let its = nodes.get(start..).filter(|_| start > 0).unwrap_or_default();
        Value::Tape(its.first().map_or(&[], |node| &its[..size(node)]))
    }

    /// Follows the paths ahead, from number `first` on, into the value at a node.
    fn walk(
        &mut self,
        nodes: &[Node<'_>],
        at: usize,
        first: usize,
        sources: &[Source],
    ) -> Result<(), Unclear> {
        let end = at + size(&nodes[at]);
        let mut next = at + 1;
        match &nodes[at] {
            Node::Object { .. } => {
                while next < end {
                    let Node::String(key) = &nodes[next] else { return Err(Unclear) };
                    self.enter(nodes, (key, next + 1), first, sources)?;
                    next += 1 + size(&nodes[next + 1]);
                }
                Ok(())
            }
            Node::Array { .. } => {
                while next < end {
                    self.walk(nodes, next, first, sources)?;
                    next += size(&nodes[next]);
                }
                Ok(())
            }
            Node::String(text) if looks_like_json(text) => Err(Unclear),
            Node::String(_) | Node::Static(_) => Ok(()),
        }
    }

    /// Goes one key further, in an object, to the value of a member.
    fn enter(
        &mut self,
        nodes: &[Node<'_>],
        (key, value): (&str, usize),
        first: usize,
        sources: &[Source],
    ) -> Result<(), Unclear> {
        let last = self.ahead.len();
        for index in first..last {
            let Ahead { place, gone, is_taken } = self.ahead[index];
            let Some(step) = Step::along(&sources[place].path[gone..], key) else { continue };
            // A repeated key, one key with dots and one without, or several elements of an array.
            if is_taken {
                return Err(Unclear);
            }
            self.ahead[index].is_taken = true;
            match step {
                Step::On => {
                    self.ahead.push(Ahead { place, gone: gone + key.len() + 1, is_taken: false });
                }
                Step::There if self.found[place] == NOWHERE => self.found[place] = value as u32,
                Step::There => return Err(Unclear),
            }
        }
        if self.ahead.len() > last {
            self.walk(nodes, value, last, sources)?;
            self.ahead.truncate(last);
        }
        Ok(())
    }
}

/// What a key is to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Its next part: the path goes on behind the dot.
    On,
    /// Its last.
    There,
}

impl Step {
    /// Whether the path starts with this key, which may hold dots itself.
    pub(super) fn along(path: &str, key: &str) -> Option<Self> {
        // Most keys differ in their first byte, and need no more of a look.
        if key.bytes().next().is_some_and(|first| path.bytes().next() != Some(first)) {
            return None;
        }
        match path.strip_prefix(key)? {
            "" | "." => Some(Self::There),
            rest => rest.starts_with('.').then_some(Self::On),
        }
    }
}

/// Whether a string may hold an object or an array, in which a path can go on.
pub(super) fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}
