//! Pollers: services that ask for the same few objects again and again. They make most of the
//! records, and the misconfigured ones among them nearly all of the steady 403s and 404s.

use super::{Arrival, Habit, Hire, Moment, Work, Workload};
use crate::event::{NOTHING, Operation, Outcome, Request};
use crate::random::Stream;
use crate::scenario::MOST_REQUESTS_PER_DAY;
use crate::script::Script;
use crate::tenant::Tenant;
use crate::time::{DAY, Ticks};

/// Fetches that look at the vault's settings first.
const CHECKS: f64 = 0.005;
/// Of those, the ones that go through everything there is.
const INVENTORIES: f64 = 0.3;
/// Requests of a busy service that are refused one after the other, and the pauses between them.
const REFUSALS: f64 = 6.0;
const RETRY_SECONDS: (f64, f64) = (0.3, 2.0);

/// One polling service.
#[derive(Debug, Clone)]
pub(crate) struct Poller {
    /// Events a day at the estate's cap.
    pub(crate) events_per_day: f64,
    /// The same without the cap: what calibration may raise it to.
    pub(crate) uncut_per_day: f64,
    /// Sorted by vault.
    pub(crate) targets: Vec<Target>,
    /// Fetches all its objects each time, not one.
    whole_set: bool,
    /// Exponent of its objects' popularity.
    popularity: f64,
    arrival: Arrival,
    pub(crate) misconfigured: Option<InVain>,
    /// Among the busiest: it runs into the vault's limits.
    pub(crate) busy: bool,
    /// Probability of a 401 before a fetch, from its client.
    challenge: f64,
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
pub(crate) struct InVain {
    forbidden: u32,
    denial: Outcome,
    missing: u32,
}

/// A rate under a cap that bends the rates near it instead of cutting them: no two services end up
/// equally busy, and quiet ones hardly change.
pub(crate) fn bent(rate: f64, cap: f64) -> f64 {
    rate / (1.0 + rate / cap)
}

impl Poller {
    pub(crate) fn draw(tenant: &Tenant, stream: &mut Stream, hire: Hire) -> (Vec<u16>, Habit) {
        let law = tenant.estate.wire.poller.clone();
        let vaults = Self::vaults(tenant, stream);
        let targets = Self::targets(tenant, &vaults, stream);
        let share = tenant.estate.wire.errors.misconfigured_share.0;
        // One at least, in an estate of any size that has enough of them.
        let misconfigured = stream.chance(share) || hire.number == 7;
        // However far `--events` raises the rates; a service then shares its id among processes.
        let uncut = stream
            .log_normal(law.events_per_day.median.0, law.events_per_day.sigma.0)
            .min(f64::from(MOST_REQUESTS_PER_DAY));
        let habit = Self {
            events_per_day: bent(uncut, law.events_per_day.max.0),
            uncut_per_day: uncut,
            whole_set: stream.chance(law.whole_set_share.0),
            popularity: law.popularity_exponent.0,
            arrival: Arrival::draw(law.arrivals.get_ref(), stream),
            misconfigured: misconfigured.then(|| InVain::draw(tenant, targets[0].vault, stream)),
            busy: false,
            challenge: hire.challenge,
            targets,
        };
        (vaults.into_iter().map(|(vault, _)| vault).collect(), Habit::Poller(habit))
    }

    /// One of somebody's own logs: it only lends its account, nothing is expanded of it.
    pub(crate) fn known(events_per_day: f64, targets: Vec<Target>) -> Self {
        Self {
            events_per_day,
            uncut_per_day: events_per_day,
            targets,
            whole_set: false,
            popularity: 0.0,
            arrival: Arrival::Random,
            misconfigured: None,
            busy: false,
            challenge: 0.0,
        }
    }

    /// One, or several by a Zipf law, and sometimes one that is new while the corpus runs.
    fn vaults(tenant: &Tenant, stream: &mut Stream) -> Vec<(u16, Ticks)> {
        let law = tenant.estate.wire.poller.vaults;
        let more = law.most.0.clamp(2, tenant.vaults.len().max(2)) - 1;
        let count =
            if stream.chance(law.one_share.0) { 1 } else { 2 + stream.zipf(more, law.exponent.0) };
        let mut vaults: Vec<(u16, Ticks)> =
            (0..count).map(|_| (tenant.home(stream), i64::MIN)).collect();
        let daily = tenant.estate.wire.novelty.new_vault_edges_per_day.0;
        if stream.chance(new_share(daily, tenant.span.days())) {
            vaults.push((tenant.home(stream), later(tenant, stream)));
        }
        vaults.sort_by_key(|&(vault, since)| (vault, since));
        vaults.dedup_by_key(|&mut (vault, _)| vault);
        vaults
    }

