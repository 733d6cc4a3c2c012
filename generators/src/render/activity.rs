//! Activity Log records in the resource-log form: what the management plane logs, Start with the
//! request's body, Success without.
//!
//! They are few, so they are written with formatting and JSON values where that reads better.

use serde_json::json;

use super::Texts;
use super::claims::FALLBACK_APP;
use super::names::{activity_name, operation_name, status};
use crate::cast::OpaqueClaim;
use crate::event::{Activity, Change, Event, Operation, Outcome, Role, Scope};
use crate::json::{escaped, guid, write_escaped};
use crate::tenant::{Kind, Position};
use crate::time::{HOUR, SECOND, format_rfc3339};

/// What an Activity Log record is about.
struct Subject {
    /// Mixed case, as `scope` and `entity` carry it.
    scope: String,
    action: &'static str,
    /// Inside of a JSON string; only on Start.
    body: Vec<u8>,
}

impl Texts<'_> {
    /// Appends the record without its line end.
    pub(super) fn write_activity(&self, out: &mut Vec<u8>, event: &Event) {
        let subject = self.subject(event);
        let vault = self.vault(event).0;
        let subscription = guid(self.tenant.subscriptions[vault.subscription]);
        let (result, signature, level) = match event.outcome {
            Outcome::Started => ("Start", "Started.", "Information"),
            Outcome::Created => ("Success", "Succeeded.Created", "Information"),
            Outcome::Forbidden => ("Failure", "Failed.Forbidden", "Error"),
            Outcome::Conflict => ("Failure", "Failed.Conflict", "Error"),
            _ => ("Success", "Succeeded.OK", "Information"),
        };
        let address = std::net::Ipv4Addr::from(event.address);
        let head = format!(
            r#"{{"RoleLocation":"{}","ReleaseVersion":"6.2026.8.3+1f0c2ab.release_2026w08","time":"{}","resourceId":"{}","operationName":"{}","category":"Administrative","resultType":"{result}","resultSignature":"{signature}","durationMs":"{}","callerIpAddress":"{address}","correlationId":"{}","identity":{{"authorization":"#,
            role_location(&vault.location),
            format_rfc3339(event.time),
            escaped(&subject.scope.to_uppercase()),
            operation_name(event.operation),
            event.duration_ms,
            guid(event.id),
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(self.authorization(event, &subject, &subscription).as_bytes());
        out.extend_from_slice(br#","claims":"#);
        out.extend_from_slice(self.management_token(event).as_bytes());
        out.extend_from_slice(br#"},"level":""#);
        out.extend_from_slice(level.as_bytes());
        out.extend_from_slice(br#"","properties":{"#);
        if event.outcome == Outcome::Started && !subject.body.is_empty() {
            out.extend_from_slice(br#""requestbody":""#);
            out.extend_from_slice(&subject.body);
            out.extend_from_slice(br#"","#);
        } else if event.outcome != Outcome::Started {
            let status = status(event.outcome).1;
            let service = guid(event.id.rotate_left(31));
            out.extend_from_slice(
                format!(r#""statusCode":"{status}","serviceRequestId":"{service}","#).as_bytes(),
            );
        }
        let tail = format!(
            r#""eventCategory":"Administrative","entity":"{}","message":"{}","hierarchy":"{}/{subscription}"}},"tenantId":"{}"}}"#,
            escaped(&subject.scope),
            subject.action,
            self.tenant_id,
            self.tenant_id,
        );
        out.extend_from_slice(tail.as_bytes());
    }

    fn subject(&self, event: &Event) -> Subject {
        let Operation::Activity(activity) = event.operation else {
            unreachable!("{:?} is no Activity Log operation", event.operation)
        };
        let vault = self.vault(event).0;
        let subscription =
            format!("/subscriptions/{}", guid(self.tenant.subscriptions[vault.subscription]));
        let group = format!("{subscription}/resourceGroups/{}", vault.resource_group);
        let resource = format!("{group}/providers/Microsoft.KeyVault/vaults/{}", vault.name);
        let mut body = Vec::new();
        let scope = match activity {
            Activity::RoleAssignment(role, scope) | Activity::RoleRemoval(role, scope) => {
                let scope = match scope {
                    Scope::Vault => resource,
                    Scope::ResourceGroup => group,
                    Scope::Subscription => subscription.clone(),
                };
                let id = guid(assignment_id(event));
                if matches!(activity, Activity::RoleAssignment(..)) {
                    let request = self.assignment_request(event, role, &scope, &subscription);
                    write_escaped(&mut body, &request.to_string());
                }
                format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{id}")
            }
            Activity::VaultWrite(change) => {
                if event.outcome == Outcome::Started {
                    self.write_request_body(&mut body, event, change);
                }
                resource
            }
            Activity::PolicyWrite(change) => {
                self.write_policy_body(&mut body, event);
                let verb = if change == Change::Grant { "add" } else { "remove" };
                format!("{resource}/accessPolicies/{verb}")
            }
            Activity::VaultDelete => resource,
            Activity::VaultPurge => format!(
                "{subscription}/providers/Microsoft.KeyVault/locations/{}/deletedVaults/{}",
                vault.location, vault.name
            ),
            Activity::DiagnosticsWrite | Activity::DiagnosticsDelete => {
                if activity == Activity::DiagnosticsWrite {
                    write_escaped(&mut body, &diagnostics_request().to_string());
                }
                format!("{resource}/providers/Microsoft.Insights/diagnosticSettings/audit")
            }
            Activity::StorageWrite => {
                let key = &self.tenant.objects[event.detail as usize].name;
                let request = json!({ "properties": { "encryption": {
                    "keySource": "Microsoft.Keyvault",
                    "keyvaultproperties": {
                        "keyvaulturi": format!("https://{}.vault.azure.net", vault.name),
                        "keyname": key,
                    },
                } } });
                write_escaped(&mut body, &request.to_string());
                let account = vault.name.replace('-', "").to_lowercase();
                format!("{group}/providers/Microsoft.Storage/storageAccounts/{account}")
            }
        };
        Subject { scope, action: activity_name(activity).1, body }
    }

    fn assignment_request(
        &self,
        event: &Event,
        role: Role,
        scope: &str,
        subscription: &str,
    ) -> serde_json::Value {
        let (principal, kind) = self.grantee(event);
        json!({
            "id": guid(assignment_id(event)),
            "properties": {
                "principalId": guid(principal),
                "principalType": kind,
                "roleDefinitionId": format!(
                    "{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}",
                    role_definition(role)
                ),
                "scope": scope,
            },
        })
    }

    /// Who may do it and why; the principal here is the caller, never the one who is granted
    /// something.
    fn authorization(&self, event: &Event, subject: &Subject, subscription: &str) -> String {
        let identity = &self.tenant.identities[event.identity as usize];
        let grants = matches!(
            event.operation,
            Operation::Activity(Activity::RoleAssignment(..) | Activity::RoleRemoval(..))
        );
        let (role, definition) = match (identity.is_person(), identity.position) {
            (true, Position::Administrator) => ("Owner", "8e3af657a8ff443ca75c2fe8c4bcb635"),
            (true, _) if grants => ("Owner", "8e3af657a8ff443ca75c2fe8c4bcb635"),
            (true, _) => ("Key Vault Contributor", "f25e0fa2a7c84377a97654943a77a395"),
            (false, _) if grants => {
                ("User Access Administrator", "18d7d88dd35e4fb5a5c37773c20a72d9")
            }
            (false, _) => ("Contributor", "b24988ac618042a0ab8820f7382dd24c"),
        };
        let drawn = format!("{:032x}", self.assignment(event).rotate_left(7));
        let assignment = self.opaque(event, OpaqueClaim::RoleAssignmentId, drawn);
        let principal_type = if identity.is_person() { "User" } else { "ServicePrincipal" };
        format!(
            r#"{{"scope":"{}","action":"{}","evidence":{{"role":"{role}","roleAssignmentScope":"/subscriptions/{subscription}","roleAssignmentId":"{assignment}","roleDefinitionId":"{definition}","principalId":"{:032x}","principalType":"{principal_type}"}}}}"#,
            escaped(&subject.scope),
            subject.action,
            identity.object_id,
        )
    }

    fn management_token(&self, event: &Event) -> String {
        let identity = &self.tenant.identities[event.identity as usize];
        let issuer = format!("https://sts.windows.net/{}/", self.tenant_id);
        // Tokens are a few minutes to an hour old and last a little over an hour.
        let issued = (event.time - (event.id % 3_300) as i64 * SECOND) / SECOND;
        let expires = issued + HOUR / SECOND + (event.id >> 64) as i64 % 1_500;
        let (oid, unique) = (guid(identity.object_id), identity.object_id.rotate_left(53));
        let common = format!(
            r#""aud":"https://management.core.windows.net/","iss":"{issuer}","iat":"{issued}","nbf":"{issued}","exp":"{expires}""#
        );
        let tail = format!(
            r#""http://schemas.microsoft.com/identity/claims/tenantid":"{}","uti":"{:022x}","ver":"1.0""#,
            self.tenant_id,
            event.id >> 40
        );
        let object =
            format!(r#""http://schemas.microsoft.com/identity/claims/objectidentifier":"{oid}""#);
        let known = |claim, drawn| self.opaque(event, claim, drawn);
        let aio = known(OpaqueClaim::Aio, format!("{unique:032x}{:032x}", event.id));
        let rh = known(OpaqueClaim::Rh, format!("0.{:024x}.", unique >> 32));
        let name_identifier = known(OpaqueClaim::NameIdentifier, format!("{unique:043x}"));
        let puid = known(OpaqueClaim::Puid, format!("1003{:012X}", unique >> 80));
        let opaque = format!(r#""aio":"{aio}""#);
        let subject = format!(
            r#""rh":"{rh}","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier":"{name_identifier}""#
        );
        if !identity.is_person() {
            let method = if identity.kind == Kind::SecretPrincipal { 1 } else { 2 };
            return format!(
                r#"{{{common},{opaque},"appid":"{}","appidacr":"{method}","http://schemas.microsoft.com/identity/claims/identityprovider":"{issuer}","idtyp":"app",{object},{subject},{tail},"xms_tcdt":"1648126498"}}"#,
                guid(identity.app_id)
            );
        }
        let name = escaped(&identity.name);
        let upn = if identity.kind == Kind::Guest {
            String::new()
        } else {
            format!(r#""http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"{name}","#)
        };
        let app = self.client(event).arm_app_id.as_deref().unwrap_or(FALLBACK_APP);
        let address = std::net::Ipv4Addr::from(event.address);
        format!(
            r#"{{{common},"http://schemas.microsoft.com/claims/authnclassreference":"1",{opaque},"http://schemas.microsoft.com/claims/authnmethodsreferences":"pwd,mfa","appid":"{app}","appidacr":"0","idtyp":"user","ipaddr":"{address}","name":"{name}",{object},"puid":"{puid}","http://schemas.microsoft.com/identity/claims/scope":"user_impersonation",{subject},"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":"{name}",{upn}{tail},"wids":"b79fbf4d-3ef9-4689-8143-76b194e85509","xms_tcdt":"1648126498"}}"#
        )
    }
}

/// Start and Success of one call speak of the same assignment.
fn assignment_id(event: &Event) -> u128 {
    event.id.rotate_left(17) & !(0xf << 76) | 0x4 << 76
}

fn diagnostics_request() -> serde_json::Value {
    json!({ "properties": { "logs": [{ "category": "AuditEvent", "enabled": true }] } })
}

fn role_definition(role: Role) -> &'static str {
    match role {
        Role::Administrator => "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        Role::SecretsOfficer => "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        Role::SecretsUser => "4633458b-17de-408a-b874-0445c86b69e6",
        Role::Reader => "21090545-7ca7-4776-b22c-e363652d74d2",
    }
}

fn role_location(location: &str) -> &'static str {
    match location {
        "westeurope" => "West Europe",
        "northeurope" => "North Europe",
        "francecentral" => "France Central",
        _ => "global",
    }
}
