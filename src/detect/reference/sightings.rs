//! What there is to judge, in order of arrival: records, with what their other halves add.
//!
//! A change through the Activity Log is a Start and an end of one correlation id, operation and
//! resource; the n-th of the one belongs to the n-th of the other. Where the Start came first, the
//! Success is judged with what the Start says and it does not; where the Success came first it is
//! judged as it is, and so completed after its Start.

use crate::event::{Batch, Change, EventView, Field, GrantScope, Outcome, Plane, TextField};
use crate::event::{Origin, TickSpan, Ticks};

/// One thing to judge.
pub(super) struct Record<'a> {
    pub(super) view: EventView<'a>,
    /// What was judged before, where this is a completed Success.
    pub(super) before: Option<EventView<'a>>,
    /// Place in order of arrival of the record that it is.
    pub(super) index: usize,
    pub(super) time: Ticks,
    pub(super) watermark: Ticks,
    pub(super) late: bool,
    pub(super) duplicate: bool,
}

impl Record<'_> {
    pub(super) fn origin(&self) -> Origin {
        self.view.event.origin
    }
}

/// The events of a corpus in all their versions, and what to judge of them.
pub(super) struct Sightings {
    versions: Batch,
    all: Vec<Sighting>,
}

/// Places are those of `versions`, the first of which are the records.
#[derive(Clone, Copy)]
struct Sighting {
    event: usize,
    before: Option<usize>,
    index: usize,
    watermark: Ticks,
    duplicate: bool,
}

impl Sightings {
    pub(super) fn new(batch: &Batch, lateness: TickSpan) -> Self {
        let mut versions = batch.clone();
        let mut all: Vec<Sighting> = Vec::new();
        let own: Vec<Sighting> =
            (0..batch.events.len()).map(|index| sighting(batch, index, lateness)).collect();
        let is_duplicate: Vec<bool> =
            (0..own.len()).map(|index| is_duplicate(batch, &own, index)).collect();
        for (index, sighting) in own.iter().enumerate() {
            all.push(Sighting { duplicate: is_duplicate[index], ..*sighting });
            if is_duplicate[index] {
                continue;
            }
            let Some(other) = other_half(batch, &is_duplicate, index).filter(|&it| it < index)
            else {
                continue;
            };
            if is_success(&batch.view(index)) {
                complete(&mut versions, index, other);
            } else if is_start(&batch.view(index)) && is_success(&batch.view(other)) {
                let before = versions.events.len();
                let mut success = batch.events[other];
                success.arrival = batch.events[index].arrival;
                versions.events.extend([success, success]);
                complete(&mut versions, before + 1, index);
                let (event, before) = (before + 1, Some(before));
                if !agree(&versions.view(event), &batch.view(other)) {
                    all.push(Sighting { event, before, index: other, ..*sighting });
                }
            }
        }
        Self { versions, all }
    }

    pub(super) fn records(&self) -> Vec<Record<'_>> {
        let record = |sighting: &Sighting| {
            let view = self.versions.view(sighting.event);
            Record {
                view,
                before: sighting.before.map(|before| self.versions.view(before)),
                index: sighting.index,
                time: view.event.time,
                watermark: sighting.watermark,
                late: view.event.time <= sighting.watermark,
                duplicate: sighting.duplicate,
            }
        };
        self.all.iter().map(record).collect()
    }
}

fn sighting(batch: &Batch, index: usize, lateness: TickSpan) -> Sighting {
    let mut times: Vec<Ticks> = batch.events[..=index].iter().map(|event| event.time).collect();
    times.sort();
    times.reverse();
    let watermark = times.get(15).map_or(Ticks::MIN, |&time| time - lateness);
    Sighting { event: index, before: None, index, watermark, duplicate: false }
}

/// Whether the record agrees with an earlier one; neither of them late.
fn is_duplicate(batch: &Batch, own: &[Sighting], index: usize) -> bool {
    let is_late = |index: usize| batch.events[index].time <= own[index].watermark;
    let view = batch.view(index);
    view.display(Field::CorrelationId).is_some()
        && !is_late(index)
        && (0..index).any(|other| !is_late(other) && agree(&batch.view(other), &view))
}

fn agree(one: &EventView<'_>, other: &EventView<'_>) -> bool {
    one.event.time == other.event.time
        && Field::ALL.iter().all(|&field| one.display(field) == other.display(field))
}

/// The record that is the other half of this one, whenever it arrives.
fn other_half(batch: &Batch, is_duplicate: &[bool], index: usize) -> Option<usize> {
    let call = call(&batch.view(index))?;
    let halves = |of_starts: bool| {
        let records = (0..batch.events.len()).filter(|&other| !is_duplicate[other]);
        let of_call =
            records.filter(|&other| self::call(&batch.view(other)).as_ref() == Some(&call));
        of_call.filter(move |&other| is_start(&batch.view(other)) == of_starts)
    };
    let of_starts = is_start(&batch.view(index));
    let nth = halves(of_starts).take_while(|&other| other < index).count();
    halves(!of_starts).nth(nth)
}

/// What halves have in common; `None` for a record that is none.
fn call(view: &EventView<'_>) -> Option<[Option<String>; 3]> {
    let event = view.event;
    let may_change = event.change != Change::None
        || view.text(TextField::Operation) == "MICROSOFT.KEYVAULT/VAULTS/WRITE";
    let is_half = event.plane == Plane::Control && may_change && event.outcome != Outcome::Accepted;
    let id = view.display(Field::CorrelationId).filter(|_| is_half)?;
    Some([Some(id), view.display(Field::Operation), view.display(Field::ResourceId)])
}

fn is_start(view: &EventView<'_>) -> bool {
    view.event.outcome == Outcome::Started
}

fn is_success(view: &EventView<'_>) -> bool {
    view.event.outcome == Outcome::Success
}

/// Adds to a Success what its Start says and it does not.
fn complete(versions: &mut Batch, success: usize, start: usize) {
    let mut event = versions.events[success];
    let said = versions.events[start];
    if event.change == Change::None {
        event.change = said.change;
    }
    if event.grant_scope == GrantScope::None {
        event.grant_scope = said.grant_scope;
    }
    if versions.view(success).text(TextField::Grantee).is_empty() {
        let grantee = versions.view(start).text(TextField::Grantee).to_owned();
        versions.set_text(&mut event, TextField::Grantee, &grantee);
    }
    versions.events[success] = event;
}
