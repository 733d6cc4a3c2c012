//! One requirement about a figure, judged: FAIL only if the figure is beyond the limit and the
//! interval excludes the limit, INCONCLUSIVE if it is beyond and the interval does not.

use super::baseline::difference;
use super::decide::Gate;
use super::error::{ExpressionError, GateError};
use super::metrics::{Figure, Found, Metrics, NotFound};
use super::model::{Check, Class, Power, Quantity, Verdict};
use super::names;
use super::requirement::{Limit, MetricRequirement, Requirement, Unit};
use crate::score::{
    Metric, campaigns_for_drop, campaigns_to_tell, detectable_difference, detectable_drop,
};

/// Sums and shares that differ by less, as a share of the figures, are the same.
const ROUNDING: f64 = 1e-9;

/// The figures of a gate's two sides.
pub(super) struct Sides {
    pub(super) now: Metrics,
    pub(super) before: Option<Metrics>,
}

/// What a requirement compares.
struct Compared<'a> {
    parts: &'a MetricRequirement,
    found: Found,
    /// The baseline's figure, where the requirement names it.
    base: Option<Found>,
    /// What is judged: the figure, or its difference from factor times baseline.
    judged: Metric,
    /// What that is compared with.
    limit: f64,
}

pub(super) fn judge(
    requirement: &Requirement,
    parts: &MetricRequirement,
    sides: &Sides,
    gate: &Gate<'_>,
) -> Result<Check, GateError> {
    let compared = Compared::new(requirement, parts, sides, gate)?;
    let (verdict, reason) = compared.verdict(gate);
    let is_told = verdict != Verdict::Inconclusive;
    let Compared { found, base, judged, limit, .. } = &compared;
    let base_value = base.as_ref().map(|base| base.figure.value());
    let whole_limit = match (parts.limit, base_value) {
        (Limit::Baseline { factor, .. }, Some(base)) => factor * base + limit,
        _ => *limit,
    };
    Ok(Check {
        requirement: requirement.to_string(),
        class: found.class,
        verdict,
        is_waived: false,
        reason,
        quantity: found.quantity,
        observed: Some(found.figure.metric()),
        baseline: base_value,
        difference: base.is_some().then(|| judged.clone()),
        limit: Some(whole_limit),
        power: if is_told { None } else { compared.power(gate.terms.margin) },
        lost: Vec::new(),
    })
}

impl<'a> Compared<'a> {
    fn new(
        requirement: &Requirement,
        parts: &'a MetricRequirement,
        sides: &Sides,
        gate: &Gate<'_>,
    ) -> Result<Self, GateError> {
        let find = |metrics: &Metrics, file, option| {
            let found = metrics.find(&parts.metric);
            found.map_err(|error| not_found(requirement, parts, error, file, option))
        };
        let found = find(&sides.now, "the score", "--run")?;
        check_unit(requirement, parts, found.quantity)?;
        let (judged, limit, base) = match parts.limit {
            Limit::Amount(amount) => (found.figure.metric(), amount.value(), None),
            Limit::Baseline { factor, offset } => {
                let needs =
                    |expected| GateError::Needs { requirement: requirement.to_string(), expected };
                let (Some(metrics), Some(before)) = (&sides.before, &gate.baseline) else {
                    return Err(needs("a baseline (--baseline FILE)"));
                };
                let base = find(metrics, "the baseline", "--baseline-run")?;
                let judged = difference((gate.score, &found), (before.score, &base), factor);
                (judged, offset.value(), Some(base))
            }
        };
        Ok(Self { parts, found, base, judged, limit })
    }

    fn verdict(&self, gate: &Gate<'_>) -> (Verdict, String) {
        let operator = self.parts.operator;
        let holds = |value: f64| operator.holds(self.snapped(value), self.limit);
        let is_met = holds(self.judged.value.unwrap_or(f64::NAN));
        if self.found.is_noisy && self.base.is_some() {
            return self.noisy(is_met, gate);
        }
        if is_met {
            return self.passing(gate.terms.margin);
        }
        // The end of the interval that is nearest to being right.
        let best = if operator.wants_more() { self.judged.hi } else { self.judged.lo };
        match best {
            Some(best) if !holds(best) && self.is_literal() => (Verdict::Fail, self.said("")),
            Some(best) if !holds(best) => {
                (Verdict::Fail, self.said("; the interval excludes the limit"))
            }
            Some(_) => {
                (Verdict::Inconclusive, self.said("; the interval does not exclude the limit"))
            }
            None => {
                let why = format!("; no interval says how sure that is ({})", self.judged.method);
                (Verdict::Inconclusive, self.said(&why))
            }
        }
    }

    /// `value`, or the limit where only rounding sets them apart.
    fn snapped(&self, value: f64) -> f64 {
        let base = self.base.as_ref().map_or(0.0, |base| base.figure.value().abs());
        let scale = self.limit.abs().max(self.found.figure.value().abs()).max(base);
        if (value - self.limit).abs() <= ROUNDING * scale { self.limit } else { value }
    }

    /// Met, if a drop of the size of the margin would have shown.
    fn passing(&self, margin: Option<f64>) -> (Verdict, String) {
        let Some(margin) = margin.filter(|_| self.is_recall()) else {
            return (Verdict::Pass, self.said(""));
        };
        let n = self.judged.n;
        if detectable_drop(n).is_some_and(|drop| drop <= margin) {
            return (Verdict::Pass, self.said(""));
        }
        let points = names::number(margin * 100.0);
        let why = format!("; but {n} campaigns cannot show a drop of {points} points");
        (Verdict::Inconclusive, self.said(&why))
    }

