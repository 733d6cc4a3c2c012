//! `AuditEvent` records: what a vault itself logs. `resultType` says `Success` whatever happened;
//! the HTTP status knows better.

use super::Texts;
use super::texts::{ClientText, VaultText};
use crate::event::{Event, NOTHING, Operation, Outcome, Request};
use crate::json::{write_address, write_guid, write_hex, write_number};
use crate::tenant::{Collection, Network};
use crate::time::{MILLISECOND, write_rfc3339};

impl Texts<'_> {
    /// Appends the record without its line end.
    pub(super) fn write_audit(&self, out: &mut Vec<u8>, event: &Event) {
        let client = self.client(event);
        let (_, vault) = self.vault(event);
        let management = event.operation.is_management();
        out.extend_from_slice(br#"{"time":""#);
        write_rfc3339(out, event.time);
        out.extend_from_slice(br#"","category":"AuditEvent","operationName":""#);
        out.extend_from_slice(Self::operation_name(event.operation).as_bytes());
        out.extend_from_slice(br#"","resultType":"Success","#);
        self.write_description(out, event);
        out.extend_from_slice(br#""correlationId":""#);
        write_guid(out, event.id);
        out.extend_from_slice(br#"","callerIpAddress":""#);
        write_address(out, event.address);
        out.extend_from_slice(br#"","identity":"#);
        self.write_identity(out, event, client, management);
        out.extend_from_slice(br#","properties":{"#);
        if management {
            self.write_management_properties(out, event, client, vault);
        } else {
            self.write_object_properties(out, event, client, vault);
        }
        out.push(b'}');
        out.extend_from_slice(vault.resource.as_bytes());
        let version = if management { &client.arm_api_version } else { &client.api_version };
        out.extend_from_slice(version.as_bytes());
        out.extend_from_slice(br#"","resultSignature":""#);
        out.extend_from_slice(status(event.outcome).1.as_bytes());
        out.extend_from_slice(br#"","durationMs":""#);
        write_number(out, u64::from(event.duration_ms));
        out.extend_from_slice(br#""}"#);
    }

    fn write_identity(
        &self,
        out: &mut Vec<u8>,
        event: &Event,
        client: &ClientText,
        management: bool,
    ) {
        let claims = &self.claims[event.identity as usize];
        if matches!(event.operation, Operation::Challenge(_)) {
            out.extend_from_slice(b"{}");
        } else if management {
            claims.write_management(out, client.arm_app_id.as_deref());
        } else {
            // The token was issued to the public address, also where the vault sees a private one.
            let address = if self.tenant.is_private(event.address) {
                self.tenant.public_address(event.identity, event.time)
            } else {
                event.address
            };
            claims.write_short(out, client.app_id.as_deref(), address);
        }
    }

    fn write_object_properties(
        &self,
        out: &mut Vec<u8>,
        event: &Event,
        client: &ClientText,
        vault: &VaultText,
    ) {
        let challenge = matches!(event.operation, Operation::Challenge(_));
        if event.object != NOTHING && !challenge {
            out.extend_from_slice(br#""id":""#);
            out.extend_from_slice(self.objects[event.object as usize].as_bytes());
            if event.outcome == Outcome::Ok && names_version(event.operation) {
                out.push(b'/');
                write_hex(out, self.tenant.version(event.object, event.time));
            }
            out.extend_from_slice(br#"","#);
        }
        out.extend_from_slice(br#""clientInfo":""#);
        out.extend_from_slice(client.agent.as_bytes());
        out.extend_from_slice(br#"","httpStatusCode":"#);
        write_number(out, status(event.outcome).0);
        out.extend_from_slice(br#","requestUri":""#);
        self.write_uri(out, event, client, vault);
        out.push(b'"');
        if !challenge {
            self.write_permission(out, event);
            if event.outcome == Outcome::Ok {
                write_details(out, event.operation);
            }
        }
        out.extend_from_slice(br#","tlsVersion":""#);
        out.extend_from_slice(client.tls.as_bytes());
        out.push(b'"');
        let network = match (event.outcome, self.vault(event).0.network) {
            (Outcome::ForbiddenByNetwork, _) => {
                r#","addrAuthType":"PublicIP","isAddressAuthorized":false"#
            }
            (Outcome::Unauthorized, _) | (_, Network::Public) => "",
            _ if self.tenant.is_private(event.address) => {
                r#","addrAuthType":"PrivateLink","isAddressAuthorized":true"#
            }
            _ => r#","addrAuthType":"PublicIP","isAddressAuthorized":true"#,
        };
        out.extend_from_slice(network.as_bytes());
    }

    /// Which permission let the caller in; the two models exclude each other.
    fn write_permission(&self, out: &mut Vec<u8>, event: &Event) {
        match (self.uses_roles(event), event.outcome) {
            (_, Outcome::ForbiddenByNetwork) => {}
            (true, Outcome::Forbidden) => out.extend_from_slice(br#","isRbacAuthorized":false"#),
            (false, Outcome::Forbidden) => {
                out.extend_from_slice(br#","isAccessPolicyMatch":false"#)
            }
            (true, _) => {
                out.extend_from_slice(br#","isRbacAuthorized":true,"appliedAssignmentId":""#);
                write_hex(out, self.assignment(event));
                out.push(b'"');
            }
            (false, _) => out.extend_from_slice(br#","isAccessPolicyMatch":true"#),
        }
    }

    fn write_uri(&self, out: &mut Vec<u8>, event: &Event, client: &ClientText, vault: &VaultText) {
        let (list, path) = match event.operation {
            Operation::SecretList | Operation::Challenge(Request::List) => (Some("/secrets"), ""),
            Operation::KeyList => (Some("/keys"), ""),
            Operation::CertificateList => (Some("/certificates"), ""),
            Operation::SecretListVersions
            | Operation::KeyListVersions
            | Operation::CertificateListVersions => (None, "/versions"),
            Operation::SecretBackup | Operation::KeyBackup | Operation::CertificateBackup => {
                (None, "/backup")
            }
            Operation::KeyWrap => (None, "/wrapkey"),
            Operation::KeyUnwrap | Operation::Challenge(Request::Cryptography) => {
                (None, "/unwrapkey")
            }
            Operation::Challenge(Request::Backup) => (None, "/backup"),
            // A read without a version ends in a slash.
            _ => (None, "/"),
        };
        match list {
            Some(collection) => {
                out.extend_from_slice(vault.address.as_bytes());
                out.extend_from_slice(collection.as_bytes());
            }
            None => out.extend_from_slice(self.objects[event.object as usize].as_bytes()),
        }
        if list.is_none() && matches!(event.operation, Operation::KeyWrap | Operation::KeyUnwrap) {
            out.push(b'/');
            write_hex(out, self.tenant.version(event.object, event.time));
        }
        out.extend_from_slice(path.as_bytes());
        out.extend_from_slice(b"?api-version=");
        out.extend_from_slice(client.api_version.as_bytes());
        let pages = list.is_some() || path == "/versions";
        if pages && client.portal {
            out.extend_from_slice(b"&maxresults=25&_=");
            write_number(out, (event.time / MILLISECOND) as u64);
        } else if list.is_some() {
            out.extend_from_slice(b"&maxresults=25");
        }
        if list.is_some() && event.detail > 0 {
            out.extend_from_slice(b"&$skiptoken=");
            write_hex(out, self.assignment(event).rotate_left(event.detail));
        }
    }

    fn write_management_properties(
        &self,
        out: &mut Vec<u8>,
        event: &Event,
        client: &ClientText,
        vault: &VaultText,
    ) {
        out.extend_from_slice(br#""id":""#);
        out.extend_from_slice(vault.address.as_bytes());
        out.extend_from_slice(br#"/","clientInfo":""#);
        out.extend_from_slice(client.arm_agent.as_bytes());
        out.extend_from_slice(br#"","requestUri":""#);
        out.extend_from_slice(vault.management.as_bytes());
        out.extend_from_slice(b"?api-version=");
        out.extend_from_slice(client.arm_api_version.as_bytes());
        out.extend_from_slice(br#"","httpStatusCode":"#);
        write_number(out, status(event.outcome).0);
        out.extend_from_slice(br#","properties":"#);
        self.write_settings(out, event);
        if let Operation::VaultPatch(change) = event.operation {
            self.write_difference(out, event, change);
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
    }
}

/// A read without a version is answered with one.
fn names_version(operation: Operation) -> bool {
    use Operation::{CertificateGet, KeyGet, KeyUnwrap, KeyWrap, SecretGet};
    matches!(operation, SecretGet | KeyGet | CertificateGet | KeyWrap | KeyUnwrap)
}

fn write_details(out: &mut Vec<u8>, operation: Operation) {
    let text = match operation {
        Operation::SecretGet => r#","secretProperties":{"attributes":{"enabled":true}}"#,
        Operation::KeyGet => {
            r#","keyProperties":{"type":"RSA","size":2048,"operations":["wrapKey","unwrapKey"],"attributes":{"enabled":true,"exp":null,"hsmPlatform":"0"}}"#
        }
        Operation::KeyWrap | Operation::KeyUnwrap => {
            r#","algorithm":"RSA-OAEP-256","keyProperties":{"type":"RSA","size":2048}"#
        }
        Operation::CertificateGet => r#","certificateProperties":{"attributes":{"enabled":true}}"#,
        _ => "",
    };
    out.extend_from_slice(text.as_bytes());
}

/// The permission a data action needs, as denials of role-based vaults name it.
pub(super) fn data_action(collection: Collection, operation: Operation) -> &'static str {
    match (collection, operation) {
        (Collection::Secrets, Operation::SecretBackup) => {
            "Microsoft.KeyVault/vaults/secrets/backup/action"
        }
        (Collection::Secrets, Operation::SecretListVersions) => {
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action"
        }
        (Collection::Secrets, _) => "Microsoft.KeyVault/vaults/secrets/getSecret/action",
        (Collection::Keys, Operation::KeyBackup) => "Microsoft.KeyVault/vaults/keys/backup/action",
        (Collection::Keys, _) => "Microsoft.KeyVault/vaults/keys/read",
        (Collection::Certificates, _) => "Microsoft.KeyVault/vaults/certificates/read",
    }
}
