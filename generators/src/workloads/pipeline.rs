//! Release pipelines fetch every secret of a vault: pages of 25, reads 20 at a time, from an agent
//! with a new address each run.

use super::{Habit, Hire, Moment, Work, Workload};
use crate::event::{NOTHING, Request};
use crate::random::Stream;
use crate::scenario::CountRange;
use crate::script::{Place, Script};
use crate::tenant::{Collection, Network, Passing, Tenant};

/// Vaults that one service connection is let into, as far as hosted agents can reach them.
const VAULTS: usize = 3;

/// One service connection.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    runs_per_day: f64,
    width: CountRange,
}

impl Pipeline {
    pub(crate) fn draw(tenant: &Tenant, stream: &mut Stream, hire: Hire) -> (Vec<u16>, Habit) {
        let law = tenant.estate.wire.pipelines.clone();
        let open = |&vault: &u16| tenant.vaults[usize::from(vault)].network == Network::Public;
        let mut vaults: Vec<u16> =
            (0..VAULTS).map(|_| tenant.home(stream)).filter(|vault| open(vault)).collect();
        // Hosted agents reach only what is open.
        let spare = (0..tenant.vaults.len() as u16).filter(open).nth(hire.number % 7);
        vaults.push(spare.unwrap_or(0));
        vaults.sort_unstable();
        vaults.dedup();
        let habit = Self { runs_per_day: law.runs_per_day.draw(stream), width: law.width };
        (vaults, Habit::Pipeline(habit))
    }

    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        let weight = moment.rhythms.human(moment.from, moment.to);
        for at in moment.starts(stream, self.runs_per_day, weight) {
            let from = work.events.len();
            let vaults = &moment.tenant.identities[moment.identity as usize].vaults;
            let vault = *stream.pick(vaults);
            let mut script = moment.script(stream, at, 0, &mut work.events);
            script.caller.place =
                Place::Passing(script.tenant.passing_address(script.stream, Passing::HostedAgents));
            dump(&mut script, vault, self.width);
            work.burst(Workload::Pipeline, from);
        }
    }
}

/// One run of the task: everything there is.
pub(super) fn dump(script: &mut Script<'_>, vault: u16, width: CountRange) {
    script.maybe_challenge(Request::List, vault, NOTHING);
    script.list(vault, Collection::Secrets);
    let secrets: Vec<u32> = script.tenant.vaults[usize::from(vault)].secrets.clone().collect();
    let width = width.draw_count(script.stream);
    script.read_parallel(&secrets, width);
}
