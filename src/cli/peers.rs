//! `drill --compare-packs`: the packs that the drill does not run, over the same corpus and twin.
//!
//! As they stand, so on their schedules where they have one, whatever the drill's own timing.

use std::collections::BTreeMap;

use super::detect::{load_rules, set_timing};
use super::drill::Stage;
use super::exit::Failure;
use crate::rules::{PACKS, Timing};
use crate::score::Comparison;

/// What every other pack scores, by name; nothing where the drill runs all of them.
pub(crate) fn compare(stage: &Stage<'_>) -> Result<BTreeMap<String, Comparison>, Failure> {
    let runs = |pack: &str| stage.rules.rules.iter().any(|rule| rule.pack == pack);
    let names = PACKS.iter().map(|pack| pack.name).filter(|pack| !runs(pack));
    let names: Vec<String> = names.map(str::to_owned).collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut rules = load_rules(&names, stage.terminal)?;
    if rules.rules.iter().any(|rule| rule.schedule.is_some()) {
        set_timing(&mut rules, Timing::Scheduled)?;
    }
    let (corpus, twin) = (stage.out.join("corpus"), stage.out.join("twin"));
    stage.replay(&corpus, &rules, "peers-run", "comparing")?;
    stage.replay(&twin, &rules, "peers-twin-run", "comparing twin")?;
    let score = stage.scoring("peers-run", Some("peers-twin-run")).score(|_, _| Ok(()))?;
    let packs = score.by_pack.iter();
    Ok(packs.map(|(pack, one)| (pack.clone(), Comparison::of_pack(one))).collect())
}
