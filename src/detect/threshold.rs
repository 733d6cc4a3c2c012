//! Rules that look for many events, or many distinct values, of one group in one window.
//!
//! Contract: events that matched, are neither late nor duplicates and bear every group field are
//! entries of their group. r is judged against the windows that hold it: sliding, (t - window, t] for
//! every entry time t in [r, r + window); tumbling, the aligned [k * window, (k + 1) * window). Only
//! entries that arrived no later than r count, and since r itself lies after the watermark, every
//! entry of such a window lies after W(r) - window: what is older can be forgotten.
//! A window qualifies iff the condition holds in it and no earlier alert suppresses it (`suppress`);
//! its end is its newest event time. r fires iff a window qualifies, and the one with the earliest end
//! makes the alert. If the condition holds somewhere but nothing qualifies, r is absorbed by the
//! alert that suppresses the earliest-ending such window.
//! `hard_cap` lifts the adaptive part only: `count` and `distinct` must hold always. For the first
//! `learn` of a run (by arrival time) nothing but `hard_cap` makes the adaptive part hold, unless a
//! history has taught the rule before: of its events only the days' maxima are left.

use super::alert::Values;
use super::baseline::Days;
use super::judged::{Finding, Judged, Sink};
use super::suppress::Suppression;
use super::table::{Aged, Table};
use super::window::{Tally, Which, Window};
use super::{Output, StateStats};
use crate::event::{EventView, Key, TickSpan, Ticks};
use crate::rules::{Buckets, Threshold};

/// Most groups of one rule in one partition: four million in all partitions, the identities of the
/// largest tenants.
const GROUPS_PER_RULE: usize = 1 << 14;

/// State of one `threshold` rule in one partition.
#[derive(Debug)]
pub(super) struct Groups {
    groups: Table<Group>,
    /// Entries, days and alerts that had to make room.
    evictions: u64,
}

#[derive(Debug)]
struct Group {
    window: Window,
    days: Days,
    suppression: Suppression,
    newest: Ticks,
}

/// Least values at which a condition holds.
#[derive(Clone, Copy, Debug)]
struct Limits {
    count: u32,
    distinct: u32,
    baseline: Option<u32>,
}

/// A window in which the condition holds.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    after: Ticks,
    until: Ticks,
    /// The newest event time in it.
    end: Ticks,
    tally: Tally,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
enum Verdict {
    Quiet,
    /// By the alert at that place.
    Absorbed(usize),
    Fires(Candidate),
}

impl Default for Groups {
    fn default() -> Self {
        Self { groups: Table::new(GROUPS_PER_RULE), evictions: 0 }
    }
}

impl Groups {
    pub(super) fn judge(&mut self, rule: &Threshold, judged: &Judged<'_>, sink: &mut Sink<'_>) {
        let event = judged.view.event;
        let Some(key) = judged.view.tuple_key(&rule.group_by) else {
            sink.stats.ungrouped += 1;
            return;
        };
        let forgotten = event.watermark - memory(rule, judged.suppress);
        let out = &mut *sink.out;
        let group = self.groups.get_or_insert_with(
            key,
            |group| group.newest <= forgotten,
            |key, mut group| {
                group.suppression.expire(Ticks::MAX, |alert| alert.report(judged.rule, key, out));
            },
            Group::new,
        );
        group.expire(rule, event.watermark);
        group.suppression.expire(event.watermark - judged.suppress, |alert| {
            alert.report(judged.rule, key, sink.out);
        });
        if !group.add(rule, &judged.view, &mut self.evictions) {
            return;
        }
        let is_learning = rule.adaptive.is_some_and(|adaptive| judged.is_learning(adaptive.learn));
        match group.evaluate(rule, event.time, judged.suppress, is_learning) {
            Verdict::Quiet => {}
            Verdict::Absorbed(place) => {
                group.suppression.absorb(place);
                sink.stats.suppressed += 1;
            }
            Verdict::Fires(window) => {
                self.evictions += group.fire(rule, key, &window, judged, sink) as u64;
            }
        }
    }

    /// Takes an event of a history into the days of its group.
    pub(super) fn teach(&mut self, rule: &Threshold, view: &EventView<'_>) {
        let key = view.tuple_key(&rule.group_by).filter(|_| rule.adaptive.is_some());
        let Some(key) = key else { return };
        let watermark = view.event.watermark;
        let forgotten = watermark - memory(rule, TickSpan(0));
        let is_dead = |group: &Group| group.newest <= forgotten;
        let group = self.groups.get_or_insert_with(key, is_dead, |_, _| (), Group::new);
        group.expire(rule, watermark);
        group.add(rule, view, &mut self.evictions);
    }

