//! What people who look after vaults do with them now and then, apart from changing settings: new
//! values, copies by hand, tidying up, bringing back, new keys, logs, roles, the end of a vault.
//!
//! Without it every deletion in a corpus would be an attack. The tenant does not remember: what was
//! deleted is there for everybody else.

use super::Human;
use crate::event::{Activity, NOTHING, Outcome, Request, Role, Scope, Verb};
use crate::script::Script;
use crate::tenant::{Collection, Position};

/// Of each person who is no guest.
pub(super) const CHORES_PER_SESSION: f64 = 0.6;
/// Chores done by a script at a shell, and by one on the management plane.
const SCRIPTS: f64 = 0.25;
const SCRIPTED_WRITES: f64 = 0.5;
/// Copies that are restored in another vault at once.
const RESTORED: f64 = 0.4;
/// Vaults whose objects cannot be purged before their time.
const PROTECTED: f64 = 0.4;

/// Does one chore in a vault.
pub(super) fn do_chore(human: &Human, script: &mut Script<'_>, vault: u16) {
    let tenant = script.tenant;
    let home = &tenant.vaults[usize::from(vault)];
    let kind = script.stream.below(8);
    if kind < 5 {
        at_shell(script);
        script.maybe_challenge(Request::List, vault, NOTHING);
    } else {
        on_management_plane(human, script);
    }
    let few = 1 + script.stream.below(3);
    let first = script.stream.below(home.secrets.len());
    let secrets = home.secrets.clone().skip(first).take(few);
    match kind {
        0 => {
            script.list(vault, Collection::Secrets);
            secrets.for_each(|secret| step(script, secret, Verb::Set, Outcome::Ok));
            home.certificates.clone().take(1).for_each(|certificate| {
                step(script, certificate, Verb::Import, Outcome::Ok);
            });
        }
        1 => {
            script.list(vault, Collection::Secrets);
            let restores = script.stream.chance(RESTORED);
            for secret in secrets {
                step(script, secret, Verb::Backup, Outcome::Ok);
            }
            if restores {
                let other = script.stream.below(tenant.vaults.len());
                let places = tenant.vaults[other].secrets.clone().take(few);
                places.for_each(|place| step(script, place, Verb::Restore, Outcome::Ok));
            }
        }
        2 => {
            script.list(vault, Collection::Secrets);
            let purge = purge(script);
            for secret in secrets {
                step(script, secret, Verb::Delete, Outcome::Ok);
                step(script, secret, Verb::Purge, purge);
            }
        }
        3 => bring_back(script, vault, few),
        4 => renew_key(human, script, vault),
        5 => {
            if script.stream.chance(0.5) {
                script.change_diagnostics(vault, Activity::DiagnosticsDelete);
                script.wait(40.0);
            }
            script.change_diagnostics(vault, Activity::DiagnosticsWrite);
        }
        6 => change_role(script, vault),
        _ => {
            script.delete_vault(vault);
            script.wait(30.0);
            let purge = purge(script);
            script.purge_vault(vault, purge);
        }
    }
}

fn at_shell(script: &mut Script<'_>) {
    script.caller.client = script.tenant.client_row(script.caller.identity, 1, script.now);
    take_script(script, SCRIPTS);
}

fn on_management_plane(human: &Human, script: &mut Script<'_>) {
    let client = usize::from(!human.portal);
    script.caller.client = script.tenant.client_row(script.caller.identity, client, script.now);
    take_script(script, SCRIPTED_WRITES);
}

fn take_script(script: &mut Script<'_>, share: f64) {
    if script.stream.chance(share) {
        let client = script.tenant.client_for("script", script.stream);
        script.caller.client = script.tenant.release(client, script.caller.identity, script.now);
    }
}

fn step(script: &mut Script<'_>, object: u32, verb: Verb, outcome: Outcome) {
    script.act(object, verb, outcome);
    let pause = script.stream.log_normal(12.0, 0.8);
    script.wait(pause);
}

fn purge(script: &mut Script<'_>) -> Outcome {
    if script.stream.chance(PROTECTED) { Outcome::Conflict } else { Outcome::Ok }
}

fn bring_back(script: &mut Script<'_>, vault: u16, few: usize) {
    script.list_deleted(vault);
    for secret in script.tenant.vaults[usize::from(vault)].deleted.clone().take(few) {
        step(script, secret, Verb::Recover, Outcome::Ok);
        step(script, secret, Verb::Get, Outcome::Ok);
    }
}

/// A storage account gets a key of its own; now and then the key was only a trial.
fn renew_key(human: &Human, script: &mut Script<'_>, vault: u16) {
    let key = script.tenant.vaults[usize::from(vault)].unborn_key;
    step(script, key, Verb::Create, Outcome::Ok);
    if script.stream.chance(0.5) {
        on_management_plane(human, script);
        script.rewire_storage(vault, key);
    } else {
        step(script, key, Verb::Delete, Outcome::Ok);
        step(script, key, Verb::Purge, Outcome::Conflict);
    }
}

fn change_role(script: &mut Script<'_>, vault: u16) {
    let somebody = script.stream.below(64);
    let Some(grantee) = script.tenant.member(Position::User, somebody) else { return };
    let scope = Scope::Vault;
    script.assign_role(vault, Role::SecretsUser, scope, grantee);
    if script.stream.chance(0.5) {
        script.wait(90.0);
        script.remove_role(vault, Role::SecretsUser, scope, grantee);
    }
}
