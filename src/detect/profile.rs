//! What one identity, or one vault, usually does: the facts an analyst asks for first.
//!
//! Contract: a profile learns from an event after that event has been judged, so that facts are
//! about what came before. Late events do not teach, nor do those more than [`PLAUSIBLE`] ahead of
//! the watermark, whose clocks are wrong or forged and would turn the present into the past. Facts
//! are bounded summaries in order of arrival, good for reading and not part of any rule's condition;
//! `tests/detect_core/recount.rs` counts them again from the records.

use super::known::Known;
use super::table::{Aged, Table};
use super::{KeyClass, PARTITIONS, StateStats, Triage};
use crate::event::{CredentialType, Event, EventView, Field, Key, Outcome, Plane, TickSpan, Ticks};
use crate::limits::Share;

/// A subject silent for longer starts over, as one never seen.
const MEMORY: TickSpan = TickSpan::days(90);

/// How far ahead of the watermark an event may lie and still teach: over a silent weekend.
const PLAUSIBLE: TickSpan = TickSpan::days(4);

/// Active days remembered: two months of daily work and a bit.
const DAYS: usize = 64;

/// Hours with denied calls remembered: twice the 24 that are asked for.
const DENIED_HOURS: usize = 48;

/// Share of events, in tenths, that a subject's usual hours hold.
const USUAL_TENTHS: u64 = 9;

/// The profiles of one partition.
#[derive(Debug)]
pub(super) struct Profiles {
    identities: ClassProfiles,
    vaults: ClassProfiles,
}

/// The profiles of one class.
#[derive(Debug)]
struct ClassProfiles {
    class: KeyClass,
    profiles: Table<Profile>,
    /// Known values that had to make room.
    evictions: u64,
}

/// What of an event is new to its subject.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Novelty {
    source_block: bool,
    client: bool,
    credential_type: bool,
    counterpart: bool,
}

#[derive(Debug, Default)]
struct Profile {
    first_seen: Ticks,
    last_seen: Ticks,
    /// Of a vault only.
    newest_data_record: Option<Ticks>,
    /// Newest active days and their events, ascending.
    days: Vec<(i64, u32)>,
    /// Events per hour of the UTC day, before the newest day and on it.
    hours_before: [u32; 24],
    hours_newest: [u32; 24],
    /// Hours since the epoch with denied calls, and how many; ascending.
    denied: Vec<(i64, u32)>,
    denied_counterparts: Known,
    source_blocks: Known,
    clients: Known,
    counterparts: Known,
    /// A bit per member of [`CredentialType`].
    credential_types: u8,
}

impl KeyClass {
    const fn field(self) -> Field {
        match self {
            Self::Identity => Field::Identity,
            Self::Vault => Field::Vault,
        }
    }

    /// What a subject of the class is seen with.
    const fn counterpart(self) -> Field {
        match self {
            Self::Identity => Field::Vault,
            Self::Vault => Field::Identity,
        }
    }
}

impl Novelty {
    /// The facts with what is new.
    pub(super) fn told_in(self, facts: Triage) -> Triage {
        Triage {
            new_source_block: self.source_block,
            new_client: self.client,
            new_credential_type: self.credential_type,
            new_counterpart: self.counterpart,
            ..facts
        }
    }
}

impl Profiles {
    /// None yet, for at most `capacity` of a class.
    pub(super) fn new(capacity: usize) -> Self {
        Self::with_capacities(capacity, capacity)
    }

    /// Those of the identities of all partitions together, and of no vault.
    pub(super) fn of_all_identities() -> Self {
        Self::with_capacities(Share::DEFAULT.keys * PARTITIONS, 0)
    }

    fn with_capacities(identities: usize, vaults: usize) -> Self {
        let of = |class, capacity| {
            let profiles = Table::new(capacity);
            ClassProfiles { class, profiles, evictions: 0 }
        };
        let (identities, vaults) =
            (of(KeyClass::Identity, identities), of(KeyClass::Vault, vaults));
        Self { identities, vaults }
    }

    /// Takes an event into the profile of its identity, or of its vault.
    pub(super) fn learn(&mut self, class: KeyClass, view: &EventView<'_>) {
        match class {
            KeyClass::Identity => self.identities.learn(view),
            KeyClass::Vault => self.vaults.learn(view),
        }
    }

    /// The facts about an identity or a vault at an event, from what it has learnt so far; whether
    /// the event brings anything new is left open.
    pub(super) fn facts(&self, class: KeyClass, key: Key, view: &EventView<'_>) -> Triage {
        let known = self.of(class).known(key, view);
        known.map(|profile| profile.facts(view)).unwrap_or_default()
    }

