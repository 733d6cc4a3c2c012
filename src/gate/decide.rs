//! All requirements together: judged, waived, sorted, and one verdict.

use super::baseline::{Named, check_alike, check_run};
use super::check::{self, Sides};
use super::compare::same_rules;
use super::error::GateError;
use super::lost;
use super::metrics::Metrics;
use super::model::{
    Check, Class, GateCounts, GateReport, InconclusiveIs, Verdict, WaiverRecord, WaiverState,
};
use super::names;
use super::requirement::Requirement;
use super::waivers::Waiver;
use crate::output::RunReport;
use crate::score::{Score, detectable_drop};

/// How much two runs of the same may differ in speed before it says anything, as a share.
pub const NOISE_DEFAULT: f64 = 0.10;
const SCHEMA_VERSION: u32 = 1;
const KIND: &str = "gate";

/// What a gate is asked.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// The score's file, for messages.
    pub file: &'a str,
    /// The score.
    pub score: &'a Score,
    /// The run that was scored.
    pub run: Option<&'a RunReport>,
    /// What to compare with.
    pub baseline: Option<Baseline<'a>>,
    /// What it must meet.
    pub terms: &'a Terms,
}

/// What must be met, and how strictly.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What must be met.
    pub requirements: Vec<Requirement>,
    /// What is waived.
    pub waivers: Vec<Waiver>,
    /// Largest drop of recall that may go unnoticed, as a share; none asks for no such certainty.
    pub margin: Option<f64>,
    /// How much two runs of the same may differ in speed, as a share.
    pub noise: f64,
    /// What a requirement that cannot be told counts as.
    pub inconclusive: InconclusiveIs,
    /// The day that waivers are compared with.
    pub today: jiff::civil::Date,
}

/// An earlier score of the same corpus.
#[derive(Clone, Copy, Debug)]
pub struct Baseline<'a> {
    /// Its file, for messages.
    pub file: &'a str,
    /// The score.
    pub score: &'a Score,
    /// Its run.
    pub run: Option<&'a RunReport>,
}

/// Judges every requirement.
///
/// # Errors
/// [`GateError`] where a requirement cannot be judged at all, or files do not belong together; never a
/// verdict then.
pub fn decide(gate: &Gate<'_>) -> Result<GateReport, GateError> {
    gate.check()?;
    let (expired, counting): (Vec<_>, Vec<_>) =
        gate.terms.waivers.iter().partition(|waiver| waiver.is_expired(gate.terms.today));
    let sides = Sides {
        now: Metrics::new(gate.score, gate.run),
        before: gate.baseline.map(|before| Metrics::new(before.score, before.run)),
    };
    let mut checks = Vec::with_capacity(gate.terms.requirements.len());
    for requirement in &gate.terms.requirements {
        let mut check = judge(requirement, &sides, gate, &counting)?;
        check.is_waived |= counting.iter().any(|waiver| waiver.is_of(requirement));
        check.is_waived &= check.verdict != Verdict::Pass;
        checks.push(check);
    }
    let waivers = records(gate, &checks, &counting, &expired);
    checks.sort_by_key(|check| (check.is_waived, std::cmp::Reverse(check.verdict)));
    // Waived ones come before those that are met.
    checks.sort_by_key(|check| check.verdict == Verdict::Pass);
    Ok(report(gate, checks, waivers))
}

fn judge(
    requirement: &Requirement,
    sides: &Sides,
    gate: &Gate<'_>,
    waivers: &[&Waiver],
) -> Result<Check, GateError> {
    match requirement {
        Requirement::Metric(parts) => check::judge(requirement, parts, sides, gate),
        Requirement::NoLostCampaign(filters) => {
            let before = gate.baseline.ok_or_else(|| GateError::Needs {
                requirement: requirement.to_string(),
                expected: "a baseline (--baseline FILE)",
            })?;
            lost::judge(requirement, filters, (gate.score, before.score), waivers)
        }
    }
}

