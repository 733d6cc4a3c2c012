//! Takes out of a score what another product's alerts cannot tell: no figure rather than a wrong one.

use crate::score::{AlertLog, Delays, Metric, ObjectsRevealed, Score};

const SUPPRESSED: &str = "not known: alerts of another product do not say what they absorbed";
const ARRIVAL: &str = "not known: not every alert says when it was written";
const TIME: &str = "not known: not every alert says when that happened which it is about";
/// Why a campaign was missed.
const UNMATCHED: &str = "no alert names it in time";

/// Blanks the figures that `log` does not support; nothing where it is our own.
pub(in crate::score) fn blank(score: &mut Score, log: &AlertLog) {
    let Some(foreign) = log.foreign else { return };
    score.recall_without_suppression = Metric::unknown(SUPPRESSED);
    if !foreign.arrival_known {
        blank_arrivals(score);
    }
    if !foreign.time_known {
        blank_delays(&mut score.event_time_delay_seconds, TIME);
        blank_delays(&mut score.event_time_delay_from_reveal_seconds, TIME);
    }
    for missed in &mut score.missed {
        UNMATCHED.clone_into(&mut missed.reason);
    }
}

fn blank_arrivals(score: &mut Score) {
    for outcome in score.outcomes.iter_mut().filter(|outcome| outcome.is_found()) {
        outcome.fired_at = None;
        outcome.objects_revealed_before_alert = None;
        for finding in outcome.found_by.values_mut() {
            finding.fired_at = None;
        }
    }
    let own = (
        &mut score.detection_time_seconds,
        &mut score.detection_time_from_reveal_seconds,
        &mut score.objects_revealed_before_alert,
    );
    let rules = score.by_rule.values_mut().map(|rule| {
        (
            &mut rule.detection_time_seconds,
            &mut rule.detection_time_from_reveal_seconds,
            &mut rule.objects_revealed_before_alert,
        )
    });
    let attacks = score.by_attack.values_mut().map(|attack| {
        (
            &mut attack.detection_time_seconds,
            &mut attack.detection_time_from_reveal_seconds,
            &mut attack.objects_revealed_before_alert,
        )
    });
    for (first, reveal, objects) in [own].into_iter().chain(rules).chain(attacks) {
        blank_delays(first, ARRIVAL);
        blank_delays(reveal, ARRIVAL);
        let ObjectsRevealed { p50, p90, .. } = objects;
        for metric in [p50, p90] {
            *metric = Metric::unknown(ARRIVAL);
        }
    }
}

fn blank_delays(delays: &mut Delays, reason: &str) {
    let Delays { p50, p90, p99, .. } = delays;
    for metric in [p50, p90, p99] {
        *metric = Metric::unknown(reason);
    }
}
