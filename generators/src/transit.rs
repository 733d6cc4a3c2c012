//! Records between the service and the corpus: expanded slice by slice, waiting until they arrive.

use crate::calibrate::Intensities;
use crate::corpus::{Told, TruthFile};
use crate::delivery::deliver;
use crate::event::Event;
use crate::flow::Flow;
use crate::plan::GenerateError;
use crate::time::Ticks;

/// What has been expanded and has not arrived yet.
#[derive(Debug)]
pub(crate) struct Transit<'a> {
    flow: &'a Flow,
    /// Where instances are noted; nowhere for records that go without truth.
    pub(crate) truth: Option<TruthFile>,
    waiting: Vec<Event>,
    fresh: Vec<Event>,
    next_instance: usize,
}

impl<'a> Transit<'a> {
    pub(crate) fn new(flow: &'a Flow, truth: Option<TruthFile>) -> Self {
        Self { flow, truth, waiting: Vec::new(), fresh: Vec::new(), next_instance: 0 }
    }

    /// Expands the next slice; returns, in order, the records that arrive before its end (all of
    /// them in the last).
    pub(crate) fn slice(
        &mut self,
        slice: (Ticks, Ticks),
        intensities: &Intensities,
    ) -> Result<Vec<Event>, GenerateError> {
        let flow = self.flow;
        self.fresh.clear();
        for identity in 0..flow.tenant.identities.len() as u32 {
            flow.habits(identity, slice, intensities, &mut self.fresh);
        }
        deliver_all(flow, &self.fresh, &mut self.waiting);
        self.instances_until(slice.1)?;
        let until = if slice.1 >= flow.tenant.span.end { Ticks::MAX } else { slice.1 };
        let mut ready = Vec::with_capacity(self.fresh.len());
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

    fn instances_until(&mut self, end: Ticks) -> Result<(), GenerateError> {
        let flow = self.flow;
        while let Some(instance) = flow.instances.get(self.next_instance)
            && instance.start < end
        {
            if !instance.withheld {
                self.fresh.clear();
                let drawn = flow.instance(self.next_instance, &mut self.fresh);
                self.fresh.retain(|event| is_within(flow, event));
                let mut records = Vec::new();
                let unobserved = deliver_all(flow, &self.fresh, &mut records);
                if let Some(truth) = &mut self.truth {
                    let staging = &flow.stagings[instance.staging];
                    let told = Told { done: &self.fresh, records: &records, unobserved, drawn };
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
        deliver(&flow.tenant, *event, out);
        unobserved += u64::from(out.len() == before);
    }
    unobserved
}

/// The corpus ends sharply: what the service did later is not in it.
fn is_within(flow: &Flow, event: &Event) -> bool {
    event.time < flow.tenant.span.end
}
