//! A paced replay finds what an unpaced run finds, and knows how long each event waited.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use vaultdrill::engine::{Drive, EngineError, Laps, Options, Outcome, Pace, Replay, detect, drive};
use vaultdrill::event::TickSpan;
use vaultdrill::ingest::{Input, resolve_inputs};
use vaultdrill::measure::{Clock, Moment};

use crate::support::{OPTIONS, corpus, default_rules, log, run, written};

/// A clock on which each look takes some microseconds, and waiting takes no time of ours.
#[derive(Debug)]
struct FastClock {
    now_ns: AtomicU64,
    step_ns: u64,
}

impl FastClock {
    fn stepping(step: Duration) -> Self {
        Self { now_ns: AtomicU64::new(0), step_ns: step.as_nanos() as u64 }
    }
}

impl Clock for FastClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.now_ns.fetch_add(self.step_ns, Ordering::Relaxed))
    }

    fn at(&self, _: Moment) -> Duration {
        self.now()
    }

    fn wait_until(&self, time: Duration) {
        self.now_ns.fetch_max(time.as_nanos() as u64, Ordering::Relaxed);
    }
}

fn inputs() -> Vec<Input> {
    resolve_inputs(&[corpus().to_owned()]).unwrap()
}

fn paced(inputs: &[Input], pace: Pace, options: &Options, step: Duration) -> Outcome {
    let clock = FastClock::stepping(step);
    let replay = Some(Replay { pace, records_max: u64::MAX, clock: &clock });
    let how = Drive { replay, ..Drive::default() };
    drive(&how, inputs, &[], &default_rules(), options, &mut |_, _| {}).unwrap()
}

const MICROSECOND: Duration = Duration::from_micros(1);

#[test]
fn the_pace_changes_neither_alerts_nor_counts() {
    let rules = default_rules();
    let unpaced = run(&[corpus().to_owned()], &rules, &OPTIONS);
    let expected = written(&unpaced, &rules);
    // Slow enough for a record a block, a few a block, and so fast that all of it is always late.
    for (pace, workers, step) in [
        (Pace::Rate(2000.0), 2, MICROSECOND),
        (Pace::Rate(50_000.0), 1, 20 * MICROSECOND),
        (Pace::Rate(1e9), 3, MICROSECOND),
        (Pace::Speed(100_000.0), 2, 50 * MICROSECOND),
        (Pace::Burst { rate: 20_000.0, factor: 9.0, after: 0.3, seconds: 0.2 }, 7, MICROSECOND),
    ] {
        let options = Options { workers, ..OPTIONS };
        let outcome = paced(&inputs(), pace, &options, step);
        assert_eq!(written(&outcome, &rules), expected, "{pace:?}, {workers} workers");
        assert_eq!(outcome.findings.counts, unpaced.findings.counts, "{pace:?}");
        assert_eq!(outcome.findings.corpus_id, unpaced.findings.corpus_id);
        let replay = outcome.paced.unwrap();
        assert_eq!(replay.offered, unpaced.findings.counts.records);
        assert_eq!(outcome.findings.latencies.count(), unpaced.findings.counts.events);
        assert!(!replay.backlog.is_empty());
    }
}

#[test]
fn latency_counts_from_the_due_time_and_not_from_when_a_busy_engine_came_round() {
    // A second passes between any two looks at the clock, and all records are due in one second: the
    // first were due long before the last are judged.
    let outcome = paced(&inputs(), Pace::Rate(40_000.0), &OPTIONS, Duration::from_secs(1));
    let latencies = outcome.findings.latencies;
    assert!(latencies.quantile_ns(0.5) > 2_000_000_000, "{}", latencies.quantile_ns(0.5));
    let waited = outcome.paced.unwrap();
    assert!(waited.backlog.iter().any(|sample| sample.records > 10_000), "{:?}", waited.backlog);

    // An engine that is always there in time lets a record wait for its block to close, and a little.
    let outcome = paced(&inputs(), Pace::Rate(1000.0), &OPTIONS, Duration::from_nanos(10));
    let slowest_ns = outcome.findings.latencies.quantile_ns(1.0);
    assert!((1_000_000..1_200_000).contains(&slowest_ns), "{slowest_ns}");
}

