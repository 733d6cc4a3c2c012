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
    /// Records judged per second of that time.
    pub judged_per_second: f64,
    /// Records that the source could have offered per second: those offered, by the time spent on
    /// finding and cutting them; null without any.
    pub source_per_second: Option<f64>,
    /// Most records that were due and had no verdict.
    pub backlog_max: u64,
}

/// A run that judges this share of the rate asked for has kept up: the last records still wait for
/// their verdict when the last one has been offered.
const KEPT_UP: f64 = 0.95;

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
            judged_per_second: if seconds > 0.0 { offered / seconds } else { 0.0 },
            source_per_second: (offering > 0.0 && offered > 0.0).then(|| offered / offering),
            backlog_max: paced.backlog.iter().map(|sample| sample.records).max().unwrap_or(0),
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
        if let (Some(asked), Some(source)) = (self.asked_per_second, self.source_per_second)
            && asked > source
        {
            text.push_str(&format!(
                "the source is the bottleneck: it can offer {source:.0} records/s\n"
            ));
        } else if self.asked_per_second.is_some_and(|rate| self.judged_per_second < KEPT_UP * rate)
        {
            text.push_str("this run did not keep up with that\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn report(rate: f64, lasted: Duration, offering: Duration) -> PaceReport {
        PaceReport::new(&Paced {
            pace: Pace::Rate(rate),
            offered: 1000,
            lasted,
            offering,
            backlog: Vec::new(),
        })
    }

    #[test]
    fn it_says_who_did_not_keep_up() {
        let (second, half) = (Duration::from_secs(1), Duration::from_millis(500));
        let in_time = report(1000.0, second, half).summary();
        assert!(!in_time.contains("bottleneck") && !in_time.contains("not keep up"), "{in_time}");
        let late = report(1500.0, second, half).summary();
        assert!(late.contains("did not keep up"), "{late}");
        let starved = report(3000.0, second, half).summary();
        assert!(starved.contains("source is the bottleneck: it can offer 2000 "), "{starved}");
    }
}
