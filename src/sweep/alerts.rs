//! Replayed alerts in the form in which alerts are scored.
//!
//! Contract: what the files of a run would have said of them, read back. An alert that rests on no event
//! which truth may know comes without its evidence.

use crate::detect::{Alert, Evidence};
use crate::event::{EventView, Field, Origin, TextField};
use crate::output::{alert_id, distinct_value, evidence_cut, step_of};
use crate::rules::{Rule, RuleKind};
use crate::score::{
    AlertValues, EventId, EvidenceEvent, Referee, RuleWord, ScoredAlert, StepThreshold,
};

/// The alerts of a replay of `rule`; `event` gives the event of a record that the rule looked at.
pub fn scored_alerts<'a>(
    alerts: &[(Alert, u64)],
    rule: &Rule,
    referee: &Referee<'_>,
    event: impl Fn(Origin) -> Option<EventView<'a>>,
) -> Vec<ScoredAlert> {
    let scored = (1..).zip(alerts).map(|(line, (alert, suppressed))| {
        let is_known = alert.evidence.iter().any(|one| referee.may_know(one.time));
        let evidence = alert.evidence.iter().enumerate().filter(|_| is_known);
        let evidence = evidence.filter_map(|(place, one)| {
            Some(evidence_event(alert, rule, place, *one, &event(one.origin)?))
        });
        let trigger = event(alert.trigger);
        ScoredAlert {
            line,
            id: alert_id(alert, rule),
            rule_id: rule.id.clone(),
            rule_name: rule.name.clone(),
            pack: rule.pack.clone(),
            kind: word(&rule.kind),
            time: alert.time,
            fired_at: alert.fired_at,
            identity: identity(alert, rule, trigger.as_ref()),
            identity_kind: None,
            values: values(alert),
            evidence_total: u64::from(alert.evidence_total),
            evidence_cut: evidence_cut(alert) as u64,
            suppressed: *suppressed,
            evidence: evidence.collect(),
            claims: None,
        }
    });
    scored.collect()
}

fn evidence_event(
    alert: &Alert,
    rule: &Rule,
    place: usize,
    evidence: Evidence,
    view: &EventView<'_>,
) -> EvidenceEvent {
    let step = step_of(alert, place);
    let (correlation_id, operation) =
        (view.text(TextField::CorrelationId), view.text(TextField::Operation));
    EvidenceEvent {
        id: EventId::new(evidence.time, correlation_id, operation),
        step: step.map(|step| step + 1),
        value: distinct_value(view, rule, step),
    }
}

/// Whom an alert is about: of a sequence its group, else the caller of its completing record.
fn identity(alert: &Alert, rule: &Rule, trigger: Option<&EventView<'_>>) -> Option<String> {
    let grouped = alert.group.iter().find(|(field, _)| *field == Field::Identity);
    let grouped = grouped.map(|(_, value)| value.clone());
    let caller = trigger.and_then(|view| view.display(Field::Identity));
    if rule.kind.is_sequence() { grouped.or(caller) } else { caller.or(grouped) }
}

fn values(alert: &Alert) -> AlertValues {
    let values = &alert.values;
    let steps = alert.steps.iter().map(|step| StepThreshold {
        distinct: step.distinct.map(u64::from),
        threshold: u64::from(step.threshold),
    });
    AlertValues {
        distinct: values.distinct.map(u64::from),
        threshold: values.threshold.map(u64::from),
        count_threshold: values.count_threshold.map(u64::from),
        steps: steps.collect(),
    }
}

fn word(kind: &RuleKind) -> RuleWord {
    match kind {
        RuleKind::Query { .. } => RuleWord::Query,
        RuleKind::Threshold(_) => RuleWord::Threshold,
        RuleKind::NewTerms(_) => RuleWord::NewTerms,
        RuleKind::Sequence(_) => RuleWord::Sequence,
    }
}
