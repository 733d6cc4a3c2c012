//! The account itself: who calls from where, how time passes, and how one call becomes a
//! descriptor.

use crate::drawn::Drawn;
use crate::event::{Event, Operation, Outcome, Request, Verb};
use crate::random::Stream;
use crate::tenant::{Network, Tenant};
use crate::time::{MILLISECOND, Ticks, ticks_from_seconds};

/// A running account of what one caller does.
#[derive(Debug)]
pub(crate) struct Script<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) stream: &'a mut Stream,
    pub(crate) now: Ticks,
    pub(crate) caller: Caller,
    /// The vault no longer logs what is done to it; the Activity Log still does.
    pub(crate) unlogged: bool,
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
    /// Where this other identity always is: in its office, its cloud, its network.
    With(u32),
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
            unlogged: false,
            drawn: Drawn::default(),
            out,
            steps: 0,
            seen_from: None,
        }
    }

    /// Somebody else goes on; truth names the position of the last.
    pub(crate) fn hand_over(&mut self, mut caller: Caller) {
        caller.identity = self.tenant.current(caller.identity, self.now);
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

    /// Appends a descriptor with an id of its own; returns how long the caller waits for the
    /// answer.
    pub(super) fn emit(
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
    pub(super) fn emit_as(
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
            unlogged: self.unlogged && !operation.is_activity(),
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
            (Place::With(other), Some(vault)) => tenant.usual_address(other, vault, self.now),
            (Place::With(other), None) => tenant.public_address(other, self.now),
            (_, Some(vault)) => tenant.usual_address(identity, vault, self.now),
            (_, None) => tenant.public_address(identity, self.now),
        };
        self.seen_from = Some((vault, address));
        address
    }
}

/// Median milliseconds and sigma of the service's time.
fn duration_law(operation: Operation, outcome: Outcome) -> (f64, f64) {
    use Verb::{
        Backup, Create, Delete, Import, List, ListDeleted, Purge, Recover, Restore, Rotate, Set,
        Unwrap, Update, Wrap,
    };
    match (operation, outcome) {
        (_, Outcome::Forbidden | Outcome::ForbiddenByNetwork | Outcome::Throttled) => (10.0, 0.5),
        (Operation::Challenge(_), _) => (17.0, 0.5),
        (Operation::Object(_, List | ListDeleted), _) => (40.0, 0.6),
        (Operation::Object(_, Backup | Restore | Set | Update), _) => (45.0, 0.3),
        (Operation::Object(_, Delete | Purge | Recover | Rotate), _) => (55.0, 0.3),
        (Operation::Object(_, Wrap | Unwrap), _) => (60.0, 0.4),
        (Operation::Object(_, Import), _) => (200.0, 0.4),
        (Operation::Object(_, Create), _) => (400.0, 0.4),
        (
            Operation::VaultPut(_)
            | Operation::VaultPatch(_)
            | Operation::VaultDelete
            | Operation::VaultPurge,
            _,
        ) => (90.0, 0.3),
        _ => (18.0, 0.6),
    }
}
