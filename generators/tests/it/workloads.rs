//! Signatures of workloads: cadence, order of calls, callers. Each has a client of its own by which
//! its records are found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;

use vaultdrill_generators::Estate;

use crate::common::{Corpus, estate_text, estate_with, ticks};

const SECOND: i64 = 10_000_000;
const MINUTE: i64 = 60 * SECOND;

/// Four weekdays at the estate's own rates, with nothing injected, everything logged, and everything
/// that is rare often.
fn corpus() -> &'static Corpus {
    static CORPUS: OnceLock<Corpus> = OnceLock::new();
    CORPUS.get_or_init(|| {
        Corpus::of(|plan| {
            plan.attacks.clear();
            plan.estate = estate_with(&[
                ("max = 5200", "max = 40"),
                ("unlogged_share = 0.03", "unlogged_share = 0"),
                ("recreated_share = 0.04", "recreated_share = 0.3"),
                ("vaults_per_day = 1.0", "vaults_per_day = 4"),
                ("rotation_days = [30, 180]", "rotation_days = [20, 40]"),
                ("upgrades_per_day = 0.1", "upgrades_per_day = 1"),
            ]);
            (plan.events, plan.days) = (None, 4);
        })
    })
}

fn records() -> &'static [Value] {
    static RECORDS: OnceLock<Vec<Value>> = OnceLock::new();
    RECORDS.get_or_init(|| {
        let lines: BTreeSet<&str> = corpus().events.lines().collect();
        let mut records: Vec<Value> =
            lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        records.sort_by_key(|record| ticks(&record["time"]));
        records
    })
}

fn operation(record: &Value) -> &str {
    record["operationName"].as_str().unwrap()
}

/// Records of each caller whose name as a resource has this prefix.
fn managed(prefix: &str) -> BTreeMap<&'static str, Vec<&'static Value>> {
    let mut callers: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for record in records() {
        let claim = &record["identity"]["claim"];
        let resource = claim["xms_mirid"].as_str().unwrap_or_default();
        if resource.rsplit('/').next().unwrap().starts_with(prefix) {
            callers.entry(claim["oid"].as_str().unwrap()).or_default().push(record);
        }
    }
    callers
}

