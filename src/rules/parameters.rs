//! The numbers of a rule by the key paths that its file gives them: what can be tuned.

use super::{Rule, RuleKind};
use crate::event::TickSpan;

/// One number of a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Key path in the rule file, such as `threshold.distinct.values`.
    pub name: &'static str,
    /// Its value; seconds where it is a duration.
    pub value: f64,
    /// Whether it is written as a duration.
    pub is_duration: bool,
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
                    all.push(number("threshold.adaptive.multiple", adaptive.multiple));
                    all.push(number("threshold.adaptive.quantile", adaptive.quantile));
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
        }
        all
    }
}

fn number(name: &'static str, value: impl Into<f64>) -> Parameter {
    Parameter { name, value: value.into(), is_duration: false }
}

fn span(name: &'static str, value: TickSpan) -> Parameter {
    Parameter { name, value: value.as_seconds_f64(), is_duration: true }
}
