//! What run.json says of a replay at a pace.

use serde::{Deserialize, Serialize};

use crate::engine::{Pace, Paced};

/// How records were offered, and whether the run kept up.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PaceReport {
    /// Records per second that were asked for; null for a multiple of the real speed.
    pub asked_per_second: Option<f64>,
    /// The multiple of the real speed that was asked for; null for a rate.
    pub asked_speed: Option<f64>,
    /// Records offered.
    pub offered: u64,
    /// From the first record's due time to the last verdict, in seconds.
    pub seconds: f64,
    /// How long after the last record was due the last verdict came, in seconds.
    pub lag_seconds: f64,
    /// Whether that was soon enough for a run that keeps up.
    pub kept_up: bool,
    /// Records judged per second of that time.
    pub judged_per_second: f64,
    /// Records that the source could have offered per second: those offered, by the time spent on
    /// finding and cutting them; null without any.
    pub source_per_second: Option<f64>,
    /// Most records that were due and had no verdict.
    pub backlog_max: u64,
}

/// A run that judges this share of what the source can offer has waited for the source.
const STARVED: f64 = 0.95;

impl PaceReport {
    pub(super) fn new(paced: &Paced) -> Self {
        let seconds = paced.lasted.as_secs_f64();
        let offering = paced.offering.as_secs_f64();
        let offered = paced.offered as f64;
        let (asked_per_second, asked_speed) = match paced.pace {
            Pace::Rate(rate) | Pace::Burst { rate, .. } => (Some(rate), None),
            Pace::Speed(speed) => (None, Some(speed)),
        };
        Self {
            asked_per_second,
            asked_speed,
            offered: paced.offered,
            seconds,
            lag_seconds: paced.lag().as_secs_f64(),
            kept_up: paced.kept_up(),
            judged_per_second: if seconds > 0.0 { offered / seconds } else { 0.0 },
            source_per_second: (offering > 0.0 && offered > 0.0).then(|| offered / offering),
            backlog_max: paced.backlog_max,
        }
    }

    /// The same in a sentence or two.
    pub(super) fn summary(&self) -> String {
        let asked = match (self.asked_per_second, self.asked_speed) {
            (Some(rate), _) => format!("{rate:.0} records/s"),
            (None, speed) => format!("{} times the real speed", speed.unwrap_or(1.0)),
        };
        let mut text = format!(
            "offered at {asked}: {:.0} records/s judged, at most {} waiting\n",
            self.judged_per_second, self.backlog_max
        );
        if self.kept_up {
            return text;
        }
        match self.source_per_second {
            Some(source) if self.judged_per_second >= STARVED * source => text.push_str(&format!(
                "the source is the bottleneck: it can offer {source:.0} records/s\n"
            )),
            _ => text.push_str(&format!(
                "this run did not keep up with that: the last verdict came {:.3} s late\n",
                self.lag_seconds
            )),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Of so many records, the last of which was due, and all judged and offered within so many
    /// milliseconds.
    fn summary(pace: Pace, offered: u64, [due, lasted, offering]: [u64; 3]) -> String {
        let paced = Paced {
            pace,
            offered,
            last_due: Duration::from_millis(due),
            lasted: Duration::from_millis(lasted),
            offering: Duration::from_millis(offering),
            backlog: Vec::new(),
            backlog_max: 7,
        };
        PaceReport::new(&paced).summary()
    }

    #[test]
    fn it_says_who_did_not_keep_up() {
        let (rate, speed) = (Pace::Rate, Pace::Speed(1e9));
        let in_time = [
            summary(rate(1000.0), 1000, [999, 1000, 500]),
            // Its last record waited three milliseconds, a third of it all.
            summary(rate(1000.0), 10, [9, 12, 1]),
            summary(speed, 1000, [1000, 1001, 400]),
        ];
        for text in in_time {
            assert!(!text.contains("bottleneck") && !text.contains("not keep up"), "{text}");
        }
        let late = [
            summary(rate(1500.0), 1000, [666, 1000, 500]),
            // The source could not offer that either, but was not what the run waited for.
            summary(rate(1e8), 1000, [0, 6000, 250]),
            summary(speed, 1000, [0, 1000, 400]),
        ];
        for text in late {
            assert!(text.contains("did not keep up") && !text.contains("bottleneck"), "{text}");
        }
        let starved = summary(rate(3000.0), 1000, [333, 510, 500]);
        assert!(starved.contains("source is the bottleneck: it can offer 2000 "), "{starved}");
    }
}
