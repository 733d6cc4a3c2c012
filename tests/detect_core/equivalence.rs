//! The engine equals the naive evaluator on random corpora, and would not if it were wrong.
//!
//! Seeds are fixed, so that a failure repeats; `engine_equals_reference_at_length` is for long runs
//! by hand.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vaultdrill::detect::{Triage, reference};
use vaultdrill::event::TickSpan;
use vaultdrill::rules::{Adaptive, Buckets, Need, NewTerms, RuleKind, Sequence, Threshold, Wider};

use crate::corpus;
use crate::driver::{Case, Defects, Run, run};

const CASES: u64 = 400;

/// Whatever the order, lateness and duplication, and however rounds are cut, the engine alerts as
/// the definitions say, on the same windows, with the same numbers and evidence.
#[test]
fn engine_equals_reference() {
    let alerting = (0..CASES).filter(|&seed| compare(seed)).count() as u64;
    assert!(alerting * 10 >= CASES * 3, "only {alerting} of {CASES} cases alert");
}

#[test]
#[ignore = "minutes long: the same over many more seeds"]
fn engine_equals_reference_at_length() {
    (CASES..20_000).for_each(|seed| {
        compare(seed);
    });
}

/// A change of the engine's rules, or of its driver, that a test must notice.
type Fault = (&'static str, fn(&mut Case, &mut Defects));

const TICK: TickSpan = TickSpan(1);

const FAULTS: &[Fault] = &[
    ("window a tick long", |case, _| each_threshold(case, |kind| kind.window.0 += 1)),
    ("window a tick short", |case, _| each_threshold(case, |kind| kind.window.0 -= 1)),
    ("count one too high", |case, _| {
        each_threshold(case, |kind| {
            kind.count = kind.count.map(|count| count + 1);
        })
    }),
    ("distinct one too low", |case, _| {
        each_threshold(case, |kind| {
            kind.distinct.iter_mut().for_each(|part| part.values -= 1);
        })
    }),
    ("sliding taken for tumbling", |case, _| {
        each_threshold(case, |kind| {
            kind.buckets = Buckets::Tumbling;
        })
    }),
    ("group coarser", |case, _| {
        each_threshold(case, |kind| {
            kind.group_by.pop();
        })
    }),
    ("baseline of another quantile", |case, _| each_adaptive(case, |it| it.quantile = 0.7)),
    ("history a day longer", |case, _| each_adaptive(case, |it| it.history_days += 1)),
    ("history a day shorter", |case, _| each_adaptive(case, |it| it.history_days -= 1)),
    ("more days required", |case, _| each_adaptive(case, |it| it.min_days += 1)),
    ("hard cap forgotten", |case, _| each_adaptive(case, |it| it.hard_cap = None)),
    ("adaptive learning forgotten", |case, _| each_adaptive(case, |it| it.learn = TickSpan(0))),
    ("own past for that of the wider group", |case, _| each_adaptive(case, |it| it.wider = None)),
    ("a wider group still", |case, _| each_wider(case, |it| it.fields = 1)),
    ("new groups alone forgotten", |case, _| each_wider(case, |it| it.new_group = false)),
    ("only new groups", |case, _| each_wider(case, |it| it.new_group = true)),
    ("multiple a bit off", |case, _| each_adaptive(case, |it| it.multiple += 0.1)),
    ("suppression a tick long", |case, _| {
        case.rules.iter_mut().for_each(|rule| rule.suppress = TickSpan(rule.suppress.0 + 1));
    }),
    ("suppression forgotten", |case, _| {
        case.rules.iter_mut().for_each(|rule| rule.suppress = TickSpan(0));
    }),
    ("memory a tick long", |case, _| each_novelty(case, |kind| kind.history.0 += 1)),
    ("learning forgotten", |case, _| each_novelty(case, |kind| kind.learn = TickSpan(0))),
    ("learning a tick long", |case, _| each_novelty(case, |kind| kind.learn.0 += TICK.0)),
    ("known prefix forgotten", |case, _| each_novelty(case, |kind| kind.known = 0)),
    ("span a tick long", |case, _| each_sequence(case, |kind| kind.max_span.0 += 1)),
    ("span a tick short", |case, _| each_sequence(case, |kind| kind.max_span.0 -= 1)),
    ("steps in another order", |case, _| each_sequence(case, |kind| kind.steps.swap(0, 1))),
    ("last step forgotten", |case, _| {
        each_sequence(case, |kind| {
            kind.steps.truncate(2);
        })
    }),
    ("step takes one more", |case, _| each_need(case, 1)),
    ("step takes one less", |case, _| each_need(case, -1)),
    ("grantee forgotten", |case, _| {
        each_sequence(case, |kind| {
            kind.steps.iter_mut().for_each(|step| step.by.clone_from(&kind.by))
        })
    }),
    ("halves not joined", |_, defects| defects.joins_nothing = true),
    ("late Starts not joined", |_, defects| defects.completes_nothing = true),
    ("lateness a tick long", |case, _| case.lateness.0 += 1),
    ("duplicates kept", |_, defects| defects.keeps_duplicates = true),
    ("lateness unknown", |_, defects| defects.knows_no_lateness = true),
    ("late events dropped", |_, defects| defects.drops_late_events = true),
    ("rounds reversed", |_, defects| defects.reverses_rounds = true),
];

#[test]
fn planted_faults_are_noticed() {
    for &(name, plant) in FAULTS {
        let is_noticed = |seed: &u64| {
            let mut case = corpus::random(*seed);
            let expected = expected(&case);
            let mut defects = Defects::default();
            plant(&mut case, &mut defects);
            let run = without_triage(run(&case, &[7], defects));
            (run.alerts, run.absorbed) != (expected.alerts, expected.absorbed)
        };
        assert!((0..CASES).any(|seed| is_noticed(&seed)), "nobody noticed: {name}");
    }
}

/// The random corpora exercise sequences: enough of them alert, and in every way in which the two
/// halves of a grant can arrive.
#[test]
fn sequences_alert_often_enough() {
    let (mut alerting, mut cases) = (0, 0);
    for seed in 0..CASES {
        let case = corpus::random(seed);
        let is_sequence = |place: usize| matches!(case.rules[place].kind, RuleKind::Sequence(_));
        if (0..case.rules.len()).any(is_sequence) {
            cases += 1;
            alerting += u64::from(expected(&case).alerts.iter().any(|it| is_sequence(it.rule)));
        }
    }
    assert!(cases * 2 > CASES && alerting * 10 >= cases * 3, "{alerting} of {cases}");
}

/// The random corpora exercise wider groups: enough alerts fire on their account, by new groups as well.
#[test]
fn wider_groups_alert_often_enough() {
    let (mut firing, mut new) = (0, 0);
    for seed in 0..CASES {
        let case = corpus::random(seed);
        let wider = |place: usize| match &case.rules[place].kind {
            RuleKind::Threshold(kind) => kind.adaptive.and_then(|adaptive| adaptive.wider),
            _ => None,
        };
        for alert in expected(&case).alerts.iter().filter(|it| it.values.baseline.is_some()) {
            firing += u64::from(wider(alert.rule).is_some());
            new += u64::from(wider(alert.rule).is_some_and(|wider| wider.new_group));
        }
    }
    assert!(firing * 10 >= CASES && new * 40 >= CASES, "{firing} and {new} in {CASES} cases");
}

/// Taking out of a correct run the alerts that fire because a value doubled makes a difference, so
/// the comparison would notice an engine that lacks the clause.
#[test]
fn alerts_by_doubling_are_noticed() {
    let has_doubled = |seed: u64| {
        let case = corpus::random(seed);
        let alerts = expected(&case).alerts;
        alerts.iter().enumerate().any(|(nth, alert)| {
            alerts[..nth].iter().any(|earlier| {
                let apart = (alert.time.0 - earlier.time.0).abs();
                (earlier.rule, earlier.group_key) == (alert.rule, alert.group_key)
                    && matches!(case.rules[alert.rule].kind, RuleKind::Threshold(_))
                    && apart < case.rules[alert.rule].suppress.0
            })
        })
    };
    let doubled = (0..CASES).filter(|&seed| has_doubled(seed)).count() as u64;
    assert!(doubled * 20 >= CASES, "{doubled} of {CASES}");
}

/// Compares engine and reference on one case; gives whether it alerts.
fn compare(seed: u64) -> bool {
    let case = corpus::random(seed);
    let expected = expected(&case);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let rounds: Vec<usize> = (0..8).map(|_| rng.random_range(1..30)).collect();
    let run = without_triage(run(&case, &rounds, Defects::default()));
    let Run { alerts, absorbed, duplicates, late, .. } = run;
    assert_eq!((duplicates, late), (expected.duplicates, expected.late), "seed {seed}");
    assert_eq!(alerts, expected.alerts, "seed {seed}, rules {:#?}", case.rules);
    assert_eq!(absorbed, expected.absorbed, "seed {seed}, rules {:#?}", case.rules);
    !alerts.is_empty()
}

fn without_triage(mut run: Run) -> Run {
    run.alerts.iter_mut().for_each(|alert| alert.triage = Triage::default());
    run
}

fn expected(case: &Case) -> reference::Verdicts {
    reference::evaluate(&case.batch, &case.visible, &case.rules, case.lateness)
}

fn each_threshold(case: &mut Case, change: impl Fn(&mut Threshold)) {
    for rule in &mut case.rules {
        if let RuleKind::Threshold(kind) = &mut rule.kind {
            change(kind);
        }
    }
}

fn each_sequence(case: &mut Case, change: impl Fn(&mut Sequence)) {
    for rule in &mut case.rules {
        if let RuleKind::Sequence(kind) = &mut rule.kind {
            change(kind);
        }
    }
}

fn each_need(case: &mut Case, by: i64) {
    let moved = |number: u32| u32::try_from(i64::from(number) + by).unwrap_or(1).max(1);
    each_sequence(case, |kind| {
        for step in &mut kind.steps {
            match &mut step.need {
                Need::Count(count) => *count = moved(*count),
                Need::Distinct(distinct) => distinct.values = moved(distinct.values),
            }
        }
    });
}

fn each_adaptive(case: &mut Case, change: impl Fn(&mut Adaptive)) {
    each_threshold(case, |kind| kind.adaptive.iter_mut().for_each(&change));
}

fn each_wider(case: &mut Case, change: impl Fn(&mut Wider)) {
    each_adaptive(case, |kind| kind.wider.iter_mut().for_each(&change));
}

fn each_novelty(case: &mut Case, change: impl Fn(&mut NewTerms)) {
    for rule in &mut case.rules {
        if let RuleKind::NewTerms(kind) = &mut rule.kind {
            change(kind);
        }
    }
}