#[test]
fn no_more_records_are_offered_than_asked_for_and_alerts_are_those_of_as_many() {
    let (rules, clock) = (default_rules(), FastClock::stepping(MICROSECOND));
    let all = run(&[corpus().to_owned()], &rules, &OPTIONS);
    let replay = Some(Replay { pace: Pace::Rate(1e6), records_max: 30_000, clock: &clock });
    let how = Drive { replay, ..Drive::default() };
    let part = drive(&how, &inputs(), &[], &rules, &OPTIONS, &mut |_, _| {}).unwrap();
    assert_eq!(part.findings.counts.records, 30_000);
    let judged = part.findings.counts.events + part.findings.counts.duplicates;
    let raised = all.findings.alerts.iter().zip(&all.findings.raised_after);
    let expected: Vec<_> =
        raised.filter(|&(_, &after)| after < judged).map(|((alert, _), _)| alert).collect();
    let found: Vec<_> = part.findings.alerts.iter().map(|(alert, _)| alert).collect();
    assert!(expected.len() > 50 && expected.len() < all.findings.alerts.len());
    assert_eq!(found, expected);
}

#[test]
fn laps_follow_each_other_in_time_and_pacing_them_changes_nothing() {
    let rules = default_rules();
    let laps = Laps { count: 2, period: TickSpan::days(22) };
    let unpaced = Drive { laps, ..Drive::default() };
    let unpaced = drive(&unpaced, &inputs(), &[], &rules, &OPTIONS, &mut |_, _| {}).unwrap();
    let once = run(&[corpus().to_owned()], &rules, &OPTIONS);
    let (twice, single) = (&unpaced.findings.counts, &once.findings.counts);
    assert_eq!(twice.records, 2 * single.records);
    // What was repeated within a lap is repeated in both; nothing of the second repeats the first.
    assert_eq!(twice.duplicates, 2 * single.duplicates);
    let first_lap = unpaced.findings.alerts.iter().filter(|(alert, _)| alert.trigger.file == 0);
    let first_lap: Vec<_> = first_lap.map(|(alert, _)| (&alert.group, alert.time)).collect();
    let alone = once.findings.alerts.iter().map(|(alert, _)| (&alert.group, alert.time));
    assert_eq!(first_lap, alone.collect::<Vec<_>>());
    let later = unpaced.findings.alerts.iter().filter(|(alert, _)| alert.trigger.file == 1);
    let starts = later.map(|(alert, _)| alert.fired_at);
    assert!(starts.min().unwrap() > once.findings.alerts[0].0.fired_at + TickSpan::days(21));

    let clock = FastClock::stepping(MICROSECOND);
    let replay = Some(Replay { pace: Pace::Rate(70_000.0), records_max: 60_000, clock: &clock });
    let how = Drive { replay, laps, ..Drive::default() };
    let outcome = drive(&how, &inputs(), &[], &rules, &OPTIONS, &mut |_, _| {}).unwrap();
    assert_eq!(outcome.findings.counts.records, 60_000);
    let judged = outcome.findings.counts.events + outcome.findings.counts.duplicates;
    let raised = unpaced.findings.alerts.iter().zip(&unpaced.findings.raised_after);
    let expected = raised.filter(|&(_, &after)| after < judged).map(|((alert, _), _)| alert);
    let found = outcome.findings.alerts.iter().map(|(alert, _)| alert);
    assert!(found.eq(expected));
}

#[test]
fn a_stopped_run_ends_early_with_what_it_has_read() {
    let (rules, stop) = (default_rules(), AtomicBool::new(false));
    let options = Options { block_bytes: 1 << 12, ..OPTIONS };
    let how = Drive { stop: Some(&stop), ..Drive::default() };
    let outcome = drive(&how, &inputs(), &[], &rules, &options, &mut |_, so_far| {
        stop.store(so_far.bytes > 1_000_000, Ordering::Relaxed);
    });
    let outcome = outcome.unwrap();
    assert!(outcome.interrupted);
    let counts = &outcome.findings.counts;
    assert!((500..20_000).contains(&counts.records), "{counts:?}");
    assert_eq!(counts.records, counts.events + counts.duplicates + counts.foreign);
    assert!(!run(&[corpus().to_owned()], &rules, &options).interrupted);
}

