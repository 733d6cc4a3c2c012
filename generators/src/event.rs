//! The compact descriptor of one record: indexes into the tenant, no text. Expansion makes them,
//! delivery copies them, rendering reads them.

pub(crate) use crate::operation::{
    Activity, Change, Operation, Outcome, Request, Role, Scope, Verb,
};
use crate::time::Ticks;

/// Index of an identity that is a group of the directory instead.
pub(crate) const GROUP: u32 = 1 << 31;
/// No object, no grantee.
pub(crate) const NOTHING: u32 = u32::MAX;

/// One record to be. At most 96 bytes, because minutes of them wait for delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    /// When the service did it.
    pub(crate) time: Ticks,
    /// When the record reaches the corpus; set by delivery.
    pub(crate) arrival: Ticks,
    /// Correlation id, unique but for Start and Success of one call, and for duplicates.
    pub(crate) id: u128,
    /// Index of the caller in the tenant.
    pub(crate) identity: u32,
    /// Index of the object in the tenant, or [`NOTHING`].
    pub(crate) object: u32,
    pub(crate) address: u32,
    /// Row of the client table.
    pub(crate) client: u32,
    /// Page of a list; grantee of a grant; address let through a firewall.
    pub(crate) detail: u32,
    pub(crate) duration_ms: u32,
    pub(crate) vault: u16,
    /// Position within the campaign.
    pub(crate) step: u16,
    pub(crate) operation: Operation,
    pub(crate) outcome: Outcome,
    /// The vault had stopped to log: it was done, and there is no record of it.
    pub(crate) unlogged: bool,
}

const _: () = assert!(size_of::<Event>() <= 96, "see the header of Event");

impl Event {
    /// Order of the corpus: arrival, then time, then identifiers, which makes it total for unlike
    /// records.
    pub(crate) fn order(&self) -> (Ticks, Ticks, u128, u8) {
        (self.arrival, self.time, self.id, self.outcome as u8)
    }

    /// A 2xx that hands out a value.
    pub(crate) fn reveals(&self) -> bool {
        self.operation.reveals() && self.outcome == Outcome::Ok
    }
}
