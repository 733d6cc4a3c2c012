//! Calibration: how strong each identity's habits must be for the corpus to have the events asked
//! for.
//!
//! It counts descriptors and renders nothing. The few heavy pollers give way first (a common cap
//! bends their rates), so that the many quiet ones, which are the hard cases for a detection, stay
//! as they are; only below that everything is thinned alike.

use crate::event::Event;
use crate::flow::Flow;
use crate::plan::GenerateError;
use crate::tenant::Position;
use crate::time::DAY;
use crate::workloads::{Habit, Poller, Trouble, Work, bent};

/// Factors on the rates of identities.
#[derive(Debug, Clone)]
pub(crate) struct Intensities {
    factors: Vec<f64>,
    pub(crate) trouble: Trouble,
    /// Events that the last count came to.
    pub(crate) expected: u64,
}

impl Intensities {
    pub(crate) fn of(&self, identity: u32) -> f64 {
        self.factors[identity as usize]
    }
}

/// Below this the cap of heavy identities does not fall: they would be quieter than the quiet ones.
const QUIET_PER_DAY: f64 = 24.0;
/// Counts at most; one suffices unless chance moved the total by more than half a per cent.
const ROUNDS: usize = 6;
/// From this round on clusters stay as they are.
const FINE_FROM: usize = 2;
const CLOSE_ENOUGH: f64 = 0.005;
/// Attempts to thin everything until it leaves room for pollers.
const THINNINGS: usize = 4;
/// A cap so many times what was asked for bends nothing.
const NO_CAP: f64 = 1e6;

/// Loss that is made up for at most: nothing could make up for all.
const MOST_MADE_UP: f64 = 0.5;

/// Events sent, copies included, by origin at the estate's own rates.
struct Census {
    /// Of each poller; nothing of the others.
    pollers: Vec<Option<f64>>,
    /// Of everybody else's habits.
    others: f64,
    staged: f64,
}

/// Finds the intensities for so many events, or those of the estate itself.
pub(crate) fn calibrate(flow: &Flow, events: Option<u64>) -> Result<Intensities, GenerateError> {
    let mut found = Intensities {
        factors: vec![1.0; flow.tenant.identities.len()],
        trouble: Trouble::default(),
        expected: 0,
    };
    let mut census = take_census(flow, &found);
    let pollers: f64 = census.pollers.iter().flatten().sum();
    // Nobody does less because records are lost: all is counted as it is sent.
    let kept = 1.0 - flow.tenant.estate.wire.delivery.loss_share.0.min(MOST_MADE_UP);
    let Some(asked) = events else {
        // Of the habits only: attacks must not move what identities do of their own accord.
        let habits = census.others + pollers;
        found.trouble = trouble(flow, habits);
        found.expected = ((habits * (1.0 + troubled_share(flow)) + census.staged) * kept) as u64;
        return Ok(found);
    };
    let least = census.staged * kept * 1.02;
    if least >= asked as f64 {
        return Err(GenerateError::TooFewEvents { asked, least: least as u64 + 1 });
    }
    let asked = asked as f64 / kept;
    found.trouble = trouble(flow, asked);
    let troubled = asked * troubled_share(flow);
    let potential = potential(flow, &census);
    let available = asked - census.staged - troubled;
    thin(flow, &mut census, &potential, available, &mut found);
    let room = (asked - census.staged - census.others).max(0.0);
    settle(flow, &mut census, potential, (asked, room), &mut found);
    found.expected = (found.expected as f64 * kept) as u64;
    Ok(found)
}

