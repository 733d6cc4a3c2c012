//! What expansion makes: descriptors, and which stretches of them are bursts that resemble an
//! attack. Truth records a burst where a look-alike file names its workload.

use std::ops::Range;

use serde::Deserialize;

use crate::event::Event;

/// Workloads that make bursts, by the names that look-alike files use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Workload {
    /// Everything loaded when a process starts, and again by the clock.
    Startup,
    /// A cluster places its pods anew, and each mounts everything.
    SecretsStore,
    ExternalSecrets,
    /// Every reference fetched again because a setting changed.
    AppService,
    Pipeline,
    /// A plan, with its apply.
    Infrastructure,
    /// A vault for one pull request, from its creation to its end.
    ShortLived,
    Rotation,
    Scanner,
    BackupService,
    /// A session in the portal.
    Portal,
    /// A day's requests in vain of one misconfigured identity.
    Misconfigured,
}

impl Workload {
    /// Recorded per identity and day, not burst by burst.
    pub(crate) fn is_daily(self) -> bool {
        self == Self::Misconfigured
    }
}

/// Neighbouring descriptors that belong together.
#[derive(Debug, Clone)]
pub(crate) struct Burst {
    pub(crate) workload: Workload,
    pub(crate) events: Range<usize>,
}

/// Descriptors and bursts, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) events: Vec<Event>,
    pub(crate) bursts: Vec<Burst>,
}

impl Work {
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.bursts.clear();
    }

    /// Everything since `from` was one burst; its steps are counted in the order of time.
    pub(super) fn burst(&mut self, workload: Workload, from: usize) {
        let events = &mut self.events[from..];
        events.sort_by_key(|event| event.time);
        for (step, event) in events.iter_mut().enumerate() {
            event.step = step.min(usize::from(u16::MAX)) as u16;
        }
        if from < self.events.len() {
            self.bursts.push(Burst { workload, events: from..self.events.len() });
        }
    }
}
