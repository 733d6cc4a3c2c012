//! The figures of an estate, measured: how many of what, how often, how large, how late.
//!
//! Contract: no figure names anybody; each can be computed from the counts alone. What logs cannot say
//! is not here, and stays what the base estate assumes.

use std::collections::BTreeMap;

use vaultdrill_generators::{Network, Position};

use super::caller::Caller;
use super::fit::Fit;
use super::places::{Collection, Place};
use crate::event::IdentityKind;

/// A day on which something was first seen tells of novelty only once what was there before has been
/// seen: from this part of the logs on.
const SETTLED: f64 = 0.5;
/// Services seen on no more days than this act only now and then.
const RARE_DAYS: u64 = 2;
/// A law of one value still needs some width.
const LEAST_SIGMA: f64 = 0.1;
const MOST_SIGMA: f64 = 5.0;

/// A log-normal law, cut at its largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Law {
    /// Half of the values lie below.
    pub(super) median: f64,
    /// Spread of the logarithms.
    pub(super) sigma: f64,
    /// Largest value.
    pub(super) max: f64,
}

/// A range that leaves a tenth out at each end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    /// A tenth of the values lies below.
    pub(super) low: f64,
    /// A tenth of the values lies above.
    pub(super) high: f64,
}

/// How late records come, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lateness {
    /// Hardly any comes earlier.
    pub(super) floor: f64,
    /// Of what comes on top.
    pub(super) median: f64,
    /// Spread of the logarithms of that.
    pub(super) sigma: f64,
    /// Latest.
    pub(super) max: f64,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Whole days covered.
    pub days: u32,
    /// All records, those without an identity included.
    pub events_per_day: f64,
    pub(super) subscriptions: usize,
    pub(super) vaults: usize,
    pub(super) short_lived_per_day: f64,
    pub(super) access_policies: f64,
    pub(super) firewalled: f64,
    pub(super) private: f64,
    pub(super) unlogged: f64,
    pub(super) secrets: Law,
    pub(super) keys_share: f64,
    pub(super) keys: Spread,
    pub(super) certificates_share: f64,
    pub(super) certificates: Spread,
    pub(super) positions: BTreeMap<Position, usize>,
    pub(super) reserves: usize,
    /// Requests a day of pollers.
    pub(super) poller: Law,
    pub(super) poller_objects: Spread,
    pub(super) poller_vaults_one: f64,
    pub(super) poller_vaults_most: usize,
    pub(super) restarts: Law,
    pub(super) runs: Law,
    pub(super) sessions: Law,
    pub(super) person_vaults: Spread,
    pub(super) portal_share: f64,
    pub(super) person_writes_per_day: f64,
    pub(super) plans_per_day: f64,
    pub(super) scans_per_day: f64,
    /// Busiest to quietest hour, of people and services.
    pub(super) peak_to_trough: [f64; 2],
    /// A weekend day to a working day; nothing without both.
    pub(super) weekend: [Option<f64>; 2],
    pub(super) peak_hour: usize,
    pub(super) denied: f64,
    pub(super) not_found: f64,
    pub(super) throttled: f64,
    pub(super) late_identities: f64,
    pub(super) new_pairs_per_day: f64,
    pub(super) address_days: Spread,
    /// Of the data plane and the control plane; nothing where records say nothing of it.
    pub(super) lateness: [Option<Lateness>; 2],
}

