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
//!
//! The baseline is that of the group's own past, or of a wider group's (`of`): the events of all groups
//! that agree in the leading fields, as one. It lives in the same partition, since the first field
//! decides that. With `new_group` nothing but `hard_cap` makes the adaptive part hold for a group that
//! was active on one of the days before that a baseline looks at, nor without a baseline.

mod trace;

use super::alert::Values;
use super::baseline::Days;
use super::judged::{Finding, Judged, Sink};
use super::past::{Past, aligned, value_of};
use super::suppress::Suppression;
use super::table::{Aged, Table};
use super::window::{Tally, Which};
use super::{Output, StateStats};
use crate::event::{EventView, Key, TickSpan, Ticks};
use crate::limits::Share;
use crate::rules::{Buckets, Threshold};

/// State of one `threshold` rule in one partition.
#[derive(Debug)]
pub(super) struct Groups {
    groups: Table<Group>,
    /// The pasts of wider groups, where the rule has those.
    wider: Table<Past>,
    /// Most events that a group holds.
    events_per_group: usize,
    /// Entries, days and alerts that had to make room.
    evictions: u64,
}

#[derive(Debug)]
struct Group {
    past: Past,
    suppression: Suppression,
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

impl Groups {
    /// No state, for such a rule; there may be as many wider groups as there are groups.
    pub(super) fn new(rule: &Threshold, share: &Share) -> Self {
        let has_wider = rule.adaptive.is_some_and(|adaptive| adaptive.wider.is_some());
        let wider = Table::new(if has_wider { share.keys } else { 0 });
        let (groups, events_per_group) = (Table::new(share.keys), share.events_per_group);
        Self { groups, wider, events_per_group, evictions: 0 }
    }

    pub(super) fn judge(&mut self, rule: &Threshold, judged: &Judged<'_>, sink: &mut Sink<'_>) {
        let event = judged.view.event;
        let Some(key) = judged.view.tuple_key(&rule.group_by) else {
            sink.stats.ungrouped += 1;
            return;
        };
        let forgotten = event.watermark - memory(rule, judged.suppress);
        let capacity = self.events_per_group;
        let out = &mut *sink.out;
        let group = self.groups.get_or_insert_with(
            key,
            |group| group.last_seen() <= forgotten,
            |key, mut group| {
                group.suppression.expire(Ticks::MAX, |alert| alert.report(judged.rule, key, out));
            },
            || Group::new(capacity),
        );
        let owned_before = group.owned_bytes();
        group.suppression.expire(event.watermark - judged.suppress, |alert| {
            alert.report(judged.rule, key, sink.out);
        });
        self.evictions += group.past.admit(rule, &judged.view) as u64;
        let mut wider = wider_key(rule, &judged.view).map(|key| {
            let is_dead = |past: &Past| past.last_seen() <= forgotten;
            self.wider.get_or_insert_with(key, is_dead, |_, _| {}, || Past::new(capacity))
        });
        let wider_before = wider.as_deref().map_or(0, Past::owned_bytes);
        if let Some(past) = &mut wider {
            self.evictions += past.admit(rule, &judged.view) as u64;
        }
        if group.past.window.reaches(event.time) {
            let days = wider.as_deref_mut().map(|past| &mut past.days);
            self.evictions += group.judge(rule, key, days, judged, sink) as u64;
        }
        let (owned, wider) = (group.owned_bytes(), wider.as_deref().map_or(0, Past::owned_bytes));
        self.groups.resized(owned_before, owned);
        self.wider.resized(wider_before, wider);
    }

    /// Takes an event of a history into the days of its group, and of the wider one.
    pub(super) fn teach(&mut self, rule: &Threshold, view: &EventView<'_>) {
        let key = view.tuple_key(&rule.group_by).filter(|_| rule.adaptive.is_some());
        let Some(key) = key else { return };
        let forgotten = view.event.watermark - memory(rule, TickSpan(0));
        let capacity = self.events_per_group;
        let is_dead = |group: &Group| group.last_seen() <= forgotten;
        let make = || Group::new(capacity);
        let group = self.groups.get_or_insert_with(key, is_dead, |_, _| (), make);
        let before = group.owned_bytes();
        self.evictions += group.past.admit(rule, view) as u64;
        let after = group.owned_bytes();
        self.groups.resized(before, after);
        if let Some(key) = wider_key(rule, view) {
            let is_dead = |past: &Past| past.last_seen() <= forgotten;
            let make = || Past::new(capacity);
            let past = self.wider.get_or_insert_with(key, is_dead, |_, _| (), make);
            let before = past.owned_bytes();
            self.evictions += past.admit(rule, view) as u64;
            let after = past.owned_bytes();
            self.wider.resized(before, after);
        }
    }

