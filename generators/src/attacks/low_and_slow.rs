//! Low and slow: a few reads a day for weeks, names known, nothing listed.

use serde::Deserialize;

use super::campaign::{Campaign, Steps, last_start};
use super::cast::{ANYBODY, TRUSTED};
use super::intruder::{Errand, take_over};
use super::moment::moments_of_day;
use super::recruiter::Recruiter;
use super::targets::{loot, vaults};
use crate::event::Request;
use crate::scenario::{CountRange, DaysRange};
use crate::script::{Caller, Script};
use crate::time::DAY;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Read at most, in all.
    objects: CountRange,
    /// Days it lasts, as far as the corpus does.
    days: DaysRange,
    /// Read a day.
    per_day: CountRange,
}

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(&ANYBODY, &TRUSTED)
    }

    fn lasts_days(&self) -> Option<DaysRange> {
        Some(self.days)
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        let wanted = script.count("objects", self.objects).max(1);
        let vault = vaults(script, campaign, 1, wanted)[0];
        let objects = loot(script.tenant, campaign, &[vault], wanted, false);
        let start = script.now;
        let drawn = (campaign.drawn_days * DAY as f64) as i64;
        let end = last_start(script.tenant.span).min(start + drawn).max(start);
        let mut callers: Vec<Caller> = Vec::new();
        for &identity in &campaign.identities {
            take_over(script, campaign, identity, Errand::Read);
            callers.push(script.caller);
        }
        let mut moments = vec![start];
        let mut midnight = start - start.rem_euclid(DAY) + DAY;
        while midnight < end {
            let count = self.per_day.draw_count(script.stream).max(1);
            moments.extend(moments_of_day(script, campaign, midnight, count));
            midnight += DAY;
        }
        moments.retain(|&at| at <= end);
        for (turn, (object, at)) in objects.into_iter().zip(moments).enumerate() {
            script.now = script.now.max(at);
            script.hand_over(callers[turn % callers.len()]);
            script.maybe_challenge(Request::Get, vault, object);
            script.read(object);
        }
        let used = (script.now - start) as f64 / DAY as f64;
        script.note("used_days", libm::round(used * 100.0) / 100.0);
    }
}
