//! alerts.ndjson and evidence.ndjson: one line per alert, and one per evidence event of each.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use xxhash_rust::xxh3::Xxh3;

use super::reread::Reread;
use super::{PartialFile, SCHEMA_VERSION};
use crate::detect::{Alert, Evidence, StepValues, Triage};
use crate::engine::Outcome;
use crate::event::{EventView, Field, TextField};
use crate::rules::{Need, Rule, RuleKind, RuleSet};

/// Evidence shown in an alert itself: the trigger and the newest others. All of it is in
/// evidence.ndjson.
const MAX_EVIDENCE_SHOWN: usize = 10;

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
    suppressed: u64,
    triage: TriageLine,
    respond: &'a [String],
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

/// The facts of [`Triage`], and what the completing record itself says.
#[derive(Serialize)]
struct TriageLine {
    identity: Option<String>,
    identity_kind: &'static str,
    user: Option<String>,
    app: Option<String>,
    vault: Option<String>,
    object: Option<String>,
    source_ip: Option<String>,
    client: Option<String>,
    first_seen: Option<String>,
    active_days: u32,
    daily_events: f64,
    events_today: u32,
    hour_share: f64,
    denied_24h: u32,
    new_source_block: bool,
    new_client: bool,
    known_source_blocks: u32,
    known_clients: u32,
    known_vaults: u32,
    maintenance: bool,
    recent_changes: Vec<ChangeShown>,
}

#[derive(Serialize)]
struct ChangeShown {
    correlation_id: String,
    time: String,
    operation: String,
    change: &'static str,
    by: Option<String>,
    grantee: Option<String>,
}

/// Writes alerts.ndjson and evidence.ndjson of `outcome` into `folder`.
///
/// # Errors
/// Those of writing, naming the file.
pub fn write_alerts(folder: &Path, outcome: &Outcome, rules: &RuleSet) -> io::Result<()> {
    let corpus_id = format!("{:032x}", outcome.findings.corpus_id);
    let mut alerts = PartialFile::create(&folder.join("alerts.ndjson"))?;
    let mut evidence = PartialFile::create(&folder.join("evidence.ndjson"))?;
    for (file, kind) in [(&mut alerts, "alerts"), (&mut evidence, "evidence")] {
        let header = Header {
            schema_version: SCHEMA_VERSION,
            kind,
            corpus_id: &corpus_id,
            rules_id: rules.rules_id(),
        };
        line(file, &header)?;
    }
    let reread = Reread::new(&outcome.files);
    let mut text = AlertText { reread, names: &outcome.file_names, rules };
    for (alert, suppressed) in &outcome.findings.alerts {
        let rule = &rules.rules[alert.rule];
        let alert_id = alert_id(alert, rule);
        line(&mut alerts, &text.alert(&alert_id, alert, *suppressed, rule))?;
        for (place, event) in alert.evidence.iter().enumerate() {
            let event = text.reread.event(event.origin);
            let step = step_of(alert, place);
            line(&mut evidence, &EvidenceLine::new(&alert_id, &event, rule, step))?;
        }
    }
    alerts.finish()?;
    evidence.finish()
}

fn line(file: &mut PartialFile, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *file, value)?;
    file.write_all(b"\n")
}

/// The same alert on the same corpus has the same id in every run.
fn alert_id(alert: &Alert, rule: &Rule) -> String {
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
}

impl<'a> AlertText<'a> {
    fn alert<'b>(
        &mut self,
        alert_id: &'b str,
        alert: &'b Alert,
        suppressed: u64,
        rule: &'b Rule,
    ) -> AlertLine<'b>
    where
        'a: 'b,
    {
        let values = &alert.values;
        AlertLine {
            alert_id,
            rule_id: &rule.id,
            rule_name: &rule.name,
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
            evidence: self.evidence_shown(alert),
            evidence_total: alert.evidence_total,
            suppressed,
            triage: self.triage(alert),
            respond: &rule.guidance.respond,
            threat: rule.threat.iter().flat_map(threat_ids).collect(),
        }
    }

    /// The trigger first, then the newest others, newest first.
    fn evidence_shown(&mut self, alert: &Alert) -> Vec<EvidenceShown<'a>> {
        let is_trigger = |event: &&Evidence| event.origin == alert.trigger;
        let trigger = alert.evidence.iter().filter(is_trigger);
        let others = alert.evidence.iter().rev().filter(|event| !is_trigger(event));
        trigger.chain(others).take(MAX_EVIDENCE_SHOWN).map(|event| self.shown(event)).collect()
    }

    fn shown(&mut self, evidence: &Evidence) -> EvidenceShown<'a> {
        let event = self.reread.event(evidence.origin);
        EvidenceShown {
            correlation_id: event.text(TextField::CorrelationId).to_owned(),
            time: evidence.time.to_string(),
            operation: event.text(TextField::Operation).to_owned(),
            file: &self.names[evidence.origin.file as usize],
            offset: evidence.origin.offset,
        }
    }

    fn triage(&mut self, alert: &Alert) -> TriageLine {
        let Triage { recent_changes, .. } = &alert.triage;
        let recent_changes = recent_changes.iter().map(|change| self.change(change)).collect();
        let facts = &alert.triage;
        let event = self.reread.event(alert.trigger);
        TriageLine {
            identity: event.display(Field::Identity),
            identity_kind: event.event.identity_kind.word(),
            user: event.display(Field::User),
            app: event.display(Field::App),
            vault: event.display(Field::Vault),
            object: event.display(Field::Object),
            source_ip: event.display(Field::SourceIp),
            client: event.display(Field::Client),
            first_seen: facts.first_seen.map(|time| time.to_string()),
            active_days: facts.active_days,
            daily_events: facts.daily_events,
            events_today: facts.events_today,
            hour_share: facts.hour_share,
            denied_24h: facts.denied_24h,
            new_source_block: facts.new_source_block,
            new_client: facts.new_client,
            known_source_blocks: facts.known_source_blocks,
            known_clients: facts.known_clients,
            known_vaults: facts.known_vaults,
            maintenance: self.rules.maintenance_at(event.event.time),
            recent_changes,
        }
    }

    fn change(&mut self, change: &Evidence) -> ChangeShown {
        let event = self.reread.event(change.origin);
        ChangeShown {
            correlation_id: event.text(TextField::CorrelationId).to_owned(),
            time: change.time.to_string(),
            operation: event.text(TextField::Operation).to_owned(),
            change: event.event.change.word(),
            by: event.display(Field::Identity),
            grantee: event.display(Field::Grantee),
        }
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

/// Which step of a sequence the evidence at `place` counts for, from 0; not known where evidence had
/// to be left out.
fn step_of(alert: &Alert, place: usize) -> Option<usize> {
    if alert.evidence.len() != alert.evidence_total as usize {
        return None;
    }
    let mut before = 0;
    alert.steps.iter().position(|step| {
        before += step.count as usize;
        place < before
    })
}

/// The value that the event adds to a distinct count, so that a reader can count again.
fn distinct_value(event: &EventView<'_>, rule: &Rule, step: Option<usize>) -> Option<String> {
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
