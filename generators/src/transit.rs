//! Records between the service and the corpus: expanded slice by slice, waiting until they arrive.

use crate::bursts::Bursts;
use crate::calibrate::Intensities;
use crate::corpus::{Told, TruthFile};
use crate::delivery::deliver;
use crate::event::Event;
use crate::flow::Flow;
use crate::plan::GenerateError;
use crate::time::Ticks;
use crate::workloads::Work;

/// What has been expanded and has not arrived yet.
#[derive(Debug)]
pub(crate) struct Transit<'a> {
    flow: &'a Flow,
    /// Where instances are noted; nowhere for records that go without truth.
    pub(crate) truth: Option<TruthFile>,
    waiting: Vec<Event>,
    work: Work,
    bursts: Bursts,
    next_instance: usize,
}

impl<'a> Transit<'a> {
    pub(crate) fn new(flow: &'a Flow, truth: Option<TruthFile>) -> Self {
        Self {
            flow,
            truth,
            waiting: Vec::new(),
            work: Work::default(),
            bursts: Bursts::default(),
            next_instance: 0,
        }
    }

    /// Expands the next slice; returns, in order, the records that arrive before its end (all of
    /// them in the last).
    pub(crate) fn slice(
        &mut self,
        slice: (Ticks, Ticks),
        intensities: &Intensities,
    ) -> Result<Vec<Event>, GenerateError> {
        let flow = self.flow;
        self.work.clear();
        for identity in 0..flow.tenant.identities.len() as u32 {
            flow.habits(identity, slice, intensities, &mut self.work);
        }
        self.deliver_habits(slice.1)?;
        self.instances_until(slice.1)?;
        let until = if slice.1 >= flow.tenant.span.end { Ticks::MAX } else { slice.1 };
        let mut ready = Vec::with_capacity(self.work.events.len());
        self.waiting.retain(|event| {
            let arrived = event.arrival < until;
            if arrived {
                ready.push(*event);
            }
            !arrived
        });
        ready.sort_unstable_by_key(Event::order);
        Ok(ready)
    }

    /// Every record of every instance, in the order of the corpus: of all that is staged and nobody's
    /// habits.
    pub(crate) fn staged(&mut self) -> Result<Vec<Event>, GenerateError> {
        self.instances_until(Ticks::MAX)?;
        let mut staged = std::mem::take(&mut self.waiting);
        staged.sort_unstable_by_key(Event::order);
        Ok(staged)
    }

    /// Records of a burst go to truth as well, where a file asks for it.
    fn deliver_habits(&mut self, end: Ticks) -> Result<(), GenerateError> {
        let (flow, work) = (self.flow, &self.work);
        let Some(truth) = &mut self.truth else {
            deliver_all(flow, &work.events, &mut self.waiting);
            return Ok(());
        };
        let mut done = 0;
        for burst in work.bursts.iter().filter(|burst| flow.recorded.contains_key(&burst.workload))
        {
            deliver_all(flow, &work.events[done..burst.events.start], &mut self.waiting);
            let from = self.waiting.len();
            deliver_all(flow, &work.events[burst.events.clone()], &mut self.waiting);
            self.bursts.take(flow, truth, burst, &self.waiting[from..])?;
            done = burst.events.end;
        }
        deliver_all(flow, &work.events[done..], &mut self.waiting);
        self.bursts.end_slice(flow, truth, end)
    }

    fn instances_until(&mut self, end: Ticks) -> Result<(), GenerateError> {
        let flow = self.flow;
        while let Some(instance) = flow.instances.get(self.next_instance)
            && instance.start < end
        {
            if !instance.withheld {
                self.work.clear();
                let done = &mut self.work.events;
                let drawn = flow.instance(self.next_instance, done);
                done.retain(|event| is_within(flow, event));
                let mut records = Vec::new();
                let unobserved = deliver_all(flow, done, &mut records);
                if let Some(truth) = &mut self.truth {
                    let staging = &flow.stagings[instance.staging];
                    let told = Told { done, records: &records, unobserved, drawn };
                    truth.add(&flow.tenant, staging, instance, told)?;
                }
                self.waiting.append(&mut records);
            }
            self.next_instance += 1;
        }
        Ok(())
    }
}

/// Delivers what was done; returns of how many records no copy will arrive.
fn deliver_all(flow: &Flow, done: &[Event], out: &mut Vec<Event>) -> u64 {
    let mut unobserved = 0;
    for event in done.iter().filter(|event| is_within(flow, event)) {
        let before = out.len();
        // What no vault was told to log never sets out.
        if flow.is_observed(event) {
            deliver(&flow.tenant, *event, out);
        }
        unobserved += u64::from(out.len() == before);
    }
    unobserved
}

/// The corpus ends sharply: what the service did later is not in it.
fn is_within(flow: &Flow, event: &Event) -> bool {
    event.time < flow.tenant.span.end
}
