//! One condition each, at its edge and one tick beside it; engine and reference must agree on all.

use vaultdrill::detect::{Alert, Triage, reference};
use vaultdrill::event::{Field, Outcome, TextField, TickSpan, Ticks};
use vaultdrill::rules::{Adaptive, Buckets, Distinct, NewTerms, Rule, RuleKind, Threshold};

use crate::corpus::{case, counting, event, rule};
use crate::driver::{Case, Defects, run};

const MINUTE: TickSpan = TickSpan::minutes(1);
const NEVER: TickSpan = TickSpan(0);
const NONE: [u64; 0] = [];
const AMY: (TextField, &str) = (TextField::Identity, "amy");

/// Alerts of a case, after holding them against every cut into rounds and the reference.
pub(crate) fn alerts(case: &Case) -> Vec<Alert> {
    let once = run(case, &[usize::MAX / 2], Defects::default());
    let one_by_one = run(case, &[1], Defects::default());
    assert_eq!(once.alerts, one_by_one.alerts);
    assert_eq!(once.absorbed, one_by_one.absorbed);
    let mut plain = once.alerts.clone();
    plain.iter_mut().for_each(|alert| alert.triage = Triage::default());
    let expected = reference::evaluate(&case.batch, &case.visible, &case.rules, case.lateness);
    assert_eq!(plain, expected.alerts);
    assert_eq!(once.absorbed, expected.absorbed);
    once.alerts
}

/// Places of the records that completed an alert.
pub(crate) fn triggers(case: &Case) -> Vec<u64> {
    alerts(case).iter().map(|alert| alert.trigger.offset).collect()
}

/// Triggers of one threshold rule over events of one identity at these ticks.
fn of_times(kind: Threshold, suppress: TickSpan, times: &[i64]) -> Vec<u64> {
    let mut case = case(TickSpan::hours(2), vec![rule(RuleKind::Threshold(kind), suppress)]);
    times.iter().for_each(|&time| case.add(Ticks(time), &[AMY]));
    triggers(&case)
}

fn at(text: &str) -> Ticks {
    Ticks::parse(text.as_bytes()).expect("a timestamp")
}

fn novelty(terms: &[Field], known: usize, history: i64, learn: i64) -> Rule {
    let (history, learn) = (TickSpan(history), TickSpan(learn));
    let kind = NewTerms { terms: terms.to_vec(), known, history, learn };
    rule(RuleKind::NewTerms(kind), NEVER)
}

#[test]
fn a_window_excludes_its_start_and_includes_its_end() {
    assert_eq!(of_times(counting(2, TickSpan(10)), NEVER, &[0, 9]), [1]);
    assert_eq!(of_times(counting(2, TickSpan(10)), NEVER, &[0, 10]), NONE);
    assert_eq!(of_times(counting(2, TickSpan(10)), NEVER, &[9, 0]), [1]);
    assert_eq!(of_times(counting(2, TickSpan(10)), NEVER, &[10, 0]), NONE);
}

#[test]
fn an_aligned_window_includes_its_start_and_excludes_its_end() {
    let kind = || Threshold { buckets: Buckets::Tumbling, ..counting(2, TickSpan(10)) };
    assert_eq!(of_times(kind(), NEVER, &[10, 19]), [1]);
    assert_eq!(of_times(kind(), NEVER, &[9, 10]), NONE);
    assert_eq!(of_times(kind(), NEVER, &[19, 20]), NONE);
    assert_eq!(of_times(kind(), NEVER, &[-10, -1]), [1]);
    assert_eq!(of_times(kind(), NEVER, &[-1, 0]), NONE);
}

#[test]
fn the_event_that_reaches_the_count_fires() {
    assert_eq!(of_times(counting(3, TickSpan(10)), NEVER, &[1, 2, 3, 4]), [2, 3]);
}

#[test]
fn events_of_one_instant_count_and_are_listed_by_origin() {
    let mut case =
        case(TickSpan::hours(2), vec![rule(RuleKind::Threshold(counting(3, TickSpan(1))), NEVER)]);
    (0..3).for_each(|_| case.add(Ticks(5), &[AMY]));
    let alerts = alerts(&case);
    let offsets: Vec<_> = alerts[0].evidence.iter().map(|found| found.origin.offset).collect();
    assert_eq!((alerts.len(), offsets), (1, vec![0, 1, 2]));
    assert_eq!(alerts[0].window, (Ticks(5), Ticks(5)));
}

