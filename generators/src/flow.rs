//! The flow of descriptors: slice by slice, everything that begins in it, benign and staged.
//!
//! A slice holds at most about [`SLICE_EVENTS`] expected events, so that memory follows rates and
//! delays and not the length of the corpus.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use crate::attacks::allot;
use crate::calibrate::Intensities;
use crate::drawn::Drawn;
use crate::event::Event;
use crate::plan::{GenerateError, Plan};
use crate::random::Stream;
use crate::staging::{Instance, Kind, Staging};
use crate::tenant::{Span, Tenant};
use crate::time::{DAY, HOUR, Ticks};
use crate::workloads::{Habit, Moment, Rhythms, Work, Workload};

/// Keeps the descriptors of a slice within a few megabytes.
const SLICE_EVENTS: u64 = 65_536;
/// Ten years: correlation, rotation and calendar arithmetic are tested no further.
const MOST_DAYS: u32 = 3_653;

/// A plan made concrete.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) tenant: Tenant,
    pub(crate) stagings: Vec<Staging>,
    /// In order of their starts.
    pub(crate) instances: Vec<Instance>,
    /// Files that have the bursts of a workload recorded, as indexes into `stagings`.
    pub(crate) recorded: BTreeMap<Workload, usize>,
    rhythms: Rhythms,
    slice: Ticks,
}

impl Flow {
    pub(crate) fn new(plan: &Plan) -> Result<Self, GenerateError> {
        let (days, warmup_days) = (plan.days, plan.warmup_days);
        if days == 0 || days > MOST_DAYS || warmup_days >= days {
            return Err(GenerateError::Days { days, warmup_days, most: MOST_DAYS });
        }
        let start = plan.estate.start;
        let span = Span {
            start,
            warmup_end: start + i64::from(plan.warmup_days) * DAY,
            end: start + i64::from(plan.days) * DAY,
        };
        let per_hour = plan.events.unwrap_or(0) / (u64::from(plan.days) * 24);
        let parts = per_hour.div_ceil(SLICE_EVENTS).max(1) as i64;
        let tenant = Tenant::build(&plan.estate, plan.seed, span);
        let staged = plan.look_alikes.iter().map(|look_alike| (look_alike.0.clone(), false));
        let staged = staged.chain(plan.attacks.iter().map(|attack| (attack.0.clone(), false)));
        let staged = staged.chain(plan.withheld.iter().map(|attack| (attack.0.clone(), true)));
        let flow = Self::staging(tenant, staged.collect())?;
        Ok(Self { slice: HOUR / parts, ..flow })
    }

    /// What is staged in a tenant, withheld or not, in slices of an hour.
    pub(crate) fn staging(
        tenant: Tenant,
        staged: Vec<(Staging, bool)>,
    ) -> Result<Self, GenerateError> {
        let (stagings, instances) = stage(staged, &tenant)?;
        Ok(Self {
            recorded: recorded(&stagings)?,
            stagings,
            instances,
            rhythms: Rhythms::new(&tenant.estate.wire.rhythm),
            slice: HOUR,
            tenant,
        })
    }

    /// The slices, in order: each begins where the one before ended.
    pub(crate) fn slices(&self) -> impl Iterator<Item = (Ticks, Ticks)> + use<> {
        let (span, slice) = (self.tenant.span, self.slice);
        let count = ((span.end - span.start) as u64).div_ceil(slice as u64) as i64;
        (0..count).map(move |index| {
            let from = span.start + index * slice;
            (from, (from + slice).min(span.end))
        })
    }

    /// Appends what one identity begins in a slice of its own accord.
    pub(crate) fn habits(
        &self,
        identity: u32,
        (from, to): (Ticks, Ticks),
        intensities: &Intensities,
        out: &mut Work,
    ) {
        let who = &self.tenant.identities[identity as usize];
        if to <= who.since || from >= who.until || matches!(who.habit, Habit::None) {
            return;
        }
        let slice = ((from - self.tenant.span.start) / self.slice) as u64;
        let mut stream =
            Stream::keyed(self.tenant.seed, habits_domain(), u64::from(identity), slice);
        let moment = Moment {
            tenant: &self.tenant,
            rhythms: &self.rhythms,
            identity,
            from: from.max(who.since),
            to: to.min(who.until),
            intensity: intensities.of(identity),
            trouble: intensities.trouble,
        };
        who.habit.expand(&moment, &mut stream, out);
    }

    /// Whether a record of it can reach the corpus.
    pub(crate) fn is_observed(&self, event: &Event) -> bool {
        event.time < self.tenant.span.end && self.tenant.is_logged(event)
    }

    /// Mean weight of the workload rhythm over the span: 1 but for weekends.
    pub(crate) fn mean_workload(&self) -> f64 {
        let weights = self.slices().map(|(from, to)| self.rhythms.workload(from, to));
        weights.sum::<f64>() / self.slices().count() as f64
    }

    /// Appends the descriptors of one instance; returns what was drawn for it.
    pub(crate) fn instance(&self, index: usize, out: &mut Vec<Event>) -> Drawn {
        let instance = &self.instances[index];
        self.stagings[instance.staging].expand(&self.tenant, instance, out)
    }
}

fn habits_domain() -> u64 {
    xxh3_64(b"habits")
}

fn stage(
    mut staged: Vec<(Staging, bool)>,
    tenant: &Tenant,
) -> Result<(Vec<Staging>, Vec<Instance>), GenerateError> {
    // The order of the plan's lists means nothing.
    staged.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    if let Some(pair) = staged.windows(2).find(|pair| pair[0].0.name == pair[1].0.name) {
        return Err(GenerateError::StagedTwice { name: pair[0].0.name.clone() });
    }
    allot(staged.iter_mut().map(|(staging, _)| staging), tenant);
    let mut instances = Vec::new();
    for (index, (staging, withheld)) in staged.iter().enumerate() {
        let starts = staging.starts(tenant).into_iter().enumerate();
        let made = starts.map(|(number, start)| Instance {
            staging: index,
            number,
            start,
            withheld: *withheld,
        });
        instances.extend(made);
    }
    instances.sort_by_key(|instance| (instance.start, instance.staging, instance.number));
    Ok((staged.into_iter().map(|(staging, _)| staging).collect(), instances))
}

/// Which file records which workload; one at most.
fn recorded(stagings: &[Staging]) -> Result<BTreeMap<Workload, usize>, GenerateError> {
    let mut recorded = BTreeMap::new();
    for (index, staging) in stagings.iter().enumerate() {
        if let Kind::Scheduled(workload) = staging.kind
            && recorded.insert(workload, index).is_some()
        {
            return Err(GenerateError::StagedTwice { name: staging.name.clone() });
        }
    }
    Ok(recorded)
}
