//! Rules on a schedule equal the naive evaluator on random corpora, and would not if they were wrong.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vaultdrill::detect::reference::{self, LeftOut};
use vaultdrill::detect::{Absorbed, Alert, Triage};
use vaultdrill::event::{Field, TickSpan};
use vaultdrill::rules::{Clock, NewTerms, Rule, RuleKind, RuleMask, Schedule, Threshold, Timing};

use crate::corpus::{self, pick, random_threshold, rule};
use crate::driver::{Case, Defects, Run, run, run_after};
use crate::history::halves;

const CASES: u64 = 400;

/// Alerts without triage, what they absorbed, and what the runs left out, per rule.
type Verdict = (Vec<Alert>, Vec<Absorbed>, Vec<LeftOut>);

/// Whatever the order, lateness and duplication, however windows overlap or leave gaps, and however
/// rounds are cut, runs alert as the definitions say and leave out what they say; a rule beside them
/// that judges records as they arrive is not touched.
#[test]
fn runs_equal_reference() {
    let mut alerting = [0; 3];
    let (mut over, mut unseen) = (0, 0);
    for seed in 0..CASES {
        let (alerts, _, left_out) = compare(seed);
        for (place, alerting) in alerting.iter_mut().enumerate() {
            *alerting += u64::from(alerts.iter().any(|alert| alert.rule == place));
        }
        over += u64::from(left_out.iter().any(|it| it.over_max_signals > 0));
        unseen += u64::from(left_out.iter().any(|it| it.unseen > 0));
    }
    assert!(alerting.iter().all(|&cases| cases * 10 >= CASES * 3), "{alerting:?} of {CASES}");
    assert!(over * 10 >= CASES && unseen * 10 >= CASES, "{over}, {unseen} of {CASES}");
}

#[test]
#[ignore = "minutes long: the same over many more seeds"]
fn runs_equal_reference_at_length() {
    (CASES..5_000).for_each(|seed| {
        compare(seed);
    });
}

/// Whatever came before a corpus: it teaches new terms, and is in no run's window.
#[test]
fn runs_equal_reference_after_a_history() {
    let mut unlike_without = 0;
    for seed in 0..CASES {
        let (history, case) = halves(random(seed), seed);
        let past = reference::History { batch: &history.batch, visible: &history.visible };
        let expected = reference::evaluate_after(
            Some(past),
            &case.batch,
            &case.visible,
            &case.rules,
            case.lateness,
        );
        let run = run_after(Some(&history), &case, &[5, 11], Defects::default());
        let expected: Verdict = (expected.alerts, expected.absorbed, expected.left_out);
        assert_eq!(plain(run), expected, "seed {seed}, rules {:#?}", case.rules);
        unlike_without += u64::from(self::expected(&case) != expected);
    }
    assert!(unlike_without * 10 >= CASES * 3, "a history matters in {unlike_without} of {CASES}");
}

/// Compares engine and reference on one case; gives what both say.
fn compare(seed: u64) -> Verdict {
    let case = random(seed);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let rounds: Vec<usize> = (0..8).map(|_| rng.random_range(1..30)).collect();
    let expected = expected(&case);
    let found = found(&case, &rounds, Defects::default());
    let unlike = found.0.iter().zip(&expected.0).find(|(found, expected)| found != expected);
    assert_eq!(unlike, None, "seed {seed}, rules {:#?}", case.rules);
    assert_eq!(found, expected, "seed {seed}, rules {:#?}", case.rules);
    expected
}

