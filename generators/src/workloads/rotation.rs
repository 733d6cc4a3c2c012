//! The rotation function: the service announces that a secret nears its end, the function reads the
//! old value, sets a new one and retires the old version. Keys get a new version without a value.
//!
//! An object's version changes at the moment of its rotation, so what is read later is the new one.

use super::{Habit, Hire, Moment, Work, Workload};
use crate::event::{Outcome, Request, Verb};
use crate::random::Stream;
use crate::scenario::SecondsRange;
use crate::tenant::{Collection, Tenant};
use crate::time::{Ticks, ticks_from_seconds};

/// One function, with the vaults it looks after.
#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    gap_seconds: SecondsRange,
}

impl Rotation {
    /// Functions share the vaults evenly, so that no version changes without anybody having changed
    /// it. (Certificates renew themselves, and secrets of short-lived vaults never grow old.)
    pub(crate) fn draw(tenant: &Tenant, _: &mut Stream, hire: Hire) -> (Vec<u16>, Habit) {
        let vaults = (0..tenant.vaults.len() as u16).skip(hire.number).step_by(hire.colleagues);
        let gap_seconds = tenant.estate.wire.rotation.gap_seconds;
        (vaults.collect(), Habit::Rotation(Self { gap_seconds }))
    }

    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        let tenant = moment.tenant;
        // A rotation belongs to the slice in which it may begin, before the version changes.
        let lead = ticks_from_seconds(2.0 * self.gap_seconds.high);
        let (from, to) = (moment.from + lead, moment.to + lead);
        for &vault in &tenant.identities[moment.identity as usize].vaults {
            let home = &tenant.vaults[usize::from(vault)];
            for object in home.secrets.clone().chain(home.keys.clone()) {
                let rotated = tenant.objects[object as usize].rotated(from, to);
                if let Some(at) = rotated
                    && stream.chance(moment.intensity)
                {
                    self.rotate(moment, stream, object, at, work);
                }
            }
        }
    }

    fn rotate(
        &self,
        moment: &Moment<'_>,
        stream: &mut Stream,
        object: u32,
        at: Ticks,
        work: &mut Work,
    ) {
        let from = work.events.len();
        let (vault, collection) = {
            let object = &moment.tenant.objects[object as usize];
            (object.vault, object.collection)
        };
        let [notice, reading, retiring] = [0; 3].map(|_: i32| self.gap_seconds.draw(stream));
        let began = at - ticks_from_seconds(notice + reading);
        let mut script = moment.script(stream, began, 0, &mut work.events);
        script.act(object, Verb::NearExpiry, Outcome::Ok);
        script.wait(notice);
        script.maybe_challenge(Request::Get, vault, object);
        if collection == Collection::Keys {
            script.now = script.now.max(at);
            script.act(object, Verb::Rotate, Outcome::Ok);
        } else {
            script.read(object);
            script.now = script.now.max(at);
            script.act(object, Verb::Set, Outcome::Ok);
            script.wait(retiring);
            script.act(object, Verb::Update, Outcome::Ok);
        }
        work.burst(Workload::Rotation, from);
    }
}
