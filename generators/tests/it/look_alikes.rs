//! Each look-alike shows the signature it stands for, none is empty, and whoever is missing in an
//! estate is not missed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;
use vaultdrill_generators::{Estate, LookAlike};

use crate::common::{Corpus, estate_with, record_key, scenario_files, step_key, ticks};
use crate::signatures::{HOUR, Instance, SIGNATURES, Step, name, read};

/// Only look-alikes, several of each, with days before the end in which the longest of them end.
fn corpus() -> &'static Corpus {
    static CORPUS: OnceLock<Corpus> = OnceLock::new();
    CORPUS.get_or_init(|| {
        Corpus::of(|plan| {
            plan.estate = estate_with(&[("max = 5200", "max = 20")]);
            plan.attacks.clear();
            let files = scenario_files("look-alikes");
            let more = |(name, text): &(String, String)| {
                // Once in a week of scored days is too little to find a whole one.
                let text = text.replace("instances = 1\n", "instances = 3\n");
                let text = text.replace("instances = 1 ", "instances = 3 ");
                LookAlike::parse(name, &text).unwrap()
            };
            plan.look_alikes = files.iter().map(more).collect();
            (plan.events, plan.days, plan.warmup_days) = (None, 14, 1);
        })
    })
}

/// Instances of a file that ended before the corpus did, with their records.
fn instances() -> BTreeMap<String, Vec<Instance>> {
    const LONGEST: i64 = 5 * 24 * HOUR;
    let corpus = corpus();
    let records: BTreeMap<_, Value> =
        corpus.records().into_iter().map(|record| (record_key(&record), record)).collect();
    let mut steps: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for step in corpus.truth_lines("step") {
        // Copies tell nothing new.
        if seen.insert(step_key(&step)) {
            let id = step["campaign_id"].as_str().unwrap().to_owned();
            steps.entry(id).or_default().push(read(&step, &records[&step_key(&step)]));
        }
    }
    let end = ticks(&Value::from(&*corpus.manifest.last_time));
    let mut found: BTreeMap<String, Vec<Instance>> = BTreeMap::new();
    for campaign in corpus.truth_lines("campaign") {
        let mut own = steps.remove(campaign["campaign_id"].as_str().unwrap()).unwrap();
        own.sort_by_key(|step| step.time);
        if own[0].time < end - LONGEST {
            let file = campaign["attack"].as_str().unwrap().to_owned();
            found.entry(file).or_default().push(Instance { campaign, steps: own });
        }
    }
    found
}

