//! What became of watched events: each obstacle by hand, and the number by recount.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vaultdrill::detect::{Excuse, Fate, KeySizes, RuleStats, Trace, Watch};
use vaultdrill::event::{Access, Event, Field, TextField, TickSpan, Ticks};
use vaultdrill::rules::{
    Adaptive, Distinct, Exception, Need, NewTerms, Query, Rule, RuleKind, RuleMask, Sequence, Step,
    Threshold, Wider,
};

use crate::corpus::{case, counting, event, random, rule};
use crate::driver::{Case, Defects, Run, run, run_watching};

const NEVER: TickSpan = TickSpan(0);
const LATENESS: TickSpan = TickSpan::hours(2);
const AMY: (TextField, &str) = (TextField::Identity, "amy");
const V1: (TextField, &str) = (TextField::Vault, "v1");
const V2: (TextField, &str) = (TextField::Vault, "v2");
const DAY: TickSpan = TickSpan::days(1);

fn watched(case: &Case) -> (Run, Vec<Trace>) {
    let watch = Watch::new(case.batch.events.iter().map(|event| event.time));
    run_watching(&watch, None, case, &[3], Defects::default())
}

/// The fates of each record before the only rule of a case.
fn fates(case: &Case) -> Vec<Fate> {
    watched(case).1.into_iter().map(|trace| trace.fate).collect()
}

fn of_times(kind: Threshold, suppress: TickSpan, times: &[i64]) -> Vec<Fate> {
    let mut case = case(LATENESS, vec![rule(RuleKind::Threshold(kind), suppress)]);
    times.iter().for_each(|&time| case.add(Ticks(time), &[AMY]));
    fates(&case)
}

fn below(value: u32, limit: u32) -> Fate {
    Fate::Below { value, limit, is_distinct: false, baseline: None }
}

#[test]
fn one_event_short_is_told_as_one_short() {
    let times: Vec<i64> = (0..19).collect();
    let fates = of_times(counting(20, TickSpan(100)), NEVER, &times);
    assert_eq!(fates, (1..=19).map(|value| below(value, 20)).collect::<Vec<_>>());
    let times: Vec<i64> = (0..20).collect();
    let fates = of_times(counting(20, TickSpan(100)), NEVER, &times);
    assert_eq!((&fates[18], &fates[19]), (&below(19, 20), &Fate::Fired));
}

#[test]
fn the_fullest_window_that_holds_the_event_is_told() {
    // The last to arrive lies in (2, 12], which holds three, and in (10, 20], which holds four.
    let fates = of_times(counting(9, TickSpan(10)), NEVER, &[3, 13, 15, 20, 12]);
    assert_eq!(fates[4], below(4, 9));
    assert_eq!(fates[0], below(1, 9));
}

#[test]
fn of_count_and_distinct_the_one_that_lacks_more_is_told() {
    let fields = vec![Field::Object];
    let kind = || Threshold {
        distinct: Some(Distinct { fields: fields.clone(), values: 4 }),
        ..counting(4, TickSpan(100))
    };
    let of_objects = |objects: [&str; 3]| {
        let mut case = case(LATENESS, vec![rule(RuleKind::Threshold(kind()), NEVER)]);
        for (time, object) in (0..).zip(objects) {
            case.add(Ticks(time), &[AMY, (TextField::Object, object)]);
        }
        fates(&case)[2].clone()
    };
    let is_distinct = |value| Fate::Below { value, limit: 4, is_distinct: true, baseline: None };
    assert_eq!(of_objects(["a", "b", "b"]), is_distinct(2));
    assert_eq!(of_objects(["a", "b", "c"]), below(3, 4));
}