    /// Keeps of a history that ends with this watermark the days that it leaves: its events count in
    /// no window of the corpus.
    pub(super) fn end_history(&mut self, rule: &Threshold, watermark: Ticks) {
        self.groups.retain(|group| {
            group.window = Window::new();
            group.expire_days(rule, watermark);
            !group.days.is_empty()
        });
    }

    /// Reports everything absorbed so far and forgets the groups.
    pub(super) fn finish(&mut self, rule: usize, out: &mut Output) {
        for (key, mut group) in self.groups.drain_sorted() {
            group.suppression.expire(Ticks::MAX, |alert| alert.report(rule, key, out));
        }
    }

    pub(super) fn stats(&self) -> StateStats {
        StateStats {
            keys: self.groups.len() as u64,
            cap: self.groups.cap(),
            size_bytes: self.groups.size_bytes(Group::size_bytes) as u64,
            evictions: self.groups.evictions() + self.evictions,
        }
    }
}

impl Group {
    fn new() -> Self {
        Self {
            window: Window::new(),
            days: Days::default(),
            suppression: Suppression::default(),
            newest: Ticks::MIN,
        }
    }

    /// Forgets what no event after `watermark` can reach.
    fn expire(&mut self, rule: &Threshold, watermark: Ticks) {
        self.window.expire(watermark - rule.window);
        self.expire_days(rule, watermark);
    }

    fn expire_days(&mut self, rule: &Threshold, watermark: Ticks) {
        if let Some(adaptive) = &rule.adaptive {
            self.days.expire(watermark.utc_day() - i64::from(adaptive.history_days));
        }
    }

    /// Adds an event and learns from it; gives whether it is held. What had to make room is counted in
    /// `evictions`.
    fn add(&mut self, rule: &Threshold, view: &EventView<'_>, evictions: &mut u64) -> bool {
        let event = view.event;
        let value = rule.distinct.as_ref().and_then(|part| view.tuple_key(&part.fields));
        *evictions += self.window.insert(event.time, event.origin, value) as u64;
        if !self.window.reaches(event.time) {
            return false;
        }
        self.newest = self.newest.max(event.time);
        *evictions += self.learn(rule, event.time) as u64;
        true
    }

    /// Takes the aligned window of an event just inserted into its day's maximum. Gives how many
    /// days had to make room.
    fn learn(&mut self, rule: &Threshold, time: Ticks) -> usize {
        if rule.adaptive.is_none() {
            return 0;
        }
        let (after, until) = aligned(rule.window, time);
        let day = (after + TickSpan(1)).utc_day();
        // A late arrival seldom beats its day; moving the running window back is dear.
        if until < self.window.until(Which::Aligned)
            && Some(self.window.count(after, until)) <= self.days.maximum(day)
        {
            return 0;
        }
        let tally = self.window.seek(Which::Aligned, after, until);
        self.days.raise(day, value_of(rule, tally))
    }

    /// Judges an event just inserted.
    fn evaluate(
        &mut self,
        rule: &Threshold,
        time: Ticks,
        suppress: TickSpan,
        is_learning: bool,
    ) -> Verdict {
        let absolute = Limits::absolute(rule);
        let mut limits = None;
        let mut absorbed = Verdict::Quiet;
        let (which, (mut after, mut until)) = match rule.buckets {
            Buckets::Sliding => (Which::Sliding, (time - rule.window, time)),
            Buckets::Tumbling => (Which::Aligned, aligned(rule.window, time)),
        };
        let last = match rule.buckets {
            Buckets::Sliding => time + rule.window - TickSpan(1),
            Buckets::Tumbling => until,
        };
        // No window that holds the event holds more than two window lengths around it.
        let (newest, mut most) = (self.window.newest().unwrap_or(time).min(last), u32::MAX);
        if newest > time {
            most = self.window.count(after, newest);
            // Most groups are far below the limits: spare a late arrival the walk.
            if most < absolute.count.max(absolute.distinct) {
                return Verdict::Quiet;
            }
        }
        loop {
            let tally = self.window.seek(which, after, until);
            if absolute.hold(tally) {
                let limits = *limits
                    .get_or_insert_with(|| absolute.adapt(rule, &mut self.days, time, is_learning));
                let end = self.window.last_in(which).unwrap_or(time);
                if limits.hold(tally) {
                    match self.suppression.suppressor(end, value_of(rule, tally), suppress) {
                        None => {
                            return Verdict::Fires(Candidate { after, until, end, tally, limits });
                        }
                        Some(place) if matches!(absorbed, Verdict::Quiet) => {
                            absorbed = Verdict::Absorbed(place);
                            // In a burst the alert absorbs whatever the walk could still find.
                            if self.suppression.suppresses_all((end, newest), most, suppress) {
                                return absorbed;
                            }
                        }
                        Some(_) => {}
                    }
                }
            }
            match self.window.next_after(which).filter(|&next| next <= last) {
                Some(next) => (after, until) = (next - rule.window, next),
                None => return absorbed,
            }
        }
    }

