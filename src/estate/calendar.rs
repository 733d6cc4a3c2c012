//! Time in a log: the days it covers, and how somebody's records fall into sittings.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::event::{TickSpan, Ticks};

/// Days without a record that still belong to the logs; behind a longer gap lie forged or mistaken
/// times.
const MOST_SILENT_DAYS: i64 = 7;
/// Days that are told apart; a log has fewer, forged times may have more.
const MOST_DAYS: usize = 20_000;
/// A longer pause ends a sitting.
const PAUSE: TickSpan = TickSpan::minutes(30);

/// Records by UTC day.
#[derive(Clone, Debug, Default)]
pub(super) struct Days {
    /// With the latest time of each.
    counts: BTreeMap<i64, (u64, Ticks)>,
}

/// The days a log covers, first and last included, as days since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayRange {
    /// The first day.
    pub first: i64,
    /// The last day.
    pub last: i64,
    /// The tick after the last record of the last day.
    pub end: Ticks,
}

impl DayRange {
    /// How many days these are.
    pub fn len(self) -> u32 {
        u32::try_from(self.last - self.first + 1).unwrap_or(u32::MAX)
    }

    /// Never: a log covers the day of each of its records.
    pub fn is_empty(self) -> bool {
        self.last < self.first
    }

    /// Whether a record of that time belongs to the log.
    pub fn holds(self, time: Ticks) -> bool {
        (self.first..=self.last).contains(&time.utc_day())
    }

    /// From the first tick of the first day to the last one of the last day.
    pub fn times(self) -> RangeInclusive<Ticks> {
        self.start()..=Ticks((self.last + 1) * TickSpan::days(1).0 - 1)
    }

    /// Midnight of the first day.
    pub fn start(self) -> Ticks {
        Ticks(self.first * TickSpan::days(1).0)
    }
}

impl Days {
    /// False where there are too many different days.
    pub(super) fn add(&mut self, time: Ticks) -> bool {
        let day = time.utc_day();
        let fits = self.counts.len() < MOST_DAYS || self.counts.contains_key(&day);
        if fits {
            let (count, latest) = self.counts.entry(day).or_insert((0, time));
            *count += 1;
            *latest = time.max(*latest);
        }
        fits
    }

    /// Records of days that do not belong to the log.
    pub(super) fn outside(&self, range: DayRange) -> u64 {
        let far = self.counts.iter().filter(|&(day, _)| !(range.first..=range.last).contains(day));
        far.map(|(_, (count, _))| count).sum()
    }

    /// The days around the one that holds the middle record, as far as no week is silent.
    pub(super) fn range(&self) -> Option<DayRange> {
        let half = self.counts.values().map(|(count, _)| count).sum::<u64>() / 2;
        let mut before = 0;
        let middle = self.counts.iter().find_map(|(&day, (count, _))| {
            before += count;
            (before > half).then_some(day)
        })?;
        let first = reach(middle, self.counts.range(..middle).rev().map(|(&day, _)| day));
        let last = reach(middle, self.counts.range(middle..).map(|(&day, _)| day));
        let end = self.counts.get(&last).map(|&(_, latest)| Ticks(latest.0 + 1))?;
        Some(DayRange { first, last, end })
    }
}

/// The farthest of `days`, which lead away from `middle`, before a silence that is too long.
fn reach(middle: i64, days: impl Iterator<Item = i64>) -> i64 {
    let mut end = middle;
    for day in days {
        if (day - end).abs() > MOST_SILENT_DAYS {
            break;
        }
        end = day;
    }
    end
}

/// Sittings of one identity: runs of records without a long pause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sittings {
    /// How many so far.
    pub(super) count: u64,
    newest: Ticks,
}

impl Default for Sittings {
    fn default() -> Self {
        Self { count: 0, newest: Ticks::MIN }
    }
}

impl Sittings {
    pub(super) fn add(&mut self, time: Ticks) {
        if self.count == 0 || time.since(self.newest) > PAUSE {
            self.count += 1;
        }
        self.newest = self.newest.max(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forged_days_far_off_do_not_stretch_a_log() {
        let mut days = Days::default();
        for (day, count) in [(-3_000, 2), (100, 5), (101, 50), (108, 5), (116, 3), (3_000_000, 9)] {
            (0..count).for_each(|_| assert!(days.add(Ticks(day * TickSpan::days(1).0))));
        }
        let range = days.range().unwrap();
        assert_eq!((range.first, range.last, range.len()), (100, 108, 9));
        assert!(range.holds(Ticks(105 * TickSpan::days(1).0)));
        assert!(!range.holds(Ticks(116 * TickSpan::days(1).0)));
        let times = range.times();
        assert!(range.holds(*times.start()) && range.holds(*times.end()));
        assert!(!range.holds(Ticks(times.end().0 + 1)));
        assert_eq!(days.outside(range), 14);
        assert_eq!(Days::default().range(), None);
    }

    #[test]
    fn a_pause_of_half_an_hour_ends_a_sitting() {
        let mut sittings = Sittings::default();
        for minutes in [0, 10, 40, 71, 60, 100, 131] {
            sittings.add(Ticks(TickSpan::minutes(minutes).0));
        }
        assert_eq!(sittings.count, 3);
    }
}
