//! One identity in one slice of time: when within it something begins.

use super::Rhythms;
use crate::event::Event;
use crate::random::Stream;
use crate::script::{Caller, Place, Script};
use crate::tenant::Tenant;
use crate::time::{DAY, Ticks};

/// One identity in one slice of time.
#[derive(Debug)]
pub(crate) struct Moment<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) rhythms: &'a Rhythms,
    pub(crate) identity: u32,
    pub(crate) from: Ticks,
    pub(crate) to: Ticks,
    /// Factor on every rate of this identity, from calibration.
    pub(crate) intensity: f64,
    pub(crate) trouble: Trouble,
}

/// Requests in vain, a day and identity that has this kind of trouble.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trouble {
    pub(crate) denied: f64,
    pub(crate) missing: f64,
    pub(crate) throttled: f64,
}

impl<'a> Moment<'a> {
    /// Starts of a Poisson process with this mean rate, under a rhythm weight taken at the middle
    /// of the slice.
    pub(crate) fn starts(&self, stream: &mut Stream, per_day: f64, weight: f64) -> Vec<Ticks> {
        let length = (self.to - self.from) as f64;
        let mean = per_day * self.intensity * weight * length / DAY as f64;
        let count = stream.poisson(mean);
        let mut starts: Vec<Ticks> =
            (0..count).map(|_| self.from + (stream.unit() * length) as Ticks).collect();
        starts.sort_unstable();
        starts
    }

    /// Starts at a fixed interval, each late by up to `jitter` intervals; `phase` in [0, 1) tells
    /// identities apart. The gaps' coefficient of variation is about 0.41 times the jitter.
    pub(crate) fn ticks(
        &self,
        stream: &mut Stream,
        per_day: f64,
        phase: f64,
        jitter: f64,
    ) -> Vec<Ticks> {
        let rate = per_day * self.intensity;
        if rate <= 0.0 {
            return Vec::new();
        }
        let interval = DAY as f64 / rate;
        let since = |time: Ticks| (time - self.tenant.span.start) as f64 / interval - phase;
        let (first, last) =
            (libm::ceil(since(self.from)) as i64, libm::ceil(since(self.to)) as i64);
        let at = |k: i64, late: f64| ((k as f64 + phase + late) * interval) as Ticks;
        (first..last).map(|k| self.tenant.span.start + at(k, jitter * stream.unit())).collect()
    }

    /// A script of this identity with the first or second of its clients, from its usual place.
    pub(crate) fn script<'s>(
        &'s self,
        stream: &'s mut Stream,
        at: Ticks,
        client: usize,
        out: &'s mut Vec<Event>,
    ) -> Script<'s> {
        let client = self.tenant.client_row(self.identity, client, at);
        let caller = Caller { identity: self.identity, client, place: Place::Usual };
        Script::new(self.tenant, stream, at, caller, out)
    }
}