impl Figures {
    /// Measures what was counted; nothing where there was no record.
    pub fn of(fit: &Fit) -> Option<Self> {
        let range = fit.range()?;
        let days = f64::from(range.len());
        let standing: Vec<(u32, &Place)> = standing(fit);
        let share = |is: &dyn Fn(&Place) -> bool| {
            let count = standing.iter().filter(|(_, place)| is(place)).count();
            count as f64 / standing.len().max(1) as f64
        };
        let holdings = |collection| holdings(fit, &standing, collection);
        let (keys, certificates) = (holdings(Collection::Keys), holdings(Collection::Certificates));
        let held = |counts: &[f64]| {
            counts.iter().filter(|&&count| count > 0.0).count() as f64 / counts.len().max(1) as f64
        };
        let staff = Staff::of(fit);
        let per_day = |caller: &Caller, count: u64| count as f64 / active_days(fit, caller);
        let records = |caller: &&Caller| per_day(caller, caller.records);
        let lists = |caller: &&Caller| per_day(caller, caller.calls.lists);
        let sittings = |caller: &&Caller| per_day(caller, caller.sittings.count);
        let pollers = staff.pollers();
        let scanners = staff.of_position(Position::Scanner);
        let automation = staff.of_position(Position::Automation);
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let people = staff.people();
        let errors = |count: fn(&Caller) -> u64| {
            let services = fit.callers.all.iter().filter(|caller| !caller.is_person());
            services.map(count).sum::<u64>() as f64 / fit.records.max(1) as f64
        };
        let changes = |caller: &&Caller| caller.calls.changes;
        let ordinary = staff.of_position(Position::User);
        Some(Self {
            days: range.len(),
            events_per_day: fit.records as f64 / days,
            subscriptions: subscriptions(&standing),
            vaults: standing.len(),
            short_lived_per_day: (fit.places.all.len() - standing.len()) as f64 / days,
            access_policies: share(&|place| place.roles == Some(false)),
            firewalled: share(&|place| place.network() == Network::Firewalled),
            private: share(&|place| place.network() == Network::Private),
            unlogged: share(&|place| place.logged == 0),
            secrets: law(positive(holdings(Collection::Secrets))),
            keys_share: held(&keys),
            keys: spread(positive(keys)),
            certificates_share: held(&certificates),
            certificates: spread(positive(certificates)),
            reserves: staff.rare.len(),
            poller: law(pollers.iter().map(records).collect()),
            poller_objects: spread(pollers.iter().map(|one| one.objects.len() as f64).collect()),
            poller_vaults_one: pollers.iter().filter(|one| one.vaults.len() <= 1).count() as f64
                / pollers.len().max(1) as f64,
            poller_vaults_most: pollers.iter().map(|one| one.vaults.len()).max().unwrap_or(1),
            restarts: law(staff.of_position(Position::Startup).iter().map(lists).collect()),
            runs: law(staff.of_position(Position::Pipeline).iter().map(lists).collect()),
            sessions: law(people.iter().map(sittings).collect()),
            person_vaults: spread(people.iter().map(|one| one.vaults.len() as f64).collect()),
            portal_share: people.iter().filter(|one| prefers_portal(fit, one)).count() as f64
                / people.len().max(1) as f64,
            person_writes_per_day: ordinary.iter().map(changes).sum::<u64>() as f64 / days,
            plans_per_day: mean(automation.iter().map(sittings).collect()),
            scans_per_day: mean(scanners.iter().map(sittings).collect()),
            peak_to_trough: [0, 1].map(|class| peak_to_trough(&fit.hours[class])),
            weekend: [0, 1].map(|class| weekend(&fit.daily[class])),
            peak_hour: peak_hour(&fit.hours[0], &fit.hours[1]),
            denied: errors(|caller| caller.calls.denied),
            not_found: errors(|caller| caller.calls.not_found),
            throttled: errors(|caller| caller.calls.throttled),
            late_identities: late_identities(fit, pollers),
            new_pairs_per_day: new_pairs(fit),
            address_days: address_days(fit),
            lateness: [0, 1].map(|plane| lateness(&fit.delays[plane])),
            positions: staff.counts(),
        })
    }
}

/// Everybody by position; services that act only now and then apart.
struct Staff<'a> {
    by_position: BTreeMap<Position, Vec<&'a Caller>>,
    rare: Vec<&'a Caller>,
}

impl<'a> Staff<'a> {
    fn of(fit: &'a Fit) -> Self {
        let mut staff = Self { by_position: BTreeMap::new(), rare: Vec::new() };
        let is_long = fit.range().is_some_and(|range| u64::from(range.len()) > 2 * RARE_DAYS);
        for caller in &fit.callers.all {
            let is_rare = is_long && caller.days <= RARE_DAYS;
            let is_service = matches!(
                caller.kind,
                IdentityKind::ManagedIdentity | IdentityKind::ServicePrincipal
            );
            match caller.position() {
                Position::Poller | Position::Startup if is_rare && is_service => {
                    staff.rare.push(caller);
                }
                position => staff.by_position.entry(position).or_default().push(caller),
            }
        }
        staff
    }

    fn of_position(&self, position: Position) -> &[&'a Caller] {
        self.by_position.get(&position).map_or(&[], Vec::as_slice)
    }

