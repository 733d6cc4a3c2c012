//! When each record of a replay is due.

use super::super::order::Lane;
use crate::event::Ticks;

const SECOND_NS: f64 = 1e9;
/// Nanoseconds of a tick.
const TICK_NS: f64 = 100.0;

/// The pace of a replay; times count from the due time of its first record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many records a second, evenly.
    Rate(f64),
    /// As they arrived, so many times as fast: needs arrival times of the records.
    Speed(f64),
    /// As `Rate`, but for a stretch of more.
    Burst {
        /// Records per second outside the stretch.
        rate: f64,
        /// How many times as many within it.
        factor: f64,
        /// When it begins, in seconds.
        after: f64,
        /// How long it lasts, in seconds.
        seconds: f64,
    },
}

/// Knows when a record is due, and how many are due by then. Asked in ascending order.
#[derive(Debug)]
pub(crate) struct Schedule {
    pace: Pace,
    /// Arrival of record 0.
    first: Option<Ticks>,
    /// The record asked for last, and the latest arrival up to it.
    newest: (u64, Ticks),
    /// How many records are known to be due, and the latest arrival up to the next one.
    due: (u64, Ticks),
}

impl Schedule {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, first: None, newest: (0, Ticks::MIN), due: (0, Ticks::MIN) }
    }

    pub(super) fn pace(&self) -> Pace {
        self.pace
    }

    /// When that record is due, in nanoseconds.
    pub(super) fn due_ns(&mut self, record: u64, lane: &Lane) -> u64 {
        let record_f64 = record as f64;
        let seconds = match self.pace {
            Pace::Rate(rate) => record_f64 / rate,
            Pace::Burst { rate, factor, after, seconds } => {
                let (before, within) = (rate * after, rate * factor * seconds);
                if record_f64 <= before {
                    record_f64 / rate
                } else if record_f64 <= before + within {
                    after + (record_f64 - before) / (rate * factor)
                } else {
                    after + seconds + (record_f64 - before - within) / rate
                }
            }
            Pace::Speed(_) => return self.arrival_ns(record, lane),
        };
        (seconds * SECOND_NS) as u64
    }

    /// How many records are due by then.
    pub(super) fn due_by(&mut self, now_ns: u64, lane: &Lane) -> u64 {
        let now = now_ns as f64 / SECOND_NS;
        let due = match self.pace {
            Pace::Rate(rate) => now * rate,
            Pace::Burst { rate, factor, after, seconds } => {
                let within = (now - after).clamp(0.0, seconds);
                (now - within) * rate + within * rate * factor
            }
            Pace::Speed(_) => return self.arrived_by(now_ns, lane),
        };
        // Record 0 is due at 0.
        due as u64 + 1
    }

    /// Records are due no earlier than those before them, whatever their arrivals say.
    fn arrival_ns(&mut self, record: u64, lane: &Lane) -> u64 {
        let arrival = lane.arrivals.as_ref().and_then(|arrivals| arrivals.get(record));
        let (at, newest) = &mut self.newest;
        if record >= *at {
            (*at, *newest) = (record, (*newest).max(arrival.unwrap_or(*newest)));
        }
        let newest = *newest;
        self.due_after(newest)
    }

    fn arrived_by(&mut self, now_ns: u64, lane: &Lane) -> u64 {
        let Some(arrivals) = &lane.arrivals else { return 0 };
        while let Some(arrival) = arrivals.get(self.due.0) {
            let newest = self.due.1.max(arrival);
            if self.due_after(newest) > now_ns {
                break;
            }
            self.due = (self.due.0 + 1, newest);
        }
        self.due.0
    }

    fn due_after(&mut self, arrival: Ticks) -> u64 {
        let Pace::Speed(speed) = self.pace else { return 0 };
        let first = *self.first.get_or_insert(arrival);
        (arrival.since(first).0 as f64 * TICK_NS / speed) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Arrivals;

    const SECOND: u64 = 1_000_000_000;

    fn lane(seconds: &[i64]) -> Lane {
        let file = tempfile::NamedTempFile::new().unwrap();
        let ticks = seconds.iter().flat_map(|second| (second * 10_000_000).to_le_bytes());
        std::fs::write(file.path(), ticks.collect::<Vec<u8>>()).unwrap();
        Lane::new(Some(Arrivals::open(file.path()).unwrap()))
    }

    /// How many records are due by then is how many have their due time by then.
    #[test]
    fn both_directions_agree() {
        let arrivals = [100, 100, 103, 101, 110, 111];
        let lane = lane(&arrivals);
        let burst = Pace::Burst { rate: 2.0, factor: 3.0, after: 1.0, seconds: 0.5 };
        for pace in [Pace::Rate(3.0), burst, Pace::Speed(2.0)] {
            let mut schedule = Schedule::new(pace);
            let due: Vec<u64> = (0..6).map(|record| schedule.due_ns(record, &lane)).collect();
            for now_ns in (0..8 * SECOND).step_by(70_000_003) {
                let counted = due.iter().filter(|&&due_ns| due_ns <= now_ns).count() as u64;
                assert_eq!(schedule.due_by(now_ns, &lane).min(6), counted, "{pace:?} {now_ns}");
            }
        }
    }

    #[test]
    fn records_are_due_by_rate_and_by_arrival() {
        let lane = lane(&[100, 100, 103, 101, 110, 111]);
        let due = |pace, record| Schedule::new(pace).due_ns(record, &lane);
        assert_eq!(due(Pace::Rate(4.0), 6), 3 * SECOND / 2);
        // Two records in the first second, three in the half second of the burst, two a second after.
        let burst = Pace::Burst { rate: 2.0, factor: 3.0, after: 1.0, seconds: 0.5 };
        assert_eq!([1, 2, 5, 7].map(|n| due(burst, n)), [5, 10, 15, 25].map(|n| n * SECOND / 10));
        let mut schedule = Schedule::new(Pace::Speed(2.0));
        let times: Vec<u64> = (0..6).map(|record| schedule.due_ns(record, &lane)).collect();
        assert_eq!(times, [0, 0, 3, 3, 10, 11].map(|second| second * SECOND / 2));
    }
}
