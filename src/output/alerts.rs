//! alerts.ndjson and evidence.ndjson: one line per alert, and one per evidence event of each.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use xxhash_rust::xxh3::Xxh3;

use super::actions::{Actions, Touched, touched};
use super::reread::Reread;
use super::triage::{TriageLine, triage_line};
use super::{PartialFile, ResultsError, SCHEMA_VERSION};
use crate::detect::{Alert, Evidence, StepValues};
use crate::engine::Outcome;
use crate::event::{EventView, TextField};
use crate::ingest::IngestError;
use crate::noise::{Common, Noted};
use crate::rules::{Need, Rule, RuleKind, RuleSet};

pub(super) const ALERTS: &str = "alerts.ndjson";
pub(super) const EVIDENCE: &str = "evidence.ndjson";

#[derive(Serialize)]
struct Header<'a> {
    schema_version: u32,
    kind: &'a str,
    corpus_id: &'a str,
    rules_id: &'a str,
}

#[derive(Serialize)]
struct AlertLine<'a> {
    alert_id: &'a str,
    rule_id: &'a str,
    rule_name: &'a str,
    pack: &'a str,
    kind: &'a str,
    severity: &'a str,
    risk_score: u8,
    time: String,
    fired_at: String,
    window: Window,
    group: BTreeMap<&'a str, &'a str>,
    values: ValuesLine,
    evidence: Vec<EvidenceShown<'a>>,
    evidence_total: u32,
    /// How many of them are not in evidence.ndjson either.
    evidence_cut: usize,
    suppressed: u64,
    triage: TriageLine,
    respond: &'a [String],
    actions: Actions,
    threat: Vec<&'a str>,
}

#[derive(Serialize)]
struct Window {
    start: String,
    end: String,
}

#[derive(Serialize)]
struct ValuesLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distinct: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count_threshold: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<String>,
    /// Of a sequence only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StepLine>,
}

#[derive(Serialize)]
struct StepLine {
    count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    distinct: Option<u32>,
    threshold: u32,
}

#[derive(Serialize)]
struct EvidenceShown<'a> {
    correlation_id: String,
    time: String,
    operation: String,
    file: &'a str,
    offset: u64,
}

#[derive(Serialize)]
struct EvidenceLine<'a> {
    alert_id: &'a str,
    correlation_id: &'a str,
    time: String,
    operation: &'a str,
    /// The step of a sequence that the event counts for, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// Writes alerts.ndjson and evidence.ndjson of `outcome` into `folder`; gives what is to be noted of the
/// alerts.
///
/// # Errors
/// Those of writing, naming the file; an input whose records are not what they were.
pub fn write_alerts(
    folder: &Path,
    outcome: &Outcome,
    rules: &RuleSet,
) -> Result<Vec<Noted>, ResultsError> {
    let ([alerts, evidence], noted) = partial_alerts(folder, outcome, rules)?;
    evidence.finish()?;
    alerts.finish()?;
    Ok(noted)
}

/// Both files written in full, but without their names yet.
pub(super) fn partial_alerts(
    folder: &Path,
    outcome: &Outcome,
    rules: &RuleSet,
) -> Result<([PartialFile; 2], Vec<Noted>), ResultsError> {
    let corpus_id = format!("{:032x}", outcome.findings.corpus_id);
    let mut alerts = PartialFile::create(&folder.join(ALERTS))?;
    let mut evidence = PartialFile::create(&folder.join(EVIDENCE))?;
    for (file, kind) in [(&mut alerts, "alerts"), (&mut evidence, "evidence")] {
        let header = Header {
            schema_version: SCHEMA_VERSION,
            kind,
            corpus_id: &corpus_id,
            rules_id: rules.rules_id(),
        };
        line(file, &header)?;
    }
    let reread = Reread::new(&outcome.files, &outcome.limits, rules.extras());
    let evidence_max = outcome.limits.evidence;
    let mut text = AlertText { reread, names: &outcome.file_names, rules, evidence_max };
    let mut noted = Vec::with_capacity(outcome.findings.alerts.len());
    for (alert, suppressed) in &outcome.findings.alerts {
        let rule = &rules.rules[alert.rule];
        let alert_id = alert_id(alert, rule);
        let mut common = Common::default();
        let touched = touched(&mut text.reread, alert, |place, event| {
            common.add(event);
            let step = step_of(alert, place);
            line(&mut evidence, &EvidenceLine::new(&alert_id, event, rule, step))
                .map_err(ResultsError::Write)
        })?;
        line(&mut alerts, &text.alert(&alert_id, alert, touched, *suppressed, rule)?)?;
        noted.push(note(&mut text.reread, alert, common)?);
    }
    alerts.flush()?;
    evidence.flush()?;
    Ok(([alerts, evidence], noted))
}

/// What is to be noted of the alerts of `outcome`, where they are not written.
///
/// # Errors
/// An input whose records are not what they were.
pub fn note_alerts(outcome: &Outcome, rules: &RuleSet) -> Result<Vec<Noted>, IngestError> {
    let mut reread = Reread::new(&outcome.files, &outcome.limits, rules.extras());
    let of_alert = |(alert, _): &(Alert, u64)| {
        let mut common = Common::default();
        for event in &alert.evidence {
            if common.is_settled() {
                break;
            }
            common.add(&reread.event(event.origin)?);
        }
        note(&mut reread, alert, common)
    };
    outcome.findings.alerts.iter().map(of_alert).collect()
}

fn note(reread: &mut Reread<'_>, alert: &Alert, common: Common) -> Result<Noted, IngestError> {
    let common = if evidence_cut(alert) > 0 { Common::unknown() } else { common };
    Ok(Noted::new(alert, &reread.event(alert.trigger)?, common))
}

