//! Raw `AuditEvent` records of a vault: the data plane, and Resource Manager's calls to the vault.
//!
//! `resultType` is not read: it says `Success` on denied reads. `access` is what the operation would
//! do, with one exception: a read that revealed nothing (denied, not found) is `metadata`. A record
//! of a policy change says so whether or not the call succeeded; `outcome` tells which.

use super::address::set_source;
use super::claims::{Claims, set_caller};
use super::ids::push_lower;
use super::line::{Envelope, Helpers};
use super::location::Location;
use super::resources::Resource;
use super::value::{Value, keys};
use super::{operations, outcome};
use crate::event::{
    Access, Batch, Change, CredentialType, Event, GrantScope, IdentityKind, Outcome, Plane,
    TextField,
};

keys! {
    /// What a vault says of a call.
    Properties at Claims::END, {
        id = b"id",
        client_info = b"clientInfo",
        request_uri = b"requestUri",
        http_status = b"httpStatusCode",
        secret_properties = b"secretProperties",
        added_policy = b"addedAccessPolicy",
        removed_policy = b"removedAccessPolicy",
        added_ip_rule = b"addedIpRule",
        removed_ip_rule = b"removedIpRule",
    }
}

keys! {
    /// What a vault says of the secret it handed out.
    SecretProperties at Properties::END, {
        kind = b"type",
    }
}

/// The parts of an `AuditEvent` that show it to be a vault's.
pub(super) struct Call<'t, 'i, 'c> {
    properties: Properties<'t, 'i>,
    resource: &'c Resource,
    location: Location<'i>,
}

impl<'t, 'i, 'c> Call<'t, 'i, 'c> {
    /// `None` if the record is another provider's: one whose resource id names no vault, and which
    /// without any resource id has no vault's address either.
    pub(super) fn read(
        envelope: &Envelope<'t, 'i>,
        resource: &'c Resource,
        duplicates: &mut u64,
    ) -> Option<Self> {
        let properties = Properties::read(envelope.properties, duplicates);
        let location = locate(&properties, envelope.operation.text());
        let is_vault =
            resource.is_key_vault || (resource.id.is_empty() && !location.vault.is_empty());
        is_vault.then_some(Self { properties, resource, location })
    }
}

/// What the call concerns: by the object's id, else by the request.
fn locate<'i>(properties: &Properties<'_, 'i>, operation: &str) -> Location<'i> {
    let by_id = Location::parse(properties.id.text());
    if !by_id.name.is_empty() {
        return by_id;
    }
    let by_request = Location::parse(properties.request_uri.text());
    let ends_restore =
        || operations::find(operation).is_some_and(|(name, _)| name.ends_with("Restore"));
    if by_request.name.eq_ignore_ascii_case("restore") && ends_restore() {
        // The request that restores a backup names no object.
        return Location { name: "", ..by_request };
    }
    if by_request.vault.is_empty() { by_id } else { by_request }
}

/// Fills `event` from the record.
pub(super) fn normalize(
    envelope: &Envelope<'_, '_>,
    call: &Call<'_, '_, '_>,
    event: &mut Event,
    batch: &mut Batch,
    helpers: &mut Helpers,
) {
    let properties = &call.properties;
    event.plane = Plane::Data;
    set_caller(batch, event, envelope.identity, &mut helpers.duplicate_keys);
    event.http_status = outcome::status(properties.http_status);
    let status = match event.http_status {
        0 => outcome::status_of_phrase(envelope.result_signature.text()),
        status => status,
    };
    event.outcome = outcome::of_status(status, event.identity_kind != IdentityKind::None);

    let operation = envelope.operation.text();
    let (operation, access) = operations::find(operation).unwrap_or((operation, Access::Other));
    let revealed = access == Access::Reveal && event.outcome == Outcome::Success;
    event.access = if access == Access::Reveal && !revealed { Access::Metadata } else { access };
    event.credential_type = call.location.credential_type;
    if revealed && holds_certificate(properties.secret_properties, &mut helpers.duplicate_keys) {
        event.credential_type = CredentialType::Certificate;
    }

    batch.set_text(event, TextField::Operation, operation);
    batch.set_text(event, TextField::Client, properties.client_info.text());
    set_object(batch, event, call);
    set_source(batch, event, envelope.caller_ip.text());
    set_common(batch, event, envelope, call.resource);
    set_change(batch, event, properties, helpers);
}

/// Stores what every resource log record has.
pub(super) fn set_common(
    batch: &mut Batch,
    event: &mut Event,
    envelope: &Envelope<'_, '_>,
    resource: &Resource,
) {
    let correlation_id = envelope.correlation_id.text();
    batch.set_text_with(event, TextField::CorrelationId, |text| push_lower(text, correlation_id));
    batch.set_text(event, TextField::ResourceId, &resource.id);
    batch.set_text(event, TextField::Subscription, &resource.subscription);
}

fn set_object(batch: &mut Batch, event: &mut Event, call: &Call<'_, '_, '_>) {
    let Location { collection, name, version, .. } = call.location;
    let known = call.resource.vault.as_str();
    let push_vault = |text: &mut String| match known {
        "" => push_lower(text, call.location.vault),
        _ => text.push_str(known),
    };
    batch.set_text_with(event, TextField::Vault, push_vault);
    if name.is_empty() || (known.is_empty() && call.location.vault.is_empty()) {
        return;
    }
    batch.set_text_with(event, TextField::Object, |text| {
        push_vault(text);
        text.push('/');
        text.push_str(collection);
        text.push('/');
        push_lower(text, name);
    });
    batch.set_text(event, TextField::ObjectVersion, version);
}

/// Whether the secret handed out is a certificate with its private key.
fn holds_certificate(secret: Value<'_, '_>, duplicates: &mut u64) -> bool {
    let kind = SecretProperties::read(secret, duplicates).kind.text();
    kind.eq_ignore_ascii_case("application/x-pkcs12")
        || kind.eq_ignore_ascii_case("application/x-pem-file")
}

/// The difference that a `VaultPatch` records. Of several, the first in this order is the event's.
fn set_change(
    batch: &mut Batch,
    event: &mut Event,
    properties: &Properties<'_, '_>,
    helpers: &mut Helpers,
) {
    let (change, policies) = if properties.added_policy.is_stated() {
        (Change::Grant, properties.added_policy)
    } else if properties.removed_policy.is_stated() {
        (Change::Revoke, properties.removed_policy)
    } else if properties.added_ip_rule.is_stated() || properties.removed_ip_rule.is_stated() {
        (Change::Network, Value::default())
    } else {
        return;
    };
    event.change = change;
    if change == Change::Grant {
        event.grant_scope = GrantScope::Vault;
    }
    let Helpers { grantees, duplicate_keys, .. } = helpers;
    grantees.clear();
    grantees.add_policies(policies, duplicate_keys);
    grantees.store(batch, event);
}
