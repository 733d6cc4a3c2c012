//! A vault changes from access policies to roles: until the roles of its users are assigned and have
//! spread, they are turned away.
//!
//! It happens on vaults that use roles, so that the denials read as those of roles do; that the same
//! vault answered like one with policies before is not shown.

use serde::Deserialize;

use super::cast::{enter, enter_as_operator, services_by_vault, usual_objects};
use crate::event::{Change, NOTHING, Operation, Outcome, Request, Role, Scope};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Place, Script};
use crate::time::{Ticks, ticks_from_seconds};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    automated_share: Share,
    /// Users of the vault that get a role.
    grantees: CountRange,
    /// From the new model until somebody thinks of the roles.
    oversight_seconds: SecondsRange,
    /// Between two assignments.
    gap_seconds: SecondsRange,
    /// From an assignment until it holds.
    spread_seconds: SecondsRange,
    /// Between two attempts of one user in that time.
    retry_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let tenant = script.tenant;
        let mut services = services_by_vault(tenant, script.now);
        let in_use =
            |&vault: &u16| tenant.uses_roles(vault) && !services[usize::from(vault)].is_empty();
        let vaults: Vec<u16> = (0..tenant.vaults.len() as u16).filter(in_use).collect();
        if vaults.is_empty() || enter_as_operator(script, self.automated_share).is_none() {
            return;
        }
        let vault = *script.stream.pick(&vaults);
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        script.wait(30.0);
        script.write_vault(vault, Change::RoleModel, NOTHING);
        let changed = script.now;
        let oversight = script.seconds("oversight_seconds", self.oversight_seconds);
        script.wait(oversight);
        let mut users = services.swap_remove(usize::from(vault));
        script.stream.shuffle(&mut users);
        users.truncate(script.count("grantees", self.grantees).max(1));
        let mut holds = Vec::new();
        for user in users {
            script.assign_role(vault, Role::SecretsUser, Scope::Vault, user);
            script.pause(self.gap_seconds);
            let spread = self.spread_seconds.draw(script.stream);
            holds.push((user, script.now + ticks_from_seconds(spread)));
        }
        for (user, holds) in holds {
            script.now = changed;
            self.knock(script, user, vault, holds);
        }
    }

    fn knock(&self, script: &mut Script<'_>, user: u32, vault: u16, holds: Ticks) {
        enter(script, user, 0, Place::Usual);
        let mut objects = usual_objects(script.tenant, user, vault, script.now);
        if objects.is_empty() {
            objects.push(script.tenant.vaults[usize::from(vault)].secrets.start);
        }
        script.pause(self.retry_seconds);
        script.maybe_challenge(Request::Get, vault, objects[0]);
        while script.now < holds {
            script.attempt(objects[0], Outcome::Forbidden);
            script.pause(self.retry_seconds);
            // The range may allow no pause at all; attempts still take turns with the clock.
            script.wait(1.0);
        }
        for &object in objects.iter().take(3) {
            script.read(object);
        }
    }
}
