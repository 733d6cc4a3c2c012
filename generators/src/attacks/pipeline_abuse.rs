//! Pipeline abuse: a pipeline is edited to fetch vaults that its service connection rarely reads.

use serde::Deserialize;

use super::campaign::{Campaign, Steps};
use super::extraction::Extraction;
use super::intruder::{Errand, take_over};
use super::recruiter::{Recruiter, Weighted};
use super::targets::{loot, vaults_where};
use crate::scenario::CountRange;
use crate::script::Script;
use crate::tenant::{Network, Position, Tenant, Vault};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    objects: CountRange,
    vaults: CountRange,
    /// Reads at once.
    width: CountRange,
}

const PIPELINES: &Weighted = &[(Position::Pipeline, 1.0)];

impl Steps for Parameters {
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32> {
        recruiter.crew(PIPELINES, PIPELINES)
    }

    fn lacks(&self, tenant: &Tenant) -> Option<&'static str> {
        let open =
            |vault: &Vault| vault.network == Network::Public && vault.readable().next().is_some();
        (!tenant.vaults.iter().any(open)).then_some("a vault that is open to every network")
    }

    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign) {
        take_over(script, campaign, campaign.leader(), Errand::Read);
        let wanted = script.count("objects", self.objects).max(1);
        let width = script.count("width", self.width).max(1);
        let count = self.vaults.draw_count(script.stream).max(1);
        // Hosted agents reach only what is open.
        let vaults =
            vaults_where(script, campaign, count, wanted.div_ceil(count), |tenant, vault| {
                tenant.vaults[usize::from(vault)].network == Network::Public
            });
        let objects = loot(script.tenant, campaign, &vaults, wanted, false);
        Extraction::reading(false).run(script, campaign, &objects, |script, objects, gap| {
            script.read_parallel(objects, width);
            script.wait(gap);
        });
    }
}
