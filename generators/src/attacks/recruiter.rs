//! Whose accounts a campaign uses.

use std::collections::BTreeSet;

use super::adversary::Settings;
use crate::random::Stream;
use crate::tenant::{Identity, Position, Tenant};
use crate::workloads::Habit;

/// Positions and how often a leader comes from each.
pub(super) type Weighted = [(Position, f64)];

/// One of a pool, which must not be empty; who is there every day is met more often than others.
pub(super) fn pick_active(tenant: &Tenant, stream: &mut Stream, pool: &[u32]) -> u32 {
    let activity = |&index: &u32| match &tenant.identities[index as usize].habit {
        Habit::Human(human) => human.sessions_per_day.min(1.0),
        Habit::Poller(poller) => poller.events_per_day.min(1.0),
        Habit::Startup(startup) => startup.restarts_per_day.min(1.0),
        _ => 1.0,
    };
    // Nobody is out of reach.
    let weights: Vec<f64> = pool.iter().map(|index| 0.01 + activity(index)).collect();
    pool[stream.weighted(&weights)]
}

/// Finds accounts for one campaign.
#[derive(Debug)]
pub(crate) struct Recruiter<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) stream: &'a mut Stream,
    pub(super) settings: Settings,
    pub(super) number: usize,
    /// Object ids of others' accounts, where its attack is kept apart: they are out of reach, and a
    /// crew is whole or nobody.
    pub(super) taken: Option<&'a BTreeSet<u128>>,
}

impl Recruiter<'_> {
    /// As many as the dials say, as far as there are, all of the leader's kind: from `excepted`
    /// where the dials say so, else from `victims`.
    pub(super) fn crew(&mut self, victims: &Weighted, excepted: &Weighted) -> Vec<u32> {
        self.crew_where(victims, excepted, |_| true)
    }

    /// The same among those that are `fit`.
    pub(super) fn crew_where(
        &mut self,
        victims: &Weighted,
        excepted: &Weighted,
        fit: impl Fn(&Identity) -> bool,
    ) -> Vec<u32> {
        let tenant = self.tenant;
        let identity = |index: u32| &tenant.identities[index as usize];
        let except = self.settings.excepted && self.exists(excepted);
        let positions = if except { excepted } else { victims };
        let taken = |index: &u32| {
            self.taken.is_some_and(|taken| taken.contains(&identity(*index).object_id))
        };
        let everybody = |position| tenant.all(position).filter(|index| !taken(index));
        let fit = |found: &Identity| except || fit(found);
        let kin = |kind: &str| {
            let all = positions.iter().flat_map(|&(position, _)| everybody(position));
            all.map(identity).filter(|found| fit(found) && found.kind.word() == kind).count()
        };
        let wanted = self.settings.identities;
        let can_lead = |kind| self.taken.is_none() || kin(kind) >= wanted;
        let mut crew: Vec<u32> = Vec::new();
        for _ in 0..wanted {
            let kind = crew.first().map(|&leader| identity(leader).kind.word());
            let free = |&index: &u32| {
                let found = identity(index);
                fit(found)
                    && !crew.contains(&index)
                    && kind.map_or_else(
                        || can_lead(found.kind.word()),
                        |kind| found.kind.word() == kind,
                    )
            };
            let pools: Vec<Vec<u32>> = positions
                .iter()
                .map(|&(position, _)| everybody(position).filter(free).collect())
                .collect();
            let weights: Vec<f64> = positions
                .iter()
                .zip(&pools)
                .map(|(&(_, weight), pool)| if pool.is_empty() { 0.0 } else { weight })
                .collect();
            if weights.iter().sum::<f64>() <= 0.0 {
                break;
            }
            let pool = &pools[self.stream.weighted(&weights)];
            crew.push(pick_active(tenant, self.stream, pool));
        }
        crew
    }

    fn exists(&self, positions: &Weighted) -> bool {
        positions.iter().any(|&(position, _)| !self.tenant.all(position).is_empty())
    }
}
