//! Builds the files that scoring reads: 21 days, 14 of them warm-up, one event a second.

use serde_json::{Value, json};
use vaultdrill::event::{TickSpan, Ticks};
use vaultdrill::score::{
    AlertLog, CleanTwin, DEFAULT_CAMPAIGNS_PER_DAY, Inputs, Manifest, Run, Score, ScoreError, Truth,
};

/// Days of warm-up.
pub(crate) const WARM_UP: i64 = 14;
/// Days in all.
pub(crate) const DAYS: i64 = 21;

/// Minutes into a day of the corpus.
pub(crate) fn at(day: i64, minutes: i64) -> Ticks {
    Ticks::parse(b"2026-03-02T00:00:00Z").unwrap()
        + TickSpan::days(day)
        + TickSpan::minutes(minutes)
}

/// One event, as evidence or as a step.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) correlation_id: String,
    pub(crate) time: Ticks,
    pub(crate) object: Option<String>,
    pub(crate) reveals: bool,
}

/// An event of nobody's campaign.
pub(crate) fn ordinary(name: &str, time: Ticks) -> Event {
    let object = Some(format!("vault/secrets/{name}"));
    Event { correlation_id: name.to_owned(), time, object, reveals: true }
}

#[derive(Clone, Debug)]
pub(crate) struct Campaign {
    pub(crate) id: String,
    pub(crate) class: &'static str,
    pub(crate) attack: String,
    pub(crate) start: Ticks,
    pub(crate) end: Ticks,
    pub(crate) identity: String,
    pub(crate) identity_kind: Option<&'static str>,
    pub(crate) variant: Option<&'static str>,
    pub(crate) steps: Vec<Event>,
    pub(crate) unobserved: u64,
}

impl Campaign {
    /// Reveals `reveals` objects, one a minute from `start` on.
    pub(crate) fn new(
        id: &str,
        class: &'static str,
        attack: &str,
        start: Ticks,
        reveals: i64,
    ) -> Self {
        let time = |k| start + TickSpan::minutes(k);
        let steps = (0..reveals).map(|k| ordinary(&format!("{id}-{k}"), time(k))).collect();
        Self {
            id: id.to_owned(),
            class,
            attack: attack.to_owned(),
            start,
            end: time(reveals - 1),
            identity: format!("identity-of-{id}"),
            identity_kind: None,
            variant: None,
            steps,
            unobserved: 0,
        }
    }

    pub(crate) fn attack(id: &str, start: Ticks) -> Self {
        Self::new(id, "malicious", "bulk_extraction", start, 4)
    }

    fn lines(&self) -> Vec<Value> {
        let mut lines = vec![json!({
            "type": "campaign", "campaign_id": self.id, "class": self.class, "attack": self.attack,
            "technique": ["T1555.006"], "identities": [self.identity], "vaults": ["vault"],
            "start": self.start.to_string(), "end": self.end.to_string(),
            "identity_kind": self.identity_kind, "added_later": true,
            "parameters": {"pace": 60, "variant": self.variant}, "unobserved": self.unobserved,
        })];
        lines.extend(self.steps.iter().map(|step| {
            json!({
                "type": "step", "campaign_id": self.id, "step": "read",
                "time": step.time.to_string(),
                // Truth and parser spell ids in their own case.
                "correlation_id": step.correlation_id.to_uppercase(), "operation": "SecretGet",
                "object": step.object, "reveals": step.reveals,
            })
        }));
        lines
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub(crate) id: String,
    pub(crate) rule: String,
    pub(crate) pack: String,
    pub(crate) kind: &'static str,
    pub(crate) time: Ticks,
    pub(crate) fired_at: Ticks,
    pub(crate) identity: Option<String>,
    pub(crate) values: Value,
    pub(crate) suppressed: u64,
    /// Events it rests on that are not in the evidence.
    pub(crate) cut: u64,
    pub(crate) evidence: Vec<Event>,
    /// How many of the evidence are of each step; empty but for a sequence.
    pub(crate) steps: Vec<usize>,
}

impl Alert {
    /// A match of one event that arrives five minutes after it.
    pub(crate) fn query(id: &str, event: &Event) -> Self {
        Self {
            id: id.to_owned(),
            rule: "vault_modified".to_owned(),
            pack: "ours".to_owned(),
            kind: "query",
            time: event.time,
            fired_at: event.time + TickSpan::minutes(5),
            identity: Some(format!("identity-of-{id}")),
            values: json!({}),
            suppressed: 0,
            cut: 0,
            evidence: vec![event.clone()],
            steps: Vec::new(),
        }
    }

