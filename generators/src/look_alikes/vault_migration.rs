//! A vault moves: everything is listed, read, and set again in another vault; then services follow.

use serde::Deserialize;

use super::cast::{enter, enter_as_operator, services_of};
use crate::event::{NOTHING, Operation, Outcome, Request, Verb};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Place, Script};
use crate::tenant::{Collection, Tenant};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// Moved at most.
    objects: CountRange,
    /// Between two of them. A vault takes 300 new secrets in ten seconds; one script stays below.
    gap_seconds: SecondsRange,
    automated_share: Share,
    /// Services that read from the new vault from then on.
    followers: CountRange,
    /// Until they do.
    follow_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let tenant = script.tenant;
        let wanted = script.count("objects", self.objects);
        let old = *script.stream.pick(&tenant.vaults_with(wanted));
        let Some(new) = destination(script, old) else { return };
        if enter_as_operator(script, self.automated_share).is_none() {
            return;
        }
        for vault in [old, new] {
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        }
        script.maybe_challenge(Request::List, old, NOTHING);
        script.list(old, Collection::Secrets);
        let secrets: Vec<u32> =
            tenant.vaults[usize::from(old)].secrets.clone().take(wanted.max(1)).collect();
        for &object in &secrets {
            script.read(object);
            script.act_in(new, object, Verb::Set, Outcome::Ok);
            script.pause(self.gap_seconds);
        }
        self.follow(script, old, new, &secrets);
    }

    /// Each with the names that it knows from the old vault, or the first few.
    fn follow(&self, script: &mut Script<'_>, old: u16, new: u16, secrets: &[u32]) {
        let moved = script.now;
        let services = services_of(script.tenant, old, moved);
        for &service in services.iter().take(script.count("followers", self.followers)) {
            script.now = moved;
            let later = self.follow_seconds.draw(script.stream);
            script.wait(later);
            enter(script, service, 0, Place::Usual);
            script.maybe_challenge(Request::List, new, NOTHING);
            for &object in secrets.iter().take(3) {
                script.act_in(new, object, Verb::Get, Outcome::Ok);
            }
        }
    }
}

/// Another vault, of the same subscription where there is one.
fn destination(script: &mut Script<'_>, old: u16) -> Option<u16> {
    let subscription = |tenant: &Tenant, vault: u16| tenant.vaults[usize::from(vault)].subscription;
    let tenant = script.tenant;
    let others: Vec<u16> = (0..tenant.vaults.len() as u16).filter(|&vault| vault != old).collect();
    let near: Vec<u16> = others
        .iter()
        .copied()
        .filter(|&vault| subscription(tenant, vault) == subscription(tenant, old))
        .collect();
    let choice = if near.is_empty() { &others } else { &near };
    (!choice.is_empty()).then(|| *script.stream.pick(choice))
}
