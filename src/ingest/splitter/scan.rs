//! Finds where one JSON value ends, by its brackets and quotes alone.
//!
//! Contract: one pass, no recursion, no memory; what is well-formed ends where a parser would end it,
//! what is not either ends somewhere or is broken at a byte. Whether it is JSON is for the parser to say.

use crate::ingest::line::MAX_DEPTH;

/// A value that does not end, and the byte at which that shows; the length of the input if its end does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken(pub(super) usize);

/// One bit for each open bracket, the innermost last: whether it is a brace.
type Kinds = u128;

/// Brackets deeper than this are counted only; no parser reads them.
const MAX_KINDS: usize = Kinds::BITS as usize;

const _: () = assert!(MAX_DEPTH < MAX_KINDS, "a record that is parsed is checked");

/// Whether a document may begin there that has nothing to do with what precedes it: an opening bracket
/// at the start of a line.
pub(crate) fn is_boundary(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at), Some(b'{' | b'[')) && (at == 0 || bytes[at - 1] == b'\n')
}

/// The first byte from `at` on that is not blank, or where the input ends. A bounded scan is broken at
/// the next [boundary](is_boundary).
pub(super) fn blanks(bytes: &[u8], mut at: usize, is_bounded: bool) -> Result<usize, Broken> {
    while let Some(byte) = bytes.get(at).filter(|byte| byte.is_ascii_whitespace()) {
        at += 1;
        if *byte == b'\n' && is_bounded && is_boundary(bytes, at) {
            return Err(Broken(at));
        }
    }
    Ok(at)
}

/// Where the value that begins at `at`, which is not blank, ends.
pub(super) fn value(bytes: &[u8], at: usize, is_bounded: bool) -> Result<usize, Broken> {
    match bytes.get(at) {
        Some(b'"') => string(bytes, at),
        Some(b'{' | b'[') => nested(bytes, at, is_bounded),
        Some(_) => {
            let ends = |byte: &u8| {
                matches!(byte, b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"')
                    || byte.is_ascii_whitespace()
            };
            let length = bytes[at..].iter().position(ends).unwrap_or(bytes.len() - at);
            if length == 0 { Err(Broken(at)) } else { Ok(at + length) }
        }
        None => Err(Broken(at)),
    }
}

/// Where the string whose first quote is at `at` ends. Its line has to end later: JSON's strings hold no
/// line ends.
pub(super) fn string(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    let mut at = at + 1;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(next) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
            return Err(Broken(bytes.len()));
        };
        at += next;
        match (bytes[at], bytes.get(at + 1)) {
            (b'"', _) => return Ok(at + 1),
            (b'\\', Some(b'\n')) => return Err(Broken(at + 1)),
            (b'\\', _) => at += 2,
            _ => return Err(Broken(at)),
        }
    }
}

/// Where the object or array that opens at `at` is closed.
fn nested(bytes: &[u8], mut at: usize, is_bounded: bool) -> Result<usize, Broken> {
    let (mut depth, mut kinds, mut before): (usize, Kinds, u8) = (0, 0, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string(bytes, at)?;
                before = byte;
                continue;
            }
            b'{' | b'[' => {
                let is_due = match depth {
                    0 => true,
                    _ if depth > MAX_KINDS => true,
                    _ if kinds & 1 == 1 => before == b':',
                    _ => matches!(before, b'[' | b','),
                };
                if !is_due {
                    return Err(Broken(at));
                }
                if depth < MAX_KINDS {
                    kinds = kinds << 1 | Kinds::from(byte == b'{');
                }
                depth += 1;
                before = byte;
            }
            b'}' | b']' => {
                if depth <= MAX_KINDS {
                    if (kinds & 1 == 1) != (byte == b'}') {
                        return Err(Broken(at));
                    }
                    kinds >>= 1;
                }
                depth -= 1;
                if depth == 0 {
                    return Ok(at + 1);
                }
                before = byte;
            }
            b'\n' if is_bounded && is_boundary(bytes, at + 1) => return Err(Broken(at + 1)),
            _ if byte.is_ascii_whitespace() => {}
            _ => before = byte,
        }
        at += 1;
    }
    Err(Broken(bytes.len()))
}
