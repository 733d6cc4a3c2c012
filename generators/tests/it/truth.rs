//! Truth names every record of every campaign, and nothing about a record gives attacks away.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::common::{attacks, record_key, scenario_files, small, step_key, ticks};

#[test]
fn every_step_is_a_record_and_copies_are_steps_too() {
    let mut records: BTreeMap<_, usize> = BTreeMap::new();
    for record in small().records() {
        *records.entry(record_key(&record)).or_default() += 1;
    }
    let mut steps: BTreeMap<_, usize> = BTreeMap::new();
    for step in small().truth_lines("step") {
        *steps.entry(step_key(&step)).or_default() += 1;
    }
    assert!(steps.len() > 500);
    for (step, count) in steps {
        assert_eq!(records.get(&step), Some(&count), "{step:?}");
    }
}

#[test]
fn the_header_carries_the_corpus_id() {
    let header: Value = serde_json::from_str(small().truth.lines().next().unwrap()).unwrap();
    assert_eq!(header["kind"], "truth");
    assert_eq!(header["schema_version"], 1);
    assert_eq!(header["corpus_id"], *small().manifest.corpus_id);
}

#[test]
fn there_are_campaigns_and_look_alikes_enough() {
    let scored = ticks(&Value::from(&*small().manifest.warmup_end));
    let mut malicious: BTreeMap<String, usize> = BTreeMap::new();
    let mut look_alikes: BTreeMap<String, usize> = BTreeMap::new();
    for campaign in small().truth_lines("campaign") {
        if ticks(&campaign["start"]) < scored {
            assert_ne!(campaign["class"], "malicious", "attacks come after the warm-up");
            continue;
        }
        let counts =
            if campaign["class"] == "malicious" { &mut malicious } else { &mut look_alikes };
        *counts.entry(campaign["attack"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(malicious.len(), attacks().len());
    assert!(malicious.values().all(|&count| count >= 6), "{malicious:?}");
    assert!(look_alikes.len() >= 6 && look_alikes.values().sum::<usize>() >= 30, "{look_alikes:?}");
    for (name, text) in scenario_files("attacks") {
        assert!(
            text.starts_with('#') && text.contains("# Source: ") && text.contains("# Steps: "),
            "{name}"
        );
    }
}

#[test]
fn a_campaign_line_sums_up_its_steps() {
    let mut steps: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for step in small().truth_lines("step") {
        steps.entry(step["campaign_id"].as_str().unwrap().to_owned()).or_default().push(step);
    }
    let campaigns = small().truth_lines("campaign");
    // Of the others something is not in the corpus.
    let seen = campaigns.iter().filter(|campaign| campaign["unobserved"] == 0);
    for campaign in seen {
        let own = &steps[campaign["campaign_id"].as_str().unwrap()];
        let times = || own.iter().map(|step| ticks(&step["time"]));
        assert_eq!(times().min(), Some(ticks(&campaign["start"])));
        assert_eq!(times().max(), Some(ticks(&campaign["end"])));
        let vaults: BTreeSet<&str> = campaign["vaults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|vault| vault.as_str().unwrap())
            .collect();
        for step in own {
            let Some(object) = step["object"].as_str() else { continue };
            let parts: Vec<&str> = object.split('/').collect();
            assert!(
                parts.len() == 3 && object == object.to_lowercase() && vaults.contains(parts[0]),
                "{object}"
            );
        }
        assert!(!campaign["identities"].as_array().unwrap().is_empty());
        assert!(
            campaign["technique"]
                .as_array()
                .unwrap()
                .iter()
                .all(|id| id.as_str().unwrap().starts_with('T'))
        );
        let severities = ["low", "medium", "high", "critical"];
        match campaign["severity"].as_str() {
            Some(word) => assert!(severities.contains(&word) && campaign["class"] == "malicious"),
            None => assert_ne!(campaign["class"], "malicious"),
        }
    }
}

/// The kind in truth is the one that a data-plane record's own claims show.
#[test]
fn the_kind_of_a_campaign_is_that_of_its_first_identity() {
    let mut shown: BTreeMap<String, &str> = BTreeMap::new();
    for record in small().records() {
        let claim = &record["identity"]["claim"];
        let (Some(oid), Some(kind)) = (claim["oid"].as_str(), claim["idtyp"].as_str()) else {
            continue;
        };
        let managed = claim.get("xms_mirid").is_some();
        let kind = match (kind, managed) {
            ("user", _) => "user",
            (_, true) => "managed_identity",
            (_, false) => "service_principal",
        };
        assert_eq!(*shown.entry(oid.to_owned()).or_insert(kind), kind, "{oid}");
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for campaign in small().truth_lines("campaign") {
        let kind = campaign["identity_kind"].as_str().unwrap();
        // A first party's token looks like any application's.
        let shown = shown.get(campaign["identities"][0].as_str().unwrap());
        if let Some(&expected) = shown.filter(|_| kind != "first_party") {
            assert_eq!(kind, expected, "{campaign}");
            *kinds.entry(kind.to_owned()).or_default() += 1;
        }
    }
    assert!(kinds.len() == 3 && kinds.values().all(|&count| count > 5), "{kinds:?}");
}

/// People have the name that their own records give them.
#[test]
fn a_campaign_names_the_people_among_its_identities() {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for record in small().records() {
        let claim = &record["identity"]["claim"];
        if let (Some(oid), Some(name)) = (claim["oid"].as_str(), claim["upn"].as_str()) {
            names.insert(oid.to_owned(), name.to_lowercase());
        }
    }
    let (mut people, mut others) = (0, 0);
    for campaign in small().truth_lines("campaign") {
        let users = campaign["users"].as_array().into_iter().flatten();
        let users: Vec<String> = users.map(|user| user.as_str().unwrap().to_lowercase()).collect();
        let identities = campaign["identities"].as_array().unwrap().iter();
        for name in identities.filter_map(|id| names.get(id.as_str().unwrap())) {
            assert!(users.contains(name), "{name} in {campaign}");
            people += 1;
        }
        others += usize::from(users.is_empty());
    }
    assert!(people > 10 && others > 10, "{people} people, {others} campaigns without");
}

#[test]
fn the_parameters_of_a_campaign_tell_what_its_steps_show() {
    let mut operations: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let refusals: BTreeSet<_> = small()
        .records()
        .iter()
        .filter(|record| record["properties"]["httpStatusCode"] == 403)
        .map(record_key)
        .collect();
    for step in small().truth_lines("step") {
        let own = operations.entry(step["campaign_id"].as_str().unwrap().to_owned()).or_default();
        own.insert(step["operation"].as_str().unwrap().to_owned());
        if refusals.contains(&step_key(&step)) {
            own.insert("refused".to_owned());
        }
    }
    let mut seen = BTreeSet::new();
    for campaign in small().truth_lines("campaign") {
        let parameters = campaign["parameters"].as_object().unwrap();
        assert!(parameters.contains_key("acting_as"), "{campaign}");
        assert!(parameters.values().all(|value| !value.is_object() && !value.is_null()));
        let own = &operations[campaign["campaign_id"].as_str().unwrap()];
        if campaign["class"] == "malicious" {
            for dial in ["variant", "gap_seconds", "lists", "same_block", "identities", "home"] {
                assert!(parameters.contains_key(dial), "{dial} of {campaign}");
            }
            if let Some(denied) = parameters.get("denied") {
                assert_eq!(*denied, own.contains("refused"), "{campaign}");
            }
        }
        seen.extend(parameters.keys().cloned());
    }
    for name in ["fresh", "granted", "excepted", "change", "used_days", "foothold", "reverts"] {
        assert!(seen.contains(name), "{name} of {seen:?}");
    }
}

#[test]
fn a_step_reveals_exactly_when_its_record_hands_out_a_value() {
    let records: BTreeMap<_, Value> =
        small().records().into_iter().map(|record| (record_key(&record), record)).collect();
    let mut revealing = 0;
    for step in small().truth_lines("step") {
        let record = &records[&step_key(&step)];
        let operation = record["operationName"].as_str().unwrap();
        let hands_out = operation == "SecretGet" || operation.ends_with("Backup");
        let expected = hands_out && record["properties"]["httpStatusCode"] == 200;
        assert_eq!(step["reveals"], expected, "{step}");
        revealing += usize::from(expected);
    }
    assert!(revealing > 300);
}

/// Whatever kind of caller an attack uses with whatever kind of client over whatever network,
/// somebody benign does so as well.
#[test]
fn every_trait_of_a_hostile_record_has_a_benign_carrier() {
    let steps = small().hostile_steps();
    let (mut benign, mut suspect) = (BTreeSet::new(), BTreeSet::new());
    for record in small().records() {
        let traits = if steps.contains(&record_key(&record)) { &mut suspect } else { &mut benign };
        traits.extend(traits_of(&record));
    }
    let bare: Vec<&String> = suspect.difference(&benign).collect();
    assert!(bare.is_empty(), "no benign carrier for {bare:?}");
}

fn traits_of(record: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let properties = &record["properties"];
    let product = text(&properties["clientInfo"]);
    let product = product.split(['/', ' ']).next().unwrap().to_owned();
    let network = text(&record["callerIpAddress"]);
    let network = network.split('.').take(1).collect::<String>();
    let claim = &record["identity"]["claim"];
    let person = claim.get("upn").is_some() || claim.get("unique_name").is_some();
    vec![
        format!("{} by {product}, person {person}", text(&record["category"])),
        format!("version {}", text(&record["operationVersion"])),
        format!("tls {}", text(&properties["tlsVersion"])),
        format!("network {network}"),
        format!(
            "{} {} {}",
            text(&record["operationName"]),
            properties["httpStatusCode"],
            text(&record["resultSignature"])
        ),
        format!("address type {}", text(&properties["addrAuthType"])),
    ]
}