#[test]
fn an_absorbed_event_names_its_absorber() {
    let fates = of_times(counting(2, TickSpan(100)), TickSpan(90), &[1, 2, 3]);
    assert_eq!(fates[1..], [Fate::Fired, Fate::Absorbed { by: Some(Ticks(2)) }]);
    let mut case = case(LATENESS, vec![rule(RuleKind::Query { group_by: vec![] }, TickSpan(10))]);
    [1, 5, 11].iter().for_each(|&time| case.add(Ticks(time), &[AMY]));
    assert_eq!(
        self::fates(&case),
        [Fate::Fired, Fate::Absorbed { by: Some(Ticks(1)) }, Fate::Fired]
    );
}

fn adaptive() -> Adaptive {
    Adaptive {
        multiple: 2.0,
        quantile: 1.0,
        history_days: 7,
        min_days: 1,
        learn: NEVER,
        hard_cap: None,
        wider: None,
    }
}

fn day(day: i64, time: i64) -> Ticks {
    Ticks(time) + TickSpan(DAY.0 * day)
}

#[test]
fn a_limit_raised_by_a_baseline_is_told_with_it() {
    let kind = Threshold { adaptive: Some(adaptive()), ..counting(5, TickSpan::hours(1)) };
    let mut case = case(LATENESS, vec![rule(RuleKind::Threshold(kind), NEVER)]);
    (0..4).for_each(|time| case.add(day(0, time), &[AMY]));
    (0..7).for_each(|time| case.add(day(1, time), &[AMY]));
    let fates = fates(&case);
    assert_eq!(fates[3], below(4, 5));
    let raised = Fate::Below { value: 7, limit: 9, is_distinct: false, baseline: Some(4) };
    assert_eq!(fates[10], raised);
}

#[test]
fn what_is_learned_from_is_excused_only_at_the_limit() {
    let adaptive = Adaptive { learn: DAY, ..adaptive() };
    let kind = Threshold { adaptive: Some(adaptive), ..counting(5, TickSpan::hours(1)) };
    let mut case = case(LATENESS, vec![rule(RuleKind::Threshold(kind), NEVER)]);
    (0..5).for_each(|time| case.add(day(0, time), &[AMY]));
    let fates = fates(&case);
    assert_eq!(fates[3], below(4, 5));
    let excused = Fate::Excused { value: 5, is_distinct: false, by: Excuse::Learning };
    assert_eq!(fates[4], excused);
}

#[test]
fn a_known_group_and_a_wider_one_without_a_past_are_excused() {
    let wider = Some(Wider { fields: 1, new_group: true });
    let adaptive = Adaptive { min_days: 2, wider, ..adaptive() };
    let kind = Threshold {
        group_by: vec![Field::Identity, Field::Vault],
        adaptive: Some(adaptive),
        ..counting(2, TickSpan::hours(1))
    };
    let mut case = case(LATENESS, vec![rule(RuleKind::Threshold(kind), NEVER)]);
    case.add(day(0, 0), &[AMY, V1]);
    for vault in [V1, V2] {
        (0..2).for_each(|time| case.add(day(1, time), &[AMY, vault]));
    }
    let fates = fates(&case);
    let excused = |by| Fate::Excused { value: 2, is_distinct: false, by };
    assert_eq!(fates[2], excused(Excuse::KnownGroup));
    assert_eq!(fates[4], excused(Excuse::NoBaseline));
}

fn novelty(known: usize, learn: i64, suppress: TickSpan) -> Rule {
    let kind = NewTerms {
        terms: vec![Field::Identity, Field::Vault],
        known,
        history: TickSpan(100),
        learn: TickSpan(learn),
    };
    rule(RuleKind::NewTerms(kind), suppress)
}

