//! Running windows: they hold what a scan would find, and looking costs what the header promises.

use super::*;
use proptest::prelude::*;
use std::cell::Cell;
use std::collections::BTreeSet;

/// Most entries of a group, as by default.
const CAPACITY: usize = crate::limits::Share::DEFAULT.events_per_group;

thread_local! {
    /// How many entries have been looked at one by one.
    pub(super) static LOOKS: Cell<u64> = const { Cell::new(0) };
}

#[derive(Clone, Debug)]
enum Step {
    Insert { time: i64, value: Option<u8> },
    Seek { after: i64, length: i64 },
    Expire { horizon: i64 },
    Reach { from: i64, length: i64, enough: u32 },
}

/// Steps over windows of that length at most.
fn steps(span: i64) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..60_i64, proptest::option::weighted(0.9, 0..6_u8))
            .prop_map(|(time, value)| Step::Insert { time, value }),
        3 => (-5..60_i64, 0..=span)
            .prop_map(|(after, length)| Step::Seek { after, length }),
        1 => (0..30_i64).prop_map(|horizon| Step::Expire { horizon }),
        3 => (-5..60_i64, 0..=span, 1..5_u32)
            .prop_map(|(from, length, enough)| Step::Reach { from, length, enough }),
    ];
    proptest::collection::vec(step, 1..120)
}

proptest! {
    /// A running window holds what a scan of the visible events in it would count, whatever
    /// was inserted, expired and visited before; no window holds more than the bounds say; and an
    /// event is told when its value was seen before.
    #[test]
    fn running_counts_equal_a_scan(
        (span, steps) in (1..60_i64).prop_flat_map(|span| (Just(span), steps(span)))
    ) {
        let mut window = Window::new(CAPACITY);
        let mut kept: Vec<(i64, Option<u8>)> = Vec::new();
        let mut horizon = i64::MIN;
        for (place, step) in steps.into_iter().enumerate() {
            match step {
                Step::Insert { time, value } => {
                    // Origins run against arrival, so that ties are inserted in front.
                    let origin = Origin { file: 0, offset: 1000 - place as u64 };
                    let key = value.map(|value| Key(value.into()));
                    let lost = usize::from(time <= horizon);
                    let same = kept.iter().filter(|it| value.is_some() && it.1 == value);
                    let newest = same.map(|it| it.0).max();
                    let inserted = window.insert(Ticks(time), origin, key);
                    prop_assert_eq!(inserted.evicted, lost);
                    if lost == 0 {
                        // Of what is gone the time may be known still.
                        let before = Some(inserted.before.0).filter(|&before| before > horizon);
                        prop_assert_eq!(before, newest);
                    }
                    if time > horizon {
                        kept.push((time, value));
                    }
                }
                Step::Expire { horizon: to } => {
                    kept.retain(|&(time, _)| time > to);
                    horizon = horizon.max(to);
                    window.expire(Ticks(to));
                    let (oldest, newest) = (kept.iter().min(), kept.iter().max());
                    prop_assert_eq!(window.oldest(), oldest.map(|it| Ticks(it.0)));
                    prop_assert_eq!(window.newest(), newest.map(|it| Ticks(it.0)));
                }
                Step::Seek { after, length } => {
                    let until = (after + length).max(horizon);
                    let after = after.max(until - span);
                    let inside: Vec<_> = kept.iter()
                        .filter(|&&(time, _)| time > after && time <= until).collect();
                    let values: BTreeSet<_> =
                        inside.iter().filter_map(|&&(_, value)| value).collect();
                    let expected = Tally {
                        count: inside.len() as u32,
                        distinct: values.len() as u32,
                    };
                    let which = if place % 2 == 0 { Which::Sliding } else { Which::Aligned };
                    prop_assert_eq!(window.seek(which, Ticks(after), Ticks(until)), expected);
                    prop_assert_eq!(window.count(Ticks(after), Ticks(until)), expected.count);
                    let most = window.at_most();
                    prop_assert!(most.count as usize >= kept.len());
                    prop_assert!(most.distinct >= expected.distinct);
                    let beyond = kept.iter().filter(|it| it.0 > after).count() as u32;
                    prop_assert!(window.has(beyond, Ticks(after)));
                    prop_assert!(!window.has(beyond + 1, Ticks(after)));
                }
                Step::Reach { from, length, enough } => {
                    let to = from + length;
                    let which = if place % 2 == 0 { Which::Sliding } else { Which::Aligned };
                    let is_distinct = place % 3 == 0;
                    let is_enough = |tally: Tally| {
                        (if is_distinct { tally.distinct } else { tally.count }) >= enough
                    };
                    let holds = |after: i64, until: i64| {
                        let inside = kept.iter().filter(|it| it.0 > after && it.0 <= until);
                        let values: BTreeSet<_> = inside.clone().filter_map(|it| it.1).collect();
                        let distinct = values.len() as u32;
                        is_enough(Tally { count: inside.count() as u32, distinct })
                    };
                    let times: BTreeSet<i64> = kept.iter().map(|&(time, _)| time).collect();
                    let mut inside = times.iter().filter(|&&it| it > from && it <= to);
                    let earliest = inside.clone().find(|&&time| holds(from, time));
                    let latest = inside.rfind(|&&time| holds(time - 1, to));
                    let bounds = (Ticks(from), Ticks(to));
                    prop_assert_eq!(
                        window.earliest(which, bounds, is_enough),
                        earliest.copied().map(Ticks)
                    );
                    prop_assert_eq!(
                        window.latest(which, bounds, is_enough),
                        latest.copied().map(Ticks)
                    );
                }
            }
        }
    }
}

