//! Every rule kind at the same edges: two records of one identity, so far apart, from such an instant on.
//! The expectation is worked out by hand, one line per distance; engine and reference must both meet it.

use vaultdrill::event::{Field, Outcome, TextField, TickSpan, Ticks};
use vaultdrill::rules::{
    Buckets, Distinct, Need, NewTerms, Query, Rule, RuleKind, Sequence, Step, Threshold,
};

use crate::boundaries::alerts;
use crate::corpus::{case, counting, event, rule};
use crate::driver::{Case, Defects, run};

/// Every length in the rules below.
const SPAN: i64 = 10 * 10_000_000;
const AMY: (TextField, &str) = (TextField::Identity, "amy");
const NEVER: TickSpan = TickSpan(0);
const LATENESS: TickSpan = TickSpan::hours(2);

/// The places of the rules of [`kinds`].
const QUERY: usize = 0;
const SLIDING: usize = 1;
const TUMBLING: usize = 2;
const NEW_TERMS: usize = 3;
const SEQUENCE: usize = 4;

/// One rule of each kind by identity: every match, silent for ten seconds; two in ten seconds, sliding
/// and aligned; not seen for ten seconds; one after the other within ten seconds.
fn kinds() -> Vec<Rule> {
    let span = TickSpan(SPAN);
    let identity = || vec![Field::Identity];
    let step = || Step {
        query: Query::parse("plane: *").expect("a query"),
        by: identity(),
        need: Need::Count(1),
    };
    let aligned = Threshold { buckets: Buckets::Tumbling, ..counting(2, span) };
    let new = NewTerms { terms: identity(), known: 0, history: span, learn: NEVER };
    let sequence = Sequence { by: identity(), steps: vec![step(), step()], max_span: span };
    vec![
        rule(RuleKind::Query { group_by: identity() }, span),
        rule(RuleKind::Threshold(counting(2, span)), NEVER),
        rule(RuleKind::Threshold(aligned), NEVER),
        rule(RuleKind::NewTerms(new), NEVER),
        rule(RuleKind::Sequence(sequence), NEVER),
    ]
}

/// The records that alert, by rule.
fn by_rule(case: &Case) -> Vec<Vec<u64>> {
    let mut triggers = vec![Vec::new(); case.rules.len()];
    alerts(case).iter().for_each(|alert| triggers[alert.rule].push(alert.trigger.offset));
    triggers
}

fn of_times(times: &[Ticks]) -> Vec<Vec<u64>> {
    let mut case = case(LATENESS, kinds());
    times.iter().for_each(|&time| case.add(time, &[AMY]));
    by_rule(&case)
}

fn at(text: &str) -> Ticks {
    Ticks::parse(text.as_bytes()).unwrap_or_else(|_| panic!("{text}"))
}

/// Instants that begin an aligned window of ten seconds: the first of all, around the epoch, on both
/// sides of midnight before and after a leap day, of the turn of a year with a leap second, and the last.
const INSTANTS: [&str; 9] = [
    "0000-01-01T00:00:00Z",
    "1969-12-31T23:59:50Z",
    "1970-01-01T00:00:00Z",
    "2024-02-28T23:59:50Z",
    "2024-02-29T00:00:00Z",
    "2024-02-29T23:59:50Z",
    "2016-12-31T23:59:50Z",
    "9999-12-31T23:59:30Z",
    "9999-12-31T23:59:40Z",
];

#[test]
fn two_records_in_order_at_every_instant_and_distance() {
    // Apart; which of the two alerts in `query`, sliding, tumbling, `new_terms`, `sequence`.
    let expected: [(i64, [&[u64]; 5]); 6] = [
        (0, [&[0], &[1], &[1], &[0], &[]]),
        (1, [&[0], &[1], &[1], &[0], &[1]]),
        (SPAN - 1, [&[0], &[1], &[1], &[0], &[1]]),
        (SPAN, [&[0, 1], &[], &[], &[0, 1], &[1]]),
        (SPAN + 1, [&[0, 1], &[], &[], &[0, 1], &[]]),
        (2 * SPAN - 1, [&[0, 1], &[], &[], &[0, 1], &[]]),
    ];
    for instant in INSTANTS {
        for (apart, triggers) in &expected {
            let (first, second) = (at(instant), at(instant) + TickSpan(*apart));
            assert_eq!(of_times(&[first, second]), triggers, "{instant} and {apart} later");
        }
    }
}

