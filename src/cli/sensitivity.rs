//! `drill --sensitivity`: the same drill with each of the estate's assumptions halved and doubled.

use vaultdrill_generators::{Assumption, Plan};

use super::drill::Stage;
use super::exit::Failure;
use crate::score::{Score, Sensitivity};

/// Times what the estate assumes.
const FACTORS: [f64; 2] = [0.5, 2.0];

/// Plays the drill of `stage`, whose score is `base`, once per assumption and factor, in directories
/// below its own whose records are deleted; the seed stays the same.
pub(crate) fn measure(stage: &Stage<'_>, base: &Score) -> Result<Vec<Sensitivity>, Failure> {
    let mut measured = Vec::new();
    for assumption in Assumption::ALL {
        for factor in FACTORS {
            let name = format!("{}-x{factor}", assumption.name().replace(' ', "-"));
            let out = stage.out.join("sensitivity").join(&name);
            let own = Stage { out: &out, ..*stage };
            let plan = own.plan()?;
            let estate = plan.estate.with_assumption(assumption, factor);
            let value = estate.assumed(assumption);
            stage.terminal.note(&format!("{} at {value}", assumption.name()));
            let (turned, _) = own.score(Plan { estate, ..plan }, |_, _| Ok(()))?;
            own.delete_records()?;
            measured.push(Sensitivity::new(assumption.name(), factor, value, base, &turned));
        }
    }
    Ok(measured)
}
