//! Texts as numbers: how hostile a value was among records that are not judged by it.

use std::collections::BTreeMap;

use super::cases::Cases;

/// A text and its group, by number.
pub(super) type Key = (u32, u32);

/// Campaigns' worth of trust in the coarser share before a value's own share counts as much.
const TRUST: f64 = 4.0;

/// Hostile shares learned from some records.
#[derive(Debug, Default)]
struct Shares {
    groups: BTreeMap<u32, [f64; 2]>,
    values: BTreeMap<u32, [f64; 2]>,
    /// By call, for a value may be common here and rare there.
    calls: BTreeMap<(u32, u32), [f64; 2]>,
}

impl Shares {
    fn learn(cases: &Cases<'_>, keys: &[Key], weights: &[f64]) -> Self {
        let mut shares = Self::default();
        for ((row, &(value, group)), &weight) in cases.rows.iter().zip(keys).zip(weights) {
            if weight > 0.0 {
                let side = usize::from(row.hostile);
                shares.groups.entry(group).or_default()[side] += weight;
                shares.values.entry(value).or_default()[side] += weight;
                shares.calls.entry((row.call(), value)).or_default()[side] += weight;
            }
        }
        shares
    }

    /// From the coarsest share to the finest; what was never met changes nothing.
    fn of(&self, call: u32, (value, group): Key) -> f64 {
        let levels =
            [self.groups.get(&group), self.values.get(&value), self.calls.get(&(call, value))];
        levels.into_iter().flatten().fold(0.5, |coarser, [benign, hostile]| {
            (hostile + TRUST * coarser) / (benign + hostile + TRUST)
        })
    }
}

/// The score of every record, learned in the half it does not belong to.
pub(super) fn cross_fitted(cases: &Cases<'_>, keys: &[Key]) -> Vec<f64> {
    let halves = [0, 1].map(|half| {
        let weights = cases.balanced(|row| row.half() != half);
        Shares::learn(cases, keys, &weights)
    });
    let rows = cases.rows.iter().zip(keys);
    rows.map(|(row, &key)| halves[usize::from(row.half())].of(row.call(), key)).collect()
}

/// Scores to train on and to judge `half` by: a record of the other half is scored by the quarter
/// beside its own, one of this half by that whole half.
pub(super) fn nested(cases: &Cases<'_>, keys: &[Key], half: u8) -> Vec<f64> {
    let other = |row: &super::cases::Case<'_>| row.half() != half;
    let whole = Shares::learn(cases, keys, &cases.balanced(other));
    let quarters: [Shares; 4] = [0, 1, 2, 3].map(|quarter: u8| {
        let weights = cases.balanced(|row| other(row) && row.quarter != quarter);
        Shares::learn(cases, keys, &weights)
    });
    let rows = cases.rows.iter().zip(keys);
    rows.map(|(row, &key)| {
        let shares = if other(row) { &quarters[usize::from(row.quarter)] } else { &whole };
        shares.of(row.call(), key)
    })
    .collect()
}
