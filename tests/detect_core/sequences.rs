//! Sequences at their edges, and the one definition that both evaluators answer to: some way of
//! cutting the time into one stretch per step gives each step what it takes.

use vaultdrill::detect::{Alert, StepValues};
use vaultdrill::event::{
    Access, Change, Event, Field, GrantScope, Origin, Outcome, Plane, TextField, TickSpan, Ticks,
};
use vaultdrill::rules::{Distinct, Need, Query, Rule, RuleKind, Sequence, Step};

use crate::boundaries::{alerts, triggers};
use crate::corpus::{case, event, random, rule};
use crate::driver::{Case, Defects, run};

const NEVER: TickSpan = TickSpan(0);
const NONE: [u64; 0] = [];
const AMY: (TextField, &str) = (TextField::Identity, "amy");
const LIST: &str = "access: list";
const READ: &str = "access: reveal";
const GRANT: &str = "change: grant and outcome: success";
const ASSIGNMENT: &str = "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE";

fn step(query: &str, need: Need) -> Step {
    let query = Query::parse(query).expect("a query");
    Step { query, by: vec![Field::Identity], need }
}

fn steps(steps: Vec<Step>, max_span: i64, suppress: TickSpan) -> Rule {
    let any: Vec<_> = steps.iter().map(|step| format!("({})", step.query.source())).collect();
    let query = Query::parse(&any.join(" or ")).expect("a query");
    let sequence = Sequence { by: vec![Field::Identity], steps, max_span: TickSpan(max_span) };
    Rule { query, ..rule(RuleKind::Sequence(sequence), suppress) }
}

/// Listing, then reading, by one identity within ten ticks.
fn list_then_read(lists: Need, reads: Need, suppress: TickSpan) -> Rule {
    steps(vec![step(LIST, lists), step(READ, reads)], 10, suppress)
}

fn objects(values: u32) -> Need {
    Need::Distinct(Distinct { fields: vec![Field::Object], values })
}

fn call(access: Access, time: i64) -> Event {
    let mut event = event(Ticks(time));
    event.access = access;
    event
}

/// Adds calls by one identity: what each does, and when.
fn add_calls(case: &mut Case, calls: &[(Access, i64)]) {
    for &(access, time) in calls {
        let object = time.to_string();
        case.add_event(call(access, time), &[AMY, (TextField::Object, object.as_str())]);
    }
}

fn of_calls(rule: Rule, calls: &[(Access, i64)]) -> Vec<u64> {
    let mut case = case(TickSpan::hours(2), vec![rule]);
    add_calls(&mut case, calls);
    triggers(&case)
}

fn numbers(alert: &Alert) -> Vec<(u32, Option<u32>, u32)> {
    let numbers = |step: &StepValues| (step.count, step.distinct, step.threshold);
    alert.steps.iter().map(numbers).collect()
}

use Access::{List, Reveal};

#[test]
fn the_whole_span_counts_and_one_tick_more_does_not() {
    let rule = || list_then_read(Need::Count(1), Need::Count(1), NEVER);
    assert_eq!(of_calls(rule(), &[(List, 0), (Reveal, 10)]), [1]);
    assert_eq!(of_calls(rule(), &[(List, 0), (Reveal, 11)]), NONE);
    assert_eq!(of_calls(rule(), &[(Reveal, 10), (List, 0)]), [1]);
    assert_eq!(of_calls(rule(), &[(Reveal, 11), (List, 0)]), NONE);
}

#[test]
fn events_of_one_instant_do_not_follow_each_other() {
    let rule = || list_then_read(Need::Count(1), Need::Count(1), NEVER);
    assert_eq!(of_calls(rule(), &[(List, 5), (Reveal, 5)]), NONE);
    assert_eq!(of_calls(rule(), &[(List, 5), (Reveal, 6)]), [1]);
    assert_eq!(of_calls(rule(), &[(List, 5), (Reveal, 4)]), NONE);
}

