//! Runs the engine for `capacity`: unpaced for the upper bound and the reference alerts, paced for all
//! else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::ProgressBar;
use xxhash_rust::xxh3::Xxh3;

use super::detect::{EngineArgs, engine_failure};
use super::exit::{self, Failure};
use super::interrupt::{Heeded, interrupted};
use super::terminal::{Terminal, Unit};
use crate::capacity::{
    Burst, Corpus, Drained, Evidence, Probe, Reference, Search, Sizing, Slo, Stage, drained,
};
use crate::engine::{self, Drive, Laps, Options, Outcome, Pace, Progress, Replay};
use crate::event::TickSpan;
use crate::ingest::Input;
use crate::measure::{LogInterval, Moment, WallClock, cpu_seconds, resident_bytes};
use crate::output::alert_id;
use crate::rules::RuleSet;

/// How many times as long as a probe a confirmation run lasts, and how many of them a maximum takes.
pub(super) const CONFIRMATION: f64 = 3.0;
const CONFIRMATIONS: usize = 2;
/// The reference run goes on for so much longer than the longest probe: that one may be faster.
const RESERVE: f64 = 1.4;
/// Most laps over a corpus that is too short; with a corpus shorter still probes are shorter.
const LAPS: f64 = 256.0;
/// Most that a lap may be later than the one before: what spans more holds a time that nobody meant, and
/// the last lap's times must not reach the end of what can be told.
const PERIOD_DAYS_MAX: i64 = 3660;
/// Shares of the maximum at which latency is measured, in percent.
const LOADS: [u32; 4] = [50, 70, 85, 95];
/// A burst: from this share of the maximum, so many times as much, for one probe's time.
const BURST_FROM: f64 = 0.7;
const BURST_FACTOR: f64 = 2.0;
/// Probes' worth of time in which a burst may be worked off.
const DRAIN: f64 = 3.0;
/// About how many runs there are for each number of workers, and besides.
const RUNS_PER_WORKERS: u64 = 17;
const RUNS_BESIDES: u64 = 7;
/// How often resident memory is looked up.
const LOOK: Duration = Duration::from_millis(50);

/// What is run, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bench<'a> {
    pub(super) inputs: &'a [Input],
    pub(super) rules: &'a RuleSet,
    pub(super) slo: &'a Slo,
    /// How long a probe lasts.
    pub(super) seconds: f64,
    /// Set by an interrupt.
    pub(super) interrupt: &'a Heeded,
}

/// The corpus, what an unpaced run makes of it, and all probes so far.
#[derive(Debug)]
pub(super) struct Lab<'a> {
    bench: Bench<'a>,
    laps: Laps,
    started: Moment,
    bar: ProgressBar,
    /// Without rules.
    floor: Unpaced,
    /// What probes are compared with.
    reference: Unpaced,
    /// Of the last pair of equal runs.
    latest: Option<Unpaced>,
    /// Records of one lap, as far as it was read.
    lap_records: u64,
    span_seconds: f64,
    pub(super) probes: Vec<Probe>,
    pub(super) log: Vec<LogInterval>,
}

/// An unpaced run, boiled down.
#[derive(Clone, Debug, Default)]
struct Unpaced {
    workers: usize,
    records: u64,
    /// Events put in order.
    ordered: u64,
    bytes: u64,
    seconds: f64,
    ordering_seconds: f64,
    identities: u64,
    vaults: u64,
    state_bytes: u64,
    resident_bytes: Option<u64>,
    /// Alerts in the order in which they were raised: after how many events, and id.
    trail: Vec<(u64, String)>,
}

/// What the lab knows beside the sizing.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) corpus: Corpus,
    pub(super) reference: Reference,
    pub(super) stages: Vec<Stage>,
    pub(super) state_per_identity: Option<f64>,
    pub(super) resident_fixed_bytes: Option<u64>,
}

