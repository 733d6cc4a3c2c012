//! Examples in rule files: a few records told in short, and how many alerts the rule must raise on
//! them.
//!
//! An example becomes raw Azure records, so that it passes the parser and the engine like any log.
//! Names stand for ids: the same name is the same identity wherever it occurs. Only `vaultdrill
//! rules test` runs examples; a detection run ignores them.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use toml::Spanned;
use xxhash_rust::xxh3::xxh3_128;

use super::fault::{Fault, File};
use super::wire::Word;
use crate::event::{TickSpan, Ticks};

/// Records of one example: enough to cross any threshold of the rule files.
const MAX_RECORDS: usize = 10_000;

/// A Monday; examples count from here.
const START: &[u8] = b"2026-03-02T00:00:00.0000000Z";

/// How long a record is under way where the example does not say.
const DELAY: TickSpan = TickSpan::minutes(5);

/// How the management plane spells two claims of a token.
const OBJECT_ID_CLAIM: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
const UPN_CLAIM: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";

/// What a rule must make of a few records.
#[derive(Clone, Debug)]
pub struct Example {
    /// What the records show.
    pub name: String,
    /// Alerts that the rule must raise, no more and no less.
    pub alerts: u32,
    /// One step to this side or that would change the answer.
    pub boundary: bool,
    records: Vec<WireRecord>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireExample {
    name: Word,
    alerts: u32,
    #[serde(default)]
    boundary: bool,
    events: Vec<Spanned<WireRecord>>,
}

/// One record, or several alike; `{n}` in a text counts them from 1.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireRecord {
    /// Since the start of the example.
    at: String,
    /// Until it arrives; five minutes where it is left out.
    delay: Option<String>,
    #[serde(default = "one")]
    repeat: usize,
    /// Between two of them; 1 s where it is left out.
    every: Option<String>,
    /// As the record names it; one with a slash is of the Activity Log, which gets its Start as well.
    operation: String,
    /// HTTP status, 200 where it is left out.
    status: Option<u16>,
    #[serde(default = "somebody")]
    identity: String,
    /// User principal name; without one the caller is an application.
    user: Option<String>,
    #[serde(default = "vault")]
    vault: String,
    object: Option<String>,
    #[serde(default = "address")]
    address: String,
    #[serde(default = "client")]
    client: String,
    /// Whom a grant is for.
    grantee: Option<String>,
    /// Where a role assignment holds.
    #[serde(default)]
    scope: Scope,
    /// What a write asks for.
    body: Option<Value>,
    /// More of the record's `properties`.
    properties: Option<Map<String, Value>>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    #[default]
    Vault,
    ResourceGroup,
    Subscription,
}

fn one() -> usize {
    1
}

fn somebody() -> String {
    "somebody".to_owned()
}

fn vault() -> String {
    "kv-example".to_owned()
}

fn address() -> String {
    "192.0.2.10".to_owned()
}

fn client() -> String {
    "azsdk-net-Security.KeyVault.Secrets/4.7.0".to_owned()
}

/// Sound examples, in the order of the file.
pub(super) fn examples(file: &File<'_>, wire: Vec<WireExample>) -> Result<Vec<Example>, Fault> {
    let example = |wire: WireExample| {
        let mut total = 0_usize;
        for record in &wire.events {
            let (span, record) = (record.span(), record.get_ref());
            for text in [Some(&record.at), record.delay.as_ref(), record.every.as_ref()] {
                if let Some(text) = text
                    && let Err(message) = super::parse_span(text)
                {
                    return Err(file.fault(span, message, None));
                }
            }
            let idle = record.repeat == 0;
            let unused = record.grantee.is_some() || record.body.is_some();
            if idle || (unused && !record.operation.contains('/')) {
                let message = "expected `repeat` above zero, and `grantee` or `body` with an \
                               operation of the Activity Log only";
                return Err(file.fault(span, message, None));
            }
            total = total.saturating_add(record.repeat);
            if total > MAX_RECORDS {
                let message = format!("expected at most {MAX_RECORDS} records, found {total}");
                return Err(file.fault(span, message, None));
            }
        }
        if wire.events.is_empty() {
            let message = "expected at least one event, found none";
            return Err(file.fault(wire.name.span(), message, None));
        }
        let records = wire.events.into_iter().map(Spanned::into_inner).collect();
        let name = file.sentence(&wire.name)?;
        Ok(Example { name, alerts: wire.alerts, boundary: wire.boundary, records })
    };
    wire.into_iter().map(example).collect()
}

impl Example {
    /// The records in order of arrival, each with it.
    pub fn records(&self) -> Vec<(Ticks, String)> {
        let start = Ticks::parse(START).expect("the constant is a time");
        let span = |text: &str| super::parse_span(text).expect("checked when the file was read");
        let mut records = Vec::new();
        for record in &self.records {
            let every = record.every.as_deref().map_or(TickSpan::seconds(1), span);
            let delay = record.delay.as_deref().map_or(DELAY, span);
            for n in 0..record.repeat {
                let time = start + span(&record.at) + TickSpan(every.0 * n as i64);
                let call = records.len();
                let numbered = |text: &str| text.replace("{n}", &(n + 1).to_string());
                let arrival = time + delay;
                if record.operation.contains('/') {
                    let pair = record.activity(time, call, &numbered);
                    records.extend(pair.map(|record| (arrival, record.to_string())));
                } else {
                    records.push((arrival, record.audit(time, call, &numbered).to_string()));
                }
            }
        }
        records.sort_by_key(|(arrival, _)| *arrival);
        records
    }
}

