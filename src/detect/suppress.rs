//! Absorbing what repeats: alerts of one rule and group close to each other in event time.
//!
//! Contract: a condition that ends at `end` with `value` is suppressed by an earlier-fired alert iff
//! they lie less than `suppress` apart and the value has not doubled since. An alert is visible to r
//! iff its time > W(r) - `suppress`. For a record that is not late this hides nothing, because no
//! window that holds it can end at or before its own watermark; late records, which only `query`
//! rules see, fire again instead of looking back without bound.

use super::StateStats;
use super::judged::{Judged, Sink};
use super::table::{Aged, Table};
use crate::event::{Key, Origin, TickSpan, Ticks};

/// Most alerts of one group that can absorb others. They lie `suppress` apart or double in value,
/// so that only a `suppress` of seconds under hours of lateness comes near.
const ALERTS_PER_GROUP: usize = 1024;

/// The suppression of a rule whose groups hold nothing else.
#[derive(Debug)]
pub(super) struct Suppressions {
    groups: Table<Suppression>,
    evictions: u64,
}

/// The alerts of one group that can still absorb others.
#[derive(Debug, Default)]
pub(super) struct Suppression {
    /// In the order they fired.
    fired: Vec<Fired>,
}

/// What suppression must remember of an alert.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fired {
    pub(super) time: Ticks,
    /// The condition's value; 1 for kinds that have none.
    pub(super) value: u32,
    pub(super) trigger: Origin,
    pub(super) absorbed: u32,
}

impl Suppressions {
    /// Of no group, for at most `capacity` that have alerted lately.
    pub(super) fn new(capacity: usize) -> Self {
        Self { groups: Table::new(capacity), evictions: 0 }
    }

    /// Whether the event may alert under `key`. If so it is remembered as an alert, else counted
    /// on the alert that absorbs it.
    pub(super) fn admits(&mut self, key: Key, judged: &Judged<'_>, sink: &mut Sink<'_>) -> bool {
        let (event, suppress) = (judged.view.event, judged.suppress);
        if suppress == TickSpan(0) {
            return true;
        }
        let horizon = event.watermark - suppress;
        let out = &mut *sink.out;
        let group = self.groups.get_or_insert_with(
            key,
            |group| group.last_seen() <= horizon,
            |key, mut group| group.expire(Ticks::MAX, |alert| alert.report(judged.rule, key, out)),
            Suppression::default,
        );
        group.expire(horizon, |alert| alert.report(judged.rule, key, sink.out));
        let before = group.owned_bytes();
        if let Some(place) = group.suppressor(event.time, 1, suppress) {
            group.absorb(place);
            sink.stats.suppressed += 1;
            return false;
        }
        if let Some(evicted) = group.record(event.time, 1, event.origin) {
            self.evictions += 1;
            evicted.report(judged.rule, key, sink.out);
        }
        let after = group.owned_bytes();
        self.groups.resized(before, after);
        true
    }

    /// When the alert was that absorbs an event at `time` under `key`.
    pub(super) fn absorber(&self, key: Key, time: Ticks, suppress: TickSpan) -> Option<Ticks> {
        let group = self.groups.get(key)?;
        Some(group.time(group.suppressor(time, 1, suppress)?))
    }

    /// Reports everything absorbed so far and forgets it.
    pub(super) fn finish(&mut self, rule: usize, out: &mut super::Output) {
        for (key, mut group) in self.groups.drain_sorted() {
            group.expire(Ticks::MAX, |alert| alert.report(rule, key, out));
        }
    }

    pub(super) fn charged_bytes(&self) -> usize {
        self.groups.charged_bytes()
    }

    /// Forgets the groups that alerted least lately, and reports what they have absorbed.
    pub(super) fn shed(&mut self, rule: usize, out: &mut super::Output) {
        self.groups.shed(|key, mut group| {
            group.expire(Ticks::MAX, |alert| alert.report(rule, key, out));
        });
    }

    pub(super) fn stats(&self) -> StateStats {
        let mut stats = self.groups.stats();
        stats.evictions += self.evictions;
        stats
    }
}