#[test]
fn suppression_ends_at_its_length_or_when_the_value_doubles() {
    let window = TickSpan(100);
    assert_eq!(of_times(counting(1, TickSpan(1)), TickSpan(10), &[0, 9, 10, 19, 20]), [0, 2, 4]);
    assert_eq!(of_times(counting(2, window), TickSpan(90), &[1, 2, 3, 4, 5, 6]), [1, 3]);
}

#[test]
fn what_repeats_is_counted_on_the_first_alert_that_absorbs_it() {
    let kind = RuleKind::Threshold(counting(2, TickSpan(100)));
    let mut case = case(TickSpan::hours(2), vec![rule(kind, TickSpan(90))]);
    (1..=7).for_each(|time| case.add(Ticks(time), &[AMY]));
    let run = run(&case, &[3], Defects::default());
    let counts: Vec<_> =
        run.absorbed.iter().map(|absorbed| (absorbed.trigger.offset, absorbed.count)).collect();
    assert_eq!(counts, [(1, 1), (3, 3)]);
    assert_eq!((run.rules[0].alerts, run.rules[0].suppressed), (2, 4));
}

#[test]
fn a_late_arrival_fires_in_the_earliest_window_it_completes() {
    let kind = RuleKind::Threshold(counting(3, TickSpan(10)));
    let mut case = case(TickSpan::hours(2), vec![rule(kind, NEVER)]);
    for time in [0, 8, 12, 18, 9] {
        case.add(Ticks(time), &[AMY]);
    }
    let alerts = alerts(&case);
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].trigger.offset, alerts[0].window), (4, (Ticks(0), Ticks(9))));
}

