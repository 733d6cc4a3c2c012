//! `AuditEvent` records: what a vault itself logs. `resultType` says `Success` whatever happened;
//! the HTTP status knows better.

use super::Texts;
use super::names::{operation_name, status};
use super::texts::{ClientText, VaultText};
use crate::event::{Event, Operation, Outcome, Verb};
use crate::json::{write_address, write_guid, write_hex, write_number};
use crate::tenant::{Collection, Network};
use crate::time::write_rfc3339;

impl Texts<'_> {
    /// Appends the record without its line end.
    pub(super) fn write_audit(&self, out: &mut Vec<u8>, event: &Event) {
        let client = self.client(event);
        let (_, vault) = self.vault(event);
        let management = event.operation.is_management();
        out.extend_from_slice(br#"{"time":""#);
        write_rfc3339(out, event.time);
        out.extend_from_slice(br#"","category":"AuditEvent","operationName":""#);
        out.extend_from_slice(operation_name(event.operation).as_bytes());
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
        if is_anonymous(event.operation) {
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
        let anonymous = is_anonymous(event.operation);
        self.write_object_id(out, event, vault);
        out.extend_from_slice(br#""clientInfo":""#);
        out.extend_from_slice(client.agent.as_bytes());
        out.extend_from_slice(br#"","httpStatusCode":"#);
        write_number(out, status(event.outcome).0);
        out.extend_from_slice(br#","requestUri":""#);
        self.write_uri(out, event, client, vault);
        out.push(b'"');
        if !anonymous {
            self.write_permission(out, event);
            if event.outcome == Outcome::Ok
                && let Operation::Object(collection, verb) = event.operation
            {
                write_details(out, collection, verb);
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
            // Neither gets as far as the permissions.
            (_, Outcome::ForbiddenByNetwork | Outcome::Throttled) => {}
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

/// Asked without a token, or noted by the service itself.
fn is_anonymous(operation: Operation) -> bool {
    matches!(operation, Operation::Challenge(_) | Operation::Object(_, Verb::NearExpiry))
}

fn write_details(out: &mut Vec<u8>, collection: Collection, verb: Verb) {
    use Verb::{Create, Get, Import, Rotate, Set, Unwrap, Update, Wrap};
    let text = match (collection, verb) {
        (Collection::Secrets, Get | Set | Update) => {
            r#","secretProperties":{"attributes":{"enabled":true}}"#
        }
        (Collection::Keys, Get | Create | Import | Update | Rotate) => {
            r#","keyProperties":{"type":"RSA","size":2048,"operations":["wrapKey","unwrapKey"],"attributes":{"enabled":true,"exp":null,"hsmPlatform":"0"}}"#
        }
        (Collection::Keys, Wrap | Unwrap) => {
            r#","algorithm":"RSA-OAEP-256","keyProperties":{"type":"RSA","size":2048}"#
        }
        (Collection::Certificates, Get | Create | Import | Update) => {
            r#","certificateProperties":{"attributes":{"enabled":true}}"#
        }
        _ => "",
    };
    out.extend_from_slice(text.as_bytes());
}
