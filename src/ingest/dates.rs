//! Times as the Azure portal writes them into CSV files: `3/9/2026, 10:04:05.123 PM`, which is UTC.
//!
//! Only the American order is read, and only with AM or PM, which goes with it; any other text stays as
//! it is, and is no time to whoever reads it: a guess between day and month would be wrong silently.

/// The time as RFC 3339, if `cell` is one.
pub(super) fn from_portal(cell: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(cell).ok()?;
    let (date, time) = text.split_once(", ")?;
    let (clock, half) = time.rsplit_once([' ', '\u{202f}'])?;
    let mut date = date.split('/');
    let (month, day, year) = (number(date.next()?)?, number(date.next()?)?, date.next()?);
    let (hms, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut hms = hms.split(':');
    let (hour, minute, second) = (number(hms.next()?)?, number(hms.next()?)?, number(hms.next()?)?);
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_sound = date.next().is_none()
        && hms.next().is_none()
        && year.len() == 4
        && is_digits(year)
        && fraction.len() <= 9
        && is_digits(fraction)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (1..=12).contains(&hour)
        && minute < 60
        && second < 60;
    let hour = match half {
        "AM" => hour % 12,
        "PM" => hour % 12 + 12,
        _ => return None,
    };
    let point = if fraction.is_empty() { "" } else { "." };
    is_sound.then(|| {
        format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}{fraction}Z")
    })
}

/// One or two digits.
fn number(text: &str) -> Option<u8> {
    let is_plain = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_mean_one_time_is_read() {
        let read = |text: &str| from_portal(text.as_bytes());
        for (text, time) in [
            ("3/9/2026, 12:04:05 AM", "2026-03-09T00:04:05Z"),
            ("12/31/2025, 12:59:59.9999999 PM", "2025-12-31T12:59:59.9999999Z"),
            ("3/9/2026, 1:04:05.5\u{202f}PM", "2026-03-09T13:04:05.5Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(time));
        }
        for text in [
            "",
            "2026-03-09T00:00:00Z",
            "31/12/2025, 1:00:00 PM",
            "9/3/2026, 13:00:00",
            "9/3/2026, 13:00:00 PM",
            "9/3/26, 1:00:00 PM",
            "9/3/2026, 1:00 PM",
            "9/3/2026, 1:00:60 PM",
            "+9/3/2026, 1:00:00 PM",
            "9/3/2026/1, 1:00:00 PM",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
