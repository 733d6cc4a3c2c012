//! One group's events, step by step, and the search for a sequence among them.
//!
//! Contract: r, at its time t, serves step i of a sequence that ends at e (the time of an event of the
//! last step, from t to t + `max_span`) iff, of the events from e - `max_span` to e, the steps before i
//! can be met one after another before t, those after i one after another after t, and i itself by
//! what lies strictly between the two, with the steps before met as early and those after as late as
//! they can be. No other choice of cuts leaves i more.
//!
//! What is shown of a sequence is all that fits: of step i everything between those cuts, and then,
//! going outward from i, of each step everything up to the events of the step next to it.
//!
//! Runs of arrivals in order cost constant amortized time: the windows move forward only. A late
//! arrival costs the events of one window.

use super::Evidence;
use super::alert::StepValues;
use super::window::{Tally, Which, Window};
use crate::event::{Key, Origin, TickSpan, Ticks};
use crate::rules::{Need, Sequence};

const TICK: TickSpan = TickSpan(1);
/// The windows that follow arrivals in order.
const IN_ORDER: Which = Which::Sliding;
/// The windows that look around a late arrival, or gather evidence.
const AROUND: Which = Which::Aligned;

/// The events of one group, by step.
#[derive(Debug)]
pub(super) struct Chain {
    steps: Vec<Window>,
}

/// A set of steps: sequences have eight at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StepMask(u8);

/// A sequence that an event serves; by its end, then the step that the event serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) end: Ticks,
    step: usize,
}

/// How far a series of steps has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reached {
    /// Steps met, one after another.
    pub(super) met: u32,
    /// What the next step has, of what it needs; zero where all are met.
    pub(super) found: u32,
}

/// What a sequence consists of.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) start: Ticks,
    pub(super) steps: Vec<StepValues>,
    /// Step by step, each by event time, then origin.
    pub(super) evidence: Vec<Evidence>,
}

impl StepMask {
    pub(super) fn insert(&mut self, step: usize) {
        self.0 |= 1 << step;
    }

    /// The steps of either.
    pub(super) fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        (0..8).filter(move |step| self.0 >> step & 1 == 1)
    }
}

impl Chain {
    /// Without events, for at most `capacity` of each step.
    pub(super) fn new(rule: &Sequence, capacity: usize) -> Self {
        Self { steps: rule.steps.iter().map(|_| Window::new(capacity)).collect() }
    }

    /// Adds an event of a step, with its value if the step counts distinct ones. Gives how many
    /// events had to make room.
    pub(super) fn insert(
        &mut self,
        step: usize,
        time: Ticks,
        origin: Origin,
        value: Option<Key>,
    ) -> usize {
        self.steps[step].insert(time, origin, value).evicted
    }

    /// Forgets what no event after `watermark` can make use of: what is too old, and of each step
    /// what came no later than any event of the step before, present or to come.
    pub(super) fn expire(&mut self, rule: &Sequence, watermark: Ticks) {
        let too_old = watermark - rule.max_span;
        let mut useless = too_old;
        let Some((last, others)) = self.steps.split_last_mut() else { return };
        for window in others {
            window.expire(useless.max(too_old));
            useless = window.oldest().unwrap_or(Ticks::MAX).min(watermark);
        }
        last.expire(useless.max(too_old));
    }

    /// Whether no event of the first step is held, without which no other is of use once the watermark
    /// has passed it.
    pub(super) fn lacks_first(&self) -> bool {
        self.steps[0].newest().is_none()
    }

    /// The sequence with the earliest end, not before `from`, that the event at `time` serves with
    /// one of `served`, the steps it was added to; the first of these that can.
    pub(super) fn find(
        &mut self,
        rule: &Sequence,
        time: Ticks,
        served: StepMask,
        from: Ticks,
    ) -> Option<Found> {
        let newest = self.steps.iter().filter_map(Window::newest).max();
        let which = if newest > Some(time) { AROUND } else { IN_ORDER };
        let mut search = Search { steps: &mut self.steps, rule, time, which };
        let ends = served.iter().filter_map(|step| {
            let end = search.first_end(step, from)?;
            Some(Found { end, step })
        });
        ends.min()
    }

    /// All that fits into a sequence that was found for the event at `time`.
    pub(super) fn links(&mut self, rule: &Sequence, time: Ticks, found: Found) -> Links {
        let mut search = Search { steps: &mut self.steps, rule, time, which: AROUND };
        let ranges = search.ranges(found);
        let mut links = Links { start: found.end, steps: Vec::new(), evidence: Vec::new() };
        for ((window, &(after, until)), step) in self.steps.iter_mut().zip(&ranges).zip(&rule.steps)
        {
            let Tally { count, distinct } = window.seek(AROUND, after, until);
            let distinct = matches!(step.need, Need::Distinct(_)).then_some(distinct);
            links.steps.push(StepValues { count, distinct, threshold: step.need.least() });
            links.evidence.extend(window.evidence(after, until));
        }
        links.start = links.evidence.first().map_or(found.end, |first| first.time);
        links
    }

