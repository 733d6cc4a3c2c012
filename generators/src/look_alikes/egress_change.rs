//! The services of one application come from a new block of addresses: a gateway was replaced.
//!
//! Some of their usual reads leave through the new gateway while the others still take the old one;
//! identities, clients and objects stay the same.

use serde::Deserialize;

use super::cast::{Reader, enter, neighbour, readers_of, services_by_vault, several_vaults};
use crate::event::Request;
use crate::scenario::{CountRange, SecondsRange};
use crate::script::{Place, Script};
use crate::tenant::{Network, Passing};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    services: CountRange,
    /// Fetches of each service through the new gateway.
    rounds: CountRange,
    /// Between two of them.
    gap_seconds: SecondsRange,
    /// Objects of one fetch.
    objects: CountRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let count = script.count("services", self.services).max(1);
        let readers = readers_of_one_group(script, count);
        let gateway = script.tenant.passing_address(script.stream, Passing::Cloud);
        let rounds = script.count("rounds", self.rounds).max(1);
        let began = script.now;
        for Reader { service, vault, objects } in readers {
            let address = neighbour(script, gateway);
            script.now = began;
            enter(script, service, 0, Place::Passing(address));
            for _ in 0..rounds {
                script.pause(self.gap_seconds);
                script.maybe_challenge(Request::Get, vault, objects[0]);
                let count = self.objects.draw_count(script.stream).max(1);
                for &object in objects.iter().take(count) {
                    script.read(object);
                }
            }
        }
    }
}

/// At most `count` services that read in the vaults of one resource group which are open to public
/// addresses.
fn readers_of_one_group(script: &mut Script<'_>, count: usize) -> Vec<Reader> {
    let tenant = script.tenant;
    let mut readers: Vec<Reader> = Vec::new();
    let mut group: Option<&str> = None;
    let services = services_by_vault(tenant, script.now);
    for vault in several_vaults(script, usize::MAX) {
        let home = &tenant.vaults[usize::from(vault)];
        if home.network != Network::Public || group.is_some_and(|name| name != home.resource_group)
        {
            continue;
        }
        for reader in readers_of(script, vault, &services[usize::from(vault)]) {
            if readers.iter().all(|known| known.service != reader.service) {
                readers.push(reader);
                group = Some(&home.resource_group);
            }
        }
    }
    readers.truncate(count);
    readers
}
