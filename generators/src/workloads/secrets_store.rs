//! The Secrets Store driver of a cluster: a rotation poll every two minutes reads each object once
//! per pod, one after the other. When the cluster's nodes are upgraded every pod mounts everything
//! again, until the vault says that this is too much.

use super::{Habit, Hire, Moment, Work, Workload};
use crate::event::{Outcome, Request};
use crate::random::Stream;
use crate::script::Script;
use crate::tenant::Tenant;

/// Mean pause between two pods of a poll, and of an upgrade, in seconds.
const NEXT_POD: f64 = 0.4;
const NEXT_MOUNT: f64 = 3.0;
/// Reads of an upgrade that are refused once, and the mean pause before they are tried again.
const THROTTLED: f64 = 0.02;
const RETRY: f64 = 2.0;
/// The driver's clock drifts by this part of its interval.
const JITTER: f64 = 0.03;

/// One cluster's identity.
#[derive(Debug, Clone)]
pub(crate) struct SecretsStore {
    vault: u16,
    objects: Vec<u32>,
    pods: usize,
    polls_per_day: f64,
    phase: f64,
    upgrades_per_day: f64,
    upgrade_pods: usize,
}

impl SecretsStore {
    pub(crate) fn draw(tenant: &Tenant, stream: &mut Stream, _: Hire) -> (Vec<u16>, Habit) {
        let law = tenant.estate.wire.secrets_store.clone();
        let vault = tenant.home(stream);
        let mut objects: Vec<u32> = tenant.vaults[usize::from(vault)].secrets.clone().collect();
        stream.shuffle(&mut objects);
        objects.truncate(law.objects.draw_count(stream).max(1));
        let pods = law.pods.draw_count(stream).max(1);
        let habit = Self {
            vault,
            objects,
            pods,
            polls_per_day: 86_400.0 / law.poll_seconds.0.max(1.0),
            phase: stream.unit(),
            upgrades_per_day: law.upgrades_per_day.0,
            upgrade_pods: law.upgrade_pods.draw_count(stream).max(pods),
        };
        (vec![vault], Habit::SecretsStore(habit))
    }

    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        for at in moment.ticks(stream, self.polls_per_day, self.phase, JITTER) {
            let mut script = moment.script(stream, at, 0, &mut work.events);
            for _ in 0..self.pods {
                self.mount(&mut script, 0.0);
                let pause = script.stream.exponential(NEXT_POD);
                script.wait(pause);
            }
        }
        let weight = moment.rhythms.human(moment.from, moment.to);
        for at in moment.starts(stream, self.upgrades_per_day, weight) {
            let from = work.events.len();
            let mut script = moment.script(stream, at, 0, &mut work.events);
            for _ in 0..self.upgrade_pods {
                self.mount(&mut script, THROTTLED);
                let pause = script.stream.exponential(NEXT_MOUNT);
                script.wait(pause);
            }
            work.burst(Workload::SecretsStore, from);
        }
    }

    /// Each mount has a client of its own, which is challenged anew.
    fn mount(&self, script: &mut Script<'_>, throttled: f64) {
        script.maybe_challenge(Request::Get, self.vault, self.objects[0]);
        for &object in &self.objects {
            if throttled > 0.0 && script.stream.chance(throttled) {
                script.attempt(object, Outcome::Throttled);
                let pause = script.stream.exponential(RETRY);
                script.wait(pause);
            }
            script.read(object);
        }
    }
}
