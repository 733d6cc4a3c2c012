//! Thresholds whose baseline is a wider group's: an identity at an address block, held against what is
//! usual for the identity.

use vaultdrill::event::{Field, TextField, TickSpan, Ticks};
use vaultdrill::rules::{Adaptive, Rule, RuleKind, Threshold, Wider};

use crate::boundaries::{alerts, triggers};
use crate::corpus::{case, counting, event, rule};
use crate::driver::{Case, Defects, run};

const NONE: [u64; 0] = [];

/// At least `count` events of an identity from one block within an hour, and more than on the busiest
/// of its days among the three before.
fn of_identity(count: u32, min_days: u32, new_group: bool) -> Rule {
    let adaptive = Adaptive {
        multiple: 1.0,
        quantile: 1.0,
        history_days: 3,
        min_days,
        learn: TickSpan(0),
        hard_cap: None,
        wider: Some(Wider { fields: 1, new_group }),
    };
    with(adaptive, count, TickSpan(0))
}

fn with(adaptive: Adaptive, count: u32, suppress: TickSpan) -> Rule {
    let group_by = vec![Field::Identity, Field::SourceBlock];
    let kind = counting(count, TickSpan::hours(1));
    rule(RuleKind::Threshold(Threshold { group_by, adaptive: Some(adaptive), ..kind }), suppress)
}

fn adaptive(rule: &Rule) -> Adaptive {
    let RuleKind::Threshold(Threshold { adaptive: Some(adaptive), .. }) = rule.kind else {
        panic!("{:?}", rule.kind)
    };
    adaptive
}

/// `number` events of Amy's from `block`, a second apart from `time` on.
fn add(case: &mut Case, time: &str, number: i64, block: &str) {
    let time = Ticks::parse(time.as_bytes()).expect("a timestamp");
    let fields = [(TextField::Identity, "amy"), (TextField::SourceBlock, block)];
    (0..number).for_each(|second| case.add(time + TickSpan::seconds(second), &fields));
}

fn of(rule: Rule) -> Case {
    case(TickSpan::hours(2), vec![rule])
}

#[test]
fn the_baseline_is_of_all_blocks_together() {
    // Two and two in one hour are four for the identity, so that five are needed.
    for (number, expected) in [(4, NONE.to_vec()), (5, vec![8])] {
        let mut case = of(of_identity(3, 1, false));
        add(&mut case, "2026-01-01T10:00:00Z", 2, "home");
        add(&mut case, "2026-01-01T10:30:00Z", 2, "office");
        add(&mut case, "2026-01-02T10:00:00Z", number, "home");
        let alerts = alerts(&case);
        let found: Vec<_> = alerts.iter().map(|alert| alert.trigger.offset).collect();
        assert_eq!(found, expected, "{number} events");
        assert!(alerts.iter().all(|alert| alert.values.baseline == Some(4.0)));
    }
}

#[test]
fn somebody_elses_past_is_not_the_identitys() {
    let mut case = of(of_identity(3, 1, true));
    let day_one = Ticks::parse(b"2026-01-01T10:00:00Z").expect("a timestamp");
    case.add(day_one, &[(TextField::Identity, "ben"), (TextField::SourceBlock, "home")]);
    add(&mut case, "2026-01-02T10:00:00Z", 4, "cloud");
    assert_eq!(triggers(&case), NONE);
}

#[test]
fn a_new_group_needs_a_known_wider_one_with_enough_days() {
    for (min_days, expected) in [(2, vec![4, 5]), (3, vec![])] {
        let mut case = of(of_identity(3, min_days, true));
        add(&mut case, "2026-01-01T10:00:00Z", 1, "home");
        add(&mut case, "2026-01-02T10:00:00Z", 1, "home");
        add(&mut case, "2026-01-03T10:00:00Z", 4, "cloud");
        assert_eq!(triggers(&case), expected, "{min_days} days");
    }
}