    /// The furthest that steps have come, each met as early as it can be, in the `max_span` before the
    /// event at `time` or before the newest one that a sequence may hold with it.
    pub(super) fn reached(&mut self, rule: &Sequence, time: Ticks) -> Reached {
        let newest = self.steps.iter().filter_map(Window::newest).max().unwrap_or(time);
        let last = newest.clamp(time, time + rule.max_span);
        self.reached_by(rule, time).max(self.reached_by(rule, last))
    }

    fn reached_by(&mut self, rule: &Sequence, end: Ticks) -> Reached {
        let mut after = end - rule.max_span - TICK;
        for (met, (window, step)) in (0..).zip(self.steps.iter_mut().zip(&rule.steps)) {
            let cut = window.earliest(AROUND, (after, end), |tally| enough(&step.need, tally));
            let Some(cut) = cut else {
                let Tally { count, distinct } = window.seek(AROUND, after, end);
                let is_distinct = matches!(step.need, Need::Distinct(_));
                return Reached { met, found: if is_distinct { distinct } else { count } };
            };
            after = cut;
        }
        Reached { met: rule.steps.len() as u32, found: 0 }
    }

    pub(super) fn size_bytes(&self) -> usize {
        let owned: usize = self.steps.iter().map(Window::size_bytes).sum();
        owned + self.steps.capacity() * size_of::<Window>()
    }
}

/// A search around one event.
struct Search<'a> {
    steps: &'a mut [Window],
    rule: &'a Sequence,
    time: Ticks,
    which: Which,
}

impl Search<'_> {
    /// The earliest end, not before `from`, of a sequence of which the event serves that step.
    fn first_end(&mut self, step: usize, from: Ticks) -> Option<Ticks> {
        let time = self.time;
        let is_before = |window: &mut Window| window.oldest().is_some_and(|oldest| oldest < time);
        let is_after = |window: &Window| window.newest().is_some_and(|newest| newest > time);
        // Spares what arrives in order all searching, unless it may be the last of a sequence.
        if !self.steps[..step].iter_mut().all(is_before)
            || !self.steps[step + 1..].iter().all(is_after)
        {
            return None;
        }
        let mut needs = self.steps.iter().zip(&self.rule.steps);
        if !needs.all(|(window, step)| enough(&step.need, window.at_most())) {
            return None;
        }
        let limit = time + self.rule.max_span;
        let mut reached = time;
        for later in step + 1..self.steps.len() {
            reached = self.earliest(later, (reached, limit))?;
        }
        let mut before = reached.max(from) - TICK;
        loop {
            let last = &self.steps[self.steps.len() - 1];
            let end = last.first_after(before).filter(|&end| end <= limit)?;
            // A later end leaves the steps before less room.
            let (after, until) = self.around(step, end)?;
            let tally = self.steps[step].seek(self.which, after, until);
            if enough(&self.rule.steps[step].need, tally) {
                return Some(end);
            }
            before = end;
        }
    }

    /// What lies between the steps before the event's and those after it, as `(after, until]`.
    fn around(&mut self, step: usize, end: Ticks) -> Option<(Ticks, Ticks)> {
        let mut after = self.start(end);
        for earlier in 0..step {
            after = self.earliest(earlier, (after, self.time - TICK))?;
        }
        let mut until = end;
        for later in (step + 1..self.steps.len()).rev() {
            until = self.latest(later, until)? - TICK;
        }
        Some((after, until))
    }

    /// What to show of each step, as `(after, until]`.
    fn ranges(&mut self, found: Found) -> Vec<(Ticks, Ticks)> {
        let Found { end, step } = found;
        let mut ranges = vec![(self.start(end), end); self.steps.len()];
        for earlier in 0..step {
            let cut = self.earliest(earlier, (ranges[earlier].0, self.time - TICK));
            ranges[earlier + 1].0 = cut.unwrap_or(self.time);
        }
        for later in (step + 1..self.steps.len()).rev() {
            let cut = self.latest(later, ranges[later].1);
            ranges[later - 1].1 = cut.unwrap_or(self.time) - TICK;
        }
        for earlier in (0..step).rev() {
            let next = self.steps[earlier + 1].first_after(ranges[earlier + 1].0);
            ranges[earlier].1 = next.unwrap_or(self.time) - TICK;
        }
        for later in step + 1..self.steps.len() {
            let previous = self.steps[later - 1].last_until(ranges[later - 1].1);
            ranges[later].0 = previous.unwrap_or(self.time);
        }
        ranges
    }

    /// Just before the first time that a sequence with this end can have.
    fn start(&self, end: Ticks) -> Ticks {
        end - self.rule.max_span - TICK
    }

    fn earliest(&mut self, step: usize, between: (Ticks, Ticks)) -> Option<Ticks> {
        let need = &self.rule.steps[step].need;
        self.steps[step].earliest(self.which, between, |tally| enough(need, tally))
    }

    fn latest(&mut self, step: usize, until: Ticks) -> Option<Ticks> {
        let need = &self.rule.steps[step].need;
        self.steps[step].latest(self.which, (self.time, until), |tally| enough(need, tally))
    }
}

fn enough(need: &Need, tally: Tally) -> bool {
    match need {
        Need::Count(count) => tally.count >= *count,
        Need::Distinct(distinct) => tally.distinct >= distinct.values,
    }
}