    /// Steps of the kind that counts, each with what it takes and its evidence.
    pub(crate) fn sequence(id: &str, steps: &[(u64, &[Event])]) -> Self {
        let takes =
            steps.iter().map(|(takes, its)| json!({"count": its.len(), "threshold": takes}));
        let evidence: Vec<Event> = steps.iter().flat_map(|(_, its)| its.to_vec()).collect();
        Self {
            rule: "one_after_another".to_owned(),
            kind: "sequence",
            values: json!({"steps": takes.collect::<Vec<_>>()}),
            steps: steps.iter().map(|(_, its)| its.len()).collect(),
            evidence: evidence.clone(),
            ..Self::query(id, evidence.last().unwrap())
        }
    }

    /// At least `threshold` distinct objects among `evidence`.
    pub(crate) fn distinct(id: &str, threshold: u64, evidence: &[Event]) -> Self {
        let values = json!({"distinct": evidence.len(), "threshold": threshold});
        Self::threshold(id, values, evidence)
    }

    pub(crate) fn threshold(id: &str, values: Value, evidence: &[Event]) -> Self {
        Self {
            rule: "bulk_extraction".to_owned(),
            kind: "threshold",
            values,
            evidence: evidence.to_vec(),
            ..Self::query(id, evidence.last().unwrap())
        }
    }

    pub(crate) fn fired(self, fired_at: Ticks) -> Self {
        Self { fired_at, ..self }
    }

    pub(crate) fn by(self, identity: &str) -> Self {
        Self { identity: Some(identity.to_owned()), ..self }
    }

    fn line(&self) -> Value {
        let identity = self.identity.as_ref();
        json!({
            "alert_id": self.id, "rule_id": self.rule, "rule_name": format!("Rule {}", self.rule),
            "pack": self.pack, "kind": self.kind, "severity": "high", "risk_score": 73,
            "time": self.time.to_string(), "fired_at": self.fired_at.to_string(),
            "window": {"start": self.time.to_string(), "end": self.time.to_string()},
            "group": {"identity": identity}, "values": self.values, "evidence": [],
            "evidence_total": self.evidence.len() as u64 + self.cut, "evidence_cut": self.cut,
            "suppressed": self.suppressed,
            "triage": {"identity": identity}, "respond": [], "threat": [],
        })
    }

    fn evidence_lines(&self) -> impl Iterator<Item = Value> {
        let steps = (1..).zip(&self.steps).flat_map(|(step, events)| vec![Some(step); *events]);
        let steps = steps.chain(std::iter::repeat(None::<u64>));
        self.evidence.iter().zip(steps).map(|(event, step)| {
            json!({
                "alert_id": self.id, "correlation_id": event.correlation_id,
                "time": event.time.to_string(), "operation": "SecretGet", "step": step,
                "value": event.object,
            })
        })
    }
}

/// What to score.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drill {
    pub(crate) campaigns: Vec<Campaign>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) clean: Option<Vec<Alert>>,
    /// Rule and days of history.
    pub(crate) histories: Vec<(&'static str, i64)>,
    /// Days that the run learned from before the corpus.
    pub(crate) learned_days: i64,
}

