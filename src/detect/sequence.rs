//! Rules that look for one thing after another.
//!
//! Contract: events that matched a step, are neither late nor duplicates and bear every field of the
//! step's `by` are entries of that step in their groups ([`group_of`](super::group_of)). Only entries
//! that arrived no later than r count; since r lies after the watermark, every entry of a sequence that
//! r serves lies after W(r) - `max_span`, so that what is older can be forgotten.
//! A sequence qualifies iff r serves it ([`chain`](super::chain)) and no earlier alert of its group
//! suppresses its end. r fires iff one qualifies, and the one with the earliest end makes the alert;
//! if r serves sequences but none qualifies, it is absorbed by the alert that suppresses the one with
//! the earliest end. A sequence has no value that could double.

use std::collections::VecDeque;

mod trace;

use super::alert::Values;
use super::chain::{Chain, Found, StepMask};
use super::group_of::{Membership, Place, Scope, memberships};
use super::judged::{Finding, Judged, Sink};
use super::suppress::Suppression;
use super::table::{Aged, Table};
use super::{Output, StateStats};
use crate::event::{EventView, Field, Key, Origin, TickSpan, Ticks};
use crate::limits::Share;
use crate::rules::{Need, Sequence};

/// Most grants of one rule in one partition that are kept for vaults not seen yet: grants above a
/// single vault are rare.
const WIDE_GRANTS: usize = 1 << 12;

/// The value of a sequence in suppression, which has none that could double.
const VALUE: u32 = 1;

/// State of one `sequence` rule in one partition.
#[derive(Debug)]
pub(super) struct Sequences {
    partition: usize,
    groups: Table<Group>,
    /// Most events that a group holds of a step.
    events_per_group: usize,
    /// In order of arrival.
    wide: VecDeque<Wide>,
    /// Entries, grants and alerts that had to make room.
    evictions: u64,
}

#[derive(Debug)]
struct Group {
    chain: Chain,
    suppression: Suppression,
    newest: Ticks,
    base: Key,
    /// The group's first value, whose partition this is.
    first: Option<Key>,
    /// Where the sequence has a vault; most have none.
    place: Option<Box<Place>>,
}

/// A grant above a single vault, as an entry of a step.
#[derive(Debug)]
struct Wide {
    time: Ticks,
    origin: Origin,
    base: Key,
    scope: Scope,
    step: usize,
    value: Option<Key>,
}

enum Verdict {
    Quiet,
    /// By the alert at that place.
    Absorbed(usize),
    Fires(Found),
}

impl Sequences {
    /// No state, for the partition of that number.
    pub(super) fn new(partition: usize, share: &Share) -> Self {
        let (groups, events_per_group) = (Table::new(share.keys), share.events_per_group);
        Self { partition, groups, events_per_group, wide: VecDeque::new(), evictions: 0 }
    }

    pub(super) fn judge(
        &mut self,
        rule: &Sequence,
        judged: &Judged<'_>,
        by_identity: bool,
        sink: &mut Sink<'_>,
    ) {
        let (members, any) = memberships(rule, judged, self.partition);
        sink.stats.ungrouped += u64::from(!any && by_identity);
        for member in members.iter() {
            match member.scope {
                None => self.judge_in(rule, member.key, member, judged, sink),
                Some(scope) => {
                    self.remember(rule, member, scope, judged);
                    let is_below = |group: &Group| {
                        group.base == member.base
                            && group.place.as_ref().is_some_and(|place| place.is_below(scope))
                    };
                    for key in self.groups.keys_where(is_below) {
                        self.judge_in(rule, key, member, judged, sink);
                    }
                }
            }
        }
    }

    /// Reports everything absorbed so far and forgets the groups.
    pub(super) fn finish(&mut self, rule: usize, out: &mut Output) {
        for (key, mut group) in self.groups.drain_sorted() {
            group.suppression.expire(Ticks::MAX, |alert| alert.report(rule, key, out));
        }
    }

    pub(super) fn charged_bytes(&self) -> usize {
        self.groups.charged_bytes() + self.wide_bytes()
    }

    /// Forgets the groups seen least lately, or grants above single vaults where those take more, and
    /// reports what they have absorbed.
    pub(super) fn shed(&mut self, rule: usize, out: &mut Output) {
        if self.groups.charged_bytes() < self.wide_bytes() {
            let gone = self.wide.len().div_ceil(16);
            self.wide.drain(..gone);
            self.wide.shrink_to_fit();
            self.evictions += gone as u64;
            return;
        }
        self.groups.shed(|key, mut group| {
            group.suppression.expire(Ticks::MAX, |alert| alert.report(rule, key, out));
        });
    }

    fn wide_bytes(&self) -> usize {
        self.wide.capacity() * size_of::<Wide>()
    }

    pub(super) fn stats(&self) -> StateStats {
        let mut stats = self.groups.stats();
        stats.size_bytes += self.wide_bytes() as u64;
        stats.evictions += self.evictions;
        stats
    }

    /// Keeps a grant above a single vault for the groups that come into being after it.
    fn remember(
        &mut self,
        rule: &Sequence,
        member: &Membership<'_>,
        scope: Scope,
        judged: &Judged<'_>,
    ) {
        let event = judged.view.event;
        self.wide.retain(|wide| wide.is_alive(rule, event.watermark));
        for step in member.steps.iter() {
            if self.wide.len() == WIDE_GRANTS {
                self.wide.pop_front();
                self.evictions += 1;
            }
            let value = distinct_value(rule, step, &judged.view);
            let (time, origin, base) = (event.time, event.origin, member.base);
            self.wide.push_back(Wide { time, origin, base, scope, step, value });
        }
    }

