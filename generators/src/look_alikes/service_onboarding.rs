//! A new service: somebody grants it a role, it is turned away until the grant has spread, then it
//! reads.

use serde::Deserialize;

use crate::event::{Change, NOTHING, Request, Role, Scope};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Caller, Place, Script};
use crate::tenant::Position;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// From the grant until it holds.
    spread_seconds: SecondsRange,
    /// Between two attempts in that time.
    retry_seconds: SecondsRange,
    objects: CountRange,
    gap_seconds: SecondsRange,
    /// Granted by an administrator; automation does the rest.
    administrator_share: Share,
    /// On the resource group, not the vault.
    wide_scope_share: Share,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let tenant = script.tenant;
        let by_hand = script.decide("by_administrator", self.administrator_share);
        let granting = if by_hand { Position::Administrator } else { Position::Automation };
        let pick = script.stream.below(64);
        let (Some(granter), Some(service)) =
            (tenant.member(granting, pick), tenant.member(Position::Reserve, number))
        else {
            return;
        };
        let vault = *script.stream.pick(&tenant.identities[service as usize].vaults);
        let client = tenant.client_row(granter, 0, script.now);
        script.hand_over(Caller { identity: granter, client, place: Place::Usual });
        if tenant.uses_roles(vault) {
            let wide = script.decide("wide_scope", self.wide_scope_share);
            let scope = if wide { Scope::ResourceGroup } else { Scope::Vault };
            script.assign_role(vault, Role::SecretsUser, scope, service);
        } else {
            script.write_vault(vault, Change::Grant, service);
        }
        self.arrive(script, service, vault);
    }

    fn arrive(&self, script: &mut Script<'_>, service: u32, vault: u16) {
        let client = script.tenant.client_row(service, 0, script.now);
        script.hand_over(Caller { identity: service, client, place: Place::Usual });
        let spread = script.seconds("spread_seconds", self.spread_seconds);
        let holds = script.now + crate::time::ticks_from_seconds(spread);
        let secrets = script.tenant.vaults[usize::from(vault)].secrets.clone();
        script.wait(20.0);
        script.maybe_challenge(Request::Get, vault, secrets.start);
        while script.now < holds {
            let denial = script.tenant.denial(vault, true);
            script.attempt(secrets.start, denial);
            let pause = self.retry_seconds.draw(script.stream).max(1.0);
            script.wait(pause);
        }
        script.maybe_challenge(Request::List, vault, NOTHING);
        for object in secrets.take(script.count("objects", self.objects)) {
            script.read(object);
            script.pause(self.gap_seconds);
        }
    }
}
