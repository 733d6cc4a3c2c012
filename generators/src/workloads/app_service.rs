//! Sites and functions with references to secrets: each reference is fetched once a day, and all of
//! them at once when any setting of the site changes.

use super::{Habit, Hire, Moment, Work, Workload};
use crate::event::Request;
use crate::random::Stream;
use crate::script::Script;
use crate::tenant::Tenant;

/// A cached reference lives for a day, the moment of its renewal drifts by this part of it.
const REFRESHES_PER_DAY: f64 = 1.0;
const JITTER: f64 = 0.02;
/// Mean seconds between two instances of a site that takes up a change.
const NEXT_INSTANCE: f64 = 4.0;

/// One site.
#[derive(Debug, Clone)]
pub(crate) struct AppService {
    vault: u16,
    references: Vec<u32>,
    instances: usize,
    phase: f64,
    changes_per_day: f64,
}

impl AppService {
    pub(crate) fn draw(tenant: &Tenant, stream: &mut Stream, _: Hire) -> (Vec<u16>, Habit) {
        let law = tenant.estate.wire.app_services.clone();
        let vault = tenant.home(stream);
        let mut references: Vec<u32> = tenant.vaults[usize::from(vault)].secrets.clone().collect();
        stream.shuffle(&mut references);
        references.truncate(law.references.draw_count(stream).max(1));
        let habit = Self {
            vault,
            references,
            instances: law.instances.draw_count(stream).max(1),
            phase: stream.unit(),
            // Some sites change every day, others once a month.
            changes_per_day: law.changes_per_day.0 * stream.exponential(1.0),
        };
        (vec![vault], Habit::AppService(habit))
    }

    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        for at in moment.ticks(stream, REFRESHES_PER_DAY, self.phase, JITTER) {
            self.fetch(&mut moment.script(stream, at, 0, &mut work.events));
        }
        let weight = moment.rhythms.human(moment.from, moment.to);
        for at in moment.starts(stream, self.changes_per_day, weight) {
            let from = work.events.len();
            let mut script = moment.script(stream, at, 0, &mut work.events);
            for _ in 0..self.instances {
                self.fetch(&mut script);
                let pause = script.stream.exponential(NEXT_INSTANCE);
                script.wait(pause);
            }
            work.burst(Workload::AppService, from);
        }
    }

    fn fetch(&self, script: &mut Script<'_>) {
        script.maybe_challenge(Request::Get, self.vault, self.references[0]);
        self.references.iter().for_each(|&object| script.read(object));
    }
}
