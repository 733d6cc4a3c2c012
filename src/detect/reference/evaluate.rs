//! The way of each rule through a corpus; `sequence` and `scheduled` have what is their own.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{History, Lessons};
use super::scheduled::{LeftOut, arrival_clock};
use super::sightings::{Record, Sightings};
use crate::detect::{Absorbed, Alert, Evidence, Triage, Values};
use crate::event::{Batch, EventView, Field, Key, Outcome, TickSpan, Ticks};
use crate::rules::{Adaptive, Buckets, NewTerms, Rule, RuleKind, RuleMask, Threshold};

/// What the rules make of a corpus.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// By arrival of the completing record, then rule; without triage.
    pub alerts: Vec<Alert>,
    /// By rule, then alert.
    pub absorbed: Vec<Absorbed>,
    /// Per rule, what its runs left out; nothing without a schedule.
    pub left_out: Vec<LeftOut>,
    /// Records that repeat an earlier one.
    pub duplicates: usize,
    /// Records that came after the watermark.
    pub late: usize,
}

/// Evaluates all of a corpus: `batch` in arrival order as the records have it, and for each record the
/// rules that may see it. Only times, fields and origins of the events are read, not the watermarks
/// they carry.
pub fn evaluate(
    batch: &Batch,
    visible: &[RuleMask],
    rules: &[Rule],
    lateness: TickSpan,
) -> Verdicts {
    evaluate_after(None, batch, visible, rules, lateness)
}

/// As [`evaluate`], after a history, which has its own order, lateness, duplicates and joins, and of
/// which nothing is judged: `new_terms` know its sightings, and adaptive thresholds its days.
pub fn evaluate_after(
    history: Option<History<'_>>,
    batch: &Batch,
    visible: &[RuleMask],
    rules: &[Rule],
    lateness: TickSpan,
) -> Verdicts {
    let before = history.map(|history| Sightings::new(history.batch, lateness));
    let before = before.as_ref().map(Sightings::records);
    let history_end =
        before.as_ref().map(|records| records.last().map_or(Ticks::MIN, |last| last.watermark));
    let sightings = Sightings::new(batch, lateness);
    let records = sightings.records();
    let own = || records.iter().filter(|record| record.before.is_none());
    let corpus_start = batch.events.first().map_or(Ticks::MIN, |first| first.arrival);
    let mut verdicts = Verdicts {
        duplicates: own().filter(|record| record.duplicate).count(),
        late: own().filter(|record| record.late).count(),
        ..Verdicts::default()
    };
    let clock = arrival_clock(&records);
    for (place, rule) in rules.iter().enumerate() {
        let is_seen = |record: &Record<'_>, visible: &[RuleMask]| {
            visible[record.index].contains(place)
                && !record.duplicate
                && rule.query.matches(&record.view)
                && !record.before.is_some_and(|before| was_judged(rule, &before))
        };
        let taught = before
            .iter()
            .flatten()
            .filter(|record| history.is_some_and(|history| is_seen(record, history.visible)));
        let schedule = rule.on_schedule();
        let lessons = Lessons::new(taught, history_end, schedule.is_some());
        let mut trial = Trial { place, rule, corpus_start, lessons, past: Vec::new() };
        let left_out = schedule.map(|schedule| {
            let seen = records.iter().zip(clock.iter().copied());
            let seen: Vec<_> = seen.filter(|(record, _)| is_seen(record, visible)).collect();
            trial.scheduled(schedule, &seen, &clock)
        });
        verdicts.left_out.push(left_out.unwrap_or_default());
        let as_they_arrive = records.iter().filter(|_| schedule.is_none());
        let seen: Vec<&Record<'_>> =
            as_they_arrive.filter(|record| is_seen(record, visible)).collect();
        for (nth, record) in seen.iter().enumerate() {
            let earlier = &seen[..nth];
            match &rule.kind {
                RuleKind::Query { group_by } => trial.query(group_by, record),
                _ if record.late => {}
                RuleKind::Threshold(kind) => trial.threshold(kind, earlier, record),
                RuleKind::NewTerms(kind) => trial.new_terms(kind, earlier, record),
                RuleKind::Sequence(kind) => trial.sequence(kind, earlier, record),
            }
        }
        for past in trial.past {
            if past.absorbed > 0 {
                verdicts.absorbed.push(Absorbed {
                    rule: place,
                    group_key: past.absorbing_key,
                    trigger: past.alert.trigger,
                    count: past.absorbed,
                });
            }
            verdicts.alerts.push(past.alert);
        }
    }
    let arrival =
        |alert: &Alert| batch.events.iter().position(|event| event.origin == alert.trigger);
    verdicts.alerts.sort_by_key(|alert| (arrival(alert), alert.rule, alert.group.clone()));
    verdicts.absorbed.sort_by_key(|it| (it.rule, it.trigger, it.group_key));
    verdicts
}

