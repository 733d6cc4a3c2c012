//! An administrator changes a vault, sometimes for himself, looks at a few values, and often takes
//! the permission away again.

use serde::Deserialize;

use crate::event::{Change, NOTHING, Operation, Outcome, Role, Scope};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Caller, Place, Script};
use crate::tenant::Position;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    self_grant_share: Share,
    /// Values read afterwards.
    objects: CountRange,
    gap_seconds: SecondsRange,
    revert_share: Share,
    portal_share: Share,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let tenant = script.tenant;
        let pick = script.stream.below(64);
        let Some(identity) = tenant.member(Position::Administrator, pick) else { return };
        let vault = script.stream.below(tenant.vaults.len()) as u16;
        let shell = usize::from(!script.decide("portal", self.portal_share));
        let client = tenant.client_row(identity, shell, script.now);
        script.hand_over(Caller { identity, client, place: Place::Usual });
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        script.wait(25.0);
        let for_himself = script.decide("self_grant", self.self_grant_share);
        let roles = tenant.uses_roles(vault);
        if for_himself && roles {
            script.assign_role(vault, Role::SecretsOfficer, Scope::Vault, identity);
        }
        let change = if for_himself && !roles { Change::Grant } else { Change::Settings };
        script.write_vault(vault, change, identity);
        let secrets = tenant.vaults[usize::from(vault)].secrets.clone();
        for object in secrets.take(script.count("objects", self.objects)) {
            script.pause(self.gap_seconds);
            script.read(object);
        }
        if change == Change::Grant && script.decide("reverts", self.revert_share) {
            script.wait(180.0);
            script.write_vault(vault, Change::Revoke, identity);
        }
    }
}
