//! A writer of HTML and inline SVG that cannot forget to escape or to close.
//!
//! Tags and attribute names are constants of this program, everything else is text and escaped on the
//! way in: there is no way to hand markup in but [`Html::asset`], which takes constants only. What
//! comes out, styles and scripts left out, is well-formed XML as well (`tests/report_suite` holds it), so that a balance of tags can
//! be checked.

use std::fmt::{self, Display, Write};

/// Longest name from a log or a file that is shown; the rest is counted.
const NAME_CHARS_MAX: usize = 72;
/// Longest sentence from a file, likewise.
const SENTENCE_CHARS_MAX: usize = 320;
/// Longest conclusion from a file, which has several sentences.
const CONCLUSION_CHARS_MAX: usize = 1_200;

/// Attributes of an element: names are constants, values are escaped.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a dyn Display)];

/// Markup under construction.
#[derive(Debug, Default)]
pub(super) struct Html {
    markup: String,
}

impl Html {
    /// The finished markup.
    pub(super) fn finish(self) -> String {
        self.markup
    }

    /// An element with whatever `content` writes inside.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: Attributes<'_>,
        content: impl FnOnce(&mut Self),
    ) {
        self.open(tag, attributes);
        self.markup.push('>');
        content(self);
        self.push(&["</", tag, ">"]);
    }

    /// An element that holds nothing.
    pub(super) fn void(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.open(tag, attributes);
        self.markup.push_str("/>");
    }

    /// An element that holds only text.
    pub(super) fn leaf(
        &mut self,
        tag: &'static str,
        attributes: Attributes<'_>,
        text: impl Display,
    ) {
        self.element(tag, attributes, |html| html.text(text));
    }

    /// Text of this program or figures; escaped like any other.
    pub(super) fn text(&mut self, text: impl Display) {
        self.escaped(&text);
    }

    /// The document type, and the newline after it.
    pub(super) fn doctype(&mut self) {
        self.markup.push_str("<!doctype html>\n");
    }

    /// A style or script of this program, which stands as it is so that its hash holds.
    pub(super) fn asset(&mut self, tag: &'static str, asset: &'static str) {
        self.push(&["<", tag, ">", asset, "</", tag, ">"]);
    }

    fn open(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.push(&["<", tag]);
        for (name, value) in attributes {
            self.push(&[" ", name, "=\""]);
            self.escaped(value);
            self.markup.push('"');
        }
    }

    fn escaped(&mut self, text: &dyn Display) {
        write!(Escaping(&mut self.markup), "{text}").expect("writing to a string cannot fail");
    }

    fn push(&mut self, parts: &[&'static str]) {
        self.markup.extend(parts.iter().copied());
    }
}

/// Escapes whatever is written to it.
struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c if is_invisible(c) => write!(self.0, "\\u{{{:x}}}", c as u32)?,
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

/// What moves a cursor, turns the direction of text around or cannot be seen at all.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// A name that comes from a log or a file: printable ASCII, cut to a length that a table bears.
pub(super) fn name(name: &str) -> String {
    cut(name, NAME_CHARS_MAX)
}

/// A sentence that comes from a file, or holds names of a log: likewise, but longer.
pub(super) fn sentence(sentence: &str) -> String {
    cut(sentence, SENTENCE_CHARS_MAX)
}

/// A conclusion that comes from a file: likewise, but longer still.
pub(super) fn conclusion(conclusion: &str) -> String {
    cut(conclusion, CONCLUSION_CHARS_MAX)
}

fn cut(text: &str, chars_max: usize) -> String {
    let chars = text.chars().count();
    if chars <= chars_max {
        return crate::escaped::escaped(text);
    }
    let shown: String = text.chars().take(chars_max).collect();
    format!("{}… ({chars} characters)", crate::escaped::escaped(&shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(attribute: &str, text: &str) -> String {
        let mut html = Html::default();
        html.element("p", &[("title", &attribute)], |html| html.text(text));
        html.finish()
    }

    #[test]
    fn markup_in_text_and_attributes_stays_text() {
        assert_eq!(
            page("\" onload='x'", "<b>&\u{1b}[31m\u{202e}"),
            "<p title=\"&quot; onload=&#39;x&#39;\">&lt;b&gt;&amp;\\u{1b}[31m\\u{202e}</p>"
        );
    }

    #[test]
    fn a_long_name_is_cut_and_says_so() {
        let long = name(&"é".repeat(10_000));
        assert!(long.ends_with("… (10000 characters)"), "{long}");
        assert_eq!(name(&"x".repeat(NAME_CHARS_MAX)), "x".repeat(NAME_CHARS_MAX));
    }

    proptest! {
        /// Whatever the text, the only markup is ours, and undoing the escapes gives the text back.
        #[test]
        fn no_text_adds_markup(attribute in any::<String>(), text in any::<String>()) {
            let page = page(&attribute, &text);
            prop_assert_eq!(page.matches('<').count(), 2);
            prop_assert_eq!(page.matches('>').count(), 2);
            prop_assert_eq!(page.matches('"').count(), 2);
            prop_assert!(!page.chars().any(is_invisible));
            let inner = &page[page.find('>').unwrap() + 1..page.len() - "</p>".len()];
            let undone = inner.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            let undone = undone.replace("&#39;", "'").replace("&amp;", "&");
            let shown = text.chars().map(|c| match is_invisible(c) {
                true => format!("\\u{{{:x}}}", c as u32),
                false => c.to_string(),
            });
            prop_assert_eq!(undone, shown.collect::<String>());
        }
    }
}
