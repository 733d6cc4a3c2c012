//! Rules as JSON: complete and stable, because the digest of a rule set is taken over what rules say.
//! Every field of a rule stands here but its timing, which is the run's choice.

use serde_json::{Value, json};

use super::units::{WEEKDAYS, clock, duration};
use super::{
    Adaptive, Buckets, Distinct, Exception, Need, NewTerms, Rule, RuleKind, Schedule, Sequence,
    Step, Threshold, TimeFrame, Tunable,
};
use crate::event::Field;

/// All of `rules`, in their order.
pub fn rules_json(rules: &[Rule]) -> Value {
    rules.iter().map(rule_json).collect()
}

/// Everything a rule says, and the pack it is of. Keys are those of its file; `null` stands for what it
/// leaves out.
pub fn rule_json(rule: &Rule) -> Value {
    let mut value = content_json(rule);
    value["pack"] = json!(rule.pack);
    value
}

/// What the rule's file says, wherever the file lies.
pub(super) fn content_json(rule: &Rule) -> Value {
    let guidance = &rule.guidance;
    let mut value = json!({
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity.word(),
        "risk_score": rule.risk_score,
        "kind": rule.kind.word(),
        "query": rule.query.source(),
        "suppress": duration(rule.suppress),
        "schedule": rule.schedule.as_ref().map(schedule),
        "exceptions": rule.exceptions.iter().map(exception).collect::<Value>(),
        "threat": rule.threat.iter().map(|threat| json!({
            "tactic": threat.tactic,
            "techniques": threat.techniques,
        })).collect::<Value>(),
        "guidance": {
            "catches": guidance.catches,
            "misses": guidance.misses,
            "false_positives": guidance.false_positives,
            "investigate": guidance.investigate,
            "respond": guidance.respond,
            "impact": guidance.impact,
            "references": guidance.references,
        },
        "tunables": rule.tunables.iter().map(|part| tunable(rule, part)).collect::<Value>(),
    });
    match &rule.kind {
        RuleKind::Query { group_by } => value["group_by"] = words(group_by),
        RuleKind::Threshold(part) => {
            value["group_by"] = words(&part.group_by);
            value["threshold"] = threshold(part);
        }
        RuleKind::NewTerms(part) => value["new_terms"] = new_terms(part),
        RuleKind::Sequence(part) => value["sequence"] = sequence(part),
    }
    value
}

fn schedule(schedule: &Schedule) -> Value {
    json!({
        "interval": duration(schedule.interval),
        "lookback": duration(schedule.lookback),
        "max_signals": schedule.max_signals,
        "clock": schedule.clock.word(),
    })
}

fn threshold(threshold: &Threshold) -> Value {
    json!({
        "window": duration(threshold.window),
        "buckets": match threshold.buckets {
            Buckets::Sliding => "sliding",
            Buckets::Tumbling => "tumbling",
        },
        "count": threshold.count,
        "distinct": threshold.distinct.as_ref().map(distinct),
        "adaptive": threshold.adaptive.as_ref().map(|part| adaptive(part, &threshold.group_by)),
    })
}

fn adaptive(adaptive: &Adaptive, group_by: &[Field]) -> Value {
    json!({
        "multiple": adaptive.multiple,
        "quantile": adaptive.quantile,
        "history_days": adaptive.history_days,
        "min_days": adaptive.min_days,
        "learn": duration(adaptive.learn),
        "hard_cap": adaptive.hard_cap,
        "of": adaptive.wider.map(|wider| words(&group_by[..wider.fields])),
        "new_group": adaptive.wider.map(|wider| wider.new_group),
    })
}

fn new_terms(new_terms: &NewTerms) -> Value {
    json!({
        "terms": words(&new_terms.terms),
        "known": new_terms.known,
        "history": duration(new_terms.history),
        "learn": duration(new_terms.learn),
    })
}

fn sequence(sequence: &Sequence) -> Value {
    json!({
        "by": words(&sequence.by),
        "max_span": duration(sequence.max_span),
        "steps": sequence.steps.iter().map(step).collect::<Value>(),
    })
}

fn step(step: &Step) -> Value {
    let (count, values) = match &step.need {
        Need::Count(count) => (Some(count), None),
        Need::Distinct(part) => (None, Some(distinct(part))),
    };
    json!({
        "query": step.query.source(),
        "by": words(&step.by),
        "count": count,
        "distinct": values,
    })
}

fn distinct(distinct: &Distinct) -> Value {
    json!({
        "fields": words(&distinct.fields),
        "values": distinct.values,
    })
}

fn exception(exception: &Exception) -> Value {
    json!({
        "query": exception.query.source(),
        "expires": exception.expires.map(|expires| expires.to_string()),
        "frames": exception.frames.iter().map(frame).collect::<Value>(),
        "reason": exception.reason,
    })
}

fn frame(frame: &TimeFrame) -> Value {
    json!({
        "weekdays": weekdays(frame),
        "from": clock(frame.from_minute),
        "to": clock(frame.to_minute),
        "zone": frame.zone.iana_name(),
    })
}

/// With the parameter's current value, so that a reader sees where in its range it stands.
fn tunable(rule: &Rule, tunable: &Tunable) -> Value {
    let parameters = rule.parameters();
    let current = parameters.iter().find(|parameter| parameter.name == tunable.name);
    json!({
        "name": tunable.name,
        "value": current.map(|parameter| parameter.value),
        "low": tunable.low,
        "high": tunable.high,
        "effect": tunable.effect,
    })
}

pub(super) fn weekdays(frame: &TimeFrame) -> Vec<&'static str> {
    frame.weekdays.iter().filter_map(|&day| WEEKDAYS.get(usize::from(day)).copied()).collect()
}

fn words(fields: &[Field]) -> Value {
    fields.iter().map(|field| field.word()).collect()
}
