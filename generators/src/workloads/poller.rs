//! Pollers: services that ask for the same few objects again and again. They make most of the
//! records, and the misconfigured ones among them nearly all of the steady 403s and 404s.

use super::Moment;
use crate::event::{Event, NOTHING, Operation, Outcome, Request};
use crate::random::Stream;
use crate::script::Script;
use crate::tenant::Span;
use crate::time::{DAY, Ticks};

/// Fetches that look at the vault's settings first.
const CHECKS: f64 = 0.002;
/// Of those, the ones that go through everything there is.
const INVENTORIES: f64 = 0.3;

/// One polling service.
#[derive(Debug, Clone)]
pub(crate) struct Poller {
    /// Events a day, cut at the estate's maximum.
    pub(crate) events_per_day: f64,
    /// The same before the cut: what calibration may raise it to.
    pub(crate) uncut_per_day: f64,
    /// Sorted by vault.
    pub(crate) targets: Vec<Target>,
    /// Fetches all its objects each time, not one.
    pub(crate) whole_set: bool,
    /// By the clock, not by demand; the phase tells services apart.
    pub(crate) periodic: Option<f64>,
    pub(crate) trouble: Option<Trouble>,
    /// Probability of a 401 before a fetch, from its client.
    pub(crate) challenge: f64,
}

/// One object it fetches, from some moment on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) vault: u16,
    pub(crate) object: u32,
    pub(crate) since: Ticks,
}

/// What a misconfigured service asks for in vain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trouble {
    pub(crate) forbidden: u32,
    pub(crate) denial: Outcome,
    pub(crate) missing: u32,
}

impl Poller {
    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, out: &mut Vec<Event>) {
        let weight = moment.rhythms.workload(moment.from, moment.to);
        let rate = self.fetches_per_day();
        let starts = match self.periodic {
            Some(phase) => moment.ticks(stream, rate, phase),
            None => moment.starts(stream, rate, weight),
        };
        for at in starts {
            self.fetch(&mut moment.script(stream, at, 0, out));
        }
        if let Some(trouble) = self.trouble {
            self.stumble(trouble, moment, stream, out);
        }
    }

    /// Events over a span at the estate's own rates, trouble left out; `weight` is the mean of the
    /// rhythm.
    pub(crate) fn expected(&self, span: Span, since: Ticks, weight: f64) -> f64 {
        let days =
            |from: Ticks| (span.end - from.max(since).max(span.start)).max(0) as f64 / DAY as f64;
        let objects: f64 = if self.whole_set {
            self.targets.iter().map(|target| days(target.since)).sum()
        } else {
            days(since)
        };
        let weight = if self.periodic.is_some() { 1.0 } else { weight };
        weight * self.fetches_per_day() * (objects + (self.challenge + CHECKS) * days(since))
    }

    fn fetches_per_day(&self) -> f64 {
        let fetched = if self.whole_set { self.targets.len() as f64 } else { 1.0 };
        self.events_per_day / (fetched + self.challenge)
    }

    fn fetch(&self, script: &mut Script<'_>) {
        let at = script.now;
        if let Some(target) = self.targets.first()
            && script.stream.chance(CHECKS)
        {
            self.check(script, target.vault);
        }
        if !self.whole_set {
            let known = self.targets.iter().filter(|target| target.since <= at).count();
            let wanted = if known == 0 { 0 } else { script.stream.below(known) };
            let mut active = self.targets.iter().filter(|target| target.since <= at);
            if let Some(target) = active.nth(wanted) {
                script.maybe_challenge(Request::Get, target.vault, target.object);
                script.read(target.object);
            }
            return;
        }
        let mut asked = None;
        for target in self.targets.iter().filter(|target| target.since <= at) {
            if asked != Some(target.vault) {
                script.maybe_challenge(Request::Get, target.vault, target.object);
                asked = Some(target.vault);
            }
            script.read(target.object);
        }
    }

    /// A look at the vault itself, sometimes at all it holds.
    fn check(&self, script: &mut Script<'_>, vault: u16) {
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        if script.stream.chance(INVENTORIES) {
            script.list_everything(vault);
            let held: Vec<u32> = script.tenant.vaults[usize::from(vault)].readable().collect();
            // Keys and certificates are at the end.
            for object in [*script.stream.pick(&held), held[held.len() - 1]] {
                script.read(object);
            }
        }
    }

    fn stumble(
        &self,
        trouble: Trouble,
        moment: &Moment<'_>,
        stream: &mut Stream,
        out: &mut Vec<Event>,
    ) {
        let [denied, missing] = moment.trouble_per_day;
        let ends = [
            (denied, trouble.forbidden, trouble.denial),
            (missing, trouble.missing, Outcome::NotFound),
        ];
        // Calibration gives these rates as they shall be; they do not follow the identity's own
        // intensity.
        let own = Moment { intensity: 1.0, ..*moment };
        for (per_day, object, outcome) in ends {
            for at in own.starts(stream, per_day, 1.0) {
                own.script(stream, at, 0, out).attempt(object, outcome);
            }
        }
    }
}
