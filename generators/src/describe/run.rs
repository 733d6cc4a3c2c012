//! From a plan to its description.

use super::gather::{Gathered, gather};
use super::measure::{class_shares, peak_to_trough, share_up_to, top_share};
use super::records::{Measure, Records, Spread, spread, status_share};
use super::report::{Description, Figure, Verdict};
use super::statistic::Statistic;
use crate::calibrate::calibrate;
use crate::flow::Flow;
use crate::plan::{GenerateError, Plan, Progress};
use crate::scenario::Published;
use crate::tenant::Position;
use crate::time::{DAY, weekday};

/// Gaps an identity must have made for their variation to be counted.
const LEAST_GAPS: u64 = 10;
/// Fewer workloads, pairs, activations or records than this make no figure.
const LEAST: u64 = 20;

/// Describes what the plan would write; writes nothing, and needs no `out`.
///
/// # Errors
/// A plan that cannot be met.
pub fn describe(
    plan: &Plan,
    progress: &mut dyn FnMut(Progress),
) -> Result<Description, GenerateError> {
    let flow = Flow::new(plan)?;
    let intensities = calibrate(&flow, plan.events)?;
    let measured = Measured::new(&flow, gather(&flow, &intensities, progress));
    let busiest = measured.rates.iter().fold(0.0_f64, |a, &b| a.max(b));
    let published = &plan.estate.wire.calibration;
    let figures = Statistic::ALL.iter().map(|&statistic| {
        let reference = published.iter().find(|entry| entry.statistic == statistic);
        let range = measured.record(statistic).map(|spread| spread.range);
        Figure { range, ..figure(statistic, measured.of(statistic), reference, busiest) }
    });
    let people = flow.tenant.identities.iter().zip(&measured.gathered.lives);
    let people = people.filter(|(who, life)| who.is_person() && life.events > 0).count();
    Ok(Description {
        schema_version: 1,
        estate: plan.estate.name.clone(),
        seed: plan.seed,
        days: plan.days,
        events: measured.gathered.lives.iter().map(|life| life.events).sum(),
        workloads: measured.workloads,
        people: people as u64,
        busiest_per_day: busiest,
        figures: figures.collect(),
    })
}

fn figure(
    statistic: Statistic,
    measured: Option<(f64, u64)>,
    reference: Option<&Published>,
    busiest: f64,
) -> Figure {
    let measured = measured.filter(|(value, _)| value.is_finite());
    let n = measured.map_or(0, |(_, n)| n);
    let verdict = match (measured, reference) {
        (None, _) => Verdict::TooFew,
        _ if n < LEAST => Verdict::TooFew,
        (_, None) => Verdict::Unpublished,
        (_, Some(entry)) if busiest < entry.needs_rate.0 => Verdict::Capped,
        (Some((value, _)), Some(entry)) => {
            let off = (value - entry.published.0).abs();
            if off <= entry.tolerance.0 { Verdict::Within } else { Verdict::Outside }
        }
    };
    Figure {
        statistic,
        measured: measured.map(|(value, _)| value),
        range: None,
        n,
        published: reference.map(|entry| entry.published.0),
        tolerance: reference.map(|entry| entry.tolerance.0),
        source: reference.map(|entry| entry.source.clone()),
        verdict,
    }
}

/// Everything that figures are made of.
struct Measured {
    gathered: Gathered,
    kinds: Vec<Records>,
    /// Those that left a record.
    workloads: u64,
    /// Events a day of every service whose rate is its own.
    rates: Vec<f64>,
    /// Variation of the gaps of every workload that made enough of them.
    variations: Vec<f64>,
    /// The first day after warm-up.
    scored: usize,
    /// Of the day that the plan starts with; Monday is 0.
    weekday: i64,
}

impl Measured {
    fn new(flow: &Flow, gathered: Gathered) -> Self {
        let span = flow.tenant.span;
        let workloads = || {
            let all = flow.tenant.identities.iter().zip(&gathered.lives);
            all.filter(|(who, life)| !who.is_person() && life.events > 0)
        };
        // The others keep the cadences that their documentation gives.
        let free = workloads().filter(|(who, _)| who.position == Position::Poller);
        let rates = free.map(|(who, life)| {
            let days = (span.end - who.since.max(span.start)) as f64 / DAY as f64;
            // Who came in the last hour has no rate a day yet.
            life.events as f64 / days.max(1.0)
        });
        let variations = workloads().filter_map(|(_, life)| life.gaps.variation(LEAST_GAPS));
        let (rates, variations) = (rates.collect(), variations.collect());
        Self {
            kinds: gathered.samples.read(&flow.tenant),
            workloads: workloads().count() as u64,
            rates,
            variations,
            scored: ((span.warmup_end - span.start) / DAY) as usize,
            weekday: weekday(span.start),
            gathered,
        }
    }

