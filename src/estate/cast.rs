//! From what was counted to the cast that campaigns play on.
//!
//! It holds every identifying value, so it stays in memory and is never written. Contract: whoever is in
//! it was in the logs before the scored days begin, with an object id, an IPv4 address and a client; a
//! vault is in it if the logs say where it is and it stood for more than a day.

use std::collections::BTreeMap;

use serde::Serialize;
use vaultdrill_generators::{Cast, CastIdentity, CastObject, CastVault};

use super::caller::Caller;
use super::details::guid;
use super::fit::Fit;
use super::places::{Collection, Place, Thing};
use super::toolbox::{Toolbox, top};
use crate::event::{TickSpan, Ticks};

/// A cast, and how much of the logs is in it.
#[derive(Clone, Debug)]
pub struct Casting {
    /// Who and what campaigns can play on.
    pub cast: Cast,
    /// What is in it.
    pub summary: CastSummary,
}

/// What a cast holds and what it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CastSummary {
    /// Identities in it, by position.
    pub positions: BTreeMap<String, usize>,
    /// Vaults in it.
    pub vaults: usize,
    /// Objects in it.
    pub objects: usize,
    /// Identities that are not, by reason.
    pub identities_left_out: BTreeMap<&'static str, usize>,
    /// Vaults that are not, by reason.
    pub vaults_left_out: BTreeMap<&'static str, usize>,
}

/// Where things of the logs stand in the cast, by their number in the logs.
#[derive(Debug, Default)]
struct Numbers {
    vaults: BTreeMap<u32, usize>,
    /// With the vault's.
    secrets: BTreeMap<u32, (usize, usize)>,
}

impl Fit {
    /// The cast for campaigns from `warmup_end` on.
    pub fn cast(&self, warmup_end: Ticks) -> Casting {
        let mut summary = CastSummary::default();
        let mut vaults = Vec::new();
        let mut numbers = Numbers::default();
        let things = self.things_of_places();
        let location = self.usual_location();
        for (number, place) in self.places.all.iter().enumerate() {
            let own = things.get(&(number as u32)).map_or(&[][..], Vec::as_slice);
            match self.vault(place, own, location) {
                Ok(vault) => {
                    numbers.vaults.insert(number as u32, vaults.len());
                    let live = self.of_collection(own, Collection::Secrets);
                    for (index, (thing, _)) in live.into_iter().enumerate() {
                        numbers.secrets.insert(thing, (vaults.len(), index));
                    }
                    summary.objects +=
                        vault.secrets.len() + vault.keys.len() + vault.certificates.len();
                    vaults.push(vault);
                }
                Err(reason) => *summary.vaults_left_out.entry(reason).or_default() += 1,
            }
        }
        let mut toolbox = Toolbox::of(self);
        let mut identities = Vec::new();
        for caller in &self.callers.all {
            match self.identity(caller, warmup_end, &numbers, &mut toolbox) {
                Ok(identity) => {
                    let word = serde_json::to_value(identity.position);
                    let word = word.ok().and_then(|word| word.as_str().map(str::to_owned));
                    *summary.positions.entry(word.unwrap_or_default()).or_default() += 1;
                    identities.push(identity);
                }
                Err(reason) => *summary.identities_left_out.entry(reason).or_default() += 1,
            }
        }
        summary.vaults = vaults.len();
        let cast =
            Cast { tenant_id: self.tenant(), vaults, clients: toolbox.into_clients(), identities };
        Casting { cast, summary }
    }

    /// Numbers of the things in each place.
    fn things_of_places(&self) -> BTreeMap<u32, Vec<u32>> {
        let mut things: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (number, thing) in self.things.all.iter().enumerate() {
            things.entry(thing.vault).or_default().push(number as u32);
        }
        things
    }

    /// What is there of a collection, used most first.
    fn of_collection(&self, own: &[u32], collection: Collection) -> Vec<(u32, &Thing)> {
        let all = own.iter().map(|&number| (number, &self.things.all[number as usize]));
        let is_there =
            |thing: &Thing| thing.collection == collection && thing.used > 0 && !thing.is_gone;
        let mut live: Vec<(u32, &Thing)> = all.filter(|(_, thing)| is_there(thing)).collect();
        live.sort_by(|a, b| b.1.used.cmp(&a.1.used).then(a.0.cmp(&b.0)));
        live
    }

