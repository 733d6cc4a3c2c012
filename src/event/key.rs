//! Routing and state keys: 128-bit hashes of normalized bytes under one fixed seed.
//!
//! The seed is part of the format: the same text has the same key in every run, on every machine and
//! in every worker. Tables that hold keys are seeded randomly by their owner.

use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The seed of every key, fixed for good ("vaultdrl" in ASCII).
const KEY_SEED: u64 = 0x7661_756c_7464_726c;

/// A 128-bit hash that stands for a normalized value or a tuple of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u128);

impl Key {
    /// The key of one normalized value.
    #[inline]
    pub fn of(value: &[u8]) -> Self {
        Self(xxh3_128_with_seed(value, KEY_SEED))
    }

    /// The key of the tuple that starts with `self` and goes on with `next`.
    #[inline]
    pub fn then(self, next: Self) -> Self {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&self.0.to_le_bytes());
        bytes[16..].copy_from_slice(&next.0.to_le_bytes());
        Self::of(&bytes)
    }

    /// The key's share of `partitions`, which must be a power of two.
    #[inline]
    pub fn partition(self, partitions: usize) -> usize {
        debug_assert!(partitions.is_power_of_two());
        self.0 as usize & (partitions - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_differ_by_order_and_from_their_parts() {
        let (a, b) = (Key::of(b"a"), Key::of(b"b"));
        assert_ne!(a.then(b), b.then(a));
        assert_ne!(a.then(b), Key::of(b"ab"));
        assert_eq!(a.then(b), Key::of(b"a").then(Key::of(b"b")));
    }

    #[test]
    fn keys_are_the_same_in_every_run() {
        assert_eq!(format!("{:032x}", Key::of(b"vault").0), "831b41f6ffad87adbadb76bb822ca9fb");
    }
}
