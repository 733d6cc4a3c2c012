//! The Sunday maintenance window: scripts write many vaults, back to back.

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
    /// Run by a person's account that no exception names; automation does the rest.
    person_share: Share,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let tenant = script.tenant;
        let by_hand = script.decide("by_person", self.person_share);
        let position = if by_hand { Position::User } else { Position::Automation };
        let Some(identity) = tenant.member(position, number) else { return };
        let client = tenant.client_row(identity, 1, script.now);
        let agent = tenant.passing_address(script.stream, Passing::HostedAgents);
        let place = if by_hand { Place::Usual } else { Place::Passing(agent) };
        script.hand_over(Caller { identity, client, place });
        for _ in 0..script.count("vaults", self.vaults) {
            let vault = script.stream.below(tenant.vaults.len()) as u16;
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
            script.write_vault(vault, Change::Settings, NOTHING);
            script.pause(self.gap_seconds);
        }
    }
}
