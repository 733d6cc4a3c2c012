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
}

impl Past {
    pub(super) fn new(rule: &Threshold) -> Self {
        Self { window: Window::new(rule.window), days: Days::default(), newest: Ticks::MIN }
    }

    /// Takes in an event and forgets what no later one can reach. Gives how many entries and days had
    /// to make room.
    pub(super) fn admit(&mut self, rule: &Threshold, view: &EventView<'_>) -> usize {
        let event = view.event;
        self.window.expire(event.watermark - rule.window);
        self.expire_days(rule, event.watermark);
        let value = rule.distinct.as_ref().and_then(|part| view.tuple_key(&part.fields));
        let gone = self.window.insert(event.time, event.origin, value);
        if !self.window.reaches(event.time) {
            return gone;
        }
        self.newest = self.newest.max(event.time);
        gone + self.learn(rule, event.time)
    }

    /// Takes the aligned window of an event just inserted into its day's maximum. Gives how many
    /// days had to make room.
    fn learn(&mut self, rule: &Threshold, time: Ticks) -> usize {
        if rule.adaptive.is_none() {
            return 0;
        }
        let (after, until) = aligned(rule.window, time);
        let day = (after + TickSpan(1)).utc_day();
        // A late arrival seldom beats its day; moving the running window back is dear.
        if until < self.window.until(Which::Aligned)
            && Some(self.window.count(after, until)) <= self.days.maximum(day)
        {
            return 0;
        }
        let tally = self.window.seek(Which::Aligned, after, until);
        self.days.raise(day, value_of(rule, tally))
    }

    /// Keeps only the days that events after `watermark` can reach; gives whether there are any.
    pub(super) fn keep_days(&mut self, rule: &Threshold, watermark: Ticks) -> bool {
        self.window = Window::new(rule.window);
        self.expire_days(rule, watermark);
        !self.days.is_empty()
    }

    fn expire_days(&mut self, rule: &Threshold, watermark: Ticks) {
        if let Some(adaptive) = &rule.adaptive {
            self.days.expire(watermark.utc_day() - i64::from(adaptive.history_days));
        }
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.window.size_bytes() + self.days.size_bytes()
    }
}

impl Aged for Past {
    fn last_seen(&self) -> Ticks {
        self.newest
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