#[test]
fn a_full_group_forgets_its_oldest_event_time() {
    let mut window = Window::new(CAPACITY);
    for time in 0..CAPACITY as i64 {
        assert_eq!(window.insert(Ticks(time), Origin::default(), None).evicted, 0);
    }
    assert_eq!(window.insert(Ticks(i64::MAX), Origin::default(), None).evicted, 1);
    assert!(!window.reaches(Ticks(0)) && window.reaches(Ticks(1)));
    assert_eq!(window.insert(Ticks(0), Origin::default(), None).evicted, 1);
}

/// A window that follows a stream: each event is inserted, what is too old goes, and the count of the
/// newest `length` ticks is asked for. Gives the looks it took.
fn follow(
    window: &mut Window,
    times: impl Iterator<Item = i64>,
    length: i64,
    lateness: i64,
) -> u64 {
    let before = LOOKS.get();
    for (place, time) in times.enumerate() {
        window.expire(Ticks(time - length - lateness));
        let origin = Origin { file: 0, offset: place as u64 };
        // Seventeen values: most windows hold each of them many times.
        window.insert(Ticks(time), origin, Some(Key(place as u128 % 17)));
        let tally = window.seek(Which::Sliding, Ticks(time - length), Ticks(time));
        assert!(tally.distinct <= 17);
    }
    LOOKS.get() - before
}

#[test]
fn an_event_in_order_costs_two_looks_however_long_the_window() {
    for length in [10, 100, 1000, 10_000] {
        let mut window = Window::new(CAPACITY);
        let looks = follow(&mut window, 0..20_000, length, 0);
        // It enters, and it leaves.
        assert!(looks <= 2 * 20_000, "{length}: {looks}");
    }
}

#[test]
fn a_late_event_costs_looks_at_what_lies_behind_it_and_no_more() {
    let (length, lateness) = (100, 4800);
    for late_by in [1, 10, 50, 99, 500, 999, 4700] {
        let mut window = Window::new(CAPACITY);
        follow(&mut window, 0..5000, length, lateness);
        let before = LOOKS.get();
        let (time, origin) = (4999 - late_by, Origin { file: 1, offset: 0 });
        // The rarest value there is: none of those behind it bears it.
        window.insert(Ticks(time), origin, Some(Key(99)));
        let held = window.seek(Which::Sliding, Ticks(time - length), Ticks(time));
        assert_eq!(held, Tally { count: length as u32 + 1, distinct: 18 });
        let back = window.seek(Which::Sliding, Ticks(4999 - length), Ticks(4999));
        assert_eq!(back.count, length as u32 + u32::from(late_by < length));
        // There and back again, over two windows at most.
        let looks = LOOKS.get() - before;
        assert!(looks <= 4 * length as u64, "late by {late_by}: {looks}");
        // Putting it in its place takes no look at the others.
        let before = LOOKS.get();
        window.insert(Ticks(time), Origin { file: 2, offset: 0 }, Some(Key(0)));
        assert!(LOOKS.get() - before <= 2, "each running window counts it");
    }
}

#[test]
fn events_that_come_newest_first_move_nothing() {
    let mut window = Window::new(CAPACITY);
    let (mut place_of_newest, mut moves) = (std::ptr::null(), 0);
    for time in (0..10_000).rev() {
        window.insert(Ticks(time), Origin::default(), Some(Key(time as u128 % 17)));
        let place = std::ptr::from_ref(window.entries.back().unwrap());
        moves += u32::from(place != place_of_newest);
        place_of_newest = place;
    }
    // But when the memory grows, by half each time.
    assert!(moves < 40, "{moves} moves");
    let times: Vec<i64> = window.entries.iter().map(|entry| entry.time.0).collect();
    assert!(times.into_iter().eq(0..10_000));
}

#[test]
fn events_that_nobody_asks_about_are_not_looked_at() {
    let (mut window, before) = (Window::new(CAPACITY), LOOKS.get());
    for time in 0..20_000 {
        window.expire(Ticks(time - 100));
        window.insert(Ticks(time), Origin::default(), Some(Key(time as u128 % 17)));
        assert!(window.at_most().distinct <= 17 && !window.has(101, Ticks(time - 100)));
    }
    assert_eq!(LOOKS.get(), before);
    // Memory follows what is held.
    assert!(window.size_bytes() < 10_000, "{}", window.size_bytes());
    assert_eq!(window.seek(Which::Sliding, Ticks(19_979), Ticks(19_999)).distinct, 17);
}

#[test]
fn the_memory_of_a_burst_is_given_back() {
    let mut window = Window::new(CAPACITY);
    for time in 0..10_000 {
        window.insert(Ticks(time), Origin::default(), Some(Key(time as u128)));
    }
    let full = window.size_bytes();
    window.seek(Which::Sliding, Ticks(0), Ticks(10_000));
    window.expire(Ticks(10_000));
    for time in 10_001..30_000 {
        window.expire(Ticks(time - 10));
        window.insert(Ticks(time), Origin::default(), Some(Key(time as u128 % 5)));
    }
    assert!(window.size_bytes() * 10 < full, "{} of {full}", window.size_bytes());
    let held = window.seek(Which::Sliding, Ticks(29_989), Ticks(29_999));
    assert_eq!(held, Tally { count: 10, distinct: 5 });
}
