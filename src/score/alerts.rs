//! Alerts and the events each rests on, as the detection core wrote them.
//!
//! Keys it does not know are allowed. Holds every evidence event in memory: the engine caps alerts.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;

use super::foreign::{Claims, Foreign};
use super::lines::{Lines, ticks};
use super::{EventId, ScoreError};
use crate::event::Ticks;

/// All alerts of one run.
#[derive(Debug)]
pub struct AlertLog {
    /// Name of the file, for errors.
    pub file: String,
    /// The corpus that was read; empty where another product's alerts do not say.
    pub corpus_id: String,
    /// The rules that read it.
    pub rules_id: String,
    /// The alerts, in file order.
    pub alerts: Vec<ScoredAlert>,
    /// What is known of the alerts of another product; `None` for our own.
    pub foreign: Option<Foreign>,
}

/// What scoring needs to know of an alert.
#[derive(Debug)]
pub struct ScoredAlert {
    /// Line in its file, from 1.
    pub line: usize,
    /// Unique within the run.
    pub id: String,
    /// The rule that fired.
    pub rule_id: String,
    /// Its name for people.
    pub rule_name: String,
    /// The pack it was loaded with; empty where the file does not say.
    pub pack: String,
    /// Its kind.
    pub kind: RuleWord,
    /// Event time.
    pub time: Ticks,
    /// Arrival time of the completing record.
    pub fired_at: Ticks,
    /// Whom it is about, where it names somebody.
    pub identity: Option<String>,
    /// What kind of identity that is.
    pub identity_kind: Option<String>,
    /// The numbers of its condition.
    pub values: AlertValues,
    /// How many events it rests on.
    pub evidence_total: u64,
    /// How many of them the run had to leave out of its files.
    pub evidence_cut: u64,
    /// How many further alerts it absorbed.
    pub suppressed: u64,
    /// The events it rests on; empty until [`AlertLog::read_evidence`].
    pub evidence: Vec<EvidenceEvent>,
    /// What another product's alert says it is about; `None` for our own.
    pub claims: Option<Claims>,
}

/// Kind of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleWord {
    /// Matches one event.
    Query,
    /// Counts events or distinct values.
    Threshold,
    /// Fires on a tuple not seen before.
    NewTerms,
    /// Looks for one thing after another.
    Sequence,
    /// Of another product, which does not say.
    #[serde(skip)]
    Foreign,
}

/// The numbers of an alert's condition.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AlertValues {
    /// Distinct values; absent where the rule counts events only.
    pub distinct: Option<u64>,
    /// Least distinct values, or least events where there is no distinct part, that fire.
    pub threshold: Option<u64>,
    /// Least events where the rule has a distinct part as well.
    pub count_threshold: Option<u64>,
    /// What each step of a sequence takes; empty for other kinds.
    #[serde(default)]
    pub steps: Vec<StepThreshold>,
}

/// What one step of a sequence takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct StepThreshold {
    /// Distinct values; absent where the step counts events.
    pub distinct: Option<u64>,
    /// Least of them, or least events where it counts these.
    pub threshold: u64,
}

/// One event that an alert rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceEvent {
    /// Which event.
    pub id: EventId,
    /// The step of a sequence that it counts for, from 1.
    pub step: Option<usize>,
    /// The distinct field's value, for a threshold rule or a step with a distinct part.
    pub value: Option<String>,
}

#[derive(Deserialize)]
struct WireAlert {
    alert_id: String,
    rule_id: String,
    rule_name: String,
    #[serde(default)]
    pack: String,
    kind: RuleWord,
    #[serde(deserialize_with = "ticks")]
    time: Ticks,
    #[serde(deserialize_with = "ticks")]
    fired_at: Ticks,
    #[serde(default)]
    group: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    values: AlertValues,
    evidence_total: u64,
    #[serde(default)]
    evidence_cut: u64,
    #[serde(default)]
    suppressed: u64,
    #[serde(default)]
    triage: WireTriage,
}

#[derive(Default, Deserialize)]
struct WireTriage {
    identity: Option<String>,
    identity_kind: Option<String>,
}