    /// The region of most vaults.
    fn usual_location(&self) -> Option<&str> {
        let named = self.places.all.iter().filter_map(|place| place.location.as_deref());
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        named.for_each(|location| *counts.entry(location).or_default() += 1);
        top(counts)
    }

    fn vault(
        &self,
        place: &Place,
        own: &[u32],
        usual_location: Option<&str>,
    ) -> Result<CastVault, &'static str> {
        let (subscription, _) = place.home().ok_or("nobody says where it is")?;
        let (group, name) = place.spelled().ok_or("nobody says where it is")?;
        let subscription = guid(subscription).ok_or("its subscription is no GUID")?;
        let covers_days = self.range().is_some_and(|range| range.len() > 1);
        if place.is_gone {
            return Err("it was deleted");
        }
        if covers_days && place.is_short_lived() {
            return Err("it stood for less than a day");
        }
        let objects = |collection| {
            let live = self.of_collection(own, collection).into_iter();
            live.map(|(_, thing)| CastObject { name: thing.name.clone(), version: thing.version })
                .collect()
        };
        let all = own.iter().map(|&number| &self.things.all[number as usize]);
        let gone = all.filter(|thing| {
            let is_missed = thing.used == 0 && thing.missed > 0;
            thing.collection == Collection::Secrets && (thing.is_gone || is_missed)
        });
        Ok(CastVault {
            name: name.to_owned(),
            subscription,
            resource_group: group.to_owned(),
            resource_id: place.resource_id.clone(),
            location: place.location.clone().or_else(|| usual_location.map(str::to_owned)),
            roles: place.roles.unwrap_or(true),
            network: place.network(),
            logged: place.logged > 0,
            secrets: objects(Collection::Secrets),
            keys: objects(Collection::Keys),
            certificates: objects(Collection::Certificates),
            deleted: gone.map(|thing| thing.name.clone()).collect(),
        })
    }

    fn identity(
        &self,
        caller: &Caller,
        warmup_end: Ticks,
        numbers: &Numbers,
        toolbox: &mut Toolbox<'_>,
    ) -> Result<CastIdentity, &'static str> {
        let object_id = guid(&caller.id).ok_or("it has no object id")?;
        if caller.first >= warmup_end {
            return Err("it came after the warm-up");
        }
        let public: Vec<(u32, f64)> =
            caller.public.by_count().into_iter().map(|(at, count)| (at, count as f64)).collect();
        let private: Vec<u32> = caller.private.by_count().into_iter().map(|(at, _)| at).collect();
        if public.is_empty() && private.is_empty() {
            return Err("it has no IPv4 address");
        }
        let clients = toolbox.of_caller(caller).ok_or("it has no client")?;
        let known = |counts: Vec<(u32, u64)>| counts.into_iter().map(|(number, _)| number);
        let days = (self.range().map_or(1, |range| range.len()) as f64).max(1.0);
        Ok(CastIdentity {
            kind: caller.cast_kind(),
            position: caller.position(),
            name: caller.user.clone(),
            object_id,
            app_id: guid(&caller.app).unwrap_or(object_id),
            resource: Some(caller.resource.clone()).filter(|resource| !resource.is_empty()),
            clients,
            vaults: known(caller.vaults.by_count())
                .filter_map(|vault| numbers.vaults.get(&vault).copied())
                .collect(),
            secrets: known(caller.objects.by_count())
                .filter_map(|thing| numbers.secrets.get(&thing).copied())
                .collect(),
            assignments: caller
                .assignments
                .iter()
                .filter_map(|(vault, &assignment)| Some((*numbers.vaults.get(vault)?, assignment)))
                .collect(),
            opaque: caller.opaque.clone(),
            public,
            private,
            events_per_day: caller.records as f64 / days,
            sessions_per_day: caller.sittings.count as f64 / days,
            writes_per_day: caller.calls.changes as f64 / days,
        })
    }
}

/// The warm-up of logs of so many days: two thirds of them, but so that three days are scored, the least
/// in which a campaign can end two days before the logs do. Nothing where there is no room for both.
pub fn usual_warmup_days(days: u32) -> Option<u32> {
    /// Days that are scored at least.
    const SCORED: u32 = 3;
    let most = days.checked_sub(SCORED).filter(|&most| most > 0)?;
    Some(((2 * days + 1) / 3).clamp(1, most))
}

/// When the scored days begin.
pub fn warmup_end(start: Ticks, warmup_days: u32) -> Ticks {
    Ticks(start.0 + TickSpan::days(warmup_days.into()).0)
}