#[test]
fn two_records_in_the_wrong_order_at_every_instant_and_distance() {
    // A sighting that arrived before counts, however much later it was.
    let expected: [(i64, [&[u64]; 5]); 5] = [
        (0, [&[0], &[1], &[1], &[0], &[]]),
        (1, [&[0], &[1], &[1], &[0], &[1]]),
        (SPAN - 1, [&[0], &[1], &[1], &[0], &[1]]),
        (SPAN, [&[0, 1], &[], &[], &[0], &[1]]),
        (SPAN + 1, [&[0, 1], &[], &[], &[0], &[]]),
    ];
    for instant in INSTANTS {
        for (apart, triggers) in &expected {
            let (first, second) = (at(instant), at(instant) + TickSpan(*apart));
            assert_eq!(of_times(&[second, first]), triggers, "{instant}, after {apart} later");
        }
    }
}

#[test]
fn one_tick_over_the_edge_of_an_aligned_window() {
    for instant in INSTANTS.into_iter().skip(1) {
        let (before, edge) = (at(instant) - TickSpan(1), at(instant));
        let triggers = of_times(&[before, edge]);
        assert_eq!(triggers, [vec![0], vec![1], vec![], vec![0], vec![1]], "{instant}");
    }
    let last = at("9999-12-31T23:59:59.9999999Z");
    let triggers = of_times(&[last - TickSpan(1), last]);
    assert_eq!(triggers, [vec![0], vec![1], vec![1], vec![0], vec![1]], "the end of time");
}

#[test]
fn a_leap_second_is_the_last_tick_of_its_minute_for_every_kind() {
    // Two instants of one leap second are one tick: no sequence. It belongs to the year that ends.
    let [leap, later] = ["2016-12-31T23:59:60Z", "2016-12-31T23:59:60.7Z"].map(at);
    assert_eq!(of_times(&[leap, later]), [vec![0], vec![1], vec![1], vec![0], vec![]]);
    let before = at("2016-12-31T23:59:59.9999998Z");
    assert_eq!(of_times(&[before, leap]), [vec![0], vec![1], vec![1], vec![0], vec![1]]);
    let after = at("2017-01-01T00:00:00Z");
    assert_eq!(of_times(&[leap, after]), [vec![0], vec![1], vec![], vec![0], vec![1]]);
    // No day grows: ten seconds from the leap second are over one tick before :10.
    let [almost, over] = ["2017-01-01T00:00:09.9999998Z", "2017-01-01T00:00:09.9999999Z"].map(at);
    assert_eq!(of_times(&[leap, almost])[SLIDING], [1]);
    assert_eq!(of_times(&[leap, over])[SLIDING], [0_u64; 0]);
}

#[test]
fn a_burst_over_the_edge_of_an_aligned_window_is_seen_by_the_sliding_one_only() {
    let edge = at("2024-03-01T00:00:00Z");
    let burst = [-2, -1, 0, 1].map(|offset| edge + TickSpan(offset));
    let kind = |buckets, distinct: Option<u32>| {
        let fields = vec![Field::Object];
        let distinct = distinct.map(|values| Distinct { fields, values });
        let count = distinct.is_none().then_some(3);
        let kind = Threshold { buckets, distinct, count, ..counting(3, TickSpan(SPAN)) };
        rule(RuleKind::Threshold(kind), NEVER)
    };
    let rules = || {
        let of = |distinct| [Buckets::Sliding, Buckets::Tumbling].map(|it| kind(it, distinct));
        [of(None), of(Some(3)), of(Some(2))].into_iter().flatten().collect::<Vec<_>>()
    };
    for order in orders(4) {
        // Whatever the order, the third that arrives and the fourth find three in the sliding window.
        let mut case = case(LATENESS, rules());
        for &place in &order {
            let object = place.to_string();
            case.add(burst[place], &[AMY, (TextField::Object, object.as_str())]);
        }
        let triggers = by_rule(&case);
        assert_eq!(triggers[..4], [vec![2, 3], vec![], vec![2, 3], vec![]], "{order:?}");
        // Two values are met at the second arrival; on one side of the edge when both its records came.
        let is_early = |place: usize| order[place] < 2;
        let second =
            |side: bool| (0..4).filter(|&it| is_early(it) == side).nth(1).map(|it| it as u64);
        let mut aligned: Vec<_> = [second(true), second(false)].into_iter().flatten().collect();
        aligned.sort_unstable();
        assert_eq!(triggers[4..], [vec![1, 2, 3], aligned], "{order:?}");
    }
}

/// All orders of the first `n` numbers.
fn orders(n: usize) -> Vec<Vec<usize>> {
    let Some(last) = n.checked_sub(1) else { return vec![Vec::new()] };
    let insert = |order: Vec<usize>| {
        (0..n).map(move |at| {
            let mut order = order.clone();
            order.insert(at, last);
            order
        })
    };
    orders(last).into_iter().flat_map(insert).collect()
}