fn line(file: &mut PartialFile, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *file, value)?;
    file.write_all(b"\n")
}

/// The same alert on the same corpus has the same id in every run.
pub(crate) fn alert_id(alert: &Alert, rule: &Rule) -> String {
    let mut hash = Xxh3::new();
    hash.update(rule.id.as_bytes());
    hash.update(&alert.group_key.0.to_le_bytes());
    hash.update(&alert.trigger.file.to_le_bytes());
    hash.update(&alert.trigger.offset.to_le_bytes());
    format!("{:032x}", hash.digest128())
}

/// Turns what the core knows of an alert into text.
struct AlertText<'a> {
    reread: Reread<'a>,
    names: &'a [String],
    rules: &'a RuleSet,
    /// Most evidence events listed.
    evidence_max: usize,
}

impl<'a> AlertText<'a> {
    fn alert<'b>(
        &mut self,
        alert_id: &'b str,
        alert: &'b Alert,
        touched: Touched,
        suppressed: u64,
        rule: &'b Rule,
    ) -> Result<AlertLine<'b>, IngestError>
    where
        'a: 'b,
    {
        let values = &alert.values;
        Ok(AlertLine {
            alert_id,
            rule_id: &rule.id,
            rule_name: &rule.name,
            pack: &rule.pack,
            kind: rule.kind.word(),
            severity: rule.severity.word(),
            risk_score: rule.risk_score,
            time: alert.time.to_string(),
            fired_at: alert.fired_at.to_string(),
            window: Window { start: alert.window.0.to_string(), end: alert.window.1.to_string() },
            group: alert
                .group
                .iter()
                .map(|(field, value)| (field.word(), value.as_str()))
                .collect(),
            values: ValuesLine {
                count: values.count,
                distinct: values.distinct,
                threshold: values.threshold,
                count_threshold: values.count_threshold,
                baseline: values.baseline,
                last_seen: values.last_seen.map(|time| time.to_string()),
                steps: alert.steps.iter().map(StepLine::new).collect(),
            },
            evidence: self.evidence_shown(alert)?,
            evidence_total: alert.evidence_total,
            evidence_cut: evidence_cut(alert),
            suppressed,
            triage: triage_line(&mut self.reread, self.rules, alert)?,
            respond: &rule.guidance.respond,
            actions: touched.into_actions(&mut self.reread, alert)?,
            threat: rule.threat.iter().flat_map(threat_ids).collect(),
        })
    }

    /// The trigger first, then the newest others, newest first; evidence.ndjson has all of it.
    fn evidence_shown(&mut self, alert: &Alert) -> Result<Vec<EvidenceShown<'a>>, IngestError> {
        let is_trigger = |event: &&Evidence| event.origin == alert.trigger;
        let trigger = alert.evidence.iter().filter(is_trigger);
        let others = alert.evidence.iter().rev().filter(|event| !is_trigger(event));
        trigger.chain(others).take(self.evidence_max).map(|event| self.shown(event)).collect()
    }

    fn shown(&mut self, evidence: &Evidence) -> Result<EvidenceShown<'a>, IngestError> {
        let event = self.reread.event(evidence.origin)?;
        Ok(EvidenceShown {
            correlation_id: event.text(TextField::CorrelationId).to_owned(),
            time: evidence.time.to_string(),
            operation: event.text(TextField::Operation).to_owned(),
            file: &self.names[evidence.origin.file as usize],
            offset: evidence.origin.offset,
        })
    }
}

impl<'a> EvidenceLine<'a> {
    fn new(alert_id: &'a str, event: &EventView<'a>, rule: &Rule, step: Option<usize>) -> Self {
        Self {
            alert_id,
            correlation_id: event.text(TextField::CorrelationId),
            time: event.event.time.to_string(),
            operation: event.text(TextField::Operation),
            step: step.map(|step| step + 1),
            value: distinct_value(event, rule, step),
        }
    }
}

impl StepLine {
    fn new(step: &StepValues) -> Self {
        let StepValues { count, distinct, threshold } = *step;
        Self { count, distinct, threshold }
    }
}

/// Evidence that the core could not keep, because the rule had too much of it.
pub(crate) fn evidence_cut(alert: &Alert) -> usize {
    (alert.evidence_total as usize).saturating_sub(alert.evidence.len())
}

/// Which step of a sequence the evidence at `place` counts for, from 0; not known where evidence had
/// to be left out.
pub(crate) fn step_of(alert: &Alert, place: usize) -> Option<usize> {
    if evidence_cut(alert) > 0 {
        return None;
    }
    let mut before = 0;
    alert.steps.iter().position(|step| {
        before += step.count as usize;
        place < before
    })
}

/// The value that the event adds to a distinct count, so that a reader can count again.
pub(crate) fn distinct_value(
    event: &EventView<'_>,
    rule: &Rule,
    step: Option<usize>,
) -> Option<String> {
    let distinct = match &rule.kind {
        RuleKind::Threshold(threshold) => threshold.distinct.as_ref()?,
        RuleKind::Sequence(sequence) => match &sequence.steps.get(step?)?.need {
            Need::Distinct(distinct) => distinct,
            Need::Count(_) => return None,
        },
        RuleKind::Query { .. } | RuleKind::NewTerms(_) => return None,
    };
    let fields = distinct.fields.iter();
    let values: Option<Vec<String>> = fields.map(|&field| event.display(field)).collect();
    values.map(|values| values.join("\t"))
}

fn threat_ids(threat: &crate::rules::Threat) -> impl Iterator<Item = &str> {
    std::iter::once(threat.tactic.as_str()).chain(threat.techniques.iter().map(String::as_str))
}
