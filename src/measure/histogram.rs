//! Latency histograms: HdrHistogram with three significant digits, in nanoseconds.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use serde::{Deserialize, Serialize};

/// Longest latency told apart; longer ones are recorded as this. An hour is far beyond any round.
const MAX_LATENCY_NS: u64 = 3_600_000_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// Recorded latencies.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

/// What run.json keeps of the latencies; every percentile in nanoseconds.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LatencySummary {
    /// How many were recorded.
    pub count: u64,
    /// Median.
    pub p50_ns: u64,
    /// 90th percentile.
    pub p90_ns: u64,
    /// 99th percentile.
    pub p99_ns: u64,
    /// 99.9th percentile.
    pub p99_9_ns: u64,
    /// Longest.
    pub max_ns: u64,
    /// The whole histogram: HdrHistogram V2, base64.
    pub hdr_v2_base64: String,
}

impl Default for Latencies {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, MAX_LATENCY_NS, SIGNIFICANT_DIGITS);
        Self(histogram.expect("the bounds are constants within HdrHistogram's limits"))
    }
}

impl Latencies {
    /// Records `count` events that each waited for `latency`.
    pub fn record(&mut self, latency: Duration, count: u64) {
        let latency_ns = u64::try_from(latency.as_nanos()).unwrap_or(MAX_LATENCY_NS);
        self.0.saturating_record_n(latency_ns.max(1), count);
    }

    /// Adds what `other` recorded.
    pub fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both histograms have the same bounds");
    }

    /// The latency at `quantile` (0 to 1), in nanoseconds.
    pub fn quantile_ns(&self, quantile: f64) -> u64 {
        self.0.value_at_quantile(quantile)
    }

    pub(super) fn histogram(&self) -> &Histogram<u64> {
        &self.0
    }

    /// How many were recorded.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The percentiles and the serialized histogram.
    pub fn summary(&self) -> LatencySummary {
        let mut bytes = Vec::new();
        V2Serializer::new()
            .serialize(&self.0, &mut bytes)
            .expect("writing to memory cannot fail and the bounds are within V2's");
        let quantile = |q| self.0.value_at_quantile(q);
        LatencySummary {
            count: self.0.len(),
            p50_ns: quantile(0.5),
            p90_ns: quantile(0.9),
            p99_ns: quantile(0.99),
            p99_9_ns: quantile(0.999),
            max_ns: self.0.max(),
            hdr_v2_base64: STANDARD.encode(bytes),
        }
    }
}

impl LatencySummary {
    /// The latencies at `quantiles` (0 to 1), in nanoseconds; `None` if the histogram cannot be read.
    pub fn values_at(&self, quantiles: &[f64]) -> Option<Vec<u64>> {
        let bytes = STANDARD.decode(&self.hdr_v2_base64).ok()?;
        let read: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).ok()?;
        Some(quantiles.iter().map(|&quantile| read.value_at_quantile(quantile)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serialized_histogram_reads_back_with_the_same_percentiles() {
        let mut latencies = Latencies::default();
        for microseconds in 1..=1000 {
            latencies.record(Duration::from_micros(microseconds), 2);
        }
        let summary = latencies.summary();
        assert_eq!(summary.count, 2000);
        assert!(summary.p50_ns.abs_diff(500_000) < 1000, "{}", summary.p50_ns);

        assert_eq!(summary.values_at(&[0.5, 0.99]), Some(vec![summary.p50_ns, summary.p99_ns]));
        let broken = LatencySummary { hdr_v2_base64: "AAAA".to_owned(), ..summary };
        assert_eq!(broken.values_at(&[0.5]), None);
    }

    #[test]
    fn a_latency_beyond_the_bound_is_kept_as_the_bound() {
        let mut latencies = Latencies::default();
        latencies.record(Duration::from_secs(1_000_000), 1);
        assert_eq!(latencies.summary().count, 1);
    }
}
