//! The past of one group of a `threshold` rule, or of a wider one: its entries, and its days.
//!
//! Contract: entries are kept for a window behind the watermark, days for the history of the adaptive
//! part. An event teaches its day the largest value of its aligned window; an event that the window no
//! longer reaches teaches nothing.

use super::baseline::Days;
use super::table::Aged;
use super::window::{Tally, Which, Window};
use crate::event::{EventView, TickSpan, Ticks};
use crate::rules::Threshold;

#[derive(Debug)]
pub(super) struct Past {
    pub(super) window: Window,
    pub(super) days: Days,
    newest: Ticks,
    current: Current,
}

/// The aligned window of the newest event, counted as events come: a value is new to it iff it was
/// not seen since the window began.
#[derive(Debug)]
struct Current {
    after: Ticks,
    until: Ticks,
    tally: Tally,
}

impl Past {
    /// Without events, for at most `capacity` of them.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            window: Window::new(capacity),
            days: Days::default(),
            newest: Ticks::MIN,
            current: Current::default(),
        }
    }

    /// Takes in an event and forgets what no later one can reach. Gives how many entries and days had
    /// to make room.
    pub(super) fn admit(&mut self, rule: &Threshold, view: &EventView<'_>) -> usize {
        let event = view.event;
        self.window.expire(event.watermark - rule.window);
        self.expire_days(rule, event.watermark);
        let value = rule.distinct.as_ref().and_then(|part| view.tuple_key(&part.fields));
        let inserted = self.window.insert(event.time, event.origin, value);
        if !self.window.reaches(event.time) {
            return inserted.evicted;
        }
        self.newest = self.newest.max(event.time);
        if rule.adaptive.is_none() {
            return inserted.evicted;
        }
        inserted.evicted + self.learn(rule, event.time, value.map(|_| inserted.before))
    }

    /// Takes the aligned window of an event just inserted into its day's maximum; of its value, if it
    /// has one, we are told when it was seen before. Gives how many days had to make room.
    fn learn(&mut self, rule: &Threshold, time: Ticks, before: Option<Ticks>) -> usize {
        let is_next = time > self.current.until;
        if is_next {
            let (after, until) = aligned(rule.window, time);
            self.current = Current { after, until, tally: Tally::default() };
        }
        let Current { after, until, ref mut tally } = self.current;
        if time <= after {
            return self.learn_late(rule, time);
        }
        let taught = value_of(rule, *tally);
        tally.count += 1;
        tally.distinct += u32::from(before.is_some_and(|before| before <= after));
        // Of a window that was too large to be held whole, what is held counts.
        if !self.window.reaches(after + TickSpan(1)) {
            let held = self.window.seek(Which::Aligned, after, until);
            return self.days.raise(day_of(after), value_of(rule, held));
        }
        let value = value_of(rule, *tally);
        if value == taught && !is_next { 0 } else { self.days.raise(day_of(after), value) }
    }

    /// The same for an event of an earlier window than that of the newest.
    fn learn_late(&mut self, rule: &Threshold, time: Ticks) -> usize {
        let (after, until) = aligned(rule.window, time);
        // A late arrival seldom beats its day; to count an earlier window is dear.
        if Some(self.window.count(after, until)) <= self.days.maximum(day_of(after)) {
            return 0;
        }
        let tally = self.window.seek(Which::Aligned, after, until);
        self.days.raise(day_of(after), value_of(rule, tally))
    }

    /// Keeps only the days that events after `watermark` can reach; gives whether there are any.
    pub(super) fn keep_days(&mut self, rule: &Threshold, watermark: Ticks) -> bool {
        self.window.clear();
        self.current = Current::default();
        self.expire_days(rule, watermark);
        !self.days.is_empty()
    }

    fn expire_days(&mut self, rule: &Threshold, watermark: Ticks) {
        if let Some(adaptive) = &rule.adaptive {
            self.days.expire(watermark.utc_day() - i64::from(adaptive.history_days));
        }
    }
}

impl Default for Current {
    fn default() -> Self {
        Self { after: Ticks::MIN, until: Ticks::MIN, tally: Tally::default() }
    }
}

impl Aged for Past {
    fn last_seen(&self) -> Ticks {
        self.newest
    }

