//! Infrastructure as code: each plan reads settings and some secrets, an apply writes vaults and
//! grants roles.

use super::{Moment, Work, Workload};
use crate::event::{Change, GROUP, NOTHING, Operation, Outcome, Request, Role, Scope};
use crate::random::Stream;
use crate::scenario::{CountRange, Share};
use crate::script::{Place, Script};
use crate::tenant::{Collection, Network, Passing, Position, ShortLived};

/// Vaults of a plan whose secrets are looked up by listing.
const LISTS: f64 = 0.1;

/// One repository's automation identity.
#[derive(Debug, Clone)]
pub(crate) struct Infrastructure {
    pub(crate) plans_per_day: f64,
    pub(crate) reads: CountRange,
    pub(crate) apply_share: Share,
    pub(crate) grant_share: Share,
    /// Vaults it makes for pull requests, in the order of their creation.
    pub(crate) short_lived: Vec<ShortLived>,
}

impl Infrastructure {
    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        let weight = moment.rhythms.human(moment.from, moment.to);
        for at in moment.starts(stream, self.plans_per_day, weight) {
            let from = work.events.len();
            let mut script = moment.script(stream, at, 0, &mut work.events);
            // Runs on hosted agents, a new one each time.
            script.caller.place =
                Place::Passing(script.tenant.passing_address(script.stream, Passing::HostedAgents));
            let vaults = &moment.tenant.identities[moment.identity as usize].vaults;
            for &vault in vaults {
                self.plan(&mut script, vault);
            }
            if !vaults.is_empty() && script.stream.chance(self.apply_share.0) {
                let vault = *script.stream.pick(vaults);
                script.wait(45.0);
                self.apply(&mut script, vault);
            }
            work.burst(Workload::Infrastructure, from);
        }
        let first = self.short_lived.partition_point(|vault| vault.created < moment.from);
        for vault in self.short_lived[first..].iter().take_while(|vault| vault.created < moment.to)
        {
            if stream.chance(moment.intensity) {
                vault.play(moment, stream, work);
            }
        }
    }

    fn plan(&self, script: &mut Script<'_>, vault: u16) {
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        let secrets = script.tenant.vaults[usize::from(vault)].secrets.clone();
        let reads = self.reads.draw_count(script.stream).min(secrets.len());
        if reads > 0 {
            script.maybe_challenge(Request::Get, vault, secrets.start);
        }
        if script.stream.chance(LISTS) {
            script.list(vault, Collection::Secrets);
        }
        for object in secrets.take(reads) {
            script.read(object);
        }
    }

    fn apply(&self, script: &mut Script<'_>, vault: u16) {
        if !script.stream.chance(self.grant_share.0) {
            self.change(script, vault);
            return;
        }
        let scope = [Scope::Vault, Scope::ResourceGroup, Scope::Subscription];
        let scope = scope[script.stream.weighted(&[0.6, 0.3, 0.1])];
        let groups = script.tenant.groups.len();
        let grantee = match script.stream.weighted(&[0.4, 0.3, 0.3]) {
            0 if groups > 0 => GROUP | script.stream.below(groups) as u32,
            1 => self.somebody(script, Position::User),
            _ => self.somebody(script, Position::Poller),
        };
        if script.tenant.uses_roles(vault) {
            let role = *script.stream.pick(&[
                Role::SecretsUser,
                Role::SecretsUser,
                Role::Reader,
                Role::SecretsOfficer,
            ]);
            script.assign_role(vault, role, scope, grantee);
        } else {
            script.write_vault(vault, Change::Grant, grantee);
        }
    }

    /// Mostly tags and retention; now and then a network rule, or the permission model on its way
    /// to the other.
    fn change(&self, script: &mut Script<'_>, vault: u16) {
        let closed = script.tenant.vaults[usize::from(vault)].network != Network::Public;
        let kind = script.stream.weighted(&[0.75, 0.2, 0.05]);
        let change = match kind {
            1 if closed => *script.stream.pick(&[
                Change::OpenNetwork,
                Change::AddAddress,
                Change::CloseNetwork,
            ]),
            2 if script.tenant.uses_roles(vault) => Change::PolicyModel,
            2 => Change::RoleModel,
            _ => Change::Settings,
        };
        let (caller, at) = (script.caller.identity, script.now);
        let detail = match change {
            Change::AddAddress => script.tenant.public_address(caller, at),
            _ => caller,
        };
        script.write_vault(vault, change, detail);
    }

    fn somebody(&self, script: &mut Script<'_>, position: Position) -> u32 {
        let all = script.tenant.all(position);
        if all.is_empty() {
            script.caller.identity
        } else {
            all.start + script.stream.below(all.len()) as u32
        }
    }
}
