//! One walk over everything benign that a plan makes.

use std::collections::BTreeMap;

use super::measure::Gaps;
use super::records::Samples;
use crate::calibrate::Intensities;
use crate::event::{Event, NOTHING};
use crate::flow::Flow;
use crate::plan::Progress;
use crate::scenario::BenignClass;
use crate::staging::Kind;
use crate::time::{DAY, HOUR, SECOND, Ticks, weekday};
use crate::workloads::Work;

/// A pause of so many seconds ends an activation: longer than any call waits for its token, shorter
/// than the busiest identity waits between two.
pub const ACTIVATION_SECONDS: i64 = 2;

/// What the walk has counted.
#[derive(Debug)]
pub(super) struct Gathered {
    /// By index in the tenant.
    pub(super) lives: Vec<Life>,
    /// Activations by hour of working days.
    pub(super) hours: Pair<[f64; 24]>,
    /// Activations of each day.
    pub(super) days: Vec<Pair<u64>>,
    pub(super) samples: Samples,
    pub(super) vaults: Edges,
    pub(super) objects: Edges,
}

/// Of workloads, and of people.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pair<T> {
    pub(super) workloads: T,
    pub(super) people: T,
}

impl<T> Pair<T> {
    fn of(&mut self, person: bool) -> &mut T {
        if person { &mut self.people } else { &mut self.workloads }
    }
}

/// One identity.
#[derive(Debug, Clone, Default)]
pub(super) struct Life {
    pub(super) events: u64,
    pub(super) gaps: Gaps,
}

/// Pairs of an identity and what it uses.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// The last day each was used on.
    last: BTreeMap<(u32, u32), usize>,
    /// Pairs of each day: active, and new among them.
    pub(super) days: Vec<[u64; 2]>,
}

impl Edges {
    fn add(&mut self, pair: (u32, u32), day: usize) {
        if self.days.len() <= day {
            self.days.resize(day + 1, [0; 2]);
        }
        let known = self.last.insert(pair, day);
        self.days[day][0] += u64::from(known != Some(day));
        self.days[day][1] += u64::from(known.is_none());
    }

    /// Mean share of new pairs over the days from `first` on, and the pairs it rests on.
    pub(super) fn new_share(&self, first: usize) -> Option<(f64, u64)> {
        let days = self.days.iter().skip(first);
        let (active, new) = days.fold((0, 0), |(active, new), day| (active + day[0], new + day[1]));
        (active > 0).then(|| (new as f64 / active as f64, active))
    }
}

/// Walks all slices.
pub(super) fn gather(
    flow: &Flow,
    intensities: &Intensities,
    progress: &mut dyn FnMut(Progress),
) -> Gathered {
    let span = flow.tenant.span;
    let days = ((span.end - span.start) as u64).div_ceil(DAY as u64) as usize;
    let mut gathered = Gathered {
        lives: vec![Life::default(); flow.tenant.identities.len()],
        hours: Pair::default(),
        days: vec![Pair::default(); days],
        samples: Samples::default(),
        vaults: Edges::default(),
        objects: Edges::default(),
    };
    let mut seen = Progress { events: 0, events_expected: intensities.expected, bytes: 0 };
    let mut work = Work::default();
    let mut instances = flow.instances.iter().enumerate().peekable();
    for slice in flow.slices() {
        work.clear();
        for identity in 0..flow.tenant.identities.len() as u32 {
            flow.habits(identity, slice, intensities, &mut work);
        }
        while let Some((at, instance)) = instances.next_if(|(_, next)| next.start < slice.1) {
            if matches!(
                flow.stagings[instance.staging].kind,
                Kind::LookAlike(BenignClass::LookAlike, _)
            ) {
                flow.instance(at, &mut work.events);
            }
        }
        let events = &mut work.events;
        events.retain(|event| flow.is_observed(event));
        events.sort_unstable_by_key(|event| (event.identity, event.time, event.id));
        for event in events.iter() {
            gathered.add(flow, event);
        }
        seen.events += events.len() as u64;
        progress(seen);
    }
    gathered
}

impl Gathered {
    fn add(&mut self, flow: &Flow, event: &Event) {
        let start = flow.tenant.span.start;
        let day = ((event.time - start) / DAY).max(0) as usize;
        let person = flow.tenant.identities[event.identity as usize].is_person();
        let life = &mut self.lives[event.identity as usize];
        life.events += 1;
        if life.gaps.add(event.time, ACTIVATION_SECONDS * SECOND) {
            *self.days[day].of(person) += 1;
            if weekday(event.time) < 5 {
                self.hours.of(person)[hour(event.time)] += 1.0;
            }
        }
        self.vaults.add((event.identity, u32::from(event.vault)), day);
        if event.object != NOTHING {
            self.objects.add((event.identity, event.object), day);
        }
        self.samples.add(event);
    }
}

fn hour(time: Ticks) -> usize {
    (time.rem_euclid(DAY) / HOUR) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_new_once_and_active_once_a_day() {
        let mut edges = Edges::default();
        for (pair, day) in [((1, 1), 0), ((1, 1), 0), ((1, 1), 1), ((1, 2), 1), ((2, 1), 3)] {
            edges.add(pair, day);
        }
        assert_eq!(edges.days, [[1, 1], [2, 1], [0, 0], [1, 1]]);
        let (share, active) = edges.new_share(1).unwrap();
        assert!((share - 2.0 / 3.0).abs() < 1e-12 && active == 3);
        assert_eq!(edges.new_share(4), None);
    }
}