#[test]
fn exactly_the_distinct_values_asked_for_fire_and_one_less_does_not() {
    let distinct = |values| {
        let fields = vec![Field::Object, Field::Client];
        let distinct = Some(Distinct { fields, values });
        let kind = Threshold { count: None, distinct, ..counting(1, TickSpan(SPAN)) };
        rule(RuleKind::Threshold(kind), NEVER)
    };
    let mut case = case(LATENESS, vec![distinct(2), distinct(3)]);
    // A tuple that lacks a value is none; the second is seen twice.
    for (time, object, client) in
        [(0, "a", "x"), (1, "a", ""), (2, "", "x"), (3, "a", "x"), (4, "a", "y"), (5, "b", "y")]
    {
        let fields = [AMY, (TextField::Object, object), (TextField::Client, client)];
        case.add(Ticks(time), &fields);
    }
    assert_eq!(by_rule(&case), [vec![4, 5], vec![5]]);
}

#[test]
fn without_group_fields_all_records_are_one_group_and_with_them_those_that_bear_all() {
    let threshold = |group_by| {
        let kind = Threshold { group_by, ..counting(2, TickSpan(SPAN)) };
        rule(RuleKind::Threshold(kind), NEVER)
    };
    let query = |group_by| rule(RuleKind::Query { group_by }, TickSpan(SPAN));
    let both = || vec![Field::Identity, Field::Vault];
    let rules = vec![threshold(vec![]), threshold(both()), query(vec![]), query(both())];
    let mut case = case(LATENESS, rules);
    let vault = |name| (TextField::Vault, name);
    for (time, fields) in [
        vec![],
        vec![AMY],
        vec![vault("v")],
        vec![AMY, vault("v")],
        vec![(TextField::Identity, "ben"), vault("v")],
        vec![AMY, vault("v")],
    ]
    .into_iter()
    .enumerate()
    {
        case.add(Ticks(time as i64), &fields);
    }
    // A match of a `query` rule that is in no group alerts and is not silenced.
    let expected = [vec![1, 2, 3, 4, 5], vec![5], vec![0], vec![0, 1, 2, 3, 4]];
    assert_eq!(by_rule(&case), expected);
    let stats = run(&case, &[2], Defects::default()).rules;
    assert_eq!(stats.iter().map(|rule| rule.ungrouped).collect::<Vec<_>>(), [0, 3, 0, 3]);
    assert_eq!(stats.iter().map(|rule| rule.suppressed).collect::<Vec<_>>(), [0, 0, 5, 1]);
}

#[test]
fn a_tuple_that_lacks_a_term_is_neither_new_nor_a_sighting() {
    let terms = vec![Field::Identity, Field::Vault, Field::Object];
    let new = |known| {
        let history = TickSpan(SPAN);
        let kind = NewTerms { terms: terms.clone(), known, history, learn: NEVER };
        rule(RuleKind::NewTerms(kind), NEVER)
    };
    let mut case = case(LATENESS, vec![new(0), new(1), new(2)]);
    let rows = [
        ("amy", "v", ""),
        ("amy", "", "o"),
        ("", "v", "o"),
        ("amy", "v", "o"),
        ("amy", "v", "p"),
        ("amy", "w", "o"),
    ];
    for (time, (identity, vault, object)) in rows.into_iter().enumerate() {
        let fields = [
            (TextField::Identity, identity),
            (TextField::Vault, vault),
            (TextField::Object, object),
        ];
        case.add(Ticks(time as i64), &fields);
    }
    // The fourth is the first whole one: before it no prefix is known.
    assert_eq!(by_rule(&case), [vec![3, 4, 5], vec![4, 5], vec![4]]);
}

#[test]
fn a_newcomers_alerts_are_absorbed_by_prefix_until_the_edge() {
    let kind = NewTerms {
        terms: vec![Field::Identity, Field::Vault],
        known: 1,
        history: TickSpan::days(30),
        learn: NEVER,
    };
    let mut case = case(LATENESS, vec![rule(RuleKind::NewTerms(kind), TickSpan(SPAN))]);
    for (time, vault) in [(0, "a"), (1, "b"), (SPAN, "c"), (SPAN + 1, "d"), (SPAN + 2, "e")] {
        case.add(Ticks(time), &[AMY, (TextField::Vault, vault)]);
    }
    // The first makes him known; the alert of 1 absorbs up to a tick before 1 + SPAN.
    assert_eq!(by_rule(&case), [vec![1, 3]]);
    assert_eq!(run(&case, &[9], Defects::default()).rules[0].suppressed, 2);
}

