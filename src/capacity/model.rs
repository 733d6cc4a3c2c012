//! capacity.json: all that was measured, and what follows from it.

use serde::Serialize;

use super::plan::{RECOMMENDED, RECOMMENDED_PERCENT};
use super::usl::Point;
use super::{Answer, Fault, Probe, Scalability, Search, Slo, Units};
use crate::measure::Environment;

/// The result of `capacity`.
#[derive(Clone, Debug, Serialize)]
pub struct Capacity {
    /// Version of this format.
    pub schema_version: u32,
    /// The machine and the build.
    pub environment: Environment,
    /// What was replayed.
    pub corpus: Corpus,
    /// Digest of the rule files.
    pub rules_id: String,
    /// The latency objective.
    pub slo: Slo,
    /// How long a probe lasted, in seconds, as far as the corpus allowed.
    pub probe_seconds: f64,
    /// Digest of the unpaced run's alert ids, in the order in which they were raised, and their number.
    pub reference: Reference,
    /// Per number of workers, ascending.
    pub sizing: Vec<Sizing>,
    /// How throughput grows with workers; null for fewer than four numbers of workers.
    pub scalability: Option<Scalability>,
    /// Where the time of an unpaced run goes.
    pub stages: Vec<Stage>,
    /// Bytes that rules and profiles remember per identity; null without identities.
    pub state_per_identity: Option<f64>,
    /// Most bytes resident in the unpaced run, less the state: blocks, maps of files, alerts, what the
    /// allocator keeps; null if not measured.
    pub resident_fixed_bytes: Option<u64>,
    /// A burst, and how long it took to work it off.
    pub burst: Option<Burst>,
    /// The recommended rate of the largest number of workers that has one, in other units.
    pub units: Option<Units>,
    /// Difference of two equal unpaced runs, as a share of their mean.
    pub noise: Option<f64>,
    /// The answer to `--plan`.
    pub plan: Option<Answer>,
    /// Every probe, in the order in which they were made.
    pub probes: Vec<Probe>,
    /// The command that produced this.
    pub command: Vec<String>,
}

/// What was replayed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Corpus {
    /// Its path or the estate's name.
    pub name: String,
    /// Records in one lap, as far as they were read.
    pub records: u64,
    /// Mean.
    pub bytes_per_record: f64,
    /// Records per second by its own arrival times; null if they span no time.
    pub own_rate: Option<f64>,
    /// Identities seen.
    pub identities: u64,
    /// Vaults seen; 0 where no rule has them counted.
    pub vaults: u64,
    /// How often it was read to last as long as the probes do.
    pub laps: usize,
    /// How much later a lap is than the one before, in seconds; 0 for one lap.
    pub period_seconds: f64,
}

/// The unpaced run that probes are compared with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reference {
    /// xxh3-128 of the alert ids in order, hexadecimal.
    pub digest: String,
    /// How many alerts.
    pub alerts: u64,
    /// Records.
    pub records: u64,
}

/// What one number of workers carries. Rates are records per second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sizing {
    /// Worker threads.
    pub workers: usize,
    /// Rate of an unpaced run, which no open-loop rate should exceed.
    pub unpaced: f64,
    /// Highest rate that a confirmation run sustained; null if none did.
    pub maximum: Option<f64>,
    /// Lower end of where the maximum lies: by the noise between equal runs.
    pub lo: Option<f64>,
    /// Upper end: the lowest rate that failed, or by noise; null if none failed.
    pub hi: Option<f64>,
    /// What is recommended: 70 % of the maximum; null if a run at that rate was not sustained.
    pub recommended: Option<f64>,
    /// Processor seconds per record of the confirmation run.
    pub cpu_seconds_per_record: Option<f64>,
    /// What the lowest failed rate failed by.
    pub limited_by: Vec<Fault>,
    /// The slower one of two confirmation runs.
    pub confirmation: Option<Probe>,
    /// Runs at shares of the maximum: the share in percent, and the run.
    pub loads: Vec<(u32, Probe)>,
}

impl Sizing {
    /// What a search and the confirmation of its result, if any was confirmed, found. `noise` is the
    /// difference of equal runs as a share.
    pub fn new(
        workers: usize,
        unpaced: f64,
        search: &Search,
        confirmation: Option<Probe>,
        noise: f64,
    ) -> Self {
        let maximum = confirmation.as_ref().map(|probe| probe.rate);
        let above = maximum.map(|maximum| maximum * (1.0 + noise));
        let cpu_seconds_per_record = confirmation
            .as_ref()
            .filter(|probe| probe.records > 0)
            .and_then(|probe| Some(probe.cpu_seconds? / probe.records as f64));
        Self {
            workers,
            unpaced,
            maximum,
            lo: maximum.map(|maximum| (maximum * (1.0 - noise)).max(0.0)),
            hi: above.and_then(|above| Some(search.failed()?.max(above))),
            recommended: maximum.map(|maximum| RECOMMENDED * maximum),
            cpu_seconds_per_record,
            limited_by: Vec::new(),
            confirmation,
            loads: Vec::new(),
        }
    }

    /// Adds a run at a share of the maximum: the one at the recommended share must be sustained.
    pub fn add_load(&mut self, percent: u32, probe: Probe) {
        if percent == RECOMMENDED_PERCENT && !probe.is_sustained() {
            self.recommended = None;
        }
        self.loads.push((percent, probe));
    }

