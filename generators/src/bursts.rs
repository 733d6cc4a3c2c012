//! Bursts that a workload's schedule makes, on their way to truth: each becomes an instance of the
//! file that names its workload, numbered in the order in which they are made.
//!
//! Recording moves no record. What is recorded per day waits until its day is over: a few identities'
//! requests in vain.

use std::collections::BTreeMap;

use crate::corpus::{Told, TruthFile};
use crate::drawn::Drawn;
use crate::event::Event;
use crate::flow::Flow;
use crate::plan::GenerateError;
use crate::staging::Instance;
use crate::time::{DAY, Ticks};
use crate::workloads::{Burst, Workload};

/// Numbers bursts and keeps those of the current day.
#[derive(Debug, Default)]
pub(crate) struct Bursts {
    /// Next number of each file.
    numbers: BTreeMap<usize, usize>,
    /// By workload and identity.
    today: BTreeMap<(Workload, u32), Vec<Event>>,
}

impl Bursts {
    /// Takes a burst with its records, as delivered.
    pub(crate) fn take(
        &mut self,
        flow: &Flow,
        truth: &mut TruthFile,
        burst: &Burst,
        records: &[Event],
    ) -> Result<(), GenerateError> {
        let Some(first) = records.first() else { return Ok(()) };
        if !burst.workload.is_daily() {
            return self.record(flow, truth, burst.workload, records);
        }
        let kept = self.today.entry((burst.workload, first.identity)).or_default();
        // Steps go on where the last slice of the day ended.
        let step = kept.last().map_or(0, |last| last.step.saturating_add(1));
        kept.extend(
            records
                .iter()
                .map(|record| Event { step: record.step.saturating_add(step), ..*record }),
        );
        Ok(())
    }

    /// Records what waited for its day, if `end` is the end of one or of the corpus.
    pub(crate) fn end_slice(
        &mut self,
        flow: &Flow,
        truth: &mut TruthFile,
        end: Ticks,
    ) -> Result<(), GenerateError> {
        if end % DAY != 0 && end < flow.tenant.span.end {
            return Ok(());
        }
        for ((workload, _), records) in std::mem::take(&mut self.today) {
            self.record(flow, truth, workload, &records)?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        flow: &Flow,
        truth: &mut TruthFile,
        workload: Workload,
        records: &[Event],
    ) -> Result<(), GenerateError> {
        let Some(&staging) = flow.recorded.get(&workload) else { return Ok(()) };
        let number = self.numbers.entry(staging).or_default();
        let instance =
            Instance { staging, number: *number, start: records[0].time, withheld: false };
        *number += 1;
        let position = flow.tenant.identities[records[0].identity as usize].position;
        let drawn = Drawn::acting_as(position);
        // What is missing from it is not told: a look-alike is there for what can be seen.
        let told = Told { done: records, records, unobserved: 0, drawn };
        truth.add(&flow.tenant, &flow.stagings[staging], &instance, told)
    }
}