impl Drill {
    pub(crate) fn new(campaigns: &[Campaign], alerts: &[Alert]) -> Self {
        Self { campaigns: campaigns.to_vec(), alerts: alerts.to_vec(), ..Self::default() }
    }

    pub(crate) fn truth_text(&self) -> String {
        let lines = self.campaigns.iter().flat_map(Campaign::lines);
        ndjson("truth", "corpus", lines)
    }

    pub(crate) fn alerts_text(&self) -> String {
        ndjson("alerts", "corpus", self.alerts.iter().map(Alert::line))
    }

    pub(crate) fn evidence_text(&self) -> String {
        ndjson("evidence", "corpus", self.alerts.iter().flat_map(Alert::evidence_lines))
    }

    pub(crate) fn inputs(&self) -> Result<Inputs, ScoreError> {
        inputs(&self.truth_text(), &self.alerts_text(), &self.evidence_text()).map(|inputs| {
            Inputs {
                clean_twin: self.twin(),
                run: (!self.histories.is_empty()).then(|| run(&self.histories, self.learned_days)),
                ..inputs
            }
        })
    }

    pub(crate) fn twin(&self) -> Option<CleanTwin> {
        self.clean.as_deref().map(clean_twin)
    }

    pub(crate) fn score(&self) -> Result<Score, ScoreError> {
        vaultdrill::score::score(&self.inputs()?)
    }
}

/// Reads the three files as text.
pub(crate) fn inputs(truth: &str, alerts: &str, evidence: &str) -> Result<Inputs, ScoreError> {
    let mut log = AlertLog::read("alerts.ndjson", alerts.as_bytes())?;
    log.read_evidence("evidence.ndjson", evidence.as_bytes())?;
    Ok(Inputs {
        truth: Truth::read("truth.ndjson", truth.as_bytes())?,
        alerts: log,
        manifest: Manifest::parse("manifest.json", &manifest("corpus", &json!(["all"])))?,
        run: None,
        clean_twin: None,
        campaigns_per_day: DEFAULT_CAMPAIGNS_PER_DAY,
    })
}

pub(crate) fn manifest(corpus_id: &str, attacks: &Value) -> String {
    json!({
        "schema_version": 1, "corpus_id": corpus_id, "seed": 1, "estate": "midsize",
        "attacks": attacks, "events": DAYS * 86_400, "bytes": 1,
        "first_time": at(0, 0).to_string(), "warmup_end": at(WARM_UP, 0).to_string(),
        "last_time": at(DAYS, 0).to_string(),
    })
    .to_string()
}

fn clean_twin(alerts: &[Alert]) -> CleanTwin {
    let text = ndjson("alerts", "twin", alerts.iter().map(Alert::line));
    CleanTwin {
        alerts: AlertLog::read("clean/alerts.ndjson", text.as_bytes()).unwrap(),
        manifest: Manifest::parse("clean/manifest.json", &manifest("twin", &json!([]))).unwrap(),
    }
}

fn run(histories: &[(&str, i64)], learned_days: i64) -> Run {
    let rules: Vec<Value> = histories
        .iter()
        .map(|(rule, days)| {
            // A rule is named after its pack, or is of ours.
            let pack = rule.split_once('.').map_or("ours", |(pack, _)| pack);
            json!({"rule_id": rule, "pack": pack, "history_seconds": days * 86_400})
        })
        .collect();
    let history = json!({"seconds": learned_days * 86_400});
    let run = json!({"events": 1, "rules": rules, "history": history});
    Run::parse("run.json", &run.to_string()).unwrap()
}

fn ndjson(kind: &str, corpus_id: &str, lines: impl Iterator<Item = Value>) -> String {
    let header = json!({
        "schema_version": 1, "kind": kind, "corpus_id": corpus_id, "rules_id": "rules",
    });
    [header].into_iter().chain(lines).map(|line| format!("{line}\n")).collect()
}