impl WireRecord {
    fn audit(&self, time: Ticks, call: usize, numbered: &impl Fn(&str) -> String) -> Value {
        let (vault, status) = (numbered(&self.vault), self.status.unwrap_or(200));
        let claim = self.claim(numbered);
        let address = format!("https://{vault}.vault.azure.net");
        let mut properties = json!({
            "clientInfo": numbered(&self.client), "httpStatusCode": status, "requestUri": address,
        });
        if let Some(object) = &self.object {
            let object = format!("{address}/{}/{}", self.collection(), numbered(object));
            properties["requestUri"] = json!(format!("{object}/?api-version=7.4"));
            properties["id"] = json!(object);
        }
        self.add_properties(&mut properties);
        json!({
            "time": time.to_string(), "category": "AuditEvent", "operationName": self.operation,
            "resultType": "Success", "correlationId": guid(&format!("call {call} {time}")),
            "callerIpAddress": numbered(&self.address), "identity": { "claim": claim },
            "properties": properties, "resourceId": resource(&vault, Scope::Vault),
            "operationVersion": "7.4", "resultSignature": signature(status), "durationMs": "20",
        })
    }

    /// Who calls. Calls on the vault itself go by way of the management plane and have its spelling.
    fn claim(&self, numbered: &impl Fn(&str) -> String) -> Value {
        let is_managed = self.operation.starts_with("Vault");
        let [oid, upn] = match is_managed {
            true => [OBJECT_ID_CLAIM, UPN_CLAIM],
            false => ["oid", "upn"],
        };
        let app = format!("app of {}", numbered(&self.identity));
        let app = if self.user.is_some() { "client" } else { app.as_str() };
        let mut claim = json!({ "appid": guid(app) });
        claim[oid] = json!(guid(&numbered(&self.identity)));
        if let Some(user) = &self.user {
            claim[upn] = json!(numbered(user));
        }
        if !is_managed {
            let (key, value) = match &self.user {
                Some(_) => ("scp", "user_impersonation"),
                None => ("idtyp", "app"),
            };
            claim[key] = json!(value);
        }
        claim
    }

    /// Start and end of one call.
    fn activity(&self, time: Ticks, call: usize, numbered: &impl Fn(&str) -> String) -> [Value; 2] {
        let mut claims = json!({
            "appid": guid("client"),
            OBJECT_ID_CLAIM: guid(&numbered(&self.identity)),
        });
        if let Some(user) = &self.user {
            let user = json!(numbered(user));
            claims[UPN_CLAIM] = user.clone();
            claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"] = user;
        }
        let scope = resource(&numbered(&self.vault), self.scope);
        let assigns = self.operation.to_uppercase().contains("/ROLEASSIGNMENTS/");
        let resource = match assigns {
            true => format!("{scope}/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/R{call}"),
            false => scope,
        };
        let status = self.status.unwrap_or(200);
        let (result, signature) =
            if status < 300 { ("Success", "Succeeded.") } else { ("Failure", "Failed.") };
        let record = |time: Ticks, result: &str, signature: &str, mut properties: Value| {
            self.add_properties(&mut properties);
            json!({
                "time": time.to_string(), "resourceId": resource,
                "operationName": self.operation, "category": "Administrative",
                "resultType": result, "resultSignature": signature, "durationMs": "0",
                "callerIpAddress": numbered(&self.address),
                "correlationId": guid(&format!("call {call} {time}", time = self.at)),
                "identity": { "claims": claims }, "level": "Information",
                "properties": properties,
            })
        };
        let asked = json!({ "requestbody": self.request(assigns, numbered).to_string() });
        let earlier = time - TickSpan::seconds(1);
        [
            record(earlier, "Start", "Started.", asked),
            record(time, result, signature, json!({ "statusCode": status.to_string() })),
        ]
    }

    fn request(&self, assigns: bool, numbered: &impl Fn(&str) -> String) -> Value {
        if let Some(body) = &self.body {
            return body.clone();
        }
        let Some(grantee) = self.grantee.as_ref().map(|name| guid(&numbered(name))) else {
            return json!({});
        };
        if assigns {
            return json!({ "properties": { "principalId": grantee } });
        }
        let policy = json!({ "objectId": grantee, "permissions": { "secrets": ["get", "list"] } });
        json!({ "properties": { "accessPolicies": [policy] } })
    }

    fn add_properties(&self, properties: &mut Value) {
        for (key, value) in self.properties.iter().flatten() {
            properties[key] = value.clone();
        }
    }

    fn collection(&self) -> &'static str {
        match self.operation.as_bytes().first() {
            Some(b'K' | b'k') => "keys",
            Some(b'C' | b'c') => "certificates",
            _ => "secrets",
        }
    }
}

/// The id that a name stands for.
fn guid(name: &str) -> String {
    let digits = format!("{:032x}", xxh3_128(name.as_bytes()));
    let (a, b, c, d, e) =
        (&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]);
    format!("{a}-{b}-{c}-{d}-{e}")
}

fn resource(vault: &str, scope: Scope) -> String {
    let subscription = format!("/SUBSCRIPTIONS/{}", guid("subscription").to_uppercase());
    let group = format!("{subscription}/RESOURCEGROUPS/RG-EXAMPLE");
    match scope {
        Scope::Subscription => subscription,
        Scope::ResourceGroup => group,
        Scope::Vault => {
            format!("{group}/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{}", vault.to_uppercase())
        }
    }
}

fn signature(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        429 => "Too Many Requests",
        500.. => "Internal Server Error",
        _ => "OK",
    }
}