    /// Two runs of the same differ; only a difference beyond the noise says anything.
    fn noisy(&self, is_met: bool, gate: &Gate<'_>) -> (Verdict, String) {
        if let Some(unlike) = gate.unlike_machines() {
            let why = format!("; not measured alike: {unlike}");
            return (Verdict::Inconclusive, self.said(&why));
        }
        if is_met {
            return (Verdict::Pass, self.said(""));
        }
        let base = self.base.as_ref().map_or(0.0, |base| base.figure.value());
        let gap = (self.judged.value.unwrap_or(f64::NAN) - self.limit).abs();
        let noise = names::number(gate.terms.noise * 100.0);
        if gap > gate.terms.noise * base.abs() {
            return (Verdict::Fail, self.said(&format!("; beyond the noise of {noise} %")));
        }
        let why = format!("; within the noise of {noise} % that one run has");
        (Verdict::Inconclusive, self.said(&why))
    }

    /// The figure beside its limit, and `why` the verdict is what it is.
    fn said(&self, why: &str) -> String {
        let quantity = self.found.quantity;
        let figure = |value: f64| names::figure(value, quantity);
        let Some(base) = &self.base else {
            return match &self.found.figure {
                Figure::Metric(metric) => names::with_interval(metric, quantity) + why,
                Figure::Literal(value) => figure(*value) + why,
            };
        };
        let (now, before) = (self.found.figure.value(), base.figure.value());
        let mut difference = self.judged.clone();
        if self.is_literal() {
            (difference.lo, difference.hi) = (None, None);
        }
        let difference = names::difference(&difference, quantity);
        let than = match self.parts.limit {
            Limit::Baseline { factor, .. } if factor.to_bits() != 1.0_f64.to_bits() => {
                format!(" (less {factor} times that: {difference})")
            }
            _ => format!(" ({difference})"),
        };
        format!("{}, baseline {}{than}{why}", figure(now), figure(before))
    }

    fn is_literal(&self) -> bool {
        matches!(self.found.figure, Figure::Literal(_))
    }

    fn is_recall(&self) -> bool {
        self.found.is_recall() && !self.is_literal()
    }

    fn power(&self, margin: Option<f64>) -> Option<Power> {
        let (value, gap) = (self.judged.value?, (self.judged.value? - self.limit).abs());
        if self.is_recall() {
            let is_met = self.parts.operator.holds(self.snapped(value), self.limit);
            let campaigns_needed = match margin {
                Some(margin) if is_met => campaigns_for_drop(margin),
                _ if self.base.is_some() => campaigns_for_drop(gap),
                _ => campaigns_to_tell(value, self.limit),
            };
            let detectable = detectable_drop(self.judged.n);
            return Some(Power { detectable, campaigns_needed, data_needed: None });
        }
        if self.found.class == Class::Performance {
            return None;
        }
        let detectable = detectable_difference(self.judged.lo?, self.judged.hi?);
        let times = (detectable / gap).powi(2);
        let data_needed = times.is_finite().then_some(times.max(1.0));
        Some(Power { detectable: Some(detectable), campaigns_needed: None, data_needed })
    }
}

impl Figure {
    pub(super) fn value(&self) -> f64 {
        match self {
            Self::Metric(metric) => metric.value.unwrap_or(f64::NAN),
            Self::Literal(value) => *value,
        }
    }

    /// A literal figure is its own interval.
    fn metric(&self) -> Metric {
        match self {
            Self::Metric(metric) => metric.clone(),
            Self::Literal(value) => Metric {
                value: Some(*value),
                n: 0,
                lo: Some(*value),
                hi: Some(*value),
                method: "taken literally".to_owned(),
            },
        }
    }
}

/// A unit that the figure does not have would compare apples with pears.
fn check_unit(
    requirement: &Requirement,
    parts: &MetricRequirement,
    quantity: Quantity,
) -> Result<(), GateError> {
    let amount = match parts.limit {
        Limit::Amount(amount) => amount,
        Limit::Baseline { offset, .. } => offset,
    };
    let (fits, expected) = match quantity {
        Quantity::Share => {
            let in_range = amount.value().abs() <= 1.0;
            (
                in_range && matches!(amount.unit, Unit::None | Unit::Percent),
                "a share from 0 to 1, or 0% to 100%",
            )
        }
        Quantity::Time => (amount.unit != Unit::Percent, "a time such as 120s, or seconds"),
        Quantity::Number => (amount.unit == Unit::None, "a number without a unit"),
    };
    if fits {
        return Ok(());
    }
    let found = amount.to_string();
    Err(GateError::WrongUnit { requirement: requirement.to_string(), expected, found })
}

fn not_found(
    requirement: &Requirement,
    parts: &MetricRequirement,
    error: NotFound,
    file: &'static str,
    option: &'static str,
) -> GateError {
    let at_name = |expected: String, nearest| {
        GateError::Expression(ExpressionError {
            text: requirement.to_string(),
            column: 1,
            expected,
            found: format!("{:?}", parts.metric),
            nearest,
        })
    };
    match error {
        NotFound::Unknown(nearest) => at_name(format!("a metric of {file}"), nearest),
        NotFound::Group(some) => at_name(format!("one metric (such as {some})"), None),
        NotFound::Null(reason) => GateError::NoValue {
            requirement: requirement.to_string(),
            metric: parts.metric.clone(),
            file,
            reason,
        },
        NotFound::NoRun => GateError::Needs {
            requirement: requirement.to_string(),
            expected: if option == "--run" {
                "a run (--run FILE)"
            } else {
                "the baseline's run (--baseline-run FILE)"
            },
        },
    }
}