    /// Keeps of a history that ends with this watermark the days that it leaves: its events count in
    /// no window of the corpus.
    pub(super) fn end_history(&mut self, rule: &Threshold, watermark: Ticks) {
        self.groups.retain(|group| group.past.keep_days(rule, watermark));
        self.wider.retain(|past| past.keep_days(rule, watermark));
    }

    /// Reports everything absorbed so far and forgets the groups.
    pub(super) fn finish(&mut self, rule: usize, out: &mut Output) {
        for (key, mut group) in self.groups.drain_sorted() {
            group.suppression.expire(Ticks::MAX, |alert| alert.report(rule, key, out));
        }
    }

    pub(super) fn charged_bytes(&self) -> usize {
        self.groups.charged_bytes() + self.wider.charged_bytes()
    }

    /// Forgets the groups seen least lately, or the wider ones where those take more, and reports what
    /// they have absorbed.
    pub(super) fn shed(&mut self, rule: usize, out: &mut Output) {
        if self.groups.charged_bytes() >= self.wider.charged_bytes() {
            self.groups.shed(|key, mut group| {
                group.suppression.expire(Ticks::MAX, |alert| alert.report(rule, key, out));
            });
        } else {
            self.wider.shed(|_, _| ());
        }
    }

    pub(super) fn stats(&self) -> StateStats {
        let mut stats = self.groups.stats();
        stats += self.wider.stats();
        stats.evictions += self.evictions;
        stats
    }
}

impl Group {
    fn new(capacity: usize) -> Self {
        Self { past: Past::new(capacity), suppression: Suppression::default() }
    }

    /// Judges an event just inserted, and does what follows; `wider` has the days of the wider group.
    /// Gives how many days and alerts had to make room.
    fn judge(
        &mut self,
        rule: &Threshold,
        key: Key,
        mut wider: Option<&mut Days>,
        judged: &Judged<'_>,
        sink: &mut Sink<'_>,
    ) -> usize {
        let is_learning = rule.adaptive.is_some_and(|adaptive| judged.is_learning(adaptive.learn));
        let (time, days) = (judged.view.event.time, wider.as_deref_mut());
        match self.evaluate(rule, days, time, judged.suppress, is_learning) {
            Verdict::Quiet => 0,
            Verdict::Absorbed(place) => {
                self.suppression.absorb(place);
                sink.stats.suppressed += 1;
                0
            }
            Verdict::Fires(window) => {
                let mut evicted = 0;
                if rule.adaptive.is_some() {
                    let days = wider.unwrap_or(&mut self.past.days);
                    evicted = days.exclude(window.end.utc_day());
                }
                evicted + usize::from(self.fire(rule, key, &window, judged, sink))
            }
        }
    }

