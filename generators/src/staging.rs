//! Staging: turns a file of an attack or look-alike into instances at certain moments, and each instance into descriptors.
//!
//! Instance `n` of a file draws only from streams named by (seed, file, n): it is the same whatever else is staged, and however often it is
//! expanded (calibration does it once more).

use crate::attacks::AttackKind;
use crate::event::Event;
use crate::look_alikes::LookAlikeKind;
use crate::random::Stream;
use crate::scenario::{CampaignFile, Days, Schedule};
use crate::script::{Caller, Place, Script};
use crate::tenant::{Span, Tenant};
use crate::time::{DAY, HOUR, Ticks, weekday};

/// What every file of this kind comes to.
#[derive(Debug, Clone)]
pub(crate) struct Staging {
    pub(crate) name: String,
    pub(crate) technique: Vec<String>,
    pub(crate) schedule: Schedule,
    pub(crate) kind: Kind,
}

impl Staging {
    /// What a file with these parameters stages.
    pub(crate) fn of<P>(file: CampaignFile<P>, kind: impl FnOnce(P) -> Kind) -> Self {
        Self {
            name: file.name.into_inner(),
            technique: file.technique.into_inner(),
            schedule: file.schedule,
            kind: kind(file.parameters),
        }
    }
}

/// Hostile or harmless.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Attack(AttackKind),
    LookAlike(LookAlikeKind),
}

impl Kind {
    /// The class in truth.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Attack(_) => "malicious",
            Self::LookAlike(_) => "look_alike",
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
const QUIET_END: Ticks = 50 * HOUR;

impl Staging {
    /// When its instances begin, in order of their numbers.
    pub(crate) fn starts(&self, seed: u64, span: Span) -> Vec<Ticks> {
        let scored = span.end - span.warmup_end;
        let hostile = matches!(self.kind, Kind::Attack(_));
        let latest = match hostile {
            true => (span.end - QUIET_END).max(span.warmup_end + scored / 2),
            false => span.end - 2 * HOUR,
        };
        let (earliest, count) = if self.schedule.recurring {
            let days = (span.end - span.start) as f64 / scored as f64;
            (span.start, libm::round(self.schedule.instances.0 as f64 * days) as usize)
        } else {
            (span.warmup_end, self.schedule.instances.0)
        };
        let mut stream = Stream::new(seed, &self.name, u64::MAX, 0);
        let even = (latest - earliest) as f64 / count.max(1) as f64;
        let moments = (0..count).map(|number| {
            let about = earliest + ((number as f64 + stream.unit()) * even) as Ticks;
            self.settle(about, earliest, latest, &mut stream)
        });
        moments.collect()
    }

    /// The hour of the file on the nearest day it allows, or the moment itself where the span is too short for that.
    fn settle(&self, about: Ticks, earliest: Ticks, latest: Ticks, stream: &mut Stream) -> Ticks {
        let hours = self.schedule.hours;
        let within = (stream.uniform(hours.low, hours.high) * HOUR as f64) as Ticks;
        let allowed = |time: &Ticks| {
            let day = match self.schedule.days {
                Days::Any => true,
                Days::Workdays => weekday(*time) < 5,
                Days::Sunday => weekday(*time) == 6,
            };
            day && (earliest..latest).contains(time)
        };
        let midnight = about - about.rem_euclid(DAY);
        let nearby = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6];
        nearby.into_iter().map(|days| midnight + days * DAY + within).find(allowed).unwrap_or(about)
    }

    /// Appends the descriptors of one instance.
    pub(crate) fn expand(&self, tenant: &Tenant, instance: &Instance, out: &mut Vec<Event>) {
        let mut stream = Stream::new(tenant.seed, &self.name, instance.number as u64, 0);
        let nobody = Caller { identity: 0, client: 0, place: Place::Usual };
        let mut script = Script::new(tenant, &mut stream, instance.start, nobody, out);
        match &self.kind {
            Kind::Attack(attack) => attack.stage(&mut script, instance.number),
            Kind::LookAlike(look_alike) => look_alike.stage(&mut script, instance.number),
        }
    }
}
