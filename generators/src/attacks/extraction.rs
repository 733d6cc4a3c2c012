//! The work itself: objects taken one after the other, split over sittings and accounts.

use std::collections::BTreeSet;

use super::campaign::Campaign;
use super::intruder::{Errand, take_over};
use super::targets::look_around;
use crate::event::Request;
use crate::script::{Caller, Script};
use crate::time::Ticks;

/// How objects are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extraction {
    pub(super) errand: Errand,
    /// Lists keys and certificates too.
    pub(super) everything: bool,
    /// What a client without a token asks for first.
    pub(super) request: Request,
}

/// What one account does in one sitting.
struct Part<'a> {
    start: Ticks,
    identity: u32,
    objects: &'a [u32],
}

impl Extraction {
    /// Values, as secrets are read.
    pub(super) fn reading(everything: bool) -> Self {
        Self { errand: Errand::Read, everything, request: Request::Get }
    }

    /// Goes through the objects (grouped by vault) from the script's moment on; the leader has been
    /// taken over. `take` takes some of one vault, with so many seconds between two calls.
    pub(super) fn run(
        self,
        script: &mut Script<'_>,
        campaign: &Campaign,
        objects: &[u32],
        mut take: impl FnMut(&mut Script<'_>, &[u32], f64),
    ) {
        script.note("objects", objects.len());
        let mut callers: Vec<Caller> = vec![script.caller];
        let mut listed = BTreeSet::new();
        for part in parts(script, campaign, objects) {
            script.now = script.now.max(part.start);
            if script.caller.identity != part.identity {
                match callers.iter().find(|caller| caller.identity == part.identity) {
                    Some(&caller) => script.hand_over(caller),
                    None => {
                        take_over(script, campaign, part.identity, self.errand);
                        callers.push(script.caller);
                    }
                }
            }
            let gap = campaign.gap_seconds(part.objects.len());
            let tenant = script.tenant;
            let vault = |object: u32| tenant.objects[object as usize].vault;
            for group in part.objects.chunk_by(|&a, &b| vault(a) == vault(b)) {
                let (first, home) = (group[0], vault(group[0]));
                if campaign.settings.lists && listed.insert((part.identity, home)) {
                    look_around(script, home, self.everything);
                } else {
                    script.maybe_challenge(self.request, home, first);
                }
                take(script, group, gap);
            }
        }
    }
}

/// Reads one after the other, the pauses around the campaign's own pace.
pub(super) fn read_each(script: &mut Script<'_>, objects: &[u32], gap_seconds: f64) {
    for &object in objects {
        script.read(object);
        rest(script, gap_seconds);
    }
}

/// A pause around the campaign's own pace.
pub(super) fn rest(script: &mut Script<'_>, gap_seconds: f64) {
    let pause = script.stream.log_normal(gap_seconds, 0.3);
    script.wait(pause);
}

/// Every sitting gives each account its part; small ones go to different accounts in turn.
fn parts<'a>(script: &mut Script<'_>, campaign: &Campaign, objects: &'a [u32]) -> Vec<Part<'a>> {
    /// From one account to the next.
    const HAND_OVER_SECONDS: (f64, f64) = (60.0, 720.0);
    let crew = &campaign.identities;
    let (mut parts, mut done, mut share, mut turn) = (Vec::new(), 0, 0.0, 0);
    for sitting in campaign.sittings(script) {
        share += sitting.share;
        let until = (libm::round(share * objects.len() as f64) as usize).min(objects.len());
        let own = &objects[done..until];
        done = until;
        let mut start = sitting.start;
        for chunk in own.chunks(own.len().div_ceil(crew.len()).max(1)) {
            parts.push(Part { start, identity: crew[turn % crew.len()], objects: chunk });
            turn += 1;
            let (low, high) = HAND_OVER_SECONDS;
            start += crate::time::ticks_from_seconds(script.stream.uniform(low, high));
        }
    }
    parts
}
