//! Runs of rules on a schedule, one condition each, at its edge and one tick beside it; engine and
//! reference must agree on all.

use vaultdrill::detect::{Alert, reference::LeftOut};
use vaultdrill::event::{Field, Outcome, TextField, TickSpan, Ticks};
use vaultdrill::rules::{Clock, Distinct, NewTerms, Rule, RuleKind, Schedule, Threshold};

use crate::corpus::{case, counting, event, rule};
use crate::driver::{Case, Defects, run};
use crate::scheduled::{on_schedule, verdict};

pub(crate) const AMY: (TextField, &str) = (TextField::Identity, "amy");
pub(crate) const BEN: (TextField, &str) = (TextField::Identity, "ben");
const NEVER: TickSpan = TickSpan(0);

/// An event's time, its arrival, and its fields.
pub(crate) type At<'a> = (i64, i64, &'a [(TextField, &'a str)]);

/// A run every hundred ticks, over so many ticks, of at most a hundred alerts.
pub(crate) fn every_100(lookback: i64, clock: Clock) -> Schedule {
    let (interval, lookback) = (TickSpan(100), TickSpan(lookback));
    Schedule { interval, lookback, max_signals: 100, clock }
}

pub(crate) fn query(schedule: Schedule) -> Rule {
    on_schedule(rule(RuleKind::Query { group_by: Vec::new() }, NEVER), schedule)
}

pub(crate) fn threshold(count: u32, schedule: Schedule) -> Rule {
    on_schedule(rule(RuleKind::Threshold(counting(count, TickSpan(1))), NEVER), schedule)
}

pub(crate) fn novelty(history: i64, learn: i64, schedule: Schedule) -> Rule {
    let (terms, history, learn) = (vec![Field::Identity], TickSpan(history), TickSpan(learn));
    let kind = NewTerms { terms, known: 0, history, learn };
    on_schedule(rule(RuleKind::NewTerms(kind), NEVER), schedule)
}

/// A case of one rule over events with time, arrival and fields.
pub(crate) fn of(rule: Rule, events: &[At<'_>]) -> Case {
    let mut case = case(TickSpan::hours(2), vec![rule]);
    for &(time, arrival, fields) in events {
        let mut event = event(Ticks(time));
        event.arrival = Ticks(arrival);
        case.add_event(event, fields);
    }
    case
}

/// Each alert's run and the place of the record that stands for it, by the latter.
pub(crate) fn runs(case: &Case) -> Vec<(i64, u64)> {
    verdict(case).0.iter().map(|alert| (alert.fired_at.0, alert.trigger.offset)).collect()
}

fn left_out(case: &Case) -> LeftOut {
    verdict(case).2[0]
}

fn counts(alerts: &[Alert]) -> Vec<(i64, Option<u32>)> {
    alerts.iter().map(|alert| (alert.fired_at.0, alert.values.count)).collect()
}

#[test]
fn a_run_sees_what_arrives_at_its_very_time_and_not_a_tick_later() {
    for clock in [Clock::Arrival, Clock::Event] {
        for (arrival, at) in [(99, 100), (100, 100), (101, 200), (200, 200)] {
            let case = of(query(every_100(150, clock)), &[(arrival, arrival, &[AMY])]);
            assert_eq!(runs(&case), [(at, 0)], "{clock:?}, {arrival}");
        }
    }
}

#[test]
fn runs_are_at_multiples_of_the_interval_before_1970_too() {
    let schedule = every_100(150, Clock::Arrival);
    let case = of(query(schedule), &[(-250, -250, &[]), (-200, -200, &[]), (-1, -1, &[])]);
    assert_eq!(runs(&case), [(-200, 0), (-200, 1), (0, 2)]);
}

#[test]
fn a_window_excludes_its_start_and_includes_its_end() {
    let at_100 = |time: i64| of(query(every_100(60, Clock::Event)), &[(time, 100, &[])]);
    assert_eq!((runs(&at_100(41)), left_out(&at_100(41)).unseen), (vec![(100, 0)], 0));
    assert_eq!((runs(&at_100(40)), left_out(&at_100(40)).unseen), (vec![], 1));
    assert_eq!(runs(&at_100(100)), [(100, 0)]);
    // A clock that is ahead: no run of the corpus is late enough, unless another record is.
    assert_eq!((runs(&at_100(101)), left_out(&at_100(101)).unseen), (vec![], 0));
    let events = [(150, 100, &[][..]), (250, 201, &[][..])];
    assert_eq!(runs(&of(query(every_100(60, Clock::Event)), &events)), [(200, 0), (300, 1)]);
    let events = [(130, 100, &[][..]), (250, 201, &[][..])];
    let missed = of(query(every_100(60, Clock::Event)), &events);
    assert_eq!((runs(&missed), left_out(&missed).unseen), (vec![(300, 1)], 1));
}

#[test]
fn between_windows_that_leave_a_gap_records_fall_through() {
    for clock in [Clock::Arrival, Clock::Event] {
        let events: Vec<At<'_>> =
            [110, 140, 141, 200, 201, 240].iter().map(|&time| (time, time, &[][..])).collect();
        let case = of(query(every_100(60, clock)), &events);
        assert_eq!(runs(&case), [(200, 2), (200, 3)]);
        assert_eq!(left_out(&case).unseen, 4);
    }
}

#[test]
fn a_record_in_two_windows_alerts_once() {
    let case = of(query(every_100(250, Clock::Arrival)), &[(50, 50, &[]), (290, 290, &[])]);
    assert_eq!(runs(&case), [(100, 0), (300, 1)]);
}

#[test]
fn a_record_delayed_past_the_lookback_is_seen_by_the_arrival_clock_only() {
    let events: &[At<'_>] = &[(10, 170, &[])];
    assert_eq!(runs(&of(query(every_100(180, Clock::Arrival)), events)), [(200, 0)]);
    let lost = of(query(every_100(180, Clock::Event)), events);
    assert_eq!((runs(&lost), left_out(&lost).unseen), (vec![], 1));
    // Far behind the watermark, which is no affair of a run's.
    let mut events = vec![(90_000_000_000, 150, &[][..]); 16];
    events.push((0, 160, &[]));
    let case = of(query(Schedule { max_signals: 20, ..every_100(100, Clock::Arrival) }), &events);
    assert!(runs(&case).contains(&(200, 16)));
}

/// The burst of 90 to 110 arrives over two runs, half of it each. By the arrival clock each half has
/// its run; by the event's clock a lookback as short as the interval has lost the first half's late
/// part by then.
#[test]
fn a_burst_split_over_two_runs_is_undercounted_without_a_longer_lookback() {
    let burst: Vec<At<'_>> = vec![
        (90, 95, &[AMY]),
        (91, 96, &[AMY]),
        (92, 130, &[AMY]),
        (93, 131, &[AMY]),
        (110, 132, &[AMY]),
    ];
    let alerts =
        |lookback, clock| counts(&verdict(&of(threshold(3, every_100(lookback, clock)), &burst)).0);
    assert_eq!(alerts(100, Clock::Event), []);
    assert_eq!(alerts(100, Clock::Arrival), [(200, Some(3))]);
    assert_eq!(alerts(200, Clock::Event), [(200, Some(5))]);
    assert_eq!(alerts(200, Clock::Arrival), [(200, Some(5))]);
}

#[test]
fn the_oldest_alert_first_and_what_is_over_the_limit_is_found_again_while_it_is_in_the_window() {
    let limited = |lookback| Schedule { max_signals: 2, ..every_100(lookback, Clock::Event) };
    let events: &[At<'_>] = &[
        (80, 80, &[]),
        (70, 81, &[]),
        (60, 82, &[]),
        (90, 83, &[]),
        (95, 84, &[]),
        (390, 390, &[]),
    ];
    let short = of(query(limited(100)), events);
    assert_eq!(runs(&short), [(100, 1), (100, 2), (400, 5)]);
    assert_eq!(left_out(&short).over_max_signals, 3);
    let long = of(query(limited(300)), events);
    assert_eq!(runs(&long), [(200, 0), (100, 1), (100, 2), (200, 3), (300, 4), (400, 5)]);
    assert_eq!(left_out(&long).over_max_signals, 3 + 1);
}

#[test]
fn a_quiet_group_absorbs_for_as_long_as_it_says_from_the_run_on() {
    let quiet_for = |suppress: i64| {
        let group_by = vec![Field::Identity];
        let rule = rule(RuleKind::Query { group_by }, TickSpan(suppress));
        let events: &[At<'_>] = &[
            (10, 10, &[AMY]),
            (20, 20, &[AMY]),
            (30, 30, &[BEN]),
            (40, 40, &[]),
            (50, 50, &[]),
            (110, 110, &[AMY]),
            (210, 210, &[AMY]),
        ];
        let case = of(on_schedule(rule, every_100(100, Clock::Arrival)), events);
        let (_, absorbed, _) = verdict(&case);
        (runs(&case), absorbed.iter().map(|it| (it.trigger.offset, it.count)).collect::<Vec<_>>())
    };
    let first = [(100, 0), (100, 2), (100, 3), (100, 4)];
    let with = |more: &[(i64, u64)]| [&first[..], more].concat();
    // An interval long: one alert a run and group, as suppression by run has it.
    assert_eq!(quiet_for(100), (with(&[(200, 5), (300, 6)]), vec![(0, 1)]));
    assert_eq!(quiet_for(101), (with(&[(300, 6)]), vec![(0, 2)]));
    assert_eq!(quiet_for(200), (with(&[(300, 6)]), vec![(0, 2)]));
    assert_eq!(quiet_for(201), (with(&[]), vec![(0, 3)]));
}

#[test]
fn a_count_alerts_at_its_number_and_again_only_on_as_many_new_events() {
    let amy = |time: i64| (time, time, &[AMY][..]);
    let alerts = |times: &[i64]| {
        let events: Vec<_> = times.iter().map(|&time| amy(time)).collect();
        counts(&verdict(&of(threshold(3, every_100(250, Clock::Arrival)), &events)).0)
    };
    assert_eq!(alerts(&[10, 20]), []);
    assert_eq!(alerts(&[10, 20, 30]), [(100, Some(3))]);
    assert_eq!(alerts(&[10, 20, 30, 110, 120, 199]), [(100, Some(3)), (200, Some(3))]);
    assert_eq!(alerts(&[10, 20, 30, 110, 120, 201]), [(100, Some(3)), (300, Some(3))]);
    assert_eq!(alerts(&[10, 20, 30, 110, 120]), [(100, Some(3))]);
    // Five before the first run that sees them, and one in the next: it is one alert.
    assert_eq!(alerts(&[10, 20, 30, 40, 50, 110]), [(100, Some(5))]);
}

/// By the event's clock, an event that happened before its group's last alert and arrives after it
/// never counts, though it lies in the window.
#[test]
fn what_happened_before_the_last_alert_of_its_group_never_counts() {
    let events: &[At<'_>] = &[
        (10, 10, &[AMY]),
        (90, 90, &[AMY]),
        (80, 110, &[AMY]),
        (90, 111, &[AMY]),
        (91, 112, &[AMY]),
        (92, 210, &[AMY]),
    ];
    let found = verdict(&of(threshold(2, every_100(250, Clock::Event)), events)).0;
    assert_eq!(counts(&found), [(100, Some(2)), (300, Some(2))]);
    let times: Vec<i64> = found[1].evidence.iter().map(|evidence| evidence.time.0).collect();
    assert_eq!(times, [91, 92]);
}

#[test]
fn groups_alert_in_the_order_of_their_names_and_an_event_without_one_is_in_none() {
    let schedule = Schedule { max_signals: 1, ..every_100(150, Clock::Arrival) };
    let events: &[At<'_>] = &[
        (10, 10, &[BEN]),
        (20, 20, &[BEN]),
        (30, 30, &[BEN]),
        (40, 40, &[AMY]),
        (50, 50, &[]),
        (60, 60, &[]),
    ];
    let case = of(threshold(1, schedule), events);
    assert_eq!(runs(&case), [(100, 3)]);
    // The next run still finds two of the other group's three events.
    let case = of(threshold(1, schedule), &[events, &[(70, 70, &[BEN]), (190, 190, &[])]].concat());
    assert_eq!(runs(&case), [(100, 3), (200, 6)]);
    assert_eq!(counts(&verdict(&case).0)[1], (200, Some(1)));
    assert_eq!(left_out(&case).over_max_signals, 1);
}

#[test]
fn count_and_distinct_must_both_hold() {
    let fields = vec![Field::Object];
    let distinct = Some(Distinct { fields, values: 2 });
    let kind = Threshold { distinct, ..counting(3, TickSpan(1)) };
    let rule = || {
        let rule = rule(RuleKind::Threshold(kind.clone()), NEVER);
        on_schedule(rule, every_100(100, Clock::Arrival))
    };
    let object = |name: &'static str| [AMY, (TextField::Object, name)];
    let (a, b) = (object("a"), object("b"));
    let events = |list: &[&'static str]| {
        let mut case = of(rule(), &[]);
        for (nth, name) in list.iter().enumerate() {
            let fields = if *name == "b" { &b } else { &a };
            case.add(Ticks(10 + nth as i64), fields);
        }
        verdict(&case).0
    };
    assert_eq!(events(&["a", "a", "a"]).len(), 0);
    assert_eq!(events(&["a", "b"]).len(), 0);
    let alert = &events(&["a", "b", "a"])[0];
    assert_eq!((alert.values.count, alert.values.distinct), (Some(3), Some(2)));
    assert_eq!((alert.values.threshold, alert.values.count_threshold), (Some(2), Some(3)));
}

/// History reaches from T - history, which it includes, to T - lookback, which it includes too.
#[test]
fn a_tuple_is_new_if_its_history_does_not_hold_it() {
    let amy = |time: i64| (time, time, &[AMY][..]);
    let with = |first: i64| {
        let case = of(novelty(1000, 0, every_100(150, Clock::Event)), &[amy(first), amy(1990)]);
        runs(&case).contains(&(2000, 1))
    };
    assert!(with(999) && !with(1000) && !with(1001) && !with(1850));
    // Before T - lookback it would be history, after it the oldest of the window, which has alerted.
    assert!(!with(1851));
}

#[test]
fn a_tuple_can_become_new_by_time_alone() {
    // At 2000 the sighting of 1000 is history, at 2100 it is no more, and that of 1990 is in the window.
    let amy = |time: i64| (time, time, &[AMY][..]);
    let events = [amy(1000), amy(1990), (2095, 2095, &[][..])];
    let case = of(novelty(1000, 0, every_100(150, Clock::Event)), &events);
    assert_eq!(runs(&case), [(1000, 0), (2100, 1)]);
    // And by the end of learning, which is at 950 + 100.
    let learning =
        |learn| of(novelty(1000, learn, every_100(300, Clock::Event)), &[amy(950), amy(1250)]);
    assert_eq!(runs(&learning(0)), [(1000, 0)]);
    assert_eq!(runs(&learning(50)), [(1000, 0)]);
    assert_eq!(runs(&learning(51)), [(1100, 0)]);
    assert_eq!(runs(&learning(250)), [(1200, 0)]);
    assert_eq!(runs(&learning(251)), []);
}

#[test]
fn calls_that_failed_teach_and_alert_as_well() {
    let mut case = of(novelty(1000, 0, every_100(100, Clock::Arrival)), &[]);
    for time in [10, 310] {
        let mut event = event(Ticks(time));
        event.outcome = Outcome::Denied;
        case.add_event(event, &[AMY]);
    }
    assert_eq!(runs(&case), [(100, 0)]);
}

#[test]
fn an_arrival_clock_that_is_set_back_stands_still() {
    let case = of(
        query(every_100(150, Clock::Arrival)),
        &[(150, 150, &[]), (50, 50, &[]), (260, 260, &[])],
    );
    assert_eq!(runs(&case), [(200, 0), (200, 1), (300, 2)]);
}

/// A run a second over forty years, and at both ends of what arrival times can say: nothing to do costs
/// nothing.
#[test]
fn silence_costs_nothing() {
    let second = TickSpan::seconds(1);
    let schedule =
        Schedule { interval: second, lookback: second, max_signals: 1, clock: Clock::Arrival };
    for rule in [query(schedule), threshold(1, schedule), novelty(1 << 60, 0, schedule)] {
        let mut case = of(rule, &[]);
        for time in [i64::MIN, 0, TickSpan::days(14_600).0, i64::MAX] {
            case.add(Ticks(time), &[AMY]);
        }
        let run = run(&case, &[2], Defects::default());
        assert!(run.alerts.len() >= 2, "{:?}", case.rules[0].kind);
    }
}
