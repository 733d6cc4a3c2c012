//! Scripts: how anybody, benign or hostile, turns an intention into records.
//!
//! Workloads, look-alikes and attacks all speak through this one type, so that nothing about a
//! record (its spacing, its duration, its fields) tells who meant it. A script only appends
//! descriptors; delivery and rendering come later.

use crate::drawn::Drawn;
use crate::event::{Change, Event, NOTHING, Operation, Outcome, Request, Role, Scope};
use crate::random::Stream;
use crate::tenant::{Collection, Network, Tenant};
use crate::time::{MILLISECOND, SECOND, Ticks, ticks_from_seconds};

/// Objects on one page of a list.
pub(crate) const PAGE: usize = 25;

/// A running account of what one caller does.
#[derive(Debug)]
pub(crate) struct Script<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) stream: &'a mut Stream,
    pub(crate) now: Ticks,
    pub(crate) caller: Caller,
    /// For truth; habits leave it empty.
    pub(crate) drawn: Drawn,
    out: &'a mut Vec<Event>,
    steps: u16,
    seen_from: Option<(Option<u16>, u32)>,
}

/// Who calls, with what, from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) identity: u32,
    /// Row of the client table.
    pub(crate) client: u32,
    pub(crate) place: Place,
}

/// Where a caller sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where it always is.
    Usual,
    /// Elsewhere, as far as the vault lets it: closed vaults are reached the usual way.
    Passing(u32),
    /// Elsewhere, come what may.
    Outside(u32),
}

impl<'a> Script<'a> {
    pub(crate) fn new(
        tenant: &'a Tenant,
        stream: &'a mut Stream,
        now: Ticks,
        caller: Caller,
        out: &'a mut Vec<Event>,
    ) -> Self {
        Self {
            tenant,
            stream,
            now,
            caller,
            drawn: Drawn::default(),
            out,
            steps: 0,
            seen_from: None,
        }
    }

    /// Somebody else goes on; truth names the position of the last.
    pub(crate) fn hand_over(&mut self, caller: Caller) {
        self.note("acting_as", self.tenant.identities[caller.identity as usize].position);
        self.caller = caller;
        self.seen_from = None;
    }

    pub(crate) fn wait(&mut self, seconds: f64) {
        self.now += ticks_from_seconds(seconds);
    }

    /// One call that the service answers; the next can follow after its round trip.
    pub(crate) fn call(&mut self, operation: Operation, vault: u16, object: u32, outcome: Outcome) {
        let round_trip = self.emit(operation, vault, object, outcome, 0);
        self.now += round_trip;
    }

    /// The anonymous 401 that clients without a token or a remembered challenge provoke, then the
    /// wait for a token.
    pub(crate) fn challenge(&mut self, request: Request, vault: u16, object: u32) {
        self.call(Operation::Challenge(request), vault, object, Outcome::Unauthorized);
        let seconds = if self.stream.chance(0.7) {
            self.stream.log_normal(0.025, 0.5)
        } else {
            self.stream.log_normal(0.45, 0.8).min(5.0)
        };
        self.wait(seconds);
    }

    /// The same, as often as this client does it.
    pub(crate) fn maybe_challenge(&mut self, request: Request, vault: u16, object: u32) {
        let share = self.tenant.client_of_row(self.caller.client).challenge;
        if share > 0.0 && self.stream.chance(share) {
            self.challenge(request, vault, object);
        }
    }

    /// Every page of one collection.
    pub(crate) fn list(&mut self, vault: u16, collection: Collection) {
        let home = &self.tenant.vaults[usize::from(vault)];
        let (operation, count) = match collection {
            Collection::Secrets => (Operation::SecretList, home.secrets.len()),
            Collection::Keys => (Operation::KeyList, home.keys.len()),
            Collection::Certificates => (Operation::CertificateList, home.certificates.len()),
        };
        for page in 0..count.div_ceil(PAGE).max(1) {
            let round_trip = self.emit(operation, vault, NOTHING, Outcome::Ok, page as u32);
            self.now += round_trip;
        }
    }

    /// Every page of every collection.
    pub(crate) fn list_everything(&mut self, vault: u16) {
        for collection in [Collection::Secrets, Collection::Keys, Collection::Certificates] {
            self.list(vault, collection);
        }
    }

    /// Reads one object the way its collection is read.
    pub(crate) fn read(&mut self, object: u32) {
        self.attempt(object, Outcome::Ok);
    }

    /// The same with another end.
    pub(crate) fn attempt(&mut self, object: u32, outcome: Outcome) {
        let (vault, operation) = self.reading(object);
        self.call(operation, vault, object, outcome);
    }

    /// Reads in chunks of `width` at once; a chunk is done before the next begins.
    pub(crate) fn read_parallel(&mut self, objects: &[u32], width: usize) {
        for chunk in objects.chunks(width.max(1)) {
            let mut slowest = 0;
            for &object in chunk {
                let (vault, operation) = self.reading(object);
                let began = self.now;
                self.now += (self.stream.unit() * 15.0 * MILLISECOND as f64) as Ticks;
                slowest = slowest.max(self.emit(operation, vault, object, Outcome::Ok, 0));
                self.now = began;
            }
            self.now += slowest + 15 * MILLISECOND;
        }
    }

    /// Copies one object out, value and all, in the form only a vault can read.
    pub(crate) fn backup(&mut self, object: u32) {
        let found = &self.tenant.objects[object as usize];
        let operation = match found.collection {
            Collection::Secrets => Operation::SecretBackup,
            Collection::Keys => Operation::KeyBackup,
            Collection::Certificates => Operation::CertificateBackup,
        };
        self.call(operation, found.vault, object, Outcome::Ok);
    }

