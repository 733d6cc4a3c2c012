//! How far event time has surely come: the 16th-largest event time so far, minus the lateness.
//!
//! A function of the records alone, in arrival order; taking the 16th instead of the largest lets
//! fifteen forged or skewed clocks move nothing.

use crate::event::{TickSpan, Ticks};

/// How many event times must have reached a point before the watermark believes it.
const RANK: usize = 16;

/// Watches every event time in arrival order, late and duplicate records included.
#[derive(Clone, Debug)]
pub struct Watermark {
    lateness: TickSpan,
    /// The largest times so far, ascending; `Ticks::MIN` where fewer have arrived.
    largest: [Ticks; RANK],
}

impl Watermark {
    /// How long a record may take unless a run says otherwise: the slowest documented path
    /// (3 to 20 minutes) with room for an outage of an hour.
    pub const DEFAULT_LATENESS: TickSpan = TickSpan::hours(2);

    /// A watermark that has seen nothing.
    pub fn new(lateness: TickSpan) -> Self {
        Self { lateness, largest: [Ticks::MIN; RANK] }
    }

    /// Takes in the next record's event time and gives that record's watermark: `Ticks::MIN` for
    /// the first fifteen.
    pub fn observe(&mut self, time: Ticks) -> Ticks {
        if time > self.largest[0] {
            let mut at = RANK - 1;
            while time < self.largest[at] {
                at -= 1;
            }
            self.largest.copy_within(1..=at, 0);
            self.largest[at] = time;
        }
        self.current()
    }

    /// The watermark of the newest record; `Ticks::MIN` up to the fifteenth.
    pub fn current(&self) -> Ticks {
        self.largest[0] - self.lateness
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fifteen_records_have_no_watermark() {
        let mut watermark = Watermark::new(TickSpan(5));
        for time in 100..115 {
            assert_eq!(watermark.observe(Ticks(time)), Ticks::MIN);
        }
        assert_eq!(watermark.observe(Ticks(90)), Ticks(85));
        assert_eq!(watermark.observe(Ticks(95)), Ticks(90));
    }

    #[test]
    fn one_record_from_the_year_9999_moves_nothing() {
        let (mut honest, mut forged) = (Watermark::new(TickSpan(5)), Watermark::new(TickSpan(5)));
        forged.observe(Ticks(2_534_023_007_999_999_999));
        for time in 0..15 {
            honest.observe(Ticks(time));
            forged.observe(Ticks(time));
        }
        // From here on both know sixteen times; the forged one merely stands in for a rank.
        for time in 15..60 {
            let (honest, forged) = (honest.observe(Ticks(time)), forged.observe(Ticks(time)));
            assert_eq!(forged, honest + TickSpan(1));
        }
    }

    #[test]
    fn it_is_the_sixteenth_largest_of_any_order() {
        let mut watermark = Watermark::new(TickSpan(0));
        let mut seen = Vec::new();
        for step in 0..500_i64 {
            let time = step * 7919 % 101;
            seen.push(time);
            seen.sort_unstable();
            let expected = if seen.len() < RANK { i64::MIN } else { seen[seen.len() - RANK] };
            assert_eq!(watermark.observe(Ticks(time)), Ticks(expected));
        }
    }
}
