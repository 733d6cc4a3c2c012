//! Text fragments of a tenant, escaped and joined once, so that a record is a few dozen copies of
//! bytes.

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::claims::{AppClaims, Claims};
use crate::cast::OpaqueClaim;
use crate::event::Event;
use crate::json::{escaped, guid};
use crate::tenant::{Client, Model, Tenant, Vault};

/// Everything that records of one tenant have in common.
#[derive(Debug)]
pub(crate) struct Texts<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(super) tenant_id: String,
    pub(super) claims: Vec<Claims>,
    pub(super) vaults: Vec<VaultText>,
    /// Addresses of objects without version, escaped.
    pub(super) objects: Vec<String>,
    /// One per row of the client table.
    pub(super) clients: Vec<ClientText>,
}

/// Fragments of one vault.
#[derive(Debug)]
pub(super) struct VaultText {
    /// `https://name.vault.azure.net`
    pub(super) address: String,
    /// `https://management.azure.com/subscriptions/...`
    pub(super) management: String,
    /// `,"resourceId":"...","operationVersion":"`
    pub(super) resource: String,
}

/// Fragments of one release of a client.
#[derive(Debug)]
pub(super) struct ClientText {
    pub(super) agent: String,
    pub(super) arm_agent: String,
    pub(super) app_id: Option<String>,
    pub(super) arm_app_id: Option<String>,
    pub(super) api_version: String,
    pub(super) arm_api_version: String,
    pub(super) tls: String,
    pub(super) portal: bool,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(tenant: &'a Tenant) -> Self {
        let tenant_id = guid(tenant.id);
        let vaults: Vec<VaultText> =
            tenant.vaults.all().iter().map(|vault| vault_text(tenant, vault)).collect();
        let objects = tenant.objects.iter().map(|object| {
            let address = &vaults[usize::from(object.vault)].address;
            format!("{address}/{}/{}", object.collection.as_str(), escaped(&object.name))
        });
        Self {
            objects: objects.collect(),
            claims: tenant
                .identities
                .iter()
                .map(|identity| Claims::new(identity, &tenant_id))
                .collect(),
            clients: tenant.clients.iter().flat_map(client_texts).collect(),
            vaults,
            tenant,
            tenant_id,
        }
    }

    /// The id of the assignment that lets this caller into this vault.
    pub(super) fn assignment(&self, event: &Event) -> u128 {
        if let Some(known) = self.tenant.known_assignment(event.identity, event.vault) {
            return known;
        }
        let mut pair = [0_u8; 8];
        pair[..4].copy_from_slice(&event.identity.to_le_bytes());
        pair[4..].copy_from_slice(&u32::from(event.vault).to_le_bytes());
        xxh3_128_with_seed(&pair, self.tenant.seed)
    }

    /// What records say of the caller, as known or else as drawn; escaped.
    pub(super) fn opaque(&self, event: &Event, claim: OpaqueClaim, drawn: String) -> String {
        self.tenant.known_claim(event.identity, claim).map_or(drawn, escaped)
    }

    pub(super) fn vault(&self, event: &Event) -> (&'a Vault, &VaultText) {
        let index = usize::from(event.vault);
        (&self.tenant.vaults[index], &self.vaults[index])
    }

    pub(super) fn client(&self, event: &Event) -> &ClientText {
        &self.clients[event.client as usize]
    }

    /// `appid=..;oid=..;iss=..` as denials name the caller.
    pub(super) fn caller(&self, event: &Event) -> String {
        let identity = &self.tenant.identities[event.identity as usize];
        let app = match &self.claims[event.identity as usize] {
            Claims::Person(_) => self.client(event).app_id.clone(),
            Claims::App(AppClaims { .. }) => None,
        };
        let app = app.unwrap_or_else(|| guid(identity.app_id));
        let oid = guid(identity.object_id);
        format!("appid={app};oid={oid};iss=https://sts.windows.net/{}/", self.tenant_id)
    }

    pub(super) fn uses_roles(&self, event: &Event) -> bool {
        self.vault(event).0.model == Model::Roles
    }
}

fn vault_text(tenant: &Tenant, vault: &Vault) -> VaultText {
    let subscription = guid(tenant.subscriptions[vault.subscription]);
    let path = |separator: &str| {
        format!(
            "/subscriptions/{subscription}/{separator}/{}/providers/Microsoft.KeyVault/vaults/{}",
            vault.resource_group, vault.name
        )
    };
    VaultText {
        address: format!("https://{}.vault.azure.net", escaped(&vault.name.to_lowercase())),
        management: format!("https://management.azure.com{}", escaped(&path("resourceGroups"))),
        resource: format!(
            r#","resourceId":"{}","operationVersion":""#,
            escaped(
                &vault.resource_id.clone().unwrap_or_else(|| path("resourceGroups").to_uppercase())
            )
        ),
    }
}

fn client_texts(client: &Client) -> Vec<ClientText> {
    let row = |agent: &String| ClientText {
        agent: escaped(agent),
        arm_agent: escaped(client.arm_agent.as_ref().unwrap_or(agent)),
        app_id: client.app_id.map(guid),
        arm_app_id: client.arm_app_id.map(guid),
        api_version: escaped(&client.api_version),
        arm_api_version: escaped(&client.arm_api_version),
        tls: escaped(&client.tls),
        portal: client.used_by.iter().any(|by| by == "portal"),
    };
    client.agents.iter().map(row).collect()
}
