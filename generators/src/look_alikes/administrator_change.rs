//! An administrator changes a vault: a setting, or a colleague's permission, which often goes again;
//! then he looks at a few values.

use serde::Deserialize;

use super::cast::{enter, let_in, several_vaults, shut_out, somebody};
use crate::event::{Change, NOTHING, Operation, Outcome, Role};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Place, Script};
use crate::tenant::Position;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// Changes that let a colleague in; the others write settings.
    grant_share: Share,
    /// Values read afterwards.
    objects: CountRange,
    gap_seconds: SecondsRange,
    /// Grants taken back.
    revert_share: Share,
    portal_share: Share,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let Some(identity) = somebody(script, Position::Administrator) else { return };
        let colleague = somebody(script, Position::User);
        let vault = several_vaults(script, 1)[0];
        let shell = usize::from(!script.decide("portal", self.portal_share));
        enter(script, identity, shell, Place::Usual);
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        script.wait(25.0);
        let grants = script.decide("grants", self.grant_share);
        let grantee = colleague.filter(|_| grants);
        match grantee {
            Some(grantee) => let_in(script, vault, Role::SecretsOfficer, grantee),
            None => script.write_vault(vault, Change::Settings, NOTHING),
        }
        let secrets = script.tenant.vaults[usize::from(vault)].secrets.clone();
        for object in secrets.take(script.count("objects", self.objects)) {
            script.pause(self.gap_seconds);
            script.read(object);
        }
        if let Some(grantee) = grantee
            && script.decide("reverts", self.revert_share)
        {
            script.wait(180.0);
            shut_out(script, vault, Role::SecretsOfficer, grantee);
        }
    }
}
