//! A second normalizer, as naive as possible: it looks fields up in a parsed tree, compares lower-cased
//! copies and shares nothing with the parser but the event's vocabulary. Both must agree on every
//! field of random records.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use proptest::prelude::*;
use serde_json::Value;
use vaultdrill::event::{Field, Ticks};
use vaultdrill::ingest::Reason;

use crate::parse;
use crate::random::{SOAP, URI, any_record};

/// What a line must give.
#[derive(Debug, PartialEq)]
enum Expected {
    Event(Ticks, BTreeMap<Field, String>),
    Foreign,
    Malformed(Reason),
}

fn text(value: &Value, path: &str) -> String {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn first(texts: Vec<String>) -> String {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

fn id(text: &str) -> String {
    let lower = text.to_lowercase();
    if lower.len() == 32 && lower.chars().all(|c| c.is_ascii_hexdigit()) {
        let (a, b, c) = (&lower[..8], &lower[8..12], &lower[12..16]);
        return format!("{a}-{b}-{c}-{}-{}", &lower[16..20], &lower[20..]);
    }
    lower
}

/// The segment after `word` in a lower-case resource id.
fn after(resource: &str, word: &str, distance: usize) -> String {
    let segments: Vec<_> = resource.split('/').collect();
    let place = segments.iter().position(|segment| *segment == word);
    place.and_then(|place| segments.get(place + distance)).copied().unwrap_or_default().to_owned()
}

fn vault_of_resource(resource: &str) -> String {
    if after(resource, "providers", 1) != "microsoft.keyvault" {
        return String::new();
    }
    first(["vaults", "managedhsms", "deletedvaults"].map(|kind| after(resource, kind, 1)).into())
}

/// Vault, collection, name, version.
fn locate(url: &str) -> [String; 4] {
    let Some((_, address)) = url.split_once("://") else { return Default::default() };
    let bare = address.split(['?', '#']).next().unwrap();
    let parts: Vec<_> = bare.split('/').collect();
    let part = |place: usize| parts.get(place).copied().unwrap_or_default();
    let labels: Vec<_> = part(0).split('.').collect();
    if labels.len() < 3 || !["vault", "managedhsm"].contains(&labels[1]) {
        return Default::default();
    }
    let vault = labels[0].to_owned();
    let collection = part(1).to_lowercase().trim_start_matches("deleted").to_owned();
    let setting = collection == "certificates" && ["issuers", "contacts"].contains(&part(2));
    if setting || !["secrets", "keys", "certificates"].contains(&collection.as_str()) {
        return [vault, String::new(), String::new(), String::new()];
    }
    let version = part(3);
    let is_version = version.len() == 32 && version.chars().all(|c| c.is_ascii_hexdigit());
    let version = if is_version { version } else { "" };
    [vault, collection, part(2).to_owned(), version.to_owned()]
}

fn status(value: Option<&Value>) -> u64 {
    let number = match value {
        Some(Value::Number(number)) => number.as_f64().filter(|n| n.fract().abs() < 1e-12),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    number.filter(|n| (100.0..600.0).contains(n)).unwrap_or(0.0) as u64
}

fn status_of_phrase(phrase: &str) -> u64 {
    match phrase.to_lowercase().replace(' ', "").as_str() {
        "ok" => 200,
        "created" => 201,
        "forbidden" => 403,
        "unauthorized" => 401,
        "notfound" => 404,
        "toomanyrequests" => 429,
        _ => 0,
    }
}

fn outcome(status: u64, identified: bool) -> &'static str {
    match (status, identified) {
        (401, false) => "challenge",
        (401 | 403, _) => "denied",
        (404, _) => "not_found",
        (429, _) => "throttled",
        _ if status / 100 == 2 => "success",
        _ => "error",
    }
}

fn caller(record: &Value) -> [(Field, String); 4] {
    let identity = record.get("identity");
    let holder = identity.and_then(|identity| identity.get("claim").or(identity.get("claims")));
    let claim = |name: &str| {
        holder.and_then(|c| c.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let object_id = id(&first(vec![claim("oid"), claim(&format!("{URI}objectidentifier"))]));
    let names = ["upn", "unique_name", &format!("{SOAP}upn"), &format!("{SOAP}name")].map(claim);
    let user = first(names.into()).to_lowercase();
    let app = id(&claim("appid"));
    let scope = first(vec![claim("scp"), claim(&format!("{URI}scope"))]);
    let kind = match claim("idtyp").as_str() {
        "user" => "user",
        other if other != "app" && !(user.is_empty() && scope.is_empty()) => "user",
        _ if !claim("xms_mirid").is_empty() => "managed_identity",
        _ if app == "509e4652-da8d-478d-a730-e9d4a1996ca4" => "first_party",
        _ if !app.is_empty() || !object_id.is_empty() => "service_principal",
        _ => "none",
    };
    let identity = match (object_id.is_empty(), kind == "user") {
        (false, _) => object_id,
        (true, true) if !user.is_empty() => format!("user:{user}"),
        (true, false) if !app.is_empty() => format!("app:{app}"),
        _ => String::new(),
    };
    let kind = (Field::IdentityKind, kind.to_owned());
    [(Field::Identity, identity), kind, (Field::App, app), (Field::User, user)]
}

fn source(address: &str) -> [(Field, String); 2] {
    let socket = address.parse::<SocketAddr>().map(|socket| socket.ip());
    let ip = socket.or_else(|_| address.trim_matches(['[', ']']).parse::<IpAddr>());
    let (ip, block) = match ip {
        Ok(IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            (ip.to_string(), format!("{a}.{b}.{c}.0/24"))
        }
        Ok(IpAddr::V6(ip)) => {
            let network = u128::from(ip) >> 80 << 80;
            (ip.to_string(), format!("{}/48", std::net::Ipv6Addr::from(network)))
        }
        Err(_) => (address.to_owned(), String::new()),
    };
    [(Field::SourceIp, ip), (Field::SourceBlock, block)]
}

fn grantees(policies: Option<&Value>) -> BTreeSet<String> {
    let policies = match policies {
        Some(Value::Array(policies)) => policies.clone(),
        other => other.cloned().into_iter().collect(),
    };
    let ids = policies.iter().map(|p| first(vec![text(p, "/objectId"), text(p, "/ObjectId")]));
    ids.filter(|id| !id.is_empty()).map(|text| id(&text)).collect()
}

fn join(ids: BTreeSet<String>) -> String {
    ids.into_iter().collect::<Vec<_>>().join(" ")
}

fn data_access(operation: &str) -> (&str, &'static str) {
    match operation.to_lowercase().as_str() {
        "secretget" => ("SecretGet", "reveal"),
        "keybackup" => ("KeyBackup", "reveal"),
        "secretrestore" => ("SecretRestore", "recover"),
        "keysign" => ("KeySign", "use"),
        "certificatelist" => ("CertificateList", "list"),
        "vaultpatch" => ("VaultPatch", "change"),
        "authentication" => ("Authentication", "authenticate"),
        _ => (operation, "other"),
    }
}

fn expected(line: &str) -> Expected {
    let record: Value = serde_json::from_str(line).unwrap();
    let category = text(&record, "/category").to_lowercase();
    let resource = text(&record, "/resourceId").to_lowercase();
    let properties = record.get("properties").cloned().unwrap_or_default();
    let is_vault = after(&resource, "providers", 1) == "microsoft.keyvault";
    let addresses = ["/id", "/requestUri"].map(|path| locate(&text(&properties, path)));
    let has_address = addresses.iter().any(|[vault, ..]| !vault.is_empty());
    let mut fields = BTreeMap::new();
    match category.as_str() {
        "auditevent" if is_vault || (resource.is_empty() && has_address) => {}
        "auditevent" => return Expected::Foreign,
        "administrative" | "delete" => {}
        "" => return Expected::Malformed(Reason::UnknownShape),
        _ if record.get("resourceId").is_some() => return Expected::Foreign,
        _ if record.get("time").is_some() && record.get("operationName").is_some() => {
            return Expected::Foreign;
        }
        _ => return Expected::Malformed(Reason::UnknownShape),
    }
    let Ok(time) = Ticks::parse(text(&record, "/time").as_bytes()) else {
        return Expected::Malformed(Reason::NoTime);
    };
    fields.extend(caller(&record));
    fields.extend(source(&text(&record, "/callerIpAddress")));
    fields.insert(Field::CorrelationId, text(&record, "/correlationId").to_lowercase());
    fields.insert(Field::Subscription, after(&resource, "subscriptions", 1));
    fields.insert(Field::Vault, vault_of_resource(&resource));
    if category == "auditevent" {
        data(&record, &properties, addresses, &mut fields);
    } else {
        control(&record, &properties, &resource, &mut fields);
    }
    fields.insert(Field::ResourceId, resource);
    fields.retain(|_, value| !value.is_empty() && value != "0");
    Expected::Event(time, fields)
}

fn data(
    record: &Value,
    properties: &Value,
    [by_id, mut by_request]: [[String; 4]; 2],
    fields: &mut BTreeMap<Field, String>,
) {
    let written = text(record, "/operationName");
    let (operation, access) = data_access(&written);
    let http_status = status(properties.get("httpStatusCode"));
    let signature = status_of_phrase(&text(record, "/resultSignature"));
    let effective = if http_status == 0 { signature } else { http_status };
    let outcome = outcome(effective, fields[&Field::IdentityKind] != "none");
    let reveals = access == "reveal" && outcome == "success";
    let access = if access == "reveal" && !reveals { "metadata" } else { access };

    if operation == "SecretRestore" && by_request[2] == "restore" {
        by_request[2].clear();
    }
    let request_wins = by_id[2].is_empty() && !by_request[0].is_empty();
    let place = if request_wins { by_request } else { by_id };
    let [host, collection, name, version] = place;
    let vault = first(vec![fields[&Field::Vault].clone(), host.to_lowercase()]);
    let mut credential = collection.trim_end_matches('s').to_owned();
    let kind = text(properties, "/secretProperties/type");
    if reveals && kind == "application/x-pkcs12" {
        credential = "certificate".to_owned();
    }
    if !name.is_empty() {
        let object = format!("{vault}/{collection}/{name}").to_lowercase();
        fields.extend([(Field::Object, object), (Field::ObjectVersion, version)]);
    }
    let stated = |key: &str| properties.get(key).is_some_and(|value| !value.is_null());
    let (change, policies, scope) = match () {
        () if stated("addedAccessPolicy") => ("grant", "addedAccessPolicy", "vault"),
        () if stated("removedAccessPolicy") => ("revoke", "removedAccessPolicy", ""),
        () if stated("addedIpRule") => ("network", "", ""),
        () => ("", "", ""),
    };
    fields.extend([
        (Field::Plane, "data".to_owned()),
        (Field::Operation, operation.to_owned()),
        (Field::Access, access.to_owned()),
        (Field::Outcome, outcome.to_owned()),
        (Field::HttpStatus, http_status.to_string()),
        (Field::Vault, vault),
        (Field::CredentialType, credential),
        (Field::Client, text(properties, "/clientInfo")),
        (Field::Change, change.to_owned()),
        (Field::GrantScope, scope.to_owned()),
        (Field::Grantee, join(grantees(properties.get(policies)))),
    ]);
}

fn control(
    record: &Value,
    properties: &Value,
    resource: &str,
    fields: &mut BTreeMap<Field, String>,
) {
    let operation = text(record, "/operationName").to_uppercase();
    let access = match operation.rsplit('/').next().unwrap() {
        "WRITE" => "change",
        "DELETE" => "destroy",
        _ if operation.ends_with("/PURGE/ACTION") => "destroy",
        _ => "other",
    };
    let code = properties.get("statusCode");
    let http_status = status(code).max(status_of_phrase(&text(properties, "/statusCode")));
    let signature = text(record, "/resultSignature");
    let by_signature = status_of_phrase(signature.rsplit('.').next().unwrap());
    let failure = if by_signature == 0 { http_status } else { by_signature };
    let outcome = match text(record, "/resultType").as_str() {
        "Start" => "started",
        "Accept" => "accepted",
        "Success" | "Succeeded" => "success",
        _ => Some(outcome(failure, true)).filter(|word| *word != "success").unwrap_or("error"),
    };

    let body = serde_json::from_str::<Value>(&text(properties, "/requestbody"));
    let settings = body.as_ref().ok().and_then(|body| body.get("properties")).cloned();
    let settings = settings.unwrap_or_default();
    let mut named = grantees(settings.get("accessPolicies"));
    named.extend(Some(id(&text(&settings, "/principalId"))).filter(|id| !id.is_empty()));
    let stated = |key: &str| settings.get(key).is_some_and(|value| !value.is_null());
    let provider = after(resource, "providers", 1);
    let on_vaults =
        ["", "microsoft.keyvault", "microsoft.authorization"].contains(&provider.as_str());
    let removes = resource.ends_with("/accesspolicies/remove");
    let (change, names) = match operation.as_str() {
        "MICROSOFT.KEYVAULT/VAULTS/WRITE" if !named.is_empty() => ("grant", true),
        "MICROSOFT.KEYVAULT/VAULTS/WRITE" if stated("sku") => ("", false),
        "MICROSOFT.KEYVAULT/VAULTS/WRITE" if stated("publicNetworkAccess") => ("network", false),
        "MICROSOFT.KEYVAULT/VAULTS/WRITE" if stated("enablePurgeProtection") => {
            ("protection", false)
        }
        "MICROSOFT.KEYVAULT/VAULTS/ACCESSPOLICIES/WRITE" if on_vaults && removes => {
            ("revoke", true)
        }
        "MICROSOFT.KEYVAULT/VAULTS/ACCESSPOLICIES/WRITE" if on_vaults => ("grant", true),
        "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE" if on_vaults && removes => ("revoke", true),
        "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE" if on_vaults => ("grant", true),
        _ => ("", false),
    };
    let scope = match provider.as_str() {
        _ if change != "grant" => "",
        "microsoft.keyvault" => "vault",
        _ if after(resource, "resourcegroups", 1).is_empty() => "subscription",
        _ => "resource_group",
    };
    fields.extend([
        (Field::Plane, "control".to_owned()),
        (Field::Operation, operation),
        (Field::Access, access.to_owned()),
        (Field::Outcome, outcome.to_owned()),
        (Field::HttpStatus, http_status.to_string()),
        (Field::Change, change.to_owned()),
        (Field::GrantScope, scope.to_owned()),
        (Field::Grantee, if names { join(named) } else { String::new() }),
    ]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        max_shrink_iters: 2000,
        ..ProptestConfig::default()
    })]

    /// The parser and the naive normalizer make the same of every record.
    #[test]
    fn the_parser_agrees_with_a_naive_normalizer(line in any_record()) {
        let block = parse(&line);
        prop_assert_eq!(block.records, 1);
        let found = match (block.batch.views().next(), block.malformed.first()) {
            (Some(view), _) => {
                let fields = Field::ALL.iter().filter_map(|&f| Some((f, view.display(f)?)));
                Expected::Event(view.event.time, fields.collect())
            }
            (None, Some(malformed)) => Expected::Malformed(malformed.reason),
            (None, None) => Expected::Foreign,
        };
        prop_assert_eq!(found, expected(&line), "{}", line);
    }
}

/// The property above is worth something only if most random records are events of either plane.
#[test]
fn random_records_are_mostly_events_with_fields_of_every_sort() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeMap::<Field, BTreeSet<String>>::new();
    let mut events = 0;
    for _ in 0..1000 {
        let line = any_record().new_tree(&mut runner).unwrap().current();
        if let Expected::Event(_, fields) = expected(&line) {
            events += 1;
            for (field, value) in fields {
                seen.entry(field).or_default().insert(value);
            }
        }
    }
    assert!(events > 500, "{events} events");
    for (field, at_least) in [
        (Field::Plane, 2),
        (Field::Access, 8),
        (Field::Outcome, 8),
        (Field::IdentityKind, 5),
        (Field::Change, 4),
        (Field::GrantScope, 3),
        (Field::CredentialType, 3),
        (Field::Grantee, 4),
    ] {
        assert!(seen[&field].len() >= at_least, "{}: {:?}", field.word(), seen[&field]);
    }
}
