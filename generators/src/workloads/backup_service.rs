//! The backup service of encrypted machines: once a day it copies their keys and secrets, as a first
//! party.

use super::{Habit, Moment, Work, Workload};
use crate::event::Request;
use crate::random::Stream;
use crate::scenario::SecondsRange;
use crate::tenant::Tenant;

/// Jobs begin within this part of a day after their hour.
const JITTER: f64 = 0.02;

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct BackupService {
    objects: Vec<u32>,
    /// Part of the day at which the job begins.
    phase: f64,
    gap_seconds: SecondsRange,
}

impl BackupService {
    pub(crate) fn draw(tenant: &Tenant, stream: &mut Stream) -> (Vec<u16>, Habit) {
        let law = tenant.estate.wire.backup_services.clone();
        let count = law.vaults.draw_count(stream).clamp(1, tenant.vaults.len());
        let mut vaults: Vec<u16> = (0..count).map(|_| tenant.home(stream)).collect();
        vaults.sort_unstable();
        vaults.dedup();
        let mut objects = Vec::new();
        for &vault in &vaults {
            let home = &tenant.vaults[usize::from(vault)];
            let machines = law.objects.draw_count(stream);
            // Each machine has a secret, and a key where the secret is wrapped.
            objects.extend(home.keys.clone().take(machines));
            objects.extend(home.secrets.clone().take(machines));
        }
        let phase = law.hours.draw(stream) / 24.0;
        let habit = Self { objects, phase, gap_seconds: law.gap_seconds };
        (vaults, Habit::BackupService(habit))
    }

    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        for at in moment.ticks(stream, 1.0, self.phase, JITTER) {
            let from = work.events.len();
            let mut script = moment.script(stream, at, 0, &mut work.events);
            let mut asked = None;
            for &object in &self.objects {
                let vault = script.tenant.objects[object as usize].vault;
                if asked != Some(vault) {
                    script.maybe_challenge(Request::Backup, vault, object);
                    asked = Some(vault);
                }
                script.backup(object);
                let pause = self.gap_seconds.draw(script.stream);
                script.wait(pause);
            }
            work.burst(Workload::BackupService, from);
        }
    }
}
