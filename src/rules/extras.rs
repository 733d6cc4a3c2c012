//! The fields that a rule names beyond the canonical ones: what decides what the parser extracts.

use std::collections::BTreeSet;

use super::{Rule, RuleKind};
use crate::event::{Extra, Field};

impl Rule {
    /// Adds to `fields` those that the parser must extract for this rule.
    pub fn extras(&self, fields: &mut BTreeSet<Extra>) {
        self.query.extras(fields);
        for exception in &self.exceptions {
            exception.query.extras(fields);
        }
        let mut add = |named: &[Field]| {
            fields.extend(named.iter().filter_map(|field| match field {
                Field::Extra(extra) => Some(*extra),
                _ => None,
            }));
        };
        match &self.kind {
            RuleKind::Query { group_by } => add(group_by),
            RuleKind::Threshold(threshold) => {
                add(&threshold.group_by);
                if let Some(distinct) = &threshold.distinct {
                    add(&distinct.fields);
                }
            }
            RuleKind::NewTerms(new_terms) => add(&new_terms.terms),
        }
    }
}