#[test]
fn every_look_alike_shows_its_signature() {
    let found = instances();
    let mut wrong = Vec::new();
    for signature in SIGNATURES {
        let own = found.get(signature.name).map_or(&[][..], Vec::as_slice);
        if own.is_empty() {
            wrong.push(format!("no whole instance of {}", signature.name));
        }
        for instance in own {
            let shown: BTreeSet<&str> =
                instance.steps.iter().map(|step| &*step.operation).collect();
            let lacks = signature.always.iter().filter(|operation| !shown.contains(*operation));
            wrong.extend(lacks.map(|operation| format!("{} lacks {operation}", instance.id())));
            let has = signature.never.iter().filter(|operation| shown.contains(*operation));
            wrong.extend(has.map(|operation| format!("{} has {operation}", instance.id())));
            if !(signature.holds)(instance) {
                wrong.push(format!("{} does not hold: {}", instance.id(), instance.campaign));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_why_it_exists_and_whose_twin_it_is() {
    let files = scenario_files("look-alikes");
    for signature in SIGNATURES {
        let file = format!("{}.toml", signature.name);
        let text = &files.iter().find(|(name, _)| *name == file).unwrap().1;
        for part in ["# Why it exists: ", "# Twin of: ", "# Source: "] {
            assert!(text.contains(part), "{file} lacks {part}");
        }
    }
    assert!(SIGNATURES.len() >= 20);
}

/// Only the security test is authorised; the others are nobody's permission and nobody's attack.
#[test]
fn only_the_security_test_is_authorised() {
    for campaign in corpus().truth_lines("campaign") {
        let authorised = campaign["attack"] == "security-test";
        let class = if authorised { "authorised" } else { "look_alike" };
        assert_eq!(campaign["class"], class, "{campaign}");
    }
}

#[test]
fn what_moves_keeps_its_name_and_gets_the_address_and_version_of_the_new_vault() {
    let mut moved = 0;
    for instance in instances().remove("vault-migration").unwrap() {
        for set in instance.of("SecretSet") {
            let (vault, object) = set.object.as_ref().unwrap();
            assert_eq!(*vault, set.vault);
            let properties = &set.record["properties"];
            let host = format!("https://{vault}.vault.azure.net/{object}");
            let uri = properties["requestUri"].as_str().unwrap();
            let id = properties["id"].as_str().unwrap();
            assert!(uri.to_lowercase().starts_with(&format!("{host}?")), "{uri} for {host}");
            assert!(id.to_lowercase().starts_with(&format!("{host}/")), "{id}");
            let version = id.rsplit_once('/').unwrap().1;
            let old = instance.succeeded("SecretGet").find(|read| name(read) == object).unwrap();
            assert!(!old.record["properties"]["id"].as_str().unwrap().ends_with(version));
            moved += 1;
        }
    }
    assert!(moved > 20);
}

#[test]
fn no_instance_is_empty_on_the_default_estate() {
    let scored_days = 13.0;
    for seed in [3, 4] {
        let corpus = Corpus::of(|plan| {
            plan.estate = estate_with(&[("max = 5200", "max = 2")]);
            plan.attacks.clear();
            (plan.seed, plan.events, plan.days, plan.warmup_days) = (seed, None, 14, 1);
        });
        for (file, text) in scenario_files("look-alikes") {
            let instances: f64 = number_after(&text, "instances = ");
            let recurring = text.contains("recurring = true");
            let days = if recurring { 14.0 / scored_days } else { 1.0 };
            let expected = (instances * days).round() as u64;
            let name = file.trim_end_matches(".toml");
            assert_eq!(corpus.manifest.campaigns.get(name), Some(&expected), "{name}");
        }
    }
}

fn number_after(text: &str, key: &str) -> f64 {
    let rest = &text[text.find(key).unwrap() + key.len()..];
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

/// Whoever is missing, the others go on; without anybody nothing is staged at all.
#[test]
fn estates_without_somebody_skip_what_needs_him() {
    const MISSING: &[(&str, &str)] = &[
        ("users = 64", "users = 0"),
        ("guests = 6", "guests = 0"),
        ("groups = 8", "groups = 0"),
        ("pollers = 96", "pollers = 0"),
        ("startups = 34", "startups = 0"),
        ("cryptography = 14", "cryptography = 0"),
        ("pipelines = 6", "pipelines = 0"),
        ("backups = 2", "backups = 0"),
        ("compliance = 2", "compliance = 0"),
        ("reserves = 48", "reserves = 0"),
        ("keys_share = 0.3", "keys_share = 0.0"),
        ("subscriptions = 3", "subscriptions = 1"),
        ("count = 56", "count = 1"),
    ];
    let staged = |estate: Estate| {
        let corpus = Corpus::of(|plan| {
            plan.estate = estate;
            plan.attacks.clear();
            (plan.events, plan.days) = (None, 2);
        });
        corpus.manifest.campaigns
    };
    for change in MISSING {
        let campaigns = staged(estate_with(&[*change, ("max = 5200", "max = 2")]));
        assert!(campaigns.len() > 8, "{change:?}: {campaigns:?}");
    }
    let (_, text) =
        scenario_files("estates").into_iter().find(|(name, _)| name == "midsize.toml").unwrap();
    let mut text = MISSING[..10].iter().fold(text, |text, (from, to)| text.replacen(from, to, 1));
    for list in ["administrators = [", "automation = [", "integrations = ["] {
        let start = text.find(list).unwrap() + list.len();
        let end = start + text[start..].find("\n]").unwrap();
        text.replace_range(start..=end, "");
    }
    let campaigns = staged(Estate::parse("nobody.toml", &text).unwrap());
    assert!(campaigns.is_empty(), "{campaigns:?}");
}
