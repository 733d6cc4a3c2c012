//! The numbers of a rule by the key paths that its file gives them: what can be tuned.

use super::{Need, Rule, RuleKind, Sequence};
use crate::event::TickSpan;

/// One number of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Key path in the rule file, such as `threshold.distinct.values`; the steps of a sequence are
    /// numbered from 1, as in `sequence.steps.2.count`.
    pub name: String,
    /// Its value; seconds where it is a duration.
    pub value: f64,
    /// Whether it is written as a duration.
    pub is_duration: bool,
    /// Whether it is written as a whole number.
    pub is_whole: bool,
}

impl Rule {
    /// Every parameter that the rule has, in the order of its file.
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut all = vec![span("suppress", self.suppress)];
        match &self.kind {
            RuleKind::Query { .. } => {}
            RuleKind::Threshold(threshold) => {
                all.push(span("threshold.window", threshold.window));
                all.extend(threshold.count.map(|count| number("threshold.count", count)));
                let distinct = threshold.distinct.as_ref();
                all.extend(distinct.map(|part| number("threshold.distinct.values", part.values)));
                if let Some(adaptive) = &threshold.adaptive {
                    all.push(fraction("threshold.adaptive.multiple", adaptive.multiple));
                    all.push(fraction("threshold.adaptive.quantile", adaptive.quantile));
                    all.push(number("threshold.adaptive.history_days", adaptive.history_days));
                    all.push(number("threshold.adaptive.min_days", adaptive.min_days));
                    all.push(span("threshold.adaptive.learn", adaptive.learn));
                    let cap = adaptive.hard_cap;
                    all.extend(cap.map(|cap| number("threshold.adaptive.hard_cap", cap)));
                }
            }
            RuleKind::NewTerms(new_terms) => {
                all.push(span("new_terms.history", new_terms.history));
                all.push(span("new_terms.learn", new_terms.learn));
            }
            RuleKind::Sequence(sequence) => all.extend(of_sequence(sequence)),
        }
        if let Some(schedule) = &self.schedule {
            all.push(span("schedule.interval", schedule.interval));
            all.push(span("schedule.lookback", schedule.lookback));
            all.push(number("schedule.max_signals", schedule.max_signals));
        }
        all
    }
}

fn of_sequence(sequence: &Sequence) -> Vec<Parameter> {
    let mut all = vec![span("sequence.max_span", sequence.max_span)];
    for (place, step) in (1..).zip(&sequence.steps) {
        let name = match step.need {
            Need::Count(_) => format!("sequence.steps.{place}.count"),
            Need::Distinct(_) => format!("sequence.steps.{place}.distinct.values"),
        };
        all.push(number(&name, step.need.least()));
    }
    all
}

fn number(name: &str, value: impl Into<f64>) -> Parameter {
    Parameter { is_whole: true, ..fraction(name, value) }
}

fn fraction(name: &str, value: impl Into<f64>) -> Parameter {
    let (name, value) = (name.to_owned(), value.into());
    Parameter { name, value, is_duration: false, is_whole: false }
}

fn span(name: &str, value: TickSpan) -> Parameter {
    Parameter { is_duration: true, ..fraction(name, value.as_seconds_f64()) }
}
