//! What a vault's settings look like in records: in answers, in differences, and in the bodies of
//! write requests.
//!
//! Settings are those the vault was created with plus the change at hand; changes are not
//! remembered from one record to the next.

use serde_json::{Value, json};

use super::Texts;
use crate::event::{Change, Event, GROUP, Operation};
use crate::json::{guid, write_escaped};
use crate::tenant::{Model, Network};

impl Texts<'_> {
    /// Appends the `properties.properties` object of a vault operation.
    pub(super) fn write_settings(&self, out: &mut Vec<u8>, event: &Event) {
        let change = match event.operation {
            Operation::VaultPut(change) | Operation::VaultPatch(change) => change,
            _ => Change::Settings,
        };
        let (roles, network) = self.after(event, change);
        out.extend_from_slice(
            br#"{"sku":{"Family":"A","Name":"Standard","Capacity":null},"tenantId":""#,
        );
        out.extend_from_slice(self.tenant_id.as_bytes());
        out.extend_from_slice(br#"","networkAcls":"#);
        let rules: &[u8] = match network {
            // Half of the open vaults never had rules, the others say that they let everybody in.
            Network::Public if event.vault.is_multiple_of(2) => b"null",
            Network::Public => br#"{"bypass":"AzureServices","defaultAction":"Allow"}"#,
            Network::Firewalled => br#"{"bypass":"AzureServices","defaultAction":"Deny"}"#,
            Network::Private => br#"{"bypass":"None","defaultAction":"Deny"}"#,
        };
        // Opening a vault is written down, never having closed it is not.
        let rules: &[u8] = if change == Change::OpenNetwork {
            br#"{"bypass":"AzureServices","defaultAction":"Allow"}"#
        } else {
            rules
        };
        out.extend_from_slice(rules);
        out.extend_from_slice(
            br#","enabledForDeployment":false,"enabledForDiskEncryption":false,"enabledForTemplateDeployment":false,"enableSoftDelete":true,"softDeleteRetentionInDays":90,"enableRbacAuthorization":"#,
        );
        out.extend_from_slice(if roles { b"true" } else { b"false" });
        let protected = change == Change::Protect;
        out.extend_from_slice(br#","enablePurgeProtection":"#);
        out.extend_from_slice(if protected { b"true}" } else { b"null}" });
    }

    /// Appends what a patch changed, where the vault logs it.
    pub(super) fn write_difference(&self, out: &mut Vec<u8>, event: &Event, change: Change) {
        let (name, value) = match change {
            Change::Grant => ("addedAccessPolicy", self.policy(event, true)),
            Change::Revoke => ("removedAccessPolicy", self.policy(event, true)),
            Change::AddAddress => (
                "addedIpRule",
                json!({ "Value": std::net::Ipv4Addr::from(event.detail).to_string() }),
            ),
            _ => return,
        };
        out.extend_from_slice(format!(r#","{name}":{value}"#).as_bytes());
    }

    /// Appends the body of a vault write as the inside of a JSON string.
    pub(super) fn write_request_body(&self, out: &mut Vec<u8>, event: &Event, change: Change) {
        let vault = self.vault(event).0;
        let (roles, network) = self.after(event, change);
        let mut properties = json!({
            "tenantId": self.tenant_id,
            "sku": { "family": "A", "name": "standard" },
            "enableRbacAuthorization": roles,
            "enableSoftDelete": true,
        });
        if !roles {
            let granted = matches!(change, Change::Grant | Change::PolicyModel);
            let policies = if granted { vec![self.policy(event, false)] } else { Vec::new() };
            properties["accessPolicies"] = Value::Array(policies);
        }
        if change == Change::Protect {
            properties["enablePurgeProtection"] = Value::Bool(true);
        }
        let default = if network == Network::Public { "Allow" } else { "Deny" };
        let mut rules = json!({ "bypass": "AzureServices", "defaultAction": default });
        if change == Change::AddAddress {
            let address = std::net::Ipv4Addr::from(event.detail);
            rules["ipRules"] = json!([{ "value": format!("{address}/32") }]);
        }
        properties["networkAcls"] = rules;
        let body = json!({
            "location": vault.location,
            "tags": { "application": vault.resource_group.trim_start_matches("rg-") },
            "properties": properties,
        });
        write_escaped(out, &body.to_string());
    }

    /// Appends the body of a write of one access policy as the inside of a JSON string.
    pub(super) fn write_policy_body(&self, out: &mut Vec<u8>, event: &Event) {
        let body = json!({ "properties": { "accessPolicies": [self.policy(event, false)] } });
        write_escaped(out, &body.to_string());
    }

    /// The object id behind a grantee.
    pub(super) fn grantee(&self, event: &Event) -> (u128, &'static str) {
        if event.detail & GROUP != 0 {
            return (self.tenant.groups[(event.detail & !GROUP) as usize].object_id, "Group");
        }
        let identity = &self.tenant.identities[event.detail as usize];
        (identity.object_id, if identity.is_person() { "User" } else { "ServicePrincipal" })
    }

    /// Vault records write names with capitals, request bodies without.
    fn policy(&self, event: &Event, logged: bool) -> Value {
        let object = guid(self.grantee(event).0);
        let permissions = json!({ "keys": ["get", "list"], "secrets": ["get", "list"], "certificates": ["get", "list"] });
        if logged {
            json!({ "TenantId": self.tenant_id, "ObjectId": object, "Permissions": permissions })
        } else {
            json!({ "tenantId": self.tenant_id, "objectId": object, "permissions": permissions })
        }
    }

    fn after(&self, event: &Event, change: Change) -> (bool, Network) {
        let vault = self.vault(event).0;
        let roles = match change {
            Change::PolicyModel => false,
            Change::RoleModel => true,
            _ => vault.model == Model::Roles,
        };
        (roles, if change == Change::OpenNetwork { Network::Public } else { vault.network })
    }
}