    fn pollers(&self) -> &[&'a Caller] {
        self.of_position(Position::Poller)
    }

    fn people(&self) -> Vec<&'a Caller> {
        let positions = [Position::Administrator, Position::User, Position::Guest];
        positions.into_iter().flat_map(|position| self.of_position(position)).copied().collect()
    }

    fn counts(&self) -> BTreeMap<Position, usize> {
        self.by_position.iter().map(|(&position, all)| (position, all.len())).collect()
    }
}

/// Vaults that stood for more than a day, with their numbers; all where the logs are of one day.
fn standing(fit: &Fit) -> Vec<(u32, &Place)> {
    let is_long = fit.range().is_some_and(|range| range.len() > 1);
    let all = fit.places.all.iter().enumerate();
    all.filter(|(_, place)| !(is_long && place.is_short_lived()))
        .map(|(number, place)| (number as u32, place))
        .collect()
}

fn subscriptions(standing: &[(u32, &Place)]) -> usize {
    let mut all: Vec<&str> =
        standing.iter().filter_map(|(_, place)| Some(place.home()?.0)).collect();
    all.sort_unstable();
    all.dedup();
    all.len().max(1)
}

/// Objects of a collection in each vault.
fn holdings(fit: &Fit, standing: &[(u32, &Place)], collection: Collection) -> Vec<f64> {
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    for thing in fit.things.all.iter().filter(|it| it.collection == collection && it.used > 0) {
        *counts.entry(thing.vault).or_default() += 1;
    }
    let count = |number: &u32| f64::from(counts.get(number).copied().unwrap_or(0));
    standing.iter().map(|(number, _)| count(number)).collect()
}

/// Days from somebody's first record to the end of the logs, at least one.
fn active_days(fit: &Fit, caller: &Caller) -> f64 {
    let Some(range) = fit.range() else { return 1.0 };
    let since = caller.first.utc_day().max(range.first);
    (range.last - since + 1).max(1) as f64
}

fn prefers_portal(fit: &Fit, caller: &Caller) -> bool {
    let top = caller.clients.top_where(|_| true);
    top.is_some_and(|number| fit.tools.all[number as usize].is_portal())
}

fn peak_hour(people: &[u64; 24], services: &[u64; 24]) -> usize {
    let hours = if people.iter().any(|&count| count > 0) { people } else { services };
    // Over three hours, so that one busy hour moves nothing.
    let around = |hour: usize| hours[(hour + 23) % 24] + hours[hour] + hours[(hour + 1) % 24];
    (0..24).max_by_key(|&hour| (around(hour), 24 - hour)).unwrap_or(12)
}

/// The mean of the three busiest hours to that of the three quietest.
fn peak_to_trough(hours: &[u64; 24]) -> f64 {
    let mut sorted = *hours;
    sorted.sort_unstable();
    let mean = |part: &[u64]| part.iter().sum::<u64>() as f64 / part.len() as f64;
    // Nights without a record are as quiet as a twentieth of the mean, not infinitely so.
    let quiet = mean(&sorted[..3]).max(mean(&sorted) / 20.0);
    if quiet > 0.0 { mean(&sorted[21..]) / quiet } else { 1.0 }
}

fn weekend(daily: &BTreeMap<i64, u64>) -> Option<f64> {
    // Day 0 was a Thursday.
    let is_weekend = |day: i64| (day + 3).rem_euclid(7) >= 5;
    let mean = |wanted: bool| {
        let counts: Vec<u64> = daily
            .iter()
            .filter(|&(&day, _)| is_weekend(day) == wanted)
            .map(|(_, &count)| count)
            .collect();
        (!counts.is_empty()).then(|| counts.iter().sum::<u64>() as f64 / counts.len() as f64)
    };
    let (free, working) = (mean(true)?, mean(false)?);
    (working > 0.0).then_some((free / working).min(1.0))
}

/// Pollers that came after the first part of the logs, as a share of all; over the whole span.
fn late_identities(fit: &Fit, pollers: &[&Caller]) -> f64 {
    let Some(range) = fit.range() else { return 0.0 };
    let from = range.first + (f64::from(range.len()) * SETTLED) as i64;
    let late = pollers.iter().filter(|caller| caller.first.utc_day() >= from).count() as f64;
    (late / pollers.len().max(1) as f64 / (1.0 - SETTLED)).min(1.0)
}