#[test]
fn count_and_distinct_must_both_hold() {
    let fields = vec![Field::Object];
    let kind =
        Threshold { distinct: Some(Distinct { fields, values: 2 }), ..counting(4, TickSpan(100)) };
    let mut case = case(TickSpan::hours(2), vec![rule(RuleKind::Threshold(kind), NEVER)]);
    for (time, object) in ["a", "b", "", "a", "", "b"].into_iter().enumerate() {
        case.add(Ticks(time as i64), &[AMY, (TextField::Object, object)]);
    }
    let alerts = alerts(&case);
    let values = alerts[0].values;
    assert_eq!(alerts.iter().map(|alert| alert.trigger.offset).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!((values.count, values.distinct), (Some(4), Some(2)));
    assert_eq!((values.threshold, values.count_threshold), (Some(2), Some(4)));
}

#[test]
fn an_event_without_a_group_field_is_in_no_group() {
    let rules = vec![
        rule(RuleKind::Threshold(counting(1, MINUTE)), NEVER),
        novelty(&[Field::Identity], 0, 100, 0),
        rule(RuleKind::Query { group_by: vec![Field::Identity] }, MINUTE),
    ];
    let mut case = case(TickSpan::hours(2), rules);
    case.add(Ticks(0), &[]);
    case.add(Ticks(1), &[]);
    let found: Vec<_> = alerts(&case)
        .iter()
        .map(|alert| (alert.trigger.offset, alert.rule, alert.group.len()))
        .collect();
    assert_eq!(found, [(0, 2, 0), (1, 2, 0)]);
    let stats = run(&case, &[9], Defects::default()).rules;
    assert_eq!(stats.iter().map(|rule| rule.ungrouped).collect::<Vec<_>>(), [2, 2, 2]);
}

#[test]
fn an_event_at_the_watermark_is_late_and_one_tick_after_is_not() {
    let rules = vec![
        rule(RuleKind::Threshold(counting(1, MINUTE)), NEVER),
        rule(RuleKind::Query { group_by: vec![] }, NEVER),
    ];
    let mut case = case(TickSpan(100), rules);
    (0..16).for_each(|_| case.add(Ticks(1000), &[(TextField::Identity, "")]));
    case.add(Ticks(900), &[AMY]);
    case.add(Ticks(901), &[AMY]);
    let found: Vec<_> = alerts(&case)
        .iter()
        .filter(|alert| alert.trigger.offset >= 16)
        .map(|alert| (alert.trigger.offset, alert.rule))
        .collect();
    assert_eq!(found, [(16, 1), (17, 0), (17, 1)]);
    assert_eq!(run(&case, &[9], Defects::default()).rules[0].late, 1);
}

#[test]
fn a_sighting_counts_until_its_history_has_passed() {
    let of_times = |times: &[i64]| {
        let mut case = case(TickSpan::hours(2), vec![novelty(&[Field::Identity], 0, 10, 0)]);
        times.iter().for_each(|&time| case.add(Ticks(time), &[AMY]));
        let found = alerts(&case);
        found.iter().map(|it| (it.trigger.offset, it.values.last_seen)).collect::<Vec<_>>()
    };
    assert_eq!(of_times(&[0, 9]), [(0, None)]);
    assert_eq!(of_times(&[0, 10]), [(0, None), (1, Some(Ticks(0)))]);
    // A sighting later than the event counts as well: the tuple is not new to whoever watches.
    assert_eq!(of_times(&[50, 0]), [(0, None)]);
}

#[test]
fn learning_ends_with_the_arrival_that_is_old_enough() {
    let mut case = case(TickSpan::hours(2), vec![novelty(&[Field::Vault], 0, 1000, 50)]);
    for (arrival, vault) in [(100, "a"), (149, "b"), (150, "c"), (151, "a")] {
        let mut event = event(Ticks(0));
        event.arrival = Ticks(arrival);
        case.add_event(event, &[AMY, (TextField::Vault, vault)]);
    }
    assert_eq!(triggers(&case), [2]);
}

#[test]
fn a_denied_attempt_is_new_each_time_and_teaches_nothing() {
    let mut case = case(TickSpan::hours(2), vec![novelty(&[Field::Vault], 0, 1000, 0)]);
    for (time, outcome) in [Outcome::Denied, Outcome::Denied, Outcome::Success, Outcome::Denied]
        .into_iter()
        .enumerate()
    {
        let mut event = event(Ticks(time as i64));
        event.outcome = outcome;
        case.add_event(event, &[AMY, (TextField::Vault, "v")]);
    }
    assert_eq!(triggers(&case), [0, 1, 2]);
}

#[test]
fn a_never_seen_identity_is_not_also_a_new_pair() {
    let pair = [Field::Identity, Field::Vault];
    let rules = vec![novelty(&pair[..1], 0, 1000, 0), novelty(&pair, 1, 1000, 0)];
    let mut case = case(TickSpan::hours(2), rules);
    for (time, vault) in ["a", "a", "b"].into_iter().enumerate() {
        case.add(Ticks(time as i64), &[AMY, (TextField::Vault, vault)]);
    }
    let found: Vec<_> =
        alerts(&case).iter().map(|alert| (alert.trigger.offset, alert.rule)).collect();
    assert_eq!(found, [(0, 0), (2, 1)]);
}

/// From the first active day on, a value must exceed the greatest of the three days before.
const ADAPTIVE: Adaptive = Adaptive {
    multiple: 1.0,
    quantile: 1.0,
    history_days: 3,
    min_days: 1,
    learn: NEVER,
    hard_cap: None,
    wider: None,
};

#[test]
fn learning_ends_on_the_arrival_clock_and_only_the_hard_cap_fires_before() {
    for (learn, hard_cap, expected) in [
        (3, None, vec![10]),
        (4, None, vec![]),
        (4, Some(5), vec![4, 9, 10]),
        (3, Some(9), vec![10]),
    ] {
        let adaptive = Adaptive { learn: TickSpan::days(learn), hard_cap, ..ADAPTIVE };
        let kind = Threshold { adaptive: Some(adaptive), ..counting(3, TickSpan::hours(1)) };
        let mut case = case(TickSpan::hours(2), vec![rule(RuleKind::Threshold(kind), NEVER)]);
        // Five events on the first day, then nothing, then six when three days have passed.
        (0..5).for_each(|second| case.add(at(&format!("2026-01-01T10:00:0{second}Z")), &[AMY]));
        (0..6).for_each(|second| case.add(at(&format!("2026-01-04T10:00:0{second}Z")), &[AMY]));
        let fired: Vec<_> = alerts(&case).iter().map(|alert| alert.trigger.offset).collect();
        assert_eq!(fired, expected, "learn {learn} days, hard cap {hard_cap:?}");
    }
}

/// Daily maxima 2 (28 February), `on_leap_day` (the last event at the given time) and then five
/// events on 1 March.
fn leap_year(last: &str) -> Vec<Alert> {
    let adaptive = Adaptive { multiple: 1.5, history_days: 2, min_days: 2, ..ADAPTIVE };
    let kind = Threshold { adaptive: Some(adaptive), ..counting(4, TickSpan::hours(1)) };
    let mut case =
        case(TickSpan::hours(2), vec![rule(RuleKind::Threshold(kind), TickSpan::hours(1))]);
    for time in [
        "2024-02-26T10:00:00Z",
        "2024-02-28T10:00:00Z",
        "2024-02-28T10:30:00Z",
        "2024-02-29T23:00:00Z",
        "2024-02-29T23:10:00Z",
        last,
    ] {
        case.add(at(time), &[AMY]);
    }
    (0..5).for_each(|second| case.add(at(&format!("2024-03-01T10:00:0{second}Z")), &[AMY]));
    alerts(&case)
}

#[test]
fn the_last_tick_of_29_february_belongs_to_that_day() {
    let alerts = leap_year("2024-02-29T23:59:59.9999999Z");
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].time, at("2024-03-01T10:00:04Z"));
    assert_eq!((alerts[0].values.baseline, alerts[0].values.threshold), (Some(3.0), Some(5)));
}

