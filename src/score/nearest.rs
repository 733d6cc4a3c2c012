//! How near a missed campaign came to being found: of its events and the rules, the pair that lacked
//! least, and what it lacked.
//!
//! The order is that of [`progress`], from 0 to 1, and stands there alone: what alerted or was absorbed
//! comes before what fell short of a number, by how far; what a rule had been told to let pass, and would
//! have alerted on otherwise, counts as half way; what no rule counted comes last. Of equals the earliest
//! step is named, then the first rule by id.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::nearest_text::why;
use super::{Campaign, EventId, Score, Truth};
use crate::detect::{Fate, Trace, Watch};
use crate::rules::{Rule, RuleKind, RuleSet};

/// The step of a missed campaign that came nearest to detection.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Nearest {
    /// The rule that came nearest; null where none sees any event of the campaign.
    pub rule_id: Option<String>,
    /// The step.
    pub step: NearestStep,
    /// What kept it from alerting.
    pub obstacle: Obstacle,
    /// What was counted, where something was.
    pub value: Option<u32>,
    /// What would have been enough.
    pub limit: Option<u32>,
    /// How near it came, 0 to 1.
    pub progress: f64,
    /// The same as a sentence.
    pub why: String,
}

impl Nearest {
    /// The rule, if there is one, and why it did not fire.
    pub(crate) fn told(&self) -> String {
        let rule = self.rule_id.as_ref().map(|rule| format!("{rule}: "));
        rule.unwrap_or_default() + &self.why
    }
}

/// One event of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct NearestStep {
    /// Correlation id of its record, in lower case.
    pub correlation_id: String,
    /// Its event time.
    pub time: String,
    /// What it did.
    pub operation: String,
    /// Its place among the campaign's events by time, from 1.
    pub place: u64,
    /// How many those are.
    pub of: u64,
}

/// What kept an event from alerting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// It alerted, but the alert credits nothing.
    NotCredited,
    /// An earlier alert absorbed it.
    Absorbed,
    /// The sequence was complete without it.
    NotNeeded,
    /// A threshold was not reached.
    BelowThreshold,
    /// A sequence was not complete.
    IncompleteSequence,
    /// The past of the group excuses it, or is yet to be learned.
    Excused,
    /// Its terms were known.
    Known,
    /// What must be known of its terms was not.
    Stranger,
    /// The rule only learned.
    Learning,
    /// An exception hides it.
    Excepted,
    /// It lacks a field of the rule's group.
    Ungrouped,
    /// It came too late to be judged.
    Late,
    /// The rule is judged on a schedule, which is not traced.
    NotTraced,
    /// No rule's query matches it.
    Unseen,
}

/// What to watch in order to tell how near the missed campaigns came: the times of their events.
pub fn watch_for(score: &Score, truth: &Truth) -> Watch {
    let missed = score.missed.iter().filter_map(|record| campaign(truth, &record.campaign_id));
    Watch::new(missed.flat_map(|campaign| campaign.steps.keys().map(|id| id.time)))
}

/// Tells of each missed campaign which step came nearest, from the traces of a run of `rules` that
/// watched [`watch_for`] it. Campaigns that no trace tells of stay as they are.
pub fn tell_nearest(score: &mut Score, truth: &Truth, rules: &RuleSet, traces: &[Trace]) {
    let mut by_event: BTreeMap<EventId, Vec<&Trace>> = BTreeMap::new();
    for trace in traces {
        let id = EventId::new(trace.time, &trace.correlation_id, &trace.operation);
        by_event.entry(id).or_default().push(trace);
    }
    for record in &mut score.missed {
        if let Some(campaign) = campaign(truth, &record.campaign_id) {
            record.nearest = nearest(campaign, &record.reason, rules, &by_event);
        }
    }
}

fn campaign<'a>(truth: &'a Truth, id: &str) -> Option<&'a Campaign> {
    truth.campaigns.iter().find(|campaign| campaign.id == id)
}