#[test]
fn the_record_that_completes_it_fires_whichever_step_it_is_of() {
    let rule = || {
        let steps_ = [LIST, "access: metadata", READ].map(|query| step(query, Need::Count(1)));
        steps(steps_.to_vec(), 10, NEVER)
    };
    let (first, middle, last) = ((List, 1), (Access::Metadata, 2), (Reveal, 3));
    for calls in [
        [first, middle, last],
        [first, last, middle],
        [middle, first, last],
        [middle, last, first],
        [last, first, middle],
        [last, middle, first],
    ] {
        assert_eq!(of_calls(rule(), &calls), [2], "{calls:?}");
    }
}

#[test]
fn one_event_serves_one_step_however_many_it_matches() {
    let twice = || {
        let any = || step("access: (list or reveal)", Need::Count(1));
        steps(vec![any(), any()], 10, NEVER)
    };
    assert_eq!(of_calls(twice(), &[(List, 1)]), NONE);
    assert_eq!(of_calls(twice(), &[(List, 1), (List, 1)]), NONE);
    assert_eq!(of_calls(twice(), &[(List, 1), (List, 2)]), [1]);
    assert_eq!(of_calls(twice(), &[(List, 2), (List, 1)]), [1]);
}

#[test]
fn a_step_takes_as_many_as_it_says_before_the_next_begins() {
    let rule = || list_then_read(Need::Count(3), Need::Count(1), NEVER);
    assert_eq!(of_calls(rule(), &[(List, 1), (List, 2), (Reveal, 4)]), NONE);
    assert_eq!(of_calls(rule(), &[(List, 1), (List, 2), (List, 3), (Reveal, 4)]), [3]);
    assert_eq!(of_calls(rule(), &[(List, 1), (List, 2), (List, 4), (Reveal, 4)]), NONE);
    assert_eq!(of_calls(rule(), &[(List, 1), (List, 2), (Reveal, 4), (List, 3)]), [3]);
    // A later read leaves the lists too little of the span: 12 - 10 excludes the first.
    assert_eq!(of_calls(rule(), &[(List, 1), (List, 2), (List, 3), (Reveal, 12)]), NONE);
}

#[test]
fn a_step_may_ask_for_distinct_values() {
    let rule = || list_then_read(Need::Count(1), objects(3), NEVER);
    assert_eq!(of_calls(rule(), &[(List, 1), (Reveal, 2), (Reveal, 3), (Reveal, 3)]), NONE);
    assert_eq!(of_calls(rule(), &[(List, 1), (Reveal, 2), (Reveal, 3), (Reveal, 4)]), [3]);
    // Reads of the instant of the list come not after it.
    assert_eq!(of_calls(rule(), &[(List, 2), (Reveal, 2), (Reveal, 3), (Reveal, 4)]), NONE);
}

#[test]
fn an_alert_shows_every_step_with_all_that_fits() {
    let mut case =
        case(TickSpan::hours(2), vec![list_then_read(Need::Count(2), objects(2), TickSpan(100))]);
    let calls = [(List, 0), (Reveal, 1), (List, 2), (List, 3), (List, 4), (Reveal, 6), (List, 7)];
    add_calls(&mut case, &calls);
    add_calls(&mut case, &[(Reveal, 9)]);
    let alerts = alerts(&case);
    assert_eq!(alerts.len(), 1);
    let times: Vec<_> = alerts[0].evidence.iter().map(|found| found.time.0).collect();
    // Two lists are enough at 2, and the reads after that are those of 6 and 9.
    assert_eq!(times, [0, 2, 3, 4, 6, 9]);
    assert_eq!(numbers(&alerts[0]), [(4, None, 2), (2, Some(2), 2)]);
    assert_eq!((alerts[0].window, alerts[0].time), ((Ticks(0), Ticks(9)), Ticks(9)));
    assert_eq!(alerts[0].group, [(Field::Identity, String::from("amy"))]);
}

