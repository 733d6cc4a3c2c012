//! What a record says was called: on an object, on a vault, or on the management plane.
//!
//! Only what rendering and scripts need to tell apart; names and addresses are rendering's.

use serde::Serialize;

use crate::tenant::Collection;

/// What was called. `Challenge` carries what the unauthenticated request asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Challenge(Request),
    /// A call to the vault's own address.
    Object(Collection, Verb),
    VaultGet,
    VaultPut(Change),
    VaultPatch(Change),
    VaultDelete,
    VaultPurge,
    /// A record of the Activity Log.
    Activity(Activity),
}

/// What happens to an object or a collection. Not every collection knows every verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    ListVersions,
    ListDeleted,
    /// A secret's new value, and with it a new version.
    Set,
    /// A key's or certificate's birth.
    Create,
    /// A key's or certificate's new version from outside.
    Import,
    /// Attributes only.
    Update,
    /// A key's new version.
    Rotate,
    Delete,
    Purge,
    Recover,
    Backup,
    Restore,
    Wrap,
    Unwrap,
    /// The service's own notice, 30 days before an object expires.
    NearExpiry,
}

/// The Activity Log's operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    VaultWrite(Change),
    /// An access policy as a resource of its own: [`Change::Grant`] or [`Change::Revoke`].
    PolicyWrite(Change),
    VaultDelete,
    /// A deleted vault goes for good.
    VaultPurge,
    RoleAssignment(Role, Scope),
    RoleRemoval(Role, Scope),
    DiagnosticsWrite,
    DiagnosticsDelete,
    /// A storage account is rewired to a key of the vault.
    StorageWrite,
}

impl Operation {
    /// Of the Activity Log, not of the vault's own.
    pub(crate) fn is_activity(self) -> bool {
        matches!(self, Self::Activity(_))
    }

    /// Sent to the management plane, not to the vault.
    pub(crate) fn is_management(self) -> bool {
        use Operation::{Activity, VaultDelete, VaultGet, VaultPatch, VaultPurge, VaultPut};
        matches!(
            self,
            VaultGet | VaultPut(_) | VaultPatch(_) | VaultDelete | VaultPurge | Activity(_)
        )
    }

    /// Hands out a value where it succeeds.
    pub(crate) fn reveals(self) -> bool {
        matches!(self, Self::Object(Collection::Secrets, Verb::Get) | Self::Object(_, Verb::Backup))
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
    /// The vault itself: it was not there before.
    Create,
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
    /// Deleted objects can no longer be purged before their time.
    Protect,
}

/// Built-in roles that grants name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Key Vault Administrator: everything on the data plane.
    Administrator,
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
    /// The permission model says no; in the Activity Log the management plane does.
    Forbidden,
    /// The vault's network rules say no.
    ForbiddenByNetwork,
    NotFound,
    /// The name is taken by something deleted, or protected from what was asked.
    Conflict,
    /// Too many requests for the vault.
    Throttled,
}
