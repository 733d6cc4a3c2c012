//! The condition of a rule file, checked: its kind, and the parameters that this kind takes.

use toml::Spanned;

use super::fault::{Fault, File};
use super::wire::{
    WireAdaptive, WireDistinct, WireNewTerms, WireRule, WireSequence, WireStep, WireThreshold,
};
use super::{
    Adaptive, Buckets, Distinct, Need, NewTerms, Query, RuleKind, Sequence, Step, Threshold, Wider,
};
use crate::event::Field;

/// Most fields of a group, as in Elastic's threshold rules.
pub(super) const MAX_GROUP_FIELDS: usize = 5;
/// Most fields of a tuple, as in Elastic's new-terms rules.
pub(super) const MAX_TERMS: usize = 3;
/// Most days of a baseline: a maximum per day and group is kept that long.
const MAX_HISTORY_DAYS: u32 = 90;
/// Most steps of a sequence: what a person can hold in mind, and a name for each one's parameters.
const MAX_STEPS: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Query,
    Threshold,
    NewTerms,
    Sequence,
}

/// The kind that `wire` names, with the table that belongs to it and no other.
pub(super) fn kind(file: &File<'_>, wire: &WireRule) -> Result<RuleKind, Fault> {
    let words = [
        ("query", Word::Query),
        ("threshold", Word::Threshold),
        ("new_terms", Word::NewTerms),
        ("sequence", Word::Sequence),
    ];
    let word = file.one_of(&wire.kind, &words)?;
    let only_for = |kind: &str| format!("no such key outside kind = \"{kind}\"");
    if let (Some(table), true) = (&wire.threshold, word != Word::Threshold) {
        return Err(file.unexpected(table, &only_for("threshold")));
    }
    if let (Some(table), true) = (&wire.new_terms, word != Word::NewTerms) {
        return Err(file.unexpected(table, &only_for("new_terms")));
    }
    if let (Some(table), true) = (&wire.sequence, word != Word::Sequence) {
        return Err(file.unexpected(table, &only_for("sequence")));
    }
    let group_by = match &wire.group_by {
        Some(words) if word == Word::NewTerms => {
            return Err(file.unexpected(words, "no group_by: the terms are the group"));
        }
        Some(words) if word == Word::Sequence => {
            return Err(file.unexpected(words, "no group_by: `by` is the group"));
        }
        Some(words) => file.fields(words, 0, MAX_GROUP_FIELDS)?,
        None => Vec::new(),
    };
    let missing = || file.unexpected(&wire.kind, "a table of this name below");
    match word {
        Word::Query => Ok(RuleKind::Query { group_by }),
        Word::Threshold => {
            let part = wire.threshold.as_ref().ok_or_else(missing)?;
            threshold(file, part, group_by).map(RuleKind::Threshold)
        }
        Word::NewTerms => {
            let part = wire.new_terms.as_ref().ok_or_else(missing)?;
            new_terms(file, part.get_ref()).map(RuleKind::NewTerms)
        }
        Word::Sequence => {
            let part = wire.sequence.as_ref().ok_or_else(missing)?;
            sequence(file, part.get_ref()).map(RuleKind::Sequence)
        }
    }
}

/// The events that a rule of that kind looks at.
pub(super) fn query(file: &File<'_>, wire: &WireRule, kind: &RuleKind) -> Result<Query, Fault> {
    match (kind, &wire.query) {
        (RuleKind::Sequence(_), Some(query)) => {
            Err(file.unexpected(query, "no query here: every step has its own"))
        }
        (RuleKind::Sequence(sequence), None) => {
            Ok(Query::any(&sequence.steps.iter().map(|step| &step.query).collect::<Vec<_>>()))
        }
        (_, Some(query)) => file.query(query),
        (_, None) => {
            let message = "expected the key `query`, found none";
            Err(file.fault(wire.kind.span(), message, None))
        }
    }
}