    fn owned_bytes(&self) -> usize {
        self.window.size_bytes() + self.days.size_bytes()
    }
}

/// The number that is compared with a baseline and must double to end suppression.
pub(super) fn value_of(rule: &Threshold, tally: Tally) -> u32 {
    if rule.distinct.is_some() { tally.distinct } else { tally.count }
}

/// The aligned window that holds `time`, as `(after, until]`.
pub(super) fn aligned(window: TickSpan, time: Ticks) -> (Ticks, Ticks) {
    let start = Ticks(time.0 - time.0.rem_euclid(window.0));
    (start - TickSpan(1), start + window - TickSpan(1))
}

/// The day on which an aligned window starts that holds what lies after `after`.
fn day_of(after: Ticks) -> i64 {
    (after + TickSpan(1)).utc_day()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Batch, Event, Field, TextField};
    use crate::rules::{Adaptive, Buckets, Distinct};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    const CAPACITY: usize = 1000;

    fn rule(window: TickSpan, is_distinct: bool) -> Threshold {
        let distinct = Distinct { fields: vec![Field::Object], values: 2 };
        Threshold {
            group_by: vec![Field::Identity],
            window,
            buckets: Buckets::Sliding,
            count: (!is_distinct).then_some(2),
            distinct: is_distinct.then_some(distinct),
            adaptive: Some(Adaptive {
                multiple: 2.0,
                quantile: 0.95,
                history_days: 14,
                min_days: 2,
                learn: TickSpan(0),
                hard_cap: None,
                wider: None,
            }),
        }
    }

    fn admit(past: &mut Past, rule: &Threshold, (time, watermark): (Ticks, Ticks), object: &str) {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        (event.time, event.watermark) = (time, watermark);
        batch.set_text(&mut event, TextField::Object, object);
        past.admit(rule, &batch.view_of(&event));
    }

    proptest! {
        /// A day's maximum is the most that one of its aligned windows has held, whatever the order in
        /// which events arrive, with and without values.
        #[test]
        fn maxima_are_those_of_a_scan(
            hours in prop_oneof![Just(1), Just(5), Just(24), Just(40)],
            is_distinct in any::<bool>(),
            steps in proptest::collection::vec((0..6_i64, 0..30_i64, 0..5_u8), 1..150)
        ) {
            let rule = rule(TickSpan::hours(hours), is_distinct);
            let lateness = TickSpan::hours(20);
            let (mut past, mut newest) = (Past::new(CAPACITY), Ticks(0));
            let mut seen: Vec<(Ticks, u8)> = Vec::new();
            let mut maxima: BTreeMap<i64, u32> = BTreeMap::new();
            for (ahead, behind, object) in steps {
                // Times of whole quarters of an hour meet the edges of windows, and each other.
                newest = newest + TickSpan::minutes(15 * ahead);
                let watermark = newest - lateness;
                let time = newest - TickSpan::minutes(15 * 3 * behind);
                if time <= watermark {
                    continue;
                }
                let name = if object == 0 { String::new() } else { object.to_string() };
                admit(&mut past, &rule, (time, watermark), &name);
                seen.push((time, object));
                let (after, until) = aligned(rule.window, time);
                let inside = seen.iter().filter(|it| it.0 > after && it.0 <= until);
                let objects: BTreeSet<u8> =
                    inside.clone().map(|it| it.1).filter(|&it| it > 0).collect();
                let held = if is_distinct { objects.len() } else { inside.count() } as u32;
                let maximum = maxima.entry(day_of(after)).or_default();
                *maximum = held.max(*maximum);
                for (&day, &maximum) in maxima.iter().rev().take(10) {
                    prop_assert_eq!(past.days.maximum(day), Some(maximum), "day {}", day);
                }
            }
        }
    }

    #[test]
    fn a_window_too_large_to_be_held_counts_what_is_held() {
        let rule = rule(TickSpan::days(1), true);
        let mut past = Past::new(CAPACITY);
        for number in 0..CAPACITY as i64 + 20 {
            admit(&mut past, &rule, (Ticks(number), Ticks(-1)), &number.to_string());
        }
        assert_eq!(past.days.maximum(0), Some(CAPACITY as u32));
    }
}