/// Finds the factors of pollers for `room` events. Whether one more cluster of a hundred requests
/// falls into the corpus cannot be weighed finely, so clusters keep what the first rounds gave them
/// and the others make up for it.
fn settle(
    flow: &Flow,
    census: &mut Census,
    mut potential: Vec<Option<f64>>,
    (asked, mut room): (f64, f64),
    found: &mut Intensities,
) {
    let mut troubled = asked * troubled_share(flow);
    let mut aim = (room - troubled).max(0.0);
    for round in 0..ROUNDS {
        set_pollers(flow, census, &potential, aim, found);
        if round == FINE_FROM {
            let coarse = |identity: u32| poller(flow, identity).is_some_and(Poller::is_coarse);
            let kept = count_habits(flow, found, coarse);
            for identity in (0..potential.len() as u32).filter(|&identity| coarse(identity)) {
                potential[identity as usize] = None;
                troubled -= troubled_events(flow, identity, found.trouble);
            }
            census.others += kept;
            room = (room - kept).max(0.0);
            aim = (room - troubled).max(0.0);
            set_pollers(flow, census, &potential, aim, found);
        }
        let reached = count_habits(flow, found, |identity| potential[identity as usize].is_some());
        found.expected = (census.staged + census.others + reached) as u64;
        if (found.expected as f64 / asked - 1.0).abs() < CLOSE_ENOUGH {
            break;
        }
        aim *= (room - troubled).max(0.0) / (reached - troubled).max(1.0);
    }
}

/// Pollers by arithmetic, for they are most of it, everything else counted.
fn take_census(flow: &Flow, natural: &Intensities) -> Census {
    let weight = flow.mean_workload();
    let span = flow.tenant.span;
    let identities = (0..flow.tenant.identities.len() as u32).map(|identity| {
        let who = &flow.tenant.identities[identity as usize];
        let active = (who.since.max(span.start), who.until.min(span.end));
        poller(flow, identity).map(|poller| poller.expected(active, weight))
    });
    let mut staged = Vec::new();
    for index in 0..flow.instances.len() {
        flow.instance(index, &mut staged);
    }
    Census {
        pollers: identities.collect(),
        others: count_habits(flow, natural, |identity| poller(flow, identity).is_none()),
        staged: counted(flow, &staged),
    }
}

/// Thins everybody alike where even quiet pollers would be too much, and counts the others again.
fn thin(
    flow: &Flow,
    census: &mut Census,
    potential: &[Option<f64>],
    available: f64,
    found: &mut Intensities,
) {
    let quiet = capped(potential, QUIET_PER_DAY * flow.tenant.span.days());
    if available >= census.others + quiet {
        return;
    }
    let mut factor = (available / (census.others + quiet).max(1.0)).max(0.0);
    for _ in 0..THINNINGS {
        for (identity, slot) in found.factors.iter_mut().enumerate() {
            if census.pollers[identity].is_none() {
                *slot = factor;
            }
        }
        census.others = count_habits(flow, found, |identity| poller(flow, identity).is_none());
        if census.others <= available {
            return;
        }
        factor *= 0.9 * available / census.others;
    }
}

/// Gives pollers the factors that bring them to `aim` events: by a cap, as long as that is enough.
fn set_pollers(
    flow: &Flow,
    census: &Census,
    potential: &[Option<f64>],
    aim: f64,
    found: &mut Intensities,
) {
    let quiet = QUIET_PER_DAY * flow.tenant.span.days();
    let (cap, scale) = if aim >= capped(potential, f64::INFINITY) {
        (f64::INFINITY, aim / capped(potential, f64::INFINITY).max(1.0))
    } else if aim >= capped(potential, quiet) {
        (bisect(quiet, NO_CAP * aim, |cap| capped(potential, cap) < aim), 1.0)
    } else {
        (quiet, aim / capped(potential, quiet).max(1.0))
    };
    for (identity, slot) in found.factors.iter_mut().enumerate() {
        if let (Some(natural), Some(events)) = (census.pollers[identity], potential[identity])
            && natural > 0.0
        {
            *slot = scale * bent(events, cap) / natural;
        }
    }
}

/// What each poller would do if nothing capped it.
fn potential(flow: &Flow, census: &Census) -> Vec<Option<f64>> {
    let uncut = |(identity, natural): (usize, &Option<f64>)| {
        let poller = poller(flow, identity as u32)?;
        Some((*natural)? * poller.uncut_per_day / poller.events_per_day)
    };
    census.pollers.iter().enumerate().map(uncut).collect()
}

