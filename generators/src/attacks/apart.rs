//! Accounts for attacks that are kept apart: no two of their campaigns use the same one.
//!
//! Campaigns are served in rounds, one of each attack, so that whoever comes to an estate with too few
//! accounts gets as many campaigns as the others. The first round may leave attacks out, those that
//! want most accounts; any later one is whole or the end.

use std::collections::BTreeSet;

use super::campaign::Conduct;
use super::recruiter::Recruiter;
use crate::random::Stream;
use crate::staging::{Kind, Staging};
use crate::tenant::Tenant;

/// One attack that is kept apart.
struct Apart<'a> {
    name: &'a str,
    instances: usize,
    conduct: &'a mut Conduct,
}

/// Allots accounts to every campaign of those of `stagings` that are kept apart.
pub(crate) fn allot<'a>(stagings: impl Iterator<Item = &'a mut Staging>, tenant: &Tenant) {
    let apart = stagings.filter_map(|staging| match &mut staging.kind {
        Kind::Attack(conduct) if conduct.apart.is_some() => {
            let instances = staging.schedule.instances.0;
            Some(Apart { name: &staging.name, instances, conduct })
        }
        _ => None,
    });
    let mut attacks: Vec<Apart<'_>> = apart.collect();
    attacks.sort_by_key(|attack| attack.conduct.accounts_wanted(tenant, attack.name));
    let rounds = attacks.iter().map(|attack| attack.instances).max().unwrap_or(0);
    let mut taken = BTreeSet::new();
    for number in 0..rounds {
        attacks.retain(|attack| attack.instances > number);
        let crews: Vec<Option<Vec<u32>>> = attacks
            .iter()
            .map(|attack| {
                let crew = attack.conduct.crew_apart(tenant, attack.name, number, &taken);
                let members = crew.iter().flatten();
                taken.extend(members.map(|&one| tenant.identities[one as usize].object_id));
                crew
            })
            .collect();
        if number > 0 && crews.iter().any(Option::is_none) {
            return;
        }
        let mut left = Vec::new();
        for (attack, crew) in attacks.into_iter().zip(crews) {
            if let Some(crew) = crew {
                attack.conduct.apart.get_or_insert_default().push(crew);
                left.push(attack);
            }
        }
        attacks = left;
    }
}

impl Conduct {
    /// How many accounts its first campaign is to have.
    fn accounts_wanted(&self, tenant: &Tenant, name: &str) -> usize {
        self.adversary.turn(0, &mut Stream::new(tenant.seed, name, 0, 1)).identities
    }

    /// The accounts of campaign `number` without those that are `taken`; nothing unless as many are
    /// left as it is to have.
    fn crew_apart(
        &self,
        tenant: &Tenant,
        name: &str,
        number: usize,
        taken: &BTreeSet<u128>,
    ) -> Option<Vec<u32>> {
        let mut stream = Stream::new(tenant.seed, name, number as u64, 1);
        let settings = self.adversary.turn(number, &mut stream);
        let taken = Some(taken);
        let mut recruiter = Recruiter { tenant, stream: &mut stream, settings, number, taken };
        let crew = self.steps.recruit(&mut recruiter);
        let is_free = |&one: &u32| {
            let object_id = tenant.identities[one as usize].object_id;
            taken.is_none_or(|taken| !taken.contains(&object_id))
        };
        (crew.len() >= settings.identities && crew.iter().all(is_free)).then_some(crew)
    }
}
