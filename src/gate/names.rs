//! Names and figures in the gate's outputs. Names come from logs and files: hostile.

use super::model::Quantity;
use crate::escaped::escaped;
use crate::score::{Metric, duration};

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

/// A difference for people: shares differ by points.
pub(super) fn difference(value: f64, quantity: Quantity) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    match quantity {
        Quantity::Share => format!("{sign}{} points", number(value * 100.0)),
        quantity => format!("{sign}{}", figure(value, quantity)),
    }
}

/// `value` and the interval in brackets.
pub(super) fn with_interval(metric: &Metric, show: impl Fn(f64) -> String) -> String {
    let Some(value) = metric.value else { return "-".to_owned() };
    let ends = match (metric.lo, metric.hi) {
        (Some(lo), Some(hi)) => format!(" [{} to {}]", show(lo), show(hi)),
        (Some(lo), None) => format!(" [{} or more]", show(lo)),
        (None, Some(hi)) => format!(" [{} or less]", show(hi)),
        (None, None) => String::new(),
    };
    show(value) + &ends
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_keep_what_matters() {
        let shown = [123.456, 12.04, 1.5, 0.0, 0.012, -0.00001].map(number);
        assert_eq!(shown, ["123", "12", "1.5", "0", "0.012", "0"]);
        assert_eq!(figure(0.805, Quantity::Share), "80.5 %");
        assert_eq!(figure(0.0042, Quantity::Time), "4.2 ms");
        assert_eq!(difference(0.05, Quantity::Share), "+5 points");
    }

    #[test]
    fn no_name_is_a_command_of_a_build_log() {
        let hostile = shown("::error::x\n##[group]");
        assert!(!hostile.contains("::") && !hostile.contains("##[") && !hostile.contains('\n'));
    }
}
