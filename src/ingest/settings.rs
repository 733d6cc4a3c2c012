//! What a write asked for, or what a vault says of one: settings by name, for an analyst to read.
//!
//! Read when an alert is written, not while events stream. Of an Activity Log record it is what its
//! request body asks for; of a vault's own record the difference that it states and the settings as
//! they are after the write.
//!
//! Contract: names and values are those of the record, in its order but for those that open a vault,
//! which come first; control characters are spelled out. All of it is bounded, with totals of what
//! there was. A body that cannot be read has no settings.

use super::grants::BodyKeys;
use super::ids::push_id;
use super::line::Envelope;
use super::reading::write_scalar;
use super::roles;
use super::tape::Document;
use super::value::{Value, keys};

/// Settings kept of a record: more than a vault has that matter.
const MAX_SETTINGS: usize = 16;

/// Grants kept of a record: templates grant a handful at once.
const MAX_GRANTS: usize = 16;

/// Longest name and longest value, in characters; Azure's ids of resources stay below 300.
const MAX_NAME: usize = 80;
const MAX_VALUE: usize = 300;

/// The settings that decide who may reach a vault and what is known of it, by how they start, in
/// whatever case; whatever else a record states comes after them.
const FIRST: [&str; 16] = [
    "networkAcls.defaultAction",
    "publicNetworkAccess",
    "enableRbacAuthorization",
    "enablePurgeProtection",
    "enableSoftDelete",
    "softDeleteRetentionInDays",
    "networkAcls.bypass",
    "principalId",
    "roleDefinitionId",
    "scope",
    "addedAccessPolicy",
    "removedAccessPolicy",
    "addedIpRule",
    "removedIpRule",
    "accessPolicies",
    "networkAcls",
];

/// What one record asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Those that open a vault first, at most sixteen.
    pub listed: Vec<Setting>,
    /// How many the record states.
    pub total: usize,
    /// What it allows to whom, at most sixteen.
    pub grants: Vec<Allowed>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The path to it, such as `networkAcls.defaultAction`.
    pub name: String,
    /// Its value as text; `null` where it is reset.
    pub value: String,
}

/// What a record allows to one grantee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Lower-case object id with dashes.
    pub grantee: String,
    /// The permissions of an access policy (`secrets: get, list`), or the role.
    pub what: String,
}

keys! {
    /// Where a record holds what was asked for: the Activity Log's body, and a vault's settings.
    Asked {
        request_body = b"requestbody" | b"requestBody",
        settings = b"properties",
    }
}

keys! {
    /// One access policy, as requests and as vaults spell it.
    Policy {
        object_id = b"objectId" | b"ObjectId",
        permissions = b"permissions" | b"Permissions",
    }
}

/// What the record asks for; `body` is memory for the request.
pub(super) fn read(root: Value<'_, '_>, body: &mut Document) -> Settings {
    let mut found = Gathered::default();
    let properties = Envelope::read(root, &mut 0).properties;
    let asked = Asked::read(properties, &mut 0);
    let text = asked.request_body.text();
    if text.is_empty() {
        let is_difference = |key: &str| key.starts_with("added") || key.starts_with("removed");
        for (key, value) in properties.members().filter(|(key, _)| is_difference(key)) {
            found.gather(&mut String::from(key), value);
        }
        found.gather(&mut String::new(), asked.settings);
    } else {
        // A body that cannot be read asks for nothing that could be shown.
        let _ = body.parse(text.as_bytes(), |root| {
            found.gather(&mut String::new(), BodyKeys::read(root, &mut 0).properties);
        });
    }
    found.finish()
}

/// Settings on their way to be listed.
#[derive(Debug, Default)]
struct Gathered {
    /// Each with its rank; those of one rank in the order of the record.
    settings: Vec<(usize, Setting)>,
    total: usize,
    grants: Vec<Allowed>,
    /// The principal of a role assignment, and the role.
    principal: String,
    role: String,
}

impl Gathered {
    /// Adds what stands at `path`, which comes back as it was.
    fn gather(&mut self, path: &mut String, value: Value<'_, '_>) {
        let is_policy = ["accessPolicies", "AccessPolicy"].iter().any(|end| ends_with(path, end));
        if is_policy && value.is_stated() {
            let is_granted = !path.starts_with("removed");
            value.elements().for_each(|policy| self.add_policy(path, policy, is_granted));
        } else if value.is_object() {
            for (key, member) in value.members() {
                self.gather_at(path, if path.is_empty() { "" } else { "." }, key, member);
            }
        } else if value.is_array() && value.elements().any(|element| element.is_object()) {
            for (place, element) in value.elements().enumerate() {
                self.gather_at(path, "", &format!("[{place}]"), element);
            }
        } else if value.is_present() {
            let mut text = String::new();
            push_list(&mut text, value);
            if path.eq_ignore_ascii_case("principalId") {
                push_id(&mut self.principal, value.text());
            } else if path.eq_ignore_ascii_case("roleDefinitionId") {
                text = roles::described(value.text());
                self.role.clone_from(&text);
            }
            self.add(path, &text);
        }
    }