    /// What is new to an identity or a vault in an event that it has not learnt from yet: nothing if
    /// the event is somebody else's.
    pub(super) fn novelty(&self, class: KeyClass, key: Key, view: &EventView<'_>) -> Novelty {
        if view.key(class.field()) == Some(key) {
            self.of(class).novelty(key, view)
        } else {
            Novelty::default()
        }
    }

    /// Forgets who was silent for too long when a history ended with this watermark.
    pub(super) fn end_history(&mut self, watermark: Ticks) {
        self.identities.end_history(watermark);
        self.vaults.end_history(watermark);
    }

    pub(super) fn charged_bytes(&self) -> usize {
        self.identities.profiles.charged_bytes() + self.vaults.profiles.charged_bytes()
    }

    /// Forgets the subjects seen least lately, of the class that takes more.
    pub(super) fn shed(&mut self) {
        let [identities, vaults] = [&mut self.identities, &mut self.vaults];
        let is_vaults = identities.profiles.charged_bytes() < vaults.profiles.charged_bytes();
        let largest = if is_vaults { vaults } else { identities };
        largest.profiles.shed(|_, _| ());
    }

    pub(super) fn stats(&self) -> StateStats {
        let mut stats = self.identities.stats();
        stats += self.vaults.stats();
        stats
    }

    /// How many identities and vaults there are profiles of.
    pub(super) fn subjects(&self) -> [u64; 2] {
        [&self.identities, &self.vaults].map(|class| class.profiles.len() as u64)
    }

    fn of(&self, class: KeyClass) -> &ClassProfiles {
        match class {
            KeyClass::Identity => &self.identities,
            KeyClass::Vault => &self.vaults,
        }
    }
}

impl ClassProfiles {
    fn learn(&mut self, view: &EventView<'_>) {
        let event = view.event;
        let is_ahead = event.watermark > Ticks::MIN && event.time > event.watermark + PLAUSIBLE;
        let Some(key) = view.key(self.class.field()).filter(|_| !event.is_late() && !is_ahead)
        else {
            return;
        };
        let forgotten = event.watermark - MEMORY;
        let is_dead = |profile: &Profile| profile.last_seen <= forgotten;
        let profile =
            self.profiles.get_or_insert_with(key, is_dead, |_, _| (), || Profile::new(event));
        let before = profile.owned_bytes();
        if is_dead(profile) {
            *profile = Profile::new(event);
        }
        self.evictions += profile.learn(self.class, view) as u64;
        let after = profile.owned_bytes();
        self.profiles.resized(before, after);
    }

    fn end_history(&mut self, watermark: Ticks) {
        self.profiles.retain(|profile| profile.last_seen > watermark - MEMORY);
    }

    /// The profile of who was not silent for too long before the event.
    fn known(&self, key: Key, view: &EventView<'_>) -> Option<&Profile> {
        let forgotten = view.event.watermark - MEMORY;
        self.profiles.get(key).filter(|profile| profile.last_seen > forgotten)
    }

    fn novelty(&self, key: Key, view: &EventView<'_>) -> Novelty {
        let known = self.known(key, view);
        let is_new = |of: fn(&Profile) -> &Known, field| {
            known.map_or(view.key(field).is_some(), |profile| of(profile).lacks(view, field))
        };
        let credential = view.event.credential_type;
        let has_used = known.is_some_and(|profile| profile.credential_types & bit(credential) != 0);
        Novelty {
            source_block: is_new(|profile| &profile.source_blocks, Field::SourceBlock),
            client: is_new(|profile| &profile.clients, Field::Client),
            counterpart: is_new(|profile| &profile.counterparts, self.class.counterpart()),
            credential_type: credential != CredentialType::None && !has_used,
        }
    }

    fn stats(&self) -> StateStats {
        let mut stats = self.profiles.stats();
        stats.evictions += self.evictions;
        stats
    }
}

impl Profile {
    fn new(event: &Event) -> Self {
        Self { first_seen: event.time, last_seen: event.time, ..Self::default() }
    }

    /// Gives how many known values had to make room.
    fn learn(&mut self, class: KeyClass, view: &EventView<'_>) -> usize {
        let event = view.event;
        self.first_seen = self.first_seen.min(event.time);
        self.last_seen = self.last_seen.max(event.time);
        if class == KeyClass::Vault && event.plane == Plane::Data {
            self.newest_data_record = self.newest_data_record.max(Some(event.time));
        }
        let day = event.time.utc_day();
        if self.days.last().is_some_and(|newest| newest.0 < day) {
            let newest = std::mem::take(&mut self.hours_newest);
            self.hours_before.iter_mut().zip(newest).for_each(|(sum, events)| *sum += events);
        }
        let is_newest = self.days.last().is_none_or(|newest| newest.0 <= day);
        let hours = if is_newest { &mut self.hours_newest } else { &mut self.hours_before };
        hours[event.time.utc_hour()] += 1;
        count(&mut self.days, day, DAYS);
        self.credential_types |= bit(event.credential_type);
        let mut evictions = self.source_blocks.learn(view, Field::SourceBlock)
            + self.clients.learn(view, Field::Client)
            + self.counterparts.learn(view, class.counterpart());
        if event.outcome == Outcome::Denied {
            count(&mut self.denied, hour(event.time), DENIED_HOURS);
            evictions += self.denied_counterparts.learn(view, class.counterpart());
        }
        evictions
    }

