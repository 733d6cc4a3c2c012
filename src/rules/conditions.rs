//! The condition of a rule file, checked: its kind, and the parameters that this kind takes.

use super::fault::{Fault, File};
use super::wire::{WireAdaptive, WireNewTerms, WireRule, WireThreshold};
use super::{Adaptive, Buckets, Distinct, NewTerms, RuleKind, Threshold};
use crate::event::Field;

/// Most fields of a group, as in Elastic's threshold rules.
pub(super) const MAX_GROUP_FIELDS: usize = 5;
/// Most fields of a tuple, as in Elastic's new-terms rules.
pub(super) const MAX_TERMS: usize = 3;
/// Most days of a baseline: a maximum per day and group is kept that long.
const MAX_HISTORY_DAYS: u32 = 90;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Query,
    Threshold,
    NewTerms,
}

/// The kind that `wire` names, with the table that belongs to it and no other.
pub(super) fn kind(file: &File<'_>, wire: &WireRule) -> Result<RuleKind, Fault> {
    let words =
        [("query", Word::Query), ("threshold", Word::Threshold), ("new_terms", Word::NewTerms)];
    let word = file.one_of(&wire.kind, &words)?;
    let only_for = |kind: &str| format!("no such key outside kind = \"{kind}\"");
    if let (Some(table), true) = (&wire.threshold, word != Word::Threshold) {
        return Err(file.unexpected(table, &only_for("threshold")));
    }
    if let (Some(table), true) = (&wire.new_terms, word != Word::NewTerms) {
        return Err(file.unexpected(table, &only_for("new_terms")));
    }
    let group_by = match &wire.group_by {
        Some(words) if word == Word::NewTerms => {
            return Err(file.unexpected(words, "no group_by: the terms are the group"));
        }
        Some(words) => file.fields(words, 0, MAX_GROUP_FIELDS)?,
        None => Vec::new(),
    };
    match (word, &wire.threshold, &wire.new_terms) {
        (Word::Query, ..) => Ok(RuleKind::Query { group_by }),
        (Word::Threshold, Some(part), _) => {
            threshold(file, part, group_by).map(RuleKind::Threshold)
        }
        (Word::NewTerms, _, Some(part)) => new_terms(file, part.get_ref()).map(RuleKind::NewTerms),
        _ => Err(file.unexpected(&wire.kind, "a table of this name below")),
    }
}

fn threshold(
    file: &File<'_>,
    table: &toml::Spanned<WireThreshold>,
    group_by: Vec<Field>,
) -> Result<Threshold, Fault> {
    let wire = table.get_ref();
    let at_least_one = |number: u32| number > 0;
    let count = wire.count.as_ref();
    let count = count.map(|count| file.checked(count, "at least 1", at_least_one)).transpose()?;
    let distinct = match &wire.distinct {
        Some(part) => Some(Distinct {
            fields: file.fields(&part.fields, 1, MAX_TERMS)?,
            values: file.checked(&part.values, "at least 1", at_least_one)?,
        }),
        None => None,
    };
    // The value that the adaptive part compares, as the model has it.
    let Some(floor) = distinct.as_ref().map(|part| part.values).or(count) else {
        return Err(file.unexpected(table, "`count`, `distinct` or both"));
    };
    let buckets = [("sliding", Buckets::Sliding), ("tumbling", Buckets::Tumbling)];
    Ok(Threshold {
        group_by,
        window: file.positive_span(&wire.window)?,
        buckets: match &wire.buckets {
            Some(word) => file.one_of(word, &buckets)?,
            None => Buckets::Sliding,
        },
        count,
        distinct,
        adaptive: wire.adaptive.as_ref().map(|part| adaptive(file, part, floor)).transpose()?,
    })
}

fn adaptive(file: &File<'_>, wire: &WireAdaptive, floor: u32) -> Result<Adaptive, Fault> {
    let days = format!("1 to {MAX_HISTORY_DAYS} days");
    let history_days =
        file.checked(&wire.history_days, &days, |days| (1..=MAX_HISTORY_DAYS).contains(&days))?;
    let cap = wire.hard_cap.as_ref();
    let no_floor = format!("at least {floor}, below which nothing fires");
    Ok(Adaptive {
        multiple: file.checked(&wire.multiple, "a number from 1 up", |multiple| {
            multiple >= 1.0 && multiple.is_finite()
        })?,
        quantile: file.checked(&wire.quantile, "a quantile from 0 to 1", |quantile| {
            (0.0..=1.0).contains(&quantile)
        })?,
        history_days,
        min_days: file.checked(&wire.min_days, "at most history_days, at least 1", |days| {
            (1..=history_days).contains(&days)
        })?,
        learn: file.span(&wire.learn)?,
        hard_cap: cap.map(|cap| file.checked(cap, &no_floor, |cap| cap >= floor)).transpose()?,
    })
}

fn new_terms(file: &File<'_>, wire: &WireNewTerms) -> Result<NewTerms, Fault> {
    let terms = file.fields(&wire.terms, 1, MAX_TERMS)?;
    let known = match &wire.known {
        Some(known) => file.checked(known, "fewer than there are terms", |n| n < terms.len())?,
        None => 0,
    };
    Ok(NewTerms {
        terms,
        known,
        history: file.positive_span(&wire.history)?,
        learn: file.span(&wire.learn)?,
    })
}