    fn targets(tenant: &Tenant, vaults: &[(u16, Ticks)], stream: &mut Stream) -> Vec<Target> {
        let law = &tenant.estate.wire.poller;
        let daily = tenant.estate.wire.novelty.new_object_edges_per_day.0;
        let new_objects = new_share(daily, tenant.span.days());
        let mut targets = Vec::new();
        for &(vault, known) in vaults {
            let found = &tenant.vaults[usize::from(vault)];
            let mut objects: Vec<u32> = found.secrets.clone().collect();
            stream.shuffle(&mut objects);
            objects.truncate(law.objects.draw_count(stream).max(1));
            if stream.chance(law.other_credentials_share.0) {
                objects.extend(found.keys.clone().chain(found.certificates.clone()).take(1));
            }
            for (rank, &object) in objects.iter().enumerate() {
                let new = rank > 0 && stream.chance(new_objects);
                let since = if new { later(tenant, stream).max(known) } else { known };
                targets.push(Target { vault, object, since });
            }
        }
        targets
    }

    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        for at in self.arrival.starts(moment, stream, self.fetches_per_day()) {
            self.fetch(&mut moment.script(stream, at, 0, &mut work.events));
        }
        // Calibration gives these rates as they shall be; they do not follow the identity's own
        // intensity.
        let own = Moment { intensity: 1.0, ..*moment };
        if let Some(in_vain) = self.misconfigured {
            in_vain.expand(&own, stream, work);
        }
        if self.busy {
            self.be_refused(&own, stream, work);
        }
    }

    /// Events between two moments at the estate's own rates, trouble left out; `weight` is the mean
    /// of the rhythm.
    pub(crate) fn expected(&self, (from, to): (Ticks, Ticks), weight: f64) -> f64 {
        let days = |since: Ticks| (to - from.max(since)).max(0) as f64 / DAY as f64;
        let objects: f64 = if self.whole_set {
            self.targets.iter().map(|target| days(target.since)).sum()
        } else {
            days(from)
        };
        let asked = objects + (self.challenge + CHECKS) * days(from);
        self.arrival.weight(weight) * self.fetches_per_day() * asked
    }

    /// Its events come in clusters.
    pub(crate) fn is_coarse(&self) -> bool {
        matches!(self.arrival, Arrival::Clusters { .. })
    }

    fn fetches_per_day(&self) -> f64 {
        let fetched = if self.whole_set { self.targets.len() as f64 } else { 1.0 };
        self.events_per_day / (fetched + self.challenge)
    }

    fn fetch(&self, script: &mut Script<'_>) {
        let at = script.now;
        if script.stream.chance(CHECKS) {
            check(script, self.targets[0].vault);
        }
        let mut active = self.targets.iter().filter(|target| target.since <= at);
        if !self.whole_set {
            let known = active.clone().count();
            let wanted = if known == 0 { 0 } else { script.stream.zipf(known, self.popularity) };
            if let Some(target) = active.nth(wanted) {
                script.maybe_challenge(Request::Get, target.vault, target.object);
                script.read(target.object);
            }
            return;
        }
        let mut asked = None;
        for target in active {
            if asked != Some(target.vault) {
                script.maybe_challenge(Request::Get, target.vault, target.object);
                asked = Some(target.vault);
            }
            script.read(target.object);
        }
    }

    /// Too many requests for the vault, until there is room again.
    fn be_refused(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        for at in moment.starts(stream, moment.trouble.throttled / REFUSALS, 1.0) {
            let mut script = moment.script(stream, at, 0, &mut work.events);
            for _ in 0..script.stream.geometric(REFUSALS) {
                script.attempt(self.targets[0].object, Outcome::Throttled);
                let pause = script.stream.uniform(RETRY_SECONDS.0, RETRY_SECONDS.1);
                script.wait(pause);
            }
        }
    }
}

/// A look at the vault itself, sometimes at all it holds.
fn check(script: &mut Script<'_>, vault: u16) {
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

impl InVain {
    fn draw(tenant: &Tenant, home: u16, stream: &mut Stream) -> Self {
        let elsewhere = stream.below(tenant.vaults.len()) as u16;
        let wanted = &tenant.vaults[usize::from(elsewhere)].secrets;
        Self {
            forbidden: wanted.start + stream.below(wanted.len()) as u32,
            denial: tenant.denial(elsewhere, false),
            missing: tenant.vaults[usize::from(home)].missing(),
        }
    }

    fn expand(self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        let from = work.events.len();
        let ends = [
            (moment.trouble.denied, self.forbidden, self.denial),
            (moment.trouble.missing, self.missing, Outcome::NotFound),
        ];
        for (per_day, object, outcome) in ends {
            for at in moment.starts(stream, per_day, 1.0) {
                moment.script(stream, at, 0, &mut work.events).attempt(object, outcome);
            }
        }
        work.burst(Workload::Misconfigured, from);
    }
}

/// Some moment of the corpus.
fn later(tenant: &Tenant, stream: &mut Stream) -> Ticks {
    let span = (tenant.span.end - tenant.span.start) as f64;
    tenant.span.start + (stream.unit() * span) as Ticks
}

/// Share of all pairs that appear within so many days when a share `daily` of them is new each day.
fn new_share(daily: f64, days: f64) -> f64 {
    1.0 - libm::pow(1.0 - daily, days)
}
