//! The compact descriptor of one record: indexes into the tenant, no text. Expansion makes them,
//! delivery copies them, rendering reads them.

use serde::Serialize;

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
        use Operation::{CertificateBackup, KeyBackup, SecretBackup, SecretGet};
        matches!(self.operation, SecretGet | SecretBackup | KeyBackup | CertificateBackup)
            && self.outcome == Outcome::Ok
    }
}

/// What was called. `Challenge` carries what the unauthenticated request asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Challenge(Request),
    SecretGet,
    SecretList,
    SecretListVersions,
    SecretBackup,
    KeyGet,
    KeyList,
    KeyListVersions,
    KeyBackup,
    KeyWrap,
    KeyUnwrap,
    CertificateGet,
    CertificateList,
    CertificateListVersions,
    CertificateBackup,
    VaultGet,
    VaultPut(Change),
    VaultPatch(Change),
    /// Activity Log: a vault was written.
    VaultWrite(Change),
    /// Activity Log: a role was assigned.
    RoleAssignment(Role, Scope),
}

impl Operation {
    /// Sent to the management plane, not to the vault.
    pub(crate) fn is_management(self) -> bool {
        use Operation::{RoleAssignment, VaultGet, VaultPatch, VaultPut, VaultWrite};
        matches!(self, VaultGet | VaultPut(_) | VaultPatch(_) | VaultWrite(_) | RoleAssignment(..))
    }
}

/// What a request without a token asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    Get,
    List,
    Backup,
    Cryptography,
}

/// What a write changes in a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// Tags, retention: nothing that opens anything.
    Settings,
    /// An access policy for `Event::detail`.
    Grant,
    /// That policy taken away.
    Revoke,
    /// Every network let in.
    OpenNetwork,
    /// The address `Event::detail` let in.
    AddAddress,
    /// Networks closed again.
    CloseNetwork,
    /// Roles give way to access policies.
    PolicyModel,
    /// Access policies give way to roles.
    RoleModel,
}

/// Built-in roles that grants name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    SecretsOfficer,
    SecretsUser,
    Reader,
}

/// Where a role assignment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Vault,
    ResourceGroup,
    Subscription,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Activity Log: the call began.
    Started,
    Ok,
    Created,
    Unauthorized,
    /// The permission model says no.
    Forbidden,
    /// The vault's network rules say no.
    ForbiddenByNetwork,
    NotFound,
}
