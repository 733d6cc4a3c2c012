//! A history: engine and reference agree after one, and learning from one is learning.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vaultdrill::detect::{Alert, Triage, reference};
use vaultdrill::event::{Change, Field, GrantScope, Outcome, Plane, TextField, TickSpan, Ticks};
use vaultdrill::rules::{Adaptive, NewTerms, Rule, RuleKind, RuleMask};

use crate::corpus::{self, case, counting, event, rule};
use crate::driver::{Case, Defects, Run, run, run_after};

const CASES: u64 = 400;

/// A random case cut in two at a record: what came before is the history. Late, early and repeated
/// records lie on either side of the cut.
pub(crate) fn halves(mut whole: Case, seed: u64) -> (Case, Case) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let records = whole.batch.events.len();
    let cut = rng.random_range(0..records * 3 / 4);
    let mut history = case(whole.lateness, whole.rules.clone());
    history.batch = whole.batch.clone();
    history.batch.events.truncate(cut);
    history.batch.events.iter_mut().for_each(|event| event.origin.file = 1);
    history.visible = whole.visible[..cut].to_vec();
    whole.batch.events.drain(..cut);
    whole.visible.drain(..cut);
    (history, whole)
}

fn expected(history: &Case, case: &Case) -> reference::Verdicts {
    let history = reference::History { batch: &history.batch, visible: &history.visible };
    reference::evaluate_after(Some(history), &case.batch, &case.visible, &case.rules, case.lateness)
}

fn without_triage(mut alerts: Vec<Alert>) -> Vec<Alert> {
    alerts.iter_mut().for_each(|alert| alert.triage = Triage::default());
    alerts
}

/// Whatever the history and the corpus, and however their rounds are cut.
#[test]
fn engine_equals_reference_after_a_history() {
    let mut alerting = 0;
    for seed in 0..CASES {
        let (history, case) = halves(corpus::random(seed), seed);
        let expected = expected(&history, &case);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let rounds: Vec<usize> = (0..8).map(|_| rng.random_range(1..30)).collect();
        let run = run_after(Some(&history), &case, &rounds, Defects::default());
        let Run { alerts, absorbed, duplicates, late, .. } = run;
        assert_eq!((duplicates, late), (expected.duplicates, expected.late), "seed {seed}");
        assert_eq!(without_triage(alerts), expected.alerts, "seed {seed} {:#?}", case.rules);
        assert_eq!(absorbed, expected.absorbed, "seed {seed}, rules {:#?}", case.rules);
        alerting += u64::from(!expected.alerts.is_empty());
    }
    assert!(alerting * 10 >= CASES * 3, "only {alerting} of {CASES} cases alert");
}

