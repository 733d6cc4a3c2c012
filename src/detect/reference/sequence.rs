//! Sequences, by going through every end, every step the event may serve, and every time.

use std::collections::BTreeSet;

use super::evaluate::{Past, Trial};
use super::sightings::Record;
use crate::detect::{StepValues, Values};
use crate::event::{Change, EventView, Field, GrantScope, Key, TextField, TickSpan, Ticks};
use crate::rules::{Need, Sequence, Step};

/// A value of each of the sequence's `by` fields; of a vault, it and what lies above it.
type Group = Vec<(String, String)>;

/// What tells an event's groups: each of their values, or for a vault that any is meant below a scope.
type Pattern = Vec<Option<(String, String)>>;

impl Trial<'_> {
    pub(super) fn sequence(
        &mut self,
        kind: &Sequence,
        earlier: &[&Record<'_>],
        record: &Record<'_>,
    ) {
        let known = earlier.iter().filter(|other| !other.late).chain([&record]);
        let known: Vec<&Record<'_>> = known.copied().collect();
        let steps = || kind.steps.iter();
        let own: Vec<Pattern> =
            steps().flat_map(|step| patterns(kind, step, &record.view)).collect();
        let mut groups: BTreeSet<Group> = own.iter().filter_map(named).collect();
        for wide in own.iter().filter(|pattern| named(pattern).is_none()) {
            for other in &known {
                let theirs = steps().flat_map(|step| patterns(kind, step, &other.view));
                let theirs = theirs.filter_map(|pattern| named(&pattern));
                groups.extend(theirs.filter(|group| is_of(wide, group, &record.view)));
            }
        }
        for group in groups {
            self.in_group(kind, &known, record, &group);
        }
    }

    fn in_group(
        &mut self,
        kind: &Sequence,
        known: &[&Record<'_>],
        record: &Record<'_>,
        group: &Group,
    ) {
        let is_in = |step: &Step, view: &EventView<'_>| {
            step.query.matches(view)
                && patterns(kind, step, view).iter().any(|pattern| is_of(pattern, group, view))
        };
        let visible = |other: &&&Record<'_>| other.time > record.watermark - kind.max_span;
        let members = |step: &Step| -> Vec<&Record<'_>> {
            let its = known.iter().filter(visible).filter(|other| is_in(step, &other.view));
            // What was in before it was completed is not in twice.
            let is_first = |other: &&&Record<'_>| {
                other.before.is_none_or(|before| {
                    let was_shown = known
                        .iter()
                        .any(|it| it.before.is_none() && it.origin() == other.origin() && !it.late);
                    !(was_shown && is_in(step, &before))
                })
            };
            let mut its: Vec<_> = its.filter(is_first).copied().collect();
            its.sort_by_key(|other| (other.time, other.origin()));
            its
        };
        let steps: Vec<Vec<&Record<'_>>> = kind.steps.iter().map(members).collect();
        let last = &steps[steps.len() - 1];
        let ends: BTreeSet<Ticks> = last.iter().map(|other| other.time).collect();
        let mut absorber = None;
        for end in ends {
            let search = Search { kind, steps: &steps, time: record.time, end };
            let serves = |place: &usize| {
                let is_member = steps[*place].iter().any(|other| std::ptr::eq(*other, record));
                is_member && search.is_served(*place)
            };
            let Some(place) = (0..steps.len()).find(serves) else { continue };
            let values: Vec<String> = group.iter().map(|(value, _)| value.clone()).collect();
            let label: Vec<String> =
                group.iter().flat_map(|(value, above)| [value.clone(), above.clone()]).collect();
            match self.suppressor(&label, record, end, 1) {
                Some(found) => absorber = absorber.or(Some(found)),
                None => {
                    let (window, steps) = search.shown(place);
                    let mut alert = self.alert(record, &[], &window, Values::default());
                    alert.steps = steps;
                    alert.group = kind.by.iter().copied().zip(values).collect();
                    alert.group_key = key(kind, group);
                    let absorbing_key = alert.group_key;
                    let absorbing = Some(label);
                    self.past.push(Past { alert, absorbing, absorbing_key, value: 1, absorbed: 0 });
                    return;
                }
            }
        }
        if let Some(absorber) = absorber {
            self.past[absorber].absorbed += 1;
        }
    }
}

/// The sequences that end at `end` and that an event at `time` serves.
struct Search<'a> {
    kind: &'a Sequence,
    steps: &'a [Vec<&'a Record<'a>>],
    time: Ticks,
    end: Ticks,
}

impl<'a> Search<'a> {
    /// The events of a step strictly between two times.
    fn between(&self, place: usize, from: Ticks, to: Ticks) -> Vec<&'a Record<'a>> {
        let its = self.steps[place].iter().copied();
        its.filter(|other| other.time > from && other.time < to).collect()
    }

    fn is_met(&self, place: usize, from: Ticks, to: Ticks) -> bool {
        value(&self.kind.steps[place], &self.between(place, from, to))
            >= self.kind.steps[place].need.least()
    }

    fn times(&self) -> BTreeSet<Ticks> {
        self.steps.iter().flatten().map(|other| other.time).collect()
    }

    fn start(&self) -> Ticks {
        self.end - self.kind.max_span - TickSpan(1)
    }

