//! Explanations of one event, for people at 80 columns and for programs.
//!
//! What comes from the record is escaped and, for people, cut to what fits a line.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::explain::{GroupValue, Hiding, RuleExplanation, Sight, StepExplanation};
use super::query::Clause;
use super::{Rule, RuleKind, RuleSet};
use crate::escaped::escaped;
use crate::event::{EventView, Field};
use crate::wrapped::{WIDTH, wrapped};

/// Most characters shown of a value of the record.
const VALUE_WIDTH: usize = 60;
/// Names of fields are padded to this, in characters.
const NAME_WIDTH: usize = 16;

/// The event, then the rules that see it, those from which an exception hides it, and the others.
pub fn explanation_text(
    rules: &RuleSet,
    event: &EventView<'_>,
    explained: &[RuleExplanation],
) -> String {
    let mut text = String::from("Event\n");
    for (name, value) in fields(event) {
        let first = format!("  {name:<NAME_WIDTH$}");
        wrapped(&mut text, (&first, &" ".repeat(NAME_WIDTH + 2)), &shown(&value));
    }
    for sight in Sight::ALL {
        let its = explained.iter().filter(|one| one.sight == sight);
        let heading = match sight {
            Sight::Matched => "Seen by",
            Sight::Excepted => "Hidden by an exception from",
            Sight::NotMatched => "Not matched by",
        };
        let count = its.clone().count();
        if count == 0 {
            continue;
        }
        let rules_word = if count == 1 { "rule" } else { "rules" };
        line(&mut text, format_args!("\n{heading} {count} {rules_word}"));
        its.for_each(|one| add_rule(&mut text, &rules.rules[one.rule], one));
    }
    text
}

/// The same as JSON. Keys are stable; lists are in the order of rules, steps and clauses.
pub fn explanation_json(
    rules: &RuleSet,
    event: &EventView<'_>,
    explained: &[RuleExplanation],
) -> Value {
    let event: Map<String, Value> =
        fields(event).map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    let explained = explained.iter().map(|one| {
        let rule = &rules.rules[one.rule];
        json!({
            "rule_id": rule.id,
            "kind": rule.kind.word(),
            "verdict": one.sight.word(),
            "clauses": clauses_json(&one.clauses),
            "exceptions": one.hidden_by.iter().map(|hiding| json!({
                "reason": hiding.reason,
                "clauses": clauses_json(&hiding.clauses),
            })).collect::<Value>(),
            "group": group_json(&one.group),
            "steps": one.steps.iter().map(|step| json!({
                "serves": step.serves,
                "clauses": clauses_json(&step.clauses),
                "group": group_json(&step.group),
            })).collect::<Value>(),
        })
    });
    json!({ "event": event, "rules": explained.collect::<Value>() })
}

/// What the event has, by canonical name.
fn fields(event: &EventView<'_>) -> impl Iterator<Item = (&'static str, String)> {
    let time = ("time", event.event.time.to_string());
    let others = Field::ALL.iter().filter_map(|&field| Some((field.word(), event.display(field)?)));
    std::iter::once(time).chain(others)
}

fn add_rule(text: &mut String, rule: &Rule, explained: &RuleExplanation) {
    line(text, format_args!("  {} ({})", rule.id, rule.kind.word()));
    explained.hidden_by.iter().for_each(|hiding| add_hiding(text, hiding));
    for (place, step) in (1..).zip(&explained.steps) {
        add_step(text, place, step);
    }
    if explained.sight == Sight::NotMatched {
        explained.clauses.iter().for_each(|clause| add(text, "", &clause_text(clause)));
    } else if !matches!(rule.kind, RuleKind::Sequence(_)) {
        let is_alone = matches!(&rule.kind, RuleKind::Query { group_by } if group_by.is_empty());
        let group = if is_alone && rule.suppress.0 == 0 {
            String::from("in no group: each match alerts")
        } else {
            group_text(&explained.group)
        };
        add(text, "", &group);
    }
}