    /// Judges the event in one group, which it makes if it is not there.
    fn judge_in(
        &mut self,
        rule: &Sequence,
        key: Key,
        member: &Membership<'_>,
        judged: &Judged<'_>,
        sink: &mut Sink<'_>,
    ) {
        let (event, suppress) = (judged.view.event, judged.suppress);
        let (out, wide, capacity) = (&mut *sink.out, &self.wide, self.events_per_group);
        let group = self.groups.get_or_insert_with(
            key,
            |group| group.is_dead(rule, suppress, event.watermark),
            |key, mut group| {
                group.suppression.expire(Ticks::MAX, |alert| alert.report(judged.rule, key, out));
            },
            || Group::new(rule, member, judged, (wide, capacity)),
        );
        let owned_before = group.owned_bytes();
        group.chain.expire(rule, event.watermark);
        group.suppression.expire(event.watermark - suppress, |alert| {
            alert.report(judged.rule, key, sink.out);
        });
        for step in member.steps.iter() {
            let value = distinct_value(rule, step, &judged.view);
            self.evictions += group.chain.insert(step, event.time, event.origin, value) as u64;
        }
        group.newest = group.newest.max(event.time);
        match group.evaluate(rule, event.time, member.steps, suppress) {
            Verdict::Quiet => {}
            Verdict::Absorbed(place) => {
                group.suppression.absorb(place);
                sink.stats.suppressed += 1;
            }
            Verdict::Fires(found) => {
                self.evictions += group.fire(rule, key, found, member, judged, sink) as u64;
            }
        }
        let owned = group.owned_bytes();
        self.groups.resized(owned_before, owned);
    }
}

impl Group {
    fn new(
        rule: &Sequence,
        member: &Membership<'_>,
        judged: &Judged<'_>,
        (wide, capacity): (&VecDeque<Wide>, usize),
    ) -> Self {
        let place = rule.by.contains(&Field::Vault).then(|| Box::new(Place::of(&judged.view)));
        let mut chain = Chain::new(rule, capacity);
        let mut newest = Ticks::MIN;
        let reaches = |wide: &&Wide| {
            wide.base == member.base
                && wide.is_alive(rule, judged.view.event.watermark)
                && place.as_ref().is_some_and(|place| place.is_below(wide.scope))
        };
        for wide in wide.iter().filter(reaches) {
            chain.insert(wide.step, wide.time, wide.origin, wide.value);
            newest = newest.max(wide.time);
        }
        let suppression = Suppression::default();
        Self { chain, suppression, newest, base: member.base, first: member.first, place }
    }

    /// Whether no event after `watermark` can tell the group from a new one.
    fn is_dead(&self, rule: &Sequence, suppress: TickSpan, watermark: Ticks) -> bool {
        self.newest <= watermark - rule.max_span.max(suppress)
            || (self.chain.lacks_first() && self.suppression.is_empty() && self.newest <= watermark)
    }

    /// Judges an event just added to the steps.
    fn evaluate(
        &mut self,
        rule: &Sequence,
        time: Ticks,
        served: StepMask,
        suppress: TickSpan,
    ) -> Verdict {
        let (mut from, mut absorber) = (Ticks::MIN, None);
        while let Some(found) = self.chain.find(rule, time, served, from) {
            match self.suppression.suppressor(found.end, VALUE, suppress) {
                None => return Verdict::Fires(found),
                Some(place) => {
                    absorber = absorber.or(Some(place));
                    // The first end that this alert does not suppress.
                    from = self.suppression.time(place) + suppress;
                }
            }
        }
        absorber.map_or(Verdict::Quiet, Verdict::Absorbed)
    }

    /// Emits the alert of a sequence and remembers it. Gives how many alerts had to make room.
    fn fire(
        &mut self,
        rule: &Sequence,
        key: Key,
        found: Found,
        member: &Membership<'_>,
        judged: &Judged<'_>,
        sink: &mut Sink<'_>,
    ) -> usize {
        let links = self.chain.links(rule, judged.view.event.time, found);
        let finding = Finding {
            window: (links.start, found.end),
            group: member.values(rule, &judged.view, self.place.as_deref()),
            key,
            values: Values::default(),
            steps: links.steps,
            evidence: links.evidence,
        };
        judged.fire_about(self.first, finding, sink);
        if judged.suppress == TickSpan(0) {
            return 0;
        }
        let evicted = self.suppression.record(found.end, VALUE, judged.view.event.origin);
        evicted.map_or(0, |oldest| {
            oldest.report(judged.rule, key, sink.out);
            1
        })
    }
}

impl Wide {
    fn is_alive(&self, rule: &Sequence, watermark: Ticks) -> bool {
        self.time > watermark - rule.max_span
    }
}

impl Aged for Group {
    fn last_seen(&self) -> Ticks {
        self.newest
    }

    fn owned_bytes(&self) -> usize {
        let place = self.place.as_ref();
        let place = place.map_or(0, |place| size_of::<Place>() + place.vault.capacity());
        self.chain.size_bytes() + self.suppression.owned_bytes() + place
    }
}

/// What the event adds to a step that counts distinct values.
fn distinct_value(rule: &Sequence, step: usize, view: &EventView<'_>) -> Option<Key> {
    match &rule.steps[step].need {
        Need::Count(_) => None,
        Need::Distinct(distinct) => view.tuple_key(&distinct.fields),
    }
}