impl<'a> Lab<'a> {
    /// Reads the corpus, unpaced, for longer than any probe will last.
    pub(super) fn open(
        bench: Bench<'a>,
        counts: &[usize],
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let Bench { rules, seconds, .. } = bench;
        let workers = counts.iter().copied().max().unwrap_or(1);
        let bar = terminal.progress("probing", Unit::Paced);
        bar.set_length(RUNS_PER_WORKERS * counts.len() as u64 + RUNS_BESIDES);
        let mut lab = Self {
            bench,
            laps: Laps::default(),
            started: Moment::now(),
            bar,
            floor: Unpaced::default(),
            reference: Unpaced::default(),
            latest: None,
            lap_records: 0,
            span_seconds: 0.0,
            probes: Vec::new(),
            log: Vec::new(),
        };
        // For the files to be in memory, whatever is measured first; it is looked at by nobody.
        lab.unpaced(&RuleSet::new(Vec::new())?, workers, seconds)?;
        let needed = seconds * CONFIRMATION * RESERVE;
        let (survey, outcome) = lab.unpaced(rules, workers, needed)?;
        let span = outcome.arrived.map_or(TickSpan(0), |[first, last]| last.since(first));
        if survey.ordered == 0 {
            let error = anyhow::anyhow!(
                "expected events to replay, found none in {} records",
                survey.records
            );
            return Err(Failure::new(exit::INPUT, error));
        }
        (lab.lap_records, lab.span_seconds) = (survey.records, span.as_seconds_f64());
        lab.reference = survey;
        if !outcome.interrupted {
            let laps = (needed / lab.reference.seconds).ceil() + 1.0;
            lab.laps = Laps { count: laps.clamp(1.0, LAPS) as usize, period: period(span)? };
            (lab.reference, _) = lab.unpaced(rules, workers, needed)?;
        }
        Ok(lab)
    }

    /// The difference of two equal unpaced runs, as a share of their mean; beside them, a run without
    /// rules, for what these take.
    pub(super) fn noise(&mut self, workers: usize) -> Result<Option<f64>, Failure> {
        let Bench { rules, seconds, .. } = self.bench;
        let (first, _) = self.unpaced(rules, workers, seconds)?;
        let (second, _) = self.unpaced(rules, workers, seconds)?;
        (self.floor, _) = self.unpaced(&RuleSet::new(Vec::new())?, workers, seconds)?;
        let (a, b) = (first.rate(), second.rate());
        self.latest = Some(second);
        Ok((a + b > 0.0).then(|| 2.0 * (a - b).abs() / (a + b)))
    }

    /// Finds what so many workers carry.
    pub(super) fn size(&mut self, workers: usize, noise: f64) -> Result<Sizing, Failure> {
        let seconds = self.bench.seconds;
        let (unpaced, _) = self.unpaced(self.bench.rules, workers, seconds)?;
        if !unpaced.agrees(&self.reference) {
            let error = anyhow::anyhow!(
                "alerts of unpaced runs with {workers} and {} workers differ (this is a bug: please \
                 report it with the input that caused it)",
                self.reference.workers
            );
            return Err(Failure::new(exit::UNEXPECTED, error));
        }
        let mut search = Search::new(unpaced.rate());
        let (mut failed_by, mut confirmation) = (Vec::new(), None);
        while let Some(rate) = search.next_rate() {
            let probe = self.probe(format!("w{workers}-search"), workers, rate, seconds)?;
            search.record(rate, probe.is_sustained());
            if search.failed() == Some(rate) {
                failed_by = probe.faults;
            }
        }
        while let Some(rate) = search.sustained() {
            let probe = self.confirm(workers, rate)?;
            if probe.is_sustained() {
                confirmation = Some(probe);
                break;
            }
            failed_by = probe.faults;
            search.lower();
        }
        let mut size = Sizing::new(workers, unpaced.rate(), &search, confirmation, noise);
        size.limited_by = failed_by;
        for share in LOADS {
            if let Some(maximum) = size.maximum {
                let rate = maximum * f64::from(share) / 100.0;
                let tag = format!("w{workers}-{share}");
                let mut probe = self.probe(tag.clone(), workers, rate, seconds)?;
                if !probe.is_sustained() {
                    // As in the search, one bad moment is none.
                    probe = self.probe(tag, workers, rate, seconds)?;
                }
                size.add_load(share, probe);
            }
        }
        Ok(size)
    }

    /// Long runs at that rate, all of which must sustain it: the one with the longest waits, or the first
    /// that does not sustain it.
    fn confirm(&mut self, workers: usize, rate: f64) -> Result<Probe, Failure> {
        let seconds = self.bench.seconds * CONFIRMATION;
        let mut slowest: Option<Probe> = None;
        for _ in 0..CONFIRMATIONS {
            let probe = self.probe(format!("w{workers}-maximum"), workers, rate, seconds)?;
            if !probe.is_sustained() {
                return Ok(probe);
            }
            let slower = |other: &Probe| other.latency.p99_ns > probe.latency.p99_ns;
            slowest = slowest.filter(slower).or(Some(probe));
        }
        slowest.ok_or_else(|| Failure::new(exit::UNEXPECTED, anyhow::anyhow!("expected a run")))
    }

