//! The pass over the logs: everything that is learned of them is counted here, record by record.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use super::calendar::{DayRange, Days};
use super::caller::{Bounds, Caller};
use super::counts::Counts;
use super::details::{Details, guid};
use super::places::{Collection, Place, Thing, Tool, given};
use super::shape::Shapes;
use crate::event::{
    Access, CredentialType, Event, EventView, IdentityKind, Key, Outcome, Plane, TextField, Ticks,
};

/// Identities, vaults, objects and client strings that are told apart.
const MOST_IDENTITIES: usize = 50_000;
const MOST_VAULTS: usize = 20_000;
const MOST_OBJECTS: usize = 500_000;
const MOST_CLIENTS: usize = 5_000;
/// Applications of people behind one client string.
const MOST_APPS_EACH: usize = 8;
/// Directories.
const MOST_TENANTS: usize = 64;
/// Delays of delivery that are kept, one in so many records of each log, and how many at most.
const DELAYS_EVERY: u64 = 16;
const MOST_DELAYS: usize = 65_536;

/// What was read so far.
#[derive(Debug, Default)]
pub struct Fit {
    pub(super) records: u64,
    pub(super) days: Days,
    pub(super) callers: Table<Caller>,
    pub(super) places: Table<Place>,
    pub(super) things: Table<Thing>,
    pub(super) tools: Table<Tool>,
    tenants: Counts<u128>,
    shapes: Shapes,
    /// Records by hour of the day, of people and of services.
    pub(super) hours: [[u64; 24]; 2],
    /// The same by day.
    pub(super) daily: [BTreeMap<i64, u64>; 2],
    /// Delays in ticks, of the data plane and the control plane.
    pub(super) delays: [Vec<i64>; 2],
    seen: [u64; 2],
    pub(super) anonymous: u64,
    /// Pairs of a service and a vault by the day on which they were new.
    pub(super) new_pairs: BTreeMap<i64, u64>,
    cut: BTreeMap<&'static str, u64>,
}

/// What a pass found, in figures.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Found {
    /// Events read.
    pub records: u64,
    /// Whole days covered.
    pub days: u32,
    /// Different identities.
    pub identities: usize,
    /// Different vaults.
    pub vaults: usize,
    /// Different objects.
    pub objects: usize,
    /// Different client strings.
    pub clients: usize,
    /// What was more than is told apart, by what it is, in records.
    pub cut: BTreeMap<&'static str, u64>,
}

/// Things by key, numbered in the order in which they came.
#[derive(Debug)]
pub(super) struct Table<T> {
    numbers: BTreeMap<Key, u32>,
    pub(super) all: Vec<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), all: Vec::new() }
    }
}

impl<T> Table<T> {
    /// The number of `key`, made if it is new and no more than `most` are there.
    fn number(&mut self, key: Key, most: usize, make: impl FnOnce() -> T) -> Option<u32> {
        if let Some(&number) = self.numbers.get(&key) {
            return Some(number);
        }
        if self.all.len() >= most {
            return None;
        }
        let number = self.all.len() as u32;
        self.all.push(make());
        self.numbers.insert(key, number);
        Some(number)
    }

    fn at(&mut self, number: Option<u32>) -> Option<&mut T> {
        self.all.get_mut(number? as usize)
    }
}

impl Fit {
    /// Takes one event with its record in resource-log form.
    pub fn take(&mut self, view: &EventView<'_>, text: &str) {
        let event = view.event;
        let details = Details::read(text);
        self.records += 1;
        self.shapes.learn(view, text);
        let is_known_day = self.days.add(event.time);
        self.note_delay(event);
        if let Some(tenant) = details.tenant()
            && !self.tenants.add(tenant, MOST_TENANTS)
        {
            self.cut("tenants");
        }
        let vault = self.take_vault(view, &details);
        let object = self.take_object(view, &details, vault);
        let client = self.take_client(view, &details);
        if view.text(TextField::Identity).is_empty() {
            self.anonymous += 1;
        } else {
            if is_known_day {
                self.note_hour(event);
            }
            self.take_caller(view, &details, (vault, object, client));
        }
    }

