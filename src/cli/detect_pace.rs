//! Replaying at a pace: `detect --rate` and `--speed`.

use clap::Args;
use indicatif::ProgressBar;

use crate::engine::{News, Pace};

/// When records are offered.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct PaceArgs {
    /// Offer so many records a second, such as 20000, 20k, 1.5M; latencies then count from when each was
    /// due. One input only.
    #[arg(long, value_name = "RECORDS/S", value_parser = rate, conflicts_with = "speed")]
    rate: Option<f64>,
    /// Offer records as they arrived, so many times as fast, such as 60x. One input with its
    /// arrivals.i64 only.
    #[arg(long, value_name = "TIMES", value_parser = speed)]
    speed: Option<f64>,
}

impl PaceArgs {
    pub(crate) fn pace(self) -> Option<Pace> {
        self.rate.map(Pace::Rate).or(self.speed.map(Pace::Speed))
    }
}

/// A number of records a second, with `k` or `M` behind it or not.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    let (digits, factor) = match text.strip_suffix(['k', 'M']) {
        Some(digits) if text.ends_with('k') => (digits, 1e3),
        Some(digits) => (digits, 1e6),
        None => (text, 1.0),
    };
    positive(digits, factor)
        .ok_or_else(|| "expected records a second such as 20000, 20k, 1.5M".to_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    positive(text.strip_suffix('x').unwrap_or(text), 1.0)
        .ok_or_else(|| "expected a multiple of the real speed such as 60x".to_owned())
}

fn positive(digits: &str, factor: f64) -> Option<f64> {
    let number = digits.parse::<f64>().ok()? * factor;
    // Beyond these limits times would not fit their counters.
    (1e-6..=1e12).contains(&number).then_some(number)
}

/// Shows how a paced replay is doing.
pub(crate) fn show(bar: &ProgressBar, news: News) {
    bar.set_message(format!(
        "{:.1} k/s, {} waiting, p99 {:.1} ms",
        news.rate / 1e3,
        news.backlog,
        news.p99_ns as f64 / 1e6
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_speeds_are_positive_numbers_with_their_units() {
        assert_eq!(["20000", "20k", "1.5M"].map(rate), [2e4, 2e4, 1.5e6].map(Ok));
        assert_eq!(["60x", "0.5"].map(speed), [60.0, 0.5].map(Ok));
        for text in ["", "k", "0", "-1", "nan", "inf", "1e13", "5 k", "5kk", "5x"] {
            assert!(rate(text).is_err(), "{text}");
        }
        for text in ["x", "0x", "-2x", "2k"] {
            assert!(speed(text).is_err(), "{text}");
        }
    }
}