#[test]
fn a_history_over_29_february_is_a_day_longer_in_a_leap_year() {
    let kind = NewTerms {
        terms: vec![Field::Identity],
        known: 0,
        history: TickSpan::days(2),
        learn: NEVER,
    };
    for (first, second, expected) in [
        ("2023-02-27T12:00:00Z", "2023-03-01T11:59:59.9999999Z", vec![0]),
        ("2023-02-27T12:00:00Z", "2023-03-01T12:00:00Z", vec![0, 1]),
        ("2024-02-27T12:00:00Z", "2024-02-29T11:59:59.9999999Z", vec![0]),
        ("2024-02-27T12:00:00Z", "2024-02-29T12:00:00Z", vec![0, 1]),
        ("2024-02-28T12:00:00Z", "2024-03-01T11:59:59.9999999Z", vec![0]),
        ("2024-02-28T12:00:00Z", "2024-03-01T12:00:00Z", vec![0, 1]),
        ("1900-02-27T12:00:00Z", "1900-03-01T12:00:00Z", vec![0, 1]),
    ] {
        let mut case = case(LATENESS, vec![rule(RuleKind::NewTerms(kind.clone()), NEVER)]);
        case.add(at(first), &[AMY]);
        case.add(at(second), &[AMY]);
        assert_eq!(by_rule(&case), [expected], "{first} {second}");
    }
}

#[test]
fn records_at_the_ends_of_time_neither_wrap_nor_hide_each_other() {
    let ends =
        ["9999-12-31T23:59:59.9999999Z", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59.9999999Z"];
    let mut case = case(LATENESS, kinds());
    ends.map(at).into_iter().for_each(|time| case.add(time, &[AMY]));
    let triggers = by_rule(&case);
    assert_eq!(triggers[QUERY], [0, 1, 2]);
    let none: [u64; 0] = [];
    assert_eq!((&triggers[SLIDING][..], &triggers[TUMBLING][..]), (&none[..], &none[..]));
    // The first that arrived was later than both that follow.
    assert_eq!((&triggers[NEW_TERMS][..], &triggers[SEQUENCE][..]), (&[0][..], &none[..]));
    // Sixteen of the last instant take the watermark there: all that is earlier is late.
    (0..16).for_each(|_| case.add(at(ends[0]), &[(TextField::Identity, "ben")]));
    case.add(at("9999-12-31T21:59:59.9999999Z"), &[AMY]);
    case.add(at("9999-12-31T22:00:00Z"), &[AMY]);
    let run = run(&case, &[5], Defects::default());
    assert_eq!(run.late, 1);
    let triggers = by_rule(&case);
    // The fourth of Amy's, late, is for `query` only; the fifth is absorbed there. Ben alerts once.
    assert_eq!(triggers[QUERY], [0, 1, 2, 3, 19]);
    assert_eq!(triggers[NEW_TERMS], [0, 3]);
}

#[test]
fn a_denied_record_at_the_edge_teaches_nothing_and_is_judged() {
    let mut case = case(LATENESS, kinds());
    for (time, outcome) in
        [(0, Outcome::Success), (SPAN - 1, Outcome::Denied), (SPAN, Outcome::Denied)]
    {
        let mut event = event(Ticks(time));
        event.outcome = outcome;
        case.add_event(event, &[AMY]);
    }
    assert_eq!(by_rule(&case)[NEW_TERMS], [0, 2]);
}

#[test]
fn a_group_that_alerts_too_often_forgets_its_oldest_alert_and_says_so() {
    let kinds = || {
        let aligned = Threshold { buckets: Buckets::Tumbling, ..counting(1, TickSpan(1)) };
        let sequence = {
            let step = |query| Step {
                query: Query::parse(query).expect("a query"),
                by: vec![Field::Identity],
                need: Need::Count(1),
            };
            let steps = vec![step("plane: *"), step("plane: *")];
            Sequence { by: vec![Field::Identity], steps, max_span: TickSpan(1) }
        };
        vec![
            rule(RuleKind::Query { group_by: vec![Field::Identity] }, TickSpan(1)),
            rule(RuleKind::Threshold(aligned), TickSpan(1)),
            rule(RuleKind::Sequence(sequence), TickSpan(1)),
        ]
    };
    // All within the lateness: any of the alerts could still absorb another. Of the sequence, the first
    // record completes nothing.
    for (records, evictions) in [(1024, [0, 0, 0]), (1025, [1, 1, 0]), (1027, [3, 3, 2])] {
        let mut case = case(LATENESS, kinds());
        (0..records).for_each(|time| case.add(Ticks(time), &[AMY]));
        let stats = run(&case, &[100], Defects::default()).rules;
        assert_eq!(stats.iter().map(|rule| rule.state.evictions).collect::<Vec<_>>(), evictions);
    }
}
