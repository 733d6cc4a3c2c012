//! Figures as text: those of the terminal summary, so that both say the same; they do not break across
//! lines.

use super::html::name;
use crate::score::{Metric, figures};
pub(super) use figures::{bare_percent, counted, rate_with_interval};

/// A figure and its unit stay on one line.
const BOUND: &str = "\u{a0}";

/// A span in the two units that matter.
pub(super) fn duration(seconds: f64) -> String {
    figures::duration(seconds).replace(' ', BOUND)
}

/// A share in percent.
pub(super) fn percent(share: Option<f64>) -> String {
    figures::percent(share).replace(' ', BOUND)
}

/// The same with its interval.
pub(super) fn percent_with_interval(metric: Option<&Metric>) -> String {
    figures::percent_with_interval(metric).replace(' ', BOUND)
}

/// An interval in words, or nothing.
pub(super) fn interval_words(metric: &Metric, show: impl Fn(f64) -> String) -> String {
    match (metric.lo, metric.hi) {
        (Some(lo), Some(hi)) => format!("95\u{a0}% interval {} to {}", show(lo), show(hi)),
        (Some(lo), None) => format!("with 95 % confidence {} or more", show(lo)),
        (None, Some(hi)) => format!("with 95 % confidence {} or less", show(hi)),
        (None, None) => String::new(),
    }
}

/// A rate with one decimal.
pub(super) fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.1}"))
}

/// A number with a thin space between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push('\u{202f}');
        }
        shown.push(digit);
    }
    shown
}

/// Bytes in the unit that reads best.
pub(super) fn bytes(bytes: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let unit = units.into_iter().find(|(size, _)| bytes >= *size);
    unit.map_or_else(
        || format!("{bytes:.0} B"),
        |(size, unit)| format!("{:.1} {unit}", bytes / size),
    )
}

/// Nanoseconds in the unit that reads best.
pub(super) fn latency(latency_ns: u64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")];
    let latency = latency_ns as f64;
    let unit = units.into_iter().find(|(size, _)| latency >= *size);
    unit.map_or_else(
        || format!("{latency_ns} ns"),
        |(size, unit)| match latency / size {
            many if many >= 100.0 => format!("{many:.0} {unit}"),
            few => format!("{few:.1} {unit}"),
        },
    )
}

/// Minutes are enough to find a time in a log.
pub(super) fn to_the_minute(time: &str) -> String {
    name(time.get(..16).unwrap_or(time)).replace('T', BOUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(grouped(999), "999");
        assert_eq!(bytes(1_234_567.0), "1.2 MB");
        assert_eq!(latency(190_000_000), "190 ms");
        assert_eq!(latency(1_500), "1.5 µs");
        assert_eq!(latency(7), "7 ns");
    }
}
