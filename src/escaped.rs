//! Text of a log or a file, made fit for a terminal.

use std::fmt::Write;

/// `text` with everything but printable ASCII escaped, so that no name can move the cursor, hide
/// text, turn its direction around or change the width of a line.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => safe.push(c),
            _ => write!(safe, "\\u{{{:x}}}", c as u32).expect("writing to a string cannot fail"),
        }
    }
    safe
}
