//! What attacks that change a vault share: the approach before the change, the reading behind it.

use super::campaign::Campaign;
use super::extraction::{Extraction, read_each};
use super::intruder::{Errand, turn_to};
use super::targets::{knock, loot};
use crate::event::{NOTHING, Operation, Outcome};
use crate::scenario::Share;
use crate::script::Script;

/// Perhaps knocks in vain, as one whom the network lets in or not; then looks at the settings.
pub(super) fn approach(
    script: &mut Script<'_>,
    campaign: &Campaign,
    vault: u16,
    (denied, inside): (Share, bool),
) {
    if script.decide("denied", denied) {
        turn_to(script, campaign, Errand::Read);
        knock(script, vault, inside);
        turn_to(script, campaign, Errand::Manage);
    }
    script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
    let pause = script.stream.uniform(2.0, 40.0);
    script.wait(pause);
}

/// Reads at most `wanted` objects of the vault that is open now.
pub(super) fn read_behind(
    script: &mut Script<'_>,
    campaign: &Campaign,
    (vault, wanted): (u16, usize),
    everything: Share,
) {
    turn_to(script, campaign, Errand::Read);
    let everything = script.decide("everything", everything);
    let objects = loot(script.tenant, campaign, &[vault], wanted, everything);
    Extraction::reading(everything).run(script, campaign, &objects, read_each);
}
