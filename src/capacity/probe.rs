//! One paced run at one rate, and what it failed by.

use serde::Serialize;

use super::{Slo, Slope, growth};
use crate::engine::{Pace, Paced};
use crate::measure::Latencies;

/// What a rate is not sustained by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The source could not offer that many.
    Source,
    /// The backlog grew, or too little was seen of it to tell, or the last verdict came too late.
    Queue,
    /// The latency objective was missed.
    Slo,
    /// Records that were offered were not judged.
    Dropped,
    /// The alerts were not those of the unpaced run.
    Alerts,
}

impl Fault {
    /// What went wrong, as part of a sentence.
    pub(super) fn phrase(self) -> &'static str {
        match self {
            Self::Source => "the source cannot offer more",
            Self::Queue => "the queue grows",
            Self::Slo => "the latency objective is missed",
            Self::Dropped => "records are lost",
            Self::Alerts => "the alerts differ",
        }
    }

    /// The same in a word of a table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Queue => "queue",
            Self::Slo => "latency",
            Self::Dropped => "lost",
            Self::Alerts => "alerts",
        }
    }
}

/// Percentiles of latency, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// Events recorded.
    pub count: u64,
    /// Median.
    pub p50_ns: u64,
    /// 99th percentile.
    pub p99_ns: u64,
    /// 99.9th percentile.
    pub p99_9_ns: u64,
    /// Longest.
    pub max_ns: u64,
}

impl Quantiles {
    /// Those of a histogram.
    pub fn new(latencies: &Latencies) -> Self {
        Self {
            count: latencies.count(),
            p50_ns: latencies.quantile_ns(0.5),
            p99_ns: latencies.quantile_ns(0.99),
            p99_9_ns: latencies.quantile_ns(0.999),
            max_ns: latencies.quantile_ns(1.0),
        }
    }
}

/// What a paced run at one rate showed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Probe {
    /// What it was for; names its histogram in the log of latencies.
    pub tag: String,
    /// Worker threads.
    pub workers: usize,
    /// Records offered per second.
    pub rate: f64,
    /// Records offered.
    pub records: u64,
    /// From the first record's due time to the last verdict, in seconds.
    pub seconds: f64,
    /// How long after the last record was due the last verdict came, in seconds.
    pub lag_seconds: f64,
    /// From each event's due time to its last verdict.
    pub latency: Quantiles,
    /// How fast the backlog grew; null if the probe was too short to tell.
    pub growth: Option<Slope>,
    /// Most records that were due and had no verdict.
    pub backlog_max: u64,
    /// Records that the source could have offered per second.
    pub source_per_second: Option<f64>,
    /// Processor time of the whole process, in seconds.
    pub cpu_seconds: Option<f64>,
    /// Most memory that the process had resident, in bytes.
    pub resident_bytes: Option<u64>,
    /// Why the rate is not sustained; empty if it is.
    pub faults: Vec<Fault>,
}

/// What a probe is judged by beside its latencies.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The pace.
    pub paced: &'a Paced,
    /// From each event's due time to its last verdict.
    pub latencies: &'a Latencies,
    /// Records that were judged.
    pub judged: u64,
    /// The alerts were those of an unpaced run over as many records.
    pub is_identical: bool,
}

impl Probe {
    /// Judges a probe at `rate` by what it showed.
    pub fn new(tag: String, workers: usize, evidence: Evidence<'_>, slo: &Slo) -> Self {
        let Evidence { paced, latencies, judged, is_identical } = evidence;
        let rate = match paced.pace {
            Pace::Rate(rate) | Pace::Burst { rate, .. } => rate,
            Pace::Speed(_) => 0.0,
        };
        let offering = paced.offering.as_secs_f64();
        let source_per_second = (offering > 0.0).then(|| paced.offered as f64 / offering);
        let growth = growth(&paced.backlog, paced.last_due.as_secs_f64());
        // The slower the engine, the fewer samples: none of them is no sign of a short queue.
        let is_growing = growth.is_none_or(|slope| slope.is_growth(rate)) || !paced.kept_up();
        let meets = slo.is_met(|quantile| latencies.quantile_ns(quantile));
        let faults = [
            (Fault::Source, source_per_second.is_some_and(|source| source < rate)),
            (Fault::Queue, is_growing),
            (Fault::Slo, !meets),
            (Fault::Dropped, judged != paced.offered),
            (Fault::Alerts, !is_identical),
        ];
        Self {
            tag,
            workers,
            rate,
            records: paced.offered,
            seconds: paced.lasted.as_secs_f64(),
            lag_seconds: paced.lag().as_secs_f64(),
            latency: Quantiles::new(latencies),
            growth,
            backlog_max: paced.backlog_max,
            source_per_second,
            cpu_seconds: None,
            resident_bytes: None,
            faults: faults
                .into_iter()
                .filter(|(_, holds)| *holds)
                .map(|(fault, _)| fault)
                .collect(),
        }
    }

    /// Whether the rate is sustained.
    pub fn is_sustained(&self) -> bool {
        self.faults.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::BacklogSample;
    use std::time::Duration;

    /// A second of a thousand records that is kept up with.
    fn paced() -> Paced {
        Paced {
            pace: Pace::Rate(1000.0),
            offered: 1000,
            last_due: Duration::from_millis(999),
            lasted: Duration::from_secs(1),
            offering: Duration::from_millis(1),
            backlog: backlog(0.0, 100),
            backlog_max: 10,
        }
    }

    /// So many samples of a backlog that grows by so many records a second.
    fn backlog(growth: f64, samples: u32) -> Vec<BacklogSample> {
        let sample = |step| {
            let seconds = f64::from(step) / f64::from(samples);
            BacklogSample { seconds, records: 10 + (growth * seconds) as u64 }
        };
        (0..samples).map(sample).collect()
    }

    fn faults(paced: &Paced, judged: u64, is_identical: bool) -> Vec<Fault> {
        let mut latencies = Latencies::default();
        latencies.record(Duration::from_millis(1), 1000);
        let evidence = Evidence { paced, latencies: &latencies, judged, is_identical };
        Probe::new("t".to_owned(), 1, evidence, &"p99<=2ms".parse().unwrap()).faults
    }

    #[test]
    fn each_way_of_failing_has_its_name() {
        assert_eq!(faults(&paced(), 1000, true), []);
        let growing = Paced { backlog: backlog(200.0, 100), ..paced() };
        assert_eq!(faults(&growing, 1000, true), [Fault::Queue]);
        let slow_source = Paced { offering: Duration::from_secs(2), ..paced() };
        assert_eq!(faults(&slow_source, 1000, true), [Fault::Source]);
        assert_eq!(faults(&paced(), 999, false), [Fault::Dropped, Fault::Alerts]);
    }

    /// The worst overload is the one of which least is seen.
    #[test]
    fn a_backlog_that_was_not_seen_and_a_late_last_verdict_are_a_queue() {
        let unseen = Paced { backlog: backlog(0.0, 3), ..paced() };
        assert_eq!(faults(&unseen, 1000, true), [Fault::Queue]);
        let late = |ms| Paced { lasted: Duration::from_millis(ms), ..paced() };
        assert_eq!(faults(&late(1020), 1000, true), []);
        assert_eq!(faults(&late(1040), 1000, true), [Fault::Queue]);
    }
}
