//! The names of operations, outcomes and permissions as records carry them.

use crate::event::{Activity, Operation, Outcome, Verb};
use crate::tenant::Collection;

/// The name of the operation as the record carries it.
pub(crate) fn operation_name(operation: Operation) -> &'static str {
    match operation {
        Operation::Challenge(_) => "Authentication",
        Operation::Object(Collection::Secrets, verb) => secret_name(verb),
        Operation::Object(Collection::Keys, verb) => key_name(verb),
        Operation::Object(Collection::Certificates, verb) => certificate_name(verb),
        Operation::VaultGet => "VaultGet",
        Operation::VaultPut(_) => "VaultPut",
        Operation::VaultPatch(_) => "VaultPatch",
        Operation::VaultDelete => "VaultDelete",
        Operation::VaultPurge => "VaultPurge",
        Operation::Activity(activity) => activity_name(activity).0,
    }
}

fn secret_name(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "SecretGet",
        Verb::List => "SecretList",
        Verb::ListVersions => "SecretListVersions",
        Verb::ListDeleted => "SecretListDeleted",
        Verb::Set => "SecretSet",
        Verb::Update => "SecretUpdate",
        Verb::Delete => "SecretDelete",
        Verb::Purge => "SecretPurge",
        Verb::Recover => "SecretRecover",
        Verb::Backup => "SecretBackup",
        Verb::Restore => "SecretRestore",
        Verb::NearExpiry => "SecretNearExpiryEventGridNotification",
        other => unreachable!("nobody can {other:?} a secret"),
    }
}

fn key_name(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "KeyGet",
        Verb::List => "KeyList",
        Verb::ListVersions => "KeyListVersions",
        Verb::ListDeleted => "KeyListDeleted",
        Verb::Create => "KeyCreate",
        Verb::Import => "KeyImport",
        Verb::Update => "KeyUpdate",
        Verb::Rotate => "KeyRotate",
        Verb::Delete => "KeyDelete",
        Verb::Purge => "KeyPurge",
        Verb::Recover => "KeyRecover",
        Verb::Backup => "KeyBackup",
        Verb::Restore => "KeyRestore",
        Verb::Wrap => "KeyWrap",
        Verb::Unwrap => "KeyUnwrap",
        Verb::NearExpiry => "KeyNearExpiryEventGridNotification",
        Verb::Set => unreachable!("keys are created, imported or rotated"),
    }
}

fn certificate_name(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "CertificateGet",
        Verb::List => "CertificateList",
        Verb::ListVersions => "CertificateListVersions",
        Verb::ListDeleted => "CertificateListDeleted",
        Verb::Create => "CertificateCreate",
        Verb::Import => "CertificateImport",
        Verb::Update => "CertificateUpdate",
        Verb::Delete => "CertificateDelete",
        Verb::Purge => "CertificatePurge",
        Verb::Recover => "CertificateRecover",
        Verb::Backup => "CertificateBackup",
        Verb::Restore => "CertificateRestore",
        Verb::NearExpiry => "CertificateNearExpiryEventGridNotification",
        other => unreachable!("nobody can {other:?} a certificate"),
    }
}

/// The name of an Activity Log operation in records, and in `authorization`.
pub(super) fn activity_name(activity: Activity) -> (&'static str, &'static str) {
    match activity {
        Activity::VaultWrite(_) => {
            ("MICROSOFT.KEYVAULT/VAULTS/WRITE", "Microsoft.KeyVault/vaults/write")
        }
        Activity::PolicyWrite(_) => (
            "MICROSOFT.KEYVAULT/VAULTS/ACCESSPOLICIES/WRITE",
            "Microsoft.KeyVault/vaults/accessPolicies/write",
        ),
        Activity::VaultDelete => {
            ("MICROSOFT.KEYVAULT/VAULTS/DELETE", "Microsoft.KeyVault/vaults/delete")
        }
        Activity::VaultPurge => (
            "MICROSOFT.KEYVAULT/LOCATIONS/DELETEDVAULTS/PURGE/ACTION",
            "Microsoft.KeyVault/locations/deletedVaults/purge/action",
        ),
        Activity::RoleAssignment(..) => (
            "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
            "Microsoft.Authorization/roleAssignments/write",
        ),
        Activity::RoleRemoval(..) => (
            "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/DELETE",
            "Microsoft.Authorization/roleAssignments/delete",
        ),
        Activity::DiagnosticsWrite => (
            "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/WRITE",
            "Microsoft.Insights/diagnosticSettings/write",
        ),
        Activity::DiagnosticsDelete => (
            "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE",
            "Microsoft.Insights/diagnosticSettings/delete",
        ),
        Activity::StorageWrite => {
            ("MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE", "Microsoft.Storage/storageAccounts/write")
        }
    }
}

/// HTTP status and its reason phrase.
pub(super) fn status(outcome: Outcome) -> (u64, &'static str) {
    match outcome {
        Outcome::Ok | Outcome::Started => (200, "OK"),
        Outcome::Created => (201, "Created"),
        Outcome::Unauthorized => (401, "Unauthorized"),
        Outcome::Forbidden | Outcome::ForbiddenByNetwork => (403, "Forbidden"),
        Outcome::NotFound => (404, "Not Found"),
        Outcome::Conflict => (409, "Conflict"),
        Outcome::Throttled => (429, "Too Many Requests"),
    }
}

/// The permission as denials of vaults with access policies name it.
pub(super) fn permission(collection: Collection, verb: Verb) -> String {
    let verb = match verb {
        Verb::Get | Verb::NearExpiry => "get",
        Verb::List | Verb::ListVersions | Verb::ListDeleted => "list",
        Verb::Set => "set",
        Verb::Create => "create",
        Verb::Import => "import",
        Verb::Update => "update",
        Verb::Rotate => "rotate",
        Verb::Delete => "delete",
        Verb::Purge => "purge",
        Verb::Recover => "recover",
        Verb::Backup => "backup",
        Verb::Restore => "restore",
        Verb::Wrap => "wrapKey",
        Verb::Unwrap => "unwrapKey",
    };
    format!("{} {verb}", collection.as_str())
}

/// The permission a data action needs, as denials of role-based vaults name it.
pub(super) fn data_action(collection: Collection, verb: Verb) -> String {
    let action = match (collection, verb) {
        (Collection::Secrets, Verb::Get) => "getSecret/action",
        (Collection::Secrets, Verb::Set) => "setSecret/action",
        (Collection::Secrets, Verb::List | Verb::ListVersions) => "readMetadata/action",
        (_, Verb::Get | Verb::List | Verb::ListVersions | Verb::ListDeleted) => "read",
        (_, Verb::Delete) => "delete",
        (_, Verb::Purge) => "purge/action",
        (_, Verb::Recover) => "recover/action",
        (_, Verb::Backup) => "backup/action",
        (_, Verb::Restore) => "restore/action",
        (_, Verb::Create) => "create/action",
        (_, Verb::Import) => "import/action",
        (_, Verb::Update) => "update/action",
        (_, Verb::Rotate) => "rotate/action",
        (_, Verb::Wrap) => "wrap/action",
        (_, Verb::Unwrap) => "unwrap/action",
        (_, Verb::Set | Verb::NearExpiry) => "write",
    };
    format!("Microsoft.KeyVault/vaults/{}/{action}", collection.as_str())
}
