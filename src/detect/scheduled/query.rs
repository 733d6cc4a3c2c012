//! Runs of rules that look at one event.
//!
//! Contract: each record in the window that no run has dealt with alerts, the oldest on the schedule's
//! clock first, ties in order of arrival. While a group is quiet, which is for `suppress` from a run
//! that alerted on it (so an interval long means in that run only), its records are absorbed instead. A
//! record that lacks a group field is in no group: it alerts, and neither absorbs nor is absorbed.

use super::run::{Tick, group_of};
use super::shelf::{Place, Shelf};
use crate::detect::alert::{Evidence, Values};
use crate::detect::judged::{Finding, Sink};
use crate::detect::suppress::Fired;
use crate::detect::table::{Aged, Table};
use crate::detect::{Output, StateStats};
use crate::event::{Field, Key, TickSpan, Ticks};

/// Most groups of one rule that have alerted lately.
const GROUPS_PER_RULE: usize = 1 << 18;

/// The newest alert of each group that can still absorb others; its time is that of the run.
#[derive(Debug)]
pub(super) struct Mutes(Table<Fired>);

impl Default for Mutes {
    fn default() -> Self {
        Self(Table::new(GROUPS_PER_RULE))
    }
}

impl Aged for Fired {
    fn last_seen(&self) -> Ticks {
        self.time
    }
}

impl Mutes {
    /// Gives from when on another run may find more without a further record.
    pub(super) fn run(
        &mut self,
        group_by: &[Field],
        tick: &Tick<'_>,
        shelf: &mut Shelf,
        sink: &mut Sink<'_>,
    ) -> Option<Ticks> {
        let open = shelf.window(tick.at).filter(|(_, kept)| !kept.is_done);
        let mut open: Vec<Place> = open.map(|(place, _)| place).collect();
        open.sort_by_key(|&place| shelf.kept(place).clock);
        let (mut alerts, mut over) = (0, 0);
        for place in open {
            let group = shelf.kept(place).group;
            let absorbing = group.filter(|_| tick.rule.suppress > TickSpan(0));
            let mut mute = absorbing.map(|key| (key, self.mute(key, tick, sink)));
            if let Some((_, mute)) = &mut mute
                && !is_over(mute, tick)
            {
                mute.absorbed += 1;
                sink.stats.suppressed += 1;
                shelf.set_done(place);
            } else if alerts == tick.max_signals() {
                over += 1;
            } else {
                if let Some((key, mute)) = mute {
                    mute.report(tick.place, key, sink.out);
                    *mute = fired(tick.at, shelf, place);
                }
                fire(group_by, tick, shelf, place, sink);
                shelf.set_done(place);
                alerts += 1;
            }
        }
        sink.stats.over_max_signals += over;
        (over > 0).then_some(tick.at)
    }

    /// Reports everything absorbed so far and forgets it.
    pub(super) fn finish(&mut self, rule: usize, out: &mut Output) {
        self.0.drain_sorted().into_iter().for_each(|(key, mute)| mute.report(rule, key, out));
    }

    pub(super) fn stats(&self) -> StateStats {
        self.0.stats()
    }

    /// The group's newest alert; one from before all time if there is none.
    fn mute(&mut self, key: Key, tick: &Tick<'_>, sink: &mut Sink<'_>) -> &mut Fired {
        let out = &mut *sink.out;
        let none =
            || Fired { time: Ticks::MIN, value: 1, trigger: Default::default(), absorbed: 0 };
        self.0.get_or_insert_with(
            key,
            |mute| is_over(mute, tick),
            |key, mute| mute.report(tick.place, key, out),
            none,
        )
    }
}

/// Whether the alert absorbs nothing any more.
fn is_over(mute: &Fired, tick: &Tick<'_>) -> bool {
    mute.time <= tick.at - tick.rule.suppress
}

fn fired(at: Ticks, shelf: &Shelf, place: Place) -> Fired {
    Fired { time: at, value: 1, trigger: shelf.view(place).event.origin, absorbed: 0 }
}

fn fire(group_by: &[Field], tick: &Tick<'_>, shelf: &Shelf, place: Place, sink: &mut Sink<'_>) {
    let view = shelf.view(place);
    let key = shelf.kept(place).group;
    let (time, origin) = (view.event.time, view.event.origin);
    let finding = Finding {
        window: (time, time),
        group: group_of(&view, if key.is_some() { group_by } else { &[] }),
        key: key.unwrap_or_default(),
        values: Values::default(),
        steps: Vec::new(),
        evidence: vec![Evidence { time, origin }],
    };
    tick.fire(shelf, place, finding, sink);
}
