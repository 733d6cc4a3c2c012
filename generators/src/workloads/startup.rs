//! Services that load a whole vault when a process starts: the commonest benign burst.

use super::Moment;
use crate::event::{Event, Request};
use crate::random::Stream;
use crate::tenant::Collection;

/// One such service.
#[derive(Debug, Clone)]
pub(crate) struct Startup {
    pub(crate) vault: u16,
    pub(crate) restarts_per_day: f64,
    /// Processes that start together.
    pub(crate) instances: usize,
}

impl Startup {
    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, out: &mut Vec<Event>) {
        let weight = moment.rhythms.workload(moment.from, moment.to);
        for at in moment.starts(stream, self.restarts_per_day, weight) {
            for _ in 0..self.instances {
                let mut script = moment.script(stream, at, 0, out);
                let pause = script.stream.exponential(20.0);
                script.wait(pause);
                script.maybe_challenge(Request::List, self.vault, crate::event::NOTHING);
                script.list(self.vault, Collection::Secrets);
                for object in moment.tenant.vaults[usize::from(self.vault)].secrets.clone() {
                    script.read(object);
                }
            }
        }
    }
}
