//! Scores of a world of two attacks, made by the scorer itself, and gates over them.

use serde_json::json;
use vaultdrill::event::TickSpan;
use vaultdrill::gate::{
    Baseline, Gate, GateError, GateReport, InconclusiveIs, NOISE_DEFAULT, Requirement, Terms,
    WaiverFile, decide,
};
use vaultdrill::output::RunReport;
use vaultdrill::rules::Severity;
use vaultdrill::score::Score;

use crate::fixture::{Alert, Campaign, Drill, at, ordinary};

pub(crate) const ATTACKS: [&str; 2] = ["bulk-extraction", "key-ransom"];

/// Campaigns found or not, `key-ransom` (severity high) every other one, and alerts of ordinary
/// identities, in the clean twin as well.
pub(crate) fn score(found: &[bool], noise: &[u64]) -> Score {
    let (mut campaigns, mut alerts) = (Vec::new(), Vec::new());
    for (k, &found) in (0..).zip(found) {
        let attack = ATTACKS[k as usize % 2];
        let id = format!("{attack}-{k:03}");
        let campaign = Campaign::new(&id, "malicious", attack, at(14 + k % 5, 5 * k), 4);
        if found {
            let alert = Alert::distinct(&format!("alert-{k}"), 3, &campaign.steps);
            alerts.push(alert.by(&campaign.identity));
        }
        campaigns.push(campaign);
    }
    let noisy = (0..).zip(noise).flat_map(|(k, &count)| {
        (0..count as i64).map(move |it| {
            let event = ordinary(&format!("n-{k}-{it}"), at(15, k) + TickSpan::seconds(it));
            Alert::query(&format!("noise-{k}-{it}"), &event).by(&format!("identity-{k:03}"))
        })
    });
    let noisy: Vec<Alert> = noisy.collect();
    alerts.extend(noisy.iter().cloned());
    let drill = Drill { campaigns, alerts, clean: Some(noisy), ..Drill::default() };
    let mut score = drill.score().unwrap();
    for outcome in &mut score.outcomes {
        let is_ransom = outcome.attack == "key-ransom";
        outcome.severity = Some(if is_ransom { Severity::High } else { Severity::Low });
    }
    score
}

/// The first `found` of `all` campaigns.
pub(crate) fn first(found: usize, all: usize) -> Vec<bool> {
    (0..all).map(|k| k < found).collect()
}

pub(crate) fn run(events_per_second: f64, p99_ns: u64) -> RunReport {
    let state =
        json!({"keys": 1, "cap": 10, "bytes": 1000, "bytes_per_key": 1000.0, "evictions": 0});
    let run = json!({
        "schema_version": 1, "corpus_id": "corpus", "rules_id": "rules", "records": 10, "events": 10,
        "bytes": 1000, "malformed": {"total": 0, "by_reason": {}, "samples": []}, "foreign": 0,
        "duplicates": 0, "duplicate_keys": 0, "late": 0, "timing": "streaming", "lateness": 7200.0,
        "arrival_source": "arrivals.i64", "workers": 2, "block_bytes": 1024, "wall_seconds": 1.0,
        "events_per_second": events_per_second, "bytes_per_second": 1000.0, "stage_seconds": {},
        "decision_latency": {
            "count": 10, "p50_ns": 1000, "p90_ns": 2000, "p99_ns": p99_ns, "p99_9_ns": 4000,
            "max_ns": 5000, "hdr_v2_base64": "",
        },
        "alerts": 3, "alerts_dropped": 0, "duplicates_forgotten": 0, "changes_dropped": 0,
        "profiles": state, "rules": [],
        "environment": {
            "cpu_model": "some", "cores": 2, "kernel": "linux", "build_profile": "release",
            "tool_version": "0.1.0",
        },
        "command": [],
    });
    serde_json::from_value(run).unwrap()
}

/// A gate under construction.
pub(crate) struct World {
    pub(crate) now: Score,
    pub(crate) before: Option<Score>,
    pub(crate) runs: [Option<RunReport>; 2],
    pub(crate) terms: Terms,
}

impl World {
    pub(crate) fn new(now: Score) -> Self {
        let terms = Terms {
            requirements: Vec::new(),
            waivers: Vec::new(),
            margin: None,
            noise: NOISE_DEFAULT,
            inconclusive: InconclusiveIs::Own,
            today: "2026-11-25".parse().unwrap(),
        };
        Self { now, before: None, runs: [None, None], terms }
    }

    pub(crate) fn against(now: Score, before: Score) -> Self {
        Self { before: Some(Score { rules_id: "old".to_owned(), ..before }), ..Self::new(now) }
    }

    pub(crate) fn waivers(mut self, text: &str) -> Self {
        self.terms.waivers = WaiverFile::parse("waivers.toml", text).unwrap();
        self
    }

    pub(crate) fn decide(&mut self, requirements: &[&str]) -> Result<GateReport, GateError> {
        let parsed = requirements.iter().map(|text| Requirement::parse(text));
        self.terms.requirements = parsed.collect::<Result<_, _>>()?;
        let [run, base_run] = &self.runs;
        let baseline = self.before.as_ref().map(|score| Baseline {
            file: "old/score.json",
            score,
            run: base_run.as_ref(),
        });
        decide(&Gate {
            file: "score.json",
            score: &self.now,
            run: run.as_ref(),
            baseline,
            terms: &self.terms,
        })
    }

    /// The word for each requirement, in the order of the report.
    pub(crate) fn words(&mut self, requirements: &[&str]) -> Vec<&'static str> {
        let report = self.decide(requirements).unwrap();
        report.checks.iter().map(|check| check.word()).collect()
    }

    pub(crate) fn refusal(&mut self, requirement: &str) -> String {
        self.decide(&[requirement]).unwrap_err().to_string()
    }
}
