//! How many bytes each key of some state holds: counts by size, from which percentiles are read.
//!
//! Sizes below sixteen are kept exactly, larger ones to within a sixteenth, in a fixed number of counters
//! that are allocated with the first size. Sums over partitions with `+=`.

use std::ops::AddAssign;

/// Counters for each doubling of the size, as a power of two.
const STEP_BITS: u32 = 4;
/// Sizes of 2^28 bytes and more count as the largest below.
const DOUBLINGS: usize = 24;
const BUCKETS: usize = (DOUBLINGS + 1) << STEP_BITS;

/// Sizes of keys in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySizes(Option<Box<[u32; BUCKETS]>>);

impl KeySizes {
    /// Counts a key that holds so many bytes.
    pub(super) fn add(&mut self, bytes: usize) {
        self.counts_mut()[bucket(bytes)] += 1;
    }

    /// What so many of a hundred keys hold at most, in bytes; up to a sixteenth too much, never too little.
    /// None without keys.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let counts = self.0.as_ref()?;
        let keys: u64 = counts.iter().copied().map(u64::from).sum();
        let rank = (percent * keys).div_ceil(100);
        let mut below = 0;
        let reached = counts.iter().position(|&count| {
            below += u64::from(count);
            below >= rank
        });
        reached.map(largest)
    }

    fn counts_mut(&mut self) -> &mut [u32; BUCKETS] {
        self.0.get_or_insert_with(|| Box::new([0; BUCKETS]))
    }
}

impl AddAssign for KeySizes {
    fn add_assign(&mut self, other: Self) {
        let Some(others) = other.0 else { return };
        for (count, other) in self.counts_mut().iter_mut().zip(*others) {
            *count += other;
        }
    }
}

fn bucket(bytes: usize) -> usize {
    let Some(doubling) = bytes.checked_ilog2().filter(|&bits| bits >= STEP_BITS) else {
        return bytes;
    };
    let shift = doubling - STEP_BITS;
    ((shift as usize) << STEP_BITS).saturating_add(bytes >> shift).min(BUCKETS - 1)
}

/// The largest size that the bucket counts.
fn largest(bucket: usize) -> u64 {
    let Some(shift) = (bucket >> STEP_BITS).checked_sub(1) else {
        return bucket as u64;
    };
    let step = bucket - (shift << STEP_BITS);
    ((step as u64 + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sizes(all: &[usize]) -> KeySizes {
        let mut sizes = KeySizes::default();
        all.iter().for_each(|&bytes| sizes.add(bytes));
        sizes
    }

    #[test]
    fn without_keys_there_is_no_size() {
        let mut none = KeySizes::default();
        none += KeySizes::default();
        assert_eq!(none.percentile(50), None);
    }

    #[test]
    fn a_size_beyond_all_counters_counts_as_the_largest() {
        assert_eq!(sizes(&[usize::MAX]).percentile(50), Some((1 << 28) - 1));
        assert_eq!(sizes(&[(1 << 28) - 1]).percentile(50), Some((1 << 28) - 1));
    }

    proptest! {
        /// The size at a rank, found by sorting, is never understated, and overstated by a sixteenth at
        /// most.
        #[test]
        fn quantiles_are_those_of_the_sorted_sizes(
            mut all in prop::collection::vec((0_u32..27, 0_usize..1 << 27), 1..60),
            percent in 1_u64..=100,
        ) {
            let mut all: Vec<usize> =
                all.drain(..).map(|(shift, bytes)| bytes >> shift).collect();
            let told = sizes(&all).percentile(percent).unwrap();
            all.sort_unstable();
            let exact = all[(percent as usize * all.len()).div_ceil(100) - 1] as u64;
            prop_assert!(exact <= told && told - exact <= exact / 16, "{exact} as {told}");
        }

        /// Sizes counted apart and summed are sizes counted together.
        #[test]
        fn sums_over_partitions_are_one_count(
            ones in prop::collection::vec(0_usize..1 << 20, 0..30),
            others in prop::collection::vec(0_usize..1 << 20, 0..30),
        ) {
            let mut summed = sizes(&ones);
            summed += sizes(&others);
            prop_assert_eq!(summed, sizes(&[ones, others].concat()));
        }
    }
}