    /// The maximum as a point of a fit.
    pub fn point(&self, noise: f64) -> Option<Point> {
        let rate = self.maximum?;
        let bracket = self.hi.map_or(0.0, |hi| (hi / rate - 1.0) / 2.0);
        Some(Point { workers: self.workers, rate, error: bracket.max(noise) })
    }
}

/// A part of an unpaced run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// What is done.
    pub name: String,
    /// Microseconds per record, as time passes on all workers together.
    pub us_per_record: f64,
}

/// A burst and its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Burst {
    /// Records per second before and after.
    pub rate: f64,
    /// How many times as many during the burst.
    pub factor: f64,
    /// How long it lasted, in seconds.
    pub seconds: f64,
    /// Most records that waited.
    pub backlog_max: u64,
    /// What became of those.
    pub drained: Drained,
}

/// What became of the backlog that a burst left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drained {
    /// So many seconds after its end, it was what it had been.
    AfterSeconds(f64),
    /// Not as long as records were offered.
    Never,
    /// Too little was seen of it before the burst or after it.
    Unknown,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::capacity::Quantiles;

    fn probe(workers: usize, rate: f64) -> Probe {
        let latency = Quantiles {
            count: 1000,
            p50_ns: 1_200_000,
            p99_ns: 3_400_000,
            p99_9_ns: 4_560_000,
            max_ns: 7_000_000,
        };
        Probe {
            tag: format!("w{workers}"),
            workers,
            rate,
            records: (rate * 3.0) as u64,
            seconds: 3.0,
            lag_seconds: 0.002,
            latency,
            growth: None,
            backlog_max: 700,
            source_per_second: Some(2e6),
            cpu_seconds: Some(2.7 * workers as f64),
            resident_bytes: Some(90_000_000),
            faults: Vec::new(),
        }
    }

    /// What a machine would show on which each of so many workers adds 100,000 records a second.
    pub(in crate::capacity) fn measured(counts: &[usize]) -> Capacity {
        let corpus = Corpus {
            name: "midsize".to_owned(),
            records: 1_000_000,
            bytes_per_record: 1166.0,
            own_rate: Some(0.55),
            identities: 1900,
            vaults: 210,
            laps: 3,
            period_seconds: 21.0 * 86_400.0,
        };
        let sizing: Vec<Sizing> = counts
            .iter()
            .map(|&workers| {
                let maximum = 100_000.0 * workers as f64;
                let (mut search, confirmation) = (Search::new(maximum), probe(workers, maximum));
                for _ in 0..2 {
                    search.record(1.03 * maximum, false);
                }
                let unpaced = 1.1 * maximum;
                let mut size = Sizing::new(workers, unpaced, &search, Some(confirmation), 0.02);
                size.limited_by = vec![Fault::Queue];
                for share in [50, 70, 85, 95] {
                    size.add_load(share, probe(workers, maximum * f64::from(share) / 100.0));
                }
                size
            })
            .collect();
        let points: Vec<Point> = sizing.iter().filter_map(|size| size.point(0.01)).collect();
        let units = sizing.last().and_then(|size| size.recommended);
        let stage = |name: &str, us_per_record| Stage { name: name.to_owned(), us_per_record };
        Capacity {
            schema_version: 1,
            environment: Environment::detect(),
            rules_id: "0".repeat(32),
            slo: "p99<=5ms".parse().unwrap(),
            probe_seconds: 3.0,
            reference: Reference { digest: "0".repeat(32), alerts: 1234, records: 3_000_000 },
            scalability: Scalability::fit(&points),
            sizing,
            stages: vec![stage("read, parse, route, order (no rules)", 5.1), stage("judge", 3.9)],
            state_per_identity: Some(900.0),
            resident_fixed_bytes: Some(10_000_000),
            burst: Some(Burst {
                rate: 70_000.0,
                factor: 2.0,
                seconds: 3.0,
                backlog_max: 120_000,
                drained: Drained::AfterSeconds(4.2),
            }),
            units: units.map(|rate| Units::new(rate, &corpus)),
            corpus,
            noise: Some(0.013),
            plan: None,
            probes: Vec::new(),
            command: vec!["vaultdrill".to_owned(), "capacity".to_owned()],
        }
    }

    #[test]
    fn a_rate_that_its_own_run_did_not_sustain_is_not_recommended() {
        let size = |fault: Option<Fault>| {
            let mut size = Sizing::new(1, 1e5, &Search::new(1e5), Some(probe(1, 9e4)), 0.02);
            let mut at_70 = probe(1, 6.3e4);
            at_70.faults.extend(fault);
            size.add_load(70, at_70);
            size
        };
        assert!((size(None).recommended.unwrap() - 6.3e4).abs() < 1e-6);
        assert_eq!(size(Some(Fault::Queue)).recommended, None);
    }

    /// Without a rate that failed, nothing is known of what lies above, and noise makes no rate negative.
    #[test]
    fn the_range_is_open_above_if_no_rate_failed() {
        let mut search = Search::new(1e5);
        let size = |search: &Search, noise| Sizing::new(1, 1e5, search, Some(probe(1, 1e5)), noise);
        assert_eq!((size(&search, 1.5).lo, size(&search, 1.5).hi), (Some(0.0), None));
        (0..2).for_each(|_| search.record(1.04e5, false));
        assert_eq!(size(&search, 0.01).hi, Some(1.04e5));
    }
}