#[test]
fn blank_lines_and_bad_ones_do_not_upset_the_schedule() {
    let (_folder, paths) = log("\n{\n\n  \nnot json\n\n");
    let inputs = resolve_inputs(&paths).unwrap();
    let outcome = paced(&inputs, Pace::Rate(10.0), &OPTIONS, MICROSECOND);
    let counts = outcome.findings.counts;
    assert_eq!((counts.records, counts.malformed), (2, 2));
    assert_eq!(outcome.paced.unwrap().offered, 2);
    // A byte order mark makes no record of a blank line, and none too many of another.
    for (text, records) in [("\u{feff}\n{\n", 1), ("\u{feff}{\n{\n", 2)] {
        let (_folder, paths) = log(text);
        let inputs = resolve_inputs(&paths).unwrap();
        let outcome = paced(&inputs, Pace::Rate(10.0), &OPTIONS, MICROSECOND);
        let offered = outcome.paced.unwrap().offered;
        assert_eq!((offered, outcome.findings.counts.records), (records, records), "{text}");
    }
}

/// Laps that lie at the same time are laps all the same: each has the arrivals from the first on.
#[test]
fn a_lap_is_known_by_its_number_and_not_by_its_time() {
    let laps = Laps { count: 2, period: TickSpan(0) };
    let how = Drive { laps, ..Drive::default() };
    let rules = default_rules();
    let twice = drive(&how, &inputs(), &[], &rules, &OPTIONS, &mut |_, _| {}).unwrap();
    let once = run(&[corpus().to_owned()], &rules, &OPTIONS);
    assert_eq!(twice.findings.counts.records, 2 * once.findings.counts.records);
    assert_eq!(twice.arrived, once.arrived);
}

#[test]
fn an_interrupt_in_the_history_is_one_and_after_the_last_record_is_none() {
    let (rules, stop) = (default_rules(), AtomicBool::new(true));
    let how = Drive { stop: Some(&stop), ..Drive::default() };
    let (_past, past) = log("{}\n");
    let past = resolve_inputs(&past).unwrap();
    let outcome = drive(&how, &inputs(), &past, &rules, &OPTIONS, &mut |_, _| {}).unwrap();
    assert!(outcome.interrupted && outcome.findings.counts.records == 0);

    // A line is a block, and as many are read in the first round as there are.
    let (_folder, paths) = log(format!("{}\n", "x".repeat(5000)).repeat(16));
    let (options, stop) = (Options { block_bytes: 4096, ..OPTIONS }, AtomicBool::new(false));
    let how = Drive { stop: Some(&stop), ..Drive::default() };
    let lines = resolve_inputs(&paths).unwrap();
    let mut stop_at_once = |_, _| stop.store(true, Ordering::Relaxed);
    let outcome = drive(&how, &lines, &[], &rules, &options, &mut stop_at_once).unwrap();
    assert!(!outcome.interrupted && outcome.findings.counts.records == 16);
}

#[test]
fn what_has_no_pace_is_refused_with_the_reason() {
    let refusal = |inputs: &[Input], pace| {
        let clock = FastClock::stepping(MICROSECOND);
        let replay = Some(Replay { pace, records_max: u64::MAX, clock: &clock });
        let how = Drive { replay, ..Drive::default() };
        drive(&how, inputs, &[], &default_rules(), &OPTIONS, &mut |_, _| {}).unwrap_err()
    };
    let (_folder, paths) = log("{}\n");
    let plain = resolve_inputs(&paths).unwrap();
    let error = refusal(&plain, Pace::Speed(2.0));
    assert!(matches!(error, EngineError::NoArrivals { .. }), "{error}");
    let two = [plain[0].clone(), plain[0].clone()];
    let error = refusal(&two, Pace::Rate(2.0));
    assert!(error.to_string().contains("one input"), "{error}");
    for text in ["{\"records\":[{},{}]}\n", "[\n{},\n{}\n]\n", "{\n\"a\":1\n}\n"] {
        let (_folder, paths) = log(text);
        let error = refusal(&resolve_inputs(&paths).unwrap(), Pace::Rate(2.0));
        assert!(matches!(error, EngineError::NoLines { .. }), "{error}");
    }
    assert!(detect(&two, &default_rules(), &OPTIONS, &mut |_, _| {}).is_ok());
}
