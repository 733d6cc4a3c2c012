//! Dates in queries: a text that leaves parts out stands for the whole period.

use crate::event::{TickSpan, Ticks};

/// What the parts of a timestamp are that a text leaves out.
const START: &str = "0000-01-01T00:00:00Z";

/// The first and last tick of the period that `text` stands for: a year, month, day, hour, minute or
/// second; an instant where it has a fraction of a second. UTC where it has no zone.
pub(super) fn period(text: &str) -> Option<(Ticks, Ticks)> {
    let first = |text: &str| Ticks::parse(text.as_bytes()).ok();
    if text.contains('.') {
        let instant = first(text).or_else(|| first(&format!("{text}Z")))?;
        return Some((instant, instant));
    }
    let (start, end) = match text.len() {
        4 => (filled(text)?, next_year(text)),
        7 => (filled(text)?, next_month(text)),
        10 => (filled(text)?, filled(text)? + TickSpan::days(1)),
        13 => (filled(text)?, filled(text)? + TickSpan::hours(1)),
        16 => (filled(text)?, filled(text)? + TickSpan::minutes(1)),
        19 => (filled(text)?, filled(text)? + TickSpan::seconds(1)),
        _ => (first(text)?, first(text)? + TickSpan::seconds(1)),
    };
    Some((start, Ticks(end.0 - 1)))
}

fn filled(text: &str) -> Option<Ticks> {
    let rest = START.get(text.len()..)?;
    Ticks::parse(format!("{text}{rest}").as_bytes()).ok()
}

/// After the last year there is no other.
fn next_year(year: &str) -> Ticks {
    let next = year.parse::<u32>().ok().and_then(|year| filled(&format!("{:04}", year + 1)));
    next.unwrap_or(Ticks::MAX)
}

fn next_month(month: &str) -> Ticks {
    let (year, number) = (&month[..4], month[5..].parse::<u32>().unwrap_or_default());
    match number {
        12 => next_year(year),
        _ => filled(&format!("{year}-{:02}", number + 1)).unwrap_or(Ticks::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Option<(String, String)> {
        period(text).map(|(first, last)| (first.to_string(), last.to_string()))
    }

    #[test]
    fn a_date_stands_for_all_that_it_leaves_open() {
        for (text, first, last) in [
            ("2024", "2024-01-01T00:00:00.0000000Z", "2024-12-31T23:59:59.9999999Z"),
            ("2024-02", "2024-02-01T00:00:00.0000000Z", "2024-02-29T23:59:59.9999999Z"),
            ("2024-12", "2024-12-01T00:00:00.0000000Z", "2024-12-31T23:59:59.9999999Z"),
            ("2024-02-29", "2024-02-29T00:00:00.0000000Z", "2024-02-29T23:59:59.9999999Z"),
            ("2024-02-29T12", "2024-02-29T12:00:00.0000000Z", "2024-02-29T12:59:59.9999999Z"),
            ("2024-02-29T12:30", "2024-02-29T12:30:00.0000000Z", "2024-02-29T12:30:59.9999999Z"),
            ("2024-02-29T12:30:05", "2024-02-29T12:30:05.0000000Z", "2024-02-29T12:30:05.9999999Z"),
            (
                "2024-02-29T12:30:05+01:00",
                "2024-02-29T11:30:05.0000000Z",
                "2024-02-29T11:30:05.9999999Z",
            ),
            (
                "2024-02-29T12:30:05.5",
                "2024-02-29T12:30:05.5000000Z",
                "2024-02-29T12:30:05.5000000Z",
            ),
        ] {
            assert_eq!(printed(text), Some((first.to_owned(), last.to_owned())), "{text}");
        }
        assert_eq!(period("9999").map(|(_, last)| last), Some(Ticks(Ticks::MAX.0 - 1)));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "now", "now-1d", "2023-02-29", "20240", "2024-13", "2024-02-29T25", "éé"]
        {
            assert_eq!(period(text), None, "{text}");
        }
    }
}
