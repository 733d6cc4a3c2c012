//! What each alert was about, by what is left of its condition once labelled events are taken out.
//!
//! Malicious events go first, then authorised ones, then look-alikes: the class whose removal ends
//! the condition is the alert's. An alert is spurious iff unlabelled events alone would have fired
//! it. Evidence that the run had to leave out of its files is taken for unlabelled: no campaign is
//! credited on the strength of what is not known.

use std::collections::{BTreeMap, BTreeSet};

use super::alerts::StepThreshold;
use super::foreign;
use super::period::CREDIT_SPAN;
use super::{AlertLog, Class, EventId, EvidenceEvent, RuleWord, ScoreError, ScoredAlert, Truth};
use crate::event::Ticks;

/// One alert, judged.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) alert: &'a ScoredAlert,
    /// `None` is spurious.
    pub(super) class: Option<Class>,
    /// Indices of the campaigns of that class whose events it holds, in time to credit them.
    pub(super) campaigns: Vec<usize>,
    /// Those of them that are attacks and that it would have found had there been no other attack.
    pub(super) alone: Vec<usize>,
    /// Indices of all campaigns whose events it holds.
    pub(super) held: BTreeSet<usize>,
    /// It holds events of an attack that ended too long ago to credit.
    pub(super) too_late: bool,
    /// How many of its events are in truth.
    pub(super) labelled: u64,
    /// Its events that are of an attack, with the campaign's index.
    pub(super) steps: Vec<(usize, &'a EventId)>,
    /// Its other events.
    pub(super) benign: Vec<EventKey<'a>>,
}

/// What an event is counted by; of one that only its correlation id is known of, the rest is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EventKey<'a> {
    pub(super) correlation_id: &'a str,
    pub(super) time: Ticks,
    pub(super) operation: &'a str,
}

impl<'a> EventKey<'a> {
    pub(super) fn of(id: &'a EventId) -> Self {
        Self { correlation_id: &id.correlation_id, time: id.time, operation: &id.operation }
    }

    /// Of an event of which no more is known.
    pub(super) fn named(correlation_id: &'a str) -> Self {
        Self { correlation_id, time: Ticks::MIN, operation: "" }
    }
}

/// An evidence event and what truth says of it.
struct Labelled<'a, 'i> {
    event: &'a EvidenceEvent,
    class: Option<Class>,
    campaigns: &'i [usize],
}

/// Judges every alert; sorted by id, so that sums of fractions do not depend on the order of lines.
pub(super) fn judge<'a>(
    truth: &'a Truth,
    log: &'a AlertLog,
) -> Result<Vec<Judged<'a>>, ScoreError> {
    if log.foreign.is_some() {
        return Ok(foreign::matching::judge(truth, log));
    }
    let index = truth.by_event();
    let judged = log.alerts.iter().map(|alert| judge_one(truth, &index, log, alert));
    let mut judged: Vec<_> = judged.collect::<Result<_, _>>()?;
    judged.sort_by(|a, b| a.alert.id.cmp(&b.alert.id));
    Ok(judged)
}

impl<'a> Judged<'a> {
    /// An alert of which nothing is in truth.
    pub(super) fn spurious(alert: &'a ScoredAlert) -> Self {
        Self {
            alert,
            class: None,
            campaigns: Vec::new(),
            alone: Vec::new(),
            held: BTreeSet::new(),
            too_late: false,
            labelled: 0,
            steps: Vec::new(),
            benign: Vec::new(),
        }
    }
}

/// Judges one alert; `index` says which campaigns each event belongs to.
pub(super) fn judge_one<'a>(
    truth: &Truth,
    index: &BTreeMap<&EventId, Vec<usize>>,
    log: &AlertLog,
    alert: &'a ScoredAlert,
) -> Result<Judged<'a>, ScoreError> {
    let found = alert.evidence.len() as u64;
    if found == 0 || found + alert.evidence_cut != alert.evidence_total {
        return Err(ScoreError::EvidenceCount {
            place: log.place(alert),
            alert_id: alert.id.clone(),
            expected: alert.evidence_total.saturating_sub(alert.evidence_cut).max(1),
            found,
        });
    }
    let condition = Condition::of(log, alert)?;
    let class_of = |at: usize| truth.campaigns[at].class;
    let evidence: Vec<Labelled<'a, '_>> = alert
        .evidence
        .iter()
        .map(|event| {
            let campaigns = index.get(&event.id).map_or(&[][..], Vec::as_slice);
            let class = campaigns.iter().map(|&at| class_of(at)).max();
            Labelled { event, class, campaigns }
        })
        .collect();
    condition.check(log, alert, &evidence)?;

    let ladder = [Class::Malicious, Class::Authorised, Class::LookAlike];
    let class = ladder.into_iter().find(|&class| {
        let rest = evidence.iter().filter(|labelled| labelled.class < Some(class));
        !condition.holds(rest, alert.evidence_cut)
    });
    let held: BTreeSet<usize> =
        evidence.iter().flat_map(|labelled| labelled.campaigns.iter().copied()).collect();
    // Being late costs the credit, not the class: the alert is still about the attack.
    let late = |&at: &usize| {
        class_of(at) == Class::Malicious
            && alert.fired_at.since(truth.campaigns[at].end) > CREDIT_SPAN
    };
    let is_credited = |at: &usize| Some(class_of(*at)) == class && !late(at);
    let credited: Vec<usize> = held.iter().copied().filter(is_credited).collect();
    // Without all attacks the condition ends, or none would be credited.
    let holds_alone = |&at: &usize| {
        let is_there = |labelled: &&Labelled<'_, '_>| {
            labelled.class != Some(Class::Malicious) || labelled.campaigns.contains(&at)
        };
        condition.holds(evidence.iter().filter(is_there), alert.evidence_cut)
    };
    let is_attack = |at: &usize| class_of(*at) == Class::Malicious;
    let steps = evidence.iter().flat_map(|labelled| {
        labelled.campaigns.iter().filter(|at| is_attack(at)).map(|&at| (at, &labelled.event.id))
    });
    let benign = evidence.iter().filter(|labelled| labelled.class != Some(Class::Malicious));
    Ok(Judged {
        alert,
        class,
        alone: credited.iter().copied().filter(is_attack).filter(holds_alone).collect(),
        campaigns: credited,
        too_late: held.iter().any(late),
        labelled: evidence.iter().filter(|labelled| !labelled.campaigns.is_empty()).count() as u64,
        held,
        steps: steps.collect(),
        benign: benign.map(|labelled| EventKey::of(&labelled.event.id)).collect(),
    })
}