    /// Emits the alert of a window and remembers it. Gives how many days and alerts had to make
    /// room.
    fn fire(
        &mut self,
        rule: &Threshold,
        key: Key,
        window: &Candidate,
        judged: &Judged<'_>,
        sink: &mut Sink<'_>,
    ) -> usize {
        let evidence = self.window.evidence(window.after, window.until);
        let start = evidence.first().map_or(window.end, |first| first.time);
        let finding = Finding {
            window: (start, window.end),
            group: judged.group(&rule.group_by),
            key,
            values: values(rule, window),
            steps: Vec::new(),
            evidence,
        };
        judged.fire(finding, sink);
        let mut evicted = 0;
        if rule.adaptive.is_some() {
            evicted += self.days.exclude(window.end.utc_day());
        }
        if judged.suppress > TickSpan(0) {
            let (value, trigger) = (value_of(rule, window.tally), judged.view.event.origin);
            if let Some(oldest) = self.suppression.record(window.end, value, trigger) {
                evicted += 1;
                oldest.report(judged.rule, key, sink.out);
            }
        }
        evicted
    }

    fn size_bytes(&self) -> usize {
        self.window.size_bytes() + self.days.size_bytes() + self.suppression.size_bytes()
    }
}

impl Aged for Group {
    fn last_seen(&self) -> Ticks {
        self.newest
    }
}

impl Limits {
    /// The limits that the rule states.
    fn absolute(rule: &Threshold) -> Self {
        let distinct = rule.distinct.as_ref().map_or(0, |part| part.values);
        Self { count: rule.count.unwrap_or(0), distinct, baseline: None }
    }

    /// These limits, raised over the group's baseline for an event at `time`; to the hard cap, if
    /// there is one, while the rule only learns.
    fn adapt(mut self, rule: &Threshold, days: &mut Days, time: Ticks, is_learning: bool) -> Self {
        let Some(adaptive) = &rule.adaptive else { return self };
        let hard_cap = adaptive.hard_cap.unwrap_or(u32::MAX);
        let unusual = if is_learning {
            hard_cap
        } else {
            self.baseline = days.baseline(time.utc_day(), adaptive);
            self.baseline.map_or(0, |baseline| {
                let usual = (adaptive.multiple * f64::from(baseline)).floor() as u32;
                usual.saturating_add(1).min(hard_cap)
            })
        };
        let limit = if rule.distinct.is_some() { &mut self.distinct } else { &mut self.count };
        *limit = unusual.max(*limit);
        self
    }

    fn hold(&self, tally: Tally) -> bool {
        tally.count >= self.count && tally.distinct >= self.distinct
    }
}

/// The number that is compared with a baseline and must double to end suppression.
fn value_of(rule: &Threshold, tally: Tally) -> u32 {
    if rule.distinct.is_some() { tally.distinct } else { tally.count }
}

fn values(rule: &Threshold, window: &Candidate) -> Values {
    let Candidate { tally, limits, .. } = window;
    let has_distinct = rule.distinct.is_some();
    Values {
        count: Some(tally.count),
        distinct: has_distinct.then_some(tally.distinct),
        threshold: Some(if has_distinct { limits.distinct } else { limits.count }),
        count_threshold: rule.count.filter(|_| has_distinct),
        baseline: limits.baseline.map(f64::from),
        last_seen: None,
    }
}

/// The aligned window that holds `time`, as `(after, until]`.
fn aligned(window: TickSpan, time: Ticks) -> (Ticks, Ticks) {
    let start = Ticks(time.0 - time.0.rem_euclid(window.0));
    (start - TickSpan(1), start + window - TickSpan(1))
}

/// How far behind the watermark a group's newest event may lie while anything of it still matters.
fn memory(rule: &Threshold, suppress: TickSpan) -> TickSpan {
    let history = rule.adaptive.map_or(0, |adaptive| i64::from(adaptive.history_days) + 1);
    rule.window.max(suppress).max(TickSpan::days(history))
}
