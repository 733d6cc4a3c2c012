//! One campaign to be: the dials, the accounts, and how its work is split over sittings.
//!
//! It is prepared from a stream of its own before it is known when it begins, because that depends
//! on whose hours it keeps.

use std::fmt;
use std::sync::Arc;

use super::adversary::{Adversary, Settings};
use super::recruiter::Recruiter;
use crate::random::Stream;
use crate::scenario::DaysRange;
use crate::script::Script;
use crate::staging::latest_end;
use crate::tenant::{Span, Tenant, Vault};
use crate::time::{DAY, HOUR, Ticks, weekday};

/// What an attack does; one file each.
pub(crate) trait Steps: fmt::Debug + Send + Sync {
    /// Whose accounts a campaign uses, the leader first; nobody where the estate has nobody fit.
    fn recruit(&self, recruiter: &mut Recruiter<'_>) -> Vec<u32>;

    /// What it takes and a tenant does not have, in words; objects in some vault, as a rule.
    fn lacks(&self, tenant: &Tenant) -> Option<&'static str> {
        let holds = |vault: &Vault| vault.readable().next().is_some();
        (!tenant.vaults.iter().any(holds)).then_some("a vault with a known object")
    }

    /// Days it lasts, where that is not up to the dials.
    fn lasts_days(&self) -> Option<DaysRange> {
        None
    }

    /// Appends its descriptors.
    fn stage(&self, script: &mut Script<'_>, campaign: &Campaign);
}

/// An attack with its adversary.
#[derive(Debug, Clone)]
pub(crate) struct Conduct {
    pub(super) adversary: Adversary,
    pub(super) steps: Arc<dyn Steps>,
    /// The accounts of each campaign where its attack is kept apart, and then there are no other
    /// campaigns; empty until they are allotted.
    pub(super) apart: Option<Vec<Vec<u32>>>,
}

/// What is drawn before it begins.
#[derive(Debug)]
pub(crate) struct Campaign {
    pub(super) number: usize,
    pub(super) settings: Settings,
    /// The leader first.
    pub(super) identities: Vec<u32>,
    /// From its first sitting to its last, as drawn.
    pub(super) drawn_days: f64,
}

/// Time that is left for the last sitting before campaigns have to be over.
pub(super) const SITTING: Ticks = 4 * HOUR;
/// The same for campaigns that want to be done before the maintenance window is.
const MAINTENANCE_SITTING: Ticks = HOUR / 2;
/// How much later or earlier than the first the other sittings begin.
const JITTER: Ticks = HOUR;

/// One go at the work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sitting {
    pub(super) start: Ticks,
    /// Its share of the work.
    pub(super) share: f64,
}

impl Conduct {
    /// Draws campaign `number`.
    pub(super) fn prepare(&self, tenant: &Tenant, name: &str, number: usize) -> Campaign {
        let mut stream = Stream::new(tenant.seed, name, number as u64, 1);
        let settings = self.adversary.turn(number, &mut stream);
        let identities = match &self.apart {
            Some(crews) => crews[number].clone(),
            None => {
                let mut recruiter =
                    Recruiter { tenant, stream: &mut stream, settings, number, taken: None };
                self.steps.recruit(&mut recruiter)
            }
        };
        let (sittings, apart) = settings.sittings();
        let lasts = self.steps.lasts_days().map_or(0.0, |days| days.draw(&mut stream));
        let beyond = (settings.sitting - SITTING).max(0) as f64 / DAY as f64;
        let drawn_days = lasts.max((sittings - 1) as f64 * apart) + beyond;
        Campaign { number, settings, identities, drawn_days }
    }