/// A change of the history, or of what is done with it, that a test must notice.
type Fault = (&'static str, fn(&mut Case, &mut Defects));

const FAULTS: &[Fault] = &[
    ("forgotten", |history, _| history.batch.events.clear()),
    ("never ended", |_, defects| defects.keeps_history_open = true),
    ("last record missed", |history, _| {
        history.batch.events.pop();
    }),
    ("first record missed", |history, _| {
        history.batch.events.drain(..1.min(history.batch.events.len()));
        history.visible.drain(..1.min(history.visible.len()));
    }),
    ("a tick later", |history, _| {
        history.batch.events.iter_mut().for_each(|event| event.time.0 += 1);
    }),
    ("failures taken for successes", |history, _| {
        history.batch.events.iter_mut().for_each(|event| event.outcome = Outcome::Success);
    }),
];

#[test]
fn planted_faults_are_noticed() {
    for &(name, plant) in FAULTS {
        let is_noticed = |seed: &u64| {
            let (mut history, case) = halves(corpus::random(*seed), *seed);
            let expected = expected(&history, &case);
            let mut defects = Defects::default();
            plant(&mut history, &mut defects);
            let run = run_after(Some(&history), &case, &[7], defects);
            (without_triage(run.alerts), run.absorbed) != (expected.alerts, expected.absorbed)
        };
        assert!((0..CASES).any(|seed| is_noticed(&seed)), "nobody noticed: {name}");
    }
}

/// Learning from a history is learning through it: where the corpus begins after the history, by
/// more than a window, `new_terms` and adaptive thresholds (without a hard cap) alert as in one run
/// over both whose `learn` ends where the corpus begins. Only how long ago a tuple was last seen may
/// be known for longer, while the corpus' first fifteen records have no watermark.
#[test]
fn learning_from_a_history_is_learning_through_it() {
    let (mut alerting, mut taught) = (0, 0);
    for seed in 0..CASES {
        let (history, mut case) = apart(halves(corpus::random(seed), seed));
        let (Some(first), Some(start)) = (history.batch.events.first(), case.batch.events.first())
        else {
            continue;
        };
        let learn = start.arrival.since(first.arrival);
        let mut whole = joined(&history, &case);
        each_learn(&mut whole.rules, learn);
        let plain = |alerts: Vec<Alert>| {
            let mut alerts = without_triage(alerts);
            alerts.iter_mut().for_each(|alert| alert.values.last_seen = None);
            alerts
        };
        let reference = expected(&history, &case);
        let found = run_after(Some(&history), &case, &[11], Defects::default());
        let through = run(&whole, &[11], Defects::default());
        assert_eq!(plain(found.alerts), plain(through.alerts.clone()), "seed {seed}");
        assert_eq!(plain(reference.alerts), plain(through.alerts.clone()), "seed {seed}");
        each_learn(&mut case.rules, TickSpan(0));
        let alone = run(&case, &[11], Defects::default());
        alerting += u64::from(!through.alerts.is_empty());
        taught += u64::from(plain(alone.alerts) != plain(through.alerts));
    }
    assert!(alerting * 5 > CASES && taught * 5 > CASES, "{alerting} alert, {taught} were taught");
}

/// The case begins after the history by more than a window, shares no change of access with it, and
/// has rules only that remember for long.
fn apart((history, mut case): (Case, Case)) -> (Case, Case) {
    let mut window = TickSpan(0);
    case.rules.retain_mut(|rule| match &mut rule.kind {
        RuleKind::NewTerms(_) => true,
        RuleKind::Threshold(kind) => {
            window = window.max(kind.window);
            kind.adaptive.iter_mut().for_each(|adaptive| adaptive.hard_cap = None);
            kind.adaptive.is_some()
        }
        _ => false,
    });
    let last = |of: fn(&vaultdrill::event::Event) -> Ticks| {
        history.batch.events.iter().map(of).max().unwrap_or(Ticks::MIN)
    };
    let (time, arrival) = (last(|event| event.time), last(|event| event.arrival));
    let events = &mut case.batch.events;
    let first_time = events.iter().map(|event| event.time).min().unwrap_or(Ticks::MAX);
    let first_arrival = events.iter().map(|event| event.arrival).min().unwrap_or(Ticks::MAX);
    let gap = (time + window).since(first_time).max(arrival.since(first_arrival));
    for index in 0..case.batch.events.len() {
        let mut event = case.batch.events[index];
        event.time = event.time + gap + TickSpan(1);
        event.arrival = event.arrival + gap + TickSpan(1);
        let id = format!("after {}", case.batch.view(index).text(TextField::CorrelationId));
        case.batch.set_text(&mut event, TextField::CorrelationId, &id);
        case.batch.events[index] = event;
    }
    // The masks name places of rules that are fewer now.
    let all = (1_u128 << case.rules.len()) - 1;
    case.visible.iter_mut().for_each(|mask| mask.0 &= all);
    let visible = history.visible.iter().map(|mask| RuleMask(mask.0 & all)).collect();
    let history = Case { rules: case.rules.clone(), visible, ..history };
    (history, case)
}

/// One case of both, in this order.
fn joined(history: &Case, corpus: &Case) -> Case {
    let mut whole = case(corpus.lateness, corpus.rules.clone());
    for part in [history, corpus] {
        for view in part.batch.views() {
            let event = whole.batch.adopt(&view);
            whole.batch.events.push(event);
        }
        whole.visible.extend(&part.visible);
    }
    whole
}

fn each_learn(rules: &mut [Rule], learn: TickSpan) {
    for rule in rules {
        match &mut rule.kind {
            RuleKind::NewTerms(kind) => kind.learn = learn,
            RuleKind::Threshold(kind) => {
                kind.adaptive.iter_mut().for_each(|adaptive| adaptive.learn = learn);
            }
            _ => {}
        }
    }
}

const AMY: (TextField, &str) = (TextField::Identity, "amy");
const RED: (TextField, &str) = (TextField::Vault, "red");
const BLUE: (TextField, &str) = (TextField::Vault, "blue");

fn noon(day: i64) -> Ticks {
    Ticks(TickSpan::days(day).0 + TickSpan::hours(12).0)
}

fn of_file(mut history: Case) -> Case {
    history.batch.events.iter_mut().for_each(|event| event.origin.file = 1);
    history
}

fn new_vault() -> Rule {
    let terms = vec![Field::Identity, Field::Vault];
    let (history, learn) = (TickSpan::days(7), TickSpan::days(5));
    rule(RuleKind::NewTerms(NewTerms { terms, known: 1, history, learn }), TickSpan(0))
}

#[test]
fn sightings_of_a_history_count_to_the_tick_and_nothing_is_left_to_learn() {
    for (ticks, alerts) in [(-1, 1), (0, 0), (1, 0)] {
        let mut history = case(TickSpan(0), vec![new_vault()]);
        history.add(noon(10), &[AMY, BLUE]);
        history.add(Ticks(noon(3).0 + 1 + ticks), &[AMY, RED]);
        let mut corpus = case(TickSpan(0), vec![new_vault()]);
        corpus.add(noon(10), &[AMY, RED]);
        let found = run_after(Some(&of_file(history)), &corpus, &[1], Defects::default());
        assert_eq!(found.alerts.len(), alerts, "{ticks}");
        assert_eq!(run(&corpus, &[1], Defects::default()).alerts.len(), 0, "learns otherwise");
    }
}

#[test]
fn windows_do_not_reach_into_a_history_and_its_days_make_the_baseline() {
    let mut threshold = counting(3, TickSpan::hours(2));
    threshold.adaptive = Some(Adaptive {
        multiple: 1.0,
        quantile: 1.0,
        history_days: 5,
        min_days: 1,
        learn: TickSpan::days(30),
        wider: None,
        hard_cap: None,
    });
    let rules = vec![rule(RuleKind::Threshold(threshold), TickSpan(0))];
    for (of_history, of_corpus, baseline) in [(2, 2, None), (2, 3, Some(2.0)), (3, 3, None)] {
        let mut history = case(TickSpan(0), rules.clone());
        (0..of_history).for_each(|_| history.add(noon(9), &[AMY]));
        history.add(Ticks(noon(10).0 - 1), &[AMY]);
        let mut corpus = case(TickSpan(0), rules.clone());
        (0..of_corpus).for_each(|_| corpus.add(noon(10), &[AMY]));
        let found = run_after(Some(&of_file(history)), &corpus, &[1], Defects::default());
        let found: Vec<_> = found.alerts.iter().map(|alert| alert.values.baseline).collect();
        assert_eq!(found, baseline.into_iter().map(Some).collect::<Vec<_>>(), "{of_corpus}");
    }
}

#[test]
fn facts_of_an_alert_go_back_into_the_history() {
    let rules = vec![rule(RuleKind::Query { group_by: Vec::new() }, TickSpan(0))];
    let mut history = case(TickSpan(0), rules.clone());
    history.add(noon(8), &[AMY, (TextField::Client, "cli")]);
    let mut grant = event(noon(9));
    (grant.plane, grant.change) = (Plane::Control, Change::Grant);
    grant.grant_scope = GrantScope::Vault;
    history.add_event(grant, &[(TextField::Identity, "boss"), RED, (TextField::Grantee, "amy")]);
    let history = of_file(history);
    let mut corpus = case(TickSpan(0), rules);
    corpus.add(noon(10), &[AMY, RED, (TextField::Client, "cli")]);
    let found = run_after(Some(&history), &corpus, &[1], Defects::default());
    let facts = &found.alerts[0].triage;
    assert_eq!((facts.first_seen, facts.active_days), (Some(noon(8)), 1));
    assert!(!facts.new_client);
    let origins = |records: &[vaultdrill::detect::Evidence]| -> Vec<_> {
        records.iter().map(|record| record.origin).collect()
    };
    assert_eq!(origins(&facts.clients), [history.batch.events[0].origin]);
    assert_eq!(origins(&facts.changes.recent), [history.batch.events[1].origin]);
    assert_eq!((found.alerts.len(), found.rules[0].matched), (1, 1), "the history is not judged");
}