impl Suppression {
    /// Place of the first-fired alert that suppresses a condition.
    pub(super) fn suppressor(&self, end: Ticks, value: u32, suppress: TickSpan) -> Option<usize> {
        self.fired.iter().position(|alert| alert.suppresses(end, value, suppress))
    }

    /// Whether one alert suppresses every condition that ends in the range, ends included, with no
    /// more than `value`.
    pub(super) fn suppresses_all(
        &self,
        (first, last): (Ticks, Ticks),
        value: u32,
        suppress: TickSpan,
    ) -> bool {
        self.fired.iter().any(|alert| {
            alert.suppresses(first, value, suppress) && alert.suppresses(last, value, suppress)
        })
    }

    /// When the alert at `place` was.
    pub(super) fn time(&self, place: usize) -> Ticks {
        self.fired[place].time
    }

    /// Whether no alert is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.fired.is_empty()
    }

    /// Counts one more record on the alert at `place`.
    pub(super) fn absorb(&mut self, place: usize) {
        self.fired[place].absorbed += 1;
    }

    /// Remembers an alert that has fired. Gives back the one that had to make room, if any.
    pub(super) fn record(&mut self, time: Ticks, value: u32, trigger: Origin) -> Option<Fired> {
        let full = self.fired.len() >= ALERTS_PER_GROUP;
        let oldest = self.fired.iter().enumerate().filter(|_| full);
        let oldest = oldest.min_by_key(|(_, alert)| (alert.time, alert.trigger));
        let evicted = oldest.map(|(place, _)| place).map(|place| self.fired.remove(place));
        self.fired.push(Fired { time, value, trigger, absorbed: 0 });
        evicted
    }

    /// Forgets the alerts at or before `horizon`, handing each to `gone`.
    pub(super) fn expire(&mut self, horizon: Ticks, gone: impl FnMut(Fired)) {
        if !self.fired.is_empty() {
            self.fired.extract_if(.., |alert| alert.time <= horizon).for_each(gone);
        }
    }
}

impl Fired {
    fn suppresses(&self, end: Ticks, value: u32, suppress: TickSpan) -> bool {
        let apart = end.max(self.time).since(end.min(self.time));
        apart < suppress && value < self.value.saturating_mul(2)
    }
}

impl Aged for Suppression {
    fn last_seen(&self) -> Ticks {
        self.fired.iter().map(|alert| alert.time).max().unwrap_or(Ticks::MIN)
    }

    fn owned_bytes(&self) -> usize {
        self.fired.capacity() * size_of::<Fired>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUPPRESS: TickSpan = TickSpan(10);

    #[test]
    fn an_alert_suppresses_on_both_sides_until_the_value_doubles() {
        let mut group = Suppression::default();
        group.record(Ticks(100), 4, Origin::default());
        assert_eq!(group.suppressor(Ticks(109), 7, SUPPRESS), Some(0));
        assert_eq!(group.suppressor(Ticks(91), 7, SUPPRESS), Some(0));
        assert_eq!(group.suppressor(Ticks(110), 7, SUPPRESS), None);
        assert_eq!(group.suppressor(Ticks(90), 7, SUPPRESS), None);
        assert_eq!(group.suppressor(Ticks(109), 8, SUPPRESS), None);
        assert_eq!(group.suppressor(Ticks(100), 4, TickSpan(0)), None);
    }

    #[test]
    fn the_first_fired_alert_absorbs() {
        let mut group = Suppression::default();
        group.record(Ticks(105), 4, Origin::default());
        group.record(Ticks(100), 8, Origin::default());
        assert_eq!(group.suppressor(Ticks(103), 5, SUPPRESS), Some(0));
        assert_eq!(group.suppressor(Ticks(103), 9, SUPPRESS), Some(1));
    }

    #[test]
    fn a_full_group_lets_its_oldest_alert_go() {
        let mut group = Suppression::default();
        for time in 0..ALERTS_PER_GROUP as i64 {
            assert!(group.record(Ticks(1000 - time), 1, Origin::default()).is_none());
        }
        let evicted = group.record(Ticks(2000), 1, Origin::default()).map(|alert| alert.time);
        assert_eq!(evicted, Some(Ticks(1001 - ALERTS_PER_GROUP as i64)));
    }
}
