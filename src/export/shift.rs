//! Moves every time of a record, or of a line of truth, by the same span.
//!
//! What moves: the event's time, when it arrived, and seconds since the epoch of tokens and objects
//! (`iat`, `nbf`, `exp`). Correlation ids stay: they tie alerts to truth. A time that would leave the
//! years that can be written stays at their end.

use std::borrow::Cow;

use crate::event::{TickSpan, Ticks};
use crate::records::{NotJson, Rewrite, rewrite};

/// Members that hold an RFC 3339 time, of records and of truth.
const TIMES: [&str; 6] =
    ["time", "EventEnqueuedUtcTime", "EventProcessedUtcTime", "start", "end", "arrived"];
/// Members that hold seconds since the epoch, as numbers or as text.
const EPOCHS: [&str; 3] = ["iat", "nbf", "exp"];

const TICKS_PER_SECOND: i64 = 10_000_000;

/// The span by which `first` is moved to lie in the second that begins with `start`'s: whole seconds, so
/// that fractions stay.
pub fn span_to(start: Ticks, first: Ticks) -> TickSpan {
    let second = |time: Ticks| time.0.div_euclid(TICKS_PER_SECOND);
    TickSpan((second(start) - second(first)).saturating_mul(TICKS_PER_SECOND))
}

/// `time`, later by `by`, within what can be written.
pub fn moved(time: Ticks, by: TickSpan) -> Ticks {
    (time + by).clamp(Ticks::FIRST_WRITABLE, Ticks::LAST_WRITABLE)
}

/// The JSON `text` with every time of it moved.
///
/// # Errors
/// [`NotJson`].
pub fn shifted(text: &str, by: TickSpan) -> Result<String, NotJson> {
    let mut out = String::with_capacity(text.len());
    rewrite(text, &mut Mover(by), &mut out)?;
    Ok(out)
}

struct Mover(TickSpan);

impl Mover {
    fn epoch(&self, path: &[Cow<'_, str>], text: &str) -> Option<String> {
        path.last().filter(|key| EPOCHS.contains(&key.as_ref()))?;
        let seconds: i64 = text.parse().ok()?;
        Some(seconds.saturating_add(self.0.0 / TICKS_PER_SECOND).to_string())
    }
}

impl Rewrite for Mover {
    fn text(&mut self, path: &[Cow<'_, str>], text: &str) -> Option<String> {
        let is_time = matches!(path, [key] if TIMES.contains(&key.as_ref()));
        if is_time && let Ok(time) = Ticks::parse(text.trim().as_bytes()) {
            return Some(moved(time, self.0).to_string());
        }
        // Half a surrogate pair was read as this; other programs read no half.
        let is_mended = text.contains(char::REPLACEMENT_CHARACTER);
        self.epoch(path, text).or_else(|| is_mended.then(|| text.to_owned()))
    }

    fn number(&mut self, path: &[Cow<'_, str>], number: &str) -> Option<String> {
        self.epoch(path, number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_record_lands_in_the_second_of_the_start_and_fractions_stay() {
        let at = |text: &str| Ticks::parse(text.as_bytes()).unwrap();
        let first = at("2026-03-02T00:00:21.9526206Z");
        let by = span_to(at("2026-06-01T12:00:00.5Z"), first);
        assert_eq!(moved(first, by), at("2026-06-01T12:00:00.9526206Z"));
        assert_eq!(moved(at("9999-12-31T23:00:00Z"), by), Ticks::LAST_WRITABLE);
    }

    #[test]
    fn times_and_epochs_move_and_everything_else_stays() {
        let text = r#"{"time":"2026-03-02T08:00:00.1234567Z", "correlationId":"c","identity":{"claims":{"iat":"1772428325","exp":1772432144,"xms_tcdt":"1648126498"}},"properties":{"time":"2026-03-02T08:00:00Z","statusCode":200},"EventEnqueuedUtcTime":"2026-03-02T08:05:00+00:00"}"#;
        let new = shifted(text, TickSpan::hours(1)).unwrap();
        let expected = r#"{"time":"2026-03-02T09:00:00.1234567Z", "correlationId":"c","identity":{"claims":{"iat":"1772431925","exp":1772435744,"xms_tcdt":"1648126498"}},"properties":{"time":"2026-03-02T08:00:00Z","statusCode":200},"EventEnqueuedUtcTime":"2026-03-02T09:05:00.0000000Z"}"#;
        assert_eq!(new, expected);
        assert_eq!(
            shifted(&new, TickSpan::hours(-1)).unwrap(),
            text.replace("08:05:00+00:00", "08:05:00.0000000Z")
        );
    }
}
