//! How near an event came to what a `threshold` rule looks for.
//!
//! Contract: of the windows that hold the event when it has been judged, the one nearest to its limits
//! is told, the earliest of equals; nearness is value over limit, the lesser of two where count and
//! distinct values must both be enough. Where the adaptive part excuses whatever the group does, the
//! rule's own limits come first: only what reaches them is excused.

use super::super::trace::{Excuse, Fate, Verdict, ungrouped};
use super::{Group, Groups, Limits, wider_key, windows_around};
use crate::detect::baseline::Days;
use crate::detect::judged::Judged;
use crate::detect::past::value_of;
use crate::detect::window::Tally;
use crate::event::Ticks;
use crate::rules::Threshold;

/// A window that holds the event.
#[derive(Clone, Copy, Debug)]
struct Nearest {
    nearness: f64,
    end: Ticks,
    tally: Tally,
}

impl Groups {
    /// What became of an event that has just been judged.
    pub(in super::super) fn trace(
        &mut self,
        rule: &Threshold,
        judged: &Judged<'_>,
        verdict: Verdict,
    ) -> Option<Fate> {
        match verdict {
            Verdict::Fired => return Some(Fate::Fired),
            Verdict::Ungrouped => return Some(ungrouped(&rule.group_by, judged)),
            Verdict::Absorbed | Verdict::Quiet => {}
        }
        let key = judged.view.tuple_key(&rule.group_by)?;
        let mut of_group = |days: Option<&mut Days>| {
            self.groups.look(key, |group| group.trace(rule, judged, days, verdict))
        };
        match wider_key(rule, &judged.view) {
            // What is usual is the wider group's affair only while it is remembered.
            Some(key) if self.wider.get(key).is_some() => {
                self.wider.look(key, |past| of_group(Some(&mut past.days))).flatten()
            }
            _ => of_group(None),
        }
    }
}

impl Group {
    /// What became of an event of the group that did not fire; `wider` has the days of the wider group.
    fn trace(
        &mut self,
        rule: &Threshold,
        judged: &Judged<'_>,
        wider: Option<&mut Days>,
        verdict: Verdict,
    ) -> Fate {
        let time = judged.view.event.time;
        let is_learning = rule.adaptive.is_some_and(|adaptive| judged.is_learning(adaptive.learn));
        let own = Limits::absolute(rule);
        let limits = own.adapt(rule, (&mut self.past.days, wider), time, is_learning);
        if verdict == Verdict::Absorbed {
            let nearest = self.nearest(rule, &limits, time);
            let value = value_of(rule, nearest.tally);
            let place = self.suppression.suppressor(nearest.end, value, judged.suppress);
            return Fate::Absorbed { by: place.map(|place| self.suppression.time(place)) };
        }
        let excuse = excuse(rule, &self.past.days, &limits, (time, is_learning));
        let bar = if excuse.is_some() { own } else { limits };
        let nearest = self.nearest(rule, &bar, time);
        match excuse.filter(|_| own.hold(nearest.tally)) {
            Some(by) => Fate::Excused {
                value: value_of(rule, nearest.tally),
                is_distinct: rule.distinct.is_some(),
                by,
            },
            None => below(&own, &bar, nearest.tally),
        }
    }

    fn nearest(&mut self, rule: &Threshold, limits: &Limits, time: Ticks) -> Nearest {
        let entries = &mut self.past.window;
        let (which, (mut after, mut until), last) = windows_around(rule, time);
        let mut best: Option<Nearest> = None;
        loop {
            let tally = entries.seek(which, after, until);
            let end = entries.last_in(which).unwrap_or(time);
            let found = Nearest { nearness: limits.nearness(tally), end, tally };
            let best = best.get_or_insert(found);
            if found.nearness > best.nearness {
                *best = found;
            }
            match entries.next_after(which).filter(|&next| next <= last) {
                Some(next) => (after, until) = (next - rule.window, next),
                None => return *best,
            }
        }
    }
}

impl Limits {
    /// Value over limit, of the part that lacks more.
    fn nearness(&self, tally: Tally) -> f64 {
        share(tally.count, self.count).min(share(tally.distinct, self.distinct))
    }
}

/// Why the adaptive part lets pass whatever is short of its hard cap.
fn excuse(
    rule: &Threshold,
    own: &Days,
    limits: &Limits,
    (time, is_learning): (Ticks, bool),
) -> Option<Excuse> {
    let adaptive = rule.adaptive.as_ref()?;
    if is_learning {
        return Some(Excuse::Learning);
    }
    if !adaptive.wider.is_some_and(|wider| wider.new_group) {
        return None;
    }
    if own.any_active(time.utc_day(), adaptive) {
        return Some(Excuse::KnownGroup);
    }
    limits.baseline.is_none().then_some(Excuse::NoBaseline)
}

/// What a window has of the limit that it lacks more of.
fn below(own: &Limits, limits: &Limits, tally: Tally) -> Fate {
    let is_distinct = share(tally.distinct, limits.distinct) < share(tally.count, limits.count);
    let (value, limit) = match is_distinct {
        true => (tally.distinct, limits.distinct),
        false => (tally.count, limits.count),
    };
    let is_raised = if is_distinct { limit > own.distinct } else { limit > own.count };
    Fate::Below { value, limit, is_distinct, baseline: limits.baseline.filter(|_| is_raised) }
}

/// What is not asked for lacks nothing.
fn share(value: u32, limit: u32) -> f64 {
    if limit == 0 { f64::INFINITY } else { f64::from(value) / f64::from(limit) }
}
