//! Rendering: descriptors to the text of Azure's records. Two planes, two layouts; the field names
//! here are Azure's, shared with no parser.

mod activity;
mod audit;
mod claims;
mod denial;
mod settings;
mod texts;

pub(crate) use texts::Texts;

use crate::event::{Event, Operation};

impl Texts<'_> {
    /// Appends one record and its line end.
    pub(crate) fn write(&self, out: &mut Vec<u8>, event: &Event) {
        match event.operation {
            Operation::VaultWrite(_) | Operation::RoleAssignment(..) => {
                self.write_activity(out, event)
            }
            _ => self.write_audit(out, event),
        }
        out.push(b'\n');
    }

    /// The name of the operation as the record carries it.
    pub(crate) fn operation_name(operation: Operation) -> &'static str {
        match operation {
            Operation::Challenge(_) => "Authentication",
            Operation::SecretGet => "SecretGet",
            Operation::SecretList => "SecretList",
            Operation::SecretListVersions => "SecretListVersions",
            Operation::SecretBackup => "SecretBackup",
            Operation::KeyGet => "KeyGet",
            Operation::KeyList => "KeyList",
            Operation::KeyListVersions => "KeyListVersions",
            Operation::KeyBackup => "KeyBackup",
            Operation::KeyWrap => "KeyWrap",
            Operation::KeyUnwrap => "KeyUnwrap",
            Operation::CertificateGet => "CertificateGet",
            Operation::CertificateList => "CertificateList",
            Operation::CertificateListVersions => "CertificateListVersions",
            Operation::CertificateBackup => "CertificateBackup",
            Operation::VaultGet => "VaultGet",
            Operation::VaultPut(_) => "VaultPut",
            Operation::VaultPatch(_) => "VaultPatch",
            Operation::VaultWrite(_) => "MICROSOFT.KEYVAULT/VAULTS/WRITE",
            Operation::RoleAssignment(..) => "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
        }
    }
}