fn threshold(
    file: &File<'_>,
    table: &Spanned<WireThreshold>,
    group_by: Vec<Field>,
) -> Result<Threshold, Fault> {
    let wire = table.get_ref();
    let count = wire.count.as_ref().map(|count| at_least_one(file, count)).transpose()?;
    let distinct = wire.distinct.as_ref().map(|part| distinct(file, part)).transpose()?;
    // The value that the adaptive part compares, as the model has it.
    let Some(floor) = distinct.as_ref().map(|part| part.values).or(count) else {
        return Err(file.unexpected(table, "`count`, `distinct` or both"));
    };
    let buckets = [("sliding", Buckets::Sliding), ("tumbling", Buckets::Tumbling)];
    let adaptive = wire.adaptive.as_ref().map(|part| adaptive(file, part, floor, &group_by));
    Ok(Threshold {
        adaptive: adaptive.transpose()?,
        group_by,
        window: file.positive_span(&wire.window)?,
        buckets: match &wire.buckets {
            Some(word) => file.one_of(word, &buckets)?,
            None => Buckets::Sliding,
        },
        count,
        distinct,
    })
}

fn adaptive(
    file: &File<'_>,
    wire: &WireAdaptive,
    floor: u32,
    group_by: &[Field],
) -> Result<Adaptive, Fault> {
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
        wider: wider(file, wire, group_by)?,
    })
}

fn wider(file: &File<'_>, wire: &WireAdaptive, group_by: &[Field]) -> Result<Option<Wider>, Fault> {
    let Some(words) = &wire.of else {
        return match &wire.new_group {
            Some(flag) => Err(file.unexpected(flag, "no such key without `of`")),
            None => Ok(None),
        };
    };
    let fields = file.fields(words, 1, MAX_GROUP_FIELDS)?;
    if fields.len() >= group_by.len() || !group_by.starts_with(&fields) {
        return Err(file.unexpected(words, "leading fields of group_by, fewer than all"));
    }
    let new_group = wire.new_group.as_ref().is_some_and(|flag| *flag.get_ref());
    Ok(Some(Wider { fields: fields.len(), new_group }))
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

fn sequence(file: &File<'_>, wire: &WireSequence) -> Result<Sequence, Fault> {
    let by = file.fields(&wire.by, 1, MAX_GROUP_FIELDS)?;
    let steps = wire.steps.get_ref();
    if !(2..=MAX_STEPS).contains(&steps.len()) {
        return Err(file.unexpected(&wire.steps, &format!("2 to {MAX_STEPS} steps")));
    }
    let steps = steps.iter().map(|wire| step(file, wire, &by)).collect::<Result<_, _>>()?;
    Ok(Sequence { by, steps, max_span: file.positive_span(&wire.max_span)? })
}

fn step(file: &File<'_>, wire: &WireStep, by: &[Field]) -> Result<Step, Fault> {
    let query = file.query(&wire.query)?;
    if query.source().trim().is_empty() {
        return Err(file.unexpected(&wire.query, "a query"));
    }
    let its = match &wire.by {
        Some(words) => {
            let its = file.fields(words, by.len(), by.len())?;
            let moves_vault = |(field, own): (&Field, &Field)| {
                field != own && (*field == Field::Vault || *own == Field::Vault)
            };
            if by.iter().zip(&its).any(moves_vault) {
                let expected = "`vault` where the sequence has it: wider grants match as they are";
                return Err(file.unexpected(words, expected));
            }
            its
        }
        None => by.to_vec(),
    };
    let need = match (&wire.count, &wire.distinct) {
        (Some(count), Some(_)) => return Err(file.unexpected(count, "`count` or `distinct`")),
        (Some(count), None) => Need::Count(at_least_one(file, count)?),
        (None, Some(part)) => Need::Distinct(distinct(file, part)?),
        (None, None) => Need::Count(1),
    };
    Ok(Step { query, by: its, need })
}

fn distinct(file: &File<'_>, wire: &WireDistinct) -> Result<Distinct, Fault> {
    Ok(Distinct {
        fields: file.fields(&wire.fields, 1, MAX_TERMS)?,
        values: at_least_one(file, &wire.values)?,
    })
}

fn at_least_one(file: &File<'_>, number: &Spanned<u32>) -> Result<u32, Fault> {
    file.checked(number, "at least 1", |number| number > 0)
}
