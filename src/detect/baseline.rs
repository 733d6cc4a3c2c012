//! What is usual for one group: its daily maxima, and the quantile of them that is its baseline.
//!
//! Contract: a day is active iff an aligned window that starts on it (UTC) holds an event of the
//! group; for windows that divide a day, iff the day holds an event. Its maximum is the largest value
//! among those windows. The baseline for an event on day d is the nearest-rank quantile (the value at
//! rank ceil(q * n), at least 1, of n in ascending order) of the maxima of the active days in
//! [d - history, d), days on which the rule alerted for the group left out; none with fewer than
//! `min_days` of them.

use crate::rules::Adaptive;

/// Most days of one group: a year of history, and room for lateness and skewed clocks.
const DAYS_PER_GROUP: usize = 400;

/// The days of one group, ascending.
#[derive(Debug, Default)]
pub(super) struct Days {
    days: Vec<Day>,
    /// The day for which a baseline was asked last, and that baseline; dropped when an earlier day
    /// changes.
    cached: Option<(i64, Option<u32>)>,
    /// No day before this one is remembered.
    first: i64,
}

#[derive(Clone, Copy, Debug)]
struct Day {
    /// Days since the epoch.
    day: i64,
    /// Largest window; none where only an alert fell on the day.
    maximum: Option<u32>,
    fired: bool,
}

impl Days {
    /// Raises the maximum of `day` to `value` where it is lower. Gives how many days had to go.
    pub(super) fn raise(&mut self, day: i64, value: u32) -> usize {
        let place = self.place(day);
        if self.days[place].maximum >= Some(value) {
            return 0;
        }
        self.days[place].maximum = Some(value);
        self.changed(day)
    }

    /// Leaves `day` out of baselines from now on. Gives how many days had to go.
    pub(super) fn exclude(&mut self, day: i64) -> usize {
        let place = self.place(day);
        self.days[place].fired = true;
        self.changed(day)
    }

    /// The maximum of `day` so far.
    pub(super) fn maximum(&self, day: i64) -> Option<u32> {
        let place = self.days.binary_search_by_key(&day, |known| known.day).ok()?;
        self.days[place].maximum
    }

    /// The baseline for an event on day `today`.
    pub(super) fn baseline(&mut self, today: i64, adaptive: &Adaptive) -> Option<u32> {
        match self.cached {
            Some((day, baseline)) if day == today => baseline,
            _ => {
                let baseline = self.quantile(today, adaptive);
                self.cached = Some((today, baseline));
                baseline
            }
        }
    }

    /// Whether any day that a baseline for `today` looks at is active, fired on or not.
    pub(super) fn any_active(&self, today: i64, adaptive: &Adaptive) -> bool {
        let first = today - i64::from(adaptive.history_days);
        let is_active = |known: &Day| known.maximum.is_some();
        self.days.iter().any(|known| (first..today).contains(&known.day) && is_active(known))
    }

    /// Forgets the days before `day`.
    pub(super) fn expire(&mut self, day: i64) {
        if day > self.first {
            self.first = day;
            self.days.retain(|known| known.day >= day);
        }
    }

    /// Whether no day is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.days.capacity() * size_of::<Day>()
    }

    fn quantile(&self, today: i64, adaptive: &Adaptive) -> Option<u32> {
        let first = today - i64::from(adaptive.history_days);
        let in_history = |known: &&Day| known.day >= first && known.day < today && !known.fired;
        let mut maxima: Vec<u32> =
            self.days.iter().filter(in_history).filter_map(|known| known.maximum).collect();
        if maxima.is_empty() || maxima.len() < adaptive.min_days as usize {
            return None;
        }
        let rank = (adaptive.quantile * maxima.len() as f64).ceil() as usize;
        let place = rank.clamp(1, maxima.len()) - 1;
        Some(*maxima.select_nth_unstable(place).1)
    }

    /// Where `day` is in the list, which it joins if it must.
    fn place(&mut self, day: i64) -> usize {
        match self.days.last() {
            Some(newest) if newest.day == day => self.days.len() - 1,
            _ => self.days.binary_search_by_key(&day, |known| known.day).unwrap_or_else(|place| {
                self.days.insert(place, Day { day, maximum: None, fired: false });
                self.first = self.first.min(day);
                place
            }),
        }
    }

    fn changed(&mut self, day: i64) -> usize {
        self.cached = self.cached.filter(|&(today, _)| today <= day);
        if self.days.len() <= DAYS_PER_GROUP {
            return 0;
        }
        self.cached = None;
        self.days.remove(0);
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Adaptive = Adaptive {
        multiple: 2.0,
        quantile: 0.5,
        history_days: 7,
        min_days: 3,
        learn: crate::event::TickSpan(0),
        hard_cap: None,
        wider: None,
    };

    fn days(maxima: &[(i64, u32)]) -> Days {
        let mut days = Days::default();
        for &(day, value) in maxima {
            days.raise(day, value);
        }
        days
    }

    #[test]
    fn the_quantile_is_the_value_at_the_nearest_rank_above() {
        let at = |quantile| {
            days(&[(1, 40), (2, 10), (3, 30), (4, 20)]).baseline(5, &Adaptive { quantile, ..WEEK })
        };
        assert_eq!(at(0.0), Some(10));
        assert_eq!(at(0.25), Some(10));
        assert_eq!(at(0.26), Some(20));
        assert_eq!(at(0.5), Some(20));
        assert_eq!(at(0.95), Some(40));
        assert_eq!(at(1.0), Some(40));
    }

    #[test]
    fn the_history_ends_the_day_before_and_starts_its_length_earlier() {
        let known = &[(1, 10), (2, 20), (3, 30), (8, 80)];
        assert_eq!(days(known).baseline(8, &WEEK), Some(20));
        assert_eq!(days(known).baseline(9, &WEEK), Some(30));
        assert_eq!(days(known).baseline(10, &WEEK), None);
    }

    #[test]
    fn a_day_of_an_alert_is_left_out_and_too_few_days_give_no_baseline() {
        let mut known = days(&[(1, 10), (2, 20), (3, 30), (4, 40)]);
        assert_eq!(known.baseline(5, &WEEK), Some(20));
        known.exclude(1);
        assert_eq!(known.baseline(5, &WEEK), Some(30));
        known.exclude(4);
        assert_eq!(known.baseline(5, &WEEK), None);
    }

    #[test]
    fn a_late_change_of_an_earlier_day_moves_the_baseline() {
        let mut known = days(&[(1, 10), (2, 10), (3, 10)]);
        assert_eq!(known.baseline(5, &WEEK), Some(10));
        known.raise(2, 50);
        known.raise(3, 50);
        assert_eq!(known.baseline(5, &WEEK), Some(50));
    }
}
