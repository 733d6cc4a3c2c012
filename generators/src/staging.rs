//! Staging: turns a file of an attack or look-alike into instances at certain moments, and each
//! instance into descriptors.
//!
//! Instance `n` of a file draws only from streams named by (seed, file, n): it is the same whatever
//! else is staged, and however often it is expanded (calibration does it once more).

use crate::attacks::{Conduct, Severity};
use crate::audit::Field;
use crate::drawn::Drawn;
use crate::event::Event;
use crate::look_alikes::LookAlikeKind;
use crate::random::Stream;
use crate::scenario::{BenignClass, CampaignFile, Days, Schedule, ScheduledFile};
use crate::script::{Caller, Place, Script};
use crate::tenant::{Span, Tenant};
use crate::time::{DAY, HOUR, Ticks, weekday};
use crate::workloads::Workload;

/// What every file of this kind comes to.
#[derive(Debug, Clone)]
pub(crate) struct Staging {
    pub(crate) name: String,
    pub(crate) technique: Vec<String>,
    /// Of an attack.
    pub(crate) severity: Option<Severity>,
    /// Fields that an attack is defined by, which may separate it from benign traffic.
    pub(crate) defined_by: Vec<Field>,
    pub(crate) schedule: Schedule,
    pub(crate) kind: Kind,
}

impl Staging {
    /// What a file with these parameters stages.
    pub(crate) fn of<P>(file: CampaignFile<P>, kind: impl FnOnce(P) -> Kind) -> Self {
        Self {
            name: file.name.into_inner(),
            technique: file.technique.into_inner(),
            severity: None,
            defined_by: Vec::new(),
            schedule: file.schedule,
            kind: kind(file.parameters),
        }
    }

    /// What a file that names a workload records.
    pub(crate) fn scheduled(file: ScheduledFile) -> Self {
        Self {
            name: file.name,
            technique: file.technique,
            severity: None,
            defined_by: Vec::new(),
            schedule: Schedule::NEVER,
            kind: Kind::Scheduled(file.workload),
        }
    }
}

/// Hostile or harmless.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Attack(Box<Conduct>),
    LookAlike(BenignClass, LookAlikeKind),
    /// Made by a workload's schedule; nothing is staged, its bursts are recorded.
    Scheduled(Workload),
}

impl Kind {
    /// The class in truth.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Attack(_) => "malicious",
            Self::LookAlike(BenignClass::LookAlike, _) | Self::Scheduled(_) => "look_alike",
            Self::LookAlike(BenignClass::Authorised, _) => "authorised",
        }
    }
}

/// One instance to be.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    /// Index into the files staged.
    pub(crate) staging: usize,
    /// Number within its file, from 0.
    pub(crate) number: usize,
    pub(crate) start: Ticks,
    /// Planned and counted, but not written.
    pub(crate) withheld: bool,
}

impl Instance {
    /// The name in truth: the file's name and the instance's number, from 1.
    pub(crate) fn id(&self, staging: &Staging) -> String {
        format!("{}-{:04}", staging.name, self.number + 1)
    }
}

/// Campaigns end this long before the corpus does, so that an alert has its time.
const QUIET_END: Ticks = 48 * HOUR;

/// When campaigns have to be over; in a short corpus they have half of the scored days at least.
pub(crate) fn latest_end(span: Span) -> Ticks {
    let scored = span.end - span.warmup_end;
    (span.end - QUIET_END).max(span.warmup_end + scored / 2)
}

impl Staging {
    /// When its instances begin, in order of their numbers.
    pub(crate) fn starts(&self, tenant: &Tenant) -> Vec<Ticks> {
        match &self.kind {
            Kind::Attack(attack) => attack.starts(tenant, &self.name, &self.schedule),
            Kind::LookAlike(..) => self.moments(tenant.seed, tenant.span),
            Kind::Scheduled(_) => Vec::new(),
        }
    }

    fn moments(&self, seed: u64, span: Span) -> Vec<Ticks> {
        let scored = span.end - span.warmup_end;
        let (earliest, count) = if self.schedule.recurring {
            let days = (span.end - span.start) as f64 / scored as f64;
            (span.start, libm::round(self.schedule.instances.0 as f64 * days) as usize)
        } else {
            (span.warmup_end, self.schedule.instances.0)
        };
        let mut stream = Stream::new(seed, &self.name, u64::MAX, 0);
        let days = self.days(earliest, span.end);
        let moments = (0..count).map(|number| {
            let share = (number as f64 + stream.unit()) / count as f64;
            let within = stream.uniform(self.schedule.hours.low, self.schedule.hours.high);
            if days.is_empty() {
                // A span too short for the file's habits still gets its instances.
                return earliest + (share * (span.end - earliest) as f64) as Ticks;
            }
            days[(share * days.len() as f64) as usize] + (within * HOUR as f64) as Ticks
        });
        moments.collect()
    }

    /// Midnights of the allowed days whose hours lie within the span.
    fn days(&self, earliest: Ticks, latest: Ticks) -> Vec<Ticks> {
        let hours = |hours: f64| (hours * HOUR as f64) as Ticks;
        let (from, to) = (hours(self.schedule.hours.low), hours(self.schedule.hours.high));
        let allowed = |midnight: &Ticks| match self.schedule.days {
            Days::Any => true,
            Days::Workdays => weekday(*midnight) < 5,
            Days::Sunday => weekday(*midnight) == 6,
        };
        let first = earliest - earliest.rem_euclid(DAY);
        let midnights =
            (0..).map(|day| first + day * DAY).take_while(|midnight| midnight + to <= latest);
        midnights.filter(|midnight| midnight + from >= earliest).filter(allowed).collect()
    }

    /// Appends the descriptors of one instance; returns what was drawn for it.
    pub(crate) fn expand(
        &self,
        tenant: &Tenant,
        instance: &Instance,
        out: &mut Vec<Event>,
    ) -> Drawn {
        let mut stream = Stream::new(tenant.seed, &self.name, instance.number as u64, 0);
        let nobody = Caller { identity: 0, client: 0, place: Place::Usual };
        let mut script = Script::new(tenant, &mut stream, instance.start, nobody, out);
        match &self.kind {
            Kind::Attack(attack) => attack.stage(&mut script, &self.name, instance.number),
            Kind::LookAlike(_, look_alike) => look_alike.stage(&mut script, instance.number),
            Kind::Scheduled(_) => {}
        }
        script.drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look_alikes::LookAlike;
    use crate::time::{hour_of_day, parse_date};

    /// Three weeks of which the last is scored hold one scored Sunday, their last day.
    #[test]
    fn maintenance_windows_fall_on_every_sunday_and_on_the_scored_one() {
        let text = include_str!("../../scenarios/look-alikes/maintenance-window.toml");
        let staging = LookAlike::parse("maintenance-window.toml", text).unwrap().0;
        let start = parse_date("2026-03-02").unwrap();
        let span = Span { start, warmup_end: start + 14 * DAY, end: start + 21 * DAY };
        for seed in 0..20 {
            let starts = staging.moments(seed, span);
            assert_eq!(starts.len(), 9);
            assert!(starts.iter().all(|&at| {
                weekday(at) == 6 && (2.0..=3.5).contains(&hour_of_day(at)) && at < span.end
            }));
            assert_eq!(starts.iter().filter(|&&at| at >= span.warmup_end).count(), 3);
        }
    }
}
