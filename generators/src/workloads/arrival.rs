//! How regularly an identity asks: by the clock, at random, or in clusters. Each law decides slice
//! by slice without memory of the slice before.

use super::Moment;
use crate::random::Stream;
use crate::scenario::Arrivals;
use crate::time::{DAY, SECOND, Ticks};

/// The law of one identity's activations.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arrival {
    Clock {
        phase: f64,
        /// In intervals.
        jitter: f64,
        /// Ticks are left out when there is less demand; timers know none.
        demand: bool,
    },
    Random,
    /// So many come close together, on average; the clusters come at random. The gaps' squared
    /// coefficient of variation is about twice the size less one.
    Clusters {
        size: f64,
    },
}

/// Jitter of the two bands of clocks: 0.41 of it is the coefficient of variation.
const PERIODIC: (f64, f64) = (0.02, 0.34);
const JITTERED: (f64, f64) = (0.34, 2.4);
/// Sizes of the bands of clusters; `random` begins with single arrivals.
const RANDOM: (f64, f64) = (1.0, 2.5);
const CLUSTERED: (f64, f64) = (2.5, 8.5);
const BURSTY: (f64, f64) = (8.5, 50.0);
const EXTREME: (f64, f64) = (50.0, 150.0);
/// Gaps within a cluster: this part of the mean gap, within bounds in seconds.
const GAP_SHARE: f64 = 0.02;
const GAP_SECONDS: (f64, f64) = (0.2, 60.0);

impl Arrival {
    pub(crate) fn draw(law: &Arrivals, stream: &mut Stream) -> Self {
        let band = stream.weighted(&law.weights());
        let (low, high) = [PERIODIC, JITTERED, RANDOM, CLUSTERED, BURSTY, EXTREME][band];
        let drawn = low * libm::exp(stream.unit() * libm::log(high / low));
        match band {
            0 | 1 => Self::Clock { phase: stream.unit(), jitter: drawn, demand: band == 1 },
            2 if stream.chance(0.5) => Self::Random,
            _ => Self::Clusters { size: drawn },
        }
    }

    /// The mean weight of a day: timers know no rhythm.
    pub(crate) fn weight(self, rhythm: f64) -> f64 {
        if matches!(self, Self::Clock { demand: false, .. }) { 1.0 } else { rhythm }
    }

    /// Activations that belong to this slice. Late ones of a clock and the tail of a cluster may
    /// fall behind its end.
    pub(super) fn starts(
        self,
        moment: &Moment<'_>,
        stream: &mut Stream,
        per_day: f64,
    ) -> Vec<Ticks> {
        let weight = moment.rhythms.workload(moment.from, moment.to);
        match self {
            Self::Clock { phase, jitter, demand: false } => {
                moment.ticks(stream, per_day, phase, jitter)
            }
            Self::Clock { phase, jitter, demand: true } => {
                let busiest = moment.rhythms.busiest_workload();
                let mut ticks = moment.ticks(stream, per_day * busiest, phase, jitter);
                ticks.retain(|_| stream.chance(weight / busiest));
                ticks
            }
            Self::Random => moment.starts(stream, per_day, weight),
            Self::Clusters { size } => {
                let first = moment.starts(stream, per_day / size, weight);
                let interval = DAY as f64 / (per_day * moment.intensity).max(f64::MIN_POSITIVE);
                let (low, high) = GAP_SECONDS;
                let gap = (GAP_SHARE * interval).clamp(low * SECOND as f64, high * SECOND as f64);
                let mut starts = Vec::new();
                for mut at in first {
                    for _ in 0..stream.geometric(size) {
                        starts.push(at);
                        at += stream.exponential(gap) as Ticks;
                    }
                }
                starts
            }
        }
    }
}
