//! From a plan to a corpus: expand a slice, deliver, order by arrival, render, append; truth
//! beside; the manifest last.

use crate::bursts::Bursts;
use crate::calibrate::{Intensities, calibrate};
use crate::corpus::{Directory, EventFiles, FileHashes, Manifest, TruthFile, with_renderers};
use crate::delivery::deliver;
use crate::event::Event;
use crate::flow::Flow;
use crate::plan::{GenerateError, Plan, Progress};
use crate::render::Texts;
use crate::time::{Ticks, format_rfc3339};
use crate::workloads::Work;

/// Generates a corpus and says what it is. `progress` hears once per slice.
///
/// # Errors
/// A plan that cannot be met, a corpus that is there already, a file that cannot be written.
/// Nothing half-written is left behind, and a corpus to be replaced stays whole until the new one
/// is.
pub fn generate(
    plan: &Plan,
    progress: &mut dyn FnMut(Progress),
) -> Result<Manifest, GenerateError> {
    let flow = Flow::new(plan)?;
    let intensities = calibrate(&flow, plan.events)?;
    // Only now: a plan that cannot be met leaves the directory as it is.
    let directory = Directory::claim(&plan.out, plan.force)?;
    let texts = Texts::new(&flow.tenant);
    let files = EventFiles::create(&directory)?;
    let mut stage = Stage {
        flow: &flow,
        truth: TruthFile::create(&directory)?,
        waiting: Vec::new(),
        work: Work::default(),
        bursts: Bursts::default(),
        next_instance: 0,
    };
    let files = with_renderers(&texts, plan.threads, files, |sink| {
        for slice in flow.slices() {
            let ready = stage.slice(slice, &intensities)?;
            sink.take(&ready)?;
            let (events, bytes) = (sink.files.count, sink.files.bytes);
            progress(Progress { events, events_expected: intensities.expected, bytes });
        }
        Ok(())
    })?;
    let hashes = files.hashes();
    let campaigns = std::mem::take(&mut stage.truth.campaigns);
    let (truth, truth_sha256) = stage.truth.finish(&hashes.corpus_id)?;
    let span = flow.tenant.span;
    let (first, last) = files.times.unwrap_or((span.start, span.start));
    let manifest = Manifest {
        schema_version: 1,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        corpus_id: hashes.corpus_id,
        seed: plan.seed,
        estate: plan.estate.name.clone(),
        attacks: sorted(plan.attacks.iter().map(|attack| attack.name())),
        look_alikes: sorted(plan.look_alikes.iter().map(|look_alike| look_alike.name())),
        events: files.count,
        bytes: files.bytes,
        sha256: FileHashes {
            events: hashes.events_sha256,
            arrivals: hashes.arrivals_sha256,
            truth: truth_sha256,
        },
        first_time: format_rfc3339(first),
        last_time: format_rfc3339(last),
        warmup_end: format_rfc3339(span.warmup_end),
        days: plan.days,
        warmup_days: plan.warmup_days,
        campaigns,
    };
    directory.retire_manifest()?;
    files.keep()?;
    truth.keep()?;
    manifest.write(&directory)?;
    Ok(manifest)
}

/// The moving part: what has been expanded and has not arrived yet.
struct Stage<'a> {
    flow: &'a Flow,
    truth: TruthFile,
    waiting: Vec<Event>,
    work: Work,
    bursts: Bursts,
    next_instance: usize,
}

impl Stage<'_> {
    /// Expands one slice; returns, in order, the records that arrive before its end (all of them in
    /// the last).
    fn slice(
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

    /// Records of a burst go to truth as well, where a file asks for it.
    fn deliver_habits(&mut self, end: Ticks) -> Result<(), GenerateError> {
        let (flow, work) = (self.flow, &self.work);
        let mut done = 0;
        for burst in work.bursts.iter().filter(|burst| flow.recorded.contains_key(&burst.workload))
        {
            deliver_all(flow, &work.events[done..burst.events.start], &mut self.waiting);
            let from = self.waiting.len();
            deliver_all(flow, &work.events[burst.events.clone()], &mut self.waiting);
            self.bursts.take(flow, &mut self.truth, burst, &self.waiting[from..])?;
            done = burst.events.end;
        }
        deliver_all(flow, &work.events[done..], &mut self.waiting);
        self.bursts.end_slice(flow, &mut self.truth, end)
    }

    fn instances_until(&mut self, end: Ticks) -> Result<(), GenerateError> {
        let flow = self.flow;
        while let Some(instance) = flow.instances.get(self.next_instance)
            && instance.start < end
        {
            if !instance.withheld {
                self.work.clear();
                let drawn = flow.instance(self.next_instance, &mut self.work.events);
                let mut records = Vec::new();
                deliver_all(flow, &self.work.events, &mut records);
                self.truth.add(
                    &flow.tenant,
                    &flow.stagings[instance.staging],
                    instance,
                    &records,
                    drawn,
                )?;
                self.waiting.append(&mut records);
            }
            self.next_instance += 1;
        }
        Ok(())
    }
}

/// The corpus ends sharply: what the service did later is not in it. Neither is what no vault was
/// told to log.
fn deliver_all(flow: &Flow, events: &[Event], out: &mut Vec<Event>) {
    for event in events.iter().filter(|event| flow.is_observed(event)) {
        deliver(&flow.tenant, *event, out);
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names
}