    /// The times that the logs cover, where records lie outside of them: those may have been taken for
    /// the newest, and have made all that came after them late.
    pub fn misled(&self) -> Option<RangeInclusive<Ticks>> {
        let range = self.range()?;
        (self.days.outside(range) > 0).then(|| range.times())
    }

    /// Forgets how late records were, for [`take_delay`](Self::take_delay) to learn it again.
    pub fn forget_delays(&mut self) {
        self.seen = [0; 2];
        self.delays = Default::default();
    }

    /// Takes how late a record was, if the logs cover its time.
    pub fn take_delay(&mut self, event: &Event) {
        if self.range().is_some_and(|range| range.holds(event.time)) {
            self.note_delay(event);
        }
    }

    /// Appends a record in resource-log form, laid out as those of the logs.
    pub fn reshape(&self, view: &EventView<'_>, text: &str, out: &mut String) {
        self.shapes.fit(view, text, out);
    }

    /// What was found, in figures; nothing where there was no record.
    pub fn found(&self) -> Option<Found> {
        Some(Found {
            records: self.records,
            days: self.range()?.len(),
            identities: self.callers.all.len(),
            vaults: self.places.all.len(),
            objects: self.things.all.len(),
            clients: self.tools.all.len(),
            cut: self.cut.clone(),
        })
    }

    /// The days the logs cover.
    pub fn range(&self) -> Option<DayRange> {
        self.days.range()
    }

    /// The directory that most tokens are of.
    pub(super) fn tenant(&self) -> Option<u128> {
        self.tenants.top_where(|_| true)
    }

    fn cut(&mut self, what: &'static str) {
        *self.cut.entry(what).or_default() += 1;
    }

    fn note_delay(&mut self, event: &Event) {
        let plane = usize::from(event.plane == Plane::Control);
        self.seen[plane] += 1;
        let delays = &mut self.delays[plane];
        if self.seen[plane] % DELAYS_EVERY == 1 && delays.len() < MOST_DELAYS {
            delays.push(event.arrival.since(event.time).0);
        }
    }

    fn note_hour(&mut self, event: &Event) {
        let class = usize::from(event.identity_kind != IdentityKind::User);
        self.hours[class][event.time.utc_hour()] += 1;
        *self.daily[class].entry(event.time.utc_day()).or_default() += 1;
    }

    fn take_vault(&mut self, view: &EventView<'_>, details: &Details<'_>) -> Option<u32> {
        let key = view.text_key(TextField::Vault)?;
        let (event, name) = (view.event, view.text(TextField::Vault));
        let number = self.places.number(key, MOST_VAULTS, || Place {
            name: name.to_owned(),
            first: event.time,
            last: event.time,
            ..Place::default()
        });
        let Some(place) = self.places.at(number) else {
            self.cut("vaults");
            return None;
        };
        (place.first, place.last) = (place.first.min(event.time), place.last.max(event.time));
        place.records += 1;
        if place.location.is_none() {
            place.location = details.location();
        }
        let resource = view.text(TextField::ResourceId);
        if place.resource.is_empty() && resource.contains("/providers/microsoft.keyvault/vaults/") {
            resource.clone_into(&mut place.resource);
        }
        if place.given.is_none() {
            place.given = details.scope().and_then(|scope| given(scope, name));
        }
        if event.plane == Plane::Data {
            place.logged += 1;
            place.roles = details.uses_roles().or(place.roles);
            place.open(details.door());
            if place.resource_id.is_none() {
                place.resource_id = details.resource_id().map(str::to_owned);
            }
        }
        if event.outcome == Outcome::Success {
            let operation = view.text(TextField::Operation);
            let deletes =
                operation == "MICROSOFT.KEYVAULT/VAULTS/DELETE" || operation == "VaultDelete";
            place.is_gone = deletes;
        }
        number
    }