fn capped(potential: &[Option<f64>], cap: f64) -> f64 {
    potential.iter().flatten().map(|&events| bent(events, cap)).sum()
}

/// Events of the habits of those wanted.
fn count_habits(flow: &Flow, intensities: &Intensities, wanted: impl Fn(u32) -> bool) -> f64 {
    let identities = 0..flow.tenant.identities.len() as u32;
    let wanted: Vec<u32> = identities.filter(|&identity| wanted(identity)).collect();
    let mut work = Work::default();
    let mut total = 0.0;
    for slice in flow.slices() {
        work.clear();
        for &identity in &wanted {
            flow.habits(identity, slice, intensities, &mut work);
        }
        total += counted(flow, &work.events);
    }
    total
}

/// Descriptors that reach the corpus, and their expected copies.
fn counted(flow: &Flow, events: &[Event]) -> f64 {
    let within = events.iter().filter(|event| flow.is_observed(event)).count();
    within as f64 * (1.0 + flow.tenant.estate.wire.delivery.duplicate_share.0)
}

/// The point between `low` and `high` where `below` stops to hold.
fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    // 64 halvings exhaust a double.
    for _ in 0..64 {
        let middle = f64::midpoint(low, high);
        if below(middle) { low = middle } else { high = middle }
    }
    high
}

fn poller(flow: &Flow, identity: u32) -> Option<&Poller> {
    match &flow.tenant.identities[identity as usize].habit {
        Habit::Poller(poller) => Some(poller),
        _ => None,
    }
}

/// Days that an identity spends in the corpus.
fn active_days(flow: &Flow, identity: u32) -> f64 {
    let (span, who) = (flow.tenant.span, &flow.tenant.identities[identity as usize]);
    let active = who.until.min(span.end) - who.since.max(span.start);
    active.max(0) as f64 / DAY as f64
}

/// The same of all with this kind of trouble together.
fn troubled_days(flow: &Flow, troubled: impl Fn(&Poller) -> bool) -> f64 {
    let all = flow.tenant.all(Position::Poller);
    all.filter(|&identity| poller(flow, identity).is_some_and(&troubled))
        .map(|identity| active_days(flow, identity))
        .sum()
}

/// Requests in vain that are to be expected of one identity.
fn troubled_events(flow: &Flow, identity: u32, trouble: Trouble) -> f64 {
    let Some(poller) = poller(flow, identity) else { return 0.0 };
    let in_vain =
        if poller.misconfigured.is_some() { trouble.denied + trouble.missing } else { 0.0 };
    let refused = if poller.busy { trouble.throttled } else { 0.0 };
    active_days(flow, identity) * (in_vain + refused)
}

/// Share of all events that misconfigured and busy pollers add.
fn troubled_share(flow: &Flow) -> f64 {
    let errors = &flow.tenant.estate.wire.errors;
    let (in_vain, busy) =
        (errors.denied_share.0 + errors.not_found_share.0, errors.throttled_share.0);
    let is_there = |days: f64| if days > 0.0 { 1.0 } else { 0.0 };
    in_vain * is_there(troubled_days(flow, |poller| poller.misconfigured.is_some()))
        + busy * is_there(troubled_days(flow, |poller| poller.busy))
}

fn trouble(flow: &Flow, total: f64) -> Trouble {
    let errors = &flow.tenant.estate.wire.errors;
    let misconfigured = troubled_days(flow, |poller| poller.misconfigured.is_some()).max(1.0);
    let busy = troubled_days(flow, |poller| poller.busy).max(1.0);
    Trouble {
        denied: errors.denied_share.0 * total / misconfigured,
        missing: errors.not_found_share.0 * total / misconfigured,
        throttled: errors.throttled_share.0 * total / busy,
    }
}
