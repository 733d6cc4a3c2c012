//! The gate's verdict as Markdown for a pull request or a job summary.
//!
//! Every name is written so that nothing in it is markup, a mention, a link or a reference.

use std::fmt::Write;

use super::model::{GateReport, Verdict, WaiverState};
use super::text::{LOST_SHOWN, foot, headline, what_it_takes};
use crate::escaped::escaped;

/// A comment on a pull request may have 65536 characters; some room is left for the rest.
pub const MARKDOWN_BYTES_MAX: usize = 60_000;
/// Longest cell; hostile names may be of any length.
const CELL_CHARACTERS_MAX: usize = 300;
/// A space of no width: GitHub reads character references before it looks for names and numbers.
const BREAK: &str = "&#8203;";
/// What GitHub takes for the id of a commit.
const HASH_DIGITS_MIN: usize = 7;
const HASH_DIGITS_MAX: usize = 40;
/// For what follows a table that was cut.
const RESERVE_BYTES: usize = 2_000;

/// The report, of at most [`MARKDOWN_BYTES_MAX`] bytes.
pub fn markdown(report: &GateReport) -> String {
    let mut page = Page { text: String::new() };
    let verdict = report.verdict.word();
    page.block(&format!("## Gate: {verdict}\n\n{}\n\n", safe(&headline(report))));
    let rows = report.checks.iter().map(|check| {
        let word = match check.counts_against() {
            true => format!("**{}**", check.word()),
            false => check.word().to_owned(),
        };
        [word, safe(&check.requirement), safe(&check.reason)]
    });
    page.table(["verdict", "requirement", "found"], rows);
    for check in report.checks.iter().filter(|check| !check.lost.is_empty()) {
        page.block(&format!("\n### Lost campaigns: {}\n\n", safe(&check.requirement)));
        let rows = check.lost.iter().map(|campaign| {
            let waived = if campaign.is_waived { " (waived)" } else { "" };
            [
                safe(&campaign.campaign_id) + waived,
                safe(&campaign.attack),
                campaign.severity.map_or("-", |it| it.word()).to_owned(),
                safe(&campaign.found_by.join(" ")),
            ]
        });
        let rows: Vec<_> = rows.take(LOST_SHOWN).collect();
        page.table(["campaign", "attack", "severity", "was found by"], rows);
        if check.lost.len() > LOST_SHOWN {
            page.block(&format!("\nand {} more\n", check.lost.len() - LOST_SHOWN));
        }
    }
    let open = report.checks.iter().filter(|check| check.verdict == Verdict::Inconclusive);
    let open = open.map(|check| [safe(&check.requirement), safe(&what_it_takes(check))]);
    page.section("What could not be told", ["requirement", "what it takes"], open.collect());
    let used = report.waivers.iter().filter(|waiver| waiver.state == WaiverState::Used);
    let used = used.map(|waiver| {
        let owner = waiver.owner.as_deref().unwrap_or("-");
        [safe(&waiver.of), safe(&waiver.reason), safe(owner), waiver.until.clone()]
    });
    page.section("Waivers", ["waived", "reason", "owner", "until"], used.collect());
    for note in &report.notes {
        page.block(&format!("\n{}\n", safe(note)));
    }
    page.block(&format!("\n{}\n", safe(&foot(report))));
    page.text
}

/// Text that never grows beyond its limit.
struct Page {
    text: String,
}

impl Page {
    /// Adds the whole of `block`, or nothing where it does not fit.
    fn block(&mut self, block: &str) {
        if self.text.len() + block.len() <= MARKDOWN_BYTES_MAX {
            self.text.push_str(block);
        }
    }

    fn section<const N: usize>(
        &mut self,
        heading: &str,
        header: [&str; N],
        rows: Vec<[String; N]>,
    ) {
        if !rows.is_empty() {
            self.block(&format!("\n### {heading}\n\n"));
            self.table(header, rows);
        }
    }