fn nearest(
    campaign: &Campaign,
    reason: &str,
    rules: &RuleSet,
    by_event: &BTreeMap<EventId, Vec<&Trace>>,
) -> Option<Nearest> {
    let mut best: Option<(f64, u64, &EventId, &Trace)> = None;
    for (place, id) in (1..).zip(campaign.steps.keys()) {
        for &trace in by_event.get(id).into_iter().flatten() {
            let progress = progress(&trace.fate, rule_of(trace, rules));
            if best.is_none_or(|(most, ..)| progress > most) {
                best = Some((progress, place, id, trace));
            }
        }
    }
    let (progress, place, id, trace) = best?;
    let rule = rule_of(trace, rules);
    let step = NearestStep {
        correlation_id: id.correlation_id.clone(),
        time: id.time.to_string(),
        operation: trace.operation.clone(),
        place,
        of: campaign.steps.len() as u64,
    };
    let (value, limit) = numbers(&trace.fate);
    Some(Nearest {
        rule_id: rule.map(|rule| rule.id.clone()),
        obstacle: obstacle(&trace.fate),
        value,
        limit,
        progress,
        why: why(&trace.fate, rule, &step, reason),
        step,
    })
}

fn rule_of<'a>(trace: &Trace, rules: &'a RuleSet) -> Option<&'a Rule> {
    rules.rules.get(trace.rule?)
}

/// The order of nearness, whole: whatever fell short of a number lies below what did not.
fn progress(fate: &Fate, rule: Option<&Rule>) -> f64 {
    const SHORT_MAX: f64 = 0.97;
    match fate {
        Fate::Fired => 1.0,
        Fate::Absorbed { .. } => 0.99,
        Fate::Beside => 0.98,
        Fate::Below { value, limit, .. } => share(*value, *limit).min(SHORT_MAX),
        Fate::Incomplete { met, steps, found, needed } => {
            let steps_met = f64::from(*met) + share(*found, *needed).min(SHORT_MAX);
            (steps_met / f64::from(*steps)).min(SHORT_MAX)
        }
        Fate::Excused { .. } | Fate::Known { .. } | Fate::Stranger | Fate::Learning => 0.5,
        // Where one event is enough, the exception is all that was in the way.
        Fate::Excepted { .. } if rule.is_some_and(alerts_on_one_event) => 0.5,
        Fate::Ungrouped { .. } | Fate::Late | Fate::Scheduled => 0.02,
        Fate::Excepted { .. } => 0.01,
        Fate::Unseen => 0.0,
    }
}

fn share(value: u32, limit: u32) -> f64 {
    f64::from(value) / f64::from(limit.max(1))
}

fn alerts_on_one_event(rule: &Rule) -> bool {
    matches!(rule.kind, RuleKind::Query { .. } | RuleKind::NewTerms(_))
}

fn numbers(fate: &Fate) -> (Option<u32>, Option<u32>) {
    match *fate {
        Fate::Below { value, limit, .. } => (Some(value), Some(limit)),
        Fate::Incomplete { found, needed, met, steps } if met < steps => {
            (Some(found), Some(needed))
        }
        Fate::Excused { value, .. } => (Some(value), None),
        _ => (None, None),
    }
}

fn obstacle(fate: &Fate) -> Obstacle {
    match fate {
        Fate::Fired => Obstacle::NotCredited,
        Fate::Absorbed { .. } => Obstacle::Absorbed,
        Fate::Beside => Obstacle::NotNeeded,
        Fate::Below { .. } => Obstacle::BelowThreshold,
        Fate::Incomplete { .. } => Obstacle::IncompleteSequence,
        Fate::Excused { .. } => Obstacle::Excused,
        Fate::Known { .. } => Obstacle::Known,
        Fate::Stranger => Obstacle::Stranger,
        Fate::Learning => Obstacle::Learning,
        Fate::Excepted { .. } => Obstacle::Excepted,
        Fate::Ungrouped { .. } => Obstacle::Ungrouped,
        Fate::Late => Obstacle::Late,
        Fate::Scheduled => Obstacle::NotTraced,
        Fate::Unseen => Obstacle::Unseen,
    }
}
