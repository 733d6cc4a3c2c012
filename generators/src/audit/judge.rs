//! Judges one attack: every field by itself, then the tree over all that are not declared.

use std::collections::{BTreeMap, BTreeSet};

use super::auc::{Auc, Scored, area};
use super::cases::Cases;
use super::encode::{Key, cross_fitted, nested};
use super::field::Field;
use super::reading::{Names, Value, measured};
use super::report::{AttackAudit, FIELD_BOUND, FieldAudit, LEAST_CAMPAIGNS, TREE_BOUND, Telltale};
use super::sample::Specimen;
use super::tree::{Training, Tree};

/// Judges the records of one attack against benign ones.
pub(super) fn judge(
    attack: &str,
    declared: &[Field],
    hostile: &[Specimen],
    benign: &[Specimen],
    names: &Names,
) -> AttackAudit {
    let cases = Cases::new(hostile, benign, names);
    let columns: Vec<(Field, Column)> =
        measured().iter().enumerate().map(|(at, &field)| (field, Column::of(&cases, at))).collect();
    let mut fields = vec![call_field(&cases, declared)];
    for (field, column) in &columns {
        if let Some(auc) = column.area(&cases) {
            let value = column.telltale(&cases, names);
            fields.push(FieldAudit {
                field: *field,
                auc,
                declared: declared.contains(field),
                value,
            });
        }
    }
    fields.sort_by(|a, b| a.declared.cmp(&b.declared).then(b.auc.value.total_cmp(&a.auc.value)));
    let free: Vec<&(Field, Column)> =
        columns.iter().filter(|(field, _)| !declared.contains(field)).collect();
    let (tree, asked) = tree(&cases, &free);
    let benign_rows = || cases.rows.iter().filter(|row| !row.hostile);
    let identities: BTreeSet<u32> = benign_rows().map(|row| row.specimen.cluster).collect();
    let mut audit = AttackAudit {
        attack: attack.to_owned(),
        campaigns: cases.campaigns,
        records: cases.rows.len() - benign_rows().count(),
        benign_records: benign_rows().count(),
        benign_identities: identities.len(),
        judged_share: cases.judged_share,
        fields,
        tree,
        tree_fields: asked,
        hostile_only: cases.hostile_only,
        thin: cases.thin,
        violations: Vec::new(),
    };
    audit.violations = violations(&audit);
    audit
}

fn violations(audit: &AttackAudit) -> Vec<String> {
    let mut found = Vec::new();
    if audit.campaigns < LEAST_CAMPAIGNS {
        found.push(format!("{} campaigns, expected {LEAST_CAMPAIGNS}", audit.campaigns));
    }
    for field in audit.fields.iter().filter(|field| !field.declared) {
        if field.auc.value > FIELD_BOUND {
            let (name, value) = (field.field.name(), field.auc.value);
            found.push(format!("{name} {value:.2} is above {FIELD_BOUND:.2}"));
        }
    }
    match audit.tree {
        Some(tree) if tree.value >= TREE_BOUND => {
            found.push(format!("tree {:.2} is not below {TREE_BOUND:.2}", tree.value));
        }
        Some(_) => {}
        // Where nobody else does any of it, and the file says so, there is nothing to compare.
        None if declared(audit, Field::Call) => {}
        None => found.push("none of its calls can be compared".to_owned()),
    }
    found
}

fn declared(audit: &AttackAudit, field: Field) -> bool {
    audit.fields.iter().any(|found| found.field == field && found.declared)
}

/// Campaigns with a call that nobody benign makes are given away, the others are not.
fn call_field(cases: &Cases<'_>, declared: &[Field]) -> FieldAudit {
    let share = cases.hostile_only_share;
    let error = libm::sqrt(share * (1.0 - share) / cases.campaigns.max(1) as f64);
    let value = cases.hostile_only.first().map(|call| Telltale {
        value: call.call.clone(),
        hostile_share: call.campaign_share,
        benign_share: 0.0,
    });
    FieldAudit {
        field: Field::Call,
        auc: Auc { value: 0.5 + share / 2.0, std_err: error / 2.0 },
        declared: declared.contains(&Field::Call),
        value,
    }
}

/// One field of all records.
#[derive(Debug)]
enum Column {
    Texts(Vec<Key>),
    /// The number, its percentile among benign records of its call, and the tenth that this is in.
    Numbers {
        raw: Vec<f64>,
        percentiles: Vec<f64>,
        tenths: Vec<Key>,
    },
}

impl Column {
    fn of(cases: &Cases<'_>, at: usize) -> Self {
        let mut texts = Vec::new();
        let mut raw = Vec::new();
        for row in &cases.rows {
            match row.specimen.reading.values[at] {
                Value::Text { value, group } => texts.push((value, group)),
                Value::Number(number) => raw.push(number),
            }
        }
        if raw.is_empty() {
            return Self::Texts(texts);
        }
        let percentiles = percentiles(cases, &raw);
        let tenth = |percentile: &f64| ((percentile * 10.0) as u32).min(9);
        let tenths = percentiles.iter().map(|percentile| (tenth(percentile), 0)).collect();
        Self::Numbers { raw, percentiles, tenths }
    }

