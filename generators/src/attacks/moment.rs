//! When campaigns begin: in the hours of whom they act as, or whenever the file says, or in the
//! maintenance window; early enough to end in time.

use super::campaign::{Campaign, Conduct, is_person, last_start};
use crate::random::Stream;
use crate::scenario::{Days, Schedule};
use crate::script::Script;
use crate::tenant::{Position, Span, Tenant};
use crate::time::{DAY, HOUR, Ticks, hour_of_day, weekday};
use crate::workloads::Rhythms;

/// At least this part of the scored days is open to beginnings, however long a campaign lasts.
const OPEN: f64 = 0.3;

impl Conduct {
    /// The beginnings of all campaigns, in order of their numbers.
    pub(crate) fn starts(&self, tenant: &Tenant, name: &str, schedule: &Schedule) -> Vec<Ticks> {
        let mut stream = Stream::new(tenant.seed, name, u64::MAX, 0);
        let count = self.apart.as_ref().map_or(schedule.instances.0, Vec::len);
        let rhythms = Rhythms::new(&tenant.estate.wire.rhythm);
        let starts = (0..count).map(|number| {
            let campaign = self.prepare(tenant, name, number);
            let hours = hours(tenant, &campaign);
            // One in each part of the time that is open to it.
            let place = (number as f64 + stream.unit()) / count as f64;
            let weight = |at: Ticks| match hours {
                Hours::Maintenance => f64::from(weekday(at) == 6 && hour_of_day(at) as i64 == 2),
                Hours::People => rhythms.human(at, at + HOUR),
                Hours::Services => rhythms.workload(at, at + HOUR),
                Hours::Any => f64::from(schedule_allows(schedule, at)),
            };
            choose(tenant.span, campaign.drawn_days, place, weight, stream.unit())
        });
        starts.collect()
    }
}

/// Moments of one day at which a campaign goes on, in order; none at weekends where it keeps
/// people's hours.
pub(super) fn moments_of_day(
    script: &mut Script<'_>,
    campaign: &Campaign,
    midnight: Ticks,
    count: usize,
) -> Vec<Ticks> {
    let rhythms = Rhythms::new(&script.tenant.estate.wire.rhythm);
    let people = matches!(hours(script.tenant, campaign), Hours::People);
    if people && weekday(midnight) >= 5 {
        return Vec::new();
    }
    let weights: Vec<f64> = (0..24)
        .map(|hour| midnight + hour * HOUR)
        .map(|at| if people { rhythms.human(at, at + HOUR) } else { 1.0 })
        .collect();
    let stream = &mut script.stream;
    let moment = |_| {
        let hour = stream.weighted(&weights) as f64 + stream.unit();
        midnight + (hour * HOUR as f64) as Ticks
    };
    let mut moments: Vec<Ticks> = (0..count).map(moment).collect();
    moments.sort_unstable();
    moments
}

/// Whose hours a campaign keeps.
#[derive(Debug, Clone, Copy)]
enum Hours {
    Maintenance,
    People,
    Services,
    Any,
}

fn hours(tenant: &Tenant, campaign: &Campaign) -> Hours {
    let Some(&leader) = campaign.identities.first() else { return Hours::Any };
    let position = tenant.identities[leader as usize].position;
    // People start these.
    let started = matches!(position, Position::Automation | Position::Pipeline);
    if campaign.settings.maintenance {
        Hours::Maintenance
    } else if !campaign.settings.working_hours {
        Hours::Any
    } else if started || is_person(tenant, leader) {
        Hours::People
    } else {
        Hours::Services
    }
}

fn schedule_allows(schedule: &Schedule, at: Ticks) -> bool {
    let day = match schedule.days {
        Days::Any => true,
        Days::Workdays => weekday(at) < 5,
        Days::Sunday => weekday(at) == 6,
    };
    let hour = hour_of_day(at);
    day && (schedule.hours.low - 0.5..=schedule.hours.high - 0.5).contains(&hour)
}

/// The moment at the share `place` of all weight, `within` the hour found. Where no hour has any,
/// for the days are too few, all are alike.
fn choose(
    span: Span,
    lasts_days: f64,
    place: f64,
    weight: impl Fn(Ticks) -> f64,
    within: f64,
) -> Ticks {
    let first = span.warmup_end;
    let last = last_start(span).max(first + HOUR);
    let open = (OPEN * (last - first) as f64) as Ticks;
    let last = (last - (lasts_days * DAY as f64) as Ticks).max(first + open).max(first + HOUR);
    let hours = (last - first).div_euclid(HOUR);
    let hour = |index: Ticks| first + index * HOUR;
    let total: f64 = (0..hours).map(|index| weight(hour(index))).sum();
    if total <= 0.0 {
        return first + (place * (last - first) as f64) as Ticks;
    }
    let mut left = place * total;
    for index in 0..hours {
        let here = weight(hour(index));
        if left < here {
            return hour(index) + (within * HOUR as f64) as Ticks;
        }
        left -= here;
    }
    last
}