    /// A burst above what `size` recommends, and how long it takes to work it off.
    pub(super) fn burst(&mut self, size: Option<&Sizing>) -> Result<Option<Burst>, Failure> {
        let Some((size, maximum)) = size.and_then(|size| Some((size, size.maximum?))) else {
            return Ok(None);
        };
        let (rate, seconds) = (BURST_FROM * maximum, self.bench.seconds);
        let pace = Pace::Burst { rate, factor: BURST_FACTOR, after: seconds, seconds };
        let records = rate * seconds * (1.0 + BURST_FACTOR + DRAIN);
        let (probe, outcome) = self.paced("burst".to_owned(), size.workers, pace, records)?;
        let drained = outcome.paced.map_or(Drained::Unknown, |paced| {
            let last_due = paced.last_due.as_secs_f64();
            drained(&paced.backlog, seconds, 2.0 * seconds, last_due)
        });
        Ok(Some(Burst {
            rate,
            factor: BURST_FACTOR,
            seconds,
            backlog_max: probe.backlog_max,
            drained,
        }))
    }

    /// What else is to be told.
    pub(super) fn facts(&self, name: String, sizing: &[Sizing]) -> Facts {
        self.bar.finish_and_clear();
        let reference = &self.reference;
        let identities = reference.identities.max(1) as f64;
        let mut digest = Xxh3::new();
        reference.trail.iter().for_each(|(_, id)| digest.update(id.as_bytes()));
        let has_identities = reference.identities > 0;
        Facts {
            corpus: Corpus {
                name,
                records: self.lap_records,
                bytes_per_record: reference.bytes as f64 / reference.records.max(1) as f64,
                own_rate: (self.span_seconds > 0.0)
                    .then(|| self.lap_records as f64 / self.span_seconds),
                identities: reference.identities,
                vaults: reference.vaults,
                laps: self.laps.count,
                period_seconds: self.laps.period.as_seconds_f64(),
            },
            reference: Reference {
                digest: format!("{:032x}", digest.digest128()),
                alerts: reference.trail.len() as u64,
                records: reference.records,
            },
            stages: self.stages(sizing),
            state_per_identity: has_identities.then(|| reference.state_bytes as f64 / identities),
            resident_fixed_bytes: reference
                .resident_bytes
                .map(|all| all.saturating_sub(reference.state_bytes)),
        }
    }

    fn stages(&self, sizing: &[Sizing]) -> Vec<Stage> {
        let each = |run: &Unpaced, seconds: f64| seconds * 1e6 / run.records.max(1) as f64;
        let all = |run: &Unpaced| each(run, run.seconds * run.workers as f64);
        let stage = |name: &str, us_per_record| Stage { name: name.to_owned(), us_per_record };
        let latest = self.latest.as_ref().unwrap_or(&self.reference);
        let floor = all(&self.floor);
        let above = all(latest) - floor;
        let noise = if above < 0.0 { " (less than the noise)" } else { "" };
        let mut stages = vec![
            stage("floor: read, parse, normalize, route, order (a run without rules)", floor),
            stage(
                &format!("queries and judgement of the rules, above the floor{noise}"),
                above.max(0.0),
            ),
            stage(
                "of both, put in order on the one coordinating thread",
                each(latest, latest.ordering_seconds),
            ),
        ];
        let probes = sizing.iter().filter_map(|size| size.confirmation.as_ref());
        if let Some(source) = probes.filter_map(|probe| probe.source_per_second).next_back() {
            stages.push(stage(
                "at a pace: find the lines that are due, on that thread",
                1e6 / source,
            ));
        }
        stages
    }

    fn probe(
        &mut self,
        tag: String,
        workers: usize,
        rate: f64,
        seconds: f64,
    ) -> Result<Probe, Failure> {
        self.paced(tag, workers, Pace::Rate(rate), rate * seconds).map(|(probe, _)| probe)
    }

    fn paced(
        &mut self,
        tag: String,
        workers: usize,
        pace: Pace,
        records: f64,
    ) -> Result<(Probe, Outcome), Failure> {
        self.bar.set_message(format!("{tag}, {workers} workers, {pace:?}"));
        let (start, clock) = (Moment::now().since(self.started), WallClock::start());
        // Alerts can be compared as far as the reference goes.
        let records_max = (records as u64).clamp(1, self.reference.records);
        let drive = Drive {
            replay: Some(Replay { pace, records_max, clock: &clock }),
            laps: self.laps,
            stop: Some(self.bench.interrupt.flag()),
            ..Drive::default()
        };
        let cpu_before = cpu_seconds();
        let (outcome, resident) = self.run(&drive, self.bench.rules, workers, &mut |_| {})?;
        let cpu = cpu_seconds().zip(cpu_before).map(|(after, before)| after - before);
        let shown = Unpaced::new(&outcome, self.bench.rules, workers);
        let Some(paced) = &outcome.paced else {
            return Err(Failure::new(exit::UNEXPECTED, anyhow::anyhow!("expected a paced run")));
        };
        let evidence = Evidence {
            paced,
            latencies: &outcome.findings.latencies,
            judged: outcome.findings.counts.records,
            is_identical: shown.agrees(&self.reference),
        };
        let mut probe = Probe::new(tag, workers, evidence, self.bench.slo);
        (probe.cpu_seconds, probe.resident_bytes) = (cpu, resident);
        self.log.push(LogInterval {
            tag: probe.tag.clone(),
            start,
            duration: paced.lasted,
            latencies: outcome.findings.latencies.clone(),
        });
        self.probes.push(probe.clone());
        Ok((probe, outcome))
    }

