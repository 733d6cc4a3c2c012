//! How a call ended, from HTTP status codes and the phrases that stand in for them.

use super::value::Value;
use crate::event::Outcome;

/// Outcome of a call with this HTTP status; without one it is no success that anybody stated.
/// A 401 of a caller without identity is the challenge by which clients learn their authority.
pub(super) fn of_status(status: u16, identified: bool) -> Outcome {
    match status {
        200..=299 => Outcome::Success,
        401 if !identified => Outcome::Challenge,
        401 | 403 => Outcome::Denied,
        404 => Outcome::NotFound,
        429 => Outcome::Throttled,
        _ => Outcome::Error,
    }
}

/// An HTTP status given as number or digits; 0 where it is neither.
pub(super) fn status(value: Value<'_, '_>) -> u16 {
    let number = value.whole_number().and_then(|number| u16::try_from(number).ok());
    number.filter(|status| (100..=599).contains(status)).unwrap_or(0)
}

/// The HTTP status that a reason phrase stands for, with or without spaces; 0 for other text.
pub(super) fn status_of_phrase(phrase: &str) -> u16 {
    const PHRASES: [(&str, u16); 12] = [
        ("OK", 200),
        ("Created", 201),
        ("Accepted", 202),
        ("NoContent", 204),
        ("BadRequest", 400),
        ("Unauthorized", 401),
        ("Forbidden", 403),
        ("NotFound", 404),
        ("Conflict", 409),
        ("TooManyRequests", 429),
        ("InternalServerError", 500),
        ("ServiceUnavailable", 503),
    ];
    let letters = |text: &'_ str| text.len() - memchr::memchr_iter(b' ', text.as_bytes()).count();
    let spells = |known: &str| {
        letters(phrase) == known.len()
            && phrase
                .bytes()
                .filter(|&byte| byte != b' ')
                .zip(known.bytes())
                .all(|(a, b)| a.eq_ignore_ascii_case(&b))
    };
    PHRASES.iter().find(|(known, _)| spells(known)).map_or(0, |&(_, status)| status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_stand_for_their_status() {
        for (phrase, status) in [
            ("OK", 200),
            ("Not Found", 404),
            ("NotFound", 404),
            ("forbidden", 403),
            ("Too Many Requests", 429),
            ("", 0),
            ("Forbid", 0),
            ("Succeeded", 0),
        ] {
            assert_eq!(status_of_phrase(phrase), status, "{phrase}");
        }
    }
}
