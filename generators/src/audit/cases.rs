//! The records of one attack beside benign ones of the same calls, each with its weight.

use std::collections::{BTreeMap, BTreeSet};

use xxhash_rust::xxh3::xxh3_64;

use super::reading::Names;
use super::report::CallShare;
use super::sample::Specimen;

/// Fewer benign identities than this cannot show which values are common.
const LEAST_CARRIERS: usize = 5;

/// One record in the comparison.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) specimen: &'a Specimen,
    pub(super) hostile: bool,
    /// In campaigns.
    pub(super) weight: f64,
    /// 0 to 3; the first two are one half, the others the other.
    pub(super) quarter: u8,
}

impl Case<'_> {
    pub(super) fn half(&self) -> u8 {
        self.quarter / 2
    }

    pub(super) fn call(&self) -> u32 {
        self.specimen.reading.call
    }
}

/// The comparison of one attack.
#[derive(Debug)]
pub(super) struct Cases<'a> {
    pub(super) rows: Vec<Case<'a>>,
    pub(super) campaigns: usize,
    pub(super) judged_share: f64,
    pub(super) hostile_only: Vec<CallShare>,
    /// Share of the campaigns with one of these calls.
    pub(super) hostile_only_share: f64,
    pub(super) thin: Vec<CallShare>,
}

impl<'a> Cases<'a> {
    pub(super) fn new(hostile: &'a [Specimen], benign: &'a [Specimen], names: &Names) -> Self {
        let times = hostile.iter().map(|specimen| specimen.time);
        let (first, last) = (times.clone().min(), times.max());
        let mut made: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for specimen in hostile {
            made.entry(specimen.reading.call).or_default().insert(specimen.cluster);
        }
        let during = |specimen: &&Specimen| {
            made.contains_key(&specimen.reading.call)
                && first <= Some(specimen.time)
                && Some(specimen.time) <= last
        };
        let benign: Vec<&Specimen> = benign.iter().filter(during).collect();
        let mut carriers: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for specimen in &benign {
            carriers.entry(specimen.reading.call).or_default().insert(specimen.cluster);
        }
        let carried = |call: u32| carriers.get(&call).map_or(0, BTreeSet::len);
        let campaigns = hostile.iter().map(|specimen| specimen.cluster).collect::<BTreeSet<_>>();
        let listed = |wanted: &dyn Fn(usize) -> bool| {
            let calls = made.iter().filter(|(call, _)| wanted(carried(**call)));
            let mut shares: Vec<CallShare> = calls
                .map(|(&call, makers)| CallShare {
                    call: names.text(call).to_owned(),
                    campaign_share: makers.len() as f64 / campaigns.len() as f64,
                    benign_identities: carried(call),
                })
                .collect();
            shares.sort_by(|a, b| b.campaign_share.total_cmp(&a.campaign_share));
            shares
        };
        let alone = made.iter().filter(|(call, _)| carried(**call) == 0);
        let alone: BTreeSet<u32> = alone.flat_map(|(_, makers)| makers).copied().collect();
        let mut cases = Self {
            rows: Vec::new(),
            campaigns: campaigns.len(),
            judged_share: 0.0,
            hostile_only: listed(&|carriers| carriers == 0),
            hostile_only_share: alone.len() as f64 / campaigns.len().max(1) as f64,
            thin: listed(&|carriers| (1..LEAST_CARRIERS).contains(&carriers)),
        };
        let judged = |specimen: &&Specimen| carried(specimen.reading.call) >= LEAST_CARRIERS;
        cases.add_hostile(hostile, judged);
        cases.add_benign(benign.into_iter().filter(judged).collect());
        cases
    }

    /// Each campaign weighs 1, spread over its calls, then over the records of each.
    fn add_hostile(&mut self, hostile: &'a [Specimen], judged: impl Fn(&&Specimen) -> bool) {
        let mut calls: BTreeMap<u32, BTreeMap<u32, usize>> = BTreeMap::new();
        for specimen in hostile {
            *calls
                .entry(specimen.cluster)
                .or_default()
                .entry(specimen.reading.call)
                .or_default() += 1;
        }
        for specimen in hostile.iter().filter(judged) {
            let made = &calls[&specimen.cluster];
            let weight = 1.0 / (made.len() * made[&specimen.reading.call]) as f64;
            self.judged_share += weight / self.campaigns as f64;
            self.rows.push(Case { specimen, hostile: true, weight, quarter: quarter(specimen) });
        }
    }

    /// Each identity's day weighs 1 within a call, then the call as much as it does in the attack.
    fn add_benign(&mut self, benign: Vec<&'a Specimen>) {
        let mut records: BTreeMap<(u32, u64), usize> = BTreeMap::new();
        for specimen in &benign {
            *records.entry((specimen.reading.call, specimen.unit)).or_default() += 1;
        }
        for specimen in benign {
            let weight = 1.0 / records[&(specimen.reading.call, specimen.unit)] as f64;
            self.rows.push(Case { specimen, hostile: false, weight, quarter: quarter(specimen) });
        }
        let weights = self.balanced(|_| true);
        for (row, weight) in self.rows.iter_mut().zip(weights) {
            row.weight = weight;
        }
    }

    /// Weights under which benign records of every call weigh what its hostile ones do, counting
    /// only `some` records; 0 for the others and for calls with one kind only.
    pub(super) fn balanced(&self, some: impl Fn(&Case<'_>) -> bool) -> Vec<f64> {
        let mut sums: BTreeMap<u32, [f64; 2]> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| some(row)) {
            sums.entry(row.call()).or_default()[usize::from(row.hostile)] += row.weight;
        }
        let weight = |row: &Case<'_>| match sums.get(&row.call()) {
            Some([benign, hostile]) if some(row) && *benign > 0.0 && *hostile > 0.0 => {
                if row.hostile { row.weight } else { row.weight * hostile / benign }
            }
            _ => 0.0,
        };
        self.rows.iter().map(weight).collect()
    }
}

/// Identities, and the campaigns that begin as them, stay together.
fn quarter(specimen: &Specimen) -> u8 {
    (xxh3_64(&specimen.identity.to_le_bytes()) % 4) as u8
}
