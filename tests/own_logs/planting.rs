//! Campaigns among own records: the records stay as they are, truth names what was planted, and what was
//! planted plays on who and what was there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::{Named, foreign, id, lines, logs, output_of, text, values};

const FILES: [&str; 4] = ["events.ndjson", "arrivals.i64", "truth.ndjson", "manifest.json"];

/// Ids of the records that truth names.
fn planted_ids(corpus: &str) -> BTreeSet<String> {
    let truth = values(&logs().path(corpus).join("truth.ndjson"));
    let steps = truth.iter().filter(|line| text(line, "/type") == "step");
    steps.map(|step| text(step, "/correlation_id").to_owned()).collect()
}

fn arrivals(corpus: &str) -> Vec<i64> {
    let bytes = fs::read(logs().path(corpus).join("arrivals.i64")).unwrap();
    bytes.as_chunks().0.iter().map(|chunk| i64::from_le_bytes(*chunk)).collect()
}

#[test]
fn what_is_left_without_the_planted_records_is_the_logs_byte_for_byte() {
    let (own, drilled) = (lines(&logs().path("logs")), lines(&logs().path("drilled")));
    let planted = planted_ids("drilled");
    assert!(planted.len() > 100, "{}", planted.len());
    let times = arrivals("drilled");
    assert_eq!(times.len(), drilled.len());
    assert!(times.is_sorted());
    let is_own = |line: &&String| !planted.contains(&id(&serde_json::from_str(line).unwrap()));
    let (left, left_times): (Vec<&String>, Vec<i64>) =
        drilled.iter().zip(times).filter(|(line, _)| is_own(line)).unzip();
    assert!(left.iter().copied().eq(&own));
    assert_eq!(left_times, arrivals("logs"));
}

