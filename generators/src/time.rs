//! Time on the corpus' own axis: 100 ns ticks since the Unix epoch, the calendar, and the text form
//! of Azure's records.
//!
//! Everything is UTC and pure; no clock is read anywhere in this crate.

use crate::json::two_digits;

/// 100 ns ticks since the Unix epoch.
pub(crate) type Ticks = i64;

pub(crate) const MICROSECOND: Ticks = 10;
pub(crate) const MILLISECOND: Ticks = 1_000 * MICROSECOND;
pub(crate) const SECOND: Ticks = 1_000 * MILLISECOND;
pub(crate) const MINUTE: Ticks = 60 * SECOND;
pub(crate) const HOUR: Ticks = 60 * MINUTE;
pub(crate) const DAY: Ticks = 24 * HOUR;

/// Ticks in so many seconds; the generator's parameters are seconds, its descriptors ticks.
pub(crate) fn ticks_from_seconds(seconds: f64) -> Ticks {
    libm::round(seconds * SECOND as f64) as Ticks
}

/// Midnight of an ISO date (`2026-03-02`), or nothing where the text is no date.
pub(crate) fn parse_date(text: &str) -> Option<Ticks> {
    let mut parts = text.split('-');
    let year: i64 = parts.next()?.parse().ok()?;
    let month: i64 = parts.next()?.parse().ok()?;
    let day: i64 = parts.next()?.parse().ok()?;
    let whole = parts.next().is_none() && text.len() == 10 && year >= 1970;
    let days = days_from_civil(year, month, day);
    (whole && civil_from_days(days) == (year, month, day)).then_some(days * DAY)
}

/// Monday is 0, Sunday 6.
pub(crate) fn weekday(time: Ticks) -> i64 {
    (time.div_euclid(DAY) + 3).rem_euclid(7)
}

/// Hour of the UTC day with its fraction.
pub(crate) fn hour_of_day(time: Ticks) -> f64 {
    time.rem_euclid(DAY) as f64 / HOUR as f64
}

/// `2026-03-02T08:12:33.1234567Z`: always seven fraction digits, as Azure writes them.
pub(crate) fn format_rfc3339(time: Ticks) -> String {
    let mut out = Vec::with_capacity(RFC3339_BYTES);
    write_rfc3339(&mut out, time);
    String::from_utf8(out).expect("digits and punctuation are ASCII")
}

/// Length of the text form.
pub(crate) const RFC3339_BYTES: usize = 28;

/// Appends the text form.
pub(crate) fn write_rfc3339(out: &mut Vec<u8>, time: Ticks) {
    let (year, month, day) = civil_from_days(time.div_euclid(DAY));
    let within = time.rem_euclid(DAY);
    let (seconds, fraction) = ((within / SECOND) as u64, (within % SECOND) as u64);
    let mut text = *b"0000-00-00T00:00:00.0000000Z";
    let mut write = |at: usize, value: u64| {
        text[at..at + 2].copy_from_slice(&two_digits(value % 100));
    };
    write(0, year as u64 / 100);
    write(2, year as u64);
    write(5, month as u64);
    write(8, day as u64);
    write(11, seconds / 3_600);
    write(14, seconds / 60 % 60);
    write(17, seconds % 60);
    write(25, fraction);
    write(23, fraction / 100);
    write(21, fraction / 10_000);
    text[20] = b'0' + (fraction / 1_000_000) as u8;
    out.extend_from_slice(&text);
}

/// Days since the epoch of a proleptic Gregorian date (Hinnant's algorithm).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_round_trip_over_four_centuries() {
        for day in (0..146_097).step_by(7) {
            let (year, month, date) = civil_from_days(day);
            assert_eq!(parse_date(&format!("{year:04}-{month:02}-{date:02}")), Some(day * DAY));
        }
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in ["2026-02-29", "2026-13-01", "2026-3-2", "2026-03-02-01", "today"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn the_default_start_is_a_monday_and_prints_with_seven_digits() {
        let start = parse_date("2026-03-02").unwrap();
        assert_eq!(weekday(start), 0);
        assert_eq!(format_rfc3339(start + HOUR + 1), "2026-03-02T01:00:00.0000001Z");
    }
}
