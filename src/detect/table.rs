//! A bounded table of per-key state.
//!
//! Contract: what a table holds depends only on the sequence of calls. Expired values are swept when
//! the table has doubled since the last sweep (amortized constant cost, no clock); when it is still
//! nearly full after that, the oldest sixteenth goes, by last event time, then key. Iteration order
//! of the hash table never reaches a caller.
//!
//! A table knows what its values own: they say so when they come and go, and who changes one says by
//! how much ([`Table::resized`]). What it is charged for depends on the calls alone, not on how the hash
//! table happens to lie in memory.

use foldhash::quality::RandomState;
use hashbrown::HashMap;

use super::{KeySizes, StateStats};
use crate::event::{Key, Ticks};

/// Below this size a sweep costs more than what it frees.
const LEAST_SWEEP: usize = 64;

/// Values that know how old they are.
pub(super) trait Aged {
    /// The newest event time that touched the value.
    fn last_seen(&self) -> Ticks;

    /// Bytes that it owns beside itself.
    fn owned_bytes(&self) -> usize {
        0
    }
}

impl Aged for Ticks {
    fn last_seen(&self) -> Ticks {
        *self
    }
}

#[derive(Debug)]
pub(super) struct Table<V> {
    map: HashMap<Key, V, RandomState>,
    capacity: usize,
    sweep_at: usize,
    evictions: u64,
    /// What its values own.
    owned_bytes: usize,
}

impl<V: Aged> Table<V> {
    /// An empty table for at most `capacity` keys.
    pub(super) fn new(capacity: usize) -> Self {
        let map = HashMap::with_hasher(RandomState::default());
        Self { map, capacity, sweep_at: LEAST_SWEEP.min(capacity), evictions: 0, owned_bytes: 0 }
    }

    pub(super) fn get(&self, key: Key) -> Option<&V> {
        self.map.get(&key)
    }

    /// What `look` finds in the value of `key`; the value may be asked in ways that make it grow.
    pub(super) fn look<R>(&mut self, key: Key, look: impl FnOnce(&mut V) -> R) -> Option<R> {
        let value = self.map.get_mut(&key)?;
        let before = value.owned_bytes();
        let found = look(value);
        let after = value.owned_bytes();
        self.resized(before, after);
        Some(found)
    }

    /// The value of `key`, made if there is none. Room is made first where needed; what had to go
    /// is handed to `gone`, in the order of its keys.
    pub(super) fn get_or_insert_with(
        &mut self,
        key: Key,
        is_dead: impl FnMut(&V) -> bool,
        gone: impl FnMut(Key, V),
        make: impl FnOnce() -> V,
    ) -> &mut V {
        if self.map.len() >= self.sweep_at && !self.map.contains_key(&key) {
            self.make_room(is_dead, gone);
        }
        let owned_bytes = &mut self.owned_bytes;
        self.map.entry(key).or_insert_with(|| {
            let value = make();
            *owned_bytes += value.owned_bytes();
            value
        })
    }

    /// Takes note that a value owned `before` bytes and now owns `after`.
    pub(super) fn resized(&mut self, before: usize, after: usize) {
        self.owned_bytes = self.owned_bytes + after - before;
    }

    /// What it answers for: of each key a slot, with its part of those that are free where they are
    /// most, and what its value owns.
    pub(super) fn charged_bytes(&self) -> usize {
        self.map.len() * (size_of::<(Key, V)>() + 1) * 16 / 7 + self.owned_bytes
    }

    /// Lets the oldest sixteenth go, and at least one, as evictions; memory is given back.
    pub(super) fn shed(&mut self, gone: impl FnMut(Key, V)) {
        if self.map.is_empty() {
            return;
        }
        let excess = (self.map.len() / 16).max(1);
        let mut removed = Vec::with_capacity(excess);
        self.evict(excess, &mut removed);
        // Anew, because what is deleted goes on taking room.
        let mut map = HashMap::with_capacity_and_hasher(self.map.len(), RandomState::default());
        map.extend(self.map.drain());
        self.map = map;
        self.part_with(removed, gone);
    }