    fn gather_at(&mut self, path: &mut String, dot: &str, key: &str, value: Value<'_, '_>) {
        let length = path.len();
        path.push_str(dot);
        path.push_str(key);
        self.gather(path, value);
        path.truncate(length);
    }

    fn add_policy(&mut self, path: &str, policy: Value<'_, '_>, is_granted: bool) {
        let Policy { object_id, permissions } = Policy::read(policy, &mut 0);
        let (mut grantee, mut what) = (String::new(), String::new());
        push_id(&mut grantee, object_id.text());
        for (kind, allowed) in permissions.members() {
            if allowed.elements().next().is_some_and(Value::is_stated) {
                what.push_str(if what.is_empty() { "" } else { "; " });
                what.push_str(kind);
                what.push_str(": ");
                push_list(&mut what, allowed);
            }
        }
        self.add(path, &format!("{grantee} {what}"));
        if is_granted {
            self.grant(&grantee, &what);
        }
    }

    fn grant(&mut self, grantee: &str, what: &str) {
        if self.grants.len() < MAX_GRANTS && !grantee.is_empty() {
            let (grantee, what) = (printed(grantee, MAX_NAME), printed(what, MAX_VALUE));
            self.grants.push(Allowed { grantee, what });
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        let known = FIRST.iter().position(|start| starts_with(name, start));
        let rank = known.unwrap_or(FIRST.len());
        let (name, value) = (printed(name, MAX_NAME), printed(value, MAX_VALUE));
        self.settings.push((rank, Setting { name, value }));
        self.total += 1;
        if self.settings.len() == 2 * MAX_SETTINGS {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.settings.sort_by_key(|(rank, _)| *rank);
        self.settings.truncate(MAX_SETTINGS);
    }

    fn finish(mut self) -> Settings {
        let (principal, role) =
            (std::mem::take(&mut self.principal), std::mem::take(&mut self.role));
        if !role.is_empty() {
            self.grant(&principal, &role);
        }
        self.cut();
        let listed = self.settings.into_iter().map(|(_, setting)| setting).collect();
        Settings { listed, total: self.total, grants: self.grants }
    }
}

/// Whether a path starts so, in whatever case: clients spell bodies in camel case and in Pascal case.
fn starts_with(path: &str, start: &str) -> bool {
    path.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// Whether a path ends so, likewise.
fn ends_with(path: &str, end: &str) -> bool {
    let from = path.len().saturating_sub(end.len());
    path.get(from..).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// Appends a scalar, or those of an array with commas between them, as far as a value is shown.
fn push_list(out: &mut String, value: Value<'_, '_>) {
    for (place, element) in value.elements().enumerate() {
        if out.len() > 4 * MAX_VALUE {
            return;
        }
        out.push_str(if place > 0 { ", " } else { "" });
        if element.is_stated() {
            write_scalar(element, out);
        } else {
            out.push_str("null");
        }
    }
}

/// The text without characters that steer a terminal, cut to so many characters.
fn printed(text: &str, most: usize) -> String {
    let mut out = String::new();
    for (place, one) in text.chars().enumerate() {
        if place == most {
            out.push('…');
            break;
        }
        if one.is_control() || is_invisible(one) {
            out.extend(one.escape_unicode());
        } else {
            out.push(one);
        }
    }
    out
}

/// Line separators, and what turns the direction of text around.
fn is_invisible(one: char) -> bool {
    matches!(one, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::LineParser;
    use serde_json::json;

    fn settings(properties: &serde_json::Value) -> Settings {
        let line = json!({ "properties": properties }).to_string();
        LineParser::new().settings(line.as_bytes())
    }

    fn asked(body: &serde_json::Value) -> Settings {
        settings(&json!({ "requestbody": json!({ "properties": body }).to_string() }))
    }

    fn listed(settings: &Settings) -> Vec<(&str, &str)> {
        settings.listed.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect()
    }

    #[test]
    fn what_opens_a_vault_comes_first() {
        let found = asked(&json!({
            "tenantId": "t",
            "accessPolicies": [],
            "sku": { "name": "standard" },
            "enablePurgeProtection": null,
            "networkAcls": { "ipRules": [{ "value": "192.0.2.0/24" }], "defaultAction": "Allow" },
            "softDeleteRetentionInDays": 7,
            "enableRbacAuthorization": false,
        }));
        assert_eq!(
            listed(&found),
            [
                ("networkAcls.defaultAction", "Allow"),
                ("enableRbacAuthorization", "false"),
                ("enablePurgeProtection", "null"),
                ("softDeleteRetentionInDays", "7"),
                ("networkAcls.ipRules[0].value", "192.0.2.0/24"),
                ("sku.name", "standard"),
                ("tenantId", "t"),
            ]
        );
        assert_eq!((found.total, found.grants.len()), (7, 0));
    }

    #[test]
    fn policies_say_what_they_allow_to_whom_in_both_spellings() {
        let what = json!({ "keys": [], "secrets": ["get", "list"], "certificates": ["import"] });
        let allowed = |grantee: &str| Allowed {
            grantee: grantee.to_owned(),
            what: "certificates: import; secrets: get, list".to_owned(),
        };
        let asked =
            asked(&json!({ "accessPolicies": [{ "objectId": "AMY", "permissions": what }] }));
        assert_eq!(asked.grants, [allowed("amy")]);
        let told = |name: &str| {
            settings(&json!({ name: { "TenantId": "t", "ObjectId": "Ben", "Permissions": what } }))
        };
        assert_eq!(told("addedAccessPolicy").grants, [allowed("ben")]);
        let removed = told("removedAccessPolicy");
        let text = "ben certificates: import; secrets: get, list";
        assert_eq!(listed(&removed), [("removedAccessPolicy", text)]);
        assert_eq!(removed.grants, []);
    }

    #[test]
    fn a_role_is_named_where_it_is_a_known_one() {
        let of = |role: &str| {
            let role = format!("/subscriptions/s/providers/x/roleDefinitions/{role}");
            asked(&json!({ "principalId": "AMY", "roleDefinitionId": role })).grants
        };
        let role = |what: &str| [Allowed { grantee: "amy".to_owned(), what: what.to_owned() }];
        let user = "4633458B-17de-408a-b874-0445c86b69e6";
        assert_eq!(of(user), role(&format!("{user} (Key Vault Secrets User)")));
        assert_eq!(of("own"), role("own"));
    }

    #[test]
    fn bodies_in_pascal_case_ask_for_the_same() {
        let settings = |body: serde_json::Value| {
            settings(&json!({ "requestbody": json!({ "Properties": body }).to_string() }))
        };
        let role = "4633458b-17de-408a-b874-0445c86b69e6";
        let assigned = settings(json!({ "PrincipalId": "AMY", "RoleDefinitionId": role }));
        let named = format!("{role} (Key Vault Secrets User)");
        assert_eq!(assigned.grants, [Allowed { grantee: "amy".to_owned(), what: named.clone() }]);
        assert_eq!(listed(&assigned), [("PrincipalId", "AMY"), ("RoleDefinitionId", &*named)]);
        let policy = json!({ "ObjectId": "Ben", "Permissions": { "secrets": ["get"] } });
        let opened = settings(json!({
            "TenantId": "t",
            "AccessPolicies": [policy],
            "NetworkAcls": { "DefaultAction": "Allow" },
        }));
        let grant = Allowed { grantee: "ben".to_owned(), what: "secrets: get".to_owned() };
        assert_eq!(opened.grants, [grant]);
        assert_eq!(
            listed(&opened),
            [
                ("NetworkAcls.DefaultAction", "Allow"),
                ("AccessPolicies", "ben secrets: get"),
                ("TenantId", "t"),
            ]
        );
    }

    #[test]
    fn hostile_records_are_cut_and_spelled_out() {
        let long = "x".repeat(400);
        let mut body =
            json!({ "\u{1b}[2J": "a\u{202e}b\n", "networkAcls": { "defaultAction": long } });
        for number in 0..200 {
            body[format!("key{number}")] = json!(vec![long.as_str(); 3]);
        }
        let policy = json!({ "objectId": long, "permissions": { "secrets": vec!["get"; 99] } });
        body["accessPolicies"] = json!(vec![policy; 100]);
        let found = asked(&body);
        assert_eq!((found.listed.len(), found.total, found.grants.len()), (16, 302, 16));
        assert_eq!(found.listed[0].name, "networkAcls.defaultAction");
        for text in found.listed.iter().flat_map(|it| [&it.name, &it.value]) {
            assert!(text.chars().count() <= MAX_VALUE + 1 && !text.contains(char::is_control));
        }
        let hostile = asked(&json!({ "\u{1b}[2J": "a\u{202e}b\n" }));
        assert_eq!(listed(&hostile), [("\\u{1b}[2J", "a\\u{202e}b\\u{a}")]);
    }

    #[test]
    fn records_without_settings_and_unreadable_bodies_have_none() {
        for properties in [json!(null), json!({}), json!({ "requestbody": "{oops" })] {
            assert_eq!(settings(&properties), Settings::default());
        }
        assert_eq!(LineParser::new().settings(b"oops"), Settings::default());
    }
}