    fn take_object(
        &mut self,
        view: &EventView<'_>,
        details: &Details<'_>,
        vault: Option<u32>,
    ) -> Option<u32> {
        let object = view.text(TextField::Object);
        let (key, collection) = (view.text_key(TextField::Object)?, Collection::of(object)?);
        let (event, vault) = (view.event, vault?);
        let number = self.things.number(key, MOST_OBJECTS, || {
            let lower = object.rsplit('/').next().unwrap_or_default();
            let spelled = details.object_name().filter(|name| name.eq_ignore_ascii_case(lower));
            let name = spelled.unwrap_or(lower).to_owned();
            Thing { vault, collection, name, ..Thing::default() }
        });
        let Some(thing) = self.things.at(number) else {
            self.cut("objects");
            return None;
        };
        match event.outcome {
            Outcome::Success => {
                thing.used += 1;
                thing.is_gone = event.access == Access::Destroy;
                thing.version = guid(view.text(TextField::ObjectVersion)).or(thing.version);
            }
            Outcome::NotFound => thing.missed += 1,
            _ => {}
        }
        number
    }

    fn take_client(&mut self, view: &EventView<'_>, details: &Details<'_>) -> Option<u32> {
        let key = view.text_key(TextField::Client)?;
        let (event, agent) = (view.event, view.text(TextField::Client));
        let is_managing = view.text(TextField::Operation).starts_with("Vault");
        let number = self
            .tools
            .number(key, MOST_CLIENTS, || Tool { agent: agent.to_owned(), ..Tool::default() });
        let Some(tool) = self.tools.at(number) else {
            self.cut("clients");
            return None;
        };
        if event.outcome == Outcome::Challenge {
            tool.challenges += 1;
        } else {
            tool.calls += 1;
        }
        let (uses, api_version) = if is_managing {
            (&mut tool.managing, &mut tool.arm_api_version)
        } else {
            (&mut tool.using, &mut tool.api_version)
        };
        *uses += 1;
        let known =
            [(api_version, details.api_version()), (&mut tool.tls_version, details.tls_version())];
        for (slot, found) in known {
            if let Some(found) = found.filter(|_| slot.is_empty()) {
                found.clone_into(slot);
            }
        }
        if event.identity_kind == IdentityKind::User
            && let Some(app) = guid(view.text(TextField::App))
        {
            tool.apps.add(app, MOST_APPS_EACH);
        }
        number
    }

    fn take_caller(
        &mut self,
        view: &EventView<'_>,
        details: &Details<'_>,
        (vault, object, client): (Option<u32>, Option<u32>, Option<u32>),
    ) {
        let (event, id) = (view.event, view.text(TextField::Identity));
        let key = view.text_key(TextField::Identity);
        let bounds = Bounds::after(self.callers.all.len());
        let number = key.and_then(|key| {
            self.callers.number(key, MOST_IDENTITIES, || Caller {
                id: id.to_owned(),
                bounds,
                first: event.time,
                last: event.time,
                ..Caller::default()
            })
        });
        let Some(caller) = self.callers.at(number) else { return self.cut("identities") };
        caller.describe(view, details);
        caller.count(event, view.text(TextField::Operation));
        let (mut cut, bounds) = (None, caller.bounds);
        if let Some(vault) = vault {
            let before = caller.vaults.len();
            let fits = caller.vaults.add(vault, bounds.vaults);
            cut = (!fits).then_some("vaults of one identity");
            if let Some(assignment) = details.assignment().filter(|_| fits) {
                caller.assignments.insert(vault, assignment);
            }
            if caller.vaults.len() > before && !caller.is_person() {
                *self.new_pairs.entry(event.time.utc_day()).or_default() += 1;
            }
        }
        if let Some(object) = object
            && event.outcome == Outcome::Success
            && event.access == Access::Reveal
            && !caller.objects.add(object, bounds.objects)
        {
            cut = Some("objects of one identity");
        }
        if let Some(client) = client {
            let is_managing = view.text(TextField::Operation).starts_with("Vault");
            let clients = if is_managing { &mut caller.managing } else { &mut caller.clients };
            if !clients.add(client, bounds.clients) {
                cut = Some("clients of one identity");
            }
        }
        if !caller.come_from(view.text(TextField::SourceIp), details.token_address()) {
            cut = Some("addresses of one identity");
        }
        if let Some(what) = cut {
            self.cut(what);
        }
    }
}