    /// A change of a vault: two Activity Log records under one correlation id, the vault's own
    /// record under another just before the end.
    pub(crate) fn write_vault(&mut self, vault: u16, change: Change, detail: u32) {
        // The portal sends what changed, tools send the whole vault.
        let portal =
            self.tenant.client_of_row(self.caller.client).used_by.iter().any(|by| by == "portal");
        let twin = if portal { Operation::VaultPatch(change) } else { Operation::VaultPut(change) };
        let began = self.now;
        let lasted = ticks_from_seconds(self.stream.log_normal(0.35, 0.5).clamp(0.12, 8.0));
        let id = self.stream.guid();
        let write = Operation::VaultWrite(change);
        self.emit_as(id, write, vault, NOTHING, Outcome::Started, detail, 0);
        self.now = began + lasted - (self.stream.uniform(2.0, 9.0) * MILLISECOND as f64) as Ticks;
        self.emit(twin, vault, NOTHING, Outcome::Ok, detail);
        self.now = began + lasted;
        self.emit_as(id, write, vault, NOTHING, Outcome::Ok, detail, (lasted / MILLISECOND) as u32);
        self.now += SECOND / 5;
    }

    /// A role for `grantee` (an identity, or a group with [`crate::event::GROUP`]) at `scope` of
    /// the vault. The vault logs nothing.
    pub(crate) fn assign_role(&mut self, vault: u16, role: Role, scope: Scope, grantee: u32) {
        let lasted = ticks_from_seconds(self.stream.log_normal(0.2, 0.3));
        let id = self.stream.guid();
        let operation = Operation::RoleAssignment(role, scope);
        self.emit_as(id, operation, vault, NOTHING, Outcome::Started, grantee, 0);
        self.now += lasted;
        let duration_ms = (lasted / MILLISECOND) as u32;
        self.emit_as(id, operation, vault, NOTHING, Outcome::Created, grantee, duration_ms);
        self.now += SECOND / 5;
    }

    fn reading(&self, object: u32) -> (u16, Operation) {
        let found = &self.tenant.objects[object as usize];
        let operation = match found.collection {
            Collection::Secrets => Operation::SecretGet,
            Collection::Keys => Operation::KeyGet,
            Collection::Certificates => Operation::CertificateGet,
        };
        (found.vault, operation)
    }

    /// Appends a descriptor with an id of its own; returns how long the caller waits for the
    /// answer.
    fn emit(
        &mut self,
        operation: Operation,
        vault: u16,
        object: u32,
        outcome: Outcome,
        detail: u32,
    ) -> Ticks {
        let (median, sigma) = duration_law(operation, outcome);
        let duration_ms = self.stream.log_normal(median, sigma).clamp(4.0, 5_000.0) as u32;
        let id = self.stream.guid();
        self.emit_as(id, operation, vault, object, outcome, detail, duration_ms);
        let network_ms = self.stream.uniform(3.0, 18.0);
        (f64::from(duration_ms) * MILLISECOND as f64 + network_ms * MILLISECOND as f64) as Ticks
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one place fills the descriptor, every argument is a field of it"
    )]
    fn emit_as(
        &mut self,
        id: u128,
        operation: Operation,
        vault: u16,
        object: u32,
        outcome: Outcome,
        detail: u32,
        duration_ms: u32,
    ) {
        let address = self.address((!operation.is_management()).then_some(vault));
        self.out.push(Event {
            // Service clocks tick in 100 ns: no record ends in a row of noughts.
            time: self.now + (id as u64 % 9_973) as Ticks,
            arrival: 0,
            id,
            identity: self.caller.identity,
            object,
            address,
            client: self.caller.client,
            detail,
            duration_ms,
            vault,
            step: self.steps,
            operation,
            outcome,
        });
        self.steps = self.steps.saturating_add(1);
    }

    /// The address a vault sees, or the management plane where there is none.
    fn address(&mut self, vault: Option<u16>) -> u32 {
        if let Some((seen, address)) = self.seen_from
            && seen == vault
        {
            return address;
        }
        let (tenant, identity) = (self.tenant, self.caller.identity);
        let open =
            vault.is_none_or(|vault| tenant.vaults[usize::from(vault)].network == Network::Public);
        let address = match (self.caller.place, vault) {
            (Place::Outside(address), _) => address,
            (Place::Passing(address), _) if open => address,
            (_, Some(vault)) => tenant.usual_address(identity, vault, self.now),
            (_, None) => tenant.public_address(identity, self.now),
        };
        self.seen_from = Some((vault, address));
        address
    }
}

/// Median milliseconds and sigma of the service's time.
fn duration_law(operation: Operation, outcome: Outcome) -> (f64, f64) {
    use Operation::{
        CertificateBackup, CertificateList, Challenge, KeyBackup, KeyList, KeyUnwrap, KeyWrap,
        SecretBackup, SecretList, VaultPatch, VaultPut,
    };
    match (operation, outcome) {
        (_, Outcome::Forbidden | Outcome::ForbiddenByNetwork) => (10.0, 0.5),
        (Challenge(_), _) => (17.0, 0.5),
        (SecretList | KeyList | CertificateList, _) => (40.0, 0.6),
        (SecretBackup | KeyBackup | CertificateBackup, _) => (45.0, 0.3),
        (KeyWrap | KeyUnwrap, _) => (60.0, 0.4),
        (VaultPut(_) | VaultPatch(_), _) => (90.0, 0.3),
        _ => (18.0, 0.6),
    }
}
