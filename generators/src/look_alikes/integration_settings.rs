//! A third party's integration writes settings into several vaults, one after the other.

use serde::Deserialize;

use crate::event::{Change, NOTHING, Operation, Outcome};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Caller, Place, Script};
use crate::tenant::{Passing, Position};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    vaults: CountRange,
    gap_seconds: SecondsRange,
    /// Lets the third party's own address in.
    network_share: Share,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let tenant = script.tenant;
        let Some(identity) = tenant.member(Position::Integration, number) else { return };
        let address = tenant.passing_address(script.stream, Passing::Cloud);
        let client = tenant.client_row(identity, 0, script.now);
        script.hand_over(Caller { identity, client, place: Place::Passing(address) });
        for _ in 0..script.count("vaults", self.vaults) {
            let vault = script.stream.below(tenant.vaults.len()) as u16;
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
            let opens = script.stream.chance(self.network_share.0);
            let change = if opens { Change::AddAddress } else { Change::Settings };
            script.write_vault(vault, change, address);
            script.pause(self.gap_seconds);
        }
    }
}
