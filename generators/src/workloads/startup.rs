//! Services that load a whole vault when a process starts: the commonest benign burst. Some load it
//! again by the clock.

use super::{Habit, Hire, Moment, Work, Workload};
use crate::event::{NOTHING, Operation, Outcome, Request};
use crate::random::Stream;
use crate::script::Script;
use crate::tenant::{Collection, Tenant};

/// Starts that look at the vault's settings first.
const CHECKS: f64 = 0.3;
/// Starts that load keys and certificates as well.
const EVERYTHING: f64 = 0.1;
/// A vault that is loaded all day long holds at most so many secrets.
const MOST_REFRESHED: usize = 30;
/// Clocks of processes drift by this part of an interval.
const JITTER: f64 = 0.05;

/// One such service.
#[derive(Debug, Clone)]
pub(crate) struct Startup {
    vault: u16,
    pub(crate) restarts_per_day: f64,
    /// Processes that start together.
    instances: usize,
    /// Loads again, a day, and the phase of its clock.
    refresh: Option<(f64, f64)>,
}

impl Startup {
    pub(crate) fn draw(tenant: &Tenant, stream: &mut Stream, _: Hire) -> (Vec<u16>, Habit) {
        let law = tenant.estate.wire.startup.clone();
        let minutes = law.refresh_minutes.draw(stream).max(1.0);
        let refresh =
            stream.chance(law.refresh_share.0).then(|| (1_440.0 / minutes, stream.unit()));
        let vault = match refresh {
            Some(_) => tenant.modest_home(MOST_REFRESHED, stream),
            None => tenant.home(stream),
        };
        let habit = Self {
            vault,
            restarts_per_day: law.restarts_per_day.draw(stream),
            instances: law.instances.draw_count(stream).max(1),
            refresh,
        };
        (vec![vault], Habit::Startup(habit))
    }

    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        let weight = moment.rhythms.workload(moment.from, moment.to);
        for at in moment.starts(stream, self.restarts_per_day, weight) {
            let from = work.events.len();
            for _ in 0..self.instances {
                let mut script = moment.script(stream, at, 0, &mut work.events);
                let pause = script.stream.exponential(20.0);
                script.wait(pause);
                if script.stream.chance(CHECKS) {
                    script.call(Operation::VaultGet, self.vault, NOTHING, Outcome::Ok);
                }
                self.load(&mut script);
            }
            work.burst(Workload::Startup, from);
        }
        let Some((per_day, phase)) = self.refresh else { return };
        for at in moment.ticks(stream, per_day, phase, JITTER) {
            let from = work.events.len();
            self.load(&mut moment.script(stream, at, 0, &mut work.events));
            work.burst(Workload::Startup, from);
        }
    }

    fn load(&self, script: &mut Script<'_>) {
        script.maybe_challenge(Request::List, self.vault, NOTHING);
        let vault = &script.tenant.vaults[usize::from(self.vault)];
        if script.stream.chance(EVERYTHING) {
            script.list_everything(self.vault);
            vault.readable().for_each(|object| script.read(object));
        } else {
            script.list(self.vault, Collection::Secrets);
            vault.secrets.clone().for_each(|object| script.read(object));
        }
    }
}
