//! How far a sequence had come when an event of it was judged.
//!
//! Contract: of the event's groups here the one furthest on is told. A grant above a single vault that
//! is in no group yet stands for itself: nothing has followed it.

use super::super::chain::Reached;
use super::super::trace::{Fate, Verdict};
use super::{Group, Sequences, VALUE};
use crate::detect::group_of::{Membership, memberships};
use crate::detect::judged::Judged;
use crate::event::Key;
use crate::rules::Sequence;

impl Sequences {
    /// What became of an event that has just been judged; none if its groups are in other partitions.
    pub(in super::super) fn trace(
        &mut self,
        rule: &Sequence,
        judged: &Judged<'_>,
        verdict: Verdict,
    ) -> Option<Fate> {
        match verdict {
            Verdict::Fired => return Some(Fate::Fired),
            Verdict::Ungrouped => return Some(Fate::Ungrouped { missing: None }),
            Verdict::Absorbed | Verdict::Quiet => {}
        }
        let time = judged.view.event.time;
        let (members, _) = memberships(rule, judged, self.partition);
        let mut furthest = None;
        for member in members.iter() {
            furthest = furthest.max(alone(rule, member));
            for key in self.keys_of(member) {
                let Some(group) = self.groups.get(key) else { continue };
                if verdict == Verdict::Absorbed
                    && let Some(place) = group.suppression.suppressor(time, VALUE, judged.suppress)
                {
                    return Some(Fate::Absorbed { by: Some(group.suppression.time(place)) });
                }
                let reached = self.groups.look(key, |group| group.chain.reached(rule, time));
                furthest = furthest.max(reached);
            }
        }
        if verdict == Verdict::Absorbed {
            return Some(Fate::Absorbed { by: None });
        }
        furthest.map(|reached| fate(rule, reached))
    }

    /// The groups that exist of an event's.
    fn keys_of(&self, member: &Membership<'_>) -> Vec<Key> {
        let Some(scope) = member.scope else { return vec![member.key] };
        let is_below = |group: &Group| {
            group.base == member.base
                && group.place.as_ref().is_some_and(|place| place.is_below(scope))
        };
        self.groups.keys_where(is_below)
    }
}

/// What a grant above a single vault comes to by itself; none for any other event, which has a group.
fn alone(rule: &Sequence, member: &Membership<'_>) -> Option<Reached> {
    member.scope?;
    let is_first = member.steps.iter().any(|step| step == 0);
    let found = u32::from(is_first);
    let is_met = is_first && rule.steps[0].need.least() <= 1;
    Some(if is_met { Reached { met: 1, found: 0 } } else { Reached { met: 0, found } })
}

fn fate(rule: &Sequence, Reached { met, found }: Reached) -> Fate {
    match rule.steps.get(met as usize) {
        None => Fate::Beside,
        Some(step) => {
            let (steps, needed) = (rule.steps.len() as u32, step.need.least());
            Fate::Incomplete { met, steps, found, needed }
        }
    }
}
