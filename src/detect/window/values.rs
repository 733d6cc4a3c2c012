//! The distinct values of one group's events, each under a small number.
//!
//! Contract: numbers are dense, in the order in which values were first seen, and stay as they are until
//! [`Values::forget`] says how they change.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::event::{Key, Ticks};

/// Up to so many values are found by looking at each: faster than a hash table, and smaller.
pub(super) const FEW: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Values {
    known: Vec<Value>,
    /// Once there have been more than [`FEW`], until half as many are left.
    index: Option<Box<Index>>,
}

#[derive(Clone, Copy, Debug)]
struct Value {
    /// The halves of the key: aligned like this a value takes 24 bytes, not 32.
    key: [u64; 2],
    /// The newest event time at which it was seen.
    newest: Ticks,
}

/// The numbers by key, for many values.
#[derive(Debug)]
struct Index {
    numbers: HashTable<u32>,
    hasher: RandomState,
    /// For [`Values::forget`]: memory that lasts.
    renumbered: Vec<u32>,
}

impl Values {
    /// Sees a value in an event at `time`. Gives its number, and the newest event time at which it was
    /// seen before; `MIN` for none.
    pub(super) fn see(&mut self, key: Key, time: Ticks) -> (u32, Ticks) {
        let key = halves(key);
        let number = match &self.index {
            Some(index) => index.find(key, &self.known),
            None => self.known.iter().position(|value| value.key == key),
        };
        if let Some(number) = number {
            let newest = &mut self.known[number].newest;
            let before = *newest;
            *newest = before.max(time);
            return (number as u32, before);
        }
        let number = self.known.len() as u32;
        self.known.push(Value { key, newest: time });
        match &mut self.index {
            Some(index) => index.add(number, &self.known),
            None if self.known.len() > FEW => self.index = Some(Box::new(Index::of(&self.known))),
            None => {}
        }
        (number, Ticks::MIN)
    }

    /// Forgets the values that were not seen after `horizon`. If there are any, `follow` is told the new
    /// numbers of the others by their old ones, none of them greater, and how many are left. In a group
    /// whose number of values does not change much this allocates nothing.
    pub(super) fn forget(&mut self, horizon: Ticks, follow: impl FnOnce(&[u32], usize)) {
        let stays = |value: &Value| value.newest > horizon;
        let left = self.known.iter().filter(|value| stays(value)).count();
        if left == self.known.len() {
            return;
        }
        let mut few = [0; FEW];
        let numbers = match &mut self.index {
            Some(index) => {
                index.renumbered.resize(self.known.len(), 0);
                index.renumbered.as_mut_slice()
            }
            None => &mut few[..self.known.len()],
        };
        let mut next = 0;
        for (number, value) in numbers.iter_mut().zip(&self.known) {
            *number = next;
            next += u32::from(stays(value));
        }
        follow(numbers, left);
        self.known.retain(stays);
        // A burst's memory is given back.
        if self.known.capacity() > 4 * left.max(FEW) {
            self.known.shrink_to(2 * left);
        }
        match &mut self.index {
            Some(index) if left > FEW / 2 => index.refill(&self.known),
            index => *index = None,
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn size_bytes(&self) -> usize {
        let index = self.index.as_ref();
        let index = index.map_or(0, |it| size_of::<Index>() + it.size_bytes());
        self.known.capacity() * size_of::<Value>() + index
    }
}

impl Index {
    fn of(known: &[Value]) -> Self {
        let numbers = HashTable::with_capacity(known.len());
        let mut index = Self { numbers, hasher: RandomState::default(), renumbered: Vec::new() };
        index.refill(known);
        index
    }

    /// Starts anew with these, in the memory there is unless that is a burst's.
    fn refill(&mut self, known: &[Value]) {
        self.numbers.clear();
        if self.numbers.capacity() > 4 * known.len().max(FEW) {
            self.numbers.shrink_to(2 * known.len(), |_| 0);
            self.renumbered = Vec::new();
        }
        (0..known.len() as u32).for_each(|number| self.add(number, known));
    }

    /// What it owns beside itself.
    fn size_bytes(&self) -> usize {
        self.numbers.allocation_size() + self.renumbered.capacity() * size_of::<u32>()
    }

    fn find(&self, key: [u64; 2], known: &[Value]) -> Option<usize> {
        let is_it = |&number: &u32| known[number as usize].key == key;
        self.numbers.find(self.hasher.hash_one(key), is_it).map(|&number| number as usize)
    }

    /// Adds the number of a value that it lacks.
    fn add(&mut self, number: u32, known: &[Value]) {
        let hash = |&number: &u32| self.hasher.hash_one(known[number as usize].key);
        self.numbers.insert_unique(hash(&number), number, hash);
    }
}

fn halves(Key(key): Key) -> [u64; 2] {
    [key as u64, (key >> 64) as u64]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Two events bear the same number iff they bear the same value, few values or many, whatever
        /// was forgotten in between; and each tells when its value was seen before.
        #[test]
        fn numbers_stand_for_values(
            steps in proptest::collection::vec((0..40_u128, 0..100_i64, 0..20_u8), 1..200)
        ) {
            let mut values = Values::default();
            let mut held: BTreeMap<u128, (u32, i64)> = BTreeMap::new();
            for (value, time, dice) in steps {
                if dice == 0 {
                    held.retain(|_, (_, newest)| *newest > time);
                    values.forget(Ticks(time), |numbers, left| {
                        assert_eq!(left, held.len());
                        for (number, _) in held.values_mut() {
                            *number = numbers[*number as usize];
                        }
                    });
                } else {
                    let (number, before) = values.see(Key(value << 64 | 7), Ticks(time));
                    let known = held.entry(value).or_insert((number, i64::MIN));
                    prop_assert_eq!((number, before.0), *known);
                    known.1 = known.1.max(time);
                }
                let mut numbers: Vec<u32> = held.values().map(|it| it.0).collect();
                numbers.sort_unstable();
                prop_assert!(numbers.into_iter().eq(0..values.len() as u32));
            }
        }
    }
}