fn add_hiding(text: &mut String, Hiding { clauses, reason }: &Hiding) {
    add(text, "because ", reason);
    if clauses.is_empty() {
        add(text, "by its time", "");
    }
    clauses.iter().for_each(|clause| add(text, "by ", &clause_text(clause)));
}

fn add_step(text: &mut String, place: usize, step: &StepExplanation) {
    if step.serves {
        add(text, &format!("step {place} "), &format!("served, {}", group_text(&step.group)));
    }
    for clause in step.clauses.iter().filter(|_| !step.serves) {
        add(text, &format!("step {place} "), &clause_text(clause));
    }
}

/// `outcome: success -- is denied`.
fn clause_text(clause: &Clause) -> String {
    let mut text = format!("{} --", escaped(&clause.text));
    let has_wildcard = clause.found.windows(2).any(|pair| pair[0].0 != pair[1].0);
    if clause.found.is_empty() {
        text += " the record has none";
    } else {
        let values = clause.found.iter().map(|(field, value)| {
            if has_wildcard { format!("{field} {}", shown(value)) } else { shown(value) }
        });
        text += &format!(" is {}", values.collect::<Vec<_>>().join(", "));
    }
    if clause.left_out > 0 {
        text += &format!(", and {} more", clause.left_out);
    }
    text
}

fn group_text(group: &[GroupValue]) -> String {
    let missing: Vec<&str> =
        group.iter().filter(|value| value.is_missing()).map(|value| value.own.word()).collect();
    if !missing.is_empty() {
        return format!("in no group: the record has no {}", missing.join(", "));
    }
    if group.is_empty() {
        return String::from("in one group with all others");
    }
    let values = group.iter().map(|value| {
        let from = if value.own == value.field {
            String::new()
        } else {
            format!(" (its {})", value.own.word())
        };
        let values: Vec<String> = value.values.iter().map(|value| shown(value)).collect();
        let values =
            if value.is_every_vault { "any below its scope".into() } else { values.join(" or ") };
        format!("{} = {values}{from}", value.field.word())
    });
    format!("in the group {}", values.collect::<Vec<_>>().join(", "))
}

/// One line below a rule, wrapped; a word longer than a line is broken.
fn add(text: &mut String, label: &str, what: &str) {
    let (first, later) = (format!("    {label}"), "      ");
    let most = WIDTH - first.chars().count().max(later.len());
    wrapped(text, (&first, later), &broken(what, most));
}

/// `text` with a space after every `most` characters of a longer word.
fn broken(text: &str, most: usize) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut length = 0;
    for c in text.chars() {
        length = if c == ' ' { 0 } else { length + 1 };
        if length > most {
            broken.push(' ');
            length = 1;
        }
        broken.push(c);
    }
    broken
}

fn clauses_json(clauses: &[Clause]) -> Value {
    let clause = |clause: &Clause| {
        let found = clause.found.iter();
        let found = found.map(|(field, value)| json!({ "field": field, "value": value }));
        json!({
            "clause": clause.text,
            "holds": clause.holds,
            "found": found.collect::<Value>(),
            "left_out": clause.left_out,
        })
    };
    clauses.iter().map(clause).collect()
}

fn group_json(group: &[GroupValue]) -> Value {
    let value = |value: &GroupValue| {
        json!({
            "field": value.field.word(),
            "from": value.own.word(),
            "values": value.values,
            "is_missing": value.is_missing(),
            "is_every_vault": value.is_every_vault,
        })
    };
    group.iter().map(value).collect()
}

/// Escaped, and no longer than a line.
fn shown(value: &str) -> String {
    let whole = escaped(value);
    if whole.chars().count() <= VALUE_WIDTH {
        return whole;
    }
    whole.chars().take(VALUE_WIDTH - 1).chain(['…']).collect()
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a String cannot fail");
}
