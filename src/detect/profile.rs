//! What one identity usually does: the facts an analyst asks for first.
//!
//! Contract: a profile learns from an event after that event has been judged, so that facts are
//! about what came before. Late events do not teach, nor do those more than [`PLAUSIBLE`] ahead of
//! the watermark, whose clocks are wrong or forged and would turn the present into the past. Facts
//! are bounded summaries in order of arrival, good for reading and not part of any rule's condition.

use super::table::{Aged, Table};
use super::{Evidence, StateStats, Triage};
use crate::event::{CredentialType, Event, EventView, Field, Key, Outcome, TickSpan, Ticks};

/// Most profiles in one partition: four million in all, the identities of the largest tenants.
const PROFILES: usize = 1 << 14;

/// An identity silent for longer starts over, as one never seen.
const MEMORY: TickSpan = TickSpan::days(90);

/// How far ahead of the watermark an event may lie and still teach: over a silent weekend.
const PLAUSIBLE: TickSpan = TickSpan::days(4);

/// Active days remembered: two months of daily work and a bit.
const DAYS: usize = 64;

/// Hours with denied calls remembered: twice the 24 that are asked for.
const DENIED_HOURS: usize = 48;

/// Address blocks, clients and vaults remembered, each; past this an identity has no habits.
const KNOWN: usize = 64;

/// Of those, shown in an alert: what an analyst compares with at a glance.
const SHOWN: usize = 5;

/// Share of events, in tenths, that an identity's usual hours hold.
const USUAL_TENTHS: u64 = 9;

/// The profiles of one partition.
#[derive(Debug)]
pub(super) struct Profiles {
    profiles: Table<Profile>,
    /// Known values that had to make room.
    evictions: u64,
}

#[derive(Debug, Default)]
struct Profile {
    first_seen: Ticks,
    last_seen: Ticks,
    /// Newest active days and their events, ascending.
    days: Vec<(i64, u32)>,
    /// Events per hour of the UTC day, before the newest day and on it.
    hours_before: [u32; 24],
    hours_newest: [u32; 24],
    /// Hours since the epoch with denied calls, and how many; ascending.
    denied: Vec<(i64, u32)>,
    source_blocks: Known,
    clients: Known,
    vaults: Known,
    /// A bit per member of [`CredentialType`].
    credential_types: u8,
}

/// A bounded set of values, each with the record that showed it last.
#[derive(Debug, Default)]
struct Known(Vec<(Key, Evidence)>);

impl Default for Profiles {
    fn default() -> Self {
        Self { profiles: Table::new(PROFILES), evictions: 0 }
    }
}

impl Profiles {
    /// Takes an event into its identity's profile.
    pub(super) fn learn(&mut self, view: &EventView<'_>) {
        let event = view.event;
        let is_ahead = event.watermark > Ticks::MIN && event.time > event.watermark + PLAUSIBLE;
        let Some(identity) = view.key(Field::Identity).filter(|_| !event.is_late() && !is_ahead)
        else {
            return;
        };
        let forgotten = event.watermark - MEMORY;
        let is_dead = |profile: &Profile| profile.last_seen <= forgotten;
        let profile =
            self.profiles.get_or_insert_with(identity, is_dead, |_, _| (), || Profile::new(event));
        if is_dead(profile) {
            *profile = Profile::new(event);
        }
        self.evictions += profile.learn(view) as u64;
    }

    /// Forgets who was silent for too long when a history ended with this watermark.
    pub(super) fn end_history(&mut self, watermark: Ticks) {
        self.profiles.retain(|profile| profile.last_seen > watermark - MEMORY);
    }

    /// The facts about the identity of an event that it has not learnt from yet.
    pub(super) fn triage(&self, view: &EventView<'_>) -> Triage {
        let Some(identity) = view.key(Field::Identity) else { return Triage::default() };
        let forgotten = view.event.watermark - MEMORY;
        let known = self.profiles.get(identity).filter(|profile| profile.last_seen > forgotten);
        match known {
            Some(profile) => profile.triage(view),
            None => Triage {
                new_source_block: view.key(Field::SourceBlock).is_some(),
                new_client: view.key(Field::Client).is_some(),
                new_credential_type: view.event.credential_type != CredentialType::None,
                ..Triage::default()
            },
        }
    }

    pub(super) fn stats(&self) -> StateStats {
        StateStats {
            keys: self.profiles.len() as u64,
            cap: self.profiles.cap(),
            size_bytes: self.profiles.size_bytes(Profile::size_bytes) as u64,
            evictions: self.profiles.evictions() + self.evictions,
        }
    }
}

impl Profile {
    fn new(event: &Event) -> Self {
        Self { first_seen: event.time, last_seen: event.time, ..Self::default() }
    }

