//! Why the step nearest to detection did not fire, in words.
//!
//! Text of rules and records goes into it as it is: whoever shows it escapes it.

use super::nearest::NearestStep;
use crate::detect::{Excuse, Fate};
use crate::event::{Field, Ticks};
use crate::rules::{Rule, RuleKind, Threshold, duration};

/// What became of the step, and which it is; `reason` says why the campaign counts as missed.
pub(super) fn why(fate: &Fate, rule: Option<&Rule>, step: &NearestStep, reason: &str) -> String {
    let NearestStep { operation, place, of, .. } = step;
    format!(
        "{}, at {operation} (step {place} of {of})",
        what(fate, rule.map(|it| &it.kind), reason)
    )
}

fn what(fate: &Fate, kind: Option<&RuleKind>, reason: &str) -> String {
    match fate {
        Fate::Fired => format!("it alerted, but {reason}"),
        Fate::Absorbed { by: Some(time) } => {
            format!("absorbed by its group's alert of {}", minute(*time))
        }
        Fate::Absorbed { by: None } => "absorbed by an earlier alert of its group".to_owned(),
        Fate::Beside => "the sequence was complete without it".to_owned(),
        Fate::Below { value, limit, is_distinct, baseline } => {
            let counted = counted(*is_distinct, kind);
            let raised = baseline.map(|usual| format!(" (more than {usual} is usual)"));
            format!("{value} of {limit} {counted}{}", raised.unwrap_or_default())
        }
        Fate::Incomplete { met, steps, found, needed } => {
            let next = match needed {
                1 => "did not come".to_owned(),
                _ => format!("had {found} of {needed}"),
            };
            format!("{met} of {steps} steps met, the next {next}")
        }
        Fate::Excused { value, is_distinct, by } => {
            let by = match by {
                Excuse::Learning => "while the rule only learned",
                Excuse::KnownGroup => "in a group that was known",
                Excuse::NoBaseline => "with too little past to compare with",
            };
            format!("{value} {} {by}", counted(*is_distinct, kind))
        }
        Fate::Known { last_seen } => {
            format!("{} had been seen on {}", terms(kind, false), day(*last_seen))
        }
        Fate::Stranger => format!("{} was new as well", terms(kind, true)),
        Fate::Learning => "new, but the rule only learned".to_owned(),
        Fate::Excepted { reason } => format!("hidden by an exception ({reason})"),
        Fate::Ungrouped { missing: Some(field) } => format!("the record has no {}", field.word()),
        Fate::Ungrouped { missing: None } => "the record lacks what it is grouped by".to_owned(),
        Fate::Late => "the record came too late to be judged".to_owned(),
        Fate::Scheduled => "seen by a rule on a schedule, whose runs are not traced".to_owned(),
        Fate::Unseen => "no rule's query matches".to_owned(),
    }
}

/// What a threshold counts, and in how long.
fn counted(is_distinct: bool, kind: Option<&RuleKind>) -> String {
    let Some(RuleKind::Threshold(threshold)) = kind else { return "events".to_owned() };
    let window = duration(threshold.window);
    match fields_counted(threshold).filter(|_| is_distinct) {
        Some(fields) => format!("distinct values of {} within {window}", words(fields)),
        None => format!("events within {window}"),
    }
}

fn fields_counted(threshold: &Threshold) -> Option<&[Field]> {
    threshold.distinct.as_ref().map(|part| part.fields.as_slice())
}

/// The terms of a rule that looks for new ones, or those that must be known.
fn terms(kind: Option<&RuleKind>, known: bool) -> String {
    let Some(RuleKind::NewTerms(new_terms)) = kind else { return "it".to_owned() };
    let all = new_terms.terms.as_slice();
    format!("its {}", words(if known { &all[..new_terms.known] } else { all }))
}

fn words(fields: &[Field]) -> String {
    fields.iter().map(|field| field.word()).collect::<Vec<_>>().join(" and ")
}

fn day(time: Ticks) -> String {
    time.to_string().chars().take(10).collect()
}

fn minute(time: Ticks) -> String {
    time.to_string().chars().take(16).collect::<String>().replace('T', " ")
}
