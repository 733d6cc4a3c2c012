//! The event as a unit: how much of the attacks lies in alerts about them, and how much of what alerts
//! hold is of an attack.
//!
//! Events of a campaign are not independent, nor are those of an identity's alerts: intervals resample
//! whole campaigns and whole identities. An event counts once, however many alerts hold it.

use std::collections::{BTreeMap, BTreeSet};

use super::campaigns::Outcome;
use super::matching::{EventKey, Judged};
use super::{AlertLog, EventScore, Metric, Truth, bootstrap};

/// Events of the scored period.
pub(super) fn events(
    truth: &Truth,
    log: &AlertLog,
    judged: &[&Judged<'_>],
    outcomes: &[Outcome<'_>],
) -> EventScore {
    let silent = judged.iter().filter(|one| one.alert.evidence_total == 0).count();
    if log.foreign.is_some() && silent > 0 {
        let all = judged.len();
        let reason =
            format!("not known: {silent} of {all} alerts do not say which events they rest on");
        return EventScore {
            recall: Metric::unknown(&reason),
            precision: Metric::unknown(&reason),
        };
    }
    let cut = judged.iter().filter(|one| one.alert.evidence_cut > 0).count();
    let mut score =
        EventScore { recall: recall(truth, judged, outcomes), precision: precision(judged) };
    if cut > 0 {
        for metric in [&mut score.recall, &mut score.precision] {
            metric.method.push_str(&format!("; without what {cut} alerts had to leave out"));
        }
    }
    score
}

/// Share of the events of scored campaigns that an alert holds which credits their campaign.
fn recall(truth: &Truth, judged: &[&Judged<'_>], outcomes: &[Outcome<'_>]) -> Metric {
    let mut held: BTreeMap<&str, BTreeSet<_>> = BTreeMap::new();
    for one in judged {
        let credited = one.steps.iter().filter(|(at, _)| one.campaigns.contains(at));
        for &(at, event) in credited {
            held.entry(&truth.campaigns[at].id).or_default().insert(event);
        }
    }
    let cluster = |outcome: &Outcome<'_>| {
        let hits = held.get(outcome.campaign.id.as_str()).map_or(0, BTreeSet::len);
        [hits as f64, outcome.campaign.steps.len() as f64]
    };
    bootstrap::ratio(&outcomes.iter().map(cluster).collect::<Vec<_>>(), "campaigns")
}

/// Share of the events that alerts hold which are of an attack; each is one of its first alert's.
fn precision(judged: &[&Judged<'_>]) -> Metric {
    let mut seen: BTreeSet<EventKey<'_>> = BTreeSet::new();
    let mut clusters: BTreeMap<_, [f64; 2]> = BTreeMap::new();
    for one in judged {
        let [hits, total] = clusters.entry(one.alert.cluster()).or_default();
        let malicious = one.steps.iter().map(|(_, event)| (EventKey::of(event), 1.0));
        let benign = one.benign.iter().map(|&key| (key, 0.0));
        for (key, hit) in malicious.chain(benign) {
            if seen.insert(key) {
                *hits += hit;
                *total += 1.0;
            }
        }
    }
    bootstrap::ratio(&clusters.into_values().collect::<Vec<_>>(), "identities")
}