    /// Gives how many known values had to make room.
    fn learn(&mut self, view: &EventView<'_>) -> usize {
        let event = view.event;
        self.first_seen = self.first_seen.min(event.time);
        self.last_seen = self.last_seen.max(event.time);
        let day = event.time.utc_day();
        if self.days.last().is_some_and(|newest| newest.0 < day) {
            let newest = std::mem::take(&mut self.hours_newest);
            self.hours_before.iter_mut().zip(newest).for_each(|(sum, events)| *sum += events);
        }
        let is_newest = self.days.last().is_none_or(|newest| newest.0 <= day);
        let hours = if is_newest { &mut self.hours_newest } else { &mut self.hours_before };
        hours[event.time.utc_hour()] += 1;
        count(&mut self.days, day, DAYS);
        if event.outcome == Outcome::Denied {
            count(&mut self.denied, hour(event.time), DENIED_HOURS);
        }
        self.credential_types |= bit(event.credential_type);
        self.source_blocks.learn(view, Field::SourceBlock)
            + self.clients.learn(view, Field::Client)
            + self.vaults.learn(view, Field::Vault)
    }

    fn triage(&self, view: &EventView<'_>) -> Triage {
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
        let credential = view.event.credential_type;
        let has_used = |one: &CredentialType| self.credential_types & bit(*one) != 0;
        let share =
            |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        Triage {
            first_seen: Some(self.first_seen),
            active_days,
            daily_events: share(events_before, active_days.into()),
            events_today: self.days.iter().find(|known| known.0 == day).map_or(0, |known| known.1),
            hour_share: share(of_hour(time.utc_hour()).into(), all_hours),
            usual_hours: usual_hours(&hours),
            denied_24h: (self.denied.iter())
                .filter(|known| known.0 > now - 24 && known.0 <= now)
                .map(|known| known.1)
                .sum(),
            new_source_block: self.source_blocks.lacks(view, Field::SourceBlock),
            new_client: self.clients.lacks(view, Field::Client),
            new_credential_type: credential != CredentialType::None && !has_used(&credential),
            credential_types: CredentialType::ALL.iter().copied().filter(has_used).collect(),
            source_blocks: self.source_blocks.newest(),
            clients: self.clients.newest(),
            known_source_blocks: self.source_blocks.0.len() as u32,
            known_clients: self.clients.0.len() as u32,
            known_vaults: self.vaults.0.len() as u32,
            recent_changes: Vec::new(),
        }
    }

    fn size_bytes(&self) -> usize {
        let known = [&self.source_blocks, &self.clients, &self.vaults];
        let keys: usize = known.iter().map(|known| known.0.capacity()).sum();
        keys * size_of::<(Key, Evidence)>()
            + (self.days.capacity() + self.denied.capacity()) * size_of::<(i64, u32)>()
    }
}

impl Aged for Profile {
    fn last_seen(&self) -> Ticks {
        self.last_seen
    }
}

impl Known {
    /// Remembers the event's value; past [`KNOWN`] in place of the one seen least lately. Gives how
    /// many had to go.
    fn learn(&mut self, view: &EventView<'_>, field: Field) -> usize {
        let Some(key) = view.key(field) else { return 0 };
        let record = Evidence { time: view.event.time, origin: view.event.origin };
        if let Some((_, seen)) = self.0.iter_mut().find(|(known, _)| *known == key) {
            *seen = (*seen).max(record);
            return 0;
        }
        if self.0.len() < KNOWN {
            self.0.push((key, record));
            return 0;
        }
        if let Some(oldest) = self.0.iter_mut().min_by_key(|(key, seen)| (seen.time, *key)) {
            *oldest = (key, record);
        }
        1
    }

    /// Records of the values seen last, newest first.
    fn newest(&self) -> Vec<Evidence> {
        let mut newest: Vec<Evidence> = self.0.iter().map(|&(_, seen)| seen).collect();
        newest.sort_unstable_by_key(|&seen| std::cmp::Reverse(seen));
        newest.truncate(SHOWN);
        newest
    }

    /// Whether the event has a value that is not known.
    fn lacks(&self, view: &EventView<'_>, field: Field) -> bool {
        view.key(field).is_some_and(|key| self.0.iter().all(|(known, _)| *known != key))
    }
}

/// Counts one more at `at` in an ascending list of at most `capacity` places, whose oldest goes.
fn count(list: &mut Vec<(i64, u32)>, at: i64, capacity: usize) {
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

/// Hours since the epoch.
fn hour(time: Ticks) -> i64 {
    time.utc_day() * 24 + time.utc_hour() as i64
}