    /// Forgets what `keep`, which may change what it keeps, says no to; no eviction.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut V) -> bool) {
        self.map.retain(|_, value| keep(value));
        self.owned_bytes = self.map.values().map(V::owned_bytes).sum();
        self.plan_sweep();
    }

    /// The keys of the values that pass, in their order; looks at every value.
    pub(super) fn keys_where(&self, passes: impl Fn(&V) -> bool) -> Vec<Key> {
        let passing = self.map.iter().filter(|(_, value)| passes(value));
        let mut keys: Vec<Key> = passing.map(|(&key, _)| key).collect();
        keys.sort_unstable();
        keys
    }

    /// Everything, in the order of keys; leaves the table empty.
    pub(super) fn drain_sorted(&mut self) -> Vec<(Key, V)> {
        let mut all: Vec<_> = self.map.drain().collect();
        self.owned_bytes = 0;
        all.sort_unstable_by_key(|&(key, _)| key);
        all
    }

    /// How many keys it holds.
    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// How many living values had to make room since the start.
    pub(super) fn evictions(&self) -> u64 {
        self.evictions
    }

    /// What run.json says of it; its bytes are those of the table itself, and of what its values own.
    pub(super) fn stats(&self) -> StateStats {
        let table_bytes = self.map.allocation_size();
        // Each key pays for its part of the slots that are free.
        let share = table_bytes.checked_div(self.map.len()).unwrap_or(0);
        let (mut owned_bytes, mut key_sizes) = (0, KeySizes::default());
        for bytes in self.map.values().map(V::owned_bytes) {
            owned_bytes += bytes;
            key_sizes.add(share + bytes);
        }
        StateStats {
            keys: self.map.len() as u64,
            cap: self.capacity as u64,
            size_bytes: (table_bytes + owned_bytes) as u64,
            key_sizes,
            evictions: self.evictions,
        }
    }

    fn make_room(&mut self, mut is_dead: impl FnMut(&V) -> bool, gone: impl FnMut(Key, V)) {
        let mut removed: Vec<_> = self.map.extract_if(|_, value| is_dead(value)).collect();
        let keep = self.capacity - self.capacity / 16 - 1;
        if self.map.len() > keep {
            self.evict(self.map.len() - keep, &mut removed);
        }
        self.part_with(removed, gone);
    }

    /// Moves so many of the oldest to `removed`, at least one.
    fn evict(&mut self, excess: usize, removed: &mut Vec<(Key, V)>) {
        self.evictions += excess as u64;
        let mut ages: Vec<_> =
            self.map.iter().map(|(&key, value)| (value.last_seen(), key)).collect();
        ages.select_nth_unstable(excess - 1);
        let oldest = ages[..excess].iter();
        removed.extend(oldest.filter_map(|(_, key)| self.map.remove_entry(key)));
    }

    /// Hands what was removed to `gone`, in the order of its keys.
    fn part_with(&mut self, mut removed: Vec<(Key, V)>, mut gone: impl FnMut(Key, V)) {
        self.plan_sweep();
        removed.sort_unstable_by_key(|&(key, _)| key);
        for (key, value) in removed {
            self.owned_bytes -= value.owned_bytes();
            gone(key, value);
        }
    }

    fn plan_sweep(&mut self) {
        self.sweep_at = (2 * self.map.len()).max(LEAST_SWEEP).min(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(table: &mut Table<Ticks>, key: u128, time: i64, dead_until: i64) -> Vec<u128> {
        let mut gone = Vec::new();
        let is_dead = |&seen: &Ticks| seen.0 <= dead_until;
        table.get_or_insert_with(Key(key), is_dead, |key, _| gone.push(key.0), || Ticks(time));
        gone
    }

    #[test]
    fn a_full_table_lets_the_oldest_sixteenth_go_in_key_order() {
        let mut table = Table::new(64);
        for key in 0..64 {
            assert_eq!(touch(&mut table, key, 100 - key as i64 / 2, i64::MIN), []);
        }
        // Ages tie in pairs: the smaller key of a pair counts as older.
        assert_eq!(touch(&mut table, 1000, 500, i64::MIN), [58, 60, 61, 62, 63]);
        assert_eq!((table.map.len(), table.evictions()), (60, 5));
    }

    #[test]
    fn expired_values_go_first_and_count_as_no_eviction() {
        let mut table = Table::new(64);
        for key in 0..64 {
            touch(&mut table, key, key as i64, i64::MIN);
        }
        assert_eq!(touch(&mut table, 1000, 500, 31), (0..32).collect::<Vec<_>>());
        assert_eq!((table.map.len(), table.evictions()), (33, 0));
    }

    /// Keys alike in what a table could go by if its hash were not its own: the low bits (which are the
    /// partition), the high half, the low half.
    fn floods() -> [Vec<Key>; 3] {
        let keys = |key: fn(u128) -> u128| (0..FLOOD).map(|n| Key(key(n))).collect();
        [keys(|n| n << 8), keys(|n| n), keys(|n| n << 64)]
    }

    const FLOOD: u128 = 3000;

    fn filled(keys: &[Key]) -> Table<Ticks> {
        let mut table = Table::new(1 << 14);
        for &key in keys {
            table.get_or_insert_with(key, |_| false, |_, _| (), || Ticks(0));
        }
        table
    }

    #[test]
    fn keys_made_alike_do_not_crowd() {
        use core::hash::BuildHasher;
        for keys in floods() {
            let table = filled(&keys);
            let mut groups = vec![0_u32; 4096 / 16];
            for key in &keys {
                // A search starts here and goes on only past a group that is full.
                let place = table.map.hasher().hash_one(key) as usize % 4096;
                groups[place / 16] += 1;
            }
            // Twelve are usual; that many would happen by chance once in 10^8 groups.
            assert!(groups.iter().all(|&keys| keys < 40), "{groups:?}");
        }
    }

    #[test]
    fn no_two_tables_lay_out_the_same_keys_alike() {
        for keys in floods() {
            let order = |table: &Table<Ticks>| table.map.keys().copied().collect::<Vec<_>>();
            assert_ne!(order(&filled(&keys)), order(&filled(&keys)), "a layout can be foreseen");
        }
    }

    #[test]
    fn exactly_the_oldest_go_whatever_the_order_they_came_in() {
        let age = |key: u128| key as i64 * 7919 % 1009;
        let mut table = Table::new(1000);
        for key in 0..1000 {
            touch(&mut table, key, age(key), i64::MIN);
        }
        let mut oldest: Vec<u128> = (0..1000).collect();
        oldest.sort_by_key(|&key| (age(key), key));
        oldest.truncate(1000 / 16 + 1);
        oldest.sort_unstable();
        assert_eq!(touch(&mut table, 1000, 2000, i64::MIN), oldest);
    }

    #[test]
    fn each_key_is_told_with_what_it_owns_and_its_share_of_the_table() {
        let mut table = Table::new(64);
        for key in 0..10 {
            let bytes = if key == 3 { 90_000 } else { 500 };
            table.get_or_insert_with(Key(key), |_| false, |_, _| (), || Owner { key, bytes });
        }
        let stats = table.stats();
        let share = (stats.size_bytes - 9 * 500 - 90_000) / 10;
        let told = |percent| stats.key_sizes.percentile(percent).unwrap();
        for (told, exact) in [(told(50), 500 + share), (told(99), 90_000 + share)] {
            assert!(exact <= told && told <= exact + exact / 16, "{told} for {exact}");
        }
        assert_eq!(Table::<Ticks>::new(64).stats().key_sizes, KeySizes::default());
    }

    /// As old as its key says.
    struct Owner {
        key: u128,
        bytes: usize,
    }

    impl Aged for Owner {
        fn last_seen(&self) -> Ticks {
            Ticks(self.key as i64)
        }

        fn owned_bytes(&self) -> usize {
            self.bytes
        }
    }

    #[test]
    fn what_values_own_is_known_as_they_come_change_and_go() {
        let mut table = Table::new(64);
        let owned =
            |table: &Table<Owner>| table.map.values().map(Owner::owned_bytes).sum::<usize>();
        for key in 0..200 {
            let make = || Owner { key, bytes: 10 * key as usize };
            let value = table.get_or_insert_with(Key(key), |_| false, |_, _| (), make);
            let before = value.bytes;
            value.bytes = 7;
            table.resized(before, 7);
            assert_eq!(table.owned_bytes, owned(&table), "{key}");
        }
        table.look(Key(199), |value| value.bytes = 5000);
        assert_eq!(table.owned_bytes, owned(&table));
        table.retain(|value| value.key % 2 == 0);
        assert_eq!(table.owned_bytes, owned(&table));
        table.drain_sorted();
        assert_eq!(table.charged_bytes(), 0);
    }

    #[test]
    fn shedding_takes_the_oldest_and_gives_the_memory_back() {
        let mut table = Table::new(1 << 14);
        for key in 0..4096 {
            table.get_or_insert_with(Key(key), |_| false, |_, _| (), || Owner { key, bytes: 1 });
        }
        let (full, mut gone) = (table.map.allocation_size(), Vec::new());
        table.shed(|key, _| gone.push(key.0));
        assert_eq!(gone, (0..256).collect::<Vec<_>>());
        while table.len() > 1000 {
            table.shed(|_, _| ());
        }
        assert!(table.map.allocation_size() * 2 < full);
        assert!(table.map.allocation_size() <= table.charged_bytes());
        assert_eq!(table.evictions(), 4096 - table.len() as u64);
        while table.len() > 0 {
            table.shed(|_, _| ());
        }
        table.shed(|_, _| ());
        assert_eq!((table.charged_bytes(), table.evictions()), (0, 4096));
    }

    #[test]
    fn touching_a_known_key_never_sweeps() {
        let mut table = Table::new(64);
        for key in 0..64 {
            touch(&mut table, key, key as i64, i64::MIN);
        }
        assert_eq!(touch(&mut table, 7, 500, i64::MAX), []);
        assert_eq!(table.map.len(), 64);
    }
}
