//! Draws the records that are compared: some of every campaign, some of every benign identity's
//! day, always by hash, so that the same plan gives the same sample.

use std::collections::{BTreeMap, BTreeSet};

use xxhash_rust::xxh3::xxh3_64;

use super::reading::{Names, Reading, read};
use crate::Field;
use crate::calibrate::Intensities;
use crate::delivery::deliver;
use crate::event::Event;
use crate::flow::Flow;
use crate::plan::Progress;
use crate::render::{Texts, operation_name};
use crate::scenario::BenignClass;
use crate::staging::Kind;
use crate::time::{DAY, Ticks};
use crate::workloads::Work;

/// Records of one call kept per campaign, and per identity and day.
const RECORDS_PER_UNIT: usize = 2;
/// Identity-days kept per call: with a few dozen calls in use, some hundred thousand records.
const UNITS_PER_CALL: usize = 1_500;

/// One record that was drawn.
#[derive(Debug, Clone)]
pub(super) struct Specimen {
    /// The campaign, or the identity.
    pub(super) cluster: u32,
    /// The campaign, or the identity's day.
    pub(super) unit: u64,
    /// Decides the half it belongs to: the identity, or the one that the campaign begins as.
    pub(super) identity: u32,
    pub(super) time: Ticks,
    pub(super) reading: Reading,
}

/// The records of one attack.
#[derive(Debug)]
pub(super) struct Exhibit {
    pub(super) attack: String,
    pub(super) declared: Vec<Field>,
    pub(super) campaigns: usize,
    pub(super) specimens: Vec<Specimen>,
}

/// Everything drawn.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) attacks: Vec<Exhibit>,
    pub(super) benign: Vec<Specimen>,
    pub(super) names: Names,
}

/// Draws from a flow in which the attacks are staged as often as they shall be compared. `tamper`
/// may change the text of hostile records, which is how tests plant an artefact.
pub(super) fn draw(
    flow: &Flow,
    intensities: &Intensities,
    tamper: &dyn Fn(&mut Vec<u8>),
    progress: &mut dyn FnMut(Progress),
) -> Sample {
    let mut reader = Reader { texts: Texts::new(&flow.tenant), names: Names::default() };
    let (mut calls, mut times) = (BTreeSet::new(), None);
    let mut attacks = Vec::new();
    for (index, staging) in flow.stagings.iter().enumerate() {
        if !matches!(staging.kind, Kind::Attack(_)) {
            continue;
        }
        let mut exhibit = Exhibit {
            attack: staging.name.clone(),
            declared: staging.defined_by.clone(),
            campaigns: 0,
            specimens: Vec::new(),
        };
        for (at, instance) in flow.instances.iter().enumerate() {
            if instance.staging != index {
                continue;
            }
            let events = delivered(flow, |work| {
                flow.instance(at, &mut work.events);
            });
            let Some(first) = events.first() else { continue };
            let mut picked: BTreeMap<Call, Vec<Event>> = BTreeMap::new();
            for event in &events {
                let (low, high) = times.unwrap_or((event.time, event.time));
                times = Some((low.min(event.time), high.max(event.time)));
                pick(picked.entry(call(flow, event)).or_default(), *event);
            }
            for event in picked.values().flatten() {
                let reading = reader.read(event, tamper);
                exhibit.specimens.push(Specimen {
                    cluster: at as u32,
                    unit: at as u64,
                    identity: first.identity,
                    time: event.time,
                    reading,
                });
            }
            calls.extend(picked.into_keys());
            exhibit.campaigns += 1;
        }
        attacks.push(exhibit);
    }
    let mut shelves: BTreeMap<Call, Shelf> =
        calls.into_iter().map(|call| (call, Shelf::default())).collect();
    if let Some(times) = times {
        shelve(flow, intensities, times, &mut shelves, progress);
    }
    let benign = shelves.values().flat_map(|shelf| &shelf.0);
    let benign = benign.flat_map(|(&unit, events)| events.iter().map(move |event| (unit, event)));
    let benign = benign.map(|(unit, event)| Specimen {
        cluster: event.identity,
        unit,
        identity: event.identity,
        time: event.time,
        reading: reader.read(event, &|_| {}),
    });
    Sample { attacks, benign: benign.collect(), names: reader.names }
}