    /// As many rows as fit, and how many do not.
    fn table<const N: usize>(
        &mut self,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        let line = |cells: &[String; N]| format!("| {} |\n", cells.join(" | "));
        let mut left_out = 0;
        self.block(&line(&header.map(str::to_owned)));
        self.block(&line(&[const { "---" }; N].map(str::to_owned)));
        for row in rows {
            let line = line(&row);
            if left_out > 0 || self.text.len() + line.len() + RESERVE_BYTES > MARKDOWN_BYTES_MAX {
                left_out += 1;
            } else {
                self.text.push_str(&line);
            }
        }
        if left_out > 0 {
            self.block(&format!("\nand {left_out} more\n"));
        }
    }
}

/// `text` as Markdown that reads as `text`: whatever could be markup is a character reference, and
/// what GitHub looks for in text that is no markup any more is broken up.
fn safe(text: &str) -> String {
    let text = escaped(text);
    let is_long = text.len() > CELL_CHARACTERS_MAX;
    let text: Vec<char> = text.chars().take(CELL_CHARACTERS_MAX).collect();
    let mut safe = String::with_capacity(text.len());
    for (at, &c) in text.iter().enumerate() {
        if is_broken_up(&text, at) {
            safe.push_str(BREAK);
        }
        // A plain point ends a sentence; inside a word it may make a link of it.
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | ',' | ';' | '(' | ')' | '=' | '-' | '%' => {
                safe.push(c);
            }
            _ => write!(safe, "&#{};", c as u32).expect("writing to a string cannot fail"),
        }
    }
    if is_long { safe + " (cut)" } else { safe }
}

/// Whether the character `at` continues what GitHub would make a mention, a link or a reference of:
/// `@name`, `#1`, `://`, `GH-1`, and words of seven to forty hexadecimal digits, which may be commits.
fn is_broken_up(text: &[char], at: usize) -> bool {
    let is_word = |c: &char| c.is_ascii_alphanumeric();
    let before = &text[..at];
    match (before, text[at]) {
        ([.., '@' | '#'], c) => is_word(&c),
        ([.., ':'], '/') => true,
        ([rest @ .., 'g' | 'G', 'h' | 'H', '-'], c) => {
            c.is_ascii_digit() && !rest.last().is_some_and(is_word)
        }
        _ => {
            let start = before.iter().rposition(|c| !is_word(c)).map_or(0, |end| end + 1);
            let length = text[start..].iter().take_while(|c| is_word(c)).count();
            let is_hash = || text[start..start + length].iter().all(char::is_ascii_hexdigit);
            let is_between = at > start && (at - start).is_multiple_of(HASH_DIGITS_MIN - 1);
            is_between && (HASH_DIGITS_MIN..=HASH_DIGITS_MAX).contains(&length) && is_hash()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_markup_a_link_or_a_mention() {
        let hostile = "<script>|`x`|@someone #1 www.evil.example [a](http://b) **c** \u{202e}\n# d";
        let safe = safe(hostile);
        for mark in ["<", ">", "|", "`", "@", "[", "*", "_", "://", "www.", "\n", "\u{202e}"] {
            assert!(!safe.contains(mark), "{mark}: {safe}");
        }
        assert!(!safe.replace("&#", "").contains('#'));
    }
    /// What a reader of the page, and what looks for references in it, is left with.
    fn read(text: &str) -> String {
        safe(text).replace("&#8203;", "|").replace("&#64;", "@").replace("&#35;", "#")
    }

    #[test]
    fn nothing_is_left_that_becomes_a_reference() {
        for (text, left) in [
            ("GH-12 gh-7", "GH-|12 gh-|7"),
            ("GH-x high-12", "GH-x high-12"),
            ("@all a@b #12 # 1", "@|all a@|b #|12 # 1"),
            ("deadbeef", "deadbe|ef"),
            (
                "0123456789abcdef0123456789abcdef01234567",
                "012345|6789ab|cdef01|234567|89abcd|ef0123|4567",
            ),
            ("abcdef deadbeeg 123456", "abcdef deadbeeg 123456"),
            ("DEADBEE-x", "DEADBE|E-x"),
        ] {
            assert_eq!(read(text), left);
        }
    }
}