impl Gate<'_> {
    /// Everything belongs together.
    fn check(&self) -> Result<(), GateError> {
        if self.terms.requirements.is_empty() {
            return Err(GateError::Empty);
        }
        let now = Named { file: self.file, score: self.score };
        if let Some(run) = self.run {
            check_run(now, "run.json", run)?;
        }
        if let Some(Baseline { file, score, run }) = self.baseline {
            let before = Named { file, score };
            check_alike(before, now)?;
            if let Some(run) = run {
                check_run(before, "the baseline's run.json", run)?;
            }
        }
        Ok(())
    }

    /// What of the two machines or builds differs, so that speeds say nothing.
    pub(super) fn unlike_machines(&self) -> Option<String> {
        let (now, before) = (self.run?, self.baseline?.run?);
        let (new, old) = (&now.environment, &before.environment);
        let facts = [
            ("processor", &new.cpu_model, &old.cpu_model),
            ("cores", &new.cores.to_string(), &old.cores.to_string()),
            ("build", &new.build_profile, &old.build_profile),
            ("workers", &now.workers.to_string(), &before.workers.to_string()),
        ];
        let unlike = facts.into_iter().find(|(_, new, old)| new != old);
        unlike.map(|(what, new, old)| format!("{what} {new}, baseline {old}"))
    }
}

/// Every waiver with what became of it.
fn records(
    gate: &Gate<'_>,
    checks: &[Check],
    counting: &[&Waiver],
    expired: &[&Waiver],
) -> Vec<WaiverRecord> {
    let is_used = |waiver: &Waiver| {
        let of_requirement = || {
            gate.terms
                .requirements
                .iter()
                .zip(checks)
                .any(|(requirement, check)| check.is_waived && waiver.is_of(requirement))
        };
        let mut lost = checks.iter().flat_map(|check| &check.lost);
        of_requirement() || lost.any(|campaign| waiver.is_of_campaign(&campaign.campaign_id))
    };
    let counting = counting.iter().map(|waiver| {
        waiver.record(if is_used(waiver) { WaiverState::Used } else { WaiverState::Unused })
    });
    counting.chain(expired.iter().map(|waiver| waiver.record(WaiverState::Expired))).collect()
}

fn report(gate: &Gate<'_>, checks: Vec<Check>, waivers: Vec<WaiverRecord>) -> GateReport {
    let mut counts = GateCounts::default();
    for check in &checks {
        *match check.verdict {
            Verdict::Pass => &mut counts.passed,
            _ if check.is_waived => &mut counts.waived,
            Verdict::Fail => &mut counts.failed,
            Verdict::Inconclusive => &mut counts.inconclusive,
        } += 1;
    }
    let failed = |class| {
        let fails = |check: &Check| {
            check.verdict == Verdict::Fail || gate.terms.inconclusive == InconclusiveIs::Fail
        };
        checks.iter().any(|it| it.class == class && it.counts_against() && fails(it))
    };
    let (quality_failed, performance_failed) = (failed(Class::Quality), failed(Class::Performance));
    let is_open = counts.inconclusive > 0 && gate.terms.inconclusive == InconclusiveIs::Own;
    GateReport {
        schema_version: SCHEMA_VERSION,
        kind: KIND.to_owned(),
        verdict: match (quality_failed || performance_failed, is_open) {
            (true, _) => Verdict::Fail,
            (false, true) => Verdict::Inconclusive,
            (false, false) => Verdict::Pass,
        },
        quality_failed,
        performance_failed,
        corpus_id: gate.score.corpus_id.clone(),
        rules_id: gate.score.rules_id.clone(),
        baseline_rules_id: gate.baseline.map(|before| before.score.rules_id.clone()),
        today: gate.terms.today.to_string(),
        inconclusive: gate.terms.inconclusive,
        counts,
        campaigns: gate.score.campaigns.scored,
        detectable_drop: detectable_drop(gate.score.campaigns.scored),
        notes: notes(gate, &waivers, counts),
        checks,
        waivers,
    }
}

fn notes(gate: &Gate<'_>, waivers: &[WaiverRecord], counts: GateCounts) -> Vec<String> {
    let mut notes = Vec::new();
    let same = gate.baseline.and_then(|before| same_rules(before.score, gate.score));
    notes.extend(same.map(str::to_owned));
    for waiver in waivers {
        let of = names::shown(&waiver.of);
        match waiver.state {
            WaiverState::Used => {}
            WaiverState::Unused => notes.push(format!("The waiver of {of} matches no failure.")),
            WaiverState::Expired => notes
                .push(format!("The waiver of {of} ended on {}: it does not count.", waiver.until)),
        }
    }
    if counts.inconclusive > 0 && gate.terms.inconclusive != InconclusiveIs::Own {
        let is =
            if gate.terms.inconclusive == InconclusiveIs::Pass { "a pass" } else { "a failure" };
        notes.push(format!("What could not be told counts as {is}, as asked for."));
    }
    notes
}
