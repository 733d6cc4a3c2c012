//! Event time: 100 ns ticks since the Unix epoch, the resolution of Azure's seven-digit fractions.
//!
//! Parsing and printing are exact inverses for years 0000-9999. Leap seconds (`:60`) are read as the
//! last tick of their minute, so that order is kept and no day grows.

use std::fmt;
use std::ops::{Add, Sub};

/// A point in time, in 100 ns ticks since 1970-01-01T00:00:00Z (negative before it).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticks(pub i64);

/// A length of time, in 100 ns ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TickSpan(pub i64);

/// The text is not an RFC 3339 UTC or offset timestamp between the years 0000 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a timestamp such as 2026-03-02T08:12:33.1234567Z")]
pub struct ParseTimeError;

const SECOND: i64 = 10_000_000;
const DAY: i64 = 86_400 * SECOND;
/// The first and last tick that four digits of year can write.
const WRITABLE: std::ops::RangeInclusive<i64> =
    days_from_civil(0, 1, 1) * DAY..=days_from_civil(10_000, 1, 1) * DAY - 1;

impl Ticks {
    /// Earlier than every event: the watermark before sixteen events have arrived.
    pub const MIN: Self = Self(i64::MIN);
    /// Later than every event.
    pub const MAX: Self = Self(i64::MAX);
    /// The first one that can be written, and read again.
    pub const FIRST_WRITABLE: Self = Self(*WRITABLE.start());
    /// The last one that can be written, and read again.
    pub const LAST_WRITABLE: Self = Self(*WRITABLE.end());

    /// Reads an RFC 3339 timestamp; digits below 100 ns are dropped.
    ///
    /// # Errors
    /// [`ParseTimeError`] for any other text, a date that does not exist, trailing characters, or an
    /// offset that carries the time in UTC out of the years 0000-9999.
    pub fn parse(text: &[u8]) -> Result<Self, ParseTimeError> {
        parse(text).ok_or(ParseTimeError)
    }

    /// Days since the Unix epoch, in UTC.
    pub fn utc_day(self) -> i64 {
        self.0.div_euclid(DAY)
    }

    /// Hour of the UTC day, 0 to 23.
    pub fn utc_hour(self) -> usize {
        (self.0.rem_euclid(DAY) / (3600 * SECOND)) as usize
    }

    /// The span since `earlier`, saturating at the ends of the range.
    pub fn since(self, earlier: Self) -> TickSpan {
        TickSpan(self.0.saturating_sub(earlier.0))
    }
}

impl TickSpan {
    /// The span of `n` seconds.
    pub const fn seconds(n: i64) -> Self {
        Self(n * SECOND)
    }

    /// The span of `n` minutes.
    pub const fn minutes(n: i64) -> Self {
        Self::seconds(n * 60)
    }

    /// The span of `n` hours.
    pub const fn hours(n: i64) -> Self {
        Self::minutes(n * 60)
    }

    /// The span of `n` days of 24 hours.
    pub const fn days(n: i64) -> Self {
        Self(n * DAY)
    }

    /// The span in seconds.
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }
}

/// Saturates, so that arithmetic on forged timestamps cannot wrap.
impl Add<TickSpan> for Ticks {
    type Output = Self;
    fn add(self, span: TickSpan) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

/// Saturates, so that arithmetic on forged timestamps cannot wrap.
impl Sub<TickSpan> for Ticks {
    type Output = Self;
    fn sub(self, span: TickSpan) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

/// RFC 3339 in UTC with seven fraction digits, as Azure writes it.
impl fmt::Display for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.utc_day());
        let tick = self.0.rem_euclid(DAY);
        let second = tick / SECOND;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:07}Z",
            second / 3600,
            second / 60 % 60,
            second % 60,
            tick % SECOND
        )
    }
}

fn parse(text: &[u8]) -> Option<Ticks> {
    let (head, mut rest) = text.split_at_checked(19)?;
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if separators.iter().any(|&(at, byte)| head[at] != byte)
        || !matches!(head[10], b'T' | b't' | b' ')
    {
        return None;
    }
    let (year, month, day) = (digits(&head[..4])?, digits(&head[5..7])?, digits(&head[8..10])?);
    let (hour, minute, second) =
        (digits(&head[11..13])?, digits(&head[14..16])?, digits(&head[17..19])?);
    if !(1..=12).contains(&month)
        || !(1..=days_in_month(year, month)).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let mut fraction = 0;
    if let Some(tail) = rest.strip_prefix(b".") {
        let length = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return None;
        }
        let kept = digits(&tail[..length.min(7)])?;
        fraction = kept * 10_i64.pow(7 - length.min(7) as u32);
        rest = &tail[length..];
    }
    let leap = second == 60;
    let second = if leap { 59 } else { second };
    let fraction = if leap { SECOND - 1 } else { fraction };
    let of_day = (hour * 3600 + minute * 60 + second) * SECOND + fraction;
    let ticks = days_from_civil(year, month, day) * DAY + of_day - offset(rest)?;
    WRITABLE.contains(&ticks).then_some(Ticks(ticks))
}

/// The zone designator as ticks east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), clock @ ..] if clock.len() == 5 && clock[2] == b':' => {
            let (hours, minutes) = (digits(&clock[..2])?, digits(&clock[3..])?);
            let ticks =
                (hours <= 23 && minutes <= 59).then_some((hours * 60 + minutes) * 60 * SECOND)?;
            Some(if *sign == b'-' { -ticks } else { ticks })
        }
        _ => None,
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
    })
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the Unix epoch of a proleptic Gregorian date, counting years from March so that the
/// leap day comes last.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * month_from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_instants_have_their_known_ticks() {
        let cases = [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.9999999Z", -1),
            ("2024-02-29T12:00:00.5Z", 17_092_080_005_000_000),
            ("2024-02-29T13:00:00.5+01:00", 17_092_080_005_000_000),
            ("2016-12-31T23:59:60Z", 14_832_287_999_999_999),
            ("9999-12-31T23:59:59.9999999Z", 2_534_023_007_999_999_999),
            ("9999-12-31T22:59:59.9999999-01:00", 2_534_023_007_999_999_999),
            ("0000-01-01T00:00:00Z", -621_672_192_000_000_000),
            ("0000-01-01T01:00:00+01:00", -621_672_192_000_000_000),
        ];
        for (text, ticks) in cases {
            assert_eq!(Ticks::parse(text.as_bytes()), Ok(Ticks(ticks)), "{text}");
        }
    }

    #[test]
    fn impossible_or_foreign_texts_are_refused() {
        for text in [
            "",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00Zx",
            "2026-01-01T00:00:00+1:00",
            "1772438400",
            "-026-01-01T00:00:00Z",
            "9999-12-31T23:00:00-01:00",
            "0000-01-01T00:59:59.9999999+01:00",
        ] {
            assert_eq!(Ticks::parse(text.as_bytes()), Err(ParseTimeError), "{text}");
        }
    }

    proptest! {
        /// What is printed reads back as the same instant.
        #[test]
        fn printing_and_parsing_are_inverse(ticks in WRITABLE) {
            let text = Ticks(ticks).to_string();
            prop_assert_eq!(Ticks::parse(text.as_bytes()), Ok(Ticks(ticks)));
        }
    }
}
