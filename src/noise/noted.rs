//! An alert as far as noise is concerned.

use crate::detect::Alert;
use crate::event::{EventView, Field, Ticks};

/// What an exception may name, the caller first. All of it is in the language of queries as a field of its
/// own. Not the client: whoever calls says what it is.
pub(super) const FIELDS: [Field; 4] =
    [Field::Identity, Field::Operation, Field::Vault, Field::SourceBlock];

/// Longer values, as they are written, are not proposed: they would not fit a line, and no name of
/// Azure's is longer.
const LONGEST: usize = 56;

/// An alert as far as noise is concerned.
#[derive(Clone, Debug)]
pub struct Noted {
    /// Place of its rule in the run's list.
    pub rule: usize,
    /// Its event time.
    pub time: Ticks,
    /// Whom it is about: the identity that its group names, or the caller of its completing record.
    pub identity: Option<String>,
    /// Likewise the vault.
    pub vault: Option<String>,
    /// What all of its evidence has in common.
    pub common: Common,
}

/// The values on which all evidence of an alert agrees, of the fields that an exception may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Common {
    values: [Option<String>; FIELDS.len()],
    has_begun: bool,
}

impl Noted {
    /// What is to be noted of an alert that `trigger` completes and whose evidence has that in common.
    pub fn new(alert: &Alert, trigger: &EventView<'_>, common: Common) -> Self {
        let of_group = |wanted| {
            let mut group = alert.group.iter();
            group.find(|(field, _)| *field == wanted).map(|(_, value)| value.clone())
        };
        let about = |field| of_group(field).or_else(|| trigger.display(field));
        Self {
            rule: alert.rule,
            time: alert.time,
            identity: about(Field::Identity),
            vault: about(Field::Vault),
            common,
        }
    }
}

impl Common {
    /// Adds an event of the evidence.
    pub fn add(&mut self, event: &EventView<'_>) {
        let values = self.values.iter_mut().zip(FIELDS);
        if self.has_begun {
            let differs = |value: &str, field| event.value(field) != Some(value);
            for (value, field) in values {
                if value.as_deref().is_some_and(|value| differs(value, field)) {
                    *value = None;
                }
            }
            return;
        }
        self.has_begun = true;
        for (value, field) in values {
            *value = event.value(field).filter(|value| width(value) <= LONGEST).map(str::to_owned);
        }
    }

    /// The same of an alert whose evidence was cut: nobody knows what all of it has in common.
    pub fn unknown() -> Self {
        Self { has_begun: true, ..Self::default() }
    }

    /// Whether it can only stay as it is: there is nothing left to differ in.
    pub fn is_settled(&self) -> bool {
        self.has_begun && self.values.iter().all(Option::is_none)
    }

    /// The value of the field at that place of [`FIELDS`].
    pub(super) fn value(&self, place: usize) -> Option<&str> {
        self.values[place].as_deref()
    }

    #[cfg(test)]
    pub(super) fn of(values: [&str; FIELDS.len()]) -> Self {
        let value = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self { values: values.map(value), has_begun: true }
    }
}

/// How long a value is in a rule file, everything escaped.
fn width(value: &str) -> usize {
    let width = |c| match c {
        '"' => 3,
        '\\' => 4,
        ' '..='~' => 1,
        _ => 10,
    };
    value.chars().map(width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Batch, Event, TextField};

    fn common(events: &[[&str; 2]]) -> Common {
        let mut common = Common::default();
        for [identity, vault] in events {
            let (mut batch, mut event) = (Batch::default(), Event::default());
            batch.set_text(&mut event, TextField::Identity, identity);
            batch.set_text(&mut event, TextField::Vault, vault);
            common.add(&batch.view_of(&event));
        }
        common
    }

    #[test]
    fn what_all_evidence_has_is_common_to_it() {
        assert_eq!(common(&[["amy", "red"], ["amy", "blue"]]).value(0), Some("amy"));
        assert_eq!(common(&[["amy", "red"], ["amy", "blue"], ["amy", "red"]]).value(2), None);
        assert_eq!(common(&[["amy", "red"], ["", "red"], ["amy", "red"]]).value(0), None);
        assert_eq!(common(&[["", "red"], ["amy", "red"]]).value(0), None);
        assert!(common(&[["amy", "red"], ["ben", "blue"]]).is_settled());
        assert!(!common(&[]).is_settled() && Common::unknown().is_settled());
    }

    #[test]
    fn a_value_too_long_for_a_line_is_left_out() {
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(common(&[[&long, "red"]]).value(0), None);
        assert_eq!(common(&[[&long[1..], "red"]]).value(0), Some(&long[1..]));
    }
}
