//! From a plan to its audit.

use super::judge::judge;
use super::report::{Audit, FIELD_BOUND, TREE_BOUND};
use super::sample::{Sample, draw};
use crate::calibrate::calibrate;
use crate::flow::Flow;
use crate::plan::{GenerateError, Plan, Progress};

/// Campaigns staged of each attack. With 50, the standard error of an area is about 0.04, and the
/// strongest of two dozen fields passes 0.60 by chance alone; with 400, on an estate of hundreds
/// of identities, it is 0.01 to 0.03 (a small estate has too few of them for any number to help).
pub const AUDIT_CAMPAIGNS: usize = 400;

/// Looks for artefacts that give the plan's attacks away; writes nothing, and needs no `out`.
///
/// # Errors
/// A plan that cannot be met.
pub fn audit(plan: &Plan, progress: &mut dyn FnMut(Progress)) -> Result<Audit, GenerateError> {
    let Sample { attacks, benign, names } = sample(plan, &|_| {}, progress)?;
    let judged = attacks.iter().map(|exhibit| {
        judge(&exhibit.attack, &exhibit.declared, &exhibit.specimens, &benign, &names)
    });
    Ok(Audit {
        schema_version: 1,
        estate: plan.estate.name.clone(),
        seed: plan.seed,
        field_bound: FIELD_BOUND,
        tree_bound: TREE_BOUND,
        attacks: judged.collect(),
    })
}

/// The plan's own rates, with more of each attack.
pub(super) fn sample(
    plan: &Plan,
    tamper: &dyn Fn(&mut Vec<u8>),
    progress: &mut dyn FnMut(Progress),
) -> Result<Sample, GenerateError> {
    let intensities = calibrate(&Flow::new(plan)?, plan.events)?;
    let mut staged = plan.clone();
    staged.withheld.clear();
    for attack in &mut staged.attacks {
        attack.0.schedule.instances.0 = AUDIT_CAMPAIGNS;
    }
    Ok(draw(&Flow::new(&staged)?, &intensities, tamper, progress))
}
