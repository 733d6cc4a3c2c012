//! Raw Activity Log records in resource-log form: Resource Manager's own log, the control plane.
//!
//! One call leaves several records with one correlation id; only its `Start` holds the request body,
//! so that the grantee stands there and joining it to the `Success` is left to whoever needs both.
//! The principal under `identity.authorization.evidence` is who acted, never who is granted.

use super::address::set_source;
use super::audit::{SecretProperties, set_common};
use super::claims::set_caller;
use super::grants::{Body, set_body};
use super::ids::ResourceId;
use super::line::{Envelope, Helpers};
use super::outcome;
use super::resources::Resource;
use super::value::keys;
use crate::event::{Access, Batch, Change, Event, GrantScope, Outcome, Plane, TextField};

const PRIVATE_ENDPOINT_WRITE: &str = "MICROSOFT.KEYVAULT/VAULTS/PRIVATEENDPOINTCONNECTIONS/WRITE";
const PRIVATE_ENDPOINT_DELETE: &str = "MICROSOFT.KEYVAULT/VAULTS/PRIVATEENDPOINTCONNECTIONS/DELETE";
const PRIVATE_ENDPOINT_APPROVAL: &str =
    "MICROSOFT.KEYVAULT/VAULTS/PRIVATEENDPOINTCONNECTIONSAPPROVAL/ACTION";

keys! {
    /// What Resource Manager says of a call.
    Properties at SecretProperties::END, {
        status_code = b"statusCode",
        request_body = b"requestbody" | b"requestBody",
    }
}

/// Fills `event` from the record.
pub(super) fn normalize(
    envelope: &Envelope<'_, '_>,
    resource: &Resource,
    event: &mut Event,
    batch: &mut Batch,
    helpers: &mut Helpers,
) {
    let properties = Properties::read(envelope.properties, &mut helpers.duplicate_keys);
    event.plane = Plane::Control;
    set_caller(batch, event, envelope.identity, &mut helpers.duplicate_keys);
    event.http_status = match outcome::status(properties.status_code) {
        0 => outcome::status_of_phrase(properties.status_code.text()),
        status => status,
    };
    event.outcome = outcome_of(envelope, event.http_status);

    batch.set_text_with(event, TextField::Operation, |text| {
        let start = text.len();
        text.push_str(envelope.operation.text());
        text[start..].make_ascii_uppercase();
    });
    batch.set_text(event, TextField::Vault, &resource.vault);
    set_source(batch, event, envelope.caller_ip.text());
    set_common(batch, event, envelope, resource);

    let operation = envelope.operation.text();
    let scope = ResourceId::parse(&resource.id);
    event.access = access_of(operation);
    let (change, body) = change_of(operation, &scope);
    event.change = change;
    set_body(properties.request_body.text(), body, event, batch, helpers);
    if event.change == Change::Grant {
        event.grant_scope = grant_scope(&scope);
    }
}

/// What an operation does, from the verb that ends its name.
fn access_of(operation: &str) -> Access {
    let mut segments = operation.rsplit('/');
    let mut next = || segments.next().unwrap_or_default();
    let is = |segment: &str, word: &str| segment.eq_ignore_ascii_case(word);
    match next() {
        verb if is(verb, "WRITE") => Access::Change,
        verb if is(verb, "DELETE") => Access::Destroy,
        verb if is(verb, "READ") => Access::Metadata,
        verb if is(verb, "ACTION") => match next() {
            action if is(action, "PURGE") => Access::Destroy,
            action if is(action, "RECOVER") => Access::Recover,
            action if is(action, "ELEVATEACCESS") => Access::Change,
            action if is(action, "PRIVATEENDPOINTCONNECTIONSAPPROVAL") => Access::Change,
            _ => Access::Other,
        },
        _ => Access::Other,
    }
}

/// What an operation changes about access to vaults, and what its request body tells of it.
fn change_of(operation: &str, resource: &ResourceId<'_>) -> (Change, Body) {
    const CHANGES: [(&str, Change, Body); 10] = [
        ("MICROSOFT.KEYVAULT/VAULTS/WRITE", Change::None, Body::Vault),
        ("MICROSOFT.KEYVAULT/VAULTS/ACCESSPOLICIES/WRITE", Change::Grant, Body::Grantees),
        (PRIVATE_ENDPOINT_WRITE, Change::Network, Body::Ignored),
        (PRIVATE_ENDPOINT_DELETE, Change::Network, Body::Ignored),
        (PRIVATE_ENDPOINT_APPROVAL, Change::Network, Body::Ignored),
        ("MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE", Change::Grant, Body::Grantees),
        ("MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/DELETE", Change::Revoke, Body::Ignored),
        ("MICROSOFT.AUTHORIZATION/ELEVATEACCESS/ACTION", Change::Grant, Body::Ignored),
        ("MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/WRITE", Change::Diagnostics, Body::Ignored),
        ("MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE", Change::Diagnostics, Body::Ignored),
    ];
    let known = CHANGES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(operation));
    let Some(&(_, change, body)) = known else { return (Change::None, Body::Ignored) };
    let (child_kind, child_name) = resource.child();
    let removes = child_kind.eq_ignore_ascii_case("accessPolicies")
        && child_name.eq_ignore_ascii_case("remove");
    match change {
        Change::Grant | Change::Revoke if !reaches_vaults(resource) => {
            (Change::None, Body::Ignored)
        }
        Change::Grant if removes => (Change::Revoke, body),
        change => (change, body),
    }
}

/// Whether access to this resource is access to vaults: a vault, or a scope that can hold vaults.
fn reaches_vaults(resource: &ResourceId<'_>) -> bool {
    resource.is_key_vault()
        || ["", "Microsoft.Authorization", "Microsoft.Management"]
            .iter()
            .any(|scope| scope.eq_ignore_ascii_case(resource.provider))
}

/// How wide a grant on this resource reaches. Whatever is wider than a subscription (a management
/// group, the tenant) counts as one: it reaches every vault of each.
fn grant_scope(resource: &ResourceId<'_>) -> GrantScope {
    if resource.is_key_vault() {
        GrantScope::Vault
    } else if !resource.group.is_empty() {
        GrantScope::ResourceGroup
    } else {
        GrantScope::Subscription
    }
}

/// `Start` and `Accept` are no ends yet; a failure's kind is in the signature or the status.
fn outcome_of(envelope: &Envelope<'_, '_>, http_status: u16) -> Outcome {
    let result = envelope.result_type.text();
    let is = |words: [&str; 2]| words.iter().any(|word| word.eq_ignore_ascii_case(result));
    if is(["Start", "Started"]) {
        Outcome::Started
    } else if is(["Accept", "Accepted"]) {
        Outcome::Accepted
    } else if is(["Success", "Succeeded"]) {
        Outcome::Success
    } else {
        let signature = envelope.result_signature.text();
        let phrase = signature.rsplit('.').next().unwrap_or_default();
        let status = match outcome::status_of_phrase(phrase) {
            0 => http_status,
            status => status,
        };
        match outcome::of_status(status, true) {
            Outcome::Success => Outcome::Error,
            outcome => outcome,
        }
    }
}
