//! The External Secrets operator of a cluster, told to find secrets by pattern: every hour it lists
//! the vault and reads whatever matches.

use super::{Habit, Hire, Moment, Work, Workload};
use crate::event::{NOTHING, Request};
use crate::random::Stream;
use crate::tenant::{Collection, Tenant};

/// A pattern matches at most so many secrets; the vaults that are searched are not larger.
const MOST_FOUND: usize = 40;
/// The operator's clock drifts by this part of its interval.
const JITTER: f64 = 0.02;

/// One cluster's identity.
#[derive(Debug, Clone)]
pub(crate) struct ExternalSecrets {
    vault: u16,
    found: Vec<u32>,
    per_day: f64,
    phase: f64,
}

impl ExternalSecrets {
    pub(crate) fn draw(tenant: &Tenant, stream: &mut Stream, _: Hire) -> (Vec<u16>, Habit) {
        let minutes = tenant.estate.wire.external_secrets.interval_minutes.draw(stream).max(1.0);
        let vault = tenant.modest_home(MOST_FOUND, stream);
        let secrets = tenant.vaults[usize::from(vault)].secrets.clone();
        let habit = Self {
            vault,
            found: secrets.take(MOST_FOUND).collect(),
            per_day: 1_440.0 / minutes,
            phase: stream.unit(),
        };
        (vec![vault], Habit::ExternalSecrets(habit))
    }

    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        for at in moment.ticks(stream, self.per_day, self.phase, JITTER) {
            let from = work.events.len();
            let mut script = moment.script(stream, at, 0, &mut work.events);
            script.maybe_challenge(Request::List, self.vault, NOTHING);
            script.list(self.vault, Collection::Secrets);
            self.found.iter().for_each(|&object| script.read(object));
            work.burst(Workload::ExternalSecrets, from);
        }
    }
}
