//! The terminal: results on standard output, progress and notes on standard error.

use std::io::{self, IsTerminal, StdoutLock, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::args::{Format, OutputArgs};
use super::exit::Failure;

/// Where a command shows things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    output: OutputArgs,
}

impl Terminal {
    pub(crate) fn new(output: OutputArgs) -> Self {
        Self { output }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.output.format == Format::Json
    }

    /// Writes a result for people. A reader that has seen enough changes no verdict: its going away is no
    /// failure.
    pub(crate) fn text(&self, text: &str) -> Result<(), Failure> {
        show(|stdout| writeln!(stdout, "{}", printable(text.trim_end())))
    }

    /// Writes a result for programs, likewise.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        show(|stdout| {
            serde_json::to_writer_pretty(&mut *stdout, value).map_err(io::Error::from)?;
            writeln!(stdout)
        })
    }

    /// Says something by the way; not when quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.output.quiet {
            // Nobody may be listening; what matters is said elsewhere, too.
            let _ = writeln!(io::stderr(), "{}", printable(text));
        }
    }

    /// A progress bar over `total` steps of `unit`; invisible when quiet or not on a terminal.
    pub(crate) fn progress(&self, label: &'static str, unit: Unit) -> ProgressBar {
        let hidden = self.output.quiet || !io::stderr().is_terminal();
        let target =
            if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let template = match unit {
            Unit::Events => "{prefix:>10} [{bar:32}] {human_pos}/{human_len} events {eta:>4}",
            Unit::Paced => "{prefix:>10} [{bar:20}] {msg}",
            Unit::Bytes => "{prefix:>10} [{bar:32}] {bytes}/{total_bytes} {bytes_per_sec} {eta:>4}",
        };
        let style = ProgressStyle::with_template(template).expect("the template is a constant");
        ProgressBar::with_draw_target(Some(0), target)
            .with_style(style.progress_chars("=> "))
            .with_prefix(label)
    }
}

/// Writes to standard output, as far as somebody reads there.
fn show(write: impl FnOnce(&mut StdoutLock<'static>) -> io::Result<()>) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// `text` with control characters other than line ends escaped, and with those that turn the direction
/// of text, hide or break it: names in it may come from a log or a file that wants to write to the
/// terminal. What draws a fault in a file is not ASCII, and stays.
pub(super) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let is_format = matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
        let is_kept = c == '\n' || !(c.is_control() || is_format);
        if is_kept { safe.push(c) } else { safe.extend(c.escape_default()) }
    }
    safe
}

/// What a progress bar counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    Events,
    Bytes,
    /// Bytes, with a message of its own beside the bar.
    Paced,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_printed_can_move_the_cursor_or_change_colours() {
        assert_eq!(printable("a\nb\u{1b}[31m\r\u{9b}2J"), "a\nb\\u{1b}[31m\\r\\u{9b}2J");
    }

    #[test]
    fn nothing_printed_can_turn_its_direction_around_or_hide_and_lines_stay_lines() {
        assert_eq!(
            printable("\u{202e}a\u{2066}\u{200b}\u{feff}\n\n b\n"),
            "\\u{202e}a\\u{2066}\\u{200b}\\u{feff}\n\n b\n"
        );
    }
}
