//! Latency objectives such as `p99<=5ms`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// What every latency distribution of a sustained rate must meet: all of the limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    limits: Vec<Limit>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Limit {
    /// 0 to 1; 1 is the longest.
    quantile: f64,
    at_most_ns: u64,
}

/// Not an objective.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a latency objective such as p99<=5ms or p50<=800us,p99.9<=20ms, found `{found}` \
     (p<percent> or max, then <=, then a number with ns, us, ms or s)"
)]
pub struct SloError {
    found: String,
}

const UNITS: [(&str, f64); 4] = [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9)];

impl Slo {
    /// Whether a distribution, given by its quantile function in nanoseconds, meets it.
    pub fn is_met(&self, quantile_ns: impl Fn(f64) -> u64) -> bool {
        self.limits.iter().all(|limit| quantile_ns(limit.quantile) <= limit.at_most_ns)
    }
}

impl FromStr for Slo {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let limits = text.split(',').map(|part| limit(part.trim())).collect::<Option<Vec<_>>>();
        limits.map(|limits| Self { limits }).ok_or_else(|| SloError { found: text.to_owned() })
    }
}

fn limit(text: &str) -> Option<Limit> {
    let (name, bound) = text.split_once("<=")?;
    let quantile = match name.trim() {
        "max" => 1.0,
        name => name.strip_prefix('p')?.parse::<f64>().ok()? / 100.0,
    };
    let bound = bound.trim();
    let digits = bound.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (_, unit_ns) = UNITS.into_iter().find(|(unit, _)| *unit == &bound[digits.len()..])?;
    let at_most_ns = digits.trim().parse::<f64>().ok()? * unit_ns;
    let is_sensible = (0.0..=1.0).contains(&quantile) && (1.0..1e18).contains(&at_most_ns);
    is_sensible.then_some(Limit { quantile, at_most_ns: at_most_ns as u64 })
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, limit) in self.limits.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            let ms = limit.at_most_ns as f64 / 1e6;
            if limit.quantile < 1.0 {
                // Rounded, because 0.999 times 100 is not quite 99.9.
                let percent = (limit.quantile * 1e6).round() / 1e4;
                write!(f, "{comma}p{percent} <= {ms} ms")?;
            } else {
                write!(f, "{comma}max <= {ms} ms")?;
            }
        }
        Ok(())
    }
}

impl Serialize for Slo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_limits_must_hold() {
        let slo: Slo = "p50<=800us, p99.9 <= 20 ms,max<=1s".parse().unwrap();
        assert_eq!(slo.to_string(), "p50 <= 0.8 ms, p99.9 <= 20 ms, max <= 1000 ms");
        let distribution = |slowest_ns| move |q: f64| if q < 0.6 { 800_000 } else { slowest_ns };
        assert!(slo.is_met(distribution(20_000_000)));
        assert!(!slo.is_met(distribution(20_000_001)));
    }

    #[test]
    fn what_is_no_objective_is_refused_with_an_example() {
        for text in
            ["", "p99", "p99<5ms", "p99<=5", "p101<=5ms", "99<=5ms", "p99<=-1ms", "p99<=5min"]
        {
            let error = text.parse::<Slo>().unwrap_err().to_string();
            assert!(error.contains("p99<=5ms") && error.contains(text), "{error}");
        }
    }
}
