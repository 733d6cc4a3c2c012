//! Who is granted what: the request bodies of writes that change access, and lists of grantees.
//!
//! A body that cannot be read changes nothing: the record around it stands. A vault's PUT states every
//! setting and so does not tell which of them it changes; of such a body only access policies count.

use super::ids::push_id;
use super::line::Helpers;
use super::value::{Value, keys};
use crate::event::{Batch, Change, Event, TextField};

keys! {
    /// A request body.
    BodyKeys {
        properties = b"properties" | b"Properties",
    }
}

keys! {
    /// The settings in the body of a role assignment, an access policy change or a vault write.
    Settings {
        principal_id = b"principalId" | b"PrincipalId",
        access_policies = b"accessPolicies" | b"AccessPolicies",
        sku = b"sku" | b"Sku",
        network_acls = b"networkAcls",
        public_network_access = b"publicNetworkAccess",
        rbac = b"enableRbacAuthorization",
        soft_delete = b"enableSoftDelete",
        soft_delete_days = b"softDeleteRetentionInDays",
        purge_protection = b"enablePurgeProtection",
    }
}

keys! {
    /// One access policy.
    PolicyKeys {
        object_id = b"objectId" | b"ObjectId",
    }
}

/// What a request body tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing of interest.
    Ignored,
    /// Whose access a known change concerns.
    Grantees,
    /// Settings of a vault, which also tell what changes.
    Vault,
}

/// Stores the grantees that the body names, and for a vault's body what it changes.
pub(super) fn set_body(
    text: &str,
    body: Body,
    event: &mut Event,
    batch: &mut Batch,
    helpers: &mut Helpers,
) {
    if text.is_empty() || body == Body::Ignored {
        return;
    }
    let Helpers { body: document, grantees, duplicate_keys, .. } = helpers;
    grantees.clear();
    let vault_change = document.parse(text.as_bytes(), |root| {
        let properties = BodyKeys::read(root, duplicate_keys).properties;
        let settings = Settings::read(properties, duplicate_keys);
        grantees.add(settings.principal_id.text());
        grantees.add_policies(settings.access_policies, duplicate_keys);
        settings.change()
    });
    if body == Body::Vault {
        event.change = match vault_change {
            Ok(_) if !grantees.is_empty() => Change::Grant,
            Ok(change) => change,
            Err(_unreadable) => Change::None,
        };
    }
    grantees.store(batch, event);
}

impl Settings<'_, '_> {
    /// What a vault's PATCH changes besides access policies; of several, the first in this order.
    fn change(&self) -> Change {
        let stated = |settings: &[Value<'_, '_>]| settings.iter().any(|value| value.is_stated());
        if stated(&[self.sku]) {
            Change::None
        } else if stated(&[self.network_acls, self.public_network_access]) {
            Change::Network
        } else if stated(&[self.rbac]) {
            Change::Model
        } else if stated(&[self.soft_delete, self.soft_delete_days, self.purge_protection]) {
            Change::Protection
        } else {
            Change::None
        }
    }
}

/// Object ids, gathered to be stored sorted and once each. Reused from record to record.
#[derive(Debug, Default)]
pub(super) struct Grantees {
    text: String,
    /// Where in `text` each id starts and ends.
    spans: Vec<(usize, usize)>,
}

impl Grantees {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
    }

    fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Adds an object id; nothing if `id` is empty.
    fn add(&mut self, id: &str) {
        if !id.is_empty() {
            let start = self.text.len();
            push_id(&mut self.text, id);
            self.spans.push((start, self.text.len()));
        }
    }

    /// Adds whom access policies name: one of them, or an array.
    pub(super) fn add_policies(&mut self, policies: Value<'_, '_>, duplicates: &mut u64) {
        for policy in policies.elements() {
            self.add(PolicyKeys::read(policy, duplicates).object_id.text());
        }
    }

    /// Stores the ids as the event's grantees.
    pub(super) fn store(&mut self, batch: &mut Batch, event: &mut Event) {
        let Self { text, spans } = self;
        let id = |&(start, end): &(usize, usize)| &text[start..end];
        spans.sort_unstable_by(|a, b| id(a).cmp(id(b)));
        spans.dedup_by(|a, b| id(a) == id(b));
        batch.set_text_with(event, TextField::Grantee, |out| {
            for (place, span) in spans.iter().enumerate() {
                if place > 0 {
                    out.push(' ');
                }
                out.push_str(id(span));
            }
        });
    }
}