    /// Judges an event just inserted; `wider` has the days of the wider group.
    fn evaluate(
        &mut self,
        rule: &Threshold,
        wider: Option<&mut Days>,
        time: Ticks,
        suppress: TickSpan,
        is_learning: bool,
    ) -> Verdict {
        let Past { window: entries, days: own, .. } = &mut self.past;
        // Nearly all groups hold less than any alert takes, or less than is unusual for them.
        let (absolute, held) = (Limits::absolute(rule), entries.at_most());
        if !absolute.hold(held) {
            return Verdict::Quiet;
        }
        let limits = absolute.adapt(rule, (own, wider), time, is_learning);
        let (which, (mut after, mut until), last) = windows_around(rule, time);
        let least = limits.count.max(limits.distinct);
        if !limits.hold(held) || !entries.has(least, after) {
            return Verdict::Quiet;
        }
        // No window that holds the event holds more than two window lengths around it.
        let (newest, mut most) = (entries.newest().unwrap_or(time).min(last), u32::MAX);
        if newest > time {
            most = entries.count(after, newest);
            if most < least {
                return Verdict::Quiet;
            }
        }
        let mut absorbed = Verdict::Quiet;
        loop {
            let tally = entries.seek(which, after, until);
            if limits.hold(tally) {
                let end = entries.last_in(which).unwrap_or(time);
                match self.suppression.suppressor(end, value_of(rule, tally), suppress) {
                    None => return Verdict::Fires(Candidate { after, until, end, tally, limits }),
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
            match entries.next_after(which).filter(|&next| next <= last) {
                Some(next) => (after, until) = (next - rule.window, next),
                None => return absorbed,
            }
        }
    }

    /// Emits the alert of a window and remembers it. Gives whether an earlier one had to make room.
    fn fire(
        &mut self,
        rule: &Threshold,
        key: Key,
        window: &Candidate,
        judged: &Judged<'_>,
        sink: &mut Sink<'_>,
    ) -> bool {
        let evidence = self.past.window.evidence(window.after, window.until);
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
        if judged.suppress == TickSpan(0) {
            return false;
        }
        let (value, trigger) = (value_of(rule, window.tally), judged.view.event.origin);
        let evicted = self.suppression.record(window.end, value, trigger);
        if let Some(oldest) = evicted {
            oldest.report(judged.rule, key, sink.out);
        }
        evicted.is_some()
    }
}

impl Aged for Group {
    fn last_seen(&self) -> Ticks {
        self.past.last_seen()
    }

    fn owned_bytes(&self) -> usize {
        self.past.owned_bytes() + self.suppression.owned_bytes()
    }
}

impl Limits {
    /// The limits that the rule states.
    fn absolute(rule: &Threshold) -> Self {
        let distinct = rule.distinct.as_ref().map_or(0, |part| part.values);
        Self { count: rule.count.unwrap_or(0), distinct, baseline: None }
    }

    /// These limits, raised over the baseline for an event at `time`; to the hard cap, if there is
    /// one, where nothing else may fire. Of the group's own days and those of the wider group, if the
    /// rule has one, the latter say what is usual.
    fn adapt(
        mut self,
        rule: &Threshold,
        (own, wider): (&mut Days, Option<&mut Days>),
        time: Ticks,
        is_learning: bool,
    ) -> Self {
        let Some(adaptive) = &rule.adaptive else { return self };
        let (hard_cap, today) = (adaptive.hard_cap.unwrap_or(u32::MAX), time.utc_day());
        let must_be_new = adaptive.wider.is_some_and(|wider| wider.new_group);
        let is_known = must_be_new && own.any_active(today, adaptive);
        let baseline = wider.unwrap_or(own).baseline(today, adaptive);
        let unusual = if is_learning || is_known || must_be_new && baseline.is_none() {
            hard_cap
        } else {
            self.baseline = baseline;
            baseline.map_or(0, |baseline| {
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

/// The first window that holds an event at `time`, as `(after, until]`, and the last end of one.
fn windows_around(rule: &Threshold, time: Ticks) -> (Which, (Ticks, Ticks), Ticks) {
    match rule.buckets {
        Buckets::Sliding => {
            (Which::Sliding, (time - rule.window, time), time + rule.window - TickSpan(1))
        }
        Buckets::Tumbling => {
            let (after, until) = aligned(rule.window, time);
            (Which::Aligned, (after, until), until)
        }
    }
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

/// The key of the wider group whose past says what is usual, where the rule has those.
fn wider_key(rule: &Threshold, view: &EventView<'_>) -> Option<Key> {
    let wider = rule.adaptive?.wider?;
    view.tuple_key(&rule.group_by[..wider.fields])
}

/// How far behind the watermark a group's newest event may lie while anything of it still matters.
fn memory(rule: &Threshold, suppress: TickSpan) -> TickSpan {
    let history = rule.adaptive.map_or(0, |adaptive| i64::from(adaptive.history_days) + 1);
    rule.window.max(suppress).max(TickSpan::days(history))
}