#[test]
fn a_new_group_is_new_for_its_first_day_only() {
    let mut case = of(of_identity(3, 1, true));
    add(&mut case, "2026-01-01T10:00:00Z", 1, "home");
    add(&mut case, "2026-01-02T23:59:57Z", 3, "cloud");
    // Midnight passes, and the block has an active day, though the rule fired on it.
    add(&mut case, "2026-01-03T00:00:00Z", 3, "cloud");
    assert_eq!(triggers(&case), [3]);
    // Which day an event is on decides, not that of the window's first event.
    let mut case = of(of_identity(3, 1, true));
    add(&mut case, "2026-01-01T10:00:00Z", 1, "home");
    add(&mut case, "2026-01-02T23:59:58Z", 4, "cloud");
    assert_eq!(triggers(&case), NONE);
}

#[test]
fn a_group_is_new_again_when_its_last_day_leaves_the_history() {
    for (last, expected) in
        [("2026-01-02T23:59:59.9999999Z", vec![7, 8]), ("2026-01-03T00:00:00Z", vec![])]
    {
        let mut case = of(of_identity(3, 1, true));
        add(&mut case, last, 1, "cloud");
        for day in 3..=5 {
            add(&mut case, &format!("2026-01-0{day}T10:00:00Z"), 1 + i64::from(day == 4), "home");
        }
        add(&mut case, "2026-01-06T10:00:00Z", 4, "cloud");
        assert_eq!(triggers(&case), expected, "last seen {last}");
    }
}

#[test]
fn a_day_of_an_alert_teaches_no_group_of_the_wider_one() {
    // Ten from the cloud fire; on the next day three from a third block still exceed the usual two.
    let mut case = of(of_identity(3, 1, true));
    add(&mut case, "2026-01-01T10:00:00Z", 2, "home");
    add(&mut case, "2026-01-02T10:00:00Z", 10, "cloud");
    add(&mut case, "2026-01-03T10:00:00Z", 3, "hotel");
    let found = alerts(&case);
    let last = found.last().expect("an alert");
    assert_eq!((last.trigger.offset, last.values.baseline), (14, Some(2.0)));
    // Without the alert they do not.
    let mut case = of(of_identity(11, 1, true));
    add(&mut case, "2026-01-01T10:00:00Z", 2, "home");
    add(&mut case, "2026-01-02T10:00:00Z", 10, "cloud");
    add(&mut case, "2026-01-03T10:00:00Z", 11, "hotel");
    let found = alerts(&case);
    assert_eq!((found.len(), found[0].values.baseline), (1, Some(10.0)));
}

#[test]
fn the_hard_cap_fires_for_known_groups_and_unknown_identities() {
    let rule = of_identity(3, 1, true);
    let adaptive = Adaptive { hard_cap: Some(5), ..adaptive(&rule) };
    let mut case = of(with(adaptive, 3, TickSpan::hours(1)));
    add(&mut case, "2026-01-01T10:00:00Z", 5, "home");
    add(&mut case, "2026-01-02T10:00:00Z", 5, "home");
    let found: Vec<_> =
        alerts(&case).iter().map(|alert| (alert.trigger.offset, alert.values.threshold)).collect();
    assert_eq!(found, [(4, Some(5)), (9, Some(5))]);
}

#[test]
fn an_event_without_a_field_of_the_group_is_no_part_of_the_wider_one() {
    let mut case = of(of_identity(3, 1, true));
    let day_one = Ticks::parse(b"2026-01-01T10:00:00Z").expect("a timestamp");
    case.add_event(event(day_one), &[(TextField::Identity, "amy")]);
    add(&mut case, "2026-01-02T10:00:00Z", 4, "cloud");
    assert_eq!(triggers(&case), NONE);
    let stats = &run(&case, &[9], Defects::default()).rules[0];
    assert_eq!((stats.ungrouped, stats.state.keys), (1, 2));
}

#[test]
fn wider_groups_are_counted_and_weighed() {
    let size = |wider| {
        let rule = of_identity(100, 1, false);
        let adaptive = Adaptive { wider, ..adaptive(&rule) };
        let mut case = of(with(adaptive, 100, TickSpan(0)));
        add(&mut case, "2026-01-01T10:00:00Z", 30, "home");
        let state = &run(&case, &[9], Defects::default()).rules[0].state;
        (state.keys, state.size_bytes)
    };
    let (own, both) = (size(None), size(Some(Wider { fields: 1, new_group: false })));
    assert_eq!((own.0, both.0), (1, 2));
    assert!(both.1 >= own.1 + 30 * 16, "{own:?} {both:?}");
}