#[test]
fn a_late_first_step_ends_with_the_first_event_that_follows() {
    let mut case =
        case(TickSpan::hours(2), vec![list_then_read(Need::Count(1), Need::Count(1), NEVER)]);
    add_calls(&mut case, &[(Reveal, 3), (Reveal, 7), (Reveal, 9), (List, 5)]);
    let alerts = alerts(&case);
    let found: Vec<_> = alerts.iter().map(|alert| (alert.trigger.offset, alert.window)).collect();
    assert_eq!(found, [(3, (Ticks(5), Ticks(7)))]);
}

#[test]
fn what_an_alert_absorbs_is_counted_and_a_sequence_beyond_it_fires() {
    let rule = || list_then_read(Need::Count(1), Need::Count(1), TickSpan(4));
    let calls = [(List, 0), (Reveal, 1), (Reveal, 4), (Reveal, 5), (Reveal, 8)];
    assert_eq!(of_calls(rule(), &calls), [1, 3]);
    // A late list serves the reads at 1 to 5: those up to 4 are absorbed, that at 5 is not.
    let calls = [(List, -9), (Reveal, 1), (Reveal, 2), (Reveal, 5), (List, 0)];
    assert_eq!(of_calls(rule(), &calls), [1, 4]);
    let mut case = case(TickSpan::hours(2), vec![rule()]);
    add_calls(&mut case, &[(List, 0), (Reveal, 1), (Reveal, 2), (Reveal, 3)]);
    let run = run(&case, &[2], Defects::default());
    let counts: Vec<_> = run.absorbed.iter().map(|it| (it.trigger.offset, it.count)).collect();
    assert_eq!((counts, run.rules[0].suppressed), (vec![(1, 2)], 2));
}

#[test]
fn an_event_without_a_group_field_takes_no_part() {
    let mut case =
        case(TickSpan::hours(2), vec![list_then_read(Need::Count(1), Need::Count(1), NEVER)]);
    case.add_event(call(List, 1), &[]);
    case.add_event(call(Reveal, 2), &[]);
    add_calls(&mut case, &[(Reveal, 3)]);
    assert_eq!(triggers(&case), NONE);
    let run = run(&case, &[1], Defects::default());
    assert_eq!((run.rules[0].matched, run.rules[0].ungrouped), (3, 2));
}

#[test]
fn a_late_record_takes_no_part_and_one_tick_earlier_it_would() {
    for (lateness, fires) in [(10, NONE.to_vec()), (11, vec![17])] {
        let rules = vec![list_then_read(Need::Count(1), Need::Count(1), NEVER)];
        let mut case = case(TickSpan(lateness), rules);
        // Sixteen reads at 15, so that the watermark is 15 - lateness.
        (0..16).for_each(|_| add_calls(&mut case, &[(Access::Use, 15)]));
        add_calls(&mut case, &[(Reveal, 8), (List, 5)]);
        assert_eq!(triggers(&case), fires, "{lateness}");
    }
}

#[test]
fn the_ends_of_time_are_like_any_other() {
    let rule = || list_then_read(Need::Count(1), Need::Count(1), NEVER);
    let last = Ticks::parse(b"9999-12-31T23:59:59.9999999Z").expect("a timestamp").0;
    for end in [last, 0, Ticks::parse(b"0000-01-01T00:00:00.0000010Z").expect("a timestamp").0] {
        assert_eq!(of_calls(rule(), &[(List, end - 10), (Reveal, end)]), [1]);
        assert_eq!(of_calls(rule(), &[(List, end - 11), (Reveal, end)]), NONE);
    }
    let leap_day = Ticks::parse(b"2024-02-29T23:59:59.9999995Z").expect("a timestamp").0;
    assert_eq!(of_calls(rule(), &[(List, leap_day), (Reveal, leap_day + 10)]), [1]);
}