/// Times between neighbours.
fn gaps(records: &[&Value]) -> Vec<i64> {
    let times: Vec<i64> = records.iter().map(|record| ticks(&record["time"])).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_secrets_store_polls_every_two_minutes() {
    let clusters = managed("aks-");
    assert!(!clusters.is_empty());
    for records in clusters.values() {
        let polls = gaps(records).into_iter().filter(|&gap| gap > MINUTE);
        let (near, all) = polls.fold((0, 0), |(near, all), gap| {
            (near + usize::from((gap - 2 * MINUTE).abs() < 15 * SECOND), all + 1)
        });
        assert!(all > 500 && near * 10 > all * 9, "{near} of {all}");
        assert!(records.iter().all(|record| operation(record) == "SecretGet"));
    }
}

#[test]
fn an_external_secrets_operator_lists_and_reads_every_hour() {
    let clusters = managed("eso-");
    let mut busy = 0;
    for records in clusters.values() {
        let lists: Vec<&Value> =
            records.iter().copied().filter(|record| operation(record) == "SecretList").collect();
        let hourly = gaps(&lists).into_iter().filter(|&gap| gap > MINUTE);
        assert!(hourly.into_iter().all(|gap| (gap - 60 * MINUTE).abs() < 5 * MINUTE));
        assert!(records.len() >= 2 * lists.len());
        busy += usize::from(lists.len() > 20);
    }
    assert!(busy > 0);
}

#[test]
fn a_pipeline_lists_in_pages_and_reads_twenty_at_a_time_from_a_new_address() {
    let mut runs: BTreeMap<(&str, &str), Vec<&Value>> = BTreeMap::new();
    for record in records() {
        let client = record["properties"]["clientInfo"].as_str().unwrap_or_default();
        if client.starts_with("VSTS_") {
            let key = (
                record["identity"]["claim"]["oid"].as_str().unwrap(),
                record["callerIpAddress"].as_str().unwrap(),
            );
            runs.entry(key).or_default().push(record);
        }
    }
    assert!(runs.len() > 20, "{}", runs.len());
    let mut crowded = 0;
    for records in runs.values() {
        assert_eq!(operation(records[0]), "SecretList");
        let length = ticks(&records[records.len() - 1]["time"]) - ticks(&records[0]["time"]);
        assert!(length < MINUTE, "{} s", length / SECOND);
        let reads: Vec<&Value> =
            records.iter().copied().filter(|record| operation(record) == "SecretGet").collect();
        let close = gaps(&reads).into_iter().filter(|&gap| gap < 16 * SECOND / 1_000).count();
        crowded += usize::from(reads.len() > 20 && close >= 18);
        assert_eq!(records[0]["operationVersion"], "2016-10-01");
    }
    assert!(crowded > 0);
}

/// A changed setting refetches what the daily renewal fetches.
#[test]
fn references_of_a_site_are_fetched_together() {
    let sites = managed("func-");
    assert!(sites.len() > 20);
    for records in sites.values() {
        let objects: BTreeSet<&str> = records
            .iter()
            .map(|record| record["properties"]["id"].as_str().unwrap().rsplit_once('/').unwrap().0)
            .collect();
        assert!(objects.len() <= 20 && records.len() >= objects.len());
        // Fetches are complete but for what the corpus' edges and duplicates cut.
        assert!(records.len() % objects.len() <= 2 || records.len() > 3 * objects.len());
    }
}

#[test]
fn a_gateway_fetches_the_secret_behind_a_certificate_every_four_hours() {
    let gateways = managed("agw-");
    assert!(!gateways.is_empty());
    for records in gateways.values() {
        for record in records {
            let id = record["properties"]["id"].as_str().unwrap();
            assert!(operation(record) == "SecretGet" && id.contains("/secrets/tls-"), "{id}");
        }
        let polls = gaps(records).into_iter().filter(|&gap| gap > MINUTE);
        assert!(polls.into_iter().all(|gap| (gap - 240 * MINUTE).abs() < 20 * MINUTE));
    }
}

#[test]
fn a_rotation_announces_reads_sets_and_retires_and_the_version_changes() {
    let of = |name: &'static str| records().iter().filter(move |record| operation(record) == name);
    let base = |record: &Value| {
        let id = record["properties"]["id"].as_str().unwrap();
        id.split('/').take(5).collect::<Vec<_>>().join("/")
    };
    let version = |record: &Value| {
        record["properties"]["id"].as_str().unwrap().split('/').nth(5).unwrap().to_owned()
    };
    let mut rotations = 0;
    let by_function = |set: &&Value| {
        let client = set["properties"]["clientInfo"].as_str().unwrap();
        set["identity"]["claim"]["idtyp"] == "app"
            && !client.contains("Terraform")
            && !base(set).contains("kv-pr-")
    };
    for set in of("SecretSet").filter(by_function) {
        let near = |record: &&Value, sign: i64| {
            let after = sign * (ticks(&record["time"]) - ticks(&set["time"]));
            base(record) == base(set) && (0..2 * MINUTE).contains(&after)
        };
        let caller = &set["identity"]["claim"]["oid"];
        let notice = of("SecretNearExpiryEventGridNotification").find(|record| near(record, -1));
        let retired = of("SecretUpdate").find(|record| near(record, 1));
        let read = of("SecretGet")
            .find(|record| near(record, -1) && record["identity"]["claim"]["oid"] == *caller);
        let (Some(notice), Some(read), Some(retired)) = (notice, read, retired) else {
            panic!("incomplete: {set}")
        };
        assert_eq!(notice["identity"], serde_json::json!({}));
        assert_ne!(version(read), version(set));
        assert_eq!(version(retired), version(set));
        rotations += 1;
    }
    assert!(rotations > 20, "{rotations}");
}

#[test]
fn a_vault_for_a_pull_request_is_made_used_and_deleted() {
    let mut vaults: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for record in records() {
        let resource = record["resourceId"].as_str().unwrap().to_lowercase();
        if let Some((_, vault)) = resource.split_once("/vaults/kv-pr-") {
            let vault = vault.split('/').next().unwrap();
            vaults.entry(vault.to_owned()).or_default().push(record);
        }
    }
    let mut whole = 0;
    for records in vaults.values() {
        let has = |name: &str| records.iter().any(|record| operation(record) == name);
        assert!(has("VaultPut") && has("SecretSet"));
        let made = records
            .iter()
            .filter(|record| operation(record) == "MICROSOFT.KEYVAULT/VAULTS/WRITE")
            .any(|record| record["resultSignature"] == "Succeeded.Created");
        assert!(made);
        let identities: BTreeSet<&str> = records
            .iter()
            .filter_map(|record| record["identity"]["claim"]["oid"].as_str())
            .collect();
        assert!(identities.len() <= 3, "automation and pipeline: {identities:?}");
        whole += usize::from(has("VaultDelete") && has("SecretList"));
    }
    assert!(whole >= 5 && whole + 2 >= vaults.len(), "{whole} of {}", vaults.len());
}

/// A recreated identity keeps its resource, and its old object id falls silent.
#[test]
fn a_managed_identity_made_again_has_another_object_id_from_then_on() {
    let mut lives: BTreeMap<&str, BTreeMap<&str, (i64, i64)>> = BTreeMap::new();
    for record in records() {
        let claim = &record["identity"]["claim"];
        if let (Some(resource), Some(oid)) = (claim["xms_mirid"].as_str(), claim["oid"].as_str()) {
            let time = ticks(&record["time"]);
            let life = lives.entry(resource).or_default().entry(oid).or_insert((time, time));
            *life = (life.0.min(time), life.1.max(time));
        }
    }
    let twice: Vec<_> = lives.values().filter(|lives| lives.len() == 2).collect();
    assert!(twice.len() > 5 && lives.values().all(|lives| lives.len() <= 2), "{}", twice.len());
    // A sequence that has begun is finished under the old id.
    let apart = |lives: &&&BTreeMap<&str, (i64, i64)>| {
        let mut lives: Vec<&(i64, i64)> = lives.values().collect();
        lives.sort();
        lives[0].1 <= lives[1].0 + 10 * MINUTE
    };
    assert_eq!(twice.iter().filter(apart).count(), twice.len());
}

#[test]
fn first_parties_act_under_their_known_application_ids() {
    let mut operations: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in records() {
        let app = record["identity"]["claim"]["appid"].as_str().unwrap_or_default();
        operations.entry(app).or_default().insert(operation(record));
    }
    assert!(operations["262044b1-e2ce-469f-a196-69ab7ada62d3"].contains("SecretBackup"));
    assert!(operations["509e4652-da8d-478d-a730-e9d4a1996ca4"].iter().eq(&["VaultGet"]));
    let front_door = &operations["205478c0-bd83-4e1b-a9d6-db63a3e1e1c8"];
    assert!(front_door.iter().eq(&["SecretGet"]), "{front_door:?}");
}

#[test]
fn vaults_that_do_not_log_are_seen_in_the_activity_log_only() {
    let corpus = Corpus::of(|plan| {
        plan.attacks.clear();
        plan.estate = estate_with(&[
            ("unlogged_share = 0.03", "unlogged_share = 1"),
            ("vaults_per_day = 1.0", "vaults_per_day = 0"),
            ("max = 5200", "max = 40"),
        ]);
        (plan.events, plan.days) = (None, 2);
    });
    let records = corpus.records();
    assert!(records.len() > 10);
    assert!(records.iter().all(|record| record["category"] == "Administrative"));
}

/// An estate of nothing but pollers of one object, all of one band of regularity.
fn pollers_only(band: &str) -> Estate {
    let bands = ["periodic", "jittered", "random", "clustered", "bursty", "extreme"];
    let arrivals = bands.map(|name| format!("{name} = {}", u8::from(name == band)));
    let nobody = [
        "users",
        "guests",
        "startups",
        "cryptography",
        "secrets_stores",
        "external_secrets",
        "app_services",
        "gateways",
        "rotations",
        "pipelines",
        "backups",
        "compliance",
        "reserves",
        "recreated_share",
    ];
    let nothing = ["administrators", "automation", "integrations", "front_doors"];
    let text = format!(
        "extends = \"midsize\"\n[vaults]\ncount = 2\nunlogged_share = 0\n[identities]\npollers = 20\n{}\n{}\n\
         [novelty]\nlate_identities_share = 0\nnew_object_edges_per_day = 0\n\
         [errors]\ndenied_share = 0\nnot_found_share = 0\nthrottled_share = 0\n\
         [poller]\nobjects = [1, 1]\nother_credentials_share = 0\narrivals = {{ {} }}\n\
         vaults = {{ one_share = 1, exponent = 1, most = 1 }}\n\
         events_per_day = {{ median = 300, sigma = 0.5, max = 10000 }}\n",
        nobody.map(|key| format!("{key} = 0")).join("\n"),
        nothing.map(|key| format!("{key} = []")).join("\n"),
        arrivals.join(", "),
    );
    Estate::parse_with("pollers.toml", &text, |_| Ok(estate_text("midsize.toml").1)).unwrap()
}

/// The bands of regularity are those of the published traces.
#[test]
fn gaps_vary_as_the_band_of_the_identity_says() {
    for (band, low, high) in [
        ("periodic", 0.0, 0.15),
        ("jittered", 0.12, 1.0),
        ("random", 0.9, 2.2),
        ("clustered", 1.8, 4.2),
        ("bursty", 3.5, 10.5),
        ("extreme", 7.0, 40.0),
    ] {
        let corpus = Corpus::of(|plan| {
            plan.attacks.clear();
            plan.look_alikes.clear();
            plan.estate = pollers_only(band);
            (plan.events, plan.days) = (None, 6);
        });
        let mut times: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for record in corpus.records().iter().filter(|record| operation(record) == "SecretGet") {
            let oid = record["identity"]["claim"]["oid"].as_str().unwrap();
            times.entry(oid.to_owned()).or_default().insert(ticks(&record["time"]));
        }
        let mut variations: Vec<f64> = times.values().map(variation).collect();
        variations.sort_by(f64::total_cmp);
        let median = variations[variations.len() / 2];
        assert!((low..high).contains(&median), "{band}: {variations:?}");
    }
}

/// Coefficient of variation of the gaps.
fn variation(times: &BTreeSet<i64>) -> f64 {
    let gaps: Vec<f64> =
        times.iter().zip(times.iter().skip(1)).map(|(a, b)| (b - a) as f64).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let square = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>();
    (square / gaps.len() as f64).sqrt() / mean
}
