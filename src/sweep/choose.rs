//! Which settings are worth a look, and which one to take.
//!
//! The choice is made on the tuning part alone. Recall within one standard error of the best cannot be told
//! from it; among those settings the simplest is the one that changes fewest parameters, then costs
//! least, then moves its parameters least (the sum of the steps' distances, each as a share of its range).

use super::{Axis, Figures, Gap, Place};
use crate::score::Metric;

/// What a setting found and cost on the tuning part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Merit {
    pub(super) recall: f64,
    /// Alerts a day that the budget is for.
    pub(super) cost: f64,
    /// The warm-up holds all the past that it compares with; else its figures are those of a rule that
    /// has not learned yet.
    pub(super) is_taught: bool,
}

/// A choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) setting: usize,
    pub(super) best: usize,
    pub(super) recall_at_least: f64,
    pub(super) candidates: usize,
}

/// Taught settings that no other beats, by cost: each finds more than everything that costs less. Of equals
/// the first is kept.
pub(super) fn frontier(merits: &[Merit]) -> Vec<usize> {
    let mut by_cost: Vec<usize> = (0..merits.len()).filter(|&at| merits[at].is_taught).collect();
    by_cost.sort_by(|&a, &b| {
        let (a, b) = (&merits[a], &merits[b]);
        a.cost.total_cmp(&b.cost).then(b.recall.total_cmp(&a.recall))
    });
    let mut most = f64::NEG_INFINITY;
    by_cost.retain(|&at| {
        let is_better = merits[at].recall > most;
        most = most.max(merits[at].recall);
        is_better
    });
    by_cost
}

/// The setting to take of the taught ones that cost at most `budget`; none where there are none, or they find
/// nothing. `campaigns` is how many the recall is of.
pub(super) fn choose(
    axes: &[Axis],
    settings: &[Place],
    merits: &[Merit],
    (budget, campaigns): (f64, u64),
) -> Option<Choice> {
    let is_affordable = |one: &Merit| one.is_taught && one.cost <= budget;
    let affordable: Vec<usize> =
        (0..merits.len()).filter(|&at| is_affordable(&merits[at])).collect();
    let simplicity = |at: usize| {
        let changed = changed(axes, &settings[at]);
        (changed, merits[at].cost, moved(axes, &settings[at]))
    };
    let simpler = |&a: &usize, &b: &usize| {
        let ((a, a_cost, a_moved), (b, b_cost, b_moved)) = (simplicity(a), simplicity(b));
        a.cmp(&b).then(a_cost.total_cmp(&b_cost)).then(a_moved.total_cmp(&b_moved))
    };
    let best = affordable.iter().copied().min_by(|a, b| {
        merits[*b].recall.total_cmp(&merits[*a].recall).then_with(|| simpler(a, b))
    })?;
    if merits[best].recall <= 0.0 {
        return None;
    }
    let recall_at_least = one_standard_error_below(merits[best].recall, campaigns);
    let near = affordable.iter().copied().filter(|&at| merits[at].recall >= recall_at_least);
    let near: Vec<usize> = near.collect();
    let setting = near.iter().copied().min_by(simpler)?;
    Some(Choice { setting, best, recall_at_least, candidates: near.len() })
}

fn changed(axes: &[Axis], setting: &Place) -> usize {
    axes.iter().zip(setting).filter(|(axis, step)| axis.present() != **step).count()
}

fn moved(axes: &[Axis], setting: &Place) -> f64 {
    let distance = |(axis, &step): (&Axis, &usize)| {
        let steps = axis.steps.len().saturating_sub(1).max(1);
        axis.present().abs_diff(step) as f64 / steps as f64
    };
    axes.iter().zip(setting).map(distance).sum()
}

/// The lower end of the Wilson interval of one standard error: unlike the plain error it is not zero where
/// everything was found.
fn one_standard_error_below(share: f64, n: u64) -> f64 {
    let n = n.max(1) as f64;
    let centre = share + 0.5 / n;
    let half = (share * (1.0 - share) / n + 0.25 / (n * n)).sqrt();
    ((centre - half) / (1.0 + 1.0 / n)).max(0.0)
}

