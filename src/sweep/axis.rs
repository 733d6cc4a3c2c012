//! One parameter and the values to try of it.

use super::SweptParameter;
use crate::rules::{Parameter, Rule};

/// From this ratio of its ends on, a range is walked by factors: from 1 minute to 1 day what
/// matters is twice as much, not one minute more.
const WIDE: f64 = 8.0;

/// Values of a parameter that is swept alone, where no number is given.
pub const STEPS_ALONE: usize = 24;

/// Values of each parameter of several.
pub const STEPS_OF_SEVERAL: usize = 8;

/// Most values of one parameter.
pub const MAX_STEPS: usize = 200;

/// A parameter and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The parameter at the rule file's own value.
    pub parameter: Parameter,
    /// Values to try, ascending, the file's own among them.
    pub steps: Vec<f64>,
    /// What moving it does, where the rule says.
    pub effect: String,
}

impl Axis {
    /// `count` values from `low` to `high`, both included, rounded to what a rule file would say.
    pub fn new(rule: &Rule, parameter: Parameter, (low, high): (f64, f64), count: usize) -> Self {
        let tunable = rule.tunables.iter().find(|it| it.name == parameter.name);
        let effect = tunable.map_or(String::new(), |it| it.effect.trim().replace('\n', " "));
        let last = count.saturating_sub(1).max(1) as f64;
        let is_wide = low > 0.0 && high / low >= WIDE;
        let step = |place: usize| {
            let share = place as f64 / last;
            if is_wide { low * (high / low).powf(share) } else { low + (high - low) * share }
        };
        let rounded = (0..count).map(|place| rounded(&parameter, step(place)).clamp(low, high));
        let mut steps: Vec<f64> = rounded.chain([parameter.value]).collect();
        steps.sort_by(f64::total_cmp);
        steps.dedup_by(|a, b| a.total_cmp(b).is_eq());
        Self { parameter, steps, effect }
    }

    /// Where the rule file's own value is among the steps.
    pub(super) fn present(&self) -> usize {
        let own = self.parameter.value;
        self.steps.iter().position(|step| step.total_cmp(&own).is_eq()).unwrap_or(0)
    }

    /// As sweep.json has it.
    pub(super) fn swept(&self) -> SweptParameter {
        SweptParameter {
            name: self.parameter.name.clone(),
            is_duration: self.parameter.is_duration,
            present: self.parameter.value,
            steps: self.steps.clone(),
            effect: self.effect.clone(),
        }
    }
}

/// What a person would write: whole numbers, two decimals, durations in their unit.
fn rounded(parameter: &Parameter, value: f64) -> f64 {
    if parameter.is_duration {
        let units = [(172_800.0, 21_600.0), (7200.0, 900.0), (600.0, 60.0), (60.0, 5.0)];
        let unit = units.into_iter().find(|&(from, _)| value >= from).map_or(1.0, |(_, unit)| unit);
        (value / unit).round() * unit
    } else if parameter.is_whole {
        value.round()
    } else {
        (value * 100.0).round() / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{EMBEDDED, parse_rule};

    fn axis(name: &str, range: (f64, f64), count: usize) -> Vec<f64> {
        let text = EMBEDDED.iter().find(|(id, _)| *id == "bulk-extraction").unwrap().1;
        let rule = parse_rule("test", text).unwrap();
        let parameter = rule.parameters().into_iter().find(|it| it.name == name).unwrap();
        Axis::new(&rule, parameter, range, count).steps
    }

    #[test]
    fn wide_ranges_go_by_factors_and_narrow_ones_by_steps() {
        let windows = axis("threshold.window", (60.0, 3840.0), 4);
        assert_eq!(windows, [60.0, 240.0, 600.0, 960.0, 3840.0]);
        let multiples = axis("threshold.adaptive.multiple", (1.0, 4.0), 4);
        assert_eq!(multiples, [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn a_whole_number_is_tried_once_however_many_steps_there_are() {
        assert_eq!(axis("threshold.distinct.values", (18.0, 21.0), 30), [18.0, 19.0, 20.0, 21.0]);
    }

    #[test]
    fn the_own_value_is_tried_even_outside_the_range() {
        assert_eq!(axis("threshold.distinct.values", (30.0, 31.0), 2), [20.0, 30.0, 31.0]);
    }
}
