//! Whether an instant lies in a weekly frame, by the clock on the wall of the frame's zone.
//!
//! Contract: the first minute is in, the closing minute is out; a frame that passes midnight belongs
//! to the day on which it opens, and one whose ends are equal lasts a whole day. Where clocks are set
//! back, both passes of a repeated hour are in; where they are set forward, the skipped part never comes.

use jiff::Timestamp;

use super::{Exception, TimeFrame};
use crate::event::Ticks;

const TICKS_PER_SECOND: i64 = 10_000_000;
const MINUTES_PER_DAY: i64 = 24 * 60;
/// 1970-01-01 was a Thursday, and Monday is 0.
const EPOCH_WEEKDAY: i64 = 3;

impl Exception {
    /// Whether it is in force at `time` and has a time frame that holds it, whatever its query.
    pub(super) fn has_frame_at(&self, time: Ticks) -> bool {
        self.is_in_force(time) && self.frames.iter().any(|frame| frame.contains(time))
    }

    /// Whether no time frame keeps it from holding at any hour of the week.
    pub(super) fn is_always_open(&self) -> bool {
        self.frames.is_empty() || self.frames.iter().any(TimeFrame::is_whole_week)
    }
}

impl TimeFrame {
    /// Whether `time` lies in the frame. Times beyond what calendars cover lie in none.
    pub fn contains(&self, time: Ticks) -> bool {
        let seconds = time.0.div_euclid(TICKS_PER_SECOND);
        let Ok(instant) = Timestamp::from_second(seconds) else { return false };
        let offset = i64::from(self.zone.to_offset(instant).seconds());
        let local_minutes = (seconds + offset).div_euclid(60);
        let minute = local_minutes.rem_euclid(MINUTES_PER_DAY);
        let today = local_minutes.div_euclid(MINUTES_PER_DAY) + EPOCH_WEEKDAY;

        let (from, to) = (i64::from(self.from_minute), i64::from(self.to_minute));
        if from < to {
            self.opens_on(today) && (from..to).contains(&minute)
        } else {
            (self.opens_on(today) && minute >= from) || (self.opens_on(today - 1) && minute < to)
        }
    }

    /// Whether every instant lies in the frame.
    fn is_whole_week(&self) -> bool {
        self.from_minute == self.to_minute && (0..7).all(|day| self.opens_on(day))
    }

    fn opens_on(&self, day: i64) -> bool {
        let weekday = day.rem_euclid(7);
        self.weekdays.iter().any(|&open| i64::from(open) == weekday)
    }
}