#[test]
fn truth_names_the_planted_records_and_no_other() {
    let own: BTreeSet<String> = values(&logs().path("logs/events.ndjson")).iter().map(id).collect();
    let drilled = values(&logs().path("drilled/events.ndjson"));
    let mut new: BTreeMap<(String, String), u64> = BTreeMap::new();
    for record in drilled.iter().filter(|record| !own.contains(&id(record))) {
        *new.entry((id(record), text(record, "/time").to_owned())).or_default() += 1;
    }
    let mut told: BTreeMap<(String, String), u64> = BTreeMap::new();
    let truth = values(&logs().path("drilled/truth.ndjson"));
    for step in truth.iter().filter(|line| text(line, "/type") == "step") {
        let key = (text(step, "/correlation_id").to_owned(), text(step, "/time").to_owned());
        *told.entry(key).or_default() += 1;
    }
    assert_eq!(new, told);
    let manifest: Value =
        serde_json::from_slice(&fs::read(logs().path("drilled/manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["corpus_id"], truth[0]["corpus_id"]);
    assert_eq!(manifest["events"], drilled.len());
    assert_eq!(manifest["estate"], "fitted");
    let campaigns: u64 =
        manifest["campaigns"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(truth.iter().filter(|line| line["type"] == "campaign").count() as u64, campaigns);
}

/// By design an attack may bring fresh identities, hosts of known networks, a key that is not there yet
/// and a deleted secret nobody has spoken of; nothing else is new.
#[test]
fn campaigns_play_on_who_and_what_the_logs_have() {
    let own = Named::of(&values(&logs().path("logs/events.ndjson")));
    let planted = planted_ids("drilled");
    let mut records = values(&logs().path("drilled/events.ndjson"));
    records.retain(|record| planted.contains(&id(record)));
    let found = Named::of(&records);
    let new = |found: &BTreeSet<String>, own: &BTreeSet<String>| -> Vec<String> {
        found.difference(own).cloned().collect()
    };
    assert_eq!(new(&found.vaults, &own.vaults), [""; 0]);
    assert_eq!(new(&found.clients, &own.clients), [""; 0]);
    assert_eq!(new(&found.users, &own.users), [""; 0]);
    let objects = new(&found.objects, &own.objects);
    let is_made_up = |name: &String| name.ends_with("-old") || name.ends_with("-2");
    assert!(objects.iter().all(is_made_up), "{objects:?}");
    let known: BTreeSet<&String> = own.addresses.values().flatten().collect();
    let block = |address: &str| address.rsplit_once('.').map(|(block, _)| block.to_owned());
    let blocks: BTreeSet<_> = known.iter().map(|address| block(address)).collect();
    let addresses: BTreeSet<&String> = found.addresses.values().flatten().collect();
    assert!(addresses.iter().all(|address| blocks.contains(&block(address))), "{addresses:?}");
    assert!(
        addresses.iter().filter(|address| known.contains(*address)).count() * 2 > addresses.len()
    );
    // Fresh identities are those of the reserve.
    let truth = values(&logs().path("drilled/truth.ndjson"));
    let fresh = truth.iter().filter(|line| line["parameters"]["acting_as"] == "reserve");
    let fresh: BTreeSet<String> = fresh
        .flat_map(|line| line["identities"].as_array().unwrap())
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    for identity in new(&found.identities, &own.identities) {
        assert!(fresh.contains(&identity), "{identity}");
    }
    assert!(found.identities.intersection(&own.identities).count() > 3);
}

/// Own records and planted ones.
fn own_and_planted() -> [Vec<Value>; 2] {
    let planted = planted_ids("drilled");
    let mut records = values(&logs().path("drilled/events.ndjson"));
    records.retain(|record| planted.contains(&id(record)));
    [values(&logs().path("logs/events.ndjson")), records]
}

/// What records say of whom: the value of each field that nobody can make up, by whose it is.
fn papers(records: &[Value]) -> BTreeMap<(String, &'static str), BTreeSet<String>> {
    const CLAIMS: &str = "/identity/claims";
    const OBJECT_ID: &str = "http:~1~1schemas.microsoft.com~1identity~1claims~1objectidentifier";
    const NAME: &str =
        "http:~1~1schemas.xmlsoap.org~1ws~12005~105~1identity~1claims~1nameidentifier";
    let mut papers: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for record in records {
        let of_claims = |name: &str| text(record, &format!("{CLAIMS}/{name}")).to_owned();
        let caller = of_claims(OBJECT_ID);
        let pair = format!(
            "{} {}",
            text(record, "/identity/claim/oid"),
            text(record, "/resourceId").to_lowercase()
        );
        let assignment = text(record, "/properties/appliedAssignmentId").to_owned();
        let role = text(record, "/identity/authorization/evidence/roleAssignmentId").to_owned();
        for (whose, what, value) in [
            (&pair, "assignment", assignment),
            (&caller, "role", role),
            (&caller, "aio", of_claims("aio")),
            (&caller, "puid", of_claims("puid")),
            (&caller, "rh", of_claims("rh")),
            (&caller, "name", of_claims(NAME)),
        ] {
            if !value.is_empty() {
                papers.entry((whose.clone(), what)).or_default().insert(value);
            }
        }
    }
    papers
}

#[test]
fn what_nobody_can_make_up_is_as_in_the_logs_of_the_same_pair_or_person() {
    let [own, planted] = own_and_planted().map(|records| papers(&records));
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for (whose, values) in &planted {
        if let Some(own) = own.get(whose) {
            assert!(values.is_subset(own), "{whose:?}: {values:?} and {own:?}");
            *known.entry(whose.1).or_default() += 1;
        }
    }
    for what in ["assignment", "role", "aio", "rh", "name"] {
        assert!(known.get(what).is_some_and(|&count| count > 1), "{what}: {known:?}");
    }
}

/// Regions that a record names.
fn regions(record: &Value) -> Vec<String> {
    let described = text(record, "/resultDescription").split("location=").skip(1);
    let described = described.map(|rest| rest.split(['\r', '\n', '.']).next().unwrap().to_owned());
    let body: Value =
        serde_json::from_str(text(record, "/properties/requestbody")).unwrap_or_default();
    let asked = Some(text(&body, "/location").to_owned()).filter(|text| !text.is_empty());
    described.chain(asked).map(|region| region.trim_end_matches(' ').to_owned()).collect()
}

#[test]
fn regions_are_those_of_the_logs() {
    let [own, planted] = own_and_planted();
    let own: BTreeSet<String> = own.iter().flat_map(regions).collect();
    let planted: Vec<String> = planted.iter().flat_map(regions).collect();
    assert!(planted.len() > 1, "{planted:?}");
    assert!(planted.iter().all(|region| own.contains(region)), "{own:?} and {planted:?}");
}

/// Plane, client and version of the interface.
fn tool(record: &Value) -> Option<(bool, String, String)> {
    let client = text(record, "/properties/clientInfo");
    let (_, version) = text(record, "/properties/requestUri").split_once("api-version=")?;
    let version = version.split('&').next().unwrap().to_owned();
    let is_managing = text(record, "/operationName").starts_with("Vault");
    (!client.is_empty()).then(|| (is_managing, client.to_owned(), version))
}

#[test]
fn clients_and_versions_stay_on_their_plane() {
    let [own, planted] = own_and_planted();
    let own: BTreeSet<_> = own.iter().filter_map(tool).collect();
    let planted: BTreeSet<_> = planted.iter().filter_map(tool).collect();
    assert!(planted.len() > 3, "{planted:?}");
    let new: Vec<_> = planted.difference(&own).collect();
    assert!(new.is_empty(), "{new:?}");
}

#[test]
fn planted_records_have_the_fields_of_the_logs_in_their_order() {
    let (planted, mut count) = (planted_ids("drilled"), 0);
    for line in lines(&logs().path("drilled")) {
        let record: Value = serde_json::from_str(&line).unwrap();
        if planted.contains(&id(&record)) {
            count += 1;
            let dropped = foreign::DROPPED.map(|field| format!("\"{field}\":"));
            assert!(dropped.iter().all(|field| !line.contains(field)), "{line}");
            let mut at = 0;
            for key in record.as_object().unwrap().keys() {
                let found = line.find(&format!("\"{key}\":")).unwrap();
                assert!(at <= found, "{key} stands too early: {line}");
                at = found;
            }
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn the_same_arguments_give_the_same_bytes_and_another_seed_others() {
    let folder = logs().folder.path();
    output_of(folder, "inject --corpus logs --seed 3 --out again");
    output_of(folder, "inject --corpus logs --seed 4 --out other");
    for file in FILES {
        let read = |corpus: &str| fs::read(logs().path(corpus).join(file)).unwrap();
        assert_eq!(read("drilled"), read("again"), "{file}");
    }
    assert_ne!(planted_ids("drilled"), planted_ids("other"));
}

#[test]
fn the_twin_is_the_logs_and_scoring_finds_campaigns() {
    let folder = logs().folder.path();
    output_of(folder, "inject --corpus logs --attacks none --seed 3 --out twin");
    assert_eq!(lines(&logs().path("twin")), lines(&logs().path("logs")));
    output_of(folder, "detect drilled --out run --quiet");
    output_of(folder, "detect twin --out twin-run --quiet");
    let score = output_of(
        folder,
        "score --truth drilled/truth.ndjson --alerts run/alerts.ndjson --twin-manifest twin/manifest.json \
         --twin-alerts twin-run/alerts.ndjson --format json",
    );
    let score: Value = serde_json::from_str(&score).unwrap();
    let recall = &score["recall"]["campaign"];
    assert!(recall["value"].as_f64().unwrap() > 0.3, "{recall}");
    assert!(recall["n"].as_u64().unwrap() >= 5, "{recall}");
}