/// A grant to people, then a read by one of them, of one vault.
fn grant_then_read(by: &[Field]) -> Rule {
    let own = |&field: &Field| if field == Field::Identity { Field::Grantee } else { field };
    let grants = Step { by: by.iter().map(own).collect(), ..step(GRANT, Need::Count(1)) };
    let reads = Step { by: by.to_vec(), ..step(READ, Need::Count(1)) };
    let Rule { kind, query, .. } = steps(vec![grants, reads], 100, TickSpan(100));
    let RuleKind::Sequence(sequence) = kind else { unreachable!("it was made as one") };
    let sequence = Sequence { by: by.to_vec(), ..sequence };
    Rule { query, ..rule(RuleKind::Sequence(sequence), TickSpan(100)) }
}

/// Adds half of a role assignment at a scope, by the boss.
fn add_half(case: &mut Case, time: i64, outcome: Outcome, id: &str, to: &str, scope: &str) {
    let mut half = event(Ticks(time));
    (half.plane, half.access, half.outcome) = (Plane::Control, Access::Change, outcome);
    (half.change, half.grant_scope) = match scope.split('/').count() {
        3 => (Change::Grant, GrantScope::Subscription),
        5 => (Change::Grant, GrantScope::ResourceGroup),
        _ => (Change::Grant, GrantScope::Vault),
    };
    let vault = scope.split_once("/providers/v/").map_or("", |(_, vault)| vault);
    let resource = format!("{scope}/providers/a/1");
    let fields = [
        (TextField::Identity, "boss"),
        (TextField::Operation, ASSIGNMENT),
        (TextField::CorrelationId, id),
        (TextField::Grantee, to),
        (TextField::Vault, vault),
        (TextField::ResourceId, resource.as_str()),
    ];
    case.add_event(half, &fields);
}

fn add_read(case: &mut Case, time: i64, identity: &str, vault: &str) {
    let group = if vault == "red" { "g" } else { "other" };
    let resource = format!("/subscriptions/s/resourcegroups/{group}/providers/v/{vault}");
    let fields = [
        (TextField::Identity, identity),
        (TextField::Vault, vault),
        (TextField::ResourceId, resource.as_str()),
    ];
    case.add_event(call(Reveal, time), &fields);
}

const RED: &str = "/subscriptions/s/resourcegroups/g/providers/v/red";

#[test]
fn a_grant_and_its_grantees_read_are_joined_in_every_order_of_their_three_records() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        let mut case = case(TickSpan::hours(2), vec![grant_then_read(&[Field::Identity])]);
        for record in order {
            match record {
                0 => add_half(&mut case, 1, Outcome::Started, "c", "amy ben", RED),
                1 => add_half(&mut case, 2, Outcome::Success, "c", "", RED),
                _ => add_read(&mut case, 5, "ben", "red"),
            }
        }
        let alerts = alerts(&case);
        assert_eq!(alerts.len(), 1, "{order:?}");
        let place =
            |record| order.iter().position(|it| *it == record).expect("one of three") as u64;
        let at = |offset| Origin { file: 0, offset };
        // The Success is the grant, whatever its Start adds and when.
        let offsets: Vec<_> = alerts[0].evidence.iter().map(|it| it.origin).collect();
        assert_eq!(offsets, [at(place(1)), at(place(2))], "{order:?}");
        assert_eq!(alerts[0].group, [(Field::Identity, String::from("ben"))]);
        assert_eq!(alerts[0].window, (Ticks(2), Ticks(5)));
        let last = if order[2] == 0 { place(1) } else { 2 };
        assert_eq!(alerts[0].trigger, at(last), "{order:?}");
        assert_eq!(alerts[0].fired_at, case.batch.events[2].arrival, "{order:?}");
    }
}

#[test]
fn a_failed_grant_and_a_grant_without_its_start_name_nobody() {
    let mut case = case(TickSpan::hours(2), vec![grant_then_read(&[Field::Identity])]);
    add_half(&mut case, 1, Outcome::Started, "c", "amy", RED);
    add_half(&mut case, 2, Outcome::Denied, "c", "", RED);
    add_half(&mut case, 3, Outcome::Success, "c", "", RED);
    add_half(&mut case, 3, Outcome::Started, "d", "amy", RED);
    add_read(&mut case, 5, "amy", "red");
    assert_eq!(triggers(&case), NONE);
}

