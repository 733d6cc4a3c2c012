//! Facts of Azure's format, record by record.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::common::{Corpus, estate_with, record_key, small, step_key, ticks};

const OBJECT_ID: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";

fn data_plane() -> Vec<Value> {
    small().records().into_iter().filter(|record| record["category"] == "AuditEvent").collect()
}

fn control_plane() -> Vec<Value> {
    small().records().into_iter().filter(|record| record["category"] == "Administrative").collect()
}

fn operation(record: &Value) -> &str {
    record["operationName"].as_str().unwrap()
}

#[test]
fn keys_of_an_audit_event_stand_in_azures_order() {
    for line in small().events.lines().filter(|line| line.contains(r#""category":"AuditEvent""#)) {
        let order = [
            r#"{"time":""#,
            r#"","category":""#,
            r#","operationName":""#,
            r#","resultType":"Success","#,
            r#""correlationId":""#,
            r#","callerIpAddress":""#,
            r#","identity":{"#,
            r#","properties":{"#,
            r#","resourceId":"/SUBSCRIPTIONS/"#,
            r#","operationVersion":""#,
            r#","resultSignature":""#,
            r#","durationMs":""#,
        ];
        let places: Vec<Option<usize>> = order.iter().map(|key| line.find(key)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{line}");
    }
}

#[test]
fn the_data_plane_always_says_success_and_the_status_knows_better() {
    let mut seen = BTreeMap::new();
    for record in data_plane() {
        assert_eq!(record["resultType"], "Success");
        assert!(record["durationMs"].as_str().unwrap().parse::<u32>().unwrap() > 0);
        let status = record["properties"]["httpStatusCode"].as_u64().unwrap();
        let phrase = match status {
            200 => "OK",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            409 => "Conflict",
            429 => "Too Many Requests",
            other => panic!("unexpected status {other}"),
        };
        assert_eq!(record["resultSignature"], phrase);
        assert_eq!(
            record.get("resultDescription").is_some(),
            matches!(status, 401 | 403 | 404 | 409 | 429),
            "{record}"
        );
        let resource = record["resourceId"].as_str().unwrap();
        assert_eq!(resource, resource.to_uppercase());
        *seen.entry(status).or_insert(0) += 1;
    }
    assert!([200, 401, 403, 404, 429].iter().all(|status| seen.contains_key(status)), "{seen:?}");
}

#[test]
fn error_shares_of_what_nobody_staged_are_those_of_the_estate() {
    // The loops of misconfigured services are where the estate's shares come from.
    let campaigns = small().truth_lines("campaign");
    let loops: Vec<&Value> = campaigns
        .iter()
        .filter(|campaign| campaign["attack"] == "misconfigured-loop")
        .map(|campaign| &campaign["campaign_id"])
        .collect();
    let steps = small().truth_lines("step");
    let staged = steps.iter().filter(|step| !loops.contains(&&step["campaign_id"]));
    let staged: BTreeSet<_> = staged.map(step_key).collect();
    let mut records = data_plane();
    records.retain(|record| !staged.contains(&record_key(record)));
    let share = |status: u64| {
        let found = records
            .iter()
            .filter(|record| record["properties"]["httpStatusCode"] == status)
            .count();
        found as f64 / records.len() as f64
    };
    assert!((0.08..0.45).contains(&share(401)), "{}", share(401));
    assert!((0.001..0.015).contains(&share(403)), "{}", share(403));
    assert!((0.002..0.015).contains(&share(404)), "{}", share(404));
    assert!((0.0001..0.01).contains(&share(429)), "{}", share(429));
}

#[test]
fn challenges_carry_nobody_and_name_what_was_asked() {
    let challenges: Vec<Value> =
        data_plane().into_iter().filter(|record| operation(record) == "Authentication").collect();
    assert!(challenges.len() > 500);
    for record in challenges {
        assert_eq!(record["identity"], serde_json::json!({}));
        assert_eq!(record["properties"]["httpStatusCode"], 401);
        assert!(record["properties"].get("id").is_none());
        assert!(record["properties"]["requestUri"].as_str().unwrap().contains("?api-version="));
    }
}

#[test]
fn each_plane_has_its_own_spelling_of_claims() {
    let named = |record: &&Value| record["identity"] != serde_json::json!({});
    for record in data_plane().iter().filter(named) {
        let claim = record["identity"]["claim"].as_object().unwrap();
        let management = operation(record).starts_with("Vault");
        assert_eq!(claim.contains_key(OBJECT_ID), management);
        assert_eq!(claim.contains_key("oid"), !management);
        assert!(claim.contains_key("appid"));
        if let Some(kind) = claim.get("idtyp") {
            assert_eq!(claim.contains_key("scp"), kind == "user");
            assert_eq!(claim.contains_key("ipaddr"), kind == "user");
        }
    }
    for record in control_plane() {
        let claims = record["identity"]["claims"].as_object().unwrap();
        let principal =
            record["identity"]["authorization"]["evidence"]["principalId"].as_str().unwrap();
        assert_eq!(claims[OBJECT_ID].as_str().unwrap().replace('-', ""), principal);
    }
}

#[test]
fn reads_are_answered_with_a_version_and_lists_with_no_id() {
    for record in data_plane() {
        let properties = &record["properties"];
        let uri = properties["requestUri"].as_str().unwrap();
        match (operation(&record), properties["httpStatusCode"].as_u64().unwrap()) {
            ("SecretGet", 200) => {
                let (_, version) = properties["id"].as_str().unwrap().rsplit_once('/').unwrap();
                assert!(
                    version.len() == 32 && version.bytes().all(|byte| byte.is_ascii_hexdigit()),
                    "{record}"
                );
                assert!(uri.contains("/?api-version="), "{uri}");
            }
            ("SecretGet", _) => {
                assert_eq!(properties["id"].as_str().unwrap().split('/').count(), 5, "{record}")
            }
            ("SecretList" | "KeyList" | "CertificateList", _) => {
                assert!(properties.get("id").is_none())
            }
            ("SecretListVersions", _) => assert!(uri.contains("/versions?"), "{uri}"),
            _ => {}
        }
    }
}

#[test]
fn a_vault_has_one_permission_model() {
    let mut models: BTreeMap<String, bool> = BTreeMap::new();
    for record in data_plane() {
        let properties = record["properties"].as_object().unwrap();
        let roles = properties.contains_key("isRbacAuthorized");
        if !roles && !properties.contains_key("isAccessPolicyMatch") {
            continue;
        }
        let known =
            *models.entry(record["resourceId"].as_str().unwrap().to_owned()).or_insert(roles);
        assert_eq!(known, roles, "{record}");
        assert!(!roles || !properties.contains_key("isAccessPolicyMatch"));
    }
    assert!(models.values().any(|roles| *roles) && models.values().any(|roles| !*roles));
}

#[test]
fn start_and_success_share_an_id_and_the_vaults_record_has_another() {
    let twins: Vec<Value> = data_plane()
        .into_iter()
        .filter(|record| matches!(operation(record), "VaultPut" | "VaultPatch"))
        .collect();
    let mut calls: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for record in control_plane() {
        calls.entry(record["correlationId"].as_str().unwrap().to_owned()).or_default().push(record);
    }
    assert!(calls.len() > 20);
    let mut twinned = 0;
    for (id, records) in &calls {
        let one = |kind: &str| records.iter().find(|record| record["resultType"] == kind);
        let Some(start) = one("Start") else { panic!("{id} has no start") };
        if one("Failure").is_some() {
            continue;
        }
        let Some(success) = one("Success") else { panic!("{id} has no end") };
        let (began, ended) = (ticks(&start["time"]), ticks(&success["time"]));
        assert!(
            began < ended && start["resultSignature"] == "Started." && start["durationMs"] == "0"
        );
        assert!(success["properties"].get("requestbody").is_none());
        let body = start["properties"]["requestbody"].as_str();
        let body: Value = serde_json::from_str(body.unwrap_or("null")).unwrap();
        let close = |twin: &&Value| {
            let vault = twin["resourceId"].as_str().unwrap();
            success["resourceId"].as_str().unwrap().starts_with(vault)
                && (0..100_000).contains(&(ended - ticks(&twin["time"])))
        };
        let (name, signature) = (operation(success), &success["resultSignature"]);
        if name.starts_with("MICROSOFT.KEYVAULT/VAULTS/") && name.ends_with("/WRITE") {
            let short_lived = success["resourceId"].as_str().unwrap().contains("/KV-PR-");
            let created = *signature == "Succeeded.Created";
            assert!(created || !short_lived, "{success}");
            assert!(body["properties"].is_object(), "{start}");
            // A vault that does not log has none.
            if let Some(twin) = twins.iter().find(close) {
                assert_ne!(twin["correlationId"], success["correlationId"]);
                twinned += 1;
            }
        } else if name == "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE" {
            let granted = &body["properties"];
            assert!(
                *signature == "Succeeded.Created"
                    && granted["principalId"].is_string()
                    && granted["roleDefinitionId"].is_string(),
                "{start}"
            );
        } else {
            assert_eq!(*signature, "Succeeded.OK", "{start}");
        }
    }
    assert!(twinned > 10, "{twinned}");
}

#[test]
fn grants_reach_users_applications_and_groups_at_every_scope() {
    let corpus = Corpus::of(|plan| {
        plan.look_alikes.clear();
        plan.attacks.clear();
        plan.estate = estate_with(&[
            ("plans_per_day = 4 ", "plans_per_day = 20 "),
            ("apply_share = 0.3", "apply_share = 1"),
            ("grant_share = 0.4", "grant_share = 1"),
            ("vaults = [3, 12]", "vaults = [3, 4]"),
        ]);
    });
    let mut kinds = BTreeMap::new();
    let mut scopes = BTreeMap::new();
    for record in corpus.records() {
        let body = record["properties"]["requestbody"].as_str().unwrap_or("null");
        let granted: Value = serde_json::from_str::<Value>(body).unwrap()["properties"].clone();
        let (Some(kind), Some(scope)) =
            (granted["principalType"].as_str(), granted["scope"].as_str())
        else {
            continue;
        };
        *kinds.entry(kind.to_owned()).or_insert(0) += 1;
        *scopes.entry(scope.split('/').count()).or_insert(0) += 1;
    }
    assert!(kinds.keys().eq(["Group", "ServicePrincipal", "User"]), "{kinds:?}");
    assert!(scopes.keys().eq(&[3, 5, 9]), "subscription, resource group, vault: {scopes:?}");
}

#[test]
fn sizes_are_near_the_real_ones() {
    let records = small().events.lines();
    let mut sizes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for line in records {
        let record: Value = serde_json::from_str(line).unwrap();
        let name = format!("{} {}", operation(&record), record["properties"]["httpStatusCode"]);
        let (count, bytes) = sizes.entry(name).or_default();
        (*count, *bytes) = (*count + 1, *bytes + line.len());
    }
    for (name, low, high) in [
        ("SecretGet 200", 950, 1_350),
        ("SecretGet 403", 1_300, 1_800),
        ("SecretList 200", 850, 1_250),
        ("Authentication 401", 600, 1_000),
        ("VaultGet 200", 1_100, 1_450),
    ] {
        let (count, bytes) = sizes[name];
        assert!((low..high).contains(&(bytes / count)), "{name}: {} bytes", bytes / count);
    }
}

#[test]
fn the_management_plane_sees_public_addresses_and_private_endpoints_private_ones() {
    let mut private = 0;
    for record in small().records() {
        let inside = record["callerIpAddress"].as_str().unwrap().starts_with("10.");
        if record["category"] == "Administrative" || operation(&record).starts_with("Vault") {
            assert!(!inside, "{record}");
        }
        if record["properties"]["addrAuthType"] == "PrivateLink" {
            assert!(inside, "{record}");
            private += 1;
        }
        if let Some(issued_to) = record["identity"]["claim"]["ipaddr"].as_str() {
            assert!(!issued_to.starts_with("10."), "{record}");
        }
    }
    assert!(private > 100);
}

#[test]
fn a_campaign_that_finds_nobody_to_act_is_not_counted() {
    let corpus = Corpus::of(|plan| {
        plan.estate = estate_with(&[("backups = 2", "backups = 0"), ("max = 5200", "max = 50")]);
        (plan.events, plan.days) = (None, 2);
    });
    assert_eq!(corpus.manifest.campaigns.get("backup-job"), None);
    assert!(corpus.manifest.campaigns["bulk-extraction"] >= 12);
    assert!(!corpus.truth.contains("backup-job"));
}
