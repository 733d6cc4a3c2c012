//! The distinct values of one group's events, each under a small number.
//!
//! Contract: numbers are dense, in the order in which values were first seen, and stay as they are until
//! [`Values::forget`] says how they change.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::event::{Key, Ticks};

/// Up to so many values are found by looking at each: faster than a hash table, and smaller.
const FEW: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Values {
    known: Vec<Value>,
    /// Once there have been more than [`FEW`].
    index: Option<Box<Index>>,
}

#[derive(Clone, Copy, Debug)]
struct Value {
    /// The halves of the key: aligned like this a value takes 24 bytes, not 32.
    key: [u64; 2],
    /// The newest event time at which it was seen.
    newest: Ticks,
}

/// The numbers by key.
#[derive(Debug)]
struct Index {
    numbers: HashTable<u32>,
    hasher: RandomState,
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

    /// Forgets the values that were not seen after `horizon`. Gives the new numbers of the others, by
    /// their old ones, if any have changed.
    pub(super) fn forget(&mut self, horizon: Ticks) -> Option<Vec<u32>> {
        let stays = |value: &Value| value.newest > horizon;
        let staying = self.known.iter().filter(|value| stays(value)).count();
        if staying == self.known.len() {
            return None;
        }
        let mut next = 0;
        let number = |value: &Value| {
            next += u32::from(stays(value));
            next.saturating_sub(1)
        };
        let numbers = (staying > 0).then(|| self.known.iter().map(number).collect());
        self.known.retain(stays);
        // A burst's memory is given back.
        if self.known.capacity() > 4 * staying.max(FEW) {
            self.known.shrink_to(2 * staying);
        }
        let is_many = staying > FEW;
        self.index = is_many.then(|| Box::new(Index::of(&self.known)));
        numbers
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn size_bytes(&self) -> usize {
        let index = self.index.as_ref();
        let index = index.map_or(0, |it| size_of::<Index>() + it.numbers.allocation_size());
        self.known.capacity() * size_of::<Value>() + index
    }
}

impl Index {
    fn of(known: &[Value]) -> Self {
        let numbers = HashTable::with_capacity(known.len());
        let mut index = Self { numbers, hasher: RandomState::default() };
        (0..known.len() as u32).for_each(|number| index.add(number, known));
        index
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
                    let numbers = values.forget(Ticks(time));
                    held.retain(|_, (_, newest)| *newest > time);
                    let Some(numbers) = numbers else { continue };
                    held.values_mut().for_each(|(number, _)| *number = numbers[*number as usize]);
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
