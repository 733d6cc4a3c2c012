//! Counters by key that hold no more keys than they are told to.

use std::collections::BTreeMap;

/// How often each key came, of at most so many keys.
#[derive(Clone, Debug)]
pub(super) struct Counts<K> {
    counts: BTreeMap<K, u64>,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self { counts: BTreeMap::new() }
    }
}

impl<K: Ord + Copy> Counts<K> {
    /// Counts `key`; false if that would be one key more than `most`.
    pub(super) fn add(&mut self, key: K, most: usize) -> bool {
        if let Some(count) = self.counts.get_mut(&key) {
            *count += 1;
            return true;
        }
        let fits = self.counts.len() < most;
        if fits {
            self.counts.insert(key, 1);
        }
        fits
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Keys with their counts, in the order of the keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (K, u64)> {
        self.counts.iter().map(|(&key, &count)| (key, count))
    }

    /// Keys with their counts, the most frequent first, equals in the order of the keys.
    pub(super) fn by_count(&self) -> Vec<(K, u64)> {
        let mut all: Vec<(K, u64)> = self.iter().collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        all
    }

    /// The most frequent key that is `fit`.
    pub(super) fn top_where(&self, fit: impl Fn(K) -> bool) -> Option<K> {
        self.by_count().into_iter().map(|(key, _)| key).find(|&key| fit(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_keys_than_told_and_the_most_frequent_first() {
        let mut counts = Counts::default();
        let taken: Vec<bool> = [3, 1, 3, 2, 1, 3].map(|key| counts.add(key, 2)).to_vec();
        assert_eq!(taken, [true, true, true, false, true, true]);
        assert_eq!(counts.by_count(), [(3, 3), (1, 2)]);
        assert_eq!(counts.len(), 2);
        assert_eq!(counts.top_where(|key| key < 3), Some(1));
    }
}