impl Caller {
    fn describe(&mut self, view: &EventView<'_>, details: &Details<'_>) {
        let event = view.event;
        (self.first, self.last) = (self.first.min(event.time), self.last.max(event.time));
        self.records += 1;
        let day = event.time.utc_day();
        if self.newest_day.is_none_or(|newest| day > newest) {
            self.days += 1;
            self.newest_day = Some(day);
        }
        self.sittings.add(event.time);
        for (claim, text) in details.opaque() {
            let kept = self.opaque.entry(claim).or_default();
            kept.clear();
            kept.push_str(text);
        }
        // Records of the management plane know less of a managed identity.
        let knows_more = event.identity_kind != IdentityKind::None
            && (self.kind == IdentityKind::None
                || event.identity_kind == IdentityKind::ManagedIdentity);
        if knows_more {
            self.kind = event.identity_kind;
        }
        let known = [
            (&mut self.app, Some(view.text(TextField::App))),
            (&mut self.user, details.user()),
            (&mut self.resource, details.managed()),
            (&mut self.proof, details.proof()),
        ];
        for (slot, found) in known {
            if let Some(found) = found.filter(|_| slot.is_empty()) {
                found.clone_into(slot);
            }
        }
    }

    fn count(&mut self, event: &Event, operation: &str) {
        let calls = &mut self.calls;
        match event.outcome {
            Outcome::Denied => calls.denied += 1,
            Outcome::NotFound => calls.not_found += 1,
            Outcome::Throttled => calls.throttled += 1,
            _ => {}
        }
        if event.outcome != Outcome::Success {
            return;
        }
        if event.plane == Plane::Control {
            calls.changes += 1;
            let is_grant =
                ["ROLEASSIGNMENTS/WRITE", "ROLEASSIGNMENTS/DELETE", "ACCESSPOLICIES/WRITE"]
                    .iter()
                    .any(|known| operation.ends_with(known));
            calls.grants += u64::from(is_grant);
            return;
        }
        match event.access {
            Access::Reveal if operation.ends_with("Backup") => calls.copies += 1,
            Access::Reveal if event.credential_type == CredentialType::Certificate => {
                calls.certificates += 1;
            }
            Access::Reveal => calls.reads += 1,
            Access::Metadata if event.credential_type == CredentialType::Certificate => {
                calls.certificates += 1;
            }
            Access::Metadata if event.credential_type == CredentialType::None => calls.looks += 1,
            Access::List => calls.lists += 1,
            Access::Use => calls.uses += 1,
            Access::Change if event.credential_type != CredentialType::None => calls.sets += 1,
            _ => {}
        }
    }

    /// False where it is one address too many.
    fn come_from(&mut self, address: &str, token: Option<&str>) -> bool {
        let Ok(seen) = address.parse::<Ipv4Addr>() else {
            self.elsewhere += u64::from(!address.is_empty());
            return true;
        };
        let token = token.and_then(|text| text.parse::<Ipv4Addr>().ok());
        let token = token.filter(|token| !token.is_private());
        let most = self.bounds.addresses;
        let own = if seen.is_private() { &mut self.private } else { &mut self.public };
        let fits = own.add(seen.into(), most);
        // Behind a private endpoint only the token tells where somebody is.
        let behind = token.filter(|_| seen.is_private());
        fits && behind.is_none_or(|token| self.public.add(token.into(), most))
    }
}
