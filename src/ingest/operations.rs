//! The data plane's operations: their canonical spelling, and what each does.
//!
//! An operation that is not here is kept as written and does `other`.

use crate::event::Access::{
    self, Authenticate, Change, Destroy, List, Metadata, Other, Recover, Reveal, Use,
};

type Operation = (&'static str, Access);

/// Whether `name` spells an operation of the data plane.
pub(crate) fn is_operation(name: &str) -> bool {
    find(name).is_some()
}

/// The operation that `name` spells in any case, and what it does when it succeeds.
pub(super) fn find(name: &str) -> Option<Operation> {
    let family = match name.as_bytes().first()?.to_ascii_lowercase() {
        b's' => SECRET,
        b'k' => KEY,
        b'c' => CERTIFICATE,
        _ => VAULT,
    };
    let exact = family.iter().copied().find(|(known, _)| *known == name);
    exact.or_else(|| family.iter().copied().find(|(known, _)| known.eq_ignore_ascii_case(name)))
}

const SECRET: &[Operation] = &[
    ("SecretGet", Reveal),
    ("SecretList", List),
    ("SecretListVersions", List),
    ("SecretSet", Change),
    ("SecretUpdate", Change),
    ("SecretDelete", Destroy),
    ("SecretPurge", Destroy),
    ("SecretBackup", Reveal),
    ("SecretRestore", Recover),
    ("SecretRecover", Recover),
    ("SecretGetDeleted", Metadata),
    ("SecretListDeleted", List),
    ("SecretNearExpiryEventGridNotification", Other),
    ("SecretExpiredEventGridNotification", Other),
];

const KEY: &[Operation] = &[
    ("KeyGet", Metadata),
    ("KeyList", List),
    ("KeyListVersions", List),
    ("KeySign", Use),
    ("KeyVerify", Use),
    ("KeyWrap", Use),
    ("KeyUnwrap", Use),
    ("KeyEncrypt", Use),
    ("KeyDecrypt", Use),
    ("KeyCreate", Change),
    ("KeyImport", Change),
    ("KeyUpdate", Change),
    ("KeyRotate", Change),
    ("KeyRotateIfDue", Change),
    ("KeyRotationPolicyGet", Metadata),
    ("KeyRotationPolicySet", Change),
    ("KeyDelete", Destroy),
    ("KeyPurge", Destroy),
    ("KeyBackup", Reveal),
    ("KeyRelease", Reveal),
    ("KeyRestore", Recover),
    ("KeyRecover", Recover),
    ("KeyGetDeleted", Metadata),
    ("KeyListDeleted", List),
    ("KeyNearExpiryEventGridNotification", Other),
    ("KeyExpiredEventGridNotification", Other),
];

const CERTIFICATE: &[Operation] = &[
    ("CertificateGet", Metadata),
    ("CertificateList", List),
    ("CertificateListVersions", List),
    ("CertificateCreate", Change),
    ("CertificateImport", Change),
    ("CertificateUpdate", Change),
    ("CertificateEnroll", Change),
    ("CertificateRenew", Change),
    ("CertificateDelete", Destroy),
    ("CertificatePurge", Destroy),
    ("CertificateBackup", Reveal),
    ("CertificateRestore", Recover),
    ("CertificateRecover", Recover),
    ("CertificateGetDeleted", Metadata),
    ("CertificateListDeleted", List),
    ("CertificatePolicyGet", Metadata),
    ("CertificatePolicySet", Change),
    ("CertificatePolicyUpdate", Change),
    ("CertificateContactsGet", Metadata),
    ("CertificateContactsSet", Change),
    ("CertificateContactsDelete", Destroy),
    ("CertificateIssuerGet", Metadata),
    ("CertificateIssuerSet", Change),
    ("CertificateIssuerUpdate", Change),
    ("CertificateIssuerDelete", Destroy),
    ("CertificateIssuersList", List),
    ("CertificatePendingGet", Metadata),
    ("CertificatePendingMerge", Change),
    ("CertificatePendingUpdate", Change),
    ("CertificatePendingDelete", Destroy),
    ("CertificateNearExpiryEventGridNotification", Other),
    ("CertificateExpiredEventGridNotification", Other),
];

const VAULT: &[Operation] = &[
    ("Authentication", Authenticate),
    ("VaultGet", Metadata),
    ("VaultPut", Change),
    ("VaultPatch", Change),
    ("VaultDelete", Destroy),
    ("VaultPurge", Destroy),
    ("VaultRecover", Recover),
    ("VaultList", List),
    ("VaultGetDeleted", Metadata),
    ("VaultListDeleted", List),
    ("VaultAccessPolicyChangedEventGridNotification", Other),
    ("GetPrivateLinkResources", Metadata),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_in_its_family_and_in_any_case() {
        for family in [SECRET, KEY, CERTIFICATE, VAULT] {
            for &operation in family {
                assert_eq!(find(operation.0), Some(operation));
                assert_eq!(find(&operation.0.to_uppercase()), Some(operation));
            }
        }
        assert_eq!(find("SecretGets"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn whatever_hands_out_a_value_reveals() {
        let reveals: Vec<_> = [SECRET, KEY, CERTIFICATE, VAULT]
            .concat()
            .into_iter()
            .filter(|(_, access)| *access == Reveal)
            .map(|(name, _)| name)
            .collect();
        assert_eq!(
            reveals,
            ["SecretGet", "SecretBackup", "KeyBackup", "KeyRelease", "CertificateBackup"]
        );
    }
}
