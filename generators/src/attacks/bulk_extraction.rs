//! Bulk extraction: list pages, then read everything readable, at machine speed.

use serde::Deserialize;

use super::intruder::{Errand, foreign_vault, knock, look_around, loot, take_over, victim};
use crate::event::Request;
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::Script;
use crate::tenant::Position;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// Read in all, as far as the vaults hold them.
    objects: CountRange,
    vaults: CountRange,
    gap_seconds: SecondsRange,
    /// Campaigns that read as many at once as `width` says.
    parallel_share: Share,
    width: CountRange,
    /// Campaigns that list before they read; the others know the names.
    list_share: Share,
    /// Campaigns on vaults that the stolen identity uses anyway.
    home_share: Share,
    /// Campaigns that take keys and certificates too.
    everything_share: Share,
    /// Campaigns that run into a closed door first.
    denied_share: Share,
}

const VICTIMS: [(Position, f64); 6] = [
    (Position::User, 0.35),
    (Position::Guest, 0.05),
    (Position::Poller, 0.3),
    (Position::Startup, 0.15),
    (Position::Pipeline, 0.1),
    (Position::Automation, 0.05),
];

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let Some(identity) = victim(script, &VICTIMS) else { return };
        take_over(script, identity, Errand::Read);
        let wanted = script.count("objects", self.objects);
        let everything = script.decide("everything", self.everything_share);
        let lists = script.decide("lists", self.list_share);
        let gap = script.seconds("gap_seconds", self.gap_seconds);
        let parallel = script.decide("parallel", self.parallel_share);
        let width = parallel.then(|| script.count("width", self.width));
        let vaults = self.targets(script, identity, wanted);
        if script.decide("denied", self.denied_share) {
            let closed = foreign_vault(script, identity, 1);
            knock(script, closed, true);
        }
        let mut left = wanted;
        for vault in vaults {
            let objects = loot(script.tenant, vault, left, everything);
            left -= objects.len();
            let Some(&first) = objects.first() else { break };
            if lists {
                look_around(script, vault, everything);
            } else {
                script.maybe_challenge(Request::Get, vault, first);
            }
            match width {
                Some(width) => script.read_parallel(&objects, width),
                None => extract(script, &objects, gap),
            }
        }
    }

    fn targets(&self, script: &mut Script<'_>, identity: u32, wanted: usize) -> Vec<u16> {
        let count = self.vaults.draw_count(script.stream).max(1);
        let mut vaults = script.tenant.identities[identity as usize].vaults.clone();
        let held: usize =
            vaults.iter().map(|&vault| loot(script.tenant, vault, wanted, true).len()).sum();
        // A home that is nearly empty is no target.
        let poor = (held as f64) < self.objects.low;
        let home = !poor && script.stream.chance(self.home_share.0);
        if !home {
            let each = wanted.div_ceil(count);
            vaults = (0..count).map(|_| foreign_vault(script, identity, each)).collect();
        }
        vaults.sort_unstable();
        vaults.dedup();
        script.stream.shuffle(&mut vaults);
        vaults.truncate(count);
        script.note("home", home);
        script.note("vaults", vaults.len());
        vaults
    }
}

/// One after the other, the pauses around the campaign's own pace.
fn extract(script: &mut Script<'_>, objects: &[u32], gap: f64) {
    for &object in objects {
        script.read(object);
        let pause = script.stream.log_normal(gap, 0.3);
        script.wait(pause);
    }
}