    fn area(&self, cases: &Cases<'_>) -> Option<Auc> {
        match self {
            Self::Texts(keys) => by_halves(cases, &cross_fitted(cases, keys)),
            Self::Numbers { percentiles, tenths, .. } => {
                let plain = area(scored(cases, percentiles, |_| 0))?;
                let plain = Auc { value: plain.value.max(1.0 - plain.value), ..plain };
                let tenths = by_halves(cases, &cross_fitted(cases, tenths));
                Some(tenths.filter(|tenths| tenths.value > plain.value).unwrap_or(plain))
            }
        }
    }

    /// The value with the largest surplus among hostile records.
    fn telltale(&self, cases: &Cases<'_>, names: &Names) -> Option<Telltale> {
        let keys = match self {
            Self::Texts(keys) | Self::Numbers { tenths: keys, .. } => keys,
        };
        let mut sums: BTreeMap<u32, [f64; 2]> = BTreeMap::new();
        let mut totals = [0.0; 2];
        for (row, &(value, _)) in cases.rows.iter().zip(keys) {
            sums.entry(value).or_default()[usize::from(row.hostile)] += row.weight;
            totals[usize::from(row.hostile)] += row.weight;
        }
        let share = |sums: &[f64; 2], side: usize| sums[side] / totals[side];
        let surplus = |sums: &[f64; 2]| share(sums, 1) - share(sums, 0);
        let (&value, sums) = sums.iter().max_by(|a, b| surplus(a.1).total_cmp(&surplus(b.1)))?;
        let value = match self {
            Self::Texts(_) => names.text(value).to_owned(),
            Self::Numbers { raw, tenths, .. } => tenth_text(cases, raw, tenths, value),
        };
        Some(Telltale { value, hostile_share: share(sums, 1), benign_share: share(sums, 0) })
    }

    /// As a tree sees it that is judged on `half`.
    fn feature(&self, cases: &Cases<'_>, half: u8) -> Vec<f64> {
        match self {
            Self::Texts(keys) => nested(cases, keys, half),
            Self::Numbers { percentiles, .. } => percentiles.clone(),
        }
    }
}

fn tenth_text(cases: &Cases<'_>, raw: &[f64], tenths: &[Key], tenth: u32) -> String {
    let rows = cases.rows.iter().zip(raw).zip(tenths);
    let hostile = rows.filter(|((row, _), key)| row.hostile && key.0 == tenth);
    let (low, high) = hostile.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), found| {
        let number = *found.0.1;
        (low.min(number), high.max(number))
    });
    format!("tenth {} of benign ({low:.1} to {high:.1})", tenth + 1)
}

/// Where each number stands among the benign ones of its call, ties in the middle.
fn percentiles(cases: &Cases<'_>, raw: &[f64]) -> Vec<f64> {
    let mut benign: BTreeMap<u32, Vec<(f64, f64)>> = BTreeMap::new();
    for (row, &number) in cases.rows.iter().zip(raw) {
        if !row.hostile {
            benign.entry(row.call()).or_default().push((number, row.weight));
        }
    }
    for numbers in benign.values_mut() {
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut sum = 0.0;
        for (_, weight) in numbers {
            sum += *weight;
            *weight = sum;
        }
    }
    let place = |(row, &number): (&super::cases::Case<'_>, &f64)| {
        let Some(numbers) = benign.get(&row.call()) else { return 0.5 };
        let up_to = |count: usize| if count == 0 { 0.0 } else { numbers[count - 1].1 };
        let below = up_to(numbers.partition_point(|(other, _)| *other < number));
        let not_above = up_to(numbers.partition_point(|(other, _)| *other <= number));
        f64::midpoint(below, not_above) / up_to(numbers.len()).max(f64::MIN_POSITIVE)
    };
    cases.rows.iter().zip(raw).map(place).collect()
}

/// Scores of one half are not comparable with those of the other: each learned its own.
fn by_halves(cases: &Cases<'_>, scores: &[f64]) -> Option<Auc> {
    area(scored(cases, scores, |half| half))
}

fn scored(cases: &Cases<'_>, scores: &[f64], part: impl Fn(u8) -> u8) -> Vec<Scored> {
    let rows = cases.rows.iter().zip(scores);
    rows.map(|(row, &score)| Scored {
        block: row.call() * 2 + u32::from(part(row.half())),
        hostile: row.hostile,
        cluster: row.specimen.cluster,
        weight: row.weight,
        score,
    })
    .collect()
}

fn tree(cases: &Cases<'_>, fields: &[&(Field, Column)]) -> (Option<Auc>, Vec<Field>) {
    let hostile: Vec<bool> = cases.rows.iter().map(|row| row.hostile).collect();
    let mut shares = vec![0.0; cases.rows.len()];
    let mut asked = BTreeSet::new();
    for half in [0, 1] {
        let columns: Vec<Vec<f64>> =
            fields.iter().map(|(_, column)| column.feature(cases, half)).collect();
        let weights = cases.balanced(|row| row.half() != half);
        let rows: Vec<usize> = (0..weights.len()).filter(|&row| weights[row] > 0.0).collect();
        let training = Training { columns: &columns, hostile: &hostile, weights: &weights };
        let tree = Tree::grow(&training, &rows);
        asked.extend(tree.features().into_iter().map(|feature| fields[feature].0));
        for (row, case) in cases.rows.iter().enumerate() {
            if case.half() == half {
                shares[row] = tree.share(&columns, row);
            }
        }
    }
    (by_halves(cases, &shares), asked.into_iter().collect())
}
