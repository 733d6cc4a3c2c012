//! A service scales out, or a node upgrade mounts every pod anew: each pod asks for the same few
//! objects with a client built afresh for every call, until the vault has enough.

use serde::Deserialize;

use super::cast::{enter, reader};
use crate::event::{Outcome, Request};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Place, Script};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    pods: CountRange,
    /// Fetched by each pod, as far as the service uses so many.
    objects: CountRange,
    /// Until the last pod is up.
    rollout_seconds: SecondsRange,
    /// Instances in which the vault throttles.
    throttled_share: Share,
    /// Attempts in vain of a throttled call.
    retries: CountRange,
}

/// Calls that meet the limit while the vault throttles.
const MEETS_LIMIT: f64 = 0.2;

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let (tenant, now) = (script.tenant, script.now);
        // Whoever keeps its client does not ask for a challenge each time.
        let rebuilds = |service: u32| {
            tenant.client_of_row(tenant.client_row(service, 0, now)).challenge >= 1.0
        };
        let Some(found) = reader(script, |reader| rebuilds(reader.service)) else { return };
        let mut objects = found.objects;
        enter(script, found.service, 0, Place::Usual);
        objects.truncate(script.count("objects", self.objects).max(1));
        let rollout = script.seconds("rollout_seconds", self.rollout_seconds);
        let throttled = script.decide("throttled", self.throttled_share);
        let pods = script.count("pods", self.pods);
        let began = script.now;
        for pod in 0..pods {
            script.now = began;
            let up = script.stream.unit() * rollout;
            script.wait(up);
            // The first pods still find the vault at rest.
            let busy = throttled && 3 * pod >= pods;
            for &object in &objects {
                self.fetch(script, object, busy);
            }
        }
    }

    fn fetch(&self, script: &mut Script<'_>, object: u32, busy: bool) {
        let vault = script.tenant.objects[object as usize].vault;
        if busy && script.stream.chance(MEETS_LIMIT) {
            let mut pause = 1.0;
            for _ in 0..self.retries.draw_count(script.stream) {
                script.attempt(object, Outcome::Throttled);
                script.wait(pause);
                pause *= 2.0;
            }
        }
        script.challenge(Request::Get, vault, object);
        script.read(object);
    }
}