/// A call as descriptors tell it: only what attacks do needs benign company.
type Call = (&'static str, u8, &'static str);

fn call(flow: &Flow, event: &Event) -> Call {
    let identity = &flow.tenant.identities[event.identity as usize];
    (operation_name(event.operation), event.outcome as u8, identity.kind.word())
}

/// Some identity-days of one call, by the hash of each.
#[derive(Default)]
struct Shelf(BTreeMap<u64, Vec<Event>>);

impl Shelf {
    fn add(&mut self, event: &Event) {
        let day = event.time.div_euclid(DAY);
        let unit = hash(u128::from(event.identity) << 64 | day as u128);
        let full = self.0.len() >= UNITS_PER_CALL;
        if full && self.0.last_key_value().is_some_and(|(&last, _)| unit > last) {
            return;
        }
        pick(self.0.entry(unit).or_default(), *event);
        if self.0.len() > UNITS_PER_CALL {
            self.0.pop_last();
        }
    }
}

/// Keeps the records with the lowest hashes.
fn pick(kept: &mut Vec<Event>, event: Event) {
    let rank = |event: &Event| hash(event.id ^ event.arrival as u128);
    kept.push(event);
    kept.sort_by_key(rank);
    kept.truncate(RECORDS_PER_UNIT);
}

fn hash(value: u128) -> u64 {
    xxh3_64(&value.to_le_bytes())
}

/// Benign traffic between two times: habits, and the look-alikes.
fn shelve(
    flow: &Flow,
    intensities: &Intensities,
    (first, last): (Ticks, Ticks),
    shelves: &mut BTreeMap<Call, Shelf>,
    progress: &mut dyn FnMut(Progress),
) {
    let mut seen = Progress { events: 0, events_expected: intensities.expected, bytes: 0 };
    let mut shelve = |events: &[Event]| {
        for event in events.iter().filter(|event| (first..=last).contains(&event.time)) {
            if let Some(shelf) = shelves.get_mut(&call(flow, event)) {
                shelf.add(event);
            }
        }
    };
    for slice in flow.slices().filter(|slice| slice.1 > first && slice.0 <= last) {
        let events = delivered(flow, |work| {
            for identity in 0..flow.tenant.identities.len() as u32 {
                flow.habits(identity, slice, intensities, work);
            }
        });
        shelve(&events);
        seen.events += events.len() as u64;
        progress(seen);
    }
    for (at, instance) in flow.instances.iter().enumerate() {
        if matches!(
            flow.stagings[instance.staging].kind,
            Kind::LookAlike(BenignClass::LookAlike, _)
        ) {
            shelve(&delivered(flow, |work| {
                flow.instance(at, &mut work.events);
            }));
        }
    }
}

/// Expands, cuts at the end of the corpus as it would be, and delivers.
fn delivered(flow: &Flow, expand: impl FnOnce(&mut Work)) -> Vec<Event> {
    let (mut work, mut out) = (Work::default(), Vec::new());
    expand(&mut work);
    for event in work.events.iter().filter(|event| flow.is_observed(event)) {
        deliver(&flow.tenant, *event, &mut out);
    }
    out
}

struct Reader<'a> {
    texts: Texts<'a>,
    names: Names,
}

impl Reader<'_> {
    fn read(&mut self, event: &Event, tamper: &dyn Fn(&mut Vec<u8>)) -> Reading {
        let mut line = Vec::new();
        self.texts.write(&mut line, event);
        line.pop();
        tamper(&mut line);
        read(&line, event.time, event.arrival, &mut self.names)
    }
}
