//! The day and the week: how busy workloads and people are at a moment, with mean 1 over a working
//! day.

use crate::scenario::Rhythm;
use crate::time::{HOUR, Ticks, hour_of_day, weekday};

/// Both rhythms of an estate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rhythms {
    workload: Curve,
    human: Curve,
}

impl Rhythms {
    pub(crate) fn new(rhythm: &Rhythm) -> Self {
        let curve =
            |ratio: f64, weekend: f64| Curve::new(ratio.max(1.0), weekend, rhythm.peak_hour.0);
        Self {
            workload: curve(rhythm.workload_peak_to_trough.0, rhythm.workload_weekend.0),
            human: curve(rhythm.human_peak_to_trough.0, rhythm.human_weekend.0),
        }
    }

    pub(crate) fn workload(&self, from: Ticks, to: Ticks) -> f64 {
        self.workload.at(from + (to - from) / 2)
    }

    /// The weight of the busiest hour of a working day.
    pub(crate) fn busiest_workload(&self) -> f64 {
        libm::exp(self.workload.sharpness) / self.workload.mean
    }

    pub(crate) fn human(&self, from: Ticks, to: Ticks) -> f64 {
        self.human.at(from + (to - from) / 2)
    }
}

/// exp(k cos): smooth, never 0, with the asked ratio between its highest and lowest hour.
#[derive(Debug, Clone, Copy)]
struct Curve {
    sharpness: f64,
    mean: f64,
    weekend: f64,
    peak_hour: f64,
}

impl Curve {
    fn new(peak_to_trough: f64, weekend: f64, peak_hour: f64) -> Self {
        let raw =
            Self { sharpness: libm::log(peak_to_trough) / 2.0, mean: 1.0, weekend, peak_hour };
        let monday = 4 * crate::time::DAY;
        let mean = (0..24).map(|hour| raw.at(monday + hour * HOUR)).sum::<f64>() / 24.0;
        Self { mean, ..raw }
    }

    fn at(&self, time: Ticks) -> f64 {
        let angle = std::f64::consts::TAU * (hour_of_day(time) - self.peak_hour) / 24.0;
        let day = if weekday(time) >= 5 { self.weekend } else { 1.0 };
        day * libm::exp(self.sharpness * libm::cos(angle)) / self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY;

    #[test]
    fn a_working_day_has_mean_one_and_the_asked_ratio() {
        let curve = Curve::new(14.0, 0.1, 13.0);
        let monday = 4 * DAY;
        let hours: Vec<f64> = (0..24).map(|hour| curve.at(monday + hour * HOUR)).collect();
        assert!((hours.iter().sum::<f64>() / 24.0 - 1.0).abs() < 1e-9);
        assert!((hours[13] / hours[1] - 14.0).abs() < 1e-9);
        assert!((curve.at(monday + 5 * DAY) / hours[0] - 0.1).abs() < 1e-9);
    }
}