#[test]
fn terms_are_known_strange_learned_or_absorbed() {
    let of = |rule, records: &[(i64, (TextField, &'static str))]| {
        let mut case = case(LATENESS, vec![rule]);
        records.iter().for_each(|&(time, vault)| case.add(Ticks(time), &[AMY, vault]));
        fates(&case)
    };
    let known = |time| Fate::Known { last_seen: Ticks(time) };
    // Known by the newest sighting, and new again once that lies a history back.
    let seen = of(novelty(0, 0, NEVER), &[(0, V1), (50, V1), (149, V1), (249, V1)]);
    assert_eq!(seen, [Fate::Fired, known(0), known(50), Fate::Fired]);
    assert_eq!(of(novelty(1, 0, NEVER), &[(0, V1), (1, V2)]), [Fate::Stranger, Fate::Fired]);
    assert_eq!(of(novelty(0, 2, NEVER), &[(0, V1), (2, V2)]), [Fate::Learning, Fate::Fired]);
    let absorbed =
        of(novelty(1, 0, TickSpan(50)), &[(0, V1), (1, V2), (2, (TextField::Vault, "v3"))]);
    assert_eq!(absorbed[1..], [Fate::Fired, Fate::Absorbed { by: Some(Ticks(1)) }]);
}

fn call(access: Access, time: i64) -> Event {
    let mut event = event(Ticks(time));
    event.access = access;
    event
}

/// A listing, then `reads` distinct objects, within ten ticks.
fn sequence(reads: u32, calls: &[(Access, i64)]) -> Vec<Fate> {
    let objects = Distinct { fields: vec![Field::Object], values: reads };
    let step = |query: &str, need| Step {
        query: Query::parse(query).expect("a query"),
        by: vec![Field::Identity],
        need,
    };
    let steps =
        vec![step("access: list", Need::Count(1)), step("access: reveal", Need::Distinct(objects))];
    let kind = Sequence { by: vec![Field::Identity], steps, max_span: TickSpan(10) };
    let query = Query::parse("access: (list or reveal)").expect("a query");
    let rule = Rule { query, ..rule(RuleKind::Sequence(kind), NEVER) };
    let mut case = case(LATENESS, vec![rule]);
    for &(access, time) in calls {
        let object = time.to_string();
        case.add_event(call(access, time), &[AMY, (TextField::Object, object.as_str())]);
    }
    fates(&case)
}

#[test]
fn a_sequence_tells_how_many_steps_were_met_and_what_the_next_had() {
    use Access::{List, Reveal};
    let told = |met, found, needed| Fate::Incomplete { met, steps: 2, found, needed };
    let fates = sequence(3, &[(List, 0), (Reveal, 1), (Reveal, 2)]);
    assert_eq!(fates, [told(1, 0, 3), told(1, 1, 3), told(1, 2, 3)]);
    assert_eq!(sequence(3, &[(Reveal, 1)]), [told(0, 0, 1)]);
    // Reads before the listing are none of the step after it.
    assert_eq!(sequence(3, &[(Reveal, 1), (List, 2), (Reveal, 3)])[2], told(1, 1, 3));
    // A listing that arrives last is told with the reads that it explains.
    assert_eq!(sequence(3, &[(Reveal, 1), (Reveal, 2), (List, 0)])[2], told(1, 2, 3));
    let fates = sequence(1, &[(List, 0), (Reveal, 1), (List, 2)]);
    assert_eq!(fates, [told(1, 0, 1), Fate::Fired, Fate::Beside]);
}

#[test]
fn what_no_window_ever_holds_is_told_as_such() {
    let mut case =
        case(LATENESS, vec![rule(RuleKind::Threshold(counting(2, TickSpan(10))), NEVER)]);
    case.add(Ticks(0), &[V1]);
    // Sixteen newer ones move the watermark past the last.
    (0..16).for_each(|k| case.add(Ticks(LATENESS.0 + 100 + 50 * k), &[AMY]));
    case.add(Ticks(5), &[AMY]);
    let (_, traces) = watched(&case);
    let fate_of = |place: u64| {
        let of_place = |trace: &&Trace| trace.origin.offset == place;
        traces.iter().find(of_place).expect("a trace").fate.clone()
    };
    assert_eq!(fate_of(0), Fate::Ungrouped { missing: Some(Field::Identity) });
    assert_eq!(fate_of(17), Fate::Late);
}

#[test]
fn what_is_hidden_or_unseen_says_so() {
    let exception = Exception {
        query: Query::parse("vault: v1").expect("a query"),
        expires: None,
        frames: Vec::new(),
        reason: "backups".to_owned(),
    };
    let query = Query::parse("access: metadata").expect("a query");
    let kind = RuleKind::Query { group_by: Vec::new() };
    let rule = Rule { query, exceptions: vec![exception], ..rule(kind, NEVER) };
    let mut case = case(LATENESS, vec![rule]);
    case.add_event(call(Access::Metadata, 0), &[AMY, V1]);
    case.add_event(call(Access::Reveal, 1), &[AMY, V1]);
    case.add_event(call(Access::Metadata, 2), &[AMY, V2]);
    case.visible[0] = RuleMask::default();
    let told: Vec<_> = watched(&case).1.into_iter().map(|it| (it.rule, it.fate)).collect();
    let reason = "backups".to_owned();
    let hidden = (Some(0), Fate::Excepted { reason });
    assert_eq!(told, [hidden, (None, Fate::Unseen), (Some(0), Fate::Fired)]);
}

#[test]
fn only_watched_instants_leave_traces() {
    let mut case =
        case(LATENESS, vec![rule(RuleKind::Threshold(counting(9, TickSpan(10))), NEVER)]);
    (0..5).for_each(|time| case.add(Ticks(time), &[AMY]));
    let watch = Watch::new([Ticks(3), Ticks(7)]);
    let (_, traces) = run_watching(&watch, None, &case, &[2], Defects::default());
    let told: Vec<_> = traces.into_iter().map(|it| (it.time, it.fate)).collect();
    assert_eq!(told, [(Ticks(3), below(4, 9))]);
}

/// Watching changes nothing that is found, on corpora of all kinds of rules, disorder and lateness.
#[test]
fn watching_changes_nothing() {
    let mut told = 0;
    for seed in 0..120 {
        let case = random(seed);
        let (watching, traces) = watched(&case);
        let plain = run(&case, &[3], Defects::default());
        assert_eq!(watching.alerts, plain.alerts, "seed {seed}");
        assert_eq!(watching.absorbed, plain.absorbed, "seed {seed}");
        assert_eq!(without_sizes(watching.rules), without_sizes(plain.rules), "seed {seed}");
        told += traces.len();
    }
    assert!(told > 1000, "only {told} traces");
}

/// How many bytes a hash table takes depends on its random seed.
fn without_sizes(mut rules: Vec<RuleStats>) -> Vec<RuleStats> {
    for state in rules.iter_mut().map(|rule| &mut rule.state) {
        (state.size_bytes, state.key_sizes) = (0, KeySizes::default());
    }
    rules
}

/// The number told is the greatest that any window which holds the event has when it arrives.
#[test]
fn a_recount_finds_the_same_numbers() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..40 {
        let window = TickSpan(rng.random_range(2..30));
        let fields = vec![Field::Object];
        let distinct = Some(Distinct { fields, values: 50 });
        let kind = Threshold { distinct, count: None, ..counting(1, window) };
        let mut case = case(LATENESS, vec![rule(RuleKind::Threshold(kind), NEVER)]);
        let mut arrived: Vec<(i64, i64)> = Vec::new();
        let mut expected = Vec::new();
        for _ in 0..40 {
            let (time, object) = (rng.random_range(0..60), rng.random_range(0..9));
            case.add(Ticks(time), &[AMY, (TextField::Object, &object.to_string())]);
            arrived.push((time, object));
            expected.push(fullest(&arrived, window, time));
        }
        let told: Vec<u32> = fates(&case)
            .into_iter()
            .map(|fate| match fate {
                Fate::Below { value, .. } => value,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, expected);
    }
}

fn fullest(arrived: &[(i64, i64)], window: TickSpan, time: i64) -> u32 {
    let holding = (time..time + window.0).map(|until| {
        let inside = arrived.iter().filter(|(at, _)| (until - window.0 + 1..=until).contains(at));
        inside.map(|(_, object)| object).collect::<std::collections::BTreeSet<_>>().len() as u32
    });
    holding.max().unwrap_or(0)
}
