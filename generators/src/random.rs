//! Random streams: every place that draws has a stream of its own, named by (seed, domain, a, b).
//!
//! Contract: a draw in one stream never moves another, so injecting an attack changes no benign
//! byte. Logarithms and exponentials come from `libm`, so that the same seed gives the same bytes
//! on every platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use xxhash_rust::xxh3::xxh3_64;

/// One stream of draws.
#[derive(Debug)]
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of `domain` with two coordinates (an identity and a slice, a campaign and
    /// nothing, ...).
    pub(crate) fn new(seed: u64, domain: &str, a: u64, b: u64) -> Self {
        Self::keyed(seed, xxh3_64(domain.as_bytes()), a, b)
    }

    /// The same with the domain hashed already, for the hot loop.
    pub(crate) fn keyed(seed: u64, domain: u64, a: u64, b: u64) -> Self {
        let mut key = [0_u8; 32];
        for (slot, word) in key.chunks_exact_mut(8).zip([seed, domain, a, b]) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A random identifier with the version and variant bits of a random GUID.
    pub(crate) fn guid(&mut self) -> u128 {
        let raw = u128::from(self.bits()) << 64 | u128::from(self.bits());
        raw & !(0xf << 76) & !(0xc << 60) | 0x4 << 76 | 0x8 << 60
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        unit_from_bits(self.bits())
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform below `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "an empty choice");
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// Uniform in [low, high].
    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// One of the items, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// An index drawn with these weights (not all 0).
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (at, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return at;
            }
        }
        weights.len() - 1
    }

    /// Standard normal (Box-Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        normal_from_units(self.unit(), self.unit())
    }

    /// Log-normal with this median.
    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * libm::exp(sigma * self.normal())
    }

    /// Exponential with this mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit())
    }

    /// Poisson by counting exponential gaps; means here are small (activations of one identity in
    /// one slice).
    pub(crate) fn poisson(&mut self, mean: f64) -> u64 {
        // Above this a rounded normal is indistinguishable and keeps the loop bounded.
        const NORMAL_FROM: f64 = 64.0;
        if mean > NORMAL_FROM {
            return libm::round(mean + libm::sqrt(mean) * self.normal()).max(0.0) as u64;
        }
        let (mut count, mut spent) = (0, self.exponential(1.0));
        while spent < mean {
            count += 1;
            spent += self.exponential(1.0);
        }
        count
    }

    /// A rank below `count` (which must not be 0), rank k with a weight of about 1 / (k + 1)^s: the
    /// continuous law inverted, so that the hot loop sums no weights.
    pub(crate) fn zipf(&mut self, count: usize, s: f64) -> usize {
        let (end, unit) = ((count + 1) as f64, self.unit());
        let at = if (s - 1.0).abs() < 1e-9 {
            libm::pow(end, unit)
        } else {
            libm::pow(1.0 + unit * (libm::pow(end, 1.0 - s) - 1.0), 1.0 / (1.0 - s))
        };
        (at as usize).clamp(1, count) - 1
    }

    /// How many come in one go: geometric with this mean, at least 1.
    pub(crate) fn geometric(&mut self, mean: f64) -> usize {
        if mean <= 1.0 {
            return 1;
        }
        1 + (libm::log(1.0 - self.unit()) / libm::log(1.0 - 1.0 / mean)) as usize
    }

    /// Fisher-Yates.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The top 53 bits as a fraction in [0, 1).
pub(crate) fn unit_from_bits(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// One standard normal from two uniform fractions.
pub(crate) fn normal_from_units(a: f64, b: f64) -> f64 {
    libm::sqrt(-2.0 * libm::log(1.0 - a)) * libm::cos(std::f64::consts::TAU * b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_depend_on_every_coordinate() {
        let first = |seed, domain, a, b| Stream::new(seed, domain, a, b).bits();
        let base = first(1, "x", 2, 3);
        assert_eq!(base, first(1, "x", 2, 3));
        for other in [first(2, "x", 2, 3), first(1, "y", 2, 3), first(1, "x", 3, 2)] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn distributions_have_their_means() {
        let mut stream = Stream::new(7, "means", 0, 0);
        let mean = |draws: Vec<f64>| draws.iter().sum::<f64>() / draws.len() as f64;
        let poisson = mean((0..4_000).map(|_| stream.poisson(3.0) as f64).collect());
        let exponential = mean((0..4_000).map(|_| stream.exponential(5.0)).collect());
        let geometric = mean((0..4_000).map(|_| stream.geometric(6.0) as f64).collect());
        assert!((poisson - 3.0).abs() < 0.15, "{poisson}");
        assert!((geometric - 6.0).abs() < 0.4, "{geometric}");
        assert!((exponential - 5.0).abs() < 0.4, "{exponential}");
    }

    #[test]
    fn ranks_fall_as_their_law_says() {
        let mut stream = Stream::new(7, "ranks", 0, 0);
        for s in [0.0, 1.0, 1.6] {
            let mut counts = [0.0_f64; 12];
            (0..40_000).for_each(|_| counts[stream.zipf(12, s)] += 1.0);
            let expected = libm::pow(2.0, s);
            // The continuous law is a little flatter at its head.
            let found = counts[1] / counts[3];
            assert!((found / expected - 1.0).abs() < 0.25, "s {s}: {found} for {expected}");
            assert!(counts.iter().all(|&count| count > 0.0));
        }
    }
}
