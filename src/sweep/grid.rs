//! Which settings to try: all combinations, or where those are too many each parameter alone and a
//! sample that fills the space between.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::{Axis, Sampling};

/// Most settings of one sweep: each costs a replay of every corpus.
pub const MAX_SETTINGS: usize = 256;

/// Most of them that change one parameter alone, where not all combinations are tried.
const MAX_ALONE: usize = MAX_SETTINGS / 2;

/// How often a sample is drawn anew to replace settings it has already.
const DRAWS: usize = 8;

/// A setting: the place of each parameter's value among its steps.
pub type Place = Vec<usize>;

/// The settings to try, the rule file's own first, the others in order.
pub fn settings(axes: &[Axis], seed: u64) -> (Vec<Place>, Sampling) {
    let combinations =
        axes.iter().fold(1_u64, |all, axis| all.saturating_mul(axis.steps.len() as u64));
    let is_full_grid = combinations <= MAX_SETTINGS as u64;
    let mut chosen = if is_full_grid { full(axes) } else { sampled(axes, seed) };
    let own: Place = axes.iter().map(Axis::present).collect();
    chosen.remove(&own);
    let settings: Vec<Place> = std::iter::once(own).chain(chosen).collect();
    let method = if is_full_grid {
        format!("all {combinations} combinations of the steps")
    } else {
        let most = axes.iter().map(|axis| axis.steps.len()).max().unwrap_or_default();
        let thinned = match steps_alone(axes) {
            steps if steps < most => format!(" at up to {steps} of its steps"),
            _ => String::new(),
        };
        format!(
            "{} of {combinations} combinations: each parameter alone{thinned}, and a Latin hypercube \
             sample of the rest",
            settings.len()
        )
    };
    (settings, Sampling { is_full_grid, combinations, seed, method })
}

fn full(axes: &[Axis]) -> BTreeSet<Place> {
    axes.iter().fold(BTreeSet::from([Vec::new()]), |settings, axis| {
        let longer = settings.iter().flat_map(|setting| {
            (0..axis.steps.len()).map(|step| setting.iter().copied().chain([step]).collect())
        });
        longer.collect()
    })
}

fn sampled(axes: &[Axis], seed: u64) -> BTreeSet<Place> {
    let own: Place = axes.iter().map(Axis::present).collect();
    let mut chosen = BTreeSet::from([own.clone()]);
    for (place, axis) in axes.iter().enumerate() {
        let (count, last) = (steps_alone(axes).min(axis.steps.len()), axis.steps.len() - 1);
        for row in 0..count {
            let mut setting = own.clone();
            setting[place] = row * last / (count - 1).max(1);
            chosen.insert(setting);
        }
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..DRAWS {
        let missing = MAX_SETTINGS.saturating_sub(chosen.len());
        chosen.extend(hypercube(axes, missing, &mut rng));
    }
    chosen
}

/// Most steps of each parameter that are tried alone: evenly spaced ones, both ends among them.
fn steps_alone(axes: &[Axis]) -> usize {
    MAX_ALONE / axes.len().max(1)
}

/// `count` settings that take each parameter through its steps evenly, paired at random.
fn hypercube(axes: &[Axis], count: usize, rng: &mut ChaCha8Rng) -> Vec<Place> {
    let mut settings = vec![Place::new(); count];
    for axis in axes {
        let mut strata: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            strata.swap(last, (rng.next_u64() % (last as u64 + 1)) as usize);
        }
        for (setting, stratum) in settings.iter_mut().zip(strata) {
            // Anywhere in its stratum: of few settings the first would else always be the lowest.
            let within = f64::from(rng.next_u32()) / 4_294_967_296.0;
            let share = (stratum as f64 + within) / count as f64;
            setting.push((share * axis.steps.len() as f64) as usize);
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Parameter;

    fn axis(steps: usize, own: usize) -> Axis {
        let steps: Vec<f64> = (0..steps).map(|step| step as f64).collect();
        let parameter = Parameter {
            name: "p".to_owned(),
            value: own as f64,
            is_duration: false,
            is_whole: true,
        };
        Axis { parameter, steps, effect: String::new() }
    }

    #[test]
    fn few_combinations_are_all_tried_the_own_one_first() {
        let (settings, sampling) = super::settings(&[axis(2, 1), axis(3, 0)], 1);
        let expected = [[1, 0], [0, 0], [0, 1], [0, 2], [1, 1], [1, 2]];
        assert_eq!(settings, expected.map(Vec::from));
        assert!(sampling.is_full_grid);
    }

    #[test]
    fn there_are_never_more_than_the_most_and_both_ends_are_tried_alone() {
        let axes = [axis(200, 4), axis(200, 0), axis(200, 8)];
        let (settings, sampling) = super::settings(&axes, 7);
        assert_eq!(settings.len(), MAX_SETTINGS);
        assert!(settings.contains(&vec![4, 199, 8]) && settings.contains(&vec![0, 0, 8]));
        assert!(sampling.method.contains("at up to 42 of its steps"), "{}", sampling.method);
    }

    #[test]
    fn many_are_sampled_evenly_with_each_parameter_alone_among_them() {
        let axes = [axis(10, 4), axis(20, 0), axis(9, 8)];
        let (settings, sampling) = super::settings(&axes, 7);
        assert!(!sampling.is_full_grid);
        assert_eq!(settings.len(), MAX_SETTINGS);
        let distinct: BTreeSet<_> = settings.iter().collect();
        assert_eq!(distinct.len(), settings.len());
        for step in 0..20 {
            assert!(settings.contains(&vec![4, step, 8]), "{step}");
            let tried = settings.iter().filter(|setting| setting[1] == step).count();
            assert!((6..=40).contains(&tried) || step == 0, "{step}: {tried}");
        }
        assert_eq!(super::settings(&axes, 7).0, settings);
        assert_ne!(super::settings(&axes, 8).0, settings);
    }
}