/// What an alert's evidence must amount to: each part of it, which for a sequence is a step's.
#[derive(Debug)]
struct Condition(Vec<Part>);

#[derive(Debug)]
struct Part {
    /// The step whose evidence counts, from 1; all of it where there is none.
    step: Option<usize>,
    count: u64,
    distinct: u64,
}

impl Condition {
    fn of(log: &AlertLog, alert: &ScoredAlert) -> Result<Self, ScoreError> {
        let missing = |key| ScoreError::MissingValue {
            place: log.place(alert),
            alert_id: alert.id.clone(),
            key,
        };
        let values = &alert.values;
        let whole = |count, distinct| Self(vec![Part { step: None, count, distinct }]);
        match alert.kind {
            // A match rests on its trigger, which is all of its evidence.
            RuleWord::Query | RuleWord::NewTerms | RuleWord::Foreign => {
                Ok(whole(alert.evidence_total, 0))
            }
            RuleWord::Threshold => {
                let threshold = values.threshold.ok_or_else(|| missing("values.threshold"))?;
                Ok(match values.distinct {
                    None => whole(threshold, 0),
                    Some(_) => whole(values.count_threshold.unwrap_or(0), threshold),
                })
            }
            RuleWord::Sequence if values.steps.is_empty() => Err(missing("values.steps")),
            RuleWord::Sequence => {
                let part = |(step, its): (usize, &StepThreshold)| {
                    let (count, distinct) = match its.distinct {
                        None => (its.threshold, 0),
                        Some(_) => (0, its.threshold),
                    };
                    Part { step: Some(step), count, distinct }
                };
                Ok(Self((1..).zip(&values.steps).map(part).collect()))
            }
        }
    }

    /// Whether it is met by `evidence` and as many ordinary events as were `cut`.
    fn holds<'a>(
        &self,
        evidence: impl Iterator<Item = &'a Labelled<'a, 'a>> + Clone,
        cut: u64,
    ) -> bool {
        self.0.iter().all(|part| part.holds(evidence.clone(), cut))
    }

    /// Refuses evidence that never met the condition: everything would look malicious.
    fn check(
        &self,
        log: &AlertLog,
        alert: &ScoredAlert,
        evidence: &[Labelled<'_, '_>],
    ) -> Result<(), ScoreError> {
        let cut = alert.evidence_cut;
        let Some(part) = self.0.iter().find(|part| !part.holds(evidence.iter(), cut)) else {
            return Ok(());
        };
        let (count, distinct) = part.amount(evidence.iter());
        let of_step = part.step.map_or(String::new(), |step| format!(" of step {step}"));
        Err(ScoreError::EvidenceShort {
            place: log.place(alert),
            alert_id: alert.id.clone(),
            condition: format!(
                "{} events and {} distinct values{of_step}",
                part.count, part.distinct
            ),
            found: format!("{count} events and {distinct} distinct values"),
        })
    }
}

impl Part {
    fn holds<'a>(&self, evidence: impl Iterator<Item = &'a Labelled<'a, 'a>>, cut: u64) -> bool {
        // Where a sequence's evidence was cut, no file says which step an event counts for.
        if self.step.is_some() && cut > 0 {
            return true;
        }
        let (count, distinct) = self.amount(evidence);
        // Each event that was cut may have a value of its own.
        let (count, distinct) = (count + cut, distinct + cut);
        count > 0 && count >= self.count && distinct >= self.distinct
    }

    /// Events and distinct values.
    fn amount<'a>(&self, evidence: impl Iterator<Item = &'a Labelled<'a, 'a>>) -> (u64, u64) {
        let mut values = BTreeSet::new();
        let mut count = 0;
        let is_its = |of: &Labelled<'_, '_>| self.step.is_none() || of.event.step == self.step;
        for labelled in evidence.filter(|labelled| is_its(labelled)) {
            count += 1;
            values.extend(labelled.event.value.as_deref());
        }
        (count, values.len() as u64)
    }
}
