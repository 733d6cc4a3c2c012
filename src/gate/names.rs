//! Names and figures in the gate's outputs. Names come from logs and files: hostile.

use super::model::Quantity;
use crate::escaped::escaped;
use crate::score::Metric;
use crate::score::figures::{duration, interval};

/// A name fit for a terminal, and for a build log whose lines may be commands: neither `::` nor `##[`
/// comes through.
pub(super) fn shown(name: &str) -> String {
    escaped(name).replace("::", ":\\u{3a}").replace("##[", "#\\u{23}[")
}

/// A figure for people.
pub(super) fn figure(value: f64, quantity: Quantity) -> String {
    match quantity {
        Quantity::Share => format!("{} %", number(value * 100.0)),
        Quantity::Time if value.abs() < 1.0 => format!("{} ms", number(value * 1000.0)),
        Quantity::Time => duration(value),
        Quantity::Number => number(value),
    }
}

/// A figure with its interval in brackets.
pub(super) fn with_interval(metric: &Metric, quantity: Quantity) -> String {
    let ends = interval(metric, |end| bare(end, quantity));
    metric.value.map_or_else(|| "-".to_owned(), |value| figure(value, quantity) + &ends)
}

/// A difference with its interval; shares differ by points.
pub(super) fn difference(metric: &Metric, quantity: Quantity) -> String {
    let signed = |value: f64| {
        let sign = if value > 0.0 { "+" } else { "" };
        format!("{sign}{}", bare(value, quantity))
    };
    let unit = if quantity == Quantity::Share { " points" } else { "" };
    let ends = interval(metric, signed);
    metric.value.map_or_else(|| "-".to_owned(), |value| signed(value) + unit + &ends)
}

/// A figure without the unit that stands before the brackets.
fn bare(value: f64, quantity: Quantity) -> String {
    if quantity == Quantity::Share { number(value * 100.0) } else { figure(value, quantity) }
}

/// Three digits that matter, and no more than two after the point.
pub(super) fn number(value: f64) -> String {
    let text = match value.abs() {
        it if it >= 100.0 => format!("{value:.0}"),
        it if it >= 10.0 => format!("{value:.1}"),
        it if it >= 0.1 || it <= 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    };
    if !text.contains('.') {
        return text;
    }
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// A probability for people; none is nothing.
pub(super) fn probability(value: f64) -> String {
    if value < 0.0001 { "below 0.0001".to_owned() } else { number(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_keep_what_matters() {
        let shown = [123.456, 12.04, 1.5, 0.0, 0.012, -0.00001].map(number);
        assert_eq!(shown, ["123", "12", "1.5", "0", "0.012", "0"]);
        assert_eq!(figure(0.805, Quantity::Share), "80.5 %");
        assert_eq!(figure(0.0042, Quantity::Time), "4.2 ms");
        assert_eq!([0.03125, 0.000_02].map(probability), ["0.0312", "below 0.0001"]);
        let metric =
            Metric { value: Some(0.05), n: 9, lo: Some(-0.01), hi: None, method: String::new() };
        assert_eq!(difference(&metric, Quantity::Share), "+5 points [-1 or more]");
        assert_eq!(with_interval(&metric, Quantity::Share), "5 % [-1 or more]");
    }

    #[test]
    fn no_name_is_a_command_of_a_build_log() {
        let hostile = shown("::error::x\n##[group]");
        assert!(!hostile.contains("::") && !hostile.contains("##[") && !hostile.contains('\n'));
    }
}
