//! A compliance inventory: settings, names and versions of everything in nearly every vault, and not
//! one value.

use serde::Deserialize;

use super::cast::{enter, several_vaults};
use crate::event::{NOTHING, Operation, Outcome, Request, Verb};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Place, Script};
use crate::tenant::Position;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    vaults: CountRange,
    /// Objects whose versions are counted: those that look old.
    versions_share: Share,
    /// Between two vaults.
    gap_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let Some(identity) = script.tenant.member(Position::Compliance, number) else { return };
        enter(script, identity, 0, Place::Usual);
        let count = script.count("vaults", self.vaults);
        let mut vaults = several_vaults(script, count);
        // In the order in which the management plane lists them.
        vaults.sort_unstable();
        for vault in vaults {
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
            script.maybe_challenge(Request::List, vault, NOTHING);
            script.list_everything(vault);
            for object in script.tenant.vaults[usize::from(vault)].readable() {
                if script.stream.chance(self.versions_share.0) {
                    script.act(object, Verb::ListVersions, Outcome::Ok);
                }
            }
            script.pause(self.gap_seconds);
        }
    }
}
