//! Which rules would have found each attack campaign had it been the only one.
//!
//! Several campaigns in one corpus may fire a rule together that none of them would fire: for a study
//! of one campaign's qualities that is no find.

use std::collections::{BTreeMap, BTreeSet};

use super::matching::judge;
use super::period::Period;
use super::{Inputs, ScoreError};

/// The rules, by id, of each attack campaign that an alert is credited with and holds also without
/// the events of all other attacks, by the campaign's id. Alerts of other tools, which say too little
/// of what they rest on, hold none.
///
/// # Errors
/// As for [`super::score()`], where the inputs are faulty.
pub fn found_alone(inputs: &Inputs) -> Result<BTreeMap<String, BTreeSet<String>>, ScoreError> {
    let period = Period::of(&inputs.manifest);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let judged = judge(&inputs.truth, &inputs.alerts)?;
    for one in judged.iter().filter(|one| period.holds(one.alert)) {
        for &at in &one.alone {
            let campaign = inputs.truth.campaigns[at].id.clone();
            found.entry(campaign).or_default().insert(one.alert.rule_id.clone());
        }
    }
    Ok(found)
}