    /// A run as fast as it can be, for so long or to the end.
    fn unpaced(
        &self,
        rules: &RuleSet,
        workers: usize,
        seconds: f64,
    ) -> Result<(Unpaced, Outcome), Failure> {
        self.bar.set_message(format!("unpaced, {workers} workers"));
        let (stop, started) = (AtomicBool::new(false), Moment::now());
        let drive = Drive { stop: Some(&stop), laps: self.laps, ..Drive::default() };
        let (outcome, resident) = self.run(&drive, rules, workers, &mut |now| {
            let is_over = now.since(started).as_secs_f64() >= seconds;
            if is_over || self.bench.interrupt.is_set() {
                stop.store(true, Ordering::Relaxed);
            }
        })?;
        let run = Unpaced { resident_bytes: resident, ..Unpaced::new(&outcome, rules, workers) };
        Ok((run, outcome))
    }

    /// Drives a run; gives the most memory that was resident, too.
    fn run(
        &self,
        drive: &Drive<'_>,
        rules: &RuleSet,
        workers: usize,
        each_round: &mut dyn FnMut(Moment),
    ) -> Result<(Outcome, Option<u64>), Failure> {
        let options = Options { workers, ..EngineArgs::with_workers(None).options() };
        let (mut resident, mut looked) = (None, Moment::now());
        let mut progress = |_, _: Progress| {
            let now = Moment::now();
            each_round(now);
            if now.since(looked) >= LOOK || resident.is_none() {
                (resident, looked) = (resident.max(resident_bytes()), now);
            }
        };
        let inputs = self.bench.inputs;
        let outcome = engine::drive(drive, inputs, &[], rules, &options, &mut progress);
        self.bar.inc(1);
        if self.bench.interrupt.is_set() {
            self.bar.finish_and_clear();
            let error = anyhow::anyhow!("interrupted after {} probes", self.probes.len());
            return Err(interrupted(error));
        }
        outcome.map(|outcome| (outcome, resident)).map_err(engine_failure)
    }
}

/// How much later than the one before a lap is, whose arrivals span that: whole days, so that hours of
/// the day stay what they are.
fn period(span: TickSpan) -> Result<TickSpan, Failure> {
    let days = span.0 / TickSpan::days(1).0 + 1;
    if days <= PERIOD_DAYS_MAX {
        return Ok(TickSpan::days(days));
    }
    let error = anyhow::anyhow!(
        "expected records within {PERIOD_DAYS_MAX} days, to read them several times over, found \
         {days} days between the first arrival and the last (is one of them mistaken or forged?)"
    );
    Err(Failure::new(exit::INPUT, error))
}

impl Unpaced {
    fn new(outcome: &Outcome, rules: &RuleSet, workers: usize) -> Self {
        let findings = &outcome.findings;
        let (counts, states) = (&findings.counts, findings.rules.iter());
        let raised = findings.alerts.iter().zip(&findings.raised_after);
        let id = |((alert, _), &after): (&(crate::detect::Alert, u64), &u64)| {
            (after, alert_id(alert, &rules.rules[alert.rule]))
        };
        let mut trail: Vec<_> = raised.map(id).collect();
        trail.sort_unstable();
        Self {
            workers,
            records: counts.records,
            ordered: counts.events + counts.duplicates,
            bytes: counts.bytes,
            seconds: outcome.wall.as_secs_f64(),
            ordering_seconds: findings.stages.order.seconds(),
            identities: findings.identities,
            vaults: findings.vaults,
            state_bytes: findings.profiles.size_bytes
                + states.map(|rule| rule.stats.state.size_bytes).sum::<u64>(),
            resident_bytes: None,
            trail,
        }
    }

    /// Records per second.
    fn rate(&self) -> f64 {
        self.records as f64 / self.seconds.max(f64::MIN_POSITIVE)
    }

    /// Whether as far as both go, both raised the same alerts.
    fn agrees(&self, other: &Self) -> bool {
        let common = self.ordered.min(other.ordered);
        let part = |run: &Self| run.trail.partition_point(|(after, _)| *after < common);
        self.trail[..part(self)] == other.trail[..part(other)]
    }
}
