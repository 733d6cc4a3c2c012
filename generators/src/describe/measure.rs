//! The arithmetic of the figures, on plain numbers.

use crate::time::Ticks;

/// Upper bounds of the classes of variation; the last class is open.
pub(super) const CV_CLASSES: [f64; 5] = [0.14, 1.0, 2.0, 4.0, 10.0];

/// Share of the numbers that are at most `bound`.
pub(super) fn share_up_to(numbers: &[f64], bound: f64) -> f64 {
    numbers.iter().filter(|&&number| number <= bound).count() as f64 / numbers.len() as f64
}

/// Share of the sum that the largest numbers make, `top` of them (one at least).
pub(super) fn top_share(numbers: &[f64], top: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let count = (libm::round(top * numbers.len() as f64) as usize).max(1);
    sorted.iter().take(count).sum::<f64>() / sorted.iter().sum::<f64>()
}

/// Shares of the classes of [`CV_CLASSES`], and of what is above.
pub(super) fn class_shares(variations: &[f64]) -> [f64; 6] {
    let mut shares = [0.0; 6];
    for variation in variations {
        let class = CV_CLASSES.partition_point(|bound| bound < variation);
        shares[class] += 1.0 / variations.len() as f64;
    }
    shares
}

/// The busiest by the quietest three hours of a day; nothing where those are empty.
pub(super) fn peak_to_trough(hours: &[f64; 24]) -> Option<f64> {
    let around = |hour: usize| hours[(hour + 23) % 24] + hours[hour] + hours[(hour + 1) % 24];
    let sums = (0..24).map(around);
    let (low, high) = (sums.clone().fold(f64::INFINITY, f64::min), sums.fold(0.0, f64::max));
    (low > 0.0).then(|| high / low)
}

/// The numbers below which these shares of the weight lie; nothing of nothing.
pub(super) fn quantiles<const N: usize>(
    mut numbers: Vec<(f64, f64)>,
    shares: [f64; N],
) -> Option<[f64; N]> {
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = numbers.iter().map(|(_, weight)| weight).sum();
    let largest = numbers.last()?.0;
    Some(shares.map(|share| {
        let mut sum = 0.0;
        let reached = numbers.iter().find(|(_, weight)| {
            sum += weight;
            sum >= share * total
        });
        reached.map_or(largest, |(number, _)| *number)
    }))
}

/// Running mean and spread of the gaps between the activations of one identity.
#[derive(Debug, Clone, Default)]
pub(super) struct Gaps {
    /// End of the last event met.
    last: Option<Ticks>,
    began: Ticks,
    count: u64,
    mean: f64,
    squares: f64,
}

impl Gaps {
    /// Takes an event; true where it begins an activation. Events before the last one met belong to
    /// it: sessions that overlap a slice's edge.
    pub(super) fn add(&mut self, time: Ticks, pause: Ticks) -> bool {
        let Some(last) = self.last else {
            (self.last, self.began) = (Some(time), time);
            return true;
        };
        if time < last + pause {
            self.last = Some(last.max(time));
            return false;
        }
        self.count += 1;
        let gap = (time - self.began) as f64;
        let off = gap - self.mean;
        self.mean += off / self.count as f64;
        self.squares += off * (gap - self.mean);
        (self.last, self.began) = (Some(time), time);
        true
    }

    /// Standard deviation by mean, of at least `least` gaps.
    pub(super) fn variation(&self, least: u64) -> Option<f64> {
        let variance = self.squares / self.count as f64;
        (self.count >= least).then(|| libm::sqrt(variance) / self.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn rates_and_concentration_of_a_hundred() {
        let numbers: Vec<f64> = (1..=100).map(f64::from).collect();
        assert!(close(share_up_to(&numbers, 24.0), 0.24));
        assert!(close(top_share(&numbers, 0.01), 100.0 / 5_050.0));
        assert!(close(top_share(&numbers, 0.1), 955.0 / 5_050.0));
        assert!(close(top_share(&[3.0, 1.0], 0.01), 0.75), "one at least");
    }

    #[test]
    fn classes_are_closed_above() {
        let shares = class_shares(&[0.0, 0.14, 0.15, 1.0, 3.0, 10.0, 11.0, 99.0]);
        for (share, expected) in shares.iter().zip([0.25, 0.25, 0.0, 0.125, 0.125, 0.25]) {
            assert!(close(*share, expected), "{shares:?}");
        }
    }

    #[test]
    fn regular_gaps_do_not_vary_and_known_gaps_vary_as_known() {
        let variation = |times: &[Ticks]| {
            let mut gaps = Gaps::default();
            let activations = times.iter().filter(|&&time| gaps.add(time, 2)).count();
            (activations, gaps.variation(1).unwrap())
        };
        let (count, regular) = variation(&[0, 10, 20, 30]);
        assert!(count == 4 && close(regular, 0.0));
        // The second event of a burst opens no gap, and gaps run from start to start.
        let (count, regular) = variation(&[0, 1, 10, 11, 12, 20]);
        assert!(count == 3 && close(regular, 0.0));
        // Gaps 10 and 30: mean 20, deviation 10.
        assert!(close(variation(&[0, 10, 40]).1, 0.5));
        assert_eq!(Gaps::default().variation(1), None);
    }

    #[test]
    fn a_day_is_smoothed_over_three_hours_and_round_midnight() {
        let mut hours = [1.0; 24];
        hours[12] = 7.0;
        assert!(close(peak_to_trough(&hours).unwrap(), 3.0));
        hours[0] = 9.0;
        hours[23] = 9.0;
        assert!(close(peak_to_trough(&hours).unwrap(), 19.0 / 3.0));
        assert_eq!(peak_to_trough(&[0.0; 24]), None);
    }

    #[test]
    fn quantiles_follow_the_weights() {
        let median = |numbers| quantiles(numbers, [0.5]);
        assert_eq!(median(vec![(3.0, 1.0), (1.0, 1.0), (2.0, 1.0)]), Some([2.0]));
        assert_eq!(median(vec![(3.0, 5.0), (1.0, 1.0), (2.0, 1.0)]), Some([3.0]));
        assert_eq!(median(Vec::new()), None);
        let hundred = (1..=100).map(|number| (f64::from(number), 2.0)).collect();
        assert_eq!(quantiles(hundred, [0.05, 0.95, 1.0]), Some([5.0, 95.0, 100.0]));
    }
}
