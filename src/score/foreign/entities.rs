//! What a Sentinel row names: the accounts and resources of its entities, and its custom details.
//!
//! Names are those of Microsoft's entity reference. A table holds them as JSON in a string, with
//! capitals (`Type`, `AadUserId`); the API as objects, with `kind` and `properties` (`aadUserId`,
//! `accountName`). Both are read without regard to case; what is no JSON names nothing.

use std::collections::BTreeMap;

use serde_json::Value;

/// Whom and what the entities of a row name.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Object ids before names.
    pub(super) identities: Vec<String>,
    /// Azure resource ids.
    pub(super) resources: Vec<String>,
}

pub(super) fn named(row: &Value) -> Named {
    let mut named = Named::default();
    for key in ["Entities", "entities", "properties.entities"] {
        super::json::visit(row, key, &mut |value| match value {
            Value::String(text) => {
                for entity in serde_json::from_str::<Vec<Value>>(text).unwrap_or_default() {
                    named.add(&entity);
                }
            }
            entity => named.add(entity),
        });
    }
    named
}

impl Named {
    fn add(&mut self, entity: &Value) {
        let members = members(entity);
        let text = |key: &str| members.get(key).copied().filter(|text| !text.is_empty());
        self.resources.extend(text("resourceid").map(str::to_owned));
        if !matches!(text("type").or_else(|| text("kind")), Some(kind) if kind.eq_ignore_ascii_case("account"))
        {
            return;
        }
        let name = text("name").or_else(|| text("accountname"));
        let joined = name.zip(text("upnsuffix")).map(|(name, suffix)| format!("{name}@{suffix}"));
        let ids = [text("aaduserid"), text("objectguid"), text("userprincipalname")];
        self.identities.extend(ids.into_iter().flatten().map(str::to_owned));
        self.identities.extend(joined.or_else(|| name.map(str::to_owned)));
    }
}

/// Texts of an entity by lower-case key, those of its `properties` included.
fn members(entity: &Value) -> BTreeMap<String, &str> {
    let inner = entity.get("properties").and_then(Value::as_object);
    let members = entity.as_object().into_iter().chain(inner).flatten();
    members.filter_map(|(key, value)| Some((key.to_lowercase(), value.as_str()?))).collect()
}

/// Values of a custom detail whose name is that of a correlation id.
pub(super) fn correlation_ids(row: &Value) -> Vec<String> {
    let Some(properties) = row.get("ExtendedProperties").and_then(unpacked) else {
        return Vec::new();
    };
    let details = properties.get("Custom Details").and_then(unpacked);
    let mut found = Vec::new();
    for (key, value) in details.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let plain: String = key.chars().filter(char::is_ascii_alphabetic).collect();
        if ["correlationid", "correlationids"].contains(&plain.to_lowercase().as_str()) {
            found.extend(super::json::texts(value, ""));
        }
    }
    found
}

/// The value, or what the JSON in it says.
fn unpacked(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => serde_json::from_str(text).ok(),
        other => Some(other.clone()),
    }
}