#[test]
fn a_grant_of_wider_scope_matches_every_vault_below_it_and_no_other() {
    let both = [Field::Identity, Field::Vault];
    for by in [both.as_slice(), &[Field::Vault, Field::Identity]] {
        for (scope, expected) in [
            (RED, vec!["red"]),
            ("/subscriptions/s/resourcegroups/g", vec!["red"]),
            ("/subscriptions/s", vec!["red", "blue"]),
            ("/subscriptions/s/resourcegroups/other", vec!["blue"]),
            ("/subscriptions/t", vec![]),
            ("/subscriptions/s/resourcegroups/g2", vec![]),
        ] {
            for grant_first in [true, false] {
                let mut case = case(TickSpan::hours(2), vec![grant_then_read(by)]);
                let grant = |case: &mut Case| {
                    add_half(case, 1, Outcome::Started, "c", "amy", scope);
                    add_half(case, 2, Outcome::Success, "c", "", scope);
                };
                if grant_first {
                    grant(&mut case);
                }
                add_read(&mut case, 5, "amy", "red");
                add_read(&mut case, 6, "amy", "blue");
                add_read(&mut case, 7, "ben", "red");
                if !grant_first {
                    grant(&mut case);
                }
                let alerts = alerts(&case);
                let vault = |alert: &Alert| {
                    let mut of_vault =
                        alert.group.iter().filter(|(field, _)| *field == Field::Vault);
                    of_vault.next().map(|(_, value)| value.clone()).expect("grouped by vault")
                };
                let mut vaults: Vec<_> = alerts.iter().map(vault).collect();
                vaults.sort_unstable_by(|a, b| b.cmp(a));
                assert_eq!(vaults, expected, "{by:?} {scope} {grant_first}");
            }
        }
    }
}

/// Where nothing is suppressed, an event alerts in a group iff the time around it can be cut into one
/// stretch per step, each with what its step takes, the event in the stretch of a step it matches,
/// and the whole no longer than the span.
#[test]
fn an_event_alerts_iff_some_way_of_cutting_the_time_gives_each_step_what_it_takes() {
    let (mut checked, mut alerting) = (0, 0);
    for seed in 0..3000 {
        let mut case = random(seed);
        // Without a watermark, joins and lists of grantees there is less to define.
        case.lateness = TickSpan::days(400);
        let is_simple = |rule: &Rule| {
            matches!(&rule.kind, RuleKind::Sequence(kind)
            if kind.by == [Field::Identity] && kind.steps.iter().all(|step| step.by == kind.by
                && !step.query.source().contains("grant")))
        };
        let Some(place) = case.rules.iter().position(is_simple) else { continue };
        case.rules[place].suppress = NEVER;
        let found = run(&case, &[7], Defects { joins_nothing: true, ..Defects::default() });
        let fired: Vec<u64> = (found.alerts.iter())
            .filter(|alert| alert.rule == place)
            .map(|alert| alert.trigger.offset)
            .collect();
        let expected = by_cutting(&case, place);
        assert_eq!(fired, expected, "seed {seed}: {:#?}", case.rules[place].kind);
        checked += 1;
        alerting += usize::from(!fired.is_empty());
    }
    assert!(checked > 300 && alerting * 10 > checked * 3, "{alerting} of {checked}");
}