/// Pairs of a service and a vault that are new on a day, as a share of all, once the logs have settled.
fn new_pairs(fit: &Fit) -> f64 {
    let Some(range) = fit.range() else { return 0.0 };
    let from = range.first + (f64::from(range.len()) * SETTLED) as i64;
    let days = (range.last - from + 1).max(1) as f64;
    let all: u64 = fit.new_pairs.values().sum();
    let new: u64 = fit.new_pairs.range(from..).map(|(_, &count)| count).sum();
    new as f64 / days / all.max(1) as f64
}

/// How long somebody keeps an address.
fn address_days(fit: &Fit) -> Spread {
    let lasting = fit.callers.all.iter().filter(|caller| caller.public.len() > 0);
    spread(lasting.map(|one| active_days(fit, one) / one.public.len() as f64).collect())
}

/// How late records are; nothing where they say nothing of it: where most have no delay at all.
fn lateness(delays: &[i64]) -> Option<Lateness> {
    let mut seconds: Vec<f64> = delays.iter().map(|&ticks| ticks as f64 / 1e7).collect();
    seconds.sort_by(f64::total_cmp);
    let floor = quantile(&seconds, 0.01)?.max(0.0);
    (quantile(&seconds, 0.5)? > 0.0).then_some(())?;
    let above: Vec<f64> = seconds.iter().map(|delay| (delay - floor).max(1e-3)).collect();
    let Law { median, sigma, .. } = law(above);
    let max = quantile(&seconds, 0.999)?.max(floor + median);
    Some(Lateness { floor, median, sigma, max })
}

fn positive(values: Vec<f64>) -> Vec<f64> {
    values.into_iter().filter(|&value| value > 0.0).collect()
}

/// The law of some values above 0, from their median and the distance of their outer sixths.
pub(super) fn law(mut values: Vec<f64>) -> Law {
    values.sort_by(f64::total_cmp);
    let at = |share| quantile(&values, share).unwrap_or(1.0).max(1e-3);
    let sigma = (at(0.84) / at(0.16)).ln() / 2.0;
    Law { median: at(0.5), sigma: sigma.clamp(LEAST_SIGMA, MOST_SIGMA), max: at(1.0) }
}

pub(super) fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    let at = |share| quantile(&values, share).unwrap_or(1.0);
    Spread { low: at(0.1), high: at(0.9) }
}

/// The value below which that share of the sorted values lies; nothing of none.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((share * last as f64).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_is_found_again_in_values_drawn_by_it() {
        // Quantiles of a log-normal law with median 20 and sigma 1, by the normal's own.
        let normal =
            [-2.0, -1.28, -1.0, -0.84, -0.52, -0.25, 0.0, 0.25, 0.52, 0.84, 1.0, 1.28, 2.0];
        let Law { median, sigma, max } = law(normal.map(|z: f64| 20.0 * z.exp()).to_vec());
        assert!((median - 20.0).abs() < 1e-9, "{median}");
        assert!((sigma - 1.0).abs() < 0.2, "{sigma}");
        assert!((max - 20.0 * 2.0_f64.exp()).abs() < 1e-9, "{max}");
    }

    #[test]
    fn hours_and_weekends_are_told() {
        let mut hours = [10; 24];
        hours[12..15].copy_from_slice(&[90, 100, 80]);
        assert_eq!((peak_hour(&hours, &[0; 24]), peak_hour(&[0; 24], &hours)), (13, 13));
        assert!((peak_to_trough(&hours) - 9.0).abs() < 1e-9);
        // 2 and 3 January 1970 were a Friday and a Saturday.
        let daily = BTreeMap::from([(1, 100), (2, 30)]);
        assert_eq!(weekend(&daily), Some(0.3));
        assert_eq!(weekend(&BTreeMap::from([(1, 100)])), None);
    }

    #[test]
    fn arrivals_that_are_event_times_are_no_delay() {
        assert_eq!(lateness(&[0, 0, 0, 50_000_000]), None);
        assert_eq!(lateness(&[]), None);
        let late = lateness(&[600_000_000, 700_000_000, 800_000_000, 900_000_000]).unwrap();
        assert!((late.floor - 60.0).abs() < 1e-9 && late.max <= 90.0, "{late:?}");
    }
}
