//! The texts of rule files that stand for quantities: durations, times of day, weekdays.

use crate::event::TickSpan;

/// The days of a week as rule files name them; Monday is 0.
pub(super) const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Longest duration of a rule file, in seconds (a leap year): state is kept that long.
const MAX_SECONDS: i64 = 366 * 86_400;

const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// What [`parse_duration`] takes, for error messages.
pub(super) const DURATION: &str = "a duration such as \"90s\", \"10m\", \"2h\" or \"14d\"";

/// A whole number and one of `s`, `m`, `h`, `d`; at most 366 days.
pub(super) fn parse_duration(text: &str) -> Option<TickSpan> {
    let unit = text.chars().last()?;
    let (_, seconds) = UNITS.into_iter().find(|&(letter, _)| letter == unit)?;
    let number = text.strip_suffix(unit)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let total = number.parse::<i64>().ok()?.checked_mul(seconds)?;
    (total <= MAX_SECONDS).then(|| TickSpan::seconds(total))
}

/// Reads a duration such as `90s`, `10m`, `2h` or `14d`, at most 366 days.
///
/// # Errors
/// What was expected, and what was found.
pub fn parse_span(text: &str) -> Result<TickSpan, String> {
    parse_duration(text).ok_or_else(|| format!("expected {DURATION}, found {text:?}"))
}

/// The shortest text that [`parse_span`] reads back as `span`, cut to whole seconds.
pub fn duration(span: TickSpan) -> String {
    let seconds = span.as_seconds_f64() as i64;
    let fitting = UNITS.into_iter().find(|(_, length)| seconds != 0 && seconds % length == 0);
    let (letter, length) = fitting.unwrap_or(('s', 1));
    format!("{}{letter}", seconds / length)
}

/// Minute of the day of a text such as `02:30`.
pub(super) fn parse_clock(text: &str) -> Option<u16> {
    let digits = |part: &str| {
        let sound = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| sound)
    };
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// The text that [`parse_clock`] reads back as `minute`.
pub(super) fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_without_a_sound_number_and_unit_are_refused() {
        for text in ["", "10", "m", "-1m", "+1m", "1.5h", "10 m", "1w", "367d", "9999999999999d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert_eq!(parse_span("90s"), Ok(TickSpan::seconds(90)));
        assert_eq!(parse_span("9"), Err(format!("expected {DURATION}, found \"9\"")));
        assert_eq!(duration(TickSpan::default()), "0s");
        assert_eq!(duration(TickSpan::minutes(90)), "90m");
    }

    #[test]
    fn times_of_day_end_before_midnight() {
        for text in ["24:00", "2:00", "02:60", "02-00", "+2:00", "02:000"] {
            assert_eq!(parse_clock(text), None, "{text}");
        }
        assert_eq!(parse_clock("23:59"), Some(1439));
    }

    proptest! {
        /// A duration is read back as it was printed.
        #[test]
        fn printing_and_parsing_durations_are_inverse(seconds in 0..=MAX_SECONDS) {
            let span = TickSpan::seconds(seconds);
            prop_assert_eq!(parse_duration(&duration(span)), Some(span));
        }
    }
}