    /// What was usual before the event; whether it brings anything new is left open.
    fn facts(&self, view: &EventView<'_>) -> Triage {
        let time = view.event.time;
        let (day, now) = (time.utc_day(), hour(time));
        let before = || self.days.iter().filter(|known| known.0 < day);
        let active_days = before().count() as u32;
        let events_before: u64 = before().map(|known| u64::from(known.1)).sum();
        let has_new_day = self.days.last().is_some_and(|newest| newest.0 < day);
        let of_hour = |hour: usize| {
            self.hours_before[hour] + if has_new_day { self.hours_newest[hour] } else { 0 }
        };
        let hours: [u32; 24] = std::array::from_fn(of_hour);
        let all_hours: u64 = hours.iter().map(|&events| u64::from(events)).sum();
        let has_used = |one: &CredentialType| self.credential_types & bit(*one) != 0;
        let is_last_day = |hour: i64| hour > now - 24 && hour <= now;
        let denied = self.denied.iter().filter(|known| is_last_day(known.0));
        Triage {
            first_seen: Some(self.first_seen),
            last_seen: Some(self.last_seen),
            active_days,
            daily_events: share(events_before, active_days.into()),
            busiest_day_events: before().map(|known| known.1).max().unwrap_or_default(),
            events_today: self.days.iter().find(|known| known.0 == day).map_or(0, |known| known.1),
            hour_share: share(of_hour(time.utc_hour()).into(), all_hours),
            usual_hours: usual_hours(&hours),
            denied_24h: denied.map(|known| known.1).sum(),
            denied_counterparts_24h: self
                .denied_counterparts
                .count_last_seen(|seen| is_last_day(hour(seen))),
            credential_types: CredentialType::ALL.iter().copied().filter(has_used).collect(),
            source_blocks: self.source_blocks.newest(),
            clients: self.clients.newest(),
            counterparts: self.counterparts.newest(),
            known_source_blocks: self.source_blocks.len(),
            known_clients: self.clients.len(),
            known_counterparts: self.counterparts.len(),
            newest_data_record: self.newest_data_record,
            ..Triage::default()
        }
    }
}

impl Aged for Profile {
    fn last_seen(&self) -> Ticks {
        self.last_seen
    }

    fn owned_bytes(&self) -> usize {
        let known =
            [&self.denied_counterparts, &self.source_blocks, &self.clients, &self.counterparts];
        known.iter().map(|known| known.size_bytes()).sum::<usize>()
            + (self.days.capacity() + self.denied.capacity()) * size_of::<(i64, u32)>()
    }
}

/// Counts one more at `at` in an ascending list of at most `capacity` places, whose oldest goes.
fn count(list: &mut Vec<(i64, u32)>, at: i64, capacity: usize) {
    if let Some((newest, events)) = list.last_mut()
        && *newest == at
    {
        *events += 1;
        return;
    }
    match list.binary_search_by_key(&at, |known| known.0) {
        Ok(place) => list[place].1 += 1,
        Err(place) => {
            list.insert(place, (at, 1));
            if list.len() > capacity {
                list.remove(0);
            }
        }
    }
}

/// None for what is no credential.
fn bit(credential: CredentialType) -> u8 {
    if credential == CredentialType::None { 0 } else { 1 << credential as u8 }
}

/// The busiest hours that together hold [`USUAL_TENTHS`] of all events.
fn usual_hours(hours: &[u32; 24]) -> Vec<u8> {
    let all: u64 = hours.iter().map(|&events| u64::from(events)).sum();
    let mut busiest: Vec<usize> = (0..24).filter(|&hour| hours[hour] > 0).collect();
    busiest.sort_by_key(|&hour| std::cmp::Reverse(hours[hour]));
    let mut held = 0;
    let usual = busiest.into_iter().take_while(|&hour| {
        let is_needed = held * 10 < all * USUAL_TENTHS;
        held += u64::from(hours[hour]);
        is_needed
    });
    let mut usual: Vec<u8> = usual.map(|hour| hour as u8).collect();
    usual.sort_unstable();
    usual
}

/// Zero of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Hours since the epoch.
fn hour(time: Ticks) -> i64 {
    time.utc_day() * 24 + time.utc_hour() as i64
}
