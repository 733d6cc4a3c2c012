//! The most that any window of one length could ever hold, for each group of a `threshold` rule.
//!
//! Contract: a bound from above, whatever the order of arrival and wherever windows may lie. A group
//! whose bound is below what the rule asks for can neither alert nor absorb, and no group's state depends on
//! another's, so that such groups can be left out of a replay. The unit is the group, or all groups of
//! a wider one whose past they share.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::window::Tally;
use crate::event::{EventView, Key, TickSpan, Ticks};
use crate::limits::Share;
use crate::rules::Threshold;

/// An event as far as counting needs it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    unit: u32,
    group: Key,
    time: Ticks,
    value: Option<Key>,
}

/// The groups of one `threshold` rule in one partition.
#[derive(Debug)]
pub struct Census {
    units: HashMap<Key, u32, RandomState>,
    /// By unit, group and time, once sealed.
    entries: Vec<Entry>,
    groups: usize,
}

/// For each unit, the most that a window can hold.
#[derive(Clone, Debug)]
pub struct Peaks {
    tallies: Vec<Tally>,
    /// So many groups that some have to make room for others.
    is_crowded: bool,
}

impl Default for Census {
    fn default() -> Self {
        let units = HashMap::with_hasher(RandomState::default());
        Self { units, entries: Vec::new(), groups: 0 }
    }
}

impl Census {
    /// Counts an event in. Gives its unit; none for an event that the rule does not judge.
    pub fn count(&mut self, rule: &Threshold, view: &EventView<'_>) -> Option<u32> {
        if view.event.is_late() {
            return None;
        }
        let group = view.tuple_key(&rule.group_by)?;
        let wider = rule.adaptive.and_then(|adaptive| adaptive.wider);
        let fields = wider.map_or(rule.group_by.len(), |wider| wider.fields);
        let known = self.units.len() as u32;
        let unit = *self.units.entry(view.tuple_key(&rule.group_by[..fields])?).or_insert(known);
        let value = rule.distinct.as_ref().and_then(|part| view.tuple_key(&part.fields));
        self.entries.push(Entry { unit, group, time: view.event.time, value });
        Some(unit)
    }

    /// How many units there are.
    pub fn units(&self) -> u32 {
        self.units.len() as u32
    }

    /// To be called once, after the last event.
    pub fn seal(&mut self) {
        self.entries.sort_unstable_by_key(|entry| (entry.unit, entry.group, entry.time));
        self.groups = self.of_groups().count();
    }

    /// The bounds for windows of that length.
    pub fn peaks(&self, window: TickSpan) -> Peaks {
        let mut tallies = vec![Tally { count: 0, distinct: 0 }; self.units.len()];
        let mut held = HashMap::with_hasher(RandomState::default());
        for group in self.of_groups() {
            let peak = &mut tallies[group[0].unit as usize];
            let its = peak_of(group, window, &mut held);
            peak.count = peak.count.max(its.count);
            peak.distinct = peak.distinct.max(its.distinct);
        }
        Peaks { tallies, is_crowded: self.groups.max(self.units.len()) >= Share::DEFAULT.keys }
    }

    fn of_groups(&self) -> impl Iterator<Item = &[Entry]> {
        self.entries.chunk_by(|a, b| (a.unit, a.group) == (b.unit, b.group))
    }
}

impl Peaks {
    /// Whether a group of `unit` could alert by that rule, whose window is the one these are for.
    pub fn reach(&self, unit: u32, rule: &Threshold) -> bool {
        let Tally { count, distinct } = self.tallies[unit as usize];
        let values = rule.distinct.as_ref().map_or(0, |part| part.values);
        self.is_crowded || count >= rule.count.unwrap_or(0) && distinct >= values
    }
}

/// The most events, and the most distinct values, in a window over the entries of one group.
fn peak_of(group: &[Entry], window: TickSpan, held: &mut HashMap<Key, u32, RandomState>) -> Tally {
    held.clear();
    let (mut peak, mut first) = (Tally { count: 0, distinct: 0 }, 0);
    for (place, entry) in group.iter().enumerate() {
        if let Some(value) = entry.value {
            *held.entry(value).or_insert(0) += 1;
        }
        while group[first].time <= entry.time - window {
            if let Some(value) = group[first].value
                && let Some(count) = held.get_mut(&value)
            {
                *count -= 1;
                if *count == 0 {
                    held.remove(&value);
                }
            }
            first += 1;
        }
        peak.count = peak.count.max((place + 1 - first) as u32);
        peak.distinct = peak.distinct.max(held.len() as u32);
    }
    peak
}