/// A change of the engine's rules, or of its driver, that a test must notice.
type Fault = (&'static str, fn(&mut Case, &mut Defects));

/// Those on the other side of an edge would need times beside the grid: `scheduled_edges` has them.
const FAULTS: &[Fault] = &[
    ("window a tick long", |case, _| each_schedule(case, |it| it.lookback.0 += 1)),
    ("half of the runs", |case, _| each_schedule(case, |it| it.interval.0 *= 2)),
    ("twice the runs", |case, _| each_schedule(case, |it| it.interval.0 /= 2)),
    ("one more alert a run", |case, _| each_schedule(case, |it| it.max_signals += 1)),
    ("the event's clock", |case, _| each_schedule(case, |it| it.clock = Clock::Event)),
    ("the arrival clock", |case, _| each_schedule(case, |it| it.clock = Clock::Arrival)),
    ("streaming", |case, _| {
        case.rules.iter_mut().for_each(|rule| rule.timing = Timing::Streaming);
    }),
    ("suppression a tick long", |case, _| {
        case.rules.iter_mut().for_each(|rule| rule.suppress.0 += 1);
    }),
    ("count one too high", |case, _| {
        each_threshold(case, |kind| kind.count = kind.count.map(|count| count + 1));
    }),
    ("distinct one too low", |case, _| {
        each_threshold(case, |kind| kind.distinct.iter_mut().for_each(|part| part.values -= 1));
    }),
    ("group coarser", |case, _| {
        each_threshold(case, |kind| {
            kind.group_by.pop();
        });
    }),
    ("memory a tick short", |case, _| each_novelty(case, |kind| kind.history.0 -= 1)),
    ("learning a tick long", |case, _| each_novelty(case, |kind| kind.learn.0 += 1)),
    ("duplicates kept", |_, defects| defects.keeps_duplicates = true),
    ("late events dropped", |_, defects| defects.drops_late_events = true),
    ("rounds reversed", |_, defects| defects.reverses_rounds = true),
    ("late Starts not joined", |_, defects| defects.completes_nothing = true),
];

#[test]
fn planted_faults_are_noticed() {
    for &(name, plant) in FAULTS {
        let is_noticed = |seed: &u64| {
            let mut case = random(*seed);
            let expected = expected(&case);
            let mut defects = Defects::default();
            plant(&mut case, &mut defects);
            found(&case, &[7], defects) != expected
        };
        assert!((0..CASES).any(|seed| is_noticed(&seed)), "nobody noticed: {name}");
    }
}

/// The corpus of that seed with a rule of each kind on a schedule, and one that is not.
fn random(seed: u64) -> Case {
    let unit = corpus::unit_of(seed);
    let mut case = corpus::random(seed);
    let mut rng = ChaCha8Rng::seed_from_u64(!seed);
    let streaming = case.rules.swap_remove(0);
    let mut rules = [random_query, random_counting, random_novelty].map(|kind| {
        let (schedule, suppress) = (random_schedule(&mut rng, unit), rng.random_range(0..12));
        let kind = kind(&mut rng, unit, schedule.lookback);
        on_schedule(rule(kind, TickSpan(unit.0 * suppress)), schedule)
    });
    rules[0].suppress.0 *= i64::from(rng.random_bool(0.7));
    case.rules = rules.into_iter().chain([streaming]).collect();
    for visible in &mut case.visible {
        let bit = |place: usize, rng: &mut ChaCha8Rng| u128::from(rng.random_bool(0.9)) << place;
        *visible = RuleMask((0..4).fold(0, |mask, place| mask | bit(place, &mut rng)));
    }
    case
}

pub(crate) fn on_schedule(rule: Rule, schedule: Schedule) -> Rule {
    Rule { schedule: Some(schedule), timing: Timing::Scheduled, ..rule }
}

fn random_schedule(rng: &mut ChaCha8Rng, unit: TickSpan) -> Schedule {
    Schedule {
        interval: TickSpan(unit.0 * rng.random_range(1..8)),
        lookback: TickSpan(unit.0 * rng.random_range(1..16)),
        max_signals: *pick(rng, &[1, 2, 100]),
        clock: *pick(rng, &[Clock::Arrival, Clock::Event]),
    }
}

fn random_query(rng: &mut ChaCha8Rng, _: TickSpan, _: TickSpan) -> RuleKind {
    let groups: [&[Field]; 4] =
        [&[], &[Field::Identity], &[Field::Identity, Field::Vault], &[Field::Grantee]];
    RuleKind::Query { group_by: pick(rng, &groups).to_vec() }
}

fn random_counting(rng: &mut ChaCha8Rng, unit: TickSpan, _: TickSpan) -> RuleKind {
    let groups: [&[Field]; 4] =
        [&[], &[Field::Identity], &[Field::Object, Field::Outcome], &[Field::Grantee]];
    let group_by = pick(rng, &groups).to_vec();
    RuleKind::Threshold(Threshold { adaptive: None, ..random_threshold(rng, group_by, unit) })
}

fn random_novelty(rng: &mut ChaCha8Rng, unit: TickSpan, lookback: TickSpan) -> RuleKind {
    let terms: [&[Field]; 3] =
        [&[Field::Identity], &[Field::Identity, Field::Object], &[Field::Vault, Field::Client]];
    RuleKind::NewTerms(NewTerms {
        terms: pick(rng, &terms).to_vec(),
        known: 0,
        history: TickSpan(lookback.0 + unit.0 * rng.random_range(1..20)),
        learn: TickSpan(unit.0 * rng.random_range(0..15)),
    })
}

fn found(case: &Case, rounds: &[usize], defects: Defects) -> Verdict {
    plain(run(case, rounds, defects))
}

fn plain(mut run: Run) -> Verdict {
    run.alerts.iter_mut().for_each(|alert| alert.triage = Triage::default());
    let left_out = run
        .rules
        .iter()
        .map(|stats| LeftOut { over_max_signals: stats.over_max_signals, unseen: stats.unseen });
    (run.alerts, run.absorbed, left_out.collect())
}

fn expected(case: &Case) -> Verdict {
    let all = reference::evaluate(&case.batch, &case.visible, &case.rules, case.lateness);
    (all.alerts, all.absorbed, all.left_out)
}

/// Verdict on a case, the same by the engine in any rounds and by the reference.
pub(crate) fn verdict(case: &Case) -> Verdict {
    let expected = expected(case);
    for rounds in [1, 3, usize::MAX / 2] {
        assert_eq!(found(case, &[rounds], Defects::default()), expected, "rounds of {rounds}");
    }
    expected
}

fn each_schedule(case: &mut Case, change: impl Fn(&mut Schedule)) {
    case.rules.iter_mut().filter_map(|rule| rule.schedule.as_mut()).for_each(change);
}

fn each_threshold(case: &mut Case, change: impl Fn(&mut Threshold)) {
    for rule in case.rules.iter_mut().filter(|rule| rule.schedule.is_some()) {
        if let RuleKind::Threshold(kind) = &mut rule.kind {
            change(kind);
        }
    }
}

fn each_novelty(case: &mut Case, change: impl Fn(&mut NewTerms)) {
    for rule in case.rules.iter_mut().filter(|rule| rule.schedule.is_some()) {
        if let RuleKind::NewTerms(kind) = &mut rule.kind {
            change(kind);
        }
    }
}