/// Offsets of the events that alert, found by trying every way of cutting.
fn by_cutting(case: &Case, place: usize) -> Vec<u64> {
    let RuleKind::Sequence(kind) = &case.rules[place].kind else { unreachable!("a sequence") };
    let mut alerting = Vec::new();
    let mut past: Vec<usize> = Vec::new();
    for index in 0..case.batch.events.len() {
        let view = case.batch.view(index);
        let identity = view.display(Field::Identity);
        let repeats = |&other: &usize| {
            let other = case.batch.view(other);
            other.event.time == view.event.time
                && view.display(Field::CorrelationId).is_some()
                && Field::ALL.iter().all(|&field| other.display(field) == view.display(field))
        };
        let is_visible = case.visible[index].contains(place)
            && case.rules[place].query.matches(&view)
            && identity.is_some()
            && !(0..index).any(|other| repeats(&other));
        if !is_visible {
            continue;
        }
        past.push(index);
        let same = |&&other: &&usize| case.batch.view(other).display(Field::Identity) == identity;
        let members: Vec<usize> = past.iter().filter(same).copied().collect();
        if can_be_cut(case, kind, &members, index) {
            alerting.push(index as u64);
        }
    }
    alerting
}

fn can_be_cut(case: &Case, kind: &Sequence, members: &[usize], served: usize) -> bool {
    let time = |index: usize| case.batch.events[index].time;
    let mut times: Vec<Ticks> = members.iter().map(|&index| time(index)).collect();
    times.sort_unstable();
    times.dedup();
    times.iter().any(|&first| {
        let last = first + kind.max_span;
        let inside: Vec<Ticks> =
            times.iter().copied().filter(|&it| it >= first && it <= last).collect();
        cut(case, kind, members, served, (0, false), &inside)
    })
}

/// Whether the times can be cut into stretches for the steps from `step` on. The last may stop short.
fn cut(
    case: &Case,
    kind: &Sequence,
    members: &[usize],
    served: usize,
    (step, is_served): (usize, bool),
    times: &[Ticks],
) -> bool {
    let Some(its) = kind.steps.get(step) else { return is_served };
    (1..=times.len()).any(|length| {
        let (stretch, rest) = times.split_at(length);
        let inside: Vec<usize> = (members.iter().copied())
            .filter(|&index| stretch.contains(&case.batch.events[index].time))
            .filter(|&index| its.query.matches(&case.batch.view(index)))
            .collect();
        let reached = match &its.need {
            Need::Count(_) => inside.len(),
            Need::Distinct(distinct) => {
                let tuple = |&index: &usize| case.batch.view(index).tuple_key(&distinct.fields);
                let values: std::collections::BTreeSet<_> =
                    inside.iter().filter_map(tuple).collect();
                values.len()
            }
        };
        reached >= its.need.least() as usize
            && cut(
                case,
                kind,
                members,
                served,
                (step + 1, is_served || inside.contains(&served)),
                rest,
            )
    })
}

/// Each identity reads, among thousands of others, and lists; then the watermark passes or does not,
/// and he reads again, or a list arrives late.
#[test]
fn groups_without_a_first_step_are_given_back_once_no_late_one_can_come() {
    let day = TickSpan::days(1).0;
    let rule =
        || steps(vec![step(LIST, Need::Count(1)), step(READ, Need::Count(1))], day, TickSpan(day));
    let people = 60_000_i64;
    let minute = TickSpan::minutes(1).0;
    let lateness = 60;
    let mut case = case(TickSpan(lateness * minute), vec![rule()]);
    let add = |case: &mut Case, access: Access, person: i64, at: i64| {
        let identity = format!("identity-{person}");
        case.add_event(call(access, at), &[(TextField::Identity, identity.as_str())]);
    };
    let mut expected = 0;
    for person in 0..people {
        let now = person * minute / 100;
        add(&mut case, Access::Reveal, person, now);
        // The list of every hundredth, seen after a thousand others, is from before his read.
        let earlier = person - 1000;
        if earlier >= 0 && earlier % 100 == 0 {
            add(&mut case, Access::List, earlier, earlier * minute / 100 - 1);
            expected += 1;
        }
    }
    let run = run(&case, &[10_000], Defects::default());
    assert_eq!(run.alerts.len(), expected);
    let state = &run.rules[0].state;
    // An hour holds 6,000 people; the 600 who listed stay for a day; a table sweeps when it doubles.
    assert!(state.evictions == 0 && state.keys <= 256 * 128, "{state:?}");
    assert!(state.keys < people as u64 * 2 / 3, "{state:?}");
}
