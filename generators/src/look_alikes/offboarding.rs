//! Somebody leaves the company: permissions are taken away vault by vault, and what he knew is set
//! anew.

use serde::Deserialize;

use super::cast::{enter_as_operator, shut_out, somebody};
use crate::event::{NOTHING, Operation, Outcome, Request, Role, Verb};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::Script;
use crate::tenant::{Collection, Position};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    automated_share: Share,
    /// Secrets set anew in each vault.
    objects: CountRange,
    gap_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let Some(leaver) = somebody(script, Position::User) else { return };
        if enter_as_operator(script, self.automated_share).is_none() {
            return;
        }
        let tenant = script.tenant;
        let vaults = &tenant.identities[leaver as usize].vaults;
        script.note("vaults", vaults.len());
        for &vault in vaults {
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
            shut_out(script, vault, Role::SecretsUser, leaver);
            script.pause(self.gap_seconds);
        }
        for &vault in vaults {
            script.maybe_challenge(Request::List, vault, NOTHING);
            script.list(vault, Collection::Secrets);
            let secrets = tenant.vaults[usize::from(vault)].secrets.clone();
            for object in secrets.take(self.objects.draw_count(script.stream)) {
                script.act(object, Verb::Set, Outcome::Ok);
                script.pause(self.gap_seconds);
            }
        }
    }
}
