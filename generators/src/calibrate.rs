//! Calibration: how strong each identity's habits must be for the corpus to have the events asked
//! for.
//!
//! It counts descriptors and renders nothing. The few heavy identities give way first (a common
//! cap), so that the many quiet ones, which are the hard cases for a detection, stay as they are;
//! only below that everything is thinned alike.

use crate::event::Event;
use crate::flow::Flow;
use crate::plan::GenerateError;
use crate::tenant::Position;
use crate::time::DAY;
use crate::workloads::Habit;

/// Factors on the rates of identities.
#[derive(Debug, Clone)]
pub(crate) struct Intensities {
    factors: Vec<f64>,
    /// Denied and missing requests a day of each misconfigured poller.
    pub(crate) trouble_per_day: [f64; 2],
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
const ROUNDS: usize = 3;
const CLOSE_ENOUGH: f64 = 0.005;

/// Events by origin at the estate's own rates.
struct Census {
    identities: Vec<f64>,
    staged: f64,
}

impl Census {
    fn total(&self) -> f64 {
        self.staged + self.identities.iter().sum::<f64>()
    }
}

/// Finds the intensities for so many events, or those of the estate itself.
pub(crate) fn calibrate(flow: &Flow, events: Option<u64>) -> Result<Intensities, GenerateError> {
    let natural = Intensities {
        factors: vec![1.0; flow.tenant.identities.len()],
        trouble_per_day: [0.0; 2],
        expected: 0,
    };
    let census = estimate(flow, &natural);
    let Some(asked) = events else {
        // Of the habits only: attacks must not move what identities do of their own accord.
        let trouble_per_day = trouble(flow, census.identities.iter().sum());
        let expected = (census.total() * (1.0 + troubled_share(flow))) as u64;
        return Ok(Intensities { trouble_per_day, expected, ..natural });
    };
    if census.staged * 1.02 >= asked as f64 {
        return Err(GenerateError::TooFewEvents {
            asked,
            least: (census.staged * 1.02) as u64 + 1,
        });
    }
    let (mut aim, staged) = (asked as f64, census.staged);
    let mut found = natural;
    for _ in 0..ROUNDS {
        found = solve(flow, &census, aim, asked as f64);
        let reached = staged + count_habits(flow, &found, |_| true).iter().sum::<f64>();
        found.expected = reached as u64;
        if (reached / asked as f64 - 1.0).abs() < CLOSE_ENOUGH {
            break;
        }
        // Only what is not staged can give way.
        aim = staged + (aim - staged) * (asked as f64 - staged) / (reached - staged).max(1.0);
    }
    Ok(found)
}

/// The census at the estate's own rates: pollers by arithmetic, for they are most of it, everything
/// else counted.
fn estimate(flow: &Flow, natural: &Intensities) -> Census {
    let poller = |identity: u32| match &flow.tenant.identities[identity as usize].habit {
        Habit::Poller(poller) => Some(poller),
        _ => None,
    };
    let mut identities = count_habits(flow, natural, |identity| poller(identity).is_none());
    let weight = flow.mean_workload();
    for (identity, total) in identities.iter_mut().enumerate() {
        if let Some(poller) = poller(identity as u32) {
            let since = flow.tenant.identities[identity].since;
            *total = poller.expected(flow.tenant.span, since, weight);
        }
    }
    let mut scratch = Vec::new();
    for index in 0..flow.instances.len() {
        flow.instance(index, &mut scratch);
    }
    Census { identities, staged: counted(flow, &scratch) }
}

/// Events of each identity's own habits; 0 for those not wanted.
fn count_habits(flow: &Flow, intensities: &Intensities, wanted: impl Fn(u32) -> bool) -> Vec<f64> {
    let mut counts = vec![0.0; flow.tenant.identities.len()];
    let mut scratch = Vec::new();
    for slice in flow.slices() {
        for (identity, total) in
            counts.iter_mut().enumerate().filter(|(identity, _)| wanted(*identity as u32))
        {
            scratch.clear();
            flow.habits(identity as u32, slice, intensities, &mut scratch);
            *total += counted(flow, &scratch);
        }
    }
    counts
}

/// Descriptors that fall into the span and are logged, and their expected copies.
fn counted(flow: &Flow, events: &[Event]) -> f64 {
    let logged = |event: &&Event| !event.unlogged && event.time < flow.tenant.span.end;
    let within = events.iter().filter(logged).count();
    within as f64 * (1.0 + flow.tenant.estate.wire.delivery.duplicate_share.0)
}

/// Factors that bring the census to `aim`, by a cap on pollers as long as that is enough.
fn solve(flow: &Flow, census: &Census, aim: f64, asked: f64) -> Intensities {
    // What a poller would do if nothing capped it; the others do what they do.
    let potential: Vec<Option<f64>> = flow
        .tenant
        .identities
        .iter()
        .zip(&census.identities)
        .map(|(identity, &counted)| match &identity.habit {
            Habit::Poller(poller) if poller.events_per_day > 0.0 => {
                Some(counted * poller.uncut_per_day / poller.events_per_day)
            }
            _ => None,
        })
        .collect();
    let capped = |cap: f64| potential.iter().flatten().map(|events| events.min(cap)).sum::<f64>();
    let others: f64 = census
        .identities
        .iter()
        .zip(&potential)
        .filter(|(_, poller)| poller.is_none())
        .map(|(events, _)| events)
        .sum();
    let available = aim - census.staged - asked * troubled_share(flow);
    let floor = QUIET_PER_DAY * flow.tenant.span.days();
    let (cap, pollers, rest) = if available - others >= capped(f64::INFINITY) {
        (f64::INFINITY, (available - others) / capped(f64::INFINITY).max(1.0), 1.0)
    } else if available - others >= capped(floor) {
        (bisect(floor, asked, |cap| capped(cap) < available - others), 1.0, 1.0)
    } else {
        let thinned = (available / (capped(floor) + others).max(1.0)).max(0.0);
        (floor, thinned, thinned)
    };
    let factor = |(counted, potential): (&f64, &Option<f64>)| match potential {
        Some(events) if *counted > 0.0 => pollers * events.min(cap) / counted,
        _ => rest,
    };
    Intensities {
        factors: census.identities.iter().zip(&potential).map(factor).collect(),
        trouble_per_day: trouble(flow, asked),
        expected: 0,
    }
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

fn misconfigured(flow: &Flow) -> usize {
    let troubled = |identity: u32| match &flow.tenant.identities[identity as usize].habit {
        Habit::Poller(poller) => poller.trouble.is_some(),
        _ => false,
    };
    flow.tenant.all(Position::Poller).filter(|&identity| troubled(identity)).count()
}

/// Share of all events that misconfigured pollers add.
fn troubled_share(flow: &Flow) -> f64 {
    let errors = &flow.tenant.estate.wire.errors;
    if misconfigured(flow) == 0 { 0.0 } else { errors.denied_share.0 + errors.not_found_share.0 }
}

fn trouble(flow: &Flow, total: f64) -> [f64; 2] {
    let span = flow.tenant.span;
    let days = (span.end - span.start) as f64 / DAY as f64;
    let each = total / days / misconfigured(flow).max(1) as f64;
    let errors = &flow.tenant.estate.wire.errors;
    [errors.denied_share.0 * each, errors.not_found_share.0 * each]
}
