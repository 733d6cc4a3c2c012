//! Microsoft's own readers: resource graph and policy look at the settings of every vault,
//! irregularly.

use super::{Moment, Work, Workload};
use crate::event::{NOTHING, Operation, Outcome};
use crate::random::Stream;

/// One first-party scanner.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    pub(crate) scans_per_day: f64,
}

impl Scanner {
    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        for at in moment.starts(stream, self.scans_per_day, 1.0) {
            let from = work.events.len();
            let mut script = moment.script(stream, at, 0, &mut work.events);
            for vault in 0..moment.tenant.vaults.len() as u16 {
                script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
                let pause = script.stream.exponential(0.4);
                script.wait(pause);
            }
            work.burst(Workload::Scanner, from);
        }
    }
}
