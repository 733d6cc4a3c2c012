//! Text in lines that fit a terminal, broken between words.
//!
//! A word that is wider than a line stays whole: a reference, the name of a file.

use std::fmt::Write;

/// Widest line, where words allow it.
pub(crate) const WIDTH: usize = 80;

/// Adds `words` as lines that start with `first`, and then with `later`.
pub(crate) fn wrapped(text: &mut String, (first, later): (&str, &str), words: &str) {
    let mut line = first.to_owned();
    let mut is_fresh = true;
    for word in words.split_whitespace() {
        let width = line.chars().count() + 1 + word.chars().count();
        if !is_fresh && width > WIDTH {
            writeln!(text, "{line}").expect("writing to a String cannot fail");
            later.clone_into(&mut line);
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(word);
        is_fresh = false;
    }
    writeln!(text, "{line}").expect("writing to a String cannot fail");
}

/// The lines of `text`, each broken between words where it is too wide; a longer word stays whole.
pub(crate) fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut width = 0;
    for word in text.split_inclusive([' ', '\n']) {
        let shown = word.trim_end().chars().count();
        if width > 0 && width + shown > WIDTH {
            out.truncate(out.trim_end().len());
            out.push('\n');
            width = 0;
        }
        out.push_str(word);
        width = if word.ends_with('\n') { 0 } else { width + word.chars().count() };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_left_as_it_is() {
        let fits = "a b\n\n  c, d: e\n";
        assert_eq!(folded(fits), fits);
        let (half, whole) = ("x".repeat(39), "y".repeat(81));
        assert_eq!(folded(&format!("{half} {half}x z\n")), format!("{half} {half}x\nz\n"));
        assert_eq!(folded(&format!("a {whole} b")), format!("a\n{whole}\nb"));
    }
}