    /// What all of its campaigns lack in a tenant, in words; nothing where one of so many can be
    /// staged.
    pub(crate) fn lacks(
        &self,
        tenant: &Tenant,
        name: &str,
        instances: usize,
    ) -> Option<&'static str> {
        if tenant.vaults.is_empty() {
            return Some("a vault of which the logs say where it is");
        }
        self.steps.lacks(tenant).or_else(|| {
            let anybody = (0..instances).any(|number| {
                let campaign = self.prepare(tenant, name, number);
                !campaign.identities.is_empty()
            });
            (!anybody).then_some("somebody whom it could act as")
        })
    }

    /// Appends the descriptors of campaign `number`, which begins at the script's moment.
    pub(crate) fn stage(&self, script: &mut Script<'_>, name: &str, number: usize) {
        let campaign = self.prepare(script.tenant, name, number);
        if campaign.identities.is_empty() {
            return;
        }
        campaign.note(script);
        self.steps.stage(script, &campaign);
    }
}

impl Campaign {
    pub(super) fn leader(&self) -> u32 {
        self.identities[0]
    }

    /// So many calls in one sitting leave so much between two of them.
    pub(super) fn gap_seconds(&self, calls: usize) -> f64 {
        let longest =
            if self.settings.maintenance { MAINTENANCE_SITTING } else { self.settings.sitting };
        let seconds = longest as f64 / crate::time::SECOND as f64;
        self.settings.gap_seconds.min(seconds / calls.max(1) as f64)
    }

    /// Its sittings, from the script's moment on: closer together, then fewer, where the corpus
    /// does not last.
    pub(super) fn sittings(&self, script: &mut Script<'_>) -> Vec<Sitting> {
        let (count, apart) = self.settings.sittings();
        let (start, last) = (script.now, last_start(script.tenant.span));
        let room = (last - start).max(0) as f64 / DAY as f64;
        let apart = apart.min((room / count.max(2) as f64).max(1.0));
        let keeps_week = self.settings.working_hours && is_person(script.tenant, self.leader());
        let mut starts = vec![start];
        let mut shift = 0;
        for number in 1..count {
            let jitter = (script.stream.uniform(-1.0, 1.0) * JITTER as f64) as Ticks;
            let mut at = start + (number as f64 * apart * DAY as f64) as Ticks + shift + jitter;
            while keeps_week && weekday(at) >= 5 {
                at += DAY;
                shift += DAY;
            }
            if at <= last && at > starts[starts.len() - 1] {
                starts.push(at);
            }
        }
        if count > 1 {
            let used = (starts[starts.len() - 1] - start) as f64 / DAY as f64;
            script.note("used_days", libm::round(used * 100.0) / 100.0);
            script.note("sittings", starts.len());
        }
        let grows = self.settings.ramp_up_days > 0.0;
        let weight = |number: usize| if grows { libm::exp2(number as f64) } else { 1.0 };
        let total: f64 = (0..starts.len()).map(weight).sum();
        let sitting = |(number, start)| Sitting { start, share: weight(number) / total };
        starts.into_iter().enumerate().map(sitting).collect()
    }

    fn note(&self, script: &mut Script<'_>) {
        let settings = &self.settings;
        script.note("variant", if settings.evasive { "evasive" } else { "plain" });
        script.note("gap_seconds", libm::round(settings.gap_seconds * 1e3) / 1e3);
        script.note("working_hours", settings.working_hours);
        script.note("inside_history_share", settings.inside_history_share.0);
        script.note("same_block", settings.same_block);
        script.note("copied_client", settings.copied_client);
        script.note("lists", settings.lists);
        script.note("identities", self.identities.len());
        script.note("pause_days", libm::round(settings.pause_days * 100.0) / 100.0);
        script.note("ramp_up_days", libm::round(settings.ramp_up_days * 100.0) / 100.0);
        script.note("excepted", settings.excepted);
        script.note("maintenance", settings.maintenance);
        if self.drawn_days > 0.0 {
            script.note("drawn_days", libm::round(self.drawn_days * 100.0) / 100.0);
        }
    }
}

/// When the last sitting of a campaign that ends in time begins.
pub(super) fn last_start(span: Span) -> Ticks {
    latest_end(span) - SITTING - 2 * JITTER
}

pub(super) fn is_person(tenant: &Tenant, identity: u32) -> bool {
    tenant.identities[identity as usize].is_person()
}