    /// By when the steps before `place` can have been met one after another.
    fn cuts_before(&self, place: usize) -> Option<Vec<Ticks>> {
        let mut cuts = vec![self.start()];
        for earlier in 0..place {
            let is_enough = |&time: &Ticks| {
                time < self.time && self.is_met(earlier, cuts[earlier], time + TickSpan(1))
            };
            let cut = self.times().into_iter().find(is_enough)?;
            cuts.push(cut);
        }
        Some(cuts)
    }

    /// From when on the steps after `place` can still be met one after another; the last one first.
    fn cuts_after(&self, place: usize) -> Option<Vec<Ticks>> {
        let mut cuts = vec![self.end + TickSpan(1)];
        for later in (place + 1..self.steps.len()).rev() {
            let until = cuts[cuts.len() - 1];
            let is_enough =
                |&time: &Ticks| time > self.time && self.is_met(later, time - TickSpan(1), until);
            let cut = self.times().into_iter().rev().find(is_enough)?;
            cuts.push(cut);
        }
        Some(cuts)
    }

    fn is_served(&self, place: usize) -> bool {
        let (Some(before), Some(after)) = (self.cuts_before(place), self.cuts_after(place)) else {
            return false;
        };
        let (from, to) = (before[place], after[after.len() - 1]);
        from < self.time && self.time < to && self.is_met(place, from, to)
    }

    /// The evidence of a sequence in which the event serves `place`, and the numbers of its steps.
    fn shown(&self, place: usize) -> (Vec<&'a Record<'a>>, Vec<StepValues>) {
        let before = self.cuts_before(place).unwrap_or_default();
        let after = self.cuts_after(place).unwrap_or_default();
        let mut parts = vec![self.between(place, before[place], after[after.len() - 1])];
        for earlier in (0..place).rev() {
            let next = parts[0][0].time;
            parts.insert(0, self.between(earlier, before[earlier], next));
        }
        for later in place + 1..self.steps.len() {
            let previous = parts[parts.len() - 1].iter().map(|other| other.time).max();
            let to = after[self.steps.len() - 1 - later];
            parts.push(self.between(later, previous.unwrap_or(self.time), to));
        }
        let numbers = |(step, part): (&Step, &Vec<&Record<'_>>)| StepValues {
            count: part.len() as u32,
            distinct: matches!(step.need, Need::Distinct(_)).then(|| value(step, part)),
            threshold: step.need.least(),
        };
        let numbers = self.kind.steps.iter().zip(&parts).map(numbers).collect();
        (parts.into_iter().flatten().collect(), numbers)
    }
}

/// What of a step's need these events come up to.
fn value(step: &Step, events: &[&Record<'_>]) -> u32 {
    let Need::Distinct(part) = &step.need else { return events.len() as u32 };
    let tuple = |other: &&Record<'_>| -> Option<Vec<String>> {
        part.fields.iter().map(|&field| other.view.display(field)).collect()
    };
    events.iter().filter_map(tuple).collect::<BTreeSet<_>>().len() as u32
}

/// The groups that the event tells by the step's fields.
fn patterns(kind: &Sequence, step: &Step, view: &EventView<'_>) -> Vec<Pattern> {
    if !step.query.matches(view) {
        return Vec::new();
    }
    let grantees = view.display(Field::Grantee).unwrap_or_default();
    let mut found = Vec::new();
    for grantee in grantees.split(' ') {
        let value = |(&field, &own): (&Field, &Field)| match (field, own, view.display(own)) {
            (_, Field::Grantee, Some(_)) => Some(Some((grantee.to_owned(), String::new()))),
            (Field::Vault, _, Some(vault)) => Some(Some((vault, above(view)))),
            (Field::Vault, _, None) if is_wide(view) => Some(None),
            (_, _, Some(value)) => Some(Some((value, String::new()))),
            (_, _, None) => None,
        };
        let pattern: Option<Pattern> = kind.by.iter().zip(&step.by).map(value).collect();
        found.extend(pattern.filter(|pattern| !found.contains(pattern)));
    }
    found
}

/// The group that a pattern names, unless it means any vault below a scope.
fn named(pattern: &Pattern) -> Option<Group> {
    pattern.iter().cloned().collect()
}

/// Whether an event with that pattern is in the group.
fn is_of(pattern: &Pattern, group: &Group, view: &EventView<'_>) -> bool {
    let agrees = |(value, its): (&Option<(String, String)>, &(String, String))| match value {
        Some(value) => value == its,
        None => {
            let (scope, vault_above) = (above(view), &its.1);
            scope.is_empty() || format!("{vault_above}/").starts_with(&format!("{scope}/"))
        }
    };
    pattern.iter().zip(group).all(agrees)
}

fn is_wide(view: &EventView<'_>) -> bool {
    view.event.change == Change::Grant
        && [GrantScope::ResourceGroup, GrantScope::Subscription].contains(&view.event.grant_scope)
}

/// What a resource id has above its provider.
fn above(view: &EventView<'_>) -> String {
    let id = view.text(TextField::ResourceId);
    id.split_once("/providers/").map_or("", |(above, _)| above).to_owned()
}

/// The key by which a report names the group.
fn key(kind: &Sequence, group: &Group) -> Key {
    let part = |(field, (value, above)): (&Field, &(String, String))| match field {
        Field::Vault => Key::of(value.as_bytes()).then(Key::of(above.as_bytes())),
        _ => Key::of(value.as_bytes()),
    };
    let parts = kind.by.iter().zip(group).map(part);
    parts.reduce(Key::then).unwrap_or_default()
}