#[test]
fn midnight_belongs_to_1_march() {
    let alerts = leap_year("2024-03-01T00:00:00Z");
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].time, at("2024-03-01T10:00:03Z"));
    assert_eq!((alerts[0].values.baseline, alerts[0].values.threshold), (Some(2.0), Some(4)));
}

#[test]
fn the_hard_cap_fires_whatever_the_history() {
    let adaptive = Adaptive { multiple: 10.0, hard_cap: Some(4), ..ADAPTIVE };
    let kind = Threshold { adaptive: Some(adaptive), ..counting(3, TickSpan::hours(1)) };
    let mut case = case(TickSpan::hours(2), vec![rule(RuleKind::Threshold(kind), NEVER)]);
    case.add(at("2026-01-01T10:00:00Z"), &[AMY]);
    (0..4).for_each(|second| case.add(at(&format!("2026-01-02T10:00:0{second}Z")), &[AMY]));
    let alerts = alerts(&case);
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].values.count, alerts[0].values.threshold), (Some(4), Some(4)));
}

/// Forty minutes of reads by one identity that alert several times, with stray records between.
fn with_strays(strays: &[(usize, &str)]) -> Vec<(Ticks, (Ticks, Ticks))> {
    let rules = vec![
        rule(RuleKind::Threshold(counting(5, TickSpan::minutes(5))), TickSpan::minutes(7)),
        novelty(&[Field::Identity], 0, TickSpan::minutes(3).0, 0),
    ];
    let mut case = case(TickSpan::minutes(1), rules);
    for minute in 0..40 {
        let now = at(&format!("2026-01-01T10:{minute:02}:00Z"));
        for &(_, time) in strays.iter().filter(|(before, _)| *before == minute) {
            let mut event = event(at(time));
            event.arrival = now;
            case.add_event(event, &[(TextField::Identity, "stray")]);
        }
        case.add(now, &[AMY]);
    }
    let alerts = alerts(&case);
    let of_amy = alerts.iter().filter(|alert| alert.group[0].1 == "amy");
    of_amy.map(|alert| (alert.time, alert.window)).collect()
}

#[test]
fn records_from_1970_and_9999_move_nothing() {
    let undisturbed = with_strays(&[]);
    assert!(undisturbed.len() > 3);
    assert_eq!(with_strays(&[(20, "9999-12-31T23:59:59.9999999Z")]), undisturbed);
    assert_eq!(with_strays(&[(0, "9999-12-31T23:59:59.9999999Z")]), undisturbed);
    assert_eq!(with_strays(&[(20, "1970-01-01T00:00:00Z")]), undisturbed);
    assert_eq!(
        with_strays(&[(3, "1970-01-01T00:00:00Z"), (30, "9999-12-31T23:59:59Z")]),
        undisturbed
    );
}

#[test]
fn a_group_goes_on_around_its_own_records_from_1970_and_9999() {
    let kind = RuleKind::Threshold(counting(3, TickSpan::minutes(5)));
    let mut case = case(TickSpan::hours(2), vec![rule(kind, NEVER)]);
    for time in [
        "1970-01-01T00:00:00Z",
        "2026-01-01T10:00:00Z",
        "9999-12-31T23:59:59.9999999Z",
        "2026-01-01T10:01:00Z",
        "2026-01-01T10:02:00Z",
        "2026-01-01T10:02:30Z",
    ] {
        case.add(at(time), &[AMY]);
    }
    assert_eq!(triggers(&case), [4, 5]);
}
