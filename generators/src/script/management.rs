//! Calls to the management plane: each leaves a Start and an end in the Activity Log under one
//! correlation id, and some a record of the vault's own, under another, just before the end.

use super::Script;
use crate::event::{Activity, Change, NOTHING, Operation, Outcome, Role, Scope};
use crate::time::{MILLISECOND, SECOND, Ticks, ticks_from_seconds};

/// Median seconds and sigma of a call.
const WRITE: (f64, f64) = (0.35, 0.5);
const ROLE: (f64, f64) = (0.2, 0.3);

impl Script<'_> {
    /// A change of a vault.
    pub(crate) fn write_vault(&mut self, vault: u16, change: Change, detail: u32) {
        // The portal sends what changed, tools send the whole vault.
        let portal =
            self.tenant.client_of_row(self.caller.client).used_by.iter().any(|by| by == "portal");
        let twin = if portal && change != Change::Create {
            Operation::VaultPatch(change)
        } else {
            Operation::VaultPut(change)
        };
        let end = if change == Change::Create { Outcome::Created } else { Outcome::Ok };
        self.manage(Activity::VaultWrite(change), vault, detail, end, Some(twin));
    }

    /// The same, refused by the management plane: the vault never hears of it.
    pub(crate) fn write_vault_in_vain(&mut self, vault: u16, change: Change, detail: u32) {
        self.manage(Activity::VaultWrite(change), vault, detail, Outcome::Forbidden, None);
    }

    /// An access policy for `grantee` added ([`Change::Grant`]) or taken away ([`Change::Revoke`])
    /// as a resource of its own, the way infrastructure code does it.
    pub(crate) fn write_policy(&mut self, vault: u16, change: Change, grantee: u32) {
        let twin = Operation::VaultPatch(change);
        self.manage(Activity::PolicyWrite(change), vault, grantee, Outcome::Ok, Some(twin));
    }

    pub(crate) fn delete_vault(&mut self, vault: u16) {
        let twin = Operation::VaultDelete;
        self.manage(Activity::VaultDelete, vault, NOTHING, Outcome::Ok, Some(twin));
    }

    /// Purges a deleted vault; [`Outcome::Conflict`] where it is protected.
    pub(crate) fn purge_vault(&mut self, vault: u16, outcome: Outcome) {
        let twin = (outcome == Outcome::Ok).then_some(Operation::VaultPurge);
        self.manage(Activity::VaultPurge, vault, NOTHING, outcome, twin);
    }

    /// A role for `grantee` (an identity, or a group with [`crate::event::GROUP`]) at `scope` of
    /// the vault. The vault logs nothing.
    pub(crate) fn assign_role(&mut self, vault: u16, role: Role, scope: Scope, grantee: u32) {
        let assigned = Activity::RoleAssignment(role, scope);
        self.manage(assigned, vault, grantee, Outcome::Created, None);
    }

    /// That role taken away again.
    pub(crate) fn remove_role(&mut self, vault: u16, role: Role, scope: Scope, grantee: u32) {
        self.manage(Activity::RoleRemoval(role, scope), vault, grantee, Outcome::Ok, None);
    }

    /// The vault's logs are sent somewhere ([`Activity::DiagnosticsWrite`]) or no longer
    /// ([`Activity::DiagnosticsDelete`]).
    pub(crate) fn change_diagnostics(&mut self, vault: u16, activity: Activity) {
        self.manage(activity, vault, NOTHING, Outcome::Ok, None);
    }

    /// A storage account is encrypted with a key of the vault from now on.
    pub(crate) fn rewire_storage(&mut self, vault: u16, key: u32) {
        self.manage(Activity::StorageWrite, vault, key, Outcome::Ok, None);
    }

    fn manage(
        &mut self,
        activity: Activity,
        vault: u16,
        detail: u32,
        end: Outcome,
        twin: Option<Operation>,
    ) {
        let role = matches!(activity, Activity::RoleAssignment(..) | Activity::RoleRemoval(..));
        let (median, sigma) = if role { ROLE } else { WRITE };
        let began = self.now;
        let lasted = ticks_from_seconds(self.stream.log_normal(median, sigma).clamp(0.12, 8.0));
        let id = self.stream.guid();
        let operation = Operation::Activity(activity);
        self.emit_as(id, operation, vault, NOTHING, Outcome::Started, detail, 0);
        if let Some(twin) = twin {
            let before_end = self.stream.uniform(2.0, 9.0) * MILLISECOND as f64;
            self.now = began + lasted - before_end as Ticks;
            self.emit(twin, vault, NOTHING, Outcome::Ok, detail);
        }
        self.now = began + lasted;
        let duration_ms = (lasted / MILLISECOND) as u32;
        self.emit_as(id, operation, vault, NOTHING, end, detail, duration_ms);
        self.now += SECOND / 5;
    }
}
