//! A release pipeline fetches every secret of its vault: pages of 25, reads 20 at a time, from an
//! agent with a new address each run.

use serde::Deserialize;

use crate::event::{NOTHING, Request};
use crate::scenario::CountRange;
use crate::script::{Caller, Place, Script};
use crate::tenant::{Collection, Passing, Position};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// Reads at once.
    width: CountRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let Some(identity) = script.tenant.member(Position::Pipeline, number) else { return };
        let agent = script.tenant.passing_address(script.stream, Passing::HostedAgents);
        let client = script.tenant.client_row(identity, 0, script.now);
        script.hand_over(Caller { identity, client, place: Place::Passing(agent) });
        let vaults = &script.tenant.identities[identity as usize].vaults;
        let vault = *script.stream.pick(vaults);
        script.maybe_challenge(Request::List, vault, NOTHING);
        script.list(vault, Collection::Secrets);
        let secrets: Vec<u32> = script.tenant.vaults[usize::from(vault)].secrets.clone().collect();
        let width = script.count("width", self.width);
        script.read_parallel(&secrets, width);
    }
}