#[derive(Deserialize)]
struct WireEvidence {
    alert_id: String,
    correlation_id: String,
    #[serde(deserialize_with = "ticks")]
    time: Ticks,
    operation: String,
    step: Option<usize>,
    value: Option<String>,
}

impl AlertLog {
    /// Reads the alerts file called `file`.
    ///
    /// # Errors
    /// A line out of contract, or an alert id twice.
    pub fn read(file: &str, reader: impl BufRead) -> Result<Self, ScoreError> {
        let (header, mut lines) = Lines::open(file, "alerts", reader)?;
        let mut alerts = Vec::new();
        let mut ids = std::collections::BTreeSet::new();
        while let Some(wire) = lines.next::<WireAlert>("an alert line")? {
            if !ids.insert(wire.alert_id.clone()) {
                let (place, id) = (lines.place(), wire.alert_id);
                return Err(ScoreError::Duplicate { place, key: "alert_id", id });
            }
            alerts.push(ScoredAlert::from_wire(lines.line(), wire));
        }
        Ok(Self {
            file: file.to_owned(),
            corpus_id: header.corpus_id,
            rules_id: header.rules_id,
            alerts,
            foreign: None,
        })
    }

    /// Adds the evidence file called `file`, which must hold all events of all alerts.
    ///
    /// # Errors
    /// A line out of contract, evidence of another corpus or of no alert, or not as many events as
    /// an alert says it rests on.
    pub fn read_evidence(&mut self, file: &str, reader: impl BufRead) -> Result<(), ScoreError> {
        let (header, mut lines) = Lines::open(file, "evidence", reader)?;
        if header.corpus_id != self.corpus_id {
            return Err(ScoreError::Unlike {
                file: file.to_owned(),
                key: "corpus_id",
                other: self.file.clone(),
                expected: self.corpus_id.clone(),
                found: header.corpus_id,
            });
        }
        let index: BTreeMap<String, usize> =
            self.alerts.iter().enumerate().map(|(at, alert)| (alert.id.clone(), at)).collect();
        while let Some(wire) = lines.next::<WireEvidence>("an evidence line")? {
            let Some(&at) = index.get(&wire.alert_id) else {
                return Err(ScoreError::Unknown {
                    place: lines.place(),
                    key: "alert_id",
                    file: self.file.clone(),
                    id: wire.alert_id,
                });
            };
            let id = EventId::new(wire.time, &wire.correlation_id, &wire.operation);
            self.alerts[at].evidence.push(EvidenceEvent { id, step: wire.step, value: wire.value });
        }
        Ok(())
    }

    /// File and line of an alert, for an error.
    pub(super) fn place(&self, alert: &ScoredAlert) -> String {
        format!("{}:{}", self.file, alert.line)
    }
}

impl ScoredAlert {
    fn from_wire(line: usize, wire: WireAlert) -> Self {
        let grouped = wire.group.get("identity").and_then(|id| id.as_str()).map(str::to_owned);
        // A sequence is about its group: the last to arrive may be what somebody did for it.
        let (first, second) = match wire.kind {
            RuleWord::Sequence => (grouped, wire.triage.identity.clone()),
            _ => (wire.triage.identity.clone(), grouped),
        };
        let identity = first.or(second).filter(|id| !id.is_empty());
        let is_callers = identity == wire.triage.identity;
        Self {
            line,
            identity,
            identity_kind: wire.triage.identity_kind.filter(|_| is_callers),
            id: wire.alert_id,
            rule_id: wire.rule_id,
            rule_name: wire.rule_name,
            pack: wire.pack,
            kind: wire.kind,
            time: wire.time,
            fired_at: wire.fired_at,
            values: wire.values,
            evidence_total: wire.evidence_total,
            evidence_cut: wire.evidence_cut,
            suppressed: wire.suppressed,
            evidence: Vec::new(),
            claims: None,
        }
    }

    /// What the alert is counted under where alerts depend on each other: its identity, or itself.
    pub(super) fn cluster(&self) -> (bool, &str) {
        self.identity.as_deref().map_or((false, self.id.as_str()), |identity| (true, identity))
    }
}
