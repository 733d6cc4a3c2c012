//! Rules on a schedule, run by run: every run looks again at all that has arrived.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::{Past, Trial, distinct, tuple};
use super::sightings::Record;
use crate::detect::{Alert, Values};
use crate::event::{Field, TickSpan, Ticks};
use crate::rules::{Clock, NewTerms, RuleKind, Schedule, Threshold};

/// What the runs of one rule did not make alerts of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// What they found beyond the rule's `max_signals`.
    pub over_max_signals: u64,
    /// Records that none of them saw, but for those after the last run.
    pub unseen: u64,
}

/// A record that the rule may see, and what the schedule goes by.
pub(super) struct Arrived<'a> {
    record: &'a Record<'a>,
    /// Place among those that arrive.
    nth: usize,
    arrival: Ticks,
    /// On the schedule's clock.
    time: Ticks,
}

/// The arrival clock at each record; duplicates do not move it.
pub(super) fn arrival_clock(records: &[Record<'_>]) -> Vec<Ticks> {
    let arrival = |until: usize| {
        let arrived = records[..=until].iter().filter(|record| !record.duplicate);
        arrived.map(|record| record.view.event.arrival).max().unwrap_or(Ticks::MIN)
    };
    (0..records.len()).map(arrival).collect()
}

/// When rules of that interval run on a corpus with that arrival clock; instead of in the year 10000 at
/// the end of 9999.
fn ticks(interval: TickSpan, clock: &[Ticks]) -> Vec<Ticks> {
    let (Some(first), Some(last)) = (clock.first(), clock.last()) else { return Vec::new() };
    let number = |time: Ticks| (time.0 + interval.0 - 1).div_euclid(interval.0);
    let end = Ticks::parse(b"9999-12-31T23:59:59.9999999Z").unwrap_or(Ticks::MAX);
    let at = |number| Ticks(number * interval.0).min(end);
    (number(*first)..=number(*last)).map(at).collect()
}

impl Trial<'_> {
    /// The rule's runs over the records that it may see, each with the arrival clock at it.
    pub(super) fn scheduled(
        &mut self,
        schedule: &Schedule,
        seen: &[(&Record<'_>, Ticks)],
        clock: &[Ticks],
    ) -> LeftOut {
        let fields = match &self.rule.kind {
            RuleKind::Query { .. } => &[][..],
            RuleKind::Threshold(kind) => &kind.group_by,
            RuleKind::NewTerms(kind) => &kind.terms,
            RuleKind::Sequence(_) => return LeftOut::default(),
        };
        let mut all: Vec<Arrived<'_>> = Vec::new();
        for (nth, &(record, arrival)) in seen.iter().enumerate() {
            let time = match schedule.clock {
                Clock::Arrival => arrival,
                Clock::Event => record.time,
            };
            all.push(Arrived { record, nth, arrival, time });
        }
        let in_group = |it: &&Arrived<'_>| tuple(it.record, fields).is_some();
        let all: Vec<&Arrived<'_>> = all.iter().filter(in_group).collect();
        let ticks = ticks(schedule.interval, clock);
        let is_in_window = |it: &Arrived<'_>, at: Ticks| {
            it.arrival <= at && it.time <= at && it.time > at - schedule.lookback
        };
        let (mut done, mut counted) = (BTreeSet::new(), BTreeMap::new());
        let mut left_out = LeftOut::default();
        for &at in &ticks {
            let until_now: Vec<&Arrived<'_>> =
                all.iter().copied().filter(|it| it.arrival <= at).collect();
            let mut window: Vec<&Arrived<'_>> =
                until_now.iter().copied().filter(|it| is_in_window(it, at)).collect();
            window.sort_by_key(|it| (it.time, it.nth));
            left_out.over_max_signals += match &self.rule.kind {
                RuleKind::Query { .. } => self.query_run(schedule, at, &window, &mut done),
                RuleKind::Threshold(kind) => {
                    self.threshold_run(kind, schedule, at, &window, &mut counted)
                }
                RuleKind::NewTerms(kind) => {
                    self.new_terms_run(kind, schedule, at, (&until_now, &window), &mut done)
                }
                RuleKind::Sequence(_) => 0,
            };
        }
        let is_unseen = |it: &&&Arrived<'_>| {
            ticks.last().is_some_and(|&last| it.time <= last)
                && !ticks.iter().any(|&at| is_in_window(it, at))
        };
        left_out.unseen = all.iter().filter(is_unseen).count() as u64;
        left_out
    }

    fn fire(
        &mut self,
        at: Ticks,
        record: &Record<'_>,
        fields: &[Field],
        evidence: &[&Record<'_>],
        values: Values,
        absorbing: Option<Vec<String>>,
    ) {
        let alert = Alert { fired_at: at, ..self.alert(record, fields, evidence, values) };
        let absorbing_key = alert.group_key;
        self.past.push(Past { alert, absorbing, absorbing_key, value: 1, absorbed: 0 });
    }

    fn query_run(
        &mut self,
        schedule: &Schedule,
        at: Ticks,
        window: &[&Arrived<'_>],
        done: &mut BTreeSet<usize>,
    ) -> u64 {
        let RuleKind::Query { group_by } = &self.rule.kind else { return 0 };
        let (mut alerts, mut over) = (0, 0);
        for it in window {
            if done.contains(&it.nth) {
                continue;
            }
            let group = tuple(it.record, group_by);
            let absorber = self.past.iter().position(|past| {
                group.is_some()
                    && past.absorbing == group
                    && at.0 - past.alert.fired_at.0 < self.rule.suppress.0
            });
            if let Some(absorber) = absorber {
                self.past[absorber].absorbed += 1;
                done.insert(it.nth);
            } else if alerts == schedule.max_signals {
                over += 1;
            } else {
                let fields = if group.is_some() { &group_by[..] } else { &[] };
                self.fire(at, it.record, fields, &[it.record], Values::default(), group);
                done.insert(it.nth);
                alerts += 1;
            }
        }
        over
    }

    fn threshold_run(
        &mut self,
        kind: &Threshold,
        schedule: &Schedule,
        at: Ticks,
        window: &[&Arrived<'_>],
        counted: &mut BTreeMap<Vec<String>, Ticks>,
    ) -> u64 {
        let mut buckets: BTreeMap<Vec<String>, Vec<&Arrived<'_>>> = BTreeMap::new();
        for it in window {
            let Some(group) = tuple(it.record, &kind.group_by) else { continue };
            if counted.get(&group).is_none_or(|&until| it.time > until) {
                buckets.entry(group).or_default().push(it);
            }
        }
        let (mut alerts, mut over) = (0, 0);
        for (group, bucket) in buckets {
            let mut records: Vec<&Record<'_>> = bucket.iter().map(|it| it.record).collect();
            records.sort_by_key(|record| (record.time, record.origin()));
            let distinct = distinct(kind, &records);
            let (count, values) = (kind.count, kind.distinct.as_ref().map(|part| part.values));
            if count.is_some_and(|least| (records.len() as u32) < least) || distinct < values {
                continue;
            }
            if alerts == schedule.max_signals {
                over += 1;
                continue;
            }
            alerts += 1;
            let shown = Values {
                count: Some(records.len() as u32),
                distinct,
                threshold: values.or(count),
                count_threshold: count.filter(|_| values.is_some()),
                ..Values::default()
            };
            let newest = records[records.len() - 1];
            counted.insert(group, bucket[bucket.len() - 1].time);
            self.fire(at, newest, &kind.group_by, &records, shown, None);
        }
        over
    }

    fn new_terms_run(
        &mut self,
        kind: &NewTerms,
        schedule: &Schedule,
        at: Ticks,
        (until_now, window): (&[&Arrived<'_>], &[&Arrived<'_>]),
        done: &mut BTreeSet<usize>,
    ) -> u64 {
        if at < self.corpus_start + kind.learn && !self.lessons.replace_learning() {
            return 0;
        }
        let mut oldest: BTreeMap<Vec<String>, &Arrived<'_>> = BTreeMap::new();
        for it in window {
            let Some(terms) = tuple(it.record, &kind.terms) else { continue };
            oldest.entry(terms).or_insert(it);
        }
        let (mut alerts, mut over) = (0, 0);
        for (terms, first) in oldest {
            let is_known = until_now.iter().any(|it| {
                tuple(it.record, &kind.terms).as_ref() == Some(&terms)
                    && it.time >= at - kind.history
                    && it.time <= at - schedule.lookback
            });
            let is_remembered = self.lessons.all().any(|record| {
                let time = match schedule.clock {
                    Clock::Arrival => record.view.event.arrival,
                    Clock::Event => record.time,
                };
                tuple(record, &kind.terms).as_ref() == Some(&terms) && time >= at - kind.history
            });
            if is_known || is_remembered || done.contains(&first.nth) {
                continue;
            }
            if alerts == schedule.max_signals {
                over += 1;
                continue;
            }
            alerts += 1;
            done.insert(first.nth);
            let record = first.record;
            self.fire(at, record, &kind.terms, &[record], Values::default(), None);
        }
        over
    }
}