    /// The figure, and how much it rests on.
    fn of(&self, statistic: Statistic) -> Option<(f64, u64)> {
        use Statistic as S;
        match statistic {
            S::RateCdf1 => self.rate_cdf(1.0),
            S::RateCdf10 => self.rate_cdf(10.0),
            S::RateCdf24 => self.rate_cdf(24.0),
            S::RateCdf288 => self.rate_cdf(288.0),
            S::RateCdf1440 => self.rate_cdf(1_440.0),
            S::RateCdf10000 => self.rate_cdf(10_000.0),
            S::RateCdf100000 => self.rate_cdf(100_000.0),
            S::TopShare1 => self.top_share(0.01),
            S::TopShare10 => self.top_share(0.1),
            S::GapCv014 => self.class_share(0),
            S::GapCv1 => self.class_share(1),
            S::GapCv2 => self.class_share(2),
            S::GapCv4 => self.class_share(3),
            S::GapCv10 => self.class_share(4),
            S::GapCvMore => self.class_share(5),
            S::WorkloadPeak => peak(&self.gathered.hours.workloads),
            S::PeoplePeak => peak(&self.gathered.hours.people),
            S::WorkloadWeekend => self.weekend(|day| day.workloads),
            S::PeopleWeekend => self.weekend(|day| day.people),
            S::Share401 => status_share(&self.kinds, 401),
            S::Share403 => status_share(&self.kinds, 403),
            S::Share404 => status_share(&self.kinds, 404),
            S::Share429 => status_share(&self.kinds, 429),
            S::NewVaultPairs => self.gathered.vaults.new_share(self.scored),
            S::NewObjectPairs => self.gathered.objects.new_share(self.scored),
            S::SizeGet
            | S::SizeList
            | S::SizeBackup
            | S::SizeChallenge
            | S::SizeDenied
            | S::SizeVaultGet
            | S::SizeVaultWrite
            | S::DurationGet
            | S::DurationList
            | S::DurationBackup
            | S::DurationChallenge
            | S::DurationDenied
            | S::DurationVaultGet
            | S::DurationVaultWrite => {
                self.record(statistic).map(|spread| (spread.median, spread.count))
            }
        }
    }

    fn rate_cdf(&self, per_day: f64) -> Option<(f64, u64)> {
        Some((share_up_to(&self.rates, per_day), self.rates.len() as u64))
    }

    fn top_share(&self, top: f64) -> Option<(f64, u64)> {
        Some((top_share(&self.rates, top), self.rates.len() as u64))
    }

    fn class_share(&self, class: usize) -> Option<(f64, u64)> {
        Some((class_shares(&self.variations)[class], self.variations.len() as u64))
    }

    /// The mean of weekend days by that of working days.
    fn weekend(&self, count: impl Fn(&super::gather::Pair<u64>) -> u64) -> Option<(f64, u64)> {
        let mut sums = [(0, 0); 2];
        for (at, day) in self.gathered.days.iter().enumerate() {
            let weekend = (self.weekday + at as i64).rem_euclid(7) >= 5;
            let (sum, days) = &mut sums[usize::from(weekend)];
            *sum += count(day);
            *days += 1;
        }
        let [(working, working_days), (weekend, weekend_days)] = sums;
        let mean = |sum: u64, days: u64| sum as f64 / days as f64;
        let ratio = mean(weekend, weekend_days) / mean(working, working_days);
        Some((ratio, working + weekend))
    }

    /// What a figure about records rests on; nothing for the others.
    fn record(&self, statistic: Statistic) -> Option<Spread> {
        use Statistic as S;
        let succeeded =
            |name: &'static str| move |kind: &Records| kind.status == 200 && kind.operation == name;
        let status = |status: u16| move |kind: &Records| kind.status == status;
        let written = |kind: &Records| succeeded("VaultPut")(kind) || succeeded("VaultPatch")(kind);
        let bytes = |wanted: &dyn Fn(&Records) -> bool| spread(&self.kinds, Measure::Bytes, wanted);
        let milliseconds =
            |wanted: &dyn Fn(&Records) -> bool| spread(&self.kinds, Measure::Milliseconds, wanted);
        match statistic {
            S::SizeGet => bytes(&succeeded("SecretGet")),
            S::SizeList => bytes(&succeeded("SecretList")),
            S::SizeBackup => bytes(&succeeded("SecretBackup")),
            S::SizeChallenge => bytes(&status(401)),
            S::SizeDenied => bytes(&status(403)),
            S::SizeVaultGet => bytes(&succeeded("VaultGet")),
            S::SizeVaultWrite => bytes(&written),
            S::DurationGet => milliseconds(&succeeded("SecretGet")),
            S::DurationList => milliseconds(&succeeded("SecretList")),
            S::DurationBackup => milliseconds(&succeeded("SecretBackup")),
            S::DurationChallenge => milliseconds(&status(401)),
            S::DurationDenied => milliseconds(&status(403)),
            S::DurationVaultGet => milliseconds(&succeeded("VaultGet")),
            S::DurationVaultWrite => milliseconds(&written),
            _ => None,
        }
    }
}

fn peak(hours: &[f64; 24]) -> Option<(f64, u64)> {
    peak_to_trough(hours).map(|ratio| (ratio, hours.iter().sum::<f64>() as u64))
}