/// How much better recall is on the part the choice was made on, by Newcombe's method for two
/// independent shares. Also a setting that nobody chose has such a gap, as the parts differ in seeds,
/// estates and variants: what a chosen one has beyond it is the optimism of the choice.
pub(super) fn optimism(tuning: &Figures, held_out: &Figures) -> Gap {
    let known = |metric: &Metric| Some((metric.value?, metric.lo?, metric.hi?));
    let (Some((a, a_lo, a_hi)), Some((b, b_lo, b_hi))) =
        (known(&tuning.recall), known(&held_out.recall))
    else {
        let method = "not known: a part has no campaign".to_owned();
        return Gap { value: None, lo: None, hi: None, method };
    };
    let difference = a - b;
    Gap {
        value: Some(difference),
        lo: Some(difference - (a - a_lo).hypot(b_hi - b)),
        hi: Some(difference + (a_hi - a).hypot(b - b_lo)),
        method: "Newcombe 95 %".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Parameter;

    fn merits(all: &[(f64, f64)]) -> Vec<Merit> {
        all.iter().map(|&(recall, cost)| Merit { recall, cost, is_taught: true }).collect()
    }

    fn axis(own: f64) -> Axis {
        let parameter =
            Parameter { name: "p".to_owned(), value: own, is_duration: false, is_whole: true };
        Axis { parameter, steps: vec![0.0, 1.0, 2.0, 3.0], effect: String::new() }
    }

    #[test]
    fn the_frontier_has_what_nothing_cheaper_beats() {
        let merits =
            merits(&[(0.5, 2.0), (0.5, 1.0), (0.9, 4.0), (0.8, 5.0), (0.4, 1.0), (0.95, 9.0)]);
        assert_eq!(frontier(&merits), [1, 2, 5]);
    }

    #[test]
    fn the_simplest_within_one_standard_error_is_taken() {
        let axes = [axis(1.0), axis(1.0)];
        let settings = [vec![1, 1], vec![2, 1], vec![3, 1], vec![3, 3]];
        // One standard error below 90 of 100 is 0.866.
        let merits = merits(&[(0.80, 1.0), (0.87, 1.0), (0.88, 1.0), (0.90, 0.5)]);
        let choice = choose(&axes, &settings, &merits, (1.0, 100)).unwrap();
        assert_eq!((choice.best, choice.setting, choice.candidates), (3, 1, 3));
        assert!((choice.recall_at_least - 0.866).abs() < 0.001, "{}", choice.recall_at_least);
        let own = choose(&axes, &settings, &merits, (1.0, 4)).unwrap();
        assert_eq!(own.setting, 0, "four campaigns cannot tell these apart");
        assert_eq!(choose(&axes, &settings, &merits, (0.4, 100)), None);
    }

    #[test]
    fn what_is_not_taught_or_finds_nothing_is_not_taken() {
        let (axes, settings) = ([axis(1.0)], [vec![1], vec![2]]);
        let mut merits = merits(&[(0.5, 1.0), (0.9, 0.5)]);
        merits[1].is_taught = false;
        assert_eq!(frontier(&merits), [0]);
        assert_eq!(choose(&axes, &settings, &merits, (1.0, 100)).unwrap().setting, 0);
        merits[0].recall = 0.0;
        assert_eq!(choose(&axes, &settings, &merits, (1.0, 100)), None);
    }

    #[test]
    fn one_standard_error_is_not_zero_where_everything_was_found() {
        assert!((one_standard_error_below(1.0, 50) - 50.0 / 51.0).abs() < 1e-12);
        assert!(one_standard_error_below(0.0, 50).abs() < 1e-12);
        let plain = 0.5 - (0.25_f64 / 10_000.0).sqrt();
        assert!((one_standard_error_below(0.5, 10_000) - plain).abs() < 1e-4);
    }
}
