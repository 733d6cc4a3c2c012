//! Attacks under other names, and with victims of their own.

use std::collections::{BTreeMap, BTreeSet};

use vaultdrill_generators::Attack;

use crate::common::{Corpus, estate_named, scenario_files};

/// Bulk extraction in evasive campaigns of `identities` accounts.
fn attack(name: &str, instances: usize, identities: usize) -> Attack {
    let files = scenario_files("attacks");
    let (_, text) = files.iter().find(|(name, _)| name == "bulk-extraction.toml").unwrap();
    let text = text
        .replace("instances = 14", &format!("instances = {instances}"))
        .replace("evasive_share = 0.5", "evasive_share = 1")
        .replace("identities = [1, 3]", &format!("identities = [{identities}, {identities}]"))
        .replace("excepted_share = 0.4", "excepted_share = 0");
    Attack::parse(name, &text).unwrap().called(name)
}

fn corpus(estate: &str, attacks: Vec<Attack>) -> Corpus {
    Corpus::of(|plan| {
        plan.estate = estate_named(estate);
        plan.attacks = attacks;
        plan.look_alikes.clear();
        plan.days = 9;
        plan.warmup_days = 2;
        plan.events = None;
    })
}

/// The accounts of each campaign, by attack.
fn accounts(corpus: &Corpus) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut accounts: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for line in corpus.truth_lines("campaign") {
        if line["class"] == "malicious" {
            let own = line["identities"].as_array().unwrap();
            let own = own.iter().map(|one| one.as_str().unwrap().to_owned()).collect();
            accounts.entry(line["attack"].as_str().unwrap().to_owned()).or_default().push(own);
        }
    }
    accounts
}

/// Uses of accounts by campaigns, and accounts used.
fn uses(accounts: &BTreeMap<String, Vec<Vec<String>>>) -> (usize, usize) {
    let all = || accounts.values().flatten().flatten();
    (all().count(), all().collect::<BTreeSet<_>>().len())
}

#[test]
fn another_name_changes_the_name_and_nothing_else_of_an_attack() {
    let attack = attack("bulk-extraction", 14, 2);
    let called = format!("{:?}", attack.clone().called("another"));
    assert_ne!(called, format!("{attack:?}"));
    assert_eq!(called.replacen("\"another\"", "\"bulk-extraction\"", 1), format!("{attack:?}"));
}

#[test]
fn the_accounts_of_attacks_kept_apart_are_used_once() {
    let shared = corpus("small.toml", vec![attack("a", 6, 1), attack("b", 6, 1)]);
    let (used, accounts_used) = uses(&accounts(&shared));
    assert!(used > accounts_used, "nothing to keep apart");

    let apart = |name| attack(name, 6, 1).kept_apart();
    let apart = accounts(&corpus("small.toml", vec![apart("a"), apart("b")]));
    assert_eq!(apart.values().map(Vec::len).collect::<Vec<_>>(), [6, 6]);
    assert_eq!(uses(&apart), (12, 12), "{apart:?}");
}

#[test]
fn too_few_accounts_make_fewer_campaigns_of_each_attack_but_no_smaller_ones() {
    let apart = |name, identities| attack(name, 20, identities).kept_apart();
    let attacks = vec![apart("all", 30), apart("one", 1), apart("two", 2)];
    let accounts = accounts(&corpus("small.toml", attacks));
    // Nineteen accounts are no thirty, and six times three.
    assert_eq!(accounts.keys().collect::<Vec<_>>(), ["one", "two"]);
    let (one, two) = (&accounts["one"], &accounts["two"]);
    assert!(one.len() == two.len() && (4..=6).contains(&one.len()), "{accounts:?}");
    assert!(two.iter().all(|own| own.len() == 2), "{accounts:?}");
    assert_eq!(uses(&accounts), (3 * one.len(), 3 * one.len()));
}
