//! Whether truth is about this corpus: every step's event is there, as truth has it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Check, EXAMPLES, Stated, compare, some};
use crate::event::{EventView, TextField, Ticks};
use crate::score::{EventId, Truth};

/// The events of truth, until they are met.
pub(super) struct Sought {
    /// Not met yet, and when truth says that their first copy arrived.
    missing: BTreeMap<EventId, Option<Ticks>>,
    /// Correlation ids of truth, and whether an event of one was met that is no step.
    correlation_ids: BTreeMap<String, Option<(Ticks, String)>>,
    /// Steps that arrived at another time than truth says.
    late: u64,
    examples: Vec<String>,
    steps: usize,
}

impl Sought {
    pub(super) fn new(truth: &Truth) -> Self {
        let steps = || truth.campaigns.iter().flat_map(|campaign| &campaign.steps);
        let missing: BTreeMap<_, _> =
            steps().map(|(id, step)| (id.clone(), step.arrived)).collect();
        let correlation_ids = steps().map(|(id, _)| (id.correlation_id.clone(), None)).collect();
        let steps = missing.len();
        Self { missing, correlation_ids, late: 0, examples: Vec::new(), steps }
    }

    /// Takes note of an event; of its arrival if that is known and not derived.
    pub(super) fn meet(&mut self, event: &EventView<'_>, knows_arrival: bool) {
        let correlation_id = event.text(TextField::CorrelationId);
        let Some(other) = self.correlation_ids.get_mut(correlation_id) else { return };
        let id = EventId {
            time: event.event.time,
            correlation_id: correlation_id.to_owned(),
            operation: event.text(TextField::Operation).to_lowercase(),
        };
        match self.missing.remove(&id) {
            Some(arrived) => {
                let found = event.event.arrival;
                if knows_arrival && arrived.is_some_and(|arrived| arrived != found) {
                    self.late += 1;
                    if self.examples.len() < EXAMPLES {
                        let arrived = arrived.unwrap_or_default();
                        self.examples
                            .push(format!("{correlation_id}: expected {arrived}, found {found}"));
                    }
                }
            }
            None => *other = Some((id.time, id.operation)),
        }
    }

    /// The checks that follow, once all events have been met.
    pub(super) fn checks(&self, truth: &Truth, stated: &Stated) -> Vec<Check> {
        let expected = stated.members.get("corpus_id").and_then(Value::as_str).unwrap_or("none");
        vec![
            Check::new("truth", compare("truth of corpus", expected, &truth.corpus_id)),
            Check::new("campaigns", campaigns(truth, stated)),
            Check::new("spans", spans(truth)),
            Check::new("steps", self.found()),
            Check::new(
                "step arrivals",
                match self.late {
                    0 => Ok("as truth has them".to_owned()),
                    count => Err(some(&self.examples, count)),
                },
            ),
        ]
    }

    fn found(&self) -> Result<String, String> {
        let told = self.missing.keys().take(EXAMPLES).map(|id| {
            let EventId { time, correlation_id, operation } = id;
            let found = match self.correlation_ids.get(correlation_id) {
                Some(Some((time, operation))) => format!("{operation} at {time}"),
                _ => "no record with its correlation id".to_owned(),
            };
            format!("{correlation_id}: expected {operation} at {time}, found {found}")
        });
        let told: Vec<String> = told.collect();
        match self.missing.len() {
            0 => Ok(format!("{} events, all there", self.steps)),
            count => Err(some(&told, count as u64)),
        }
    }
}

/// Whether as many campaigns of each name are in truth as the manifest states.
fn campaigns(truth: &Truth, stated: &Stated) -> Result<String, String> {
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for campaign in &truth.campaigns {
        *found.entry(&campaign.attack).or_default() += 1;
    }
    let Some(counts) = stated.members.get("campaigns").and_then(Value::as_object) else {
        return Ok(format!("{}, the manifest states no number", truth.campaigns.len()));
    };
    let names: BTreeSet<&str> =
        found.keys().copied().chain(counts.keys().map(String::as_str)).collect();
    let unlike = names.into_iter().filter_map(|name| {
        let expected = counts.get(name).and_then(Value::as_u64).unwrap_or(0);
        let found = found.get(name).copied().unwrap_or(0);
        (expected != found).then(|| format!("{name}: expected {expected}, found {found}"))
    });
    let unlike: Vec<String> = unlike.collect();
    match unlike.len() {
        0 => Ok(format!("{} campaigns and look-alikes", truth.campaigns.len())),
        count => Err(some(&unlike[..count.min(EXAMPLES)], count as u64)),
    }
}

/// Whether every step lies between the start and the end of its campaign.
fn spans(truth: &Truth) -> Result<String, String> {
    let outside = truth.campaigns.iter().filter_map(|campaign| {
        let (start, end) = (campaign.start, campaign.end);
        let step = campaign.steps.keys().find(|id| !(start..=end).contains(&id.time))?;
        Some(format!(
            "{}: expected steps from {start} to {end}, found one at {}",
            campaign.id, step.time
        ))
    });
    let outside: Vec<String> = outside.collect();
    match outside.len() {
        0 => Ok("every step within its campaign".to_owned()),
        count => Err(some(&outside[..count.min(EXAMPLES)], count as u64)),
    }
}
