//! Who called: the token's claims in both dialects, coalesced into one identity.
//!
//! Data-plane object operations write short claim names, everything that goes through Resource Manager
//! writes URIs; the two never mean different things. What the claims cannot tell (a managed identity
//! in a record without `xms_mirid`) is a service principal here, not a guess.

use super::ids::{push_id, push_lower};
use super::line::Envelope;
use super::value::{Value, keys};
use crate::event::{Batch, Event, IdentityKind, TextField};

keys! {
    /// Where a record holds its claims: `claim` in resource logs, `claims` in the Activity Log.
    Identity at Envelope::END, {
        claim = b"claim",
        claims = b"claims",
    }
}

keys! {
    /// The claims that say who called.
    Claims at Identity::END, {
        oid = b"oid",
        appid = b"appid",
        upn = b"upn",
        unique_name = b"unique_name",
        scp = b"scp",
        idtyp = b"idtyp",
        xms_mirid = b"xms_mirid",
        uri_oid = b"http://schemas.microsoft.com/identity/claims/objectidentifier",
        uri_scope = b"http://schemas.microsoft.com/identity/claims/scope",
        uri_upn = b"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
        uri_name = b"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    }
}

/// Services of Microsoft that call vaults with tokens of their own. The clients through which people
/// call (portal, CLI, PowerShell, Visual Studio) are not among them: their tokens are delegated.
pub(crate) const FIRST_PARTY_APPS: [&str; 16] = [
    "abfa0a7c-a6b6-4736-8310-5855508787cd", // App Service
    "262044b1-e2ce-469f-a196-69ab7ada62d3", // Backup Management
    "e406a681-f3d4-42a8-90b6-c2b029497af1", // Storage
    "022907d3-0f1b-48f7-badc-1ba6abab6d66", // SQL Database
    "60e6cd67-9c8c-4951-9b3c-23c25a2169af", // Managed Disks
    "579d9c9d-4c83-4efc-8124-7eba65ed3356", // Compute
    "797f4846-ba00-4fd7-ba43-dac1f8f63013", // Resource Manager
    "1d78a85d-813d-46f0-b496-dd72f50a3ec0", // Policy Insights
    "8cae6e77-e04e-42ce-b5cb-50d82bce26b1", // Policy Insights, data plane
    "509e4652-da8d-478d-a730-e9d4a1996ca4", // Resource Graph
    "8edd93e1-2103-40b4-bd70-6e34e586362d", // Defender for Cloud
    "499b84ac-1321-427f-aa17-267ca6975798", // Azure DevOps
    "cfa8b339-82a2-471a-a3c9-0fc0be7a4093", // Key Vault
    "205478c0-bd83-4e1b-a9d6-db63a3e1e1c8", // Front Door
    "ad0e1c7e-6d38-4ba4-9efd-0bc77ba9f037", // Front Door
    "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d", // Databricks
];

/// Stores identity, kind, application and user of the caller. A delegated token that names nobody
/// has no identity: its application is shared by everybody who uses it.
pub(super) fn set_caller(
    batch: &mut Batch,
    event: &mut Event,
    identity: Value<'_, '_>,
    duplicates: &mut u64,
) {
    let Identity { claim, claims } = Identity::read(identity, duplicates);
    let claims = Claims::read(claim.or(claims), duplicates);
    let object_id = first([claims.oid, claims.uri_oid]);
    let user = first([claims.upn, claims.unique_name, claims.uri_upn, claims.uri_name]);
    let app = claims.appid.text();

    event.identity_kind = claims.kind(user);
    batch.set_text_with(event, TextField::App, |text| push_id(text, app));
    batch.set_text_with(event, TextField::User, |text| push_lower(text, user));
    let delegated = event.identity_kind == IdentityKind::User;
    batch.set_text_with(event, TextField::Identity, |text| {
        if !object_id.is_empty() {
            push_id(text, object_id);
        } else if delegated && !user.is_empty() {
            text.push_str("user:");
            push_lower(text, user);
        } else if !delegated && !app.is_empty() {
            text.push_str("app:");
            push_id(text, app);
        }
    });
}

impl Claims<'_, '_> {
    fn kind(&self, user: &str) -> IdentityKind {
        let idtyp = self.idtyp.text();
        let app = self.appid.text();
        let delegated = idtyp == "user"
            || (idtyp != "app"
                && !(user.is_empty() && first([self.scp, self.uri_scope]).is_empty()));
        if delegated {
            IdentityKind::User
        } else if !self.xms_mirid.text().is_empty() {
            IdentityKind::ManagedIdentity
        } else if is_first_party(app) {
            IdentityKind::FirstParty
        } else if !app.is_empty() || !first([self.oid, self.uri_oid]).is_empty() {
            IdentityKind::ServicePrincipal
        } else {
            IdentityKind::None
        }
    }
}

/// Few applications get past the first byte.
fn is_first_party(app: &str) -> bool {
    let Some(first) = app.as_bytes().first().map(u8::to_ascii_lowercase) else { return false };
    FIRST_PARTY_APPS
        .iter()
        .any(|known| known.as_bytes()[0] == first && known.eq_ignore_ascii_case(app))
}

/// The first that has text.
fn first<'i, const N: usize>(values: [Value<'_, 'i>; N]) -> &'i str {
    values.into_iter().map(Value::text).find(|text| !text.is_empty()).unwrap_or_default()
}