/// One rule's way through the corpus.
pub(super) struct Trial<'a> {
    place: usize,
    pub(super) rule: &'a Rule,
    pub(super) corpus_start: Ticks,
    pub(super) lessons: Lessons<'a>,
    pub(super) past: Vec<Past>,
}

/// What the past of a group, or of the wider one, says to a value.
#[derive(Clone, Copy)]
enum Usual {
    /// Nothing, for want of an adaptive part or of days: any value stands out.
    Anything,
    /// Its baseline.
    UpTo(u32),
    /// No value stands out: the rule still learns, or looks for new groups and this is none.
    Everything,
}

/// An alert that has fired.
pub(super) struct Past {
    pub(super) alert: Alert,
    /// The values under which it absorbs others; none for one that does not.
    pub(super) absorbing: Option<Vec<String>>,
    pub(super) absorbing_key: Key,
    pub(super) value: u32,
    pub(super) absorbed: u32,
}

impl Trial<'_> {
    fn query(&mut self, group_by: &[Field], record: &Record<'_>) {
        let group = tuple(record, group_by);
        if let Some(group) = &group
            && let Some(absorber) = self.suppressor(group, record, record.time, 1)
        {
            self.past[absorber].absorbed += 1;
            return;
        }
        let fields = if group.is_some() { group_by } else { &[] };
        let alert = self.alert(record, fields, &[record], Values::default());
        let absorbing_key = alert.group_key;
        self.past.push(Past { alert, absorbing: group, absorbing_key, value: 1, absorbed: 0 });
    }

    fn new_terms(&mut self, kind: &NewTerms, earlier: &[&Record<'_>], record: &Record<'_>) {
        let Some(terms) = tuple(record, &kind.terms) else { return };
        // Newest event time among earlier successes that agree in the first `n` terms.
        let newest = |n: usize| {
            let teaches =
                |other: &&&Record<'_>| !other.late && other.view.event.outcome == Outcome::Success;
            let agrees = |other: &&&Record<'_>| {
                tuple(other, &kind.terms).is_some_and(|other| other[..n] == terms[..n])
            };
            let taught: Vec<_> = self.lessons.within(TickSpan(2 * kind.history.0)).collect();
            let known = taught.iter().chain(earlier);
            known.filter(teaches).filter(agrees).map(|other| other.time).max()
        };
        let is_recent = |seen: Ticks| seen > record.time - kind.history;
        let is_new = !newest(terms.len()).is_some_and(is_recent);
        let is_known = kind.known == 0 || newest(kind.known).is_some_and(is_recent);
        let is_learning = self.is_learning(record, kind.learn);
        if !is_new || !is_known || is_learning {
            return;
        }
        let width = if kind.known > 0 { kind.known } else { terms.len() };
        if let Some(absorber) = self.suppressor(&terms[..width], record, record.time, 1) {
            self.past[absorber].absorbed += 1;
            return;
        }
        let remembered = record.watermark - kind.history - kind.history;
        let last_seen = newest(terms.len()).filter(|&seen| seen > remembered);
        let values = Values { last_seen, ..Values::default() };
        let alert = self.alert(record, &kind.terms, &[record], values);
        let absorbing_key = record.view.tuple_key(&kind.terms[..width]).unwrap_or_default();
        let absorbing = Some(terms[..width].to_vec());
        self.past.push(Past { alert, absorbing, absorbing_key, value: 1, absorbed: 0 });
    }

    fn threshold(&mut self, kind: &Threshold, earlier: &[&Record<'_>], record: &Record<'_>) {
        let Some(group) = tuple(record, &kind.group_by) else { return };
        // Everything so far that agrees in these leading values of the group.
        let agreeing = |values: &[String]| {
            let agrees = |other: &&Record<'_>| {
                let group = tuple(other, &kind.group_by);
                !other.late && group.is_some_and(|group| group.starts_with(values))
            };
            let found = earlier.iter().copied().filter(agrees);
            found.chain([record]).collect::<Vec<_>>()
        };
        let members = agreeing(&group);
        let usual = kind.adaptive.map_or(Usual::Anything, |adaptive| {
            let is_learning = self.is_learning(record, adaptive.learn);
            let (fields, new_group) =
                adaptive.wider.map_or((group.len(), false), |it| (it.fields, it.new_group));
            let whose = &group[..fields];
            let today = record.time.utc_day();
            let history = today - i64::from(adaptive.history_days)..today;
            let own_days = self.daily_maxima(kind, &adaptive, &group, &members);
            let is_known = own_days.into_keys().any(|day| history.contains(&day));
            match self.baseline(kind, &adaptive, whose, &agreeing(whose)) {
                _ if is_learning || new_group && is_known => Usual::Everything,
                Some(baseline) => Usual::UpTo(baseline),
                None if new_group => Usual::Everything,
                None => Usual::Anything,
            }
        });
        let visible = |other: &&Record<'_>| other.time > record.watermark - kind.window;
        let mut visible: Vec<&Record<'_>> = members.iter().copied().filter(visible).collect();
        visible.sort_by_key(|other| (other.time, other.view.event.origin));
        let mut absorber = None;
        for window in windows(kind, &visible, record.time) {
            if !holds(kind, &window, usual) {
                continue;
            }
            let end = window[window.len() - 1].time;
            let value = value(kind, &window);
            match self.suppressor(&group, record, end, value) {
                Some(found) => absorber = absorber.or(Some(found)),
                None => {
                    let values = threshold_values(kind, &window, usual);
                    let alert = self.alert(record, &kind.group_by, &window, values);
                    let absorbing_key = alert.group_key;
                    let absorbing = Some(group);
                    self.past.push(Past { alert, absorbing, absorbing_key, value, absorbed: 0 });
                    return;
                }
            }
        }
        if let Some(absorber) = absorber {
            self.past[absorber].absorbed += 1;
        }
    }

    /// Whether the rule only learns when the record arrives.
    fn is_learning(&self, record: &Record<'_>, learn: TickSpan) -> bool {
        !self.lessons.replace_learning() && record.view.event.arrival < self.corpus_start + learn
    }

    /// The daily maxima of the members, all of whose groups begin with these values, and of what a
    /// history has left of such groups.
    fn daily_maxima(
        &self,
        kind: &Threshold,
        adaptive: &Adaptive,
        group: &[String],
        members: &[&Record<'_>],
    ) -> BTreeMap<i64, u32> {
        let mut maxima = daily_maxima(kind, members);
        let of_group = |other: &&Record<'_>| {
            tuple(other, &kind.group_by).is_some_and(|other| other.starts_with(group))
        };
        let taught: Vec<_> = self.lessons.all().filter(of_group).collect();
        let first_day = self.lessons.first_day(adaptive.history_days);
        for (day, learned) in daily_maxima(kind, &taught) {
            if day >= first_day {
                let maximum = maxima.entry(day).or_default();
                *maximum = learned.max(*maximum);
            }
        }
        maxima
    }

    /// Nearest-rank quantile of the daily maxima of the days before that of the newest arrival, those
    /// left out on which the rule fired for the group, whose leading values these may be.
    fn baseline(
        &self,
        kind: &Threshold,
        adaptive: &Adaptive,
        group: &[String],
        members: &[&Record<'_>],
    ) -> Option<u32> {
        let today = members[members.len() - 1].time.utc_day();
        let maxima = self.daily_maxima(kind, adaptive, group, members);
        let has_alert = |day: i64| {
            self.past.iter().any(|past| {
                let of_group = past.absorbing.as_ref().is_some_and(|it| it.starts_with(group));
                past.alert.time.utc_day() == day && of_group
            })
        };
        let first = today - i64::from(adaptive.history_days);
        let mut history: Vec<u32> = maxima
            .into_iter()
            .filter(|&(day, _)| day >= first && day < today && !has_alert(day))
            .map(|(_, maximum)| maximum)
            .collect();
        history.sort();
        if history.len() < adaptive.min_days as usize {
            return None;
        }
        // The smallest value that at least that share of the days does not exceed.
        let share = |rank: usize| rank as f64 >= adaptive.quantile * history.len() as f64;
        (1..=history.len()).find(|&rank| share(rank)).map(|rank| history[rank - 1])
    }

    /// The first-fired alert that suppresses a condition of `group` that ends at `end`.
    pub(super) fn suppressor(
        &self,
        group: &[String],
        record: &Record<'_>,
        end: Ticks,
        value: u32,
    ) -> Option<usize> {
        let suppress = self.rule.suppress;
        self.past.iter().position(|past| {
            let apart = (end.0 - past.alert.time.0).abs();
            past.absorbing.as_deref() == Some(group)
                && past.alert.time > record.watermark - suppress
                && apart < suppress.0
                && value < 2 * past.value
        })
    }

    pub(super) fn alert(
        &self,
        record: &Record<'_>,
        fields: &[Field],
        window: &[&Record<'_>],
        values: Values,
    ) -> Alert {
        let evidence =
            |other: &&Record<'_>| Evidence { time: other.time, origin: other.view.event.origin };
        let (first, last) = (window[0].time, window[window.len() - 1].time);
        let text = |&field: &Field| (field, record.view.display(field).unwrap_or_default());
        Alert {
            rule: self.place,
            time: last,
            fired_at: record.view.event.arrival,
            trigger: record.view.event.origin,
            window: (first, last),
            group: fields.iter().map(text).collect(),
            group_key: record.view.tuple_key(fields).unwrap_or_default(),
            values,
            steps: Vec::new(),
            evidence: window.iter().map(evidence).collect(),
            evidence_total: window.len() as u32,
            triage: Triage::default(),
        }
    }
}

/// Of each day on which an aligned window with one of the records starts, the largest such window.
fn daily_maxima(kind: &Threshold, records: &[&Record<'_>]) -> BTreeMap<i64, u32> {
    let mut windows: BTreeMap<i64, Vec<&Record<'_>>> = BTreeMap::new();
    for &record in records {
        windows.entry(bucket(kind, record.time)).or_default().push(record);
    }
    let mut maxima: BTreeMap<i64, u32> = BTreeMap::new();
    for (bucket, window) in windows {
        let day = Ticks(bucket * kind.window.0).utc_day();
        let maximum = maxima.entry(day).or_default();
        *maximum = (*maximum).max(value(kind, &window));
    }
    maxima
}

/// Whether the rule judged a record before it was completed: it matched, and was in a group. (Steps of
/// a sequence are looked at one by one.)
fn was_judged(rule: &Rule, before: &EventView<'_>) -> bool {
    let has = |fields: &[Field]| fields.iter().all(|&field| before.display(field).is_some());
    rule.query.matches(before)
        && match &rule.kind {
            RuleKind::Query { .. } => true,
            RuleKind::Threshold(kind) => has(&kind.group_by),
            RuleKind::NewTerms(kind) => has(&kind.terms),
            RuleKind::Sequence(_) => false,
        }
}

/// The windows that hold `time`, by their ends, each with its events; `visible` is sorted.
fn windows<'a>(
    kind: &Threshold,
    visible: &[&'a Record<'a>],
    time: Ticks,
) -> Vec<Vec<&'a Record<'a>>> {
    let select = |inside: &dyn Fn(Ticks) -> bool| {
        visible.iter().copied().filter(|other| inside(other.time)).collect::<Vec<_>>()
    };
    match kind.buckets {
        Buckets::Tumbling => {
            vec![select(&|other| bucket(kind, other) == bucket(kind, time))]
        }
        Buckets::Sliding => {
            let ends: BTreeSet<Ticks> = visible.iter().map(|other| other.time).collect();
            let holds_time = |end: &Ticks| *end >= time && *end < time + kind.window;
            let window = |end: Ticks| select(&|other| other > end - kind.window && other <= end);
            ends.into_iter().filter(holds_time).map(window).collect()
        }
    }
}

fn bucket(kind: &Threshold, time: Ticks) -> i64 {
    time.0.div_euclid(kind.window.0)
}

pub(super) fn distinct(kind: &Threshold, window: &[&Record<'_>]) -> Option<u32> {
    let part = kind.distinct.as_ref()?;
    let values: BTreeSet<_> =
        window.iter().filter_map(|other| tuple(other, &part.fields)).collect();
    Some(values.len() as u32)
}

fn value(kind: &Threshold, window: &[&Record<'_>]) -> u32 {
    distinct(kind, window).unwrap_or(window.len() as u32)
}

fn holds(kind: &Threshold, window: &[&Record<'_>], usual: Usual) -> bool {
    let count_holds = kind.count.is_none_or(|least| window.len() as u32 >= least);
    let distinct_holds = match (&kind.distinct, distinct(kind, window)) {
        (Some(part), Some(distinct)) => distinct >= part.values,
        _ => true,
    };
    count_holds && distinct_holds && is_unusual(kind, value(kind, window), usual)
}

/// Whether the value stands out from what is usual for the group.
fn is_unusual(kind: &Threshold, value: u32, usual: Usual) -> bool {
    let Some(adaptive) = kind.adaptive else { return true };
    let above = match usual {
        Usual::Anything => true,
        Usual::UpTo(baseline) => f64::from(value) > adaptive.multiple * f64::from(baseline),
        Usual::Everything => false,
    };
    above || adaptive.hard_cap.is_some_and(|cap| value >= cap)
}

fn threshold_values(kind: &Threshold, window: &[&Record<'_>], usual: Usual) -> Values {
    let least = match &kind.distinct {
        Some(part) => part.values,
        None => kind.count.unwrap_or(0),
    };
    Values {
        count: Some(window.len() as u32),
        distinct: distinct(kind, window),
        threshold: (least..).find(|&value| is_unusual(kind, value, usual)),
        count_threshold: kind.count.filter(|_| kind.distinct.is_some()),
        baseline: if let Usual::UpTo(baseline) = usual { Some(baseline.into()) } else { None },
        last_seen: None,
    }
}

/// The values of `fields`; `None` if one is missing.
pub(super) fn tuple(record: &Record<'_>, fields: &[Field]) -> Option<Vec<String>> {
    fields.iter().map(|&field| record.view.display(field)).collect()
}
